"""Tables beside a module: words and names that it looks up, which are no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def table(module: str) -> Any:
    """Return the JSON that lies beside a module, of which the `__file__` is given."""
    return json.loads(Path(module).with_suffix(".json").read_text(encoding="utf-8"))


def made(template: Any, given: Mapping[str, Any]) -> Any:
    """Return a structure of a table with what is given for its `$names`; what is None is left out."""
    if isinstance(template, dict):
        parts = ((key, made(part, given)) for key, part in template.items())
        return {key: part for key, part in parts if part is not None}
    if isinstance(template, list):
        return [made(part, given) for part in template]
    return given[template[1:]] if template.startswith("$") else template
