"""What the files of a repository deploy: models with what is set beside them, and what was left out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Annotated, Any, NamedTuple

from llama_advisor.check.differences import provider_of
from llama_advisor.check.files import NAMES, covers, file_text, files_below, refuse_link_out
from llama_advisor.check.machines import asked, counted, split_of
from llama_advisor.check.reading.deployments import Deployment
from llama_advisor.check.reading.pieces import First
from llama_advisor.check.reading.reader import Reader
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.project_file import LONGEST_PATTERN
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

IGNORE = ".gitignore"
LARGEST = 1_000_000
NAMED = 3
_SELECTOR = re.compile(r"[\w\-]+(?:\.\d[\w\-]*)*")
Said = dict[str, Any]
Steps = dict[str, Counter[str]]
"""Names around and of a file's deployments, each with the models that have it."""


class Place(NamedTuple):
    """One deployment in one file."""

    file: str
    source: Annotated[str, "What `sources` call it: the file, or what of it stands below a name."]
    name: Annotated[str, "What tells it from others of its file; empty where it has none or is alone."]
    said: Annotated[Said | None, "`choice`, `context_tokens`, `hardware`, or `open`, a question; None: not proposed."]


def discovered(
    folder: Path, base: RuleBase, exclude: tuple[str, ...] = ()
) -> tuple[list[Place], dict[str, Deployment], list[str]]:
    """Return what the files below a folder deploy, what those set that name no model, and what to tell of them.

    `.gitignore` is respected.
    """
    reader, kinds = Reader(base), base.checking.proposing.use_cases
    places: list[Place] = []
    apart: dict[str, Deployment] = {}
    left_out: list[str] = []
    counts: Counter[str] = Counter()
    for path in files_below(folder, ignored_by_git(folder)):
        name = path.relative_to(folder).as_posix()
        counts["files"] += path.name not in NAMES
        if path.name in NAMES or covers(exclude, PurePath(name)) or not reader.reads(name):
            continue
        try:
            text = _text(path, folder)
        except InputError as error:
            left_out.append(f"{printable(name)} ({error})")
            continue
        counts["read"] += 1
        every = reader.deployments(name, text)
        if every and not every[0].model:
            apart[name] = every[0]
        found = [held for held in every if held.model] if "llama" in text.lower() else []
        steps: Steps = defaultdict(Counter)
        for held in found if len(found) > 1 else ():
            for step in set(held.names):
                steps[step][_model(held)] += 1
        for held in found:
            model = base.models.get(_model(held))
            counts["other" if model is None else model.kind] += 1
            said = said_of(held, model.id, base) if model and model.kind in kinds else None
            places.append(Place(name, *source_of(name, held, steps), said))
    skipped = counts["files"] - counts["read"] - len(left_out)
    why = f"; {skipped} were skipped, as their kind or folder deploys nothing" if skipped else ""
    told = [f"looked at {counts['read']} of {counts['files']} files{why}"]
    if left_out:
        shown = ", ".join(left_out[:NAMED]) + (", …" if len(left_out) > NAMED else "")
        told.append(f"{len(left_out)} files were not read: {shown}")
    if unasked := counts["guard"] + counts["other"]:
        which = f"{counts['guard']} guards, {counts['other']} models of other families"
        told.append(f"{unasked} models in files that name Llama are not proposed: {which}")
    return places, apart, told


def _text(path: Path, folder: Path) -> str:
    """Return what a file holds; raise InputError for one that is not to be read, or that no pattern can name."""
    name = path.relative_to(folder).as_posix()
    if len(name) > LONGEST_PATTERN or name != name.strip() or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise InputError("its name is too long for `sources`, ends in blanks or is not UTF-8 text")
    refuse_link_out(path, folder)
    return file_text(path, LARGEST)


def source_of(file: str, held: Deployment, steps: Steps) -> tuple[str, str]:
    """Return the source for a deployment, and its name: the first name that it has alone in its file.

    Failing that it is one that only deployments of the same model have.
    """
    own = [step for step in held.names if not isinstance(step, First) and step in steps and _SELECTOR.fullmatch(step)]
    alone = [step for step in own if steps[step].total() == 1] or [step for step in own if len(steps[step]) == 1]
    name = next(iter(alone), "") if _model(held) else ""
    source = f"{file}#{name}"
    return (source if name and len(source) <= LONGEST_PATTERN else file), str(name)


def _model(held: Deployment) -> str:
    """Return the id of its model; empty for one that the rule base does not hold."""
    return (held.model and held.model.checkpoint and held.model.checkpoint.model) or ""


def said_of(held: Deployment, model: str, base: RuleBase) -> Said:
    """Return what a file says of a deployment: its choice, its context, and its hardware or what to ask of it."""
    said: Said = {"model": model}
    checkpoint, engine = held.model and held.model.checkpoint, held.setting("engine")
    if context := held.setting("context"):
        said["context_tokens"] = context.number
    if engine and engine.engine == HOSTED:
        provider = provider_of(held, base)
        return said | {"engine": provider or HOSTED} | ({} if provider else {"open": "engine: of which provider?"})
    meant = [checkpoint.quantizations if checkpoint else frozenset(), *(item.quantizations for item in held.settings)]
    if exact := [next(iter(one)) for one in meant if len(one) == 1 and one <= set(base.quantizations)]:
        said["quantization"] = exact[0]
    elif engine and not any(meant) and _plain(held, model, engine.engine, base):
        said["quantization"] = "bf16"
    if engine:
        said["engine"] = engine.engine
        versions = [item.text for item in held.settings if item.kind == "version" and item.engine == engine.engine]
        said |= {"engine_version": versions[0]} if versions else {}
    return said | _hardware(held, base)


def _plain(held: Deployment, model: str, engine: str, base: RuleBase) -> bool:
    """Whether the original weights are loaded as they are, by an engine that does so unless told otherwise."""
    text = held.model.text if held.model else ""
    original = text.rstrip("/").endswith(base.models[model].artifacts.hf_repo)
    return original and "bf16" in base.engines[engine].by_quantization and "safetensors" in base.engines[engine].loads


def _hardware(held: Deployment, base: RuleBase) -> Said:
    """Return the hardware that is told without a doubt, else what to ask."""
    found = list(asked(held, base))
    if sure := next((item for item in found if item.machine and not item.machine.assumptions), None):
        return {"hardware": sure.text}
    devices = next(filter(None, (item.devices for item in found)), split_of(held))
    named = [*(item.text for item in found), *(item.text for item in held.settings if item.kind == "machine")]
    asks = [counted(devices)] * bool(devices) + list(filter(None, named))[:1]
    meant = [base.devices[name].name for item in found[:1] if item.machine for name in item.machine.meant]
    which = f" {' or '.join(sorted(meant))}?" if meant else ""
    return {"open": f"hardware: {printable(', '.join(asks))}, which?{which}"} if asks else {}


def ignored_by_git(folder: Path) -> Callable[[str], bool]:
    """Return a test for what the .gitignore files at and below a folder leave out."""
    specs: dict[str, Any] = {}
    for path in files_below(folder):
        if path.name != IGNORE:
            continue
        try:
            from pathspec import GitIgnoreSpec
        except ImportError as error:
            raise InputError("--discover reads .gitignore with pathspec: pip install pathspec") from error
        try:
            spec = GitIgnoreSpec.from_lines(file_text(path, LARGEST).splitlines())
        except (InputError, ValueError):
            spec = GitIgnoreSpec.from_lines([])
        inside = path.parent.relative_to(folder).as_posix()
        specs["" if inside == "." else f"{inside}/"] = spec

    def ignored(name: str) -> bool:
        above = ("", *(name[: at + 1] for at, letter in enumerate(name[:-1]) if letter == "/"))
        return any(specs[folder].match_file(name[len(folder) :]) for folder in above if folder in specs)

    return ignored
