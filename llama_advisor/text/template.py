"""Sentences with facts in braces, e.g. `{memory.slack_gib:.1f}`; data in, text out, nothing executed."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

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
    return " ".join("".join([_filled(piece, lookup) for piece in _pieces(template)]).split())


class _Fact(NamedTuple):
    name: str
    spec: str


@cache
def _pieces(template: str) -> tuple[Any, ...]:
    """Split a template into text, facts, and tuples of both that are left out where one fact is not known."""
    pieces: list[Any] = []
    end = 0
    for match in _OPTIONAL.finditer(template):
        pieces += [*_plain_pieces(template[end : match.start()]), _plain_pieces(match[1])]
        end = match.end()
    return (*pieces, *_plain_pieces(template[end:]))


def _plain_pieces(text: str) -> tuple[Any, ...]:
    pieces: list[Any] = []
    end = 0
    for match in _FIELD.finditer(text):
        pieces += [text[end : match.start()], _Fact(match[1], match[2] or "")]
        end = match.end()
    return (*pieces, text[end:])


def _filled(piece: Any, lookup: Lookup) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, _Fact):
        return _shown(lookup(piece.name), piece.spec)
    if any(isinstance(part, _Fact) and lookup(part.name) is None for part in piece):
        return ""
    return "".join([_filled(part, lookup) for part in piece])


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
