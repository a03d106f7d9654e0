"""A grid of answers: tables of two fields with a letter for each winner, as text and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from string import ascii_uppercase
from typing import Any, NamedTuple

from llama_advisor.explain.grid import Cell, Grid, Turn
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.model import Model
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.render.sentences import value_text
from llama_advisor.scenario.flags import Axis
from llama_advisor.text.numbers import number
from llama_advisor.text.yaml_file import printable

NONE = "-"
LETTERS = tuple(ahead + last for ahead in ("", *ascii_uppercase) for last in ascii_uppercase)
"""A to Z, then AA and on: more than a grid has cells."""
FORMULA = re.compile(r"^(?=[=+@\t-])")  # Where what a spreadsheet takes for a formula begins.
MOST_LINES = 20
FIGURES = ("score", "total_gib", "tokens_per_s", "usd_per_month")
FIGURES_OF = attrgetter(*FIGURES)
BUILT = attrgetter("model", "quantization", "engine", "machine")


class Panel(NamedTuple):
    """One table: the last field across, the one before it down; the others are in the title."""

    title: str
    cells: list[tuple[Cell, ...]]

    def rows(self, names: Sequence[str], told: Mapping[tuple[int, ...], Any]) -> list[tuple[Any, ...]]:
        """Return its rows with their names, and what is told of each cell."""
        return [(name, *(told[cell.at] for cell in row)) for name, row in zip(names, self.cells, strict=True)]


def panels(grid: Grid) -> list[Panel]:
    """Return a table for each combination of all fields but the last two."""
    down, *over = grid.axes[-2:]
    across, height = len(over[0].values) if over else 1, len(down.values)
    rows = [grid.cells[start : start + across] for start in range(0, len(grid.cells), across)]
    tables = [rows[start : start + height] for start in range(0, len(rows), height)]
    return [Panel(", ".join(map(placed, grid.axes[:-2], table[0][0].at)), table) for table in tables]


def placed(axis: Axis, place: int) -> str:
    """Return a field with one of its values."""
    return f"{field_name(axis.field)} {labels(axis)[place]}"


def labels(axis: Axis) -> list[str]:
    """Return the values as they were written; a field left out is said to be."""
    return [text if value is not None else "left out" for text, value in zip(axis.labels, axis.values, strict=True)]


def field_name(field: str) -> str:
    """Return a field as a heading."""
    return re.sub(r"[_.]", " ", field)


def lettered(
    grid: Grid, base: RuleBase, name: Callable[[Model], str] = attrgetter("name")
) -> tuple[dict[tuple[int, ...], str], dict[str, str]]:
    """Give each winner a letter, in the order they appear; the same build on another machine is the same winner.

    Return the letter of each cell by its place, a dash where nothing fits, and what each letter stands for.
    """
    made: dict[tuple[str | None, ...], str] = {}
    at, key = {}, {}
    for cell in grid.cells:
        at[cell.at] = NONE
        if cell.winner:
            (model, quantization, engine, _), provider = BUILT(cell.winner), cell.provider
            letter = made.setdefault((model, quantization, engine, provider), LETTERS[len(made)])
            build = (
                f"hosted by {base.providers[provider].name}"
                if provider
                else f"{quantization}, {base.engines[engine].name}"
            )
            at[cell.at], key[letter] = letter, f"{name(base.models[model])}, {build}"
    return at, key


def turn_texts(grid: Grid, letters: dict[tuple[int, ...], str]) -> list[tuple[str, str, str, str]]:
    """Return each change: where, the winner before, the one after, and the reason."""
    # Changes that differ only in where the other fields stand are told once, with their number.
    alike: dict[tuple[object, ...], list[Turn]] = {}
    for turn in grid.turns:
        step = (turn.axis, turn.before[turn.axis], letters[turn.before], letters[turn.after])
        alike.setdefault((*step, turn.kind, turn.rule, turn.criterion), []).append(turn)
    told = []
    for first, *rest in alike.values():
        axis = grid.axes[first.axis]
        moved = f"{placed(axis, first.before[first.axis])} to {labels(axis)[first.after[first.axis]]}"
        stay = [placed(other, first.before[place]) for place, other in enumerate(grid.axes) if place != first.axis]
        where = f"{moved} (at {', '.join(stay)})" if stay else moved
        others = f" (and at {len(rest)} other place{'s' if len(rest) > 1 else ''})" if rest else ""
        told.append((where, letters[first.before], letters[first.after], first.text + others))
    return told


def grid_text(grid: Grid, base: RuleBase, view: View) -> str:
    """Return the winners as tables of letters, what the letters mean, and why the winner changes."""
    out = Screen(colour=view.colour, width=view.width)
    letters, key = lettered(grid, base)
    axes = " by ".join(field_name(axis.field) for axis in grid.axes)
    out.line(f"{len(grid.cells)} answer{'s' * (len(grid.cells) > 1)}: {axes}", "bold")
    out.line("; ".join(f"{field_name(field)} {value_text(value)}" for field, value in grid.scenario.items()))
    if len(grid.axes) == 1:
        out.heading("Answers")
        told = zip(labels(grid.axes[0]), grid.cells, strict=True)
        rows = [(name, letters[cell.at], *map(number, FIGURES_OF(cell))) for name, cell in told]
        out.columns((axes, "winner", "score", "GiB", "tok/s", "USD/mo"), rows, frozenset({2, 3, 4, 5}))
    else:
        down, across = grid.axes[-2:]
        for panel in panels(grid):
            out.heading(panel.title or f"{field_name(down.field)} down, {field_name(across.field)} across")
            out.columns(["", *labels(across)], panel.rows(labels(down), letters))
    out.bullets([f"{letter}  {winner}" for letter, winner in key.items()] or ["none"], "Winners")
    missed = [f"{', '.join(map(placed, grid.axes, cell.at))}: {cell.excuse.text}" for cell in grid.cells if cell.excuse]
    turns = [f"{where}: {old} to {new}: {why}" for where, old, new, why in turn_texts(grid, letters)]
    for heading, lines in ((f"Nothing fits ({NONE})", missed), ("Why it changes", turns or ["it does not"])):
        out.bullets(lines[:MOST_LINES], heading)
        if len(lines) > MOST_LINES:
            out.line(f"  and {len(lines) - MOST_LINES} more; --format csv has them all")
    return out.text()


def grid_csv(grid: Grid, *_: object) -> str:
    """Write a line for each cell: the varied fields, the winner, its figures, and why it is not the one before."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("verdict", "model", "quantization", "engine", "machine", "provider", *FIGURES, "reason")
    writer.writerow([*(axis.field for axis in grid.axes), *names])
    for cell in grid.cells:
        build = (*BUILT(cell.winner), cell.provider) if cell.winner else (None,) * 5
        spots = zip(grid.axes, cell.at, strict=True)
        at = [None if axis.values[place] is None else axis.labels[place] for axis, place in spots]
        turned = dict.fromkeys(turn.text for turn in grid.turns if turn.after == cell.at)
        reason = "; ".join(turned) or (cell.excuse.text if cell.excuse else "")
        row = (*at, cell.verdict, *build, *FIGURES_OF(cell), reason)
        writer.writerow(FORMULA.sub("'", printable(value)) if isinstance(value, str) else value for value in row)
    return out.getvalue()
