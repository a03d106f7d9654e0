"""What commands share: options, what they are read as, where results go, and how far long work has come."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from llama_advisor.cli.commands import COMPLETING
from llama_advisor.render.formats import View
from llama_advisor.scenario.flags import Flag
from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import replace_file
from llama_advisor.text.yaml_file import printable

File = Annotated[str | None, typer.Argument(metavar="FILE", help="Scenario in YAML or JSON; - reads standard input.")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="How to print the result.")]
Rules = Annotated[
    list[str] | None,
    typer.Option(metavar="DIR", help="Folder of own rules and data, laid over the shipped ones; may repeat."),
]
AsOf = Annotated[str | None, typer.Option(metavar="DATE", help="Day to answer for; today if not given.")]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes that share the lines of --batch; the answers are the same.")
]
OWN_LAYER = "llama-advisor.d"
WIDTH = 40
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_TYPES: dict[str, Any] = {"one": str | None, "many": list[str] | None, "yes": bool | None}


def completing(*places: str, choices: Iterable[str] = ()) -> Callable[[str], list[str]] | None:
    """Return what completes a word with `choices`, or names that parts of the rule base list; None outside a shell."""
    if COMPLETING not in os.environ:
        return None

    def complete(incomplete: str) -> list[str]:
        from llama_advisor.engine.rules import load_rules

        base = load_rules() if places else None
        known = (*choices, *(name for place in places for name in attrgetter(place)(base)))
        return [name for name in known if name.startswith(incomplete)]

    return complete


def named(metavar: str, says: str, *places: str, choices: Iterable[str] = ()) -> Any:
    """Return an argument that a shell completes with the names that parts of the rule base list, or `choices`."""
    return typer.Argument(metavar=metavar, help=says, autocompletion=completing(*places, choices=choices))


def with_flags(flags: Sequence[Flag]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command one option for each flag; it receives those that were given as `said`, by field."""
    options = []
    for flag in flags:
        names = (f"{flag.flag}/--no-{flag.flag[2:]}",) if flag.kind == "yes" else (flag.flag,)
        option = typer.Option(
            *names,
            help=f"{flag.doc} One of: {', '.join(flag.choices)}." if flag.choices else flag.doc,
            metavar=None if flag.kind == "yes" else flag.value,
            show_default=False,
            rich_help_panel=flag.group,
            autocompletion=completing(*filter(None, [flag.listed]), choices=flag.choices),
        )
        known = {"default": None, "annotation": Annotated[_TYPES[flag.kind], option]}
        options.append(inspect.Parameter(flag.parameter, _KEYWORD, **known))

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        def called(**arguments: Any) -> int:
            values = {flag.field: arguments.pop(flag.parameter) for flag in flags}
            return command(said={field: value for field, value in values.items() if value is not None}, **arguments)

        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "said"]
        keyed = [p.replace(kind=_KEYWORD) for p in own]
        called.__signature__ = inspect.Signature([*keyed, *options])  # type: ignore[attr-defined]
        return called

    return decorate


def day(text: str | None) -> date:
    """Read --as-of; today where it was not given."""
    if text is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--as-of: {printable(text)!r} is not a day; write it as 2026-11-24") from error


def layers(file: str | None, rules: Sequence[str] | None) -> tuple[str, ...]:
    """Return the layers to load: a team's own beside its file, which is told of, then those named by --rules."""
    named = tuple(rules or ())
    folder = Path(file).parent / OWN_LAYER if file is not None and file != "-" else None  # standard input has no place
    if folder is None or not folder.is_dir():
        return named
    sys.stderr.write(f"llama-advisor: {printable(str(folder))}/ is laid over the shipped rules\n")
    return (str(folder), *(other for other in named if Path(other).resolve() != folder.resolve()))


def write(text: str, output: str | None, what: str = "--output ") -> None:
    """Write a result to standard output or a file; `what` stands before its name where it cannot be written."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        replace_file(Path(output), text.encode())
    except OSError as error:
        raise InputError(f"{what}{output}: {error.strerror or error}") from error


def screen(output: str | None) -> View:
    """Return how a result looks there: whether in colour, and how wide, a terminal's own width or 80 columns."""
    terminal = sys.stdout.isatty() and output is None
    forced = output is None and os.environ.get("FORCE_COLOR", "0") != "0"
    colour = "NO_COLOR" not in os.environ and (forced or (terminal and os.environ.get("TERM") != "dumb"))
    columns = os.environ.get("COLUMNS", "")
    known = int(columns) if re.fullmatch("0*[1-9][0-9]{0,8}", columns) else 0
    width = known or (os.get_terminal_size().columns if terminal else 80)
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "") if terminal else "utf-8"
    return View(
        colour, width, unicode=output is not None or ("utf" in locale.lower() and "utf" in sys.stdout.encoding.lower())
    )


def progress(text: str) -> None:
    """Show one line on standard error that overwrites itself, on a terminal only; an empty one clears it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:WIDTH]:<{WIDTH}}" + ("" if text else "\r"))
        sys.stderr.flush()


def count(done: int, of: int) -> None:
    """Show `3 of 12 answers`; when all are there the line is cleared."""
    progress(f"{done} of {of} answers" if done < of else "")
