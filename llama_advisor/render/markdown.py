"""Markdown out of plain text: what a scenario or a rule says is text, never markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKS = re.compile(r"([\\`*\[\]|~#$])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BACKTICKS = re.compile(r"`+")
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")


def text(value: object) -> str:
    """Return a value as text on one line; marks of Markdown and HTML are escaped, no address becomes a link."""
    plain = printable(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _MARKS.sub(lambda match: f"\\{match[0]}", plain)
    return _LINKS.sub(lambda match: f"{match[1]}&#{ord(match[2])};", marked)


def items(values: Iterable[object]) -> list[str]:
    """Return the lines of a list."""
    return [f"- {text(value)}" for value in values]


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()) -> list[str]:
    """Return the lines of a table."""
    rule = ["---:" if place in numbers else "---" for place in range(len(heads))]
    body = [[text(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in ([text(head) for head in heads], rule, *body)]


def fence(lines: Sequence[str], language: str) -> list[str]:
    """Return the lines of a code block whose fence is longer than any inside it."""
    plain = [printable(line) for line in lines]
    longest = max((len(run) for line in plain for run in _BACKTICKS.findall(line)), default=0)
    mark = "`" * max(3, longest + 1)
    return [f"{mark}{language}", *plain, mark]
