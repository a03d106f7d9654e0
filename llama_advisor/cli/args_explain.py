"""explain: why not this model; what a rule, a criterion or a code says."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from llama_advisor.cli.flagged import flagged
from llama_advisor.cli.options import AsOf, Format, Rules, day, screen
from llama_advisor.scenario.flags import file_flags

app = typer.Typer()


@app.command("explain")
@flagged("explain", file_flags)
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Model, rule, criterion, or code of a finding.")],
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="FILE", help="Scenario for which a model is explained; flags lie over it."),
    ] = None,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Say why a model is not recommended and what would change that; or what a rule, criterion or code stands for."""
    from llama_advisor.cli import explain as command

    raise typer.Exit(
        command.run(
            command.Request(
                name=name,
                scenario=scenario,
                json=format_ == "json",
                rules=tuple(rules or ()),
                as_of=day(as_of),
                said=said or {},
                screen=screen(None),
            )
        )
    )
