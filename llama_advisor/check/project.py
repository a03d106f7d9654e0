"""A project file read: documents, deployments and waivers with the place of each value, and what is malformed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from llama_advisor.check.files import file_text, leaves_folder, refuse_link_out, shown_name, with_selector
from llama_advisor.check.findings import CheckFinding, SourceText, clean
from llama_advisor.knowledge.upkeep_entries import FindingKind
from llama_advisor.scenario.project_file import MOST_DEPLOYMENTS, MOST_WAIVERS, WISH, Deployment, Project
from llama_advisor.text.errors import InputError, PlacedError
from llama_advisor.text.wording import problems
from llama_advisor.text.yaml_file import Document, parse_all, place_of

UNREADABLE, UNKNOWN_KEY, WRONG_TYPE, DUPLICATE_KEY, WISHED = "LA901", "LA902", "LA903", "LA904", "LA906"
MISSING, SAME_NAME, OUTSIDE = "LA907", "LA909", "LA910"
MOST_PROBLEMS = 50
LEAVES = "leaves the folder of the project file"
CODES = {"extra_forbidden": UNKNOWN_KEY, "missing": MISSING, WISH: WISHED}


class ProjectDocument(NamedTuple):
    """One document of a project file."""

    path: Path
    source: SourceText
    document: Document
    project: Project

    def finding(self, code: str, loc: tuple[Any, ...], text: str, about: str, **more: Any) -> CheckFinding:
        """Return a finding at the value of `loc`."""
        return self.source.finding(code, text, *place_of(self.document, loc), about=about, **more)


class Deployed(NamedTuple):
    """A deployment and where it stands."""

    inside: ProjectDocument
    position: int
    deployment: Deployment

    @property
    def name(self) -> str:
        """Its name."""
        return self.deployment.name

    @property
    def written(self) -> dict[str, Any]:
        """Its keys as they are written in the file."""
        found: dict[str, Any] = self.inside.document.data["deployments"][self.position]
        return found

    def finding(
        self, code: str, place: tuple[Any, ...], text: str, about: str = "", *, of_a_name: bool = False
    ) -> CheckFinding:
        """Return a finding at a value of the deployment; it is about that value if nothing else is said."""
        loc, told = ("deployments", self.position, *place), about or ".".join(map(str, place))
        found = self.inside.finding(code, loc, text, told, deployment=self.name, of_a_name=of_a_name)
        return found._replace(about=(*found.about, *self.named))

    @property
    def named(self) -> tuple[str, ...]:
        """What was chosen, as a waiver may name it."""
        choice, provider = self.deployment.choice, self.deployment.requirements.provider
        return tuple(map(clean, filter(None, (choice.model, choice.quantization, choice.engine, provider))))

    def pattern_place(self, index: int, key: str = "sources") -> tuple[Any, ...]:
        """Return the place of a pattern, which may be one text instead of a list."""
        return (key,) if isinstance(self.written[key], str) else (key, index)


class ProjectFile(NamedTuple):
    """A project file: its documents that hold, and what is wrong with it."""

    path: Path
    source: SourceText
    documents: list[ProjectDocument]
    findings: list[CheckFinding]

    @property
    def deployments(self) -> list[Deployed]:
        """The deployments of all documents."""
        return [Deployed(item, *place) for item in self.documents for place in enumerate(item.project.deployments)]


def read_project(path: Path, kinds: Mapping[str, FindingKind]) -> ProjectFile:
    """Read a project file; whatever is wrong becomes a finding."""
    name = shown_name(path)
    source = SourceText(name, "", kinds)
    documents: tuple[Document, ...] = ()
    wrong: list[CheckFinding] = []
    try:
        refuse_link_out(path)
        source = SourceText(name, file_text(path), kinds)
        documents = parse_all(source.text, name)
        if not documents:
            wrong.append(source.finding(MISSING, "the file is empty; it needs `version` and `deployments`"))
    except PlacedError as error:
        code = DUPLICATE_KEY if error.what.startswith("duplicate key") else UNREADABLE
        wrong.append(source.finding(code, error.what, error.start, error.end))
    except InputError as error:
        wrong.append(source.finding(UNREADABLE, str(error).removeprefix(f"{name}: ")))
    file = ProjectFile(path, source, [], wrong)
    for document in documents:
        file.findings.extend(_malformed(document, path, file))
    seen: set[str] = set()
    for item in file.deployments:
        if item.name in seen:
            text = f"another deployment is named {item.name!r} too"
            file.findings.append(item.finding(SAME_NAME, ("name",), text))
        seen.add(item.name)
    return file


def _malformed(document: Document, path: Path, file: ProjectFile) -> Iterator[CheckFinding]:
    """Yield what is wrong with a document of a file; one that holds is added to it."""
    source = file.source
    if not isinstance(document.data, dict):
        text = "a project file is a mapping with `version` and `deployments`"
        yield source.finding(WRONG_TYPE, text, *place_of(document, ()))
        return
    # Lists longer than the schema allows are not read: checking each of their entries would take long.
    long = [
        (key, f"{len(document.data[key])} {key} in a file; at most {most} are checked")
        for key, most in (("deployments", MOST_DEPLOYMENTS), ("waivers", MOST_WAIVERS))
        if isinstance(document.data.get(key), list) and len(document.data[key]) > most
    ]
    for key, text in long:
        yield source.finding(WRONG_TYPE, text, *place_of(document, (key,)))
    if long:
        return
    try:
        inside = ProjectDocument(path, source, document, Project.model_validate(document.data))
    except ValidationError as error:
        yield from _refused(error, source, document)
        return
    file.documents.append(inside)
    yield from _leaving(inside)


def _leaving(inside: ProjectDocument) -> Iterator[CheckFinding]:
    """Yield each pattern that leaves the folder of its project file."""
    folder, project = inside.path.parent, inside.project
    apart: list[tuple[tuple[Any, ...], str]] = [(("exclude",), item) for item in project.exclude]
    apart += [(("waivers", index, "path"), item.path or "") for index, item in enumerate(project.waivers)]
    for place, pattern in apart:
        if leaves_folder(folder, pattern):
            yield inside.finding(OUTSIDE, place, f"{pattern!r} {LEAVES}", pattern)
    for item in (Deployed(inside, *place) for place in enumerate(project.deployments)):
        for key in ("sources", "exclude"):
            for index, pattern in enumerate(getattr(item.deployment, key)):
                if leaves_folder(folder, with_selector(folder, pattern)[0]):
                    yield item.finding(OUTSIDE, item.pattern_place(index, key), f"{pattern!r} {LEAVES}")


def _refused(error: ValidationError, source: SourceText, document: Document) -> Iterator[CheckFinding]:
    """Yield everything that the schema refuses, each at its key or value."""
    for loc, what, kind in problems(error, Project, MOST_PROBLEMS):
        code, text = CODES.get(kind, WRONG_TYPE), what
        if kind == WISH:
            text = f"{loc[-1]} is a wish; under `choice` it says what was chosen, under `only` what is allowed"
        if kind == "extra_forbidden" and loc[-1] == "<<":
            text = "'<<' is no key of YAML 1.2; repeat the keys, or use an alias for a whole value"
        start, end = place_of(document, loc, key=code in {UNKNOWN_KEY, WISHED})
        about, of_a_name = ".".join(map(str, loc)), code == UNKNOWN_KEY
        try:
            name = document.data["deployments"][loc[1]]["name"] if loc[:1] == ("deployments",) else None
        except (KeyError, IndexError, TypeError):
            name = None
        deployment = name if isinstance(name, str) else None
        yield source.finding(code, text, start, end, deployment=deployment, about=about, of_a_name=of_a_name)
