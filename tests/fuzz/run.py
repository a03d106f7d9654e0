"""Fuzz one target, guided by what it covers: `python tests/fuzz/run.py TARGET --seconds N`; needs atheris."""

from __future__ import annotations

import argparse
import random
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent))
with atheris.instrument_imports(include=["llama_advisor"]):
    import targets


def main() -> None:
    """Take the inputs of the corpus from there on; the first one that breaks a promise ends it and is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=targets.TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--crashes", default="", help="Folder for what breaks it; the current one if not given.")
    asked = parser.parse_args()

    def tried(data: bytes) -> None:
        targets.holds(asked.target, data)

    def changed(data: bytes, size: int, seed: int) -> bytes:
        """Change a word or some, as hypothesis does in the tests, or let the fuzzer change bytes."""
        draw = random.Random(seed)  # noqa: S311  (no secret)
        if draw.random() < 1 / 5:
            return bytes(atheris.Mutate(data, size))
        steps = [(draw.randrange(5000), draw.randrange(6), draw.randrange(5000)) for _ in range(draw.randint(1, 4))]
        return targets.spliced(data, steps)[:size]

    socket.socket.connect = _refused  # type: ignore[method-assign]
    with TemporaryDirectory() as folder:
        for number, data in enumerate(targets.corpus(asked.target)):
            (Path(folder) / str(number)).write_bytes(data)
        limits = [f"-max_total_time={asked.seconds}", "-max_len=4000", "-timeout=60", "-rss_limit_mb=2000"]
        atheris.Setup(
            [sys.argv[0], *limits, f"-artifact_prefix={asked.crashes}", folder], tried, custom_mutator=changed
        )
        with targets.once_loaded():
            atheris.Fuzz()


def _refused(*_: object) -> None:
    raise AssertionError("a connection")


if __name__ == "__main__":
    main()
