"""whatif: how the answer moves over a grid of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llama_advisor.cli.options import AsOf, Output, Rules, day, layers, with_flags
from llama_advisor.cli.streams import count, screen, write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.grid import vary
from llama_advisor.render.formats import GRID, View
from llama_advisor.render.sentences import nearest_excuse
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS, read_axes
from llama_advisor.scenario.read import read_scenario

FITS, FITS_NOT = 0, 1
if TYPE_CHECKING:
    GridFormat = str
else:
    GridFormat = Literal[tuple(GRID)]


@with_flags((*FLAGS, DEPLOYMENT), "Scenario")
def whatif(
    said: dict[str, Any],
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Scenario in YAML or JSON; - reads standard input.")
    ] = None,
    varied: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="FIELD=VALUE,...",
            help="A field and its values; may repeat. Semicolons part values that hold commas, - leaves the field out.",
        ),
    ] = None,
    format_: Annotated[GridFormat, typer.Option("--format", "-f", help="How to print the result.")] = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print the grid of answers; exit code 1 where nothing fits in any of them."""
    today = day(as_of)
    axes = read_axes(varied or ())
    scenario = read_scenario(file, said)
    advisor = Advisor(load_rules(*layers(file, rules)), today)
    grid = vary(scenario, axes, advisor, nearest_excuse, lambda done, of: count(done, of, "answers"))
    write(GRID[format_].writer()(grid, advisor.base, View(*screen(output))), output)
    return FITS if any(cell.winner for cell in grid.cells) else FITS_NOT
