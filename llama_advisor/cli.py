"""Arguments in, exit code out: no judgement here."""

from __future__ import annotations

import io
import os
import sys
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llama_advisor import __version__
from llama_advisor.cli_options import AsOf, Format, Rules
from llama_advisor.commands.upkeep import add_upkeep
from llama_advisor.documents import printable
from llama_advisor.errors import AdvisorError, InputError
from llama_advisor.estimate_flags import estimate_flags
from llama_advisor.flags import scenario_flags

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="llama-advisor",
    help="Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="Models the rule base knows.", no_args_is_help=True)
hardware_app = typer.Typer(help="Devices the rule base knows.", no_args_is_help=True)
rules_app = typer.Typer(help="Rules: what decides, and why.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(hardware_app, name="hardware")
app.add_typer(rules_app, name="rules")

USAGE_ERROR = 2
INTERRUPTED = 130

_FLAGGED: dict[str, tuple[Callable[..., None], Callable[..., Any]]] = {}


def _flagged(name: str, flags: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Keep a command's flags for `_give_flags`; until then it is only listed."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        _FLAGGED[name] = command, flags

        def listed() -> None:
            raise AssertionError(name)

        listed.__doc__ = command.__doc__
        return listed

    return decorate


def _give_flags(arguments: list[str]) -> None:
    """Build the flags of the commands named: building all of them takes longer than an answer."""
    for registered in app.registered_commands:
        if registered.name in _FLAGGED and registered.name in arguments:
            command, flags = _FLAGGED[registered.name]
            registered.callback = flags(described="--help" in arguments)(command)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"llama-advisor {__version__}")
        raise typer.Exit


@app.command("recommend")
@_flagged("recommend", scenario_flags)
def recommend(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Scenario in YAML or JSON; - reads standard input.")
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option("--batch", metavar="FILE.jsonl", help="One scenario a line in, one answer a line out."),
    ] = None,
    format_: Format = "text",
    print_: Annotated[
        Literal["model", "hf", "ollama", "build"] | None,
        typer.Option("--print", help="Print one thing for scripts."),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Cite the sources of every part of the score.")] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Models shown in the ranking.")] = 5,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file.")
    ] = None,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Rank the builds for a scenario, best first, and say why."""
    from llama_advisor.commands import recommend as command

    raise typer.Exit(
        command.run(
            command.Request(
                file=file,
                batch=batch,
                json=format_ == "json",
                only=print_,
                why=why,
                top=top,
                output=output,
                rules=tuple(rules or ()),
                as_of=_day(as_of),
                said=said or {},
                screen=_screen(output),
            )
        )
    )


@app.command("estimate")
@_flagged("estimate", estimate_flags)
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
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file.")
    ] = None,
    rules: Rules = None,
    as_of: AsOf = None,
    said: Annotated[Any, None] = None,
) -> None:
    """Size one build: memory, fit, speed, cost. With --batch, flags hold for every line."""
    from llama_advisor.commands import estimate as command

    raise typer.Exit(
        command.run(
            command.Request(
                model=model,
                batch=batch,
                json=format_ == "json",
                limits=max_context or max_concurrency,
                output=output,
                rules=tuple(rules or ()),
                as_of=_day(as_of),
                said=said or {},
                screen=_screen(output),
            )
        )
    )


@models_app.command("list")
def models_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the models."""
    _show("models", None, format_, rules)


@models_app.command("show")
def models_show(
    name: Annotated[str, typer.Argument(help="Any name of the model.")], format_: Format = "text", rules: Rules = None
) -> None:
    """Show one model with its sources."""
    _show("models", name, format_, rules)


@hardware_app.command("list")
def hardware_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the devices."""
    _show("hardware", None, format_, rules)


@hardware_app.command("show")
def hardware_show(
    name: Annotated[str, typer.Argument(help="Hardware as people write it.")],
    format_: Format = "text",
    rules: Rules = None,
) -> None:
    """Show what a name of hardware is read as."""
    _show("hardware", name, format_, rules)


@hardware_app.command("detect")
def hardware_detect(format_: Format = "text", rules: Rules = None) -> None:
    """Say what this computer has, and how to pass it to --hardware."""
    from llama_advisor.commands import detect as command

    raise typer.Exit(command.run(tuple(rules or ()), in_json=format_ == "json", screen=_screen(None)))


@rules_app.command("list")
def rules_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the rules."""
    _show("rules", None, format_, rules)


@rules_app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(help="Rule id.")], format_: Format = "text", rules: Rules = None
) -> None:
    """Show one rule: what it says, cites and is tested by."""
    _show("rules", name, format_, rules)


@rules_app.command("test")
def rules_test(format_: Format = "text", rules: Rules = None) -> None:
    """Run the examples that every rule carries."""
    from llama_advisor.commands import inspect

    raise typer.Exit(inspect.run_rule_tests(tuple(rules or ()), as_json=format_ == "json"))


@app.command()
def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> None:
    """Print the JSON Schema of a kind of file or result."""
    from llama_advisor.commands import inspect

    raise typer.Exit(inspect.print_schema(name))


def _show(kind: str, name: str | None, format_: str, rules: list[str] | None) -> None:
    from llama_advisor.commands import inspect

    raise typer.Exit(inspect.show(kind, name, tuple(rules or ()), as_json=format_ == "json", screen=_screen(None)))


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--as-of: {printable(text)!r} is not a day; write it as 2026-11-24") from error


def _screen(output: str | None) -> tuple[bool, int]:
    """Return whether to colour, and the width: a terminal's own, else 80 columns."""
    terminal = sys.stdout.isatty() and output is None
    colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) else os.get_terminal_size().columns if terminal else 80
    return colour, width


add_upkeep(rules_app, _day)


def main() -> None:
    """Run the command line; every error becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    _give_flags(arguments)
    try:
        code = app(arguments, prog_name="llama-advisor", standalone_mode=False)
        sys.stdout.flush()
    except AdvisorError as error:
        return _failed(str(error), error.exit_code, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader left early; the parser turns that into an exit of its own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is None:
            raise
        return _failed(usage(), USAGE_ERROR, arguments)
    return code if isinstance(code, int) else 0


def _failed(message: str, code: int, arguments: list[str]) -> int:
    from llama_advisor.render.json_text import as_json

    text = printable(message)
    if _wants_json(arguments):
        sys.stdout.write(as_json({"schema_version": 1, "error": {"message": text, "exit_code": code}}) + "\n")
    sys.stderr.write(f"llama-advisor: {text}\n")
    return code


def _wants_json(arguments: list[str]) -> bool:
    pairs = pairwise(arguments)
    return any(a in {"--format", "-f"} and b == "json" for a, b in pairs) or "--format=json" in arguments
