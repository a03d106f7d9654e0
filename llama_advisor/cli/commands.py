"""Which commands there are; a command's module is loaded when it is named."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated, Any

import typer

from llama_advisor import __version__
from llama_advisor.cli.help import HelpCommand, HelpGroup
from llama_advisor.text.errors import InputError
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

BARE = {"ask": ("--resume", ""), "recommend": ("--builds", "5")}
"""Flags that may stand without a value, and what they mean then; a bare --resume stands for the last interview."""
COMPLETING = "_LLAMA_ADVISOR_COMPLETE"
"""Variable by which a shell asks for what may come next."""
COLOURS = {"auto": {}, "always": {"NO_COLOR": "", "FORCE_COLOR": "1"}, "never": {"NO_COLOR": "1"}}
_LISTED = table(__file__)
COMMANDS: dict[str, tuple[str, str]] = _LISTED["commands"]
"""Each command: its module and function, which takes the options and returns the exit code, and its help."""
GROUPS: dict[str, str] = _LISTED["groups"]
EXAMPLES: dict[str, list[str]] = _LISTED["examples"]
HELP: dict[str, dict[str, str]] = _LISTED["options"]
"""What the options of a command mean, where that takes more than a line of its signature."""


def app_for(arguments: list[str]) -> typer.Typer:
    """Return the command line; of the commands only those named in the arguments take options, the rest are listed."""
    app = typer.Typer(
        name="llama-advisor",
        help="Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why.",
        no_args_is_help=True,
        add_completion=COMPLETING in os.environ or (arguments or "-")[0].startswith("-"),
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        cls=HelpGroup,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: Annotated[bool, typer.Option("--version", "-V", is_eager=True, help="Print the version.")] = False,
    ) -> None:
        if version:
            typer.echo(f"llama-advisor {__version__}")
            raise typer.Exit

    def listed() -> None:
        raise AssertionError("a command that was not named")

    plain: Any = {"no_args_is_help": True, "rich_markup_mode": None, "cls": HelpGroup}
    groups = {name: typer.Typer(help=says, **plain) for name, says in GROUPS.items()}
    for name, (place, says) in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        module, function = place.split(":")
        named = set(name.split()) <= set(arguments)
        called = getattr(import_module(f"llama_advisor.cli.{module}"), function) if named else listed
        examples = "\n".join(EXAMPLES.get(name, ()))
        (groups[group] if group else app).command(own, help=says, epilog=examples, cls=HelpCommand)(called)
    for name, part in groups.items():
        app.add_typer(part, name=name)
    return app


def _coloured(arguments: list[str]) -> list[str]:
    """Take --color out of the arguments, wherever it stands, and hand on what it says by the environment."""
    for place, word in enumerate(arguments):
        name, joined, value = word.partition("=")
        if name == "--":
            break
        if name != "--color":
            continue
        rest = arguments[place + 1 :]
        value = value if joined else rest.pop(0) if rest else ""
        if value not in COLOURS:
            raise InputError(f"--color: unknown value {printable(value)!r}; known: {', '.join(COLOURS)}")
        for variable, said in COLOURS[value].items():
            os.environ.pop(variable, None)
            os.environ |= {variable: said} if said else {}
        return [*arguments[:place], *rest]
    return arguments


def completed(arguments: list[str]) -> list[str]:
    """Return the arguments for `ask` where none were given, with the usual value of a bare flag, without --color.

    Where a shell wants a line completed the words are those of that line.
    """
    if COMPLETING in os.environ:
        return os.environ.get("_TYPER_COMPLETE_ARGS", os.environ.get("COMP_WORDS", "")).split()[1:]
    arguments = _coloured(arguments)
    if not arguments:
        return ["ask"]
    flag, usual = BARE.get(arguments[0], ("", ""))
    if flag not in arguments:
        return arguments
    place = arguments.index(flag) + 1
    bare = place == len(arguments) or arguments[place].startswith("-")
    return [*arguments[:place], usual, *arguments[place:]] if bare else arguments
