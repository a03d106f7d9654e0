"""A grid of answers as a picture: a coloured cell and a letter for each winner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render import charts
from llama_advisor.render.panels import (
    NONE,
    field_name,
    label,
    letter_of,
    letters,
    panels,
    winner_of,
    winner_text,
)

if TYPE_CHECKING:
    from llama_advisor.explain.grid import Grid
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.vary import Axis

CELLS = ("#a8d1f0", "#f7c98b", "#b5dfb0", "#e6b8d8", "#f2e394", "#c3c0ee", "#f3b3a6", "#a9ddd6")
EMPTY = "#e4e4e4"
PLAIN = {
    "ink": "#1c2024",
    "muted": "#5b6570",
    "line": "#d5dae0",
    "surface": "#ffffff",
    "good": "#1f5fbf",
    "pick": "#b4470f",
    "part-1": "#1f5fbf",
    "part-2": "#b4470f",
    "part-3": "#6b7a1e",
    "part-4": "#8a8f98",
}


def grid_svg(grid: Grid, base: RuleBase) -> str:
    """Return the grid as one SVG picture on white."""
    known = letters(grid)
    colours = {winner: CELLS[place % len(CELLS)] for place, winner in enumerate(known)}
    down = grid.axes[-2] if len(grid.axes) > 1 else grid.axes[0]
    across = _labels(grid.axes[-1]) if len(grid.axes) > 1 else ("winner",)
    tables = [
        charts.Table(
            panel.title,
            _labels(down),
            across,
            tuple(
                tuple(
                    (letter_of(cell, known), colours[winner] if (winner := winner_of(cell)) else EMPTY) for cell in row
                )
                for row in panel.cells
            ),
        )
        for panel in panels(grid)
    ]
    key = [f"{letter}  {winner_text(winner, base)}" for winner, letter in known.items()]
    if any(cell.winner is None for cell in grid.cells):
        key.append(f"{NONE}  nothing fits")
    heading = " by ".join(field_name(axis.field) for axis in grid.axes)
    made = charts.tables(tables, heading, key)
    says = f"{len(grid.cells)} answers; {'; '.join(key)}"
    return charts.coloured(charts.svg(made, "whatif", f"Recommended build: {heading}", says), PLAIN)


def _labels(axis: Axis) -> tuple[str, ...]:
    return tuple(label(axis, place) for place in range(len(axis.labels)))
