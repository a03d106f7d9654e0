"""Files read within limits, and put in their place whole or not at all, whatever ends the program meanwhile."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import IO

from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import MAX_BYTES, printable


def file_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a regular file, up to a limit; raise InputError that does not name it."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe does not wait to be opened
    with _refusing(), os.fdopen(os.open(path, flags), "rb") as handle:
        if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
            raise InputError("not a regular file")
        return _within(handle, limit)


def named_bytes(name: str, limit: int = MAX_BYTES) -> bytes:
    """Return what the user names, a pipe or device too, or standard input for `-`; InputError that does not name it."""
    with _refusing():
        if name == "-":
            return _within(sys.stdin.buffer, limit)
        with Path(name).open("rb") as handle:
            return _within(handle, limit)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(printable(error.strerror or error)) from error
    except ValueError as error:
        raise InputError("not a name that a file can have") from error


def _within(handle: IO[bytes], limit: int) -> bytes:
    content = handle.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"file is larger than {limit // 1_000_000} MB")
    return content


def replace_file(path: Path, content: bytes) -> None:
    """Put content in the place of a file's in one step, with the file's mode; a device or pipe is written into.

    Raises OSError where that cannot be: what stood there stands unchanged, and nothing lies beside it.
    """
    target = Path(os.path.realpath(path))
    there = target.exists()
    if there and not (target.is_file() and os.access(target.parent, os.W_OK)):
        target.write_bytes(content)
        return
    if there:
        target.open("r+b").close()  # a file that may not be written is not replaced either
    part = target.with_name(f".llama-advisor-{os.getpid()}-{time_ns():x}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as handle:
            handle.write(content)
        if there:
            part.chmod(target.stat().st_mode)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
