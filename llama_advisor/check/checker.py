"""The check from top to bottom: what is asked, files, deployments, waivers; then the findings that were asked for."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from llama_advisor import __version__
from llama_advisor.check.decide import Decider, decided
from llama_advisor.check.files import MOST_FILES, file_text, lock_path
from llama_advisor.check.findings import CheckFinding, Findings, Summary, Waived, clean
from llama_advisor.check.project import ProjectFile, read_project
from llama_advisor.check.reading.reader import Reader
from llama_advisor.check.rules import drift_findings, freshness_findings, rule_findings, scanned
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


class Checker:
    """Checks project files against one rule base; answers and sources are kept between files."""

    def __init__(self, base: RuleBase, as_of: date) -> None:
        self.base = base
        self.as_of = as_of
        self.kinds = {code: kind for code, kind in base.finding_kinds.items() if code.startswith(PREFIX)}
        self.malformed = {code for code, kind in self.kinds.items() if kind.malformed}
        self.decider = Decider(Advisor(base, as_of))
        self.read = lru_cache(MOST_FILES)(partial(scanned, Reader(base), self.kinds))

    def check(self, path: Path) -> tuple[list[CheckFinding], int]:
        """Return the findings of one project file, and how many deployments it has."""
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
        for item, decision in decisions:
            found += drift_findings(item, decision, self.read, self.decider, chosen)
        lock = lock_path(path)
        if file.documents and (lock.exists() or lock.is_symlink()):
            from llama_advisor.check.lock import lock_findings

            found += lock_findings(path, file, decisions, self.decider)
        return list(self._with_waivers(file, found)), len(file.deployments)

    def _with_waivers(self, file: ProjectFile, found: list[CheckFinding]) -> Iterator[CheckFinding]:
        """Yield the findings of a file, those accepted marked, and then those about its waivers."""
        waivers = [(inside, *place) for inside in file.documents for place in enumerate(inside.project.waivers)]
        waivable = {code for code in self.kinds if not code.startswith(ABOUT_WAIVERS)} - self.malformed
        valid = {
            (waiver.code, clean(waiver.deployment)): Waived(reason=clean(waiver.reason), expires=waiver.expires)
            for _, _, waiver in waivers
            if waiver.expires >= self.as_of and waiver.code in waivable
        }
        for item in found:
            waived = valid.get((item.code, item.deployment or ""))
            yield item._replace(waived=waived) if waived else item
        used = {(item.code, item.deployment or "") for item in found}
        names = {item.name for item in file.deployments}
        for inside, index, waiver in waivers:
            where, about = ("waivers", index), f"{waiver.code} {waiver.deployment}"
            if not waiver.reason.strip():
                place = (*where, "reason") if "reason" in inside.document.data["waivers"][index] else where
                text = f"the waiver of {waiver.code} for {waiver.deployment} says no why"
                yield inside.finding("LA503", place, text, about)
            code, key, text = "LA502", "code", f"{waiver.deployment} has no finding {waiver.code}"
            if waiver.code not in waivable:
                unknown = f"is no code{nearest(waiver.code, waivable)}"
                code, text = "LA504", f"{waiver.code} {'cannot be waived' if waiver.code in self.kinds else unknown}"
            elif waiver.deployment not in names:
                text = f"no deployment is named {waiver.deployment!r}{nearest(waiver.deployment, names)}"
                code, key = "LA504", "deployment"
            elif waiver.expires < self.as_of:
                code, key, text = "LA501", "expires", f"the waiver of {waiver.code} ended on {waiver.expires}"
            elif (waiver.code, clean(waiver.deployment)) in used:
                continue
            yield inside.finding(code, (*where, key), text, about)

    def result(self, checked: Sequence[tuple[list[CheckFinding], int]], asked: Settings) -> Findings:
        """Sum up what was found in each file, with its deployments; malformed input passes every filter."""
        least = RANKS[asked.fail_on or "error"]
        once = {
            (item.file, item.line, item.column, item.code, item.deployment or "", item.text): item
            for found, _ in checked
            for item in found
            if asked.keeps(item.code) or item.code in self.malformed
        }
        findings: list[CheckFinding] = []
        alike: Counter[str] = Counter()
        for item in (once[place] for place in sorted(once)):  # the same one is told once
            alike[item.fingerprint] += 1
            severe = RANKS[item.severity] >= least or item.code in self.malformed
            told = {"fingerprint": f"{item.fingerprint}-{alike[item.fingerprint]}", "fails": severe and not item.waived}
            findings.append(item._replace(**told))
        counts = Counter("waived" if item.waived else item.severity for item in findings)
        wrong = any(item.code in self.malformed for item in findings)
        return Findings(
            as_of=self.as_of,
            files=len(checked),
            deployments=sum(deployments for _, deployments in checked),
            findings=tuple(findings),
            summary=Summary(**{name: counts[name] for name in Summary._fields}),
            exit_code=MALFORMED if wrong else FINDINGS if any(item.fails for item in findings) else 0,
            rulebase=RuleBaseShown(
                version=__version__, hash=self.base.hash, layers=tuple(layer.label for layer in self.base.layers[1:])
            ),
        )
