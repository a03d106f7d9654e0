"""The check from top to bottom: what is asked, files, deployments, waivers; then the findings that were asked for."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from llama_advisor import __version__
from llama_advisor.check.decide import Decider, decided
from llama_advisor.check.files import MOST_FILES, file_text, lock_path, shown_name
from llama_advisor.check.findings import CheckFinding, Findings, Scanned, Summary
from llama_advisor.check.overrides import Overrides
from llama_advisor.check.project import read_project
from llama_advisor.check.reading.reader import Reader
from llama_advisor.check.rules import Scan, drift_findings, freshness_findings, rule_findings, scanned
from llama_advisor.check.sources import Sources
from llama_advisor.check.waivers import UNUSED, with_waivers
from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.engine.decide import Advisor
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.strict import Strict
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

PREFIX = "LA"
ABOUT_WAIVERS = "LA5"
RANKS = {"error": 3, "warning": 2, "note": 1, "never": 9}
FINDINGS, MALFORMED = 1, 2
SETTINGS_FILE = "pyproject.toml"
TABLE = "llama-advisor"
FailOn = Literal["error", "warning", "never"]


class Settings(Strict):
    """Settings of the check."""

    model_config = ConfigDict(populate_by_name=True)

    paths: Annotated[tuple[str, ...], "Project files and folders to check."] = ()
    select: Annotated[
        tuple[str, ...], "Codes, or beginnings of codes, that are reported; all where none are named."
    ] = ()
    ignore: Annotated[tuple[str, ...], "Codes, or beginnings of codes, that are not."] = ()
    fail_on: Annotated[FailOn | None, "Severity from which findings fail the check."] = Field(
        default=None, alias="fail-on"
    )
    rules: Annotated[tuple[str, ...], "Folders of own rules, laid over the shipped ones."] = ()

    def keeps(self, code: str) -> bool:
        """Whether a code is selected and not ignored; the longer prefix decides."""
        chosen = max((len(prefix) for prefix in self.select if code.startswith(prefix)), default=0)
        left_out = max((len(prefix) for prefix in self.ignore if code.startswith(prefix)), default=0)
        return (chosen > 0 or not self.select) and (left_out == 0 or chosen > left_out)


def read_settings(folder: Path) -> Settings:
    """Return the settings of a folder; none where there is no such file or table."""
    path = folder / SETTINGS_FILE
    if not path.exists():
        return Settings()
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(file_text(path))
    except InputError as error:
        raise InputError(f"{SETTINGS_FILE}: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{SETTINGS_FILE}: not valid TOML: {printable(error)[:200]}") from error
    tools = data.get("tool")
    table = tools.get(TABLE, {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise InputError(f"{SETTINGS_FILE}: [tool.{TABLE}] must be a table")
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise InputError(f"{SETTINGS_FILE}: [tool.{TABLE}] {printable(problem(error, Settings)[1])}") from error


def known_prefixes(wanted: Iterable[str], codes: Iterable[str], flag: str) -> tuple[str, ...]:
    """Return codes and beginnings of codes as they are written in findings; one that begins none is an error."""
    known = sorted(codes)
    made = []
    for part in (part for text in wanted for part in text.split(",")):
        prefix = part.strip().upper()
        if not prefix or not any(code.startswith(prefix) for code in known):
            raise InputError(f"{flag}: {printable(part)!r} begins no code{nearest(prefix, known)}")
        made.append(prefix)
    return tuple(made)


class Checked(NamedTuple):
    """What was found in one project file and its sources."""

    findings: list[CheckFinding]
    deployments: int
    models: Annotated[dict[str, int | None], "How many models each source deploys; None where it was not read."]


class Checker:
    """Checks project files against one rule base; answers and sources are kept between files."""

    def __init__(self, base: RuleBase, as_of: date) -> None:
        self.base = base
        self.as_of = as_of
        self.kinds = {code: kind for code, kind in base.finding_kinds.items() if code.startswith(PREFIX)}
        self.malformed = {code for code, kind in self.kinds.items() if kind.malformed}
        self.decider = Decider(Advisor(base, as_of))
        self.read = lru_cache(MOST_FILES)(partial(scanned, Reader(base), self.kinds))

    def check(self, path: Path) -> Checked:
        """Return what is found in one project file and its sources."""
        file = read_project(path, self.kinds)
        found = list(file.findings)
        decisions = []
        for item in file.deployments:
            decision = decided(item, self.decider)
            if isinstance(decision, CheckFinding):
                found.append(decision)
                continue
            found += rule_findings(item, decision, self.decider)
            found += freshness_findings(item, decision, self.base, self.as_of)
            decisions.append((item, decision))
        chosen = frozenset(decision.chosen.model.id for _, decision in decisions)
        scans: dict[str, Scan] = {}
        models: dict[str, int | None] = {}

        def read(source: Path, shown: str, name: str) -> Scan:
            scans[shown] = held = self.read(source, shown, name)
            models[shown] = sum(item.model is not None for item in held[1]) if held[1] or not held[2] else None
            return held

        every = [Sources(item) for item, _ in decisions]
        overrides = Overrides(path.parent, self.base.checking.overrides)
        listed = frozenset(source for sources in every for source in sources.files)
        pairs = list(zip(every, decisions, strict=True))
        for sources, (_, decision) in pairs:
            names = map(shown_name, [*sources.files, *sources.left_out])
            models |= {name: None for name in names if name not in models}
            sharing = {
                path: [made for other, (_, made) in pairs if other is not sources and other.whole(path)]
                for path in sources.files
                if sources.whole(path)
            }
            found += drift_findings(sources, decision, read, self.decider, chosen, sharing)
            found += overrides.findings(sources, listed, self.deploys)
        lock = lock_path(path)
        if file.documents and (lock.exists() or lock.is_symlink()):
            from llama_advisor.check.lock import lock_findings

            found += lock_findings(path, file, decisions, self.decider)
        waivable = {code for code in self.kinds if not code.startswith(ABOUT_WAIVERS)} - self.malformed
        found = list(with_waivers(file, found, [scan[0] for scan in scans.values()], waivable, self.as_of))
        return Checked(found, len(file.deployments), models)

    def deploys(self, path: Path, name: str) -> bool:
        """Whether a file names a model or sets something for one."""
        return bool(self.read(path.absolute(), shown_name(path), name)[1])

    def result(self, checked: Sequence[Checked], asked: Settings, known: frozenset[str] = frozenset()) -> Findings:
        """Sum up what was found in each project file; malformed input passes every filter.

        A finding whose fingerprint is `known` does not fail the check.
        """
        least = RANKS[asked.fail_on or "error"]
        readers = Counter(name for made in checked for name in made.models)
        once: dict[tuple[Any, ...], CheckFinding] = {}
        told: Counter[tuple[Any, ...]] = Counter()
        for item in (item for made in checked for item in made.findings):
            if asked.keeps(item.code) or item.code in self.malformed:
                place = (item.file, item.line, item.column, item.code, item.deployment or "", item.text)
                once[place] = item
                told[place] += 1
                if item.code == UNUSED and told[place] < readers[item.file]:
                    del once[place]  # a comment that one of the projects reading its file has use for
        findings: list[CheckFinding] = []
        alike: Counter[str] = Counter()
        for item in (once[place] for place in sorted(once)):  # the same one is told once
            alike[item.fingerprint] += 1
            fingerprint, wrong = f"{item.fingerprint}-{alike[item.fingerprint]}", item.code in self.malformed
            made = item._replace(fingerprint=fingerprint, known=fingerprint in known and not item.waived and not wrong)
            findings.append(made._replace(fails=made.counts and (RANKS[item.severity] >= least or wrong)))
        counts = Counter("waived" if item.waived else "known" if item.known else item.severity for item in findings)
        malformed = any(item.code in self.malformed for item in findings)
        models = {name: count for made in checked for name, count in made.models.items()}
        read = [count for count in models.values() if count is not None]
        return Findings(
            as_of=self.as_of,
            files=len(checked),
            deployments=sum(made.deployments for made in checked),
            findings=tuple(findings),
            summary=Summary(**{name: counts[name] for name in Summary._fields}),
            scanned=Scanned(files=len(read), deployments=sum(read), not_read=len(models) - len(read)),
            exit_code=MALFORMED if malformed else FINDINGS if any(item.fails for item in findings) else 0,
            rulebase=RuleBaseShown(
                version=__version__, hash=self.base.hash, layers=tuple(layer.label for layer in self.base.layers[1:])
            ),
        )
