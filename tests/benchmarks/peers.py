"""What other advisors answer to the same questions, each asked anew; writes docs/peers.md and the table of README.md.

usage: python tests/benchmarks/peers.py [PEER …] [--at FOLDER] [--write]
Each program is installed in its pinned version into an environment of its own and runs with an empty home. What is
asked, and how answers are read, stands in peers.yaml: cells come from exit codes and output alone, and what no pattern
of it finds is "not read".
`--at` keeps the environments for the next run; `--write` puts the tables into their pages, else they are printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "peers.md", ROOT / "README.md"
DATA = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
INSTALL: dict[str, list[str]] = DATA["install"]
OURS, *_, LAST = INSTALL
SHORT = tuple(name for name in INSTALL if name != LAST)
"""Who stands in README."""
ROUNDS = 5
OFFLINE = r"Name or service not known|Temporary failure in name resolution|couldn't connect to"


class Row(NamedTuple):
    """A question: the commands for each program, and the patterns and cells by which each is read."""

    question: str
    commands: dict[str, list[str]]
    reads: dict[str, dict[str, str]]
    short: bool
    every: bool
    timed: bool


def rows() -> list[Row]:
    """Return what is asked, from the data."""
    return [
        Row(
            item["question"],
            {name: [part for part in ask if isinstance(part, str)] for name, ask in item["asks"].items()},
            {
                name: next((part for part in ask if isinstance(part, dict)), item.get("reads", {}))
                for name, ask in item["asks"].items()
            },
            *(item.get(flag, False) for flag in ("short", "every", "timed")),
        )
        for item in DATA["rows"]
    ]


class Run(NamedTuple):
    """What a command did: exit code, what it printed, seconds of the clock and of the processors."""

    code: int
    said: str
    wall_s: float
    cpu_s: float


class Bench:
    """The environments of some programs in a folder, and what was run there."""

    def __init__(self, folder: Path) -> None:
        """Keep environments, home and working folder under `folder`."""
        self.folder, self.runs, self.missing = folder, dict[tuple[str, str], Run](), dict[str, str]()
        for name in ("home", "work"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        project = Path("docs/example-project")
        shutil.copytree(ROOT / project, folder / "work" / project, dirs_exist_ok=True)

    def install(self, name: str) -> None:
        """Install a program, or note why it is missing."""
        kind, *what = INSTALL[name]
        place = self.folder / name
        if kind == "npm":
            steps = [["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(place), *what]]
        else:
            steps = [
                [sys.executable, "-m", "venv", str(place)],
                [str(place / "bin/python"), "-m", "pip", "install", "-q", *what],
            ]
        for words in steps:
            try:
                subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
            except FileNotFoundError:
                self.missing[name] = f"{kind} is not here"
            except subprocess.CalledProcessError:
                self.missing[name] = "could not be installed"

    def run(self, name: str, command: str, *, anew: bool = False) -> Run:
        """Run a command of a program, once unless `anew`."""
        if anew or (name, command) not in self.runs:
            places = [self.folder / name / place for place in ("bin", "node_modules/.bin")]
            path = os.pathsep.join([*map(str, places), "/usr/local/bin", "/usr/bin", "/bin"])
            environment = {"PATH": path, "HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8"}
            environment |= {"COLUMNS": "160", "NO_COLOR": "1", "TERM": "dumb"}
            start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                done = subprocess.run(
                    shlex.split(command),
                    cwd=self.folder / "work",
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=180,
                )
                code, said = done.returncode, done.stdout + done.stderr
            except subprocess.TimeoutExpired:
                code, said = 124, ""
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            self.runs[name, command] = Run(code, said, time.monotonic() - start, cpu_s)
        return self.runs[name, command]

    def cell(self, name: str, row: Row) -> str:
        """Return what a program answers to a question."""
        if name in self.missing:
            return self.missing[name]
        runs: list[Run] = []
        for command in row.commands[name]:
            runs.append(self.run(name, command))
            if re.search(OFFLINE, runs[-1].said):
                return "needs the Hub"
        text = "".join(f"exit {run.code}\n{run.said}\n" for run in runs)
        found = read(text, row.reads[name])
        cell = ", ".join(found[:-1] or found) if row.every else "".join(found[:1])
        seen = "ʰ" if all(re.search(r"\bhelp$", command) for command in row.commands[name]) else ""
        return f"{cell or f'not read (exit {runs[-1].code})'}{seen}"

    def seconds(self, row: Row, names: Sequence[str]) -> dict[str, str]:
        """Return the median of several runs for each program, taken in turns."""
        taken: dict[str, list[Run]] = {name: [] for name in names if name not in self.missing}
        for _ in range(ROUNDS):
            for name, runs in taken.items():
                runs.append(self.run(name, row.commands[name][0], anew=True))
        cells = dict(self.missing)
        for name, runs in taken.items():
            figures = f"{median(run.wall_s for run in runs):.2f} (CPU {median(run.cpu_s for run in runs):.2f})"
            failed = f"exit {runs[-1].code}" if runs[-1].code else figures
            cells[name] = "needs the Hub" if re.search(OFFLINE, runs[-1].said) else failed
        return cells


def read(text: str, reads: dict[str, str]) -> list[str]:
    """Return the cell of each pattern that is found in a text."""
    found = []
    for pattern, cell in reads.items():
        if match := re.search(pattern, text, re.DOTALL):
            count = sum(1 for _ in re.finditer(pattern, text, re.DOTALL))
            found.append(cell.format(*(" ".join((item or "").split()) for item in match.groups()), n=count))
    return found


def table(names: Sequence[str], answers: dict[str, dict[str, str]]) -> str:
    """Return a table in Markdown: a question a row, a program a column."""
    heads = [" ".join([name, *re.findall(r"[=@](\d\S*)", INSTALL[name][1])]) for name in names]
    lines = [["", *heads], ["---"] * (len(names) + 1)]
    lines += [[question, *(cells[name].replace("|", "/") for name in names)] for question, cells in answers.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def asked(names: Sequence[str], row: Row, cells: dict[str, str], bench: Bench) -> str:
    """Return a section: the commands for each program, their exit codes, and the cell."""
    out = [f"## {row.question}", ""]
    for name in names:
        runs = [
            f"`{' '.join(command.split())}` ({bench.runs[name, command].code})"
            for command in row.commands[name]
            if (name, command) in bench.runs
        ]
        out.append(f"- {name}: {'; '.join(runs)}: {cells[name]}")
    return "\n".join(out)


def put(page: Path, text: str) -> None:
    """Put a text between the marks of a page."""
    old = page.read_text(encoding="utf-8")
    marks = re.compile(r"(<!-- peers -->\n).*?(?=<!-- /peers -->)", re.DOTALL)
    new, count = marks.subn(lambda match: f"{match[1]}\n{text}\n\n", old)
    if count != 1:
        sys.exit(f"{page.name}: one pair of marks <!-- peers --> … <!-- /peers --> is needed, found {count}")
    page.write_text(new, encoding="utf-8")


def main() -> None:
    """Ask the programs named, all if none is, and print or write what they answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(INSTALL)}")
    parser.add_argument("--at", metavar="FOLDER", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if unknown := set(given.peers) - set(INSTALL):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if given.peers and given.write:
        parser.error("--write needs the answers of all")
    names = [name for name in INSTALL if name in given.peers or not given.peers]
    with TemporaryDirectory() as folder:
        bench = Bench((given.at or Path(folder)).resolve())
        for name in names:
            bench.install(name)
        questions = rows()
        answers = {
            row.question: bench.seconds(row, names) if row.timed else {name: bench.cell(name, row) for name in names}
            for row in questions
        }
    short = {row.question: answers[row.question] for row in questions if row.short}
    day, system, cores = datetime.now().astimezone().date(), platform.system(), os.cpu_count()
    installs = [f"- {name}: `{INSTALL[name][0]} install {shlex.join(INSTALL[name][1:])}`" for name in names]
    whole = [
        f"Asked on {day}, on {system} with {cores} cores. ʰ: read from a help text; all else from an answer.",
        table(names, answers),
        "\n".join(["## What was installed", "", *installs]),
        *(asked(names, row, answers[row.question], bench) for row in questions),
    ]
    if given.write:
        put(PAGE, "\n\n".join(whole))
        put(README, table(SHORT, short))
    else:
        print("\n\n".join(whole))


if __name__ == "__main__":
    main()
