"""Results as JSON text: same input, same bytes."""

from __future__ import annotations

import json
from typing import Any

from llama_advisor.text.record import plain


def to_json(result: Any, *, indent: int | None = 2) -> str:
    """Return a result as JSON, in the order of its contract."""
    return as_json(plain(result), indent=indent)


def json_answer(result: Any, *_: object) -> str:
    """Write a result as a JSON file, as a format of answers."""
    return to_json(result) + "\n"


def as_file(fields: dict[str, Any]) -> list[str]:
    """Return the lines of a YAML file with these fields; JSON values are YAML."""
    return [f"{name}: {as_json(value, indent=None)}" for name, value in fields.items()]


def as_json(data: Any, *, indent: int | None = 2) -> str:
    """Return plain data as JSON."""
    return json.dumps(data, indent=indent, ensure_ascii=False)
