"""What `init` proposes: deployments from what the files of a repository deploy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llama_advisor.check.files import NAMES, covers, file_text, files_below
from llama_advisor.check.reading.reader import Reader
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.project_file import proposed
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

IGNORE = ".gitignore"
LARGEST = 1_000_000
SHOWN_SOURCES = 20
NAMED = 3


class Seen(NamedTuple):
    """A model that files deploy, with what else they say."""

    model: str
    files: list[str]
    quantizations: Counter[str]
    contexts: Counter[int]
    engines: Counter[str]


def discovered(folder: Path, reader: Reader, exclude: tuple[str, ...] = ()) -> tuple[list[Seen], list[str]]:
    """Return the models that the files below a folder deploy, the most often named first, and the files left out.

    `.gitignore` is respected.
    """
    found: dict[str, Seen] = {}
    left_out: list[str] = []
    for path in files_below(folder, ignored_by_git(folder)):
        name = path.relative_to(folder).as_posix()
        if path.name in NAMES or not reader.reads(name) or covers(exclude, Path(name)):
            continue
        try:
            text = file_text(path, LARGEST)
        except InputError as error:
            left_out.append(f"{printable(name)} ({error})")
            continue
        for held in reader.deployments(name, text) if "llama" in text.lower() else ():
            checkpoint = held.model.checkpoint if held.model else None
            if not checkpoint or not checkpoint.model:
                continue
            seen = found.setdefault(checkpoint.model, Seen(checkpoint.model, [], Counter(), Counter(), Counter()))
            seen.files.append(name)
            seen.engines.update(item.engine for item in held.settings if item.kind == "engine")
            seen.contexts.update(item.number for item in held.settings if item.kind == "context" and not item.total)
            for quantizations in (checkpoint.quantizations, *(item.quantizations for item in held.settings)):
                if len(quantizations) == 1:
                    seen.quantizations.update(quantizations & set(reader.base.quantizations))
    return sorted(found.values(), key=lambda seen: (-len(set(seen.files)), seen.model)), left_out


def ignored_by_git(folder: Path) -> Callable[[str], bool]:
    """Return a test for what the .gitignore files at and below a folder leave out."""
    specs: list[tuple[str, Any]] = []
    for path in files_below(folder):
        if path.name != IGNORE:
            continue
        try:
            from pathspec import GitIgnoreSpec
        except ImportError as error:
            extra = "pip install 'llama-advisor[discover]'"
            raise InputError(f"--discover reads .gitignore with pathspec: {extra}") from error
        try:
            spec = GitIgnoreSpec.from_lines(file_text(path, LARGEST).splitlines())
        except (InputError, ValueError):
            spec = GitIgnoreSpec.from_lines([])
        inside = path.parent.relative_to(folder).as_posix()
        specs.append(("" if inside == "." else f"{inside}/", spec))

    return lambda name: any(name.startswith(below) and spec.match_file(name[len(below) :]) for below, spec in specs)


def from_discovery(found: list[Seen]) -> Iterator[list[str]]:
    """Yield the lines of a deployment for each model found, named after its files' folder or the model."""
    used: set[str] = set()
    for seen in found:
        folders = {file.rpartition("/")[0].split("/")[0] for file in seen.files}
        shared = folders.pop() if len(folders) == 1 else ""
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", shared).strip("-") or seen.model
        name = name if name not in used else f"{name}-{seen.model}"
        used.add(name)
        requirements: dict[str, Any] = {"use_cases": ["general"]}
        choice: dict[str, Any] = {"model": seen.model}
        for said, key, counts in (
            (requirements, "context_tokens", seen.contexts),
            (choice, "quantization", seen.quantizations),
            (choice, "engine", seen.engines),
        ):
            if commonest := min(counts.items(), key=lambda item: (-item[1], item[0]), default=None):
                said[key] = commonest[0]
        if choice.get("engine") == HOSTED:  # its precision is the provider's
            choice.pop("quantization", None)
        files = sorted(set(seen.files))
        lines = proposed(name, requirements, choice, tuple(files[:SHOWN_SOURCES]), "as found in the files below")
        if len(files) > SHOWN_SOURCES:
            lines.append(f"      # and {len(files) - SHOWN_SOURCES} more; name them, or a pattern for all")
        place = lines.index("    requirements:") + 1
        lines.insert(place, "      # TODO: say what it is for, and on what: hardware, languages, domicile …")
        yield lines
