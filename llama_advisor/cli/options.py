"""What commands share: options, what they are read as, where results go, and how far long work has come."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from llama_advisor.cli.commands import COMPLETING, HELP
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.formats import View, to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS, Flag, spelled
from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import replace_file
from llama_advisor.text.yaml_file import printable

File = Annotated[str | None, typer.Argument(metavar="FILE", help=HELP["shared"]["file"])]
Jobs = Annotated[int | None, typer.Option(min=1, help=HELP["shared"]["jobs"])]
OWN_LAYER = "llama-advisor.d"
SAVED_AS = "scenario.yaml"
WIDTH = 40
_SHARED: dict[str, Any] = {
    "output": Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file.")],
    "rules": Annotated[list[str] | None, typer.Option(metavar="DIR", help=HELP["shared"]["rules"])],
    "as_of": Annotated[str | None, typer.Option(metavar="DATE", help=HELP["shared"]["as_of"])],
}
"""Options of many commands."""
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_TYPES: dict[str, Any] = {"one": str | None, "many": list[str] | None, "yes": bool | None}


def completing(*places: str, choices: Iterable[str] = ()) -> Callable[[str], list[str]] | None:
    """Return what completes a word with `choices`, or names that parts of the rule base list; None outside a shell."""
    if COMPLETING not in os.environ:
        return None

    def complete(incomplete: str) -> list[str]:
        base = load_rules() if places else None
        known = (*choices, *(name for place in places for name in attrgetter(place)(base)))
        return [name for name in known if name.startswith(incomplete)]

    return complete


def named(metavar: str, says: str, *places: str, choices: Iterable[str] = ()) -> Any:
    """Return an argument that a shell completes with the names that parts of the rule base list, or `choices`."""
    return typer.Argument(metavar=metavar, help=says, autocompletion=completing(*places, choices=choices))


class Run:
    """What the options that commands share come to: the layers, the day, and how and where the result is printed."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.format: str = said.get("format_") or "text"
        self.output: str | None = said.get("output")
        self.rules: tuple[str, ...] = tuple(said.get("rules") or ())
        self.in_json = self.format == "json"
        self.as_of = as_of = said.get("as_of")
        try:
            self.today = datetime.now().astimezone().date() if as_of is None else date.fromisoformat(as_of)
        except ValueError as error:
            raise InputError(f"--as-of: {printable(as_of)!r} is not a day; write it as 2026-11-24") from error
        # flags that a command to have the answer again needs, too
        self.repeated = (*(f"--rules={folder}" for folder in self.rules), *((f"--as-of={as_of}",) if as_of else ()))

    def base(self, file: str | None = None) -> RuleBase:
        """Load the rules, with the layer of the team whose file is given."""
        return load_rules(*layers(file, self.rules))

    @property
    def view(self) -> View:
        """How a result looks where it goes."""
        return screen(self.output)

    def again(self, words: Iterable[str], said: Mapping[str, Any], format_: str, *more: str) -> str:
        """Return the command that gives the same answer again."""
        flags = (spelled(flag, said[flag.field]) for flag in (*FLAGS, DEPLOYMENT) if flag.field in said)
        rules = (("--rules", folder) for folder in self.rules)
        asked = (*words, *chain(*flags, *rules), *more)
        return shlex.join(("llama-advisor", *asked, "--as-of", str(self.today), "--format", format_))

    def write(self, text: str) -> None:
        """Write the result."""
        write(text, self.output)

    def show(self, data: Any, text: Callable[[], str]) -> None:
        """Write a result as JSON or as text."""
        self.write(to_json(data) + "\n" if self.in_json else text())


def command(
    shared: str, flags: Sequence[Flag] = (), formats: Iterable[str] = ("text", "json")
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the shared options named, which it receives as `run`, and one for each flag.

    It receives the flags that were given as `said`, by field; a `format_: str` of its own takes the formats, too.
    """
    form = typer.Option("--format", "-f", help=HELP["shared"]["format"])
    typed = {"format_": Annotated[Literal.__getitem__(tuple(formats)), form], **_SHARED}
    usual = {"format_": "text"}
    options = [inspect.Parameter(n, _KEYWORD, default=usual.get(n), annotation=typed[n]) for n in shared.split()]
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

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        def called(**arguments: Any) -> int:
            values = {flag.field: arguments.pop(flag.parameter) for flag in flags}
            said = {"said": {field: value for field, value in values.items() if value is not None}} if flags else {}
            run = Run({name: arguments.pop(name, None) for name in shared.split()})
            return function(run=run, **said, **arguments)

        own = inspect.signature(function, eval_str=True).parameters.values()
        kinds = {p.name: typed[p.name] if p.annotation is str and p.name in typed else p.annotation for p in own}
        keyed = [p.replace(kind=_KEYWORD, annotation=kinds[p.name]) for p in own if p.name not in {"run", "said"}]
        called.__signature__ = inspect.Signature([*keyed, *options])  # type: ignore[attr-defined]
        return called

    return decorate


def named_file(file: str | None, *flag: str) -> tuple[str, ...]:
    """Return the words that name a file in a command; what came by standard input is to be saved under a name."""
    if not file:
        return ()
    return *flag, SAVED_AS if file == "-" else f"./{file}" if file.startswith("-") else file


def layers(file: str | None, rules: Iterable[str]) -> tuple[str, ...]:
    """Return the layers to load: a team's own beside its file, which is told of, then those named by --rules."""
    named = tuple(rules)
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
    forced = output is None and os.environ.get("FORCE_COLOR", "0") not in {"", "0"}
    colour = not os.environ.get("NO_COLOR") and (forced or (terminal and os.environ.get("TERM") != "dumb"))
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
