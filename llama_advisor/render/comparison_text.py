"""Models side by side on a terminal: columns where they have room, else one fact under another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.render.reasons import value_text
from llama_advisor.render.screen import MOST_COLUMNS, NARROWEST, bullets, columns, console, heading, line, written

if TYPE_CHECKING:
    from rich.console import Console

    from llama_advisor.explain.compare import Comparison, Row

MARK = "*"
LABEL_ROOM = 28
MODEL_ROOM = 21
SHOWN_SERIES = 6
GROUPS = {
    "facts": "Facts",
    "licence": "Licence",
    "scenario": "At this scenario",
    "benchmarks": "Benchmarks published for all of them",
    "engines": "Engines",
}


def comparison_text(comparison: Comparison, *, colour: bool, width: int) -> str:
    """Return the comparison as text; `*` marks what differs."""
    out = console(colour=colour, width=width)
    names = [model.name.removeprefix("Llama ") for model in comparison.models]
    line(out, " / ".join(model.name for model in comparison.models), "bold")
    line(out, f"{MARK} marks what differs")
    room = max(NARROWEST, min(width, MOST_COLUMNS))
    wide = room >= LABEL_ROOM + MODEL_ROOM * len(names)
    for group, title in GROUPS.items():
        rows = [row for row in comparison.rows if row.group == group]
        if not rows:
            continue
        heading(out, title)
        if wide:
            columns(out, ("", "", *names), [(_mark(row), _label(row), *map(cell_text, row.values)) for row in rows])
        else:
            _stacked(out, rows, names)
    _rest(out, comparison)
    return written(out)


def _stacked(out: Console, rows: list[Row], names: list[str]) -> None:
    """Write what is the same once, what differs a line for each model."""
    for row in rows:
        if row.differs:
            line(out, f"{MARK} {_label(row)}")
            for name, value in zip(names, row.values, strict=True):
                line(out, f"{name}: {cell_text(value)}", indent=4)
        else:
            line(out, f"{_label(row)}: {cell_text(row.values[0])}", indent=2)


def _mark(row: Row) -> str:
    return MARK if row.differs else ""


def _label(row: Row) -> str:
    return f"{row.label}, {row.unit}" if row.unit else row.label


def cell_text(value: Any) -> str:
    """Return one value of a row."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,g}"
    return value_text(value)


def _rest(out: Console, comparison: Comparison) -> None:
    if comparison.not_comparable:
        shown = ", ".join(comparison.not_comparable[:SHOWN_SERIES])
        more = len(comparison.not_comparable) - SHOWN_SERIES
        heading(out, "Not compared")
        line(out, f"  published for some of them only: {shown}{f' and {more} more' if more > 0 else ''}")
    if comparison.assumptions:
        heading(out, "Assumed")
        bullets(out, [f"{item.field} = {value_text(item.value)} ({item.why})" for item in comparison.assumptions])
