"""Arguments in, exit code out: no judgement here."""

from __future__ import annotations

import gc
import io
import os
import re
import signal
import sys
from contextlib import suppress
from itertools import pairwise
from typing import Any

from llama_advisor import __version__

USAGE_ERROR = 2
DEFECT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130
ENDING = ("SIGTERM", "SIGHUP")
LIKE_FLAGS = 0.7  # The two dashes alone make short flags alike.
COLLECT_EVERY = 200_000  # Objects between two collections of the youngest.


class EndedError(BaseException):
    """The program was told to end, by the signal with this number."""


def main() -> None:
    """Run the command line; every error becomes one line and an exit code."""
    try:
        prepare()
        code = _run(sys.argv[1:])
        finish()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except EndedError as ended:
        (number,) = ended.args  # ended by the signal after all, so that the caller learns of it
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        code = 128 + number  # where that is no way to end
    sys.exit(code)


def prepare() -> None:
    """Make this process the program's own: what ends it, how seldom it looks for garbage, where its text goes.

    A signal that ends the program unwinds it, so that nothing half-written stays; one ignored stays ignored. Something
    is put in the place of standard streams that the caller closed, so that no file takes their number.
    """

    def end(number: int, _: Any) -> None:
        raise EndedError(number)

    for name in ENDING:
        if signal.getsignal(getattr(signal, name, signal.SIGINT)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), end)
    collect_seldom()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY), number)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))
        elif isinstance(stream, io.TextIOWrapper) and number:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def finish() -> None:
    """Leave the process as one that is over: no signal is heard, and nothing is looked through once more."""
    for name in ("SIGINT", *ENDING):
        signal.signal(getattr(signal, name, signal.SIGINT), signal.SIG_IGN)
    gc.freeze()


def collect_seldom() -> None:
    """Look for unreachable objects seldom, in this process: a command is over before it pays to look as often."""
    gc.set_threshold(COLLECT_EVERY, 50, 50)


def _run(arguments: list[str]) -> int:
    try:
        code = 0
        if arguments in (["--version"], ["-V"]):  # answered before the parser is loaded
            sys.stdout.write(f"llama-advisor {__version__}\n")
        else:
            from llama_advisor.cli.commands import app_for, completed

            arguments = completed(arguments)
            code = app_for(arguments)(arguments, prog_name="llama-advisor", standalone_mode=False)
        sys.stdout.flush()
    except (OSError, SystemExit) as error:  # the reader left early; the parser turns that into an exit of its own
        _silence(sys.stdout)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            return _failed(refused(error), USAGE_ERROR, arguments)
        return 0
    except MemoryError:
        return _failed("there is too little memory for this", USAGE_ERROR, arguments)
    except Exception as error:  # noqa: BLE001 (each ends in a line of its own)
        return _told(error, arguments)
    return code if isinstance(code, int) else 0


def refused(error: OSError) -> str:
    """Say what the system refused: a file that has a name, the current folder, else the stream of the result."""
    what = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {what}"
    gone = isinstance(error, FileNotFoundError)  # of nothing with a name: the current folder was removed
    return f"the current folder: {what}" if gone else f"the result cannot be written: {what}"


def _told(error: Exception, arguments: list[str]) -> int:
    """Say what is wrong and return the exit code."""
    import typer

    from llama_advisor.text.errors import AdvisorError

    if isinstance(error, typer.Abort):
        return INTERRUPTED
    if isinstance(error, AdvisorError):
        return _failed(str(error), error.exit_code, arguments)
    usage = getattr(error, "format_message", None)
    if usage is None:
        return _failed(_defect(error), DEFECT, arguments)
    if type(error).__name__ == "NoArgsIsHelpError":  # a group of commands without one: its help
        sys.stderr.write(f"{usage()}\n")
        return USAGE_ERROR
    return _failed(_usage(error, usage()), USAGE_ERROR, arguments)


def _usage(error: Any, message: str) -> str:
    """Return what the parser says in our words, with the nearest name, or else with the help that has them all."""
    from llama_advisor.text.errors import nearest

    message = message.replace("Value error, ", "").replace("Input should be", "must be")
    context, kind = getattr(error, "ctx", None), type(error).__name__
    if context is None:
        return message
    see = f"{context.command_path} --help".removeprefix("llama-advisor ")
    if kind == "NoSuchOption":
        flags = (flag for item in context.command.params for flag in (*item.opts, *item.secondary_opts))
        near = nearest(error.option_name, (flag for flag in flags if flag.startswith("--")), LIKE_FLAGS, see)
        return f"No such option: {error.option_name}{near}"
    if unknown := re.match("""No such command (?:'([^']*)'|"([^"]*)")""", message):
        name = unknown[1] or unknown[2] or ""
        near = nearest(name, context.command.list_commands(context))
        return unknown[0] + ("; `llama-advisor ask` takes a sentence" if " " in name and not context.parent else near)
    return f"{message.rstrip('.')}; see: llama-advisor {see}" if kind == "MissingParameter" else message


def _defect(error: Exception) -> str:
    """Say where the program itself is wrong; the whole way there stands in the error when `python -X dev` runs it."""
    if sys.flags.dev_mode:
        raise error
    from pathlib import Path
    from traceback import extract_tb

    (*_, last) = extract_tb(error.__traceback__)
    place = f"{'/'.join(Path(last.filename).parts[-2:])}:{last.lineno}"
    return f"a defect, no answer: {type(error).__name__} in {place}: {error}; please report it with the command"


def _failed(message: str, code: int, arguments: list[str]) -> int:
    from llama_advisor.render.formats import to_json
    from llama_advisor.text.yaml_file import printable

    text = printable(message)
    apart = not {("--format", "json"), ("-f", "json")}.isdisjoint(pairwise(arguments))
    if apart or "--format=json" in arguments:
        with suppress(OSError):  # the code says it, too
            sys.stdout.write(to_json({"schema_version": 1, "error": {"message": text, "exit_code": code}}) + "\n")
            sys.stdout.flush()
    try:
        sys.stderr.write(f"llama-advisor: {text}\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)
    return code


def _silence(stream: Any) -> None:
    """Send what a stream still holds, and all after it, nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
