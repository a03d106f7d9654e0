"""Files put in their place whole or not at all, whatever ends the program meanwhile."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from time import time_ns


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
