"""Results out to a file or standard output; batches in and out line by line, in constant memory."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llama_advisor.cli.progress import progress
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    Answers = Callable[[TextIO], Iterator[tuple[int, str]]]


def write(text: str, output: str | None, flag: str = "--output") -> None:
    """Write a result to standard output or a file; `flag` is what named the file."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{flag} {output}: {error.strerror or error}") from error


def stream(name: str, answers: Answers) -> int:
    """Write the answer to each line as it is made; return the worst of their exit codes."""
    worst = 0
    shown = not sys.stdout.isatty()  # there the answers themselves are the progress
    with _opened(name) as lines:
        for done, (code, text) in enumerate(answers(lines), 1):
            worst = max(worst, code)
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            if shown:
                progress(f"{done} answers")
    if shown:
        progress("")
    return worst


def _opened(name: str) -> TextIO:
    """Open a batch; bytes that are no UTF-8 spoil their own line alone."""
    if name == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
        return sys.stdin
    try:
        return Path(name).open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"--batch {name}: {error.strerror or error}") from error
