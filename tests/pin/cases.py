"""The cases of the pin: batches, commands written by hand, commands drawn, and the checks of the projects."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DAY = "2026-11-24"
DATED = ("recommend", "estimate", "check", "explain", "compare", "whatif", "ask", "init", "lock")
DATED_RULES = ("lint", "coverage", "ablate")
CHUNK = 100
FORMATS = ("json", "sarif", "junit", "github", "gitlab", "markdown")
BATCHES = {
    "drawn": ("scenarios.jsonl", ("recommend", "--batch", "-")),
    "known": ("known.jsonl", ("recommend", "--batch", "-")),
    "estimates": ("estimates.jsonl", ("estimate", "--batch", "-")),
}
SMALL_CHUNK = 31


@dataclass(frozen=True)
class Case:
    """One run of the program, or one chunk of a batch, whose lines have names of their own."""

    group: str
    name: str
    args: tuple[str, ...]
    stdin: str = ""
    files: dict[str, str] = field(default_factory=dict)
    copy: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    fresh: bool = False
    lines: tuple[str, ...] = ()
    whole: bool = False


def cases(groups: set[str] | None = None, every: int = 1, chunk: int = CHUNK) -> Iterator[Case]:
    """Yield every case of some groups, or every n-th of each group; a case of a batch is a chunk of its lines."""
    for case in (*_batches(every, chunk), *_thinned(_single(), every)):
        if not groups or case.group in groups:
            yield case


@cache
def written() -> dict[str, Any]:
    """Return the commands written by hand."""
    loaded: dict[str, Any] = yaml.safe_load((HERE / "commands.yaml").read_text("utf-8"))
    return loaded


@cache
def reduced() -> list[Case]:
    """Return the cases of hashes.json, which the tests run."""
    return [case for group, every in written()["reduced"].items() for case in cases({group}, every, SMALL_CHUNK)]


def _batches(every: int, size: int) -> Iterator[Case]:
    """Yield chunks of the batches, each of their lines a case."""
    for group, (file, args) in BATCHES.items():
        lines = (HERE / file).read_text("utf-8").splitlines()[::every]
        for start in range(0, len(lines), size):
            chunk = lines[start : start + size]
            named = tuple(f"{group}/{json.loads(line)['id']}" for line in chunk)
            name = f"{group}/lines {start + 1} to {start + len(chunk)}"
            yield Case(group, name, _dated(args), "\n".join(chunk) + "\n", lines=named, whole=every == 1)


def _thinned(found: Iterable[Case], every: int) -> Iterator[Case]:
    """Yield every n-th case of each group, names made unique."""
    seen: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for case in found:
        names[case.name] += 1
        if seen[case.group] % every == 0:
            more = f" ({names[case.name]})" if names[case.name] > 1 else ""
            yield Case(**{**vars(case), "name": case.name + more})
        seen[case.group] += 1


@cache
def _single() -> tuple[Case, ...]:
    """Return what is run by itself: written by hand, drawn, and the checks of the projects."""
    return (*_written(), *_drawn(), *_projects())


def _written() -> Iterator[Case]:
    known = [json.loads(line) for line in (HERE / "known.jsonl").read_text("utf-8").splitlines()]
    for item in written()["each"]:
        for scenario in known[:: item["step"]]:
            said = json.dumps({name: value for name, value in scenario.items() if name != "id"})
            for command in item["commands"]:
                name = f"{item['group']}/{scenario['id']}: {command}"
                yield Case(item["group"], name, _dated(shlex.split(command)), files={"scenario.json": said})
    for group, commands in written()["commands"].items():
        for item in commands:
            entry = {"run": item} if isinstance(item, str) else item
            yield _case(group, shlex.split(entry["run"]), entry)


def _drawn() -> Iterator[Case]:
    for line in (HERE / "commands.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield _case(entry["group"], entry["run"], entry)


def _projects() -> Iterator[Case]:
    """Yield the check of each project of the tests, in every format."""
    projects = ROOT / "tests/projects"
    folders = [path.parent for path in sorted(projects.rglob("expected.yaml"))]
    outputs = [word for name in FORMATS for word in ("-f", name, "-o", f"out.{name}")]
    for folder in (*folders, ROOT / "docs/example-project"):
        copy = folder.relative_to(ROOT).as_posix()
        name = "example" if folder.parent.name == "docs" else folder.relative_to(projects).as_posix()
        yield Case("projects", f"projects/{name}", _dated(["check", *outputs, "-f", "text"]), copy=copy)


def _case(group: str, args: list[str], entry: dict[str, Any]) -> Case:
    """Return a case that is told as data, named by its command line."""
    stdin = entry.get("stdin", "")
    told = [shlex.join(args), *([repr(stdin)] if stdin else []), *([entry["copy"]] if entry.get("copy") else [])]
    told += [f"{name}={value}" for name, value in entry.get("env", {}).items()]
    more = {name: entry[name] for name in ("stdin", "files", "copy", "env", "fresh") if name in entry}
    return Case(group, f"{group}/{' < '.join(told)[:150]}", _dated(args), **more)


def _dated(args: Iterable[str]) -> tuple[str, ...]:
    """Return a command line that answers for the day of the pin, where it takes one."""
    words = tuple(args)
    takes = words[:1] and (words[0] in DATED or (words[0] == "rules" and words[1:2] and words[1] in DATED_RULES))
    return (*words, "--as-of", DAY) if takes and not {"--as-of", "--help"} & set(words) else words
