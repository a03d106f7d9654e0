"""The files of an interview: answers read, the log kept and read again, the place of what is saved."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llama_advisor.interview.log import Log, resumed
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_place(save: str | None, *, force: bool) -> None:
    """Refuse before the first question what could not be saved after the last."""
    if save is None:
        return
    path = Path(save)
    if path.is_dir():
        raise InputError(f"--save {printable(path)}: it is a folder")
    if path.exists() and not force:
        raise InputError(f"--save {printable(path)}: it is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise InputError(f"--save {printable(path)}: no such folder")


def free_name(name: str) -> str:
    """Return a file name under which no other interview is kept."""
    path = Path(name)
    names = (path if count == 1 else path.with_stem(f"{path.stem}-{count}") for count in itertools.count(1))
    return str(next(free for free in names if not free.exists()))


def kept(file: str) -> Log:
    """Return the log of a saved interview; raise InputError for what is none."""
    try:
        return resumed(Path(file).read_text(encoding="utf-8"), printable(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--resume {printable(file)}: {getattr(error, 'strerror', None) or error}") from error


def answers(name: str) -> Iterator[str]:
    """Yield the lines of a file, or of standard input for `-`; raise InputError for what is no text."""
    try:
        if name == "-":
            yield from sys.stdin
            return
        with Path(name).open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--answers {printable(name)}: {getattr(error, 'strerror', None) or error}") from error
