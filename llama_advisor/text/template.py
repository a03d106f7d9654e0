"""Sentences with facts in braces, e.g. `{memory.slack_gib:.1f}`; data in, text out, nothing executed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], Any]

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_FIELD = re.compile(r"\{([a-z_]+\.[a-z_0-9]+)(?::([,.0-9a-z%]*))?\}")


def fields_read(template: str) -> list[str]:
    """Return the facts that a sentence names."""
    return [match[1] for match in _FIELD.finditer(template)]


def fill(template: str, lookup: Lookup) -> str:
    """Fill in the facts; what is not known reads `?`, and a part in double brackets that needs it is left out."""
    template = _OPTIONAL.sub(lambda match: "" if _lacking(match[1], lookup) else match[1], template)
    return " ".join(_FIELD.sub(lambda match: _shown(lookup(match[1]), match[2] or ""), template).split())


def _lacking(part: str, lookup: Lookup) -> bool:
    return any(lookup(fact) is None for fact in fields_read(part))


def _shown(value: Any, spec: str) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (frozenset, tuple)):
        return ", ".join(sorted(map(str, value))) or "none"
    if isinstance(value, (int, float)):
        return format(value, spec) if spec else f"{value:g}" if isinstance(value, float) else f"{value:,}"
    return str(value)
