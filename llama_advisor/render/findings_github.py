"""Findings as workflow commands, which GitHub turns into annotations beside the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.findings import quiet
from llama_advisor.render.findings_text import counted

if TYPE_CHECKING:
    from llama_advisor.check.findings import CheckFinding, Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = _DATA | {":": "%3A", ",": "%2C"}


def findings_github(result: Findings, kinds: dict[str, FindingKind], screen: tuple[bool, int]) -> str:
    """Return a command for each finding that counts, then a line of counts."""
    del kinds, screen
    lines = [_command(item) for item in result.findings if item.waived is None]
    return "".join(f"{line}\n" for line in (*lines, counted(result)))


def _command(item: CheckFinding) -> str:
    place = {"file": item.file, "line": item.line, "endLine": item.end_line}
    if item.end_line == item.line:
        place |= {"col": item.column, "endColumn": max(item.column, item.end_column - 1)}
    place |= {"title": f"{item.code} {item.title}"}
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in place.items())
    return f"::{LEVELS[item.severity]} {told}::{_escaped(f'{item.text}. {item.fix}' if item.fix else item.text, _DATA)}"


def _escaped(value: object, table: dict[str, str]) -> str:
    """Escape what would end a command, a property or a value."""
    return "".join(table.get(letter, letter) for letter in quiet(str(value)))
