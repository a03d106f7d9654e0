"""Run `python -m llama_advisor` again and again: each line of standard input says how, each in a fork of its own."""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import sys
import tempfile
import traceback
from contextlib import suppress
from typing import IO, Any

MODULE = "llama_advisor"


def call(asked: dict[str, Any], files: tuple[IO[bytes], IO[bytes], IO[bytes]]) -> int:
    """Become the program: its folder, environment, streams and arguments; return its exit code."""
    errors = [stream.errors for stream in (sys.stdin, sys.stdout, sys.stderr)]
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin = io.TextIOWrapper(open(0, "rb"), "utf-8", errors[0])  # noqa: SIM115
    sys.stdout = io.TextIOWrapper(open(1, "wb"), "utf-8", errors[1])  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb"), "utf-8", errors[2], line_buffering=True)  # noqa: SIM115
    os.chdir(asked["cwd"])
    os.environ |= asked["env"]
    sys.argv = [MODULE, *asked["args"]]
    try:
        runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    else:
        code = 0
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    return code


def forked(asked: dict[str, Any]) -> tuple[int, str, str]:
    """Call the program in a fork; return exit code, standard output and standard error."""
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(asked["stdin"].encode())
        read.seek(0)
        child = os.fork()
        if not child:
            code = 1
            try:
                code = call(asked, (read, out, err))
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        texts = [file.read().decode("utf-8", "replace") for file in (out, err)]
        return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def import_ahead() -> None:
    """Import every module of the program, once, without running it here."""
    package = importlib.import_module(MODULE)
    for module in pkgutil.walk_packages(package.__path__, f"{MODULE}."):
        if not module.name.endswith(".__main__"):
            with suppress(Exception):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def main() -> None:
    """Answer line by line."""
    import_ahead()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(forked(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
