"""Results as JSON text: same input, same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


def to_json(result: BaseModel, *, indent: int | None = 2) -> str:
    """Return a result as JSON, in the order of its contract."""
    return as_json(result.model_dump(mode="json", by_alias=True), indent=indent)


def as_file(fields: dict[str, Any]) -> list[str]:
    """Return the lines of a YAML file with these fields; JSON values are YAML."""
    return [f"{name}: {as_json(value, indent=None)}" for name, value in fields.items()]


def as_json(data: Any, *, indent: int | None = 2) -> str:
    """Return plain data as JSON."""
    return json.dumps(data, indent=indent, ensure_ascii=False)
