"""ask: the questionnaire, also what `llama-advisor` alone starts at a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from llama_advisor.cli.options import AsOf, Format, Rules, day, screen

app = typer.Typer()
KEPT = "llama-advisor-interview.json"


@app.command("ask")
def ask(
    answers: Annotated[
        str | None, typer.Option("--answers", metavar="FILE", help="Answers, a line a prompt; - reads standard input.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="FILE", help="Go on with a saved interview.")
    ] = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="FILE", help="Write the project file that the answers made.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save overwrite a file.")] = False,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Ask what matters most for the answer, and stop when it is settled."""
    from llama_advisor.cli import ask as command

    raise typer.Exit(
        command.run(
            command.Request(
                answers=answers,
                resume=resume,
                save=save,
                force=force,
                json=format_ == "json",
                rules=tuple(rules or ()),
                as_of=day(as_of),
                screen=screen(None),
                repeated=(*(f"--rules={folder}" for folder in rules or ()), *((f"--as-of={as_of}",) if as_of else ())),
            )
        )
    )


def with_file(arguments: list[str]) -> list[str]:
    """Return the arguments for `ask` where none were given, and give a bare --resume its usual file."""
    if not arguments:
        return ["ask"]
    if arguments[0] != "ask" or "--resume" not in arguments:
        return arguments
    place = arguments.index("--resume") + 1
    bare = place == len(arguments) or arguments[place].startswith("-")
    return [*arguments[:place], KEPT, *arguments[place:]] if bare else arguments
