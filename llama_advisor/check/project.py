"""Project files read: documents, deployments and waivers with the place of each value, and what is malformed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.check.files import file_text, leaves_folder, shown_name
from llama_advisor.check.finding import Found
from llama_advisor.check.spans import SourceText, key_place, value_place
from llama_advisor.scenario.project_file import MOST_DEPLOYMENTS, MOST_WAIVERS, WISH, Project
from llama_advisor.text.errors import InputError, PlacedError
from llama_advisor.text.wording import problems
from llama_advisor.text.yaml_file import Document, parse_all, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llama_advisor.scenario.project_file import Deployment

UNREADABLE, UNKNOWN_KEY, WRONG_TYPE, DUPLICATE_KEY, WISHED, MISSING, SAME_NAME, OUTSIDE = (
    "LA901",
    "LA902",
    "LA903",
    "LA904",
    "LA906",
    "LA907",
    "LA909",
    "LA910",
)
MOST_PROBLEMS = 50
CODES = {"extra_forbidden": UNKNOWN_KEY, "missing": MISSING, WISH: WISHED}


@dataclass(frozen=True)
class Read:
    """One document of a project file."""

    path: Path
    source: SourceText
    document: Document
    project: Project

    def at(self, code: str, loc: tuple[Any, ...], text: str, *, key: bool = False, about: str = "") -> Found:
        """Return a finding at the value of `loc`, or at its key."""
        start, end = (key_place if key else value_place)(self.document, loc)
        named = self.named(loc)
        return Found(code, text, self.source, start, end, named, about or ".".join(map(str, loc[2:])))

    def named(self, loc: tuple[Any, ...]) -> str | None:
        """Return the deployment that a place belongs to."""
        match loc:
            case ("deployments", int(index), *_):
                return self.project.deployments[index].name
        return None

    def deployments(self) -> Iterator[tuple[tuple[Any, ...], Deployment]]:
        """Yield each deployment with its place."""
        for index, deployment in enumerate(self.project.deployments):
            yield ("deployments", index), deployment


@dataclass
class ProjectFile:
    """A project file: its documents that hold, and what is wrong with it."""

    source: SourceText
    reads: list[Read] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)


def read_project(path: Path) -> ProjectFile:
    """Read a project file; whatever is wrong becomes a finding."""
    name = printable(shown_name(path))
    try:
        text = file_text(path)
    except InputError as error:
        source = SourceText(name, "")
        return ProjectFile(source, findings=[Found(UNREADABLE, str(error), source)])
    file = ProjectFile(SourceText(name, text))
    try:
        documents = parse_all(text, name)
    except PlacedError as error:
        code = DUPLICATE_KEY if error.what.startswith("duplicate key") else UNREADABLE
        file.findings.append(Found(code, error.what, file.source, error.start, error.end))
        return file
    except InputError as error:
        file.findings.append(Found(UNREADABLE, str(error).removeprefix(f"{name}: "), file.source))
        return file
    if not documents:
        file.findings.append(Found(MISSING, "the file is empty; it needs `version` and `deployments`", file.source))
    for document in documents:
        _take(path, file, document)
    _same_names(file)
    return file


def _take(path: Path, file: ProjectFile, document: Document) -> None:
    """Check one document; keep it if it holds."""
    if not isinstance(document.data, dict):
        start, end = value_place(document, ())
        file.findings.append(
            Found(WRONG_TYPE, "a project file is a mapping with `version` and `deployments`", file.source, start, end)
        )
        return
    long = list(_too_long(document))
    if long:
        file.findings.extend(Found(WRONG_TYPE, text, file.source, *value_place(document, loc)) for loc, text in long)
        return
    try:
        project = Project.model_validate(document.data)
    except ValidationError as error:
        file.findings.extend(_malformed(error, file.source, document))
        return
    read = Read(path, file.source, document, project)
    outside = list(_outside(read))
    file.findings.extend(outside)
    file.reads.append(read)


def _too_long(document: Document) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield lists longer than the schema allows: checking each of their entries would take long."""
    for name, most in (("deployments", MOST_DEPLOYMENTS), ("waivers", MOST_WAIVERS)):
        entries = document.data.get(name)
        if isinstance(entries, list) and len(entries) > most:
            yield (name,), f"{len(entries)} {name} in a file; at most {most} are checked"


def _malformed(error: ValidationError, source: SourceText, document: Document) -> Iterator[Found]:
    """Yield everything that the schema refuses, each at its key or value."""
    for loc, what, kind in problems(error, Project, MOST_PROBLEMS):
        code = CODES.get(kind, WRONG_TYPE)
        told = what
        if kind == WISH:
            told = f"{loc[-1]} is a wish; under `choice` it says what was chosen, under `only` what is allowed"
        if kind == "extra_forbidden" and loc[-1] == "<<":
            told = "'<<' is no key of YAML 1.2; repeat the keys, or use an alias for a whole value"
        place = key_place if code in {UNKNOWN_KEY, WISHED} else value_place
        start, end = place(document, loc)
        yield Found(code, told, source, start, end, _name_in(document.data, loc), ".".join(map(str, loc)))


def _name_in(data: Any, loc: tuple[Any, ...]) -> str | None:
    """Return the name of the deployment at `loc` in data that the schema refused."""
    try:
        name = data["deployments"][loc[1]]["name"] if loc[:1] == ("deployments",) else None
    except (KeyError, IndexError, TypeError):
        return None
    return name if isinstance(name, str) else None


def _outside(read: Read) -> Iterator[Found]:
    for loc, deployment in read.deployments():
        for index, pattern in enumerate(deployment.sources):
            if leaves_folder(pattern):
                whole = isinstance(read.document.data["deployments"][loc[1]]["sources"], str)
                place = (*loc, "sources") if whole else (*loc, "sources", index)
                yield read.at(OUTSIDE, place, f"{pattern!r} leaves the folder of the project file")


def _same_names(file: ProjectFile) -> None:
    seen: set[str] = set()
    for read in file.reads:
        for loc, deployment in read.deployments():
            if deployment.name in seen:
                text = f"another deployment is named {deployment.name!r} too"
                file.findings.append(read.at(SAME_NAME, (*loc, "name"), text))
            seen.add(deployment.name)
