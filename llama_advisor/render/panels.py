"""A grid of answers laid flat: tables of two fields, a letter for each winner."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.render.reasons import value_text

if TYPE_CHECKING:
    from llama_advisor.explain.grid import Cell, Grid, Turn
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.vary import Axis

NONE = "-"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Winner = tuple[str, str, str, "str | None"]


class Panel(NamedTuple):
    """One table: the last field across, the one before it down; the others are in the title."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def panels(grid: Grid) -> list[Panel]:
    """Return a table for each combination of all fields but the last two."""
    cells = {cell.at: cell for cell in grid.cells}
    outer, inner = grid.axes[:-2], grid.axes[-2:]
    across = inner[1] if len(inner) > 1 else None
    made = []
    for at in product(*(range(len(axis.values)) for axis in outer)):
        title = ", ".join(placed(axis, place) for axis, place in zip(outer, at, strict=True))
        rows = [
            [(*at, row, column) for column in range(len(across.values))] if across else [(*at, row)]
            for row in range(len(inner[0].values))
        ]
        table = tuple(tuple(cells[spot] for spot in row) for row in rows)
        made.append(Panel(title, inner[0].labels, across.labels if across else ("",), table))
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
    """Return a letter for each winner, in the order they appear."""
    found = dict.fromkeys(winner for cell in grid.cells if (winner := winner_of(cell)))
    return {winner: letter(place) for place, winner in enumerate(found)}


def letter(place: int) -> str:
    """Return A to Z, then AA and on."""
    ahead, last = divmod(place, len(LETTERS))
    return (letter(ahead - 1) if ahead else "") + LETTERS[last]


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
    return [_told(turns, cells, known, grid) for turns in alike.values()]


def _told(
    turns: list[Turn], cells: dict[tuple[int, ...], Cell], known: dict[Winner, str], grid: Grid
) -> tuple[str, str]:
    first, more = turns[0], len(turns) - 1
    moved = f"{letter_of(cells[first.before], known)} to {letter_of(cells[first.after], known)}"
    others = f" (and at {more} other place{'s' if more > 1 else ''})" if more else ""
    return f"{_moved(first, grid)}: {moved}", first.text + others


def _moved(turn: Turn, grid: Grid) -> str:
    """Return which field moves from where to where, and where the others stand."""
    axis = grid.axes[turn.axis]
    moved = f"{placed(axis, turn.before[turn.axis])} to {label(axis, turn.after[turn.axis])}"
    stay = [placed(other, turn.before[place]) for place, other in enumerate(grid.axes) if place != turn.axis]
    return f"{moved} (at {', '.join(stay)})" if stay else moved


def stated_text(grid: Grid) -> str:
    """Return the scenario that is varied, in one line."""
    return "; ".join(f"{field_name(field)} {value_text(value)}" for field, value in grid.scenario.items())
