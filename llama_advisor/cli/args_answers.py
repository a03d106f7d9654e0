"""recommend and estimate: questions in, answers out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from llama_advisor.cli.flagged import flagged
from llama_advisor.cli.options import AsOf, Format, Output, Rules, day, screen
from llama_advisor.scenario.flags import file_flags
from llama_advisor.sizing.estimate_flags import estimate_flags

app = typer.Typer()


@app.command("recommend")
@flagged("recommend", file_flags)
def recommend(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Scenario in YAML or JSON; - reads standard input.")
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="FILE.jsonl", help="One scenario a line in, one answer a line out."),
    ] = None,
    format_: Annotated[
        Literal["text", "json", "markdown", "html"], typer.Option("--format", "-f", help="How to print the result.")
    ] = "text",
    print_: Annotated[
        Literal["model", "hf", "ollama", "build"] | None,
        typer.Option("--print", help="Print one thing for scripts."),
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show what every point rests on, and where the answer turns.")
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Models shown in the ranking.")] = 5,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Rank the builds for a scenario, best first, and say why."""
    from llama_advisor.cli import recommend as command

    raise typer.Exit(
        command.run(
            command.Request(
                file=file,
                batch=batch,
                format=format_,
                only=print_,
                why=why,
                top=top,
                output=output,
                rules=tuple(rules or ()),
                as_of=day(as_of),
                said=said or {},
                screen=screen(output),
            )
        )
    )


@app.command("estimate")
@flagged("estimate", estimate_flags)
def estimate(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Any name of the model.")] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="FILE.jsonl", help="One build a line in, one estimate a line out."),
    ] = None,
    max_context: Annotated[bool, typer.Option("--max-context", help="Find the longest context that fits.")] = False,
    max_concurrency: Annotated[
        bool, typer.Option("--max-concurrency", help="Find how many requests fit at a time.")
    ] = False,
    format_: Format = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Size one build: memory, fit, speed, cost. With --batch, flags hold for every line."""
    from llama_advisor.cli import estimate as command

    raise typer.Exit(
        command.run(
            command.Request(
                model=model,
                batch=batch,
                json=format_ == "json",
                limits=max_context or max_concurrency,
                output=output,
                rules=tuple(rules or ()),
                as_of=day(as_of),
                said=said or {},
                screen=screen(output),
            )
        )
    )
