"""Which commands there are; a command's module is loaded when it is named."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from llama_advisor import __version__
from llama_advisor.text.tables import table

_LISTED = table(__file__)
COMMANDS: dict[str, tuple[str, str]] = _LISTED["commands"]
"""Each command: its module and function, which takes the options and returns the exit code, and its help."""
GROUPS: dict[str, str] = _LISTED["groups"]
HELP: dict[str, dict[str, str]] = _LISTED["options"]
"""What the options of a command mean, where that takes more than a line of its signature."""


def app_for(arguments: list[str]) -> typer.Typer:
    """Return the command line; of the commands only those named in the arguments take options, the rest are listed."""
    app = typer.Typer(
        name="llama-advisor",
        help="Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
    ) -> None:
        if version:
            typer.echo(f"llama-advisor {__version__}")
            raise typer.Exit

    def listed() -> None:
        raise AssertionError("a command that was not named")

    groups = {name: typer.Typer(help=says, no_args_is_help=True) for name, says in GROUPS.items()}
    for name, (place, says) in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        module, function = place.split(":")
        named = set(name.split()) <= set(arguments)
        called = getattr(import_module(f"llama_advisor.cli.{module}"), function) if named else listed
        (groups[group] if group else app).command(own, help=says)(called)
    for name, part in groups.items():
        app.add_typer(part, name=name)
    return app


def completed(arguments: list[str]) -> list[str]:
    """Return the arguments for `ask` where none were given; a bare --resume has no file, which stands for the last."""
    if not arguments:
        return ["ask"]
    if arguments[0] != "ask" or "--resume" not in arguments:
        return arguments
    place = arguments.index("--resume") + 1
    bare = place == len(arguments) or arguments[place].startswith("-")
    return [*arguments[:place], "", *arguments[place:]] if bare else arguments
