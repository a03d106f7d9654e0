"""Tables beside a module: words and names that it looks up, which are no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def table(module: str) -> Any:
    """Return the JSON that lies beside a module, of which the `__file__` is given."""
    return json.loads(Path(module).with_suffix(".json").read_text(encoding="utf-8"))
