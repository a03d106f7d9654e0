"""Options that many commands share."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from typing import Annotated, Literal, Optional

import typer

from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

Format = Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="How to print the result.")]
Rules = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--rules", metavar="DIR", help="Folder of own rules and data, laid over the shipped ones; may repeat."
    ),
]
AsOf = Annotated[Optional[str], typer.Option("--as-of", metavar="DATE", help="Day to answer for; today if not given.")]  # noqa: UP045

Output = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file."),
]


def day(text: str | None) -> date:
    """Read --as-of; today where it was not given."""
    if text is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--as-of: {printable(text)!r} is not a day; write it as 2026-11-24") from error


def screen(output: str | None) -> tuple[bool, int]:
    """Return whether to colour, and the width: a terminal's own, else 80 columns."""
    terminal = sys.stdout.isatty() and output is None
    colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) else os.get_terminal_size().columns if terminal else 80
    return colour, width
