"""compare and whatif as typer has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from llama_advisor.cli.flagged import flagged
from llama_advisor.cli.options import AsOf, Format, Output, Rules, day, screen
from llama_advisor.scenario.flags import file_flags

app = typer.Typer()


@app.command("compare")
@flagged("compare", file_flags)
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL MODEL ...", help="Any names of two models or more.")],
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="FILE", help="Scenario in YAML or JSON; - reads standard input.")
    ] = None,
    format_: Format = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Put models side by side: facts, licence, memory, speed, cost, comparable benchmarks, engines."""
    from llama_advisor.cli import explore as command

    request = command.Request(scenario, format_, output, tuple(rules or ()), day(as_of), said or {}, screen(output))
    raise typer.Exit(command.run_compare(tuple(models), request))


@app.command("whatif")
@flagged("whatif", file_flags)
def whatif(
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
    said: Annotated[Any, None] = None,
) -> None:
    """Answer for every combination of some values: how the winner moves, and why."""
    from llama_advisor.cli import explore as command

    request = command.Request(file, format_, output, tuple(rules or ()), day(as_of), said or {}, screen(output))
    raise typer.Exit(command.run_whatif(tuple(varied or ()), request))
