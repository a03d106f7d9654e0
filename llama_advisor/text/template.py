"""Sentences with facts in braces, e.g. `{memory.total_gib:.1f}`; data in, text out, nothing executed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

Lookup = Callable[[str], Any]
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_FIELD = re.compile(r"\{((?:[a-z_]+\.)?[a-z_]+\.[a-z_0-9]+)(?::([,.0-9a-z%]*))?\}")


def fields_read(template: str, *, needed: bool = False) -> list[str]:
    """Return the facts that a sentence names; those `needed` stand outside of what may be left out."""
    return [match[1] for match in _FIELD.finditer(_OPTIONAL.sub("", template) if needed else template)]


def fill(template: str, lookup: Lookup) -> str:
    """Fill in the facts; what is not known reads `?`, and a part in double brackets that needs it is left out."""
    told: list[str] = []
    for number, (text, *facts) in enumerate(_parts(template)):
        values = [lookup(name) for name in facts[::3]]
        if number % 2 and None in values:
            continue
        told.append(text)
        for value, spec, after in zip(values, facts[1::3], facts[2::3], strict=True):
            told += [_shown(value, spec), after]
    return " ".join("".join(told).split())


@cache
def _parts(template: str) -> tuple[list[str], ...]:
    """Split a template into parts, every second an optional one: text, then a fact, its format and text by turns."""
    return tuple([piece or "" for piece in _FIELD.split(part)] for part in _OPTIONAL.split(template))


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
