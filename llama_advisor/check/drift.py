"""Sources against the choice: another model, quantization, context or parallelism than was decided."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from llama_advisor.check.checkpoints import WRONG_VERSION, wrong_version
from llama_advisor.check.files import (
    MOST_FILES,
    NAMES,
    SCHEMA_FILE,
    file_text,
    leaves_folder,
    lock_path,
    matching,
    shown_name,
)
from llama_advisor.check.findings import SourceText
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llama_advisor.check.decide import Decision
    from llama_advisor.check.findings import CheckFinding
    from llama_advisor.check.mentions import Mention, Scanner
    from llama_advisor.check.project import Deployed
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.upkeep_entries import FindingKind

MODEL, QUANTIZATION, CONTEXT, PARALLELISM = "LA301", "LA302", "LA303", "LA304"
ABSENT, NO_FILE, NOT_SCANNED = "LA305", "LA306", "LA307"
MOST_MENTIONS = 200
LARGEST = 1_000_000
MOST_CHARACTERS = 20_000_000


class Sources:
    """Source files, each read and scanned once."""

    def __init__(self, scanner: Scanner, kinds: Mapping[str, FindingKind]) -> None:
        self.scanner = scanner
        self.kinds = kinds
        self.scanned = lru_cache(MOST_FILES)(self._scanned)

    def _scanned(self, path: Path) -> tuple[SourceText, tuple[Mention, ...], str]:
        """Return a file and what it deploys, or why it was not scanned."""
        name = shown_name(path)
        try:
            source = SourceText(name, file_text(path, LARGEST), self.kinds)
            return source, self.scanner.scan(name, source.text)[:MOST_MENTIONS], ""
        except InputError as error:
            return SourceText(name, "", self.kinds), (), str(error)


def drift_findings(item: Deployed, decision: Decision, sources: Sources, base: RuleBase) -> Iterator[CheckFinding]:
    """Yield what the sources of a deployment say against its choice, and what could not be seen."""
    project = item.inside.path
    own = {project, lock_path(project), project.parent / SCHEMA_FILE}  # They say what was chosen, and deploy nothing.
    files: dict[Path, None] = {}
    for index, pattern in enumerate(item.deployment.sources):
        if leaves_folder(pattern):
            continue
        matched = [path for path in matching(project.parent, pattern) if path not in own and path.name not in NAMES]
        if not matched:
            yield item.finding(NO_FILE, item.pattern_place(index), f"{pattern!r} matches no file", pattern)
        files.update(dict.fromkeys(matched))
    seen = False
    characters = 0
    for count, path in enumerate(files):
        if count >= MOST_FILES or characters > MOST_CHARACTERS:
            text = f"only the first {count} of {len(files)} files were scanned"
            yield item.finding(NOT_SCANNED, ("sources",), text)
            break
        source, mentions, problem = sources.scanned(path)
        characters += len(source.text)
        if problem:
            yield source.finding(NOT_SCANNED, problem, deployment=item.name)
        for mention in mentions:
            seen = seen or mention.kind == "model"
            if against := _other_build(mention, decision, base) or _other_layout(mention, item, decision):
                yield source.finding(*against, mention.start, mention.end, deployment=item.name)
    if files and not seen:
        text = f"none of {len(files)} files names a model; {decision.chosen.model.id} was chosen"
        yield item.finding(ABSENT, ("sources",), text, "absent")


def _other_build(mention: Mention, decision: Decision, base: RuleBase) -> tuple[str, str] | None:
    """Return the code and sentence for a model, quantization or version that differs from the decision."""
    chosen, held = decision.chosen, mention.quantizations
    if found := mention.checkpoint:
        held = found.quantizations
        if found.model != chosen.model.id and not (found.loose and found.model == chosen.model.sibling):
            other = base.models[found.model].name if found.model else "another model"
            return MODEL, f"{mention.text} is {other}; {chosen.model.id} was chosen"
    if held and chosen.quantizations and not held & chosen.quantizations:
        is_, wanted = " or ".join(sorted(held)), " or ".join(sorted(chosen.quantizations))
        return QUANTIZATION, f"{mention.text} is {is_}; {wanted} was chosen"
    engine = base.engines.get(mention.engine)
    if engine and chosen.engine in {None, engine.id} and (wrong := wrong_version(engine, mention.text, chosen.model)):
        return WRONG_VERSION, wrong
    return None


def _other_layout(mention: Mention, item: Deployed, decision: Decision) -> tuple[str, str] | None:
    """Return the code and sentence for a context or a split over devices that differs from the decision."""
    need, stated, build = decision.need, item.deployment.requirements, decision.best or decision.nearest
    if mention.kind == "context":
        of_all = need.context_tokens * need.concurrent_requests if mention.total else 0
        if mention.number in {need.context_tokens, of_all}:
            return None
        taken = "what the use case takes for granted; state `context_tokens`"
        where = taken if stated.context_tokens is None else "required"
        return CONTEXT, f"{mention.number} tokens are allocated, {need.context_tokens} are {where}"
    if mention.kind not in {"nodes", "parallelism"} or stated.hardware is None or not build or not build.layout:
        return None
    placed, copies = build.layout.placed, build.layout.replicas
    stages = mention.kind == "nodes"
    fine, what = ({placed.stages}, "stages") if stages else ({placed.tensor, placed.tensor * copies}, "devices")
    if mention.number in fine:
        return None
    return PARALLELISM, f"split over {mention.number} {what}; the build that was judged takes {min(fine)}"
