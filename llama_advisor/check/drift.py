"""Sources against the choice: another model, quantization, context or parallelism than was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.check.files import MOST_FILES, NAMES, SCHEMA_FILE, file_text, leaves_folder, matching, shown_name
from llama_advisor.check.finding import Found
from llama_advisor.check.spans import SourceText
from llama_advisor.check.versions import runs, supported_from_to
from llama_advisor.sizing.support import architecture_support
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llama_advisor.check.checkpoints import Checkpoint
    from llama_advisor.check.decide import Decision
    from llama_advisor.check.mentions import Mention, Scanner
    from llama_advisor.check.project import Read
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.project_file import Deployment

MODEL, QUANTIZATION, CONTEXT, PARALLELISM, ABSENT, NO_FILE, NOT_SCANNED, WRONG_VERSION = (
    "LA301",
    "LA302",
    "LA303",
    "LA304",
    "LA305",
    "LA306",
    "LA307",
    "LA206",
)
MOST_MENTIONS = 200
LARGEST = 1_000_000
MOST_CHARACTERS = 20_000_000
Loc = tuple[Any, ...]


@dataclass(frozen=True)
class Scanned:
    """A source file and what it deploys, or why it was not scanned."""

    source: SourceText
    mentions: tuple[Mention, ...] = ()
    problem: str = ""


class Sources:
    """Source files, each read and scanned once."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self._scanned: dict[tuple[Path, str], Scanned] = {}

    def scanned(self, path: Path) -> Scanned:
        """Return what a file deploys."""
        whole = path.absolute(), shown_name(path)
        if whole not in self._scanned:
            if len(self._scanned) > MOST_FILES:
                self._scanned.clear()
            self._scanned[whole] = self._scan(path)
        return self._scanned[whole]

    def _scan(self, path: Path) -> Scanned:
        name = printable(shown_name(path))
        try:
            source = SourceText(name, file_text(path, LARGEST))
        except InputError as error:
            return Scanned(SourceText(name, ""), problem=str(error))
        return Scanned(source, self.scanner.scan(name, source.text)[:MOST_MENTIONS])


def drifted(
    read: Read, loc: Loc, deployment: Deployment, decision: Decision, sources: Sources, base: RuleBase
) -> Iterator[Found]:
    """Yield what the sources of a deployment say against its choice, and what could not be seen."""
    files: dict[Path, None] = {}
    for index, pattern in enumerate(deployment.sources):
        if leaves_folder(pattern):
            continue
        matched = [path for path in matching(read.path.parent, pattern) if not _own(path, read.path)]
        if not matched:
            one = isinstance(read.document.data["deployments"][loc[1]]["sources"], str)
            place = (*loc, "sources") if one else (*loc, "sources", index)
            yield read.at(NO_FILE, place, f"{pattern!r} matches no file", about=pattern)
        files.update(dict.fromkeys(matched))
    seen = False
    characters = 0
    for count, path in enumerate(files):
        if count >= MOST_FILES or characters > MOST_CHARACTERS:
            text = f"only the first {count} of {len(files)} files were scanned"
            yield read.at(NOT_SCANNED, (*loc, "sources"), text)
            break
        scanned = sources.scanned(path)
        characters += len(scanned.source.text)
        if scanned.problem:
            yield Found(NOT_SCANNED, scanned.problem, scanned.source, deployment=deployment.name)
        for mention in scanned.mentions:
            against = _against(mention, deployment, decision, base)
            seen = seen or mention.kind == "model"
            if against:
                code, text = against
                yield Found(code, text, scanned.source, mention.start, mention.end, deployment.name)
    if files and not seen:
        text = f"none of {len(files)} files names a model; {decision.chosen.model.id} was chosen"
        yield read.at(ABSENT, (*loc, "sources"), text, about="absent")


def _own(path: Path, project: Path) -> bool:
    """Tell whether a file says what was chosen, and so deploys nothing: project files and their locks."""
    return path == project or path.name in NAMES or path in {project.with_suffix(".lock"), project.parent / SCHEMA_FILE}


def _against(mention: Mention, deployment: Deployment, decision: Decision, base: RuleBase) -> tuple[str, str] | None:
    """Return the code and sentence for a mention that differs from the decision."""
    if mention.checkpoint is not None:
        return _other_checkpoint(mention, mention.checkpoint, decision, base)
    if mention.kind == "quantization":
        return _other_quantization(mention.text, mention.quantizations, decision)
    if mention.kind == "context":
        return _other_context(mention, deployment, decision)
    if mention.kind == "version":
        return _other_version(mention, decision, base)
    return _other_parallelism(mention, deployment, decision)


def _other_checkpoint(
    mention: Mention, found: Checkpoint, decision: Decision, base: RuleBase
) -> tuple[str, str] | None:
    chosen = decision.chosen.model
    loosely = found.loose and found.model == chosen.sibling
    if found.model != chosen.id and not loosely:
        told = (
            f"{mention.text} is {base.models[found.model].name}" if found.model else f"{mention.text} is another model"
        )
        return MODEL, f"{told}; {chosen.id} was chosen"
    return _other_quantization(mention.text, found.quantizations, decision)


def _other_quantization(text: str, held: frozenset[str], decision: Decision) -> tuple[str, str] | None:
    wanted = decision.chosen.quantizations
    if not held or not wanted or held & wanted:
        return None
    return QUANTIZATION, f"{text} is {' or '.join(sorted(held))}; {' or '.join(sorted(wanted))} was chosen"


def _other_context(mention: Mention, deployment: Deployment, decision: Decision) -> tuple[str, str] | None:
    need = decision.need
    fine = {need.context_tokens, need.context_tokens * need.concurrent_requests if mention.total else 0}
    if mention.number in fine:
        return None
    stated = deployment.requirements.context_tokens is not None
    where = "required" if stated else "what the use case takes for granted; state `context_tokens`"
    return CONTEXT, f"{mention.number} tokens are allocated, {need.context_tokens} are {where}"


def _other_version(mention: Mention, decision: Decision, base: RuleBase) -> tuple[str, str] | None:
    engine = base.engines.get(mention.engine)
    if engine is None or decision.chosen.engine not in {None, engine.id}:
        return None
    support = architecture_support(engine, decision.chosen.model)
    if support is None or runs(support, mention.text):
        return None
    text = f"{engine.name} {mention.text} does not run {decision.chosen.model.name}; {supported_from_to(support)}"
    return WRONG_VERSION, text


def _other_parallelism(mention: Mention, deployment: Deployment, decision: Decision) -> tuple[str, str] | None:
    build = decision.best or decision.nearest
    if deployment.requirements.hardware is None or build is None or build.machine is None:
        return None
    machine, layout = build.machine, build.layout
    copies = layout.replicas if layout else 1
    if mention.kind == "nodes":
        fine, what = {machine.nodes}, "stages"
    else:
        fine, what = {machine.count, machine.count * copies}, "devices"
    if mention.number in fine:
        return None
    return PARALLELISM, f"split over {mention.number} {what}; the build that was judged takes {min(fine)}"
