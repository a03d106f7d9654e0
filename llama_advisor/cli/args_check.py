"""check, init and lock as typer has them."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import typer

from llama_advisor.cli.flagged import flagged
from llama_advisor.cli.options import AsOf, Rules, day, screen
from llama_advisor.render.findings import FORMATS
from llama_advisor.scenario.flags import scenario_flags
from llama_advisor.text.errors import InputError

app = typer.Typer()
Codes = Optional[list[str]]  # noqa: UP045
CheckFormat = Enum("CheckFormat", [(name, name) for name in FORMATS], type=str)  # type: ignore[misc]
NAMES = {"--format": "format", "-f": "format", "--output": "output", "-o": "output"}


@app.command("check")
def check(
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[PATHS]", help="Project files, or folders to look through; llama-advisor.yaml if none."
        ),
    ] = None,
    format_: Annotated[
        Optional[list[CheckFormat]],  # noqa: UP045
        typer.Option("--format", "-f", help="How to print the findings; may repeat."),
    ] = None,
    output: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE", help="Where the format before it goes; - is standard output."),
    ] = None,
    fail_on: Annotated[
        Optional[Literal["error", "warning", "never"]],  # noqa: UP045
        typer.Option("--fail-on", help="Severity from which findings fail the check; error if not given."),
    ] = None,
    select: Annotated[
        Codes, typer.Option("--select", metavar="CODE", help="Report these codes, or all that begin so.")
    ] = None,
    ignore: Annotated[
        Codes, typer.Option("--ignore", metavar="CODE", help="Leave these codes out, or all that begin so.")
    ] = None,
    discover: Annotated[
        bool,
        typer.Option("--discover", help="Look through the folder for models that run, and propose a project file."),
    ] = False,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Hold project files against the advice: wrong choices, drift, stale ground."""
    if discover:
        from llama_advisor.cli import init

        raise typer.Exit(init.run_discover(tuple(paths or ()), tuple(rules or ()), day(as_of).year + 1))
    from llama_advisor.cli import check as command

    named = [item.value for item in format_ or ()]
    prints = [command.Printed(name, file) for name, file in paired(named, list(output or ()), sys.argv)]
    raise typer.Exit(
        command.run(
            command.Request(
                paths=tuple(paths or ()),
                prints=tuple(prints),
                fail_on=fail_on,
                select=tuple(select or ()),
                ignore=tuple(ignore or ()),
                rules=tuple(rules or ()),
                as_of=day(as_of),
                screen=screen(None if any(item.output is None for item in prints) else "files"),
            )
        )
    )


def paired(formats: list[str], outputs: list[str], arguments: list[str]) -> list[tuple[str, str | None]]:
    """Return each format with its file: as many of both go in order, else a file belongs to the format before it."""
    formats = formats or ["text"]
    if len(formats) == len(outputs):
        pairs: list[tuple[str, str | None]] = list(zip(formats, outputs, strict=True))
    else:
        pairs = _by_place(formats, outputs, arguments)
    pairs = [(name, None if file == "-" else file) for name, file in pairs]
    if sum(file is None for _, file in pairs) > 1:
        raise InputError("--format: two formats would be mixed on standard output; give all but one an --output FILE")
    return pairs


def _by_place(formats: list[str], outputs: list[str], arguments: list[str]) -> list[tuple[str, str | None]]:
    """Pair by the order in which the options were written."""
    files: list[str | None] = [None] * len(formats)
    left, at = list(outputs), -1
    for argument in arguments:
        kind = NAMES.get(argument.split("=", 1)[0])
        if kind == "format":
            at += 1
        elif kind == "output" and left:
            if not 0 <= at < len(files) or files[at] is not None:
                raise InputError("--output: name the --format before it")
            files[at] = left.pop(0)
    return list(zip(formats, files, strict=True))


@app.command("init")
@flagged("init", scenario_flags)
def init(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Project file to write.")] = "llama-advisor.yaml",
    name: Annotated[str, typer.Option("--name", help="Name of the deployment.")] = "main",
    discover: Annotated[bool, typer.Option("--discover", help="Propose what the files of this folder deploy.")] = False,
    source: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--source", metavar="PATTERN", help="Files in which the choice shows up; may repeat."),
    ] = None,
    github: Annotated[bool, typer.Option("--github", help="Also write .github/workflows/llama-advisor.yml.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="Also print the job for .gitlab-ci.yml.")] = False,
    pre_commit: Annotated[
        bool, typer.Option("--pre-commit", help="Also print the entry for .pre-commit-config.yaml.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Write a commented project file from flags, or from what the folder deploys."""
    from llama_advisor.cli import init as command

    raise typer.Exit(
        command.run(
            command.Request(
                file=file,
                name=name,
                discover=discover,
                sources=tuple(source or ()),
                github=github,
                gitlab=gitlab,
                pre_commit=pre_commit,
                force=force,
                rules=tuple(rules or ()),
                as_of=day(as_of),
                said=said or {},
            )
        )
    )


@app.command("lock")
def lock(
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[PATHS]", help="Project files, or folders to look through."),
    ] = None,
    verify: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a lock would change.")] = False,
    rules: Rules = None,
    as_of: AsOf = None,
) -> None:
    """Pin each decision beside its project file: winner, margin, and what it rests on."""
    from llama_advisor.cli import check as command

    raise typer.Exit(command.run_lock(tuple(paths or ()), tuple(rules or ()), day(as_of), verify=verify))
