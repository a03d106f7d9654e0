"""Arguments in, exit code out: no judgement here."""

from __future__ import annotations

import io
import os
import sys
from itertools import pairwise
from typing import Annotated

import typer

from llama_advisor import __version__
from llama_advisor.cli import args_answers as answers
from llama_advisor.cli import args_ask as asking
from llama_advisor.cli import args_check as checking
from llama_advisor.cli import args_explain as explaining
from llama_advisor.cli import args_explore as exploring
from llama_advisor.cli import args_listings as listings
from llama_advisor.cli import args_upkeep as upkeep
from llama_advisor.cli.flagged import give_flags
from llama_advisor.cli.gc import collect_seldom
from llama_advisor.text.errors import AdvisorError, nearest
from llama_advisor.text.yaml_file import printable

app = typer.Typer(
    name="llama-advisor",
    help="Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
PARTS = (answers, asking, checking, explaining, exploring, listings, upkeep)
for part in PARTS:
    app.add_typer(part.app)

USAGE_ERROR = 2
INTERRUPTED = 130


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"llama-advisor {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error becomes one line and an exit code."""
    collect_seldom()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_run(asking.with_file(sys.argv[1:])))


def _run(arguments: list[str]) -> int:
    for part in PARTS:
        give_flags(part.app, arguments)
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
        return _failed(_unknown_option(error) or usage(), USAGE_ERROR, arguments)
    return code if isinstance(code, int) else 0


def _unknown_option(error: Exception) -> str | None:
    """Return what to say of an option that a command does not have."""
    name, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if name is None or context is None or type(error).__name__ != "NoSuchOption":
        return None
    known = (flag for item in context.command.params for flag in (*item.opts, *item.secondary_opts))
    return f"No such option: {name}{nearest(name, (flag for flag in known if flag.startswith('--')))}"


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
