"""Results out to a file or standard output, how they look on its screen, and how far long work has come."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from llama_advisor.text.errors import InputError

WIDTH = 40


def write(text: str, output: str | None, flag: str = "--output") -> None:
    """Write a result to standard output or a file; `flag` is what named the file."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{flag} {output}: {error.strerror or error}") from error


def screen(output: str | None) -> tuple[bool, int]:
    """Return whether to colour, and the width: a terminal's own, else 80 columns."""
    terminal = sys.stdout.isatty() and output is None
    colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) else os.get_terminal_size().columns if terminal else 80
    return colour, width


def progress(text: str) -> None:
    """Show one line on standard error that overwrites itself, on a terminal only; an empty one clears it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:WIDTH]:<{WIDTH}}" + ("" if text else "\r"))
        sys.stderr.flush()


def count(done: int, of: int, what: str) -> None:
    """Show `3 of 12 cells`; when all are done the line is cleared."""
    progress(f"{done} of {of} {what}" if done < of else "")
