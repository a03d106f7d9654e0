"""A grid of answers: tables of two fields with a letter for each winner, as text and as CSV."""

from __future__ import annotations

import csv
import io
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.render.screen import Screen
from llama_advisor.render.sentences import number, value_text
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.explain.grid import Cell, Grid, Turn
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.render.formats import View
    from llama_advisor.scenario.vary import Axis

NONE = "-"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STARTS_A_FORMULA = ("=", "+", "@", "-", "\t")
"""What a spreadsheet takes for a formula."""
MOST_LINES = 20
GAP = 2
NARROWEST_COLUMNS = 12
"""Room kept beside the names of the rows."""
FIGURES = ("score", "total_gib", "tokens_per_s", "usd_per_month")
Winner = tuple[str, str, str, "str | None"]


class Panel(NamedTuple):
    """One table: the last field across, the one before it down; the others are in the title."""

    title: str
    cells: list[list[Cell]]


def panels(grid: Grid) -> list[Panel]:
    """Return a table for each combination of all fields but the last two."""
    cells = {cell.at: cell for cell in grid.cells}
    outer, inner = grid.axes[:-2], grid.axes[-2:]
    across = inner[1] if len(inner) > 1 else None
    made = []
    for at in product(*(range(len(axis.values)) for axis in outer)):
        title = ", ".join(map(placed, outer, at))
        rows = [
            [(*at, row, column) for column in range(len(across.values))] if across else [(*at, row)]
            for row in range(len(inner[0].values))
        ]
        made.append(Panel(title, [[cells[place] for place in row] for row in rows]))
    return made


def placed(axis: Axis, place: int) -> str:
    """Return a field with one of its values."""
    return f"{field_name(axis.field)} {label(axis, place)}"


def label(axis: Axis, place: int) -> str:
    """Return a value as it was written; a field left out is said to be."""
    return axis.labels[place] if axis.values[place] is not None else "left out"


def field_name(field: str) -> str:
    """Return a field as a heading."""
    return field.replace("_", " ").replace(".", " ")


def winner_of(cell: Cell) -> Winner | None:
    """Return what makes two winners the same: the build without its machine."""
    short = cell.winner
    return (short.model, short.quantization, short.engine, cell.provider) if short else None


def letters(grid: Grid) -> dict[Winner, str]:
    """Give each winner a letter, in the order they appear."""
    winners = dict.fromkeys(winner for cell in grid.cells if (winner := winner_of(cell)))
    return {winner: _letter(place) for place, winner in enumerate(winners)}


def _letter(place: int) -> str:
    """Return A to Z, then AA and on."""
    ahead, last = divmod(place, len(LETTERS))
    return (_letter(ahead - 1) if ahead else "") + LETTERS[last]


def letter_of(cell: Cell, known: dict[Winner, str]) -> str:
    """Return the letter of a cell's winner."""
    winner = winner_of(cell)
    return known[winner] if winner else NONE


def winner_text(winner: Winner, base: RuleBase) -> str:
    """Return `model, quantization, engine` or `model, hosted by provider`."""
    model, quantization, engine, provider = winner
    name = base.models[model].name
    return f"{name}, hosted by {provider}" if provider else f"{name}, {quantization}, {base.engines[engine].name}"


def turn_texts(grid: Grid) -> list[tuple[str, str]]:
    """Return each change as `where: from this winner to that one`, and its reason.

    Changes that differ only in where the other fields stand are told once, with their number.
    """
    cells, known = {cell.at: cell for cell in grid.cells}, letters(grid)
    alike: dict[tuple[object, ...], list[Turn]] = {}
    for turn in grid.turns:
        step = (turn.axis, turn.before[turn.axis], letter_of(cells[turn.before], known))
        key = (*step, letter_of(cells[turn.after], known), turn.kind, turn.rule, turn.criterion)
        alike.setdefault(key, []).append(turn)
    told = []
    for turns in alike.values():
        first, more = turns[0], len(turns) - 1
        moved = f"{letter_of(cells[first.before], known)} to {letter_of(cells[first.after], known)}"
        others = f" (and at {more} other place{'s' if more > 1 else ''})" if more else ""
        told.append((f"{_moved(first, grid)}: {moved}", first.text + others))
    return told


def _moved(turn: Turn, grid: Grid) -> str:
    """Return which field moves from where to where, and where the others stand."""
    axis = grid.axes[turn.axis]
    moved = f"{placed(axis, turn.before[turn.axis])} to {label(axis, turn.after[turn.axis])}"
    stay = [placed(other, turn.before[place]) for place, other in enumerate(grid.axes) if place != turn.axis]
    return f"{moved} (at {', '.join(stay)})" if stay else moved


def grid_text(grid: Grid, base: RuleBase, view: View) -> str:
    """Return the winners as tables of letters, what the letters mean, and why the winner changes."""
    out = Screen(colour=view.colour, width=view.width)
    known = letters(grid)
    axes = " by ".join(field_name(axis.field) for axis in grid.axes)
    out.line(f"{len(grid.cells)} answer{'s' * (len(grid.cells) > 1)}: {axes}", "bold")
    out.line("; ".join(f"{field_name(field)} {value_text(value)}" for field, value in grid.scenario.items()))
    if len(grid.axes) == 1:
        _one_field(out, grid)
    else:
        _tables(out, grid)
    out.heading("Winners")
    out.bullets([f"{letter}  {winner_text(winner, base)}" for winner, letter in known.items()] or ["none"])
    missed = [(cell, cell.excuse) for cell in grid.cells if cell.excuse]
    if missed:
        out.heading(f"Nothing fits ({NONE})")
        _some(out, [f"{', '.join(map(placed, grid.axes, cell.at))}: {excuse.text}" for cell, excuse in missed])
    out.heading("Why it changes")
    _some(out, [f"{where}: {why}" for where, why in turn_texts(grid)] or ["it does not"])
    return out.text()


def _some(out: Screen, lines: list[str]) -> None:
    """Write as many lines as anyone reads."""
    out.bullets(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        out.line(f"  and {len(lines) - MOST_LINES} more; --format csv has them all")


def _one_field(out: Screen, grid: Grid) -> None:
    axis, known = grid.axes[0], letters(grid)
    rows = [
        (label(axis, cell.at[0]), letter_of(cell, known), *(number(getattr(cell, name)) for name in FIGURES))
        for cell in grid.cells
    ]
    out.heading("Answers")
    out.columns(
        (field_name(axis.field), "winner", "score", "GiB", "tok/s", "USD/mo"),
        rows,
        frozenset({2, 3, 4, 5}),
    )


def _tables(out: Screen, grid: Grid) -> None:
    """Write each panel; where its columns do not fit beside each other, as many at a time as do."""
    down, across, known = grid.axes[-2], grid.axes[-1], letters(grid)
    room = out.width - NARROWEST_COLUMNS
    labels = [cut(label(down, place), room) for place in range(len(down.labels))]
    heads = [label(across, place) for place in range(len(across.labels))]
    parts = _parts(heads, out.width - GAP - max(map(len, labels)) - GAP)
    for panel in panels(grid):
        out.heading(panel.title or f"{field_name(down.field)} down, {field_name(across.field)} across")
        for part in parts:
            rows = [
                (name, *(letter_of(cell, known) for cell in cells[part]))
                for name, cells in zip(labels, panel.cells, strict=True)
            ]
            out.columns(("", *heads[part]), rows)


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


def cut(text: str, room: int) -> str:
    """Shorten a text to so many characters."""
    return text if len(text) <= room else f"{text[: room - 1]}…"


def grid_csv(grid: Grid, *_: object) -> str:
    """Write a line for each cell: the varied fields, the winner, its figures, and why it is not the one before."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("verdict", "model", "quantization", "engine", "machine", "provider", *FIGURES, "reason")
    writer.writerow([*(axis.field for axis in grid.axes), *names])
    for cell in grid.cells:
        short = cell.winner
        build: list[Any] = (
            [short.model, short.quantization, short.engine, short.machine, cell.provider] if short else [None] * 5
        )
        spots = zip(grid.axes, cell.at, strict=True)
        at = [None if axis.values[place] is None else axis.labels[place] for axis, place in spots]
        figures = [getattr(cell, name) for name in FIGURES]
        turned = dict.fromkeys(turn.text for turn in grid.turns if turn.after == cell.at)
        reason = "; ".join(turned) or (cell.excuse.text if cell.excuse else "")
        writer.writerow(map(_safe, [*at, cell.verdict, *build, *figures, reason]))
    return out.getvalue()


def _safe(value: Any) -> Any:
    """Return text on one line that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
