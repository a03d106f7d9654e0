"""Fuzz targets, guided by what they cover: `python tests/fuzz/run.py [TARGET ...] --seconds N`; needs atheris.

One target is tried here and ends with atheris' own words; several, all if none is named, are tried in turn for
N seconds each, with a line for each and exit code 1 where one broke a promise.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent))
with atheris.instrument_imports(include=["llama_advisor"]):
    import targets


DONE = re.compile(r"^Done (\d+) runs in (\d+) second", re.MULTILINE)


def main() -> None:
    """Try the targets that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets.TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--crashes", default="", help="Folder for what breaks it; the current one if not given.")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(targets.TARGETS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if len(asked.targets) == 1:
        fuzz(asked.targets[0], asked.seconds, asked.crashes)
    tried = [apart(name, asked.seconds, asked.crashes) for name in asked.targets or targets.TARGETS]
    print(f"{sum(inputs for inputs, _ in tried)} inputs, {sum(broken for _, broken in tried)} of {len(tried)} broken")
    sys.exit(any(broken for _, broken in tried))


def apart(target: str, seconds: int, crashes: str) -> tuple[int, bool]:
    """Try a target in a process of its own; the number of inputs, and whether one broke a promise."""
    command = [sys.executable, __file__, target, f"--seconds={seconds}", f"--crashes={crashes}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    runs = DONE.search(said)
    print(f"{target:10} {runs[1]} inputs in {runs[2]} s" if runs else f"{target:10} BROKEN\n{said[-4000:]}", flush=True)
    return (int(runs[1]) if runs else 0), done.returncode != 0 or not runs


def fuzz(target: str, seconds: int, crashes: str) -> None:
    """Take the inputs of the corpus from there on; the first one that breaks a promise ends it and is kept."""

    def tried(data: bytes) -> None:
        targets.holds(target, data)

    def changed(data: bytes, size: int, seed: int) -> bytes:
        """Change a word or some, as hypothesis does in the tests, or let the fuzzer change bytes."""
        draw = random.Random(seed)  # noqa: S311  (no secret)
        if draw.random() < 1 / 5:
            return bytes(atheris.Mutate(data, size))
        steps = [(draw.randrange(5000), draw.randrange(6), draw.randrange(5000)) for _ in range(draw.randint(1, 4))]
        return targets.spliced(data, steps)[:size]

    socket.socket.connect = _refused  # type: ignore[method-assign]
    with TemporaryDirectory() as folder:
        for number, data in enumerate(targets.corpus(target)):
            (Path(folder) / str(number)).write_bytes(data)
        limits = [f"-max_total_time={seconds}", "-max_len=4000", "-timeout=60", "-rss_limit_mb=2000"]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={crashes}", folder], tried, custom_mutator=changed)
        with targets.once_loaded():
            atheris.Fuzz()


def _refused(*_: object) -> None:
    raise AssertionError("a connection")


if __name__ == "__main__":
    main()
