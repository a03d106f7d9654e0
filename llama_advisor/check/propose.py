"""What `init` proposes: a deployment for each one that the files of a repository hold, so that the check passes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from pathlib import Path, PurePosixPath

from llama_advisor.check.checker import Checker
from llama_advisor.check.decide import decided
from llama_advisor.check.discovery import Place, Said, discovered, said_of
from llama_advisor.check.files import NAMES, SCHEMA_FILE, shown_name
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.check.overrides import Overrides
from llama_advisor.check.project import Deployed, ProjectDocument
from llama_advisor.check.reading.deployments import Deployment
from llama_advisor.check.rules import drift_findings, rule_findings
from llama_advisor.check.sources import Sources
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.project_file import (
    LONGEST_PATTERN,
    MOST_DEPLOYMENTS,
    MOST_PATTERNS,
    Choice,
    Project,
    flow,
    project_text,
    proposed,
)
from llama_advisor.text.yaml_file import parse_all, printable

LONGEST_NAME = 100
TOLD_APART = ("engine", "engine_version", "quantization", "context_tokens")
"""What a file without a model may say of one."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_.]+")
QUESTION = "use_cases, languages, domicile: what is it for, in which languages, and where is the licensee?"
Against = dict[str, list[tuple[CheckFinding, str]]]
"""Errors of a deployment, each with the source in which it is, empty for one of the choice."""


@dataclass
class Proposal:
    """A deployment as it is proposed; what the check has against it is noted in it."""

    said: Said
    places: list[Place]
    name: str = ""
    sources: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    waived: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    """Why each code is waived, with what it is about."""

    def hosted(self, base: RuleBase) -> bool:
        """Whether a provider runs it."""
        return self.said.get("engine") in {HOSTED, *base.providers}

    def lines(self, base: RuleBase) -> list[str]:
        """Return it as YAML, with questions for what could not be told."""
        said, model = self.said, base.models[self.said["model"]]
        requirements: Said = {"use_cases": [base.checking.proposing.use_cases[model.kind]]}
        requirements |= {"inputs": list(model.inputs)} if len(model.inputs) > 1 else {}
        requirements |= {key: said[key] for key in ("context_tokens", "hardware") if key in said}
        told = "hardware" in said or self.hosted(base)
        asked = said.get("open", "" if told else "hardware: on what does it run?")
        choice = {key: said[key] for key in Choice.model_fields if key in said}
        why = "as found in the files below"
        lines = proposed(self.name, requirements, choice, tuple(self.sources), why, (QUESTION, asked))
        if self.left and not self.sources:
            lines[-1] = "    # sources:"
        return lines + [f"      # not {printable(source)}: {text}" for source, text in self.left.items()]


def proposal(folder: Path, checker: Checker, exclude: tuple[str, ...] = ()) -> tuple[str | None, list[str]]:
    """Return a project file for what the files below a folder deploy, None if nothing, and what to tell of them."""
    base = checker.base
    places, apart, told = discovered(folder, base, exclude)
    found = _joined(places)
    told += [f"{len(found) - MOST_DEPLOYMENTS} more deployments than fit into a file"] * (len(found) > MOST_DEPLOYMENTS)
    found = found[:MOST_DEPLOYMENTS]
    _set_names(found)
    _set_sources(found, places, base.checking.proposing.many_files)
    _add_settings(found, _without_overrides(found, apart, folder, base), base)
    _settle(found, folder / NAMES[0], checker, exclude)
    wrong = [item for item in found if any(code in checker.malformed for code, _ in item.waived)]
    told += [f"{item.name} was left out: {', '.join(item.waived.values())}" for item in wrong]
    found = [item for item in found if item not in wrong]
    if left := sum(len(item.left) for item in found):
        told.append(f"{left} sources were left out; a comment in the file says why")
    if waived := sum(len(item.waived) for item in found):
        told.append(f"{waived} errors stand against what is deployed; each has a waiver in the file")
    return (_text(found, checker, exclude) if found else None), told


def _text(found: Sequence[Proposal], checker: Checker, exclude: tuple[str, ...]) -> str:
    until = checker.as_of + timedelta(days=checker.base.checking.proposing.waived_days)
    waivers = [
        {"code": code, "deployment": item.name, "about": about, "reason": text, "expires": str(until)}
        for item in found
        for (code, about), text in item.waived.items()
    ]
    lines = [item.lines(checker.base) for item in found]
    text = project_text(lines, SCHEMA_FILE, found[0].name, checker.as_of.year + 1, waivers)
    return f"{text}exclude: {flow(exclude)}\n" if exclude else text


def _joined(places: Sequence[Place]) -> list[Proposal]:
    """Return a proposal for each model with its settings, that in most files first.

    What says less than just one other of the same model, and nothing against it, is the same.
    """
    groups: dict[str, Proposal] = {}
    for place in places:
        if place.said is not None:
            groups.setdefault(repr(sorted(place.said.items())), Proposal(place.said, [])).places.append(place)
    found = list(groups.values())
    if len(found) <= MOST_DEPLOYMENTS:
        fullest = [one for one in found if not any(one.said.items() < other.said.items() for other in found)]
        fuller = [[one for one in fullest if item.said.items() < one.said.items()] for item in found]
        for item, ones in zip(found, fuller, strict=True):
            if len(ones) == 1:
                ones[0].places += item.places
        found = [item for item, ones in zip(found, fuller, strict=True) if len(ones) != 1]
    return sorted(found, key=lambda item: (-len({place.file for place in item.places}), item.places[0].file))


def _set_names(found: Sequence[Proposal]) -> None:
    """Name each after its container, its file, its folder and file, or its model too: the first that it has alone."""

    def plain(*parts: str) -> str:
        return _NO_NAME.sub("-", "-".join(filter(None, parts))).strip("-.")[-LONGEST_NAME:].strip("-.")

    options: list[list[str]] = []
    for item in found:
        path, name = PurePosixPath(item.places[0].file), item.places[0].name
        stem, above = path.stem, path.parent.name
        model, engine = item.said["model"], item.said.get("engine", "")
        known = ((name,), (stem, name), (above, stem, name), (stem, model), (stem, engine))
        every = (*known, (above, stem, model, engine))
        options.append([*dict.fromkeys(filter(None, (plain(*parts) for parts in every)))])
    counts = Counter(option for own in options for option in own)
    used: set[str] = set()
    for item, own in zip(found, options, strict=True):
        item.name = next((option for option in own if counts[option] == 1 and option not in used), own[-1])
        tries = (f"{own[-1]}-{number}" for number in range(2, len(found) + 2))
        item.name = item.name if item.name not in used else next(name for name in tries if name not in used)
        used.add(item.name)


def _set_sources(found: Sequence[Proposal], places: Sequence[Place], many: int) -> None:
    """Name the sources of each: its files, or a pattern for many of a kind that nothing else is deployed in."""
    index = {id(place): number for number, item in enumerate(found) for place in item.places}
    owners: dict[str, set[int | None]] = defaultdict(set)
    for place in places:
        for name in (place.file, *_patterns(place.file)):
            owners[name].add(index.get(id(place)))
    for item in found:
        alone = Counter(
            pattern
            for file in {place.file for place in item.places}
            for pattern in _patterns(file)
            if len(owners[pattern]) == 1
        )
        for place in item.places:
            wide = next((pattern for pattern in _patterns(place.file) if alone[pattern] >= many), None)
            source = wide or (place.file if len(owners[place.file]) == 1 else place.source)
            if source not in item.sources:
                item.sources.append(source)
        item.left |= dict.fromkeys(item.sources[MOST_PATTERNS:], f"more than {MOST_PATTERNS} sources")
        item.sources = sorted(item.sources[:MOST_PATTERNS])


def _without_overrides(
    found: Sequence[Proposal], apart: dict[str, Deployment], folder: Path, base: RuleBase
) -> dict[str, Deployment]:
    """Add each file that changes the files of one proposal alone to it, and return the others."""
    overrides = Overrides(folder, base.checking.overrides)
    owners: dict[str, dict[int, Proposal]] = defaultdict(dict)
    for item in found:
        for file in {place.file for place in item.places}:
            for path in overrides.changing(folder / file):
                if path.is_relative_to(folder):
                    owners[path.relative_to(folder).as_posix()][id(item)] = item
    for file in owners.keys() & apart.keys():
        if len(owners[file]) == 1:
            (item,) = owners[file].values()
            item.sources = sorted({*item.sources, file})[:MOST_PATTERNS]
    return {file: held for file, held in apart.items() if file not in owners}


def _add_settings(found: Sequence[Proposal], apart: dict[str, Deployment], base: RuleBase) -> None:
    """Add each file without a model to the proposal that it sets something for, the nearest, and say what it says.

    It is for none where it says otherwise, or where two are as near; one of another folder must name the same engine.
    """
    for file, held in apart.items():
        folder = PurePosixPath(file).parent
        near: dict[int, list[tuple[Proposal, Said]]] = defaultdict(list)
        for item in found:
            said = said_of(held, item.said["model"], base)
            known = {key: said[key] for key in TOLD_APART if key in said}
            if (
                item.hosted(base)
                or not known
                or any(item.said.get(key, value) != value for key, value in known.items())
            ):
                continue
            folders = {PurePosixPath(place.file).parent for place in item.places}
            depth = max(_common(folder, other) for other in folders)
            if depth or folder in folders or ("engine" in known and known["engine"] == item.said.get("engine")):
                near[depth].append((item, known))
        if near and len(ones := near[max(near)]) == 1:
            item, known = ones[0]
            item.said = item.said | known
            item.sources = sorted({*item.sources, file})[:MOST_PATTERNS]


def _common(one: PurePosixPath, other: PurePosixPath) -> int:
    """Return how many folders two lie in together."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one.parts, other.parts, strict=False)))


def _patterns(file: str) -> Iterator[str]:
    """Yield patterns for files like this one, the widest first: of its name or kind below its top folder, beside it."""
    top, _, below = file.partition("/")
    path = PurePosixPath(file)
    if "/" in below and len(wide := f"{top}/**/{path.name}") <= LONGEST_PATTERN:
        yield wide
    if below and path.suffix:
        yield f"{path.parent}/*{path.suffix}"


def _settle(found: Sequence[Proposal], path: Path, checker: Checker, exclude: tuple[str, ...]) -> None:
    """Note what the check has against proposals, so that it passes.

    Hardware that does not go with the rest becomes a question, the rest a waiver; a source that differs is left out.
    """
    against, doubted = _against(found, path, checker, exclude), False
    for item in found:
        why = [finding.text for finding, source in against[item.name] if not source]
        if why and "hardware" in item.said:
            rest, doubted = dict(item.said), True
            item.said = rest | {"open": f"hardware: {rest.pop('hardware')}, as in the files? {why[0]}"}
    against = _against(found, path, checker, exclude) if doubted else against
    for item in found:
        unknown = "" if "hardware" in item.said or item.hosted(checker.base) else "on hardware taken for granted: "
        chosen = tuple(item.said[key] for key in ("model", "quantization", "engine") if key in item.said)
        errors = {finding.code for finding, source in against[item.name] if not source}
        for finding, source in against[item.name]:
            covered = not source or set(chosen).issubset(finding.about)
            if not source or (finding.code in errors and not covered):
                item.waived[finding.code, chosen if covered else finding.about] = f"{unknown}{finding.text}"
            elif finding.code not in errors and source in item.sources:
                item.sources.remove(source)
                item.left[source] = finding.text


def _against(found: Sequence[Proposal], path: Path, checker: Checker, exclude: tuple[str, ...]) -> Against:
    """Return the errors that the check has against proposals, without a file."""
    against: Against = defaultdict(list)
    if not found:
        return against
    text = _text(found, checker, exclude)
    (document,) = parse_all(text, path.name)
    source = SourceText(shown_name(path), text, checker.kinds)
    inside = ProjectDocument(path, source, document, Project.model_validate(document.data))
    items = [Deployed(inside, *place) for place in enumerate(inside.project.deployments)]
    items.sort(key=lambda item: repr(item.deployment.requirements))  # the same requirements are answered once
    decisions = []
    for item in items:
        decision = decided(item, checker.decider)
        if isinstance(decision, CheckFinding):
            against[item.name].append((decision, ""))
        else:
            decisions.append((item, decision))
    chosen = frozenset(decision.chosen.model.id for _, decision in decisions)
    for item, decision in decisions:
        every = [(finding, "") for finding in rule_findings(item, decision, checker.decider)]
        for name in item.deployment.sources:
            alone = item._replace(deployment=item.deployment.model_copy(update={"sources": (name,)}))
            drift = drift_findings(Sources(alone), decision, checker.read, checker.decider, chosen)
            every += [(finding, name) for finding in drift]
        against[item.name] = [pair for pair in every if pair[0].severity == "error"]
    return against
