"""compare: models side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from llama_advisor.cli.options import AsOf, Format, Output, Rules, day, layers, with_flags
from llama_advisor.cli.streams import screen, write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.compare import compare as compared
from llama_advisor.render.json_text import to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.read import read_scenario


@with_flags((*FLAGS, DEPLOYMENT), "Scenario")
def compare(
    said: dict[str, Any],
    models: Annotated[list[str], typer.Argument(metavar="MODEL MODEL ...", help="Any names of two models or more.")],
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="FILE", help="Scenario in YAML or JSON; - reads standard input.")
    ] = None,
    format_: Format = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print the models side by side."""
    today = day(as_of)
    read = read_scenario(scenario, said)
    comparison = compared(tuple(models), read, Advisor(load_rules(*layers(scenario, rules)), today))
    if format_ == "json":
        text = to_json(comparison) + "\n"
    else:
        from llama_advisor.render.explain import comparison_text

        colour, width = screen(output)
        text = comparison_text(comparison, colour=colour, width=width)
    write(text, output)
    return 0
