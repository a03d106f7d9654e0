"""check and lock: project files in, findings and lock files out."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.check.checker import Checker, Collected, Filter, result
from llama_advisor.check.config import known_prefixes, read_settings
from llama_advisor.check.files import default_file, project_files
from llama_advisor.check.finding import Found
from llama_advisor.check.lock import lock_path, lock_text, locked
from llama_advisor.check.project import read_project
from llama_advisor.cli.own_layer import with_own_layer
from llama_advisor.cli.streams import write
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.findings import rendered
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.check.decide import Decision
    from llama_advisor.check.settings import FailOn, Settings
    from llama_advisor.scenario.project_file import Deployment


WORTH_WORKERS = 60
MOST_WORKERS = 8
CHUNK = 10


class Printed(NamedTuple):
    """One format and where it goes; None is standard output."""

    format: str
    output: str | None


@dataclass(frozen=True)
class Request:
    """What the command line asked for; None where it said nothing."""

    paths: tuple[str, ...]
    prints: tuple[Printed, ...]
    fail_on: FailOn | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    rules: tuple[str, ...]
    as_of: date
    screen: tuple[bool, int]


class Checkers:
    """A checker for each set of layers: a team's own lies beside its project file."""

    def __init__(self, rules: tuple[str, ...], as_of: date) -> None:
        self.rules = rules
        self.as_of = as_of
        self.plain = Checker(load_rules(*rules), as_of)
        self._made: dict[tuple[str, ...], Checker] = {rules: self.plain}
        self._folders: dict[Path, tuple[str, ...]] = {}

    def beside(self, path: Path) -> Checker:
        """Return the checker for a project file."""
        return self.of(self.layers_beside(path))

    def layers_beside(self, path: Path) -> tuple[str, ...]:
        """Return the layers for a project file; a team's own is told of once."""
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = with_own_layer(str(path), self.rules)
        return self._folders[folder]

    def of(self, layers: tuple[str, ...]) -> Checker:
        """Return the checker for these layers."""
        if layers not in self._made:
            self._made[layers] = Checker(load_rules(*layers), self.as_of)
        return self._made[layers]


def run(request: Request) -> int:
    """Check, print every format asked for, and return the exit code."""
    settings = read_settings(Path())
    checkers = Checkers((*settings.rules, *request.rules), request.as_of)
    wanted = _filter(request, settings, checkers.plain)
    collected = Collected()
    for found, deployments in _checked(_paths(request.paths or settings.paths), checkers):
        collected.add(found, deployments)
    answer = result(collected, checkers.plain.base, request.as_of, wanted)
    for printed in request.prints:
        write(rendered(printed.format, answer, checkers.plain.kinds, request.screen), printed.output)
    return answer.exit_code


def _checked(paths: list[Path], checkers: Checkers) -> Iterator[tuple[list[Found], int]]:
    """Yield the findings of each file, in order; many files are shared among processes."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    if len(paths) < WORTH_WORKERS or workers == 1:
        for path in paths:
            yield checkers.beside(path).check(path)
        return
    tasks = [(path, checkers.layers_beside(path)) for path in paths]
    context = get_context("fork" if "fork" in get_all_start_methods() and sys.platform == "linux" else "spawn")
    _CHECKERS[:] = [checkers]
    with ProcessPoolExecutor(workers, context, _start, (checkers.rules, checkers.as_of)) as pool:
        yield from pool.map(_check_one, tasks, chunksize=CHUNK)


_CHECKERS: list[Checkers] = []


def _start(rules: tuple[str, ...], as_of: date) -> None:
    """Give a process that was not forked its own checkers."""
    if not _CHECKERS:
        _CHECKERS.append(Checkers(rules, as_of))


def _check_one(task: tuple[Path, tuple[str, ...]]) -> tuple[list[Found], int]:
    path, layers = task
    return _CHECKERS[0].of(layers).check(path)


def _paths(named: tuple[str, ...]) -> list[Path]:
    return project_files(named) if named else [default_file()]


def _filter(request: Request, settings: Settings, checker: Checker) -> Filter:
    codes = checker.kinds
    return Filter(
        select=known_prefixes(request.select or settings.select, codes, "--select"),
        ignore=known_prefixes(request.ignore or settings.ignore, codes, "--ignore"),
        fail_on=request.fail_on or settings.fail_on or "error",
    )


def run_lock(paths: tuple[str, ...], rules: tuple[str, ...], as_of: date, *, verify: bool) -> int:
    """Write the lock beside each project file; a file that is malformed gets none."""
    settings = read_settings(Path())
    checkers = Checkers((*settings.rules, *rules), as_of)
    worst = 0
    for path in _paths(paths or settings.paths):
        text = _lock(path, checkers.beside(path))
        target = lock_path(path)
        if verify:
            current = target.read_text(encoding="utf-8") if target.is_file() else None
            worst = max(worst, 0 if current == text else 1)
            sys.stdout.write(f"{target}: {'current' if current == text else 'out of date'}\n")
        else:
            write(text, str(target))
            sys.stdout.write(f"{target}: written\n")
    return worst


def _lock(path: Path, checker: Checker) -> str:
    file = read_project(path)
    for found in file.findings:
        raise _refused(found)
    pinned: list[tuple[Deployment, Decision]] = []
    for _, _, deployment, decision in checker.decisions(file):
        if isinstance(decision, Found):
            raise _refused(decision)
        pinned.append((deployment, decision))
    return lock_text(locked(pinned, checker.base))


def _refused(found: Found) -> InputError:
    span = found.source.span(found.start, found.end)
    return InputError(f"{found.source.name}:{span.line}:{span.column}: {found.code} {found.text}")
