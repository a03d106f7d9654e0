"""whatif: how the answer moves over a grid of values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from llama_advisor.cli.options import AsOf, Output, Rules, day, layers, with_flags
from llama_advisor.cli.streams import count, screen, write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.grid import vary
from llama_advisor.render.advice_text import nearest_excuse
from llama_advisor.render.json_text import to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.read import read_scenario
from llama_advisor.scenario.vary import read_axes

FITS, FITS_NOT = 0, 1


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
    format_: Annotated[
        Literal["text", "json", "csv", "svg"], typer.Option("--format", "-f", help="How to print the result.")
    ] = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print the grid of answers; exit code 1 where nothing fits in any of them."""
    today = day(as_of)
    if format_ == "svg":
        from llama_advisor.render import charts

        charts.needed_for("svg")
    axes = read_axes(varied or ())
    scenario = read_scenario(file, said)
    advisor = Advisor(load_rules(*layers(file, rules)), today)
    grid = vary(scenario, axes, advisor, nearest_excuse, lambda done, of: count(done, of, "answers"))
    if format_ == "json":
        text = to_json(grid) + "\n"
    elif format_ == "svg":
        from llama_advisor.render.grid_chart import grid_svg

        text = grid_svg(grid, advisor.base)
    else:
        from llama_advisor.render.grid_text import grid_csv, grid_text

        colour, width = screen(output)
        text = grid_csv(grid) if format_ == "csv" else grid_text(grid, advisor.base, colour=colour, width=width)
    write(text, output)
    return FITS if any(cell.winner for cell in grid.cells) else FITS_NOT
