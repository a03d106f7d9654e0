"""What `check` makes of repositories: those of tests/wild against their labels, or checkouts as they come.

Run by hand: `python tests/benchmarks/wild.py` prints recall and precision of each half, and of the half that may be
looked at each deployment that is missed or read where there is none; `python tests/benchmarks/wild.py FOLDER…` takes
each folder below FOLDER for a checkout and prints a line for it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "wild"))
from measured import HALVES, OTHER, READER, measured, readings

from llama_advisor.check.discovery import LARGEST, ignored_by_git
from llama_advisor.check.files import file_text, files_below
from llama_advisor.text.errors import InputError

AS_OF = ("--as-of", "2026-11-24")


def print_halves() -> None:
    """Print the scores of each half, and what is wrong in the first."""
    print(f"{'half':5} {'what':13} {'labelled':>8} {'read':>5} {'right':>5} {'recall':>7} {'precision':>9}")
    for which in HALVES:
        for name, score in measured(which).items():
            counts = f"{len(score.labelled):8} {len(score.read):5} {len(score.right):5}"
            print(f"{which:5} {name:13} {counts} {score.recall:7.1%} {score.precision:9.1%}")
    for name in ("deployments", "settings"):
        score = measured(HALVES[0])[name]
        for what, held in (("missed", score.labelled - score.right), ("wrong", score.read - score.right)):
            for file, line, model, *setting in sorted(held):
                print(f"{what} {file}:{line} {model}", *(f"{item.name} {item.value} :{item.line}" for item in setting))


def print_checkout(checkout: Path) -> None:
    """Print what is in a checkout, and what the check says of the project file that is proposed for it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / checkout.name
        shutil.copytree(checkout, folder, symlinks=True, ignore=shutil.ignore_patterns(".git", "llama-advisor.*"))
        files = list(files_below(folder, ignored_by_git(folder)))
        models: list[str] = []
        names = {path.relative_to(folder).as_posix(): path for path in files}
        read = [name for name in names if READER.reads(name)]
        for name in read:
            try:
                models += [item.model for item in readings(name, file_text(names[name], LARGEST))]
            except InputError:
                continue
        program = (sys.executable, "-m", "llama_advisor")
        start = time.perf_counter()
        proposal = (*program, "init", "--discover", *AS_OF)
        done = subprocess.run(proposal, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        found = done.stderr.strip()
        if done.returncode == 0:
            check = (*program, "check", *AS_OF, "--format", "json")
            told = json.loads(subprocess.run(check, cwd=folder, capture_output=True, check=False).stdout)
            codes = Counter(
                item["code"] for item in told["findings"] if item["severity"] == "error" and not item["waived"]
            )
            errors = ", ".join(f"{code} {count}" for code, count in codes.most_common())
            found = f"{told['deployments']} deployments, {codes.total()} errors {errors}"
    counts = f"{len(files):6} {len(read):9} {seconds:8.1f} {len(models):8} {models.count(OTHER):9}"
    print(f"{checkout.name:28} {counts}  {found}")


def main() -> None:
    """Print one of the two tables."""
    if not sys.argv[1:]:
        print_halves()
        return
    print(f"{'repository':28} {'files':>6} {'looked at':>9} {'init (s)':>8} {'mentions':>8} {'of others':>9}  proposed")
    for folder in map(Path, sys.argv[1:]):
        for checkout in sorted(path for path in folder.iterdir() if path.is_dir()):
            print_checkout(checkout)


if __name__ == "__main__":
    main()
