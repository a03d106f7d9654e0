"""A grid of answers as text and as CSV: the winners, and the reason at each change."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from llama_advisor.render.panels import (
    NONE,
    field_name,
    label,
    letter_of,
    letters,
    panels,
    placed,
    stated_text,
    turn_texts,
    winner_text,
)
from llama_advisor.render.screen import bullets, columns, console, heading, line, number, written
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from rich.console import Console

    from llama_advisor.explain.grid import Cell, Grid
    from llama_advisor.knowledge.base import RuleBase

STARTS_A_FORMULA = ("=", "+", "@", "-", "\t")
"""What a spreadsheet takes for a formula."""
MOST_LINES = 20
GAP = 2
NARROWEST_COLUMNS = 12
"""Room kept beside the names of the rows."""
FIGURES = ("score", "total_gib", "tokens_per_s", "usd_per_month")


def grid_text(grid: Grid, base: RuleBase, *, colour: bool, width: int) -> str:
    """Return the winners as tables of letters, what the letters mean, and why the winner changes."""
    out = console(colour=colour, width=width)
    known = letters(grid)
    axes = " by ".join(field_name(axis.field) for axis in grid.axes)
    line(out, f"{len(grid.cells)} answer{'s' * (len(grid.cells) > 1)}: {axes}", "bold")
    line(out, stated_text(grid))
    if len(grid.axes) == 1:
        _one_field(out, grid)
    else:
        _tables(out, grid)
    heading(out, "Winners")
    bullets(out, [f"{letter}  {winner_text(winner, base)}" for winner, letter in known.items()] or ["none"])
    missed = [(cell, cell.excuse) for cell in grid.cells if cell.excuse]
    if missed:
        heading(out, f"Nothing fits ({NONE})")
        _some(out, [f"{_at(grid, cell)}: {excuse.text}" for cell, excuse in missed])
    heading(out, "Why it changes")
    _some(out, [f"{where}: {why}" for where, why in turn_texts(grid)] or ["it does not"])
    return written(out)


def _some(out: Console, lines: list[str]) -> None:
    """Write as many lines as anyone reads."""
    bullets(out, lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        line(out, f"  and {len(lines) - MOST_LINES} more; --format csv has them all")


def _at(grid: Grid, cell: Cell) -> str:
    return ", ".join(placed(axis, place) for axis, place in zip(grid.axes, cell.at, strict=True))


def _one_field(out: Console, grid: Grid) -> None:
    axis, known = grid.axes[0], letters(grid)
    rows = [
        (label(axis, cell.at[0]), letter_of(cell, known), *(_figure(getattr(cell, name)) for name in FIGURES))
        for cell in grid.cells
    ]
    heading(out, "Answers")
    columns(
        out,
        (field_name(axis.field), "winner", "score", "GiB", "tok/s", "USD/mo"),
        rows,
        frozenset({2, 3, 4, 5}),
    )


def _figure(value: float | None) -> str:
    return NONE if value is None else number(value)


def _tables(out: Console, grid: Grid) -> None:
    """Write each panel; where its columns do not fit beside each other, as many at a time as do."""
    down, across, known = grid.axes[-2], grid.axes[-1], letters(grid)
    room = out.width - NARROWEST_COLUMNS
    labels = [_cut(label(down, place), room) for place in range(len(down.labels))]
    heads = [label(across, place) for place in range(len(across.labels))]
    parts = _parts(heads, out.width - GAP - max(map(len, labels)) - GAP)
    for panel in panels(grid):
        heading(out, panel.title or f"{field_name(down.field)} down, {field_name(across.field)} across")
        for part in parts:
            rows = [
                (name, *(letter_of(cell, known) for cell in cells[part]))
                for name, cells in zip(labels, panel.cells, strict=True)
            ]
            columns(out, ("", *heads[part]), rows)


def _parts(heads: list[str], room: int) -> list[slice]:
    """Return which columns stand beside each other: a column takes at least the longest word of its head."""
    parts, start, taken = [], 0, 0
    for place, head in enumerate(heads):
        wide = max(map(len, head.split())) + GAP
        if taken and taken + wide > room:
            parts.append(slice(start, place))
            start, taken = place, 0
        taken += wide
    return [*parts, slice(start, len(heads))]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def grid_csv(grid: Grid) -> str:
    """Return a line for each cell: the varied fields, the winner, its figures, and why it is not the one before."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("verdict", "model", "quantization", "engine", "machine", "provider", *FIGURES, "reason")
    writer.writerow([*(axis.field for axis in grid.axes), *names])
    for cell in grid.cells:
        short = cell.winner
        build: list[Any] = (
            [short.model, short.quantization, short.engine, short.machine, cell.provider] if short else [None] * 5
        )
        at = [axis.labels[place] if axis.values[place] is not None else None for axis, place in _axes(grid, cell)]
        figures = [getattr(cell, name) for name in FIGURES]
        writer.writerow(map(_safe, [*at, cell.verdict, *build, *figures, _reason(grid, cell)]))
    return out.getvalue()


def _axes(grid: Grid, cell: Cell) -> Any:
    return zip(grid.axes, cell.at, strict=True)


def _reason(grid: Grid, cell: Cell) -> str:
    """Return why the winner here is not that of the cells before it, else why nothing fits."""
    turned = [turn.text for turn in grid.turns if turn.after == cell.at]
    return "; ".join(dict.fromkeys(turned)) or (cell.excuse.text if cell.excuse else "")


def _safe(value: Any) -> Any:
    """Return text on one line that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
