"""rules lint, coverage, ablate as typer has them."""

from __future__ import annotations

from typing import Annotated

import typer

from llama_advisor.cli.args_listings import rules_app
from llama_advisor.cli.options import AsOf, Format, Rules, day

app = typer.Typer()
"""Nothing of its own: these commands belong to `rules`."""


@rules_app.command("lint")
def lint(format_: Format = "text", rules: Rules = None, as_of: AsOf = None) -> None:
    """Find rules that cannot fire or contradict each other, missing examples and sources, broken links."""
    from llama_advisor.cli import rules as command

    raise typer.Exit(command.run_lint(tuple(rules or ()), day(as_of), in_json=format_ == "json"))


@rules_app.command("coverage")
def coverage(
    samples: Annotated[int, typer.Option("--samples", min=1, help="Scenarios to draw.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Which scenarios are drawn.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the work.")] = 2,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Answer sampled scenarios: rules that never fire, models that never win, answers without a reason."""
    from llama_advisor.cli import rules as command

    asked = command.Sample(samples, seed, workers)
    raise typer.Exit(command.run_coverage(tuple(rules or ()), day(as_of), asked, in_json=format_ == "json"))


@rules_app.command("ablate")
def ablate(
    scenarios: Annotated[
        str, typer.Option("--scenarios", metavar="FILE", help="YAML with `cases:`, each an id and a scenario.")
    ],
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Answer scenarios without each rule in turn: what rests on it."""
    from llama_advisor.cli import rules as command

    raise typer.Exit(command.run_ablate(tuple(rules or ()), day(as_of), scenarios, in_json=format_ == "json"))
