"""The check from top to bottom: files, documents, deployments, waivers; then the findings that were asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llama_advisor import __version__
from llama_advisor.check.decide import Decider, Decision
from llama_advisor.check.drift import Sources, drifted
from llama_advisor.check.finding import Found, shown
from llama_advisor.check.findings import Findings, Summary
from llama_advisor.check.freshness import aged
from llama_advisor.check.lock import compared, read_lock, removed
from llama_advisor.check.lock_file import Lock
from llama_advisor.check.mentions import Scanner
from llama_advisor.check.project import read_project
from llama_advisor.check.requirements import decided, held
from llama_advisor.check.waivers import waived
from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.engine.decide import Advisor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from llama_advisor.check.findings import CheckFinding
    from llama_advisor.check.project import ProjectFile, Read
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.upkeep_entries import FindingKind
    from llama_advisor.scenario.project_file import Deployment

PREFIX = "LA"
RANKS = {"error": 3, "warning": 2, "note": 1, "never": 9}
FINDINGS, MALFORMED = 1, 2


@dataclass(frozen=True)
class Filter:
    """Which findings count, and from which severity they fail the check."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"

    def keeps(self, code: str) -> bool:
        """Tell whether a code is selected and not ignored; the longer prefix decides."""
        chosen = max((len(prefix) for prefix in self.select if code.startswith(prefix)), default=0)
        left_out = max((len(prefix) for prefix in self.ignore if code.startswith(prefix)), default=0)
        return (chosen > 0 or not self.select) and (left_out == 0 or chosen > left_out)


class Checker:
    """Checks project files against one rule base; answers and sources are kept between files."""

    def __init__(self, base: RuleBase, as_of: date) -> None:
        self.base = base
        self.as_of = as_of
        self.kinds = {code: kind for code, kind in base.finding_kinds.items() if code.startswith(PREFIX)}
        self.decider = Decider(Advisor(base, as_of))
        self.sources = Sources(Scanner.of(base, base.checking))

    def check(self, path: Path) -> tuple[list[Found], int]:
        """Return the findings of one project file, and how many deployments it has."""
        file = read_project(path)
        found = [*file.findings, *self._deployments(file)]
        count = sum(len(read.project.deployments) for read in file.reads)
        return list(waived(file, found, self.kinds, self.as_of)), count

    def decisions(self, file: ProjectFile) -> Iterator[tuple[Read, tuple[Any, ...], Deployment, Decision | Found]]:
        """Yield each deployment of a file with its decision, or with what is not understood."""
        for read in file.reads:
            for loc, deployment in read.deployments():
                yield read, loc, deployment, decided(read, loc, deployment, self.decider)

    def _deployments(self, file: ProjectFile) -> Iterator[Found]:
        lock = read_lock(file.reads[0].path) if file.reads else None
        if isinstance(lock, Found):
            yield lock
        for read, loc, deployment, decision in self.decisions(file):
            if isinstance(decision, Found):
                yield decision
                continue
            yield from held(read, loc, deployment, decision, self.decider)
            yield from drifted(read, loc, deployment, decision, self.sources, self.base)
            yield from aged(read, loc, decision, self.base, self.as_of)
            if isinstance(lock, Lock):
                yield from compared(read, loc, deployment, decision, lock, self.decider)
        if isinstance(lock, Lock):
            names = {deployment.name for read in file.reads for _, deployment in read.deployments()}
            yield from removed(file.reads[0], lock, names)


@dataclass
class Collected:
    """Findings of many files on their way into one result."""

    found: list[Found] = field(default_factory=list)
    files: int = 0
    deployments: int = 0

    def add(self, found: list[Found], deployments: int) -> None:
        """Take the findings of one file in."""
        self.found.extend(found)
        self.files += 1
        self.deployments += deployments


def result(collected: Collected, base: RuleBase, as_of: date, wanted: Filter) -> Findings:
    """Return what was found in the words of the contract; malformed input passes every filter."""
    known = {code: kind for code, kind in base.finding_kinds.items() if code.startswith(PREFIX)}
    kept = [item for item in collected.found if wanted.keeps(item.code) or known[item.code].malformed]
    findings = shown(kept, known)
    counting = [item for item in findings if item.waived is None]
    counts = {level: sum(item.severity == level for item in counting) for level in ("error", "warning", "note")}
    malformed = any(known[item.code].malformed for item in counting)
    findings = tuple(item._replace(fails=_fails(item, known, wanted)) for item in findings)
    failed = any(item.fails for item in findings)
    return Findings(
        as_of=as_of,
        files=collected.files,
        deployments=collected.deployments,
        findings=findings,
        summary=Summary(**counts, waived=len(findings) - len(counting)),
        exit_code=MALFORMED if malformed else FINDINGS if failed else 0,
        rulebase=RuleBaseShown(
            version=__version__, hash=base.hash, layers=tuple(layer.label for layer in base.layers[1:])
        ),
    )


def _fails(item: CheckFinding, known: dict[str, FindingKind], wanted: Filter) -> bool:
    """Tell whether a finding makes the check fail: malformed input does whatever was asked for."""
    severe = RANKS[item.severity] >= RANKS[wanted.fail_on]
    return item.waived is None and (severe or known[item.code].malformed)
