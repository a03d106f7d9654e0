"""compare and whatif: models side by side, and how the answer moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.cli.own_layer import with_own_layer
from llama_advisor.cli.progress import count
from llama_advisor.cli.streams import write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.compare import compare
from llama_advisor.explain.grid import vary
from llama_advisor.render.advice_text import nearest_excuse
from llama_advisor.render.json_text import to_json
from llama_advisor.scenario.read import read_scenario
from llama_advisor.scenario.vary import read_axes

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.explain.exploration import Grid
    from llama_advisor.knowledge.base import RuleBase

FITS, FITS_NOT = 0, 1


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    file: str | None
    format: str
    output: str | None
    rules: tuple[str, ...]
    as_of: date
    said: dict[str, Any]
    screen: tuple[bool, int]

    @property
    def advisor(self) -> Advisor:
        """An advisor on the rule base asked for."""
        return Advisor(load_rules(*with_own_layer(self.file, self.rules)), self.as_of)


def run_compare(names: tuple[str, ...], request: Request) -> int:
    """Print the models side by side."""
    scenario = read_scenario(request.file, request.said)
    comparison = compare(names, scenario, request.advisor)
    if request.format == "json":
        write(to_json(comparison) + "\n", request.output)
        return 0
    from llama_advisor.render.comparison_text import comparison_text

    colour, width = request.screen
    write(comparison_text(comparison, colour=colour, width=width), request.output)
    return 0


def run_whatif(varied: tuple[str, ...], request: Request) -> int:
    """Print the grid of answers; exit code 1 where nothing fits in any of them."""
    if request.format == "svg":
        from llama_advisor.render import charts

        charts.needed_for("svg")
    axes = read_axes(varied)
    scenario = read_scenario(request.file, request.said)
    advisor = request.advisor
    grid = vary(scenario, axes, advisor, nearest_excuse, lambda done, of: count(done, of, "answers"))
    write(_rendered(grid, advisor.base, request), request.output)
    return FITS if any(cell.winner for cell in grid.cells) else FITS_NOT


def _rendered(grid: Grid, base: RuleBase, request: Request) -> str:
    if request.format == "json":
        return to_json(grid) + "\n"
    if request.format == "svg":
        from llama_advisor.render.grid_chart import grid_svg

        return grid_svg(grid, base)
    from llama_advisor.render.grid_text import grid_csv, grid_text

    if request.format == "csv":
        return grid_csv(grid)
    colour, width = request.screen
    return grid_text(grid, base, colour=colour, width=width)
