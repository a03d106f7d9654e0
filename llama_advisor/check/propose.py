"""What `init` proposes: deployments from what the files of a repository deploy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llama_advisor.check.files import NAMES, file_text, files_below
from llama_advisor.check.mentions import Scanner
from llama_advisor.scenario.project_file import proposed
from llama_advisor.text.errors import InputError

SUFFIXES = frozenset(
    {".py", ".yaml", ".yml", ".json", ".toml", ".sh", ".bash", ".env", ".ipynb", ".cfg", ".ini", ".conf", ".tf"}
)
FILES = ("dockerfile", "modelfile", "compose", "docker-compose", ".env", "makefile", "justfile", "procfile")
IGNORE = ".gitignore"
LARGEST = 1_000_000
SHOWN_SOURCES = 20


class Seen(NamedTuple):
    """A model that files deploy, with what else they say."""

    model: str
    files: list[str]
    quantizations: Counter[str]
    contexts: Counter[int]
    engines: Counter[str]


def discovered(folder: Path, scanner: Scanner) -> list[Seen]:
    """Return the models that the files below a folder deploy, the most often named first; `.gitignore` is respected."""
    found: dict[str, Seen] = {}
    for path in files_below(folder, ignored_by_git(folder)):
        telling = path.suffix.lower() in SUFFIXES or path.name.lower().startswith(FILES)
        if path.name in NAMES or not telling:
            continue
        try:
            text = file_text(path, LARGEST)
        except InputError:
            continue
        name = path.relative_to(folder).as_posix()
        mentions = scanner.scan(name, text)
        for model in sorted({m.checkpoint.model for m in mentions if m.checkpoint and m.checkpoint.model}):
            seen = found.setdefault(model, Seen(model, [], Counter(), Counter(), Counter()))
            seen.files.append(name)
            seen.engines.update(scanner.engines(text))
            for mention in mentions:
                named = mention.checkpoint
                held = mention.quantizations or (named.quantizations if named else frozenset())
                if len(held) == 1 and (named is None or named.model == model):
                    seen.quantizations.update(held)
                if mention.kind == "context" and not mention.total:
                    seen.contexts[mention.number] += 1
    return sorted(found.values(), key=lambda seen: (-len(seen.files), seen.model))


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
            if commonest := min(counts.items(), key=lambda item: (-item[1], str(item[0])), default=None):
                said[key] = commonest[0]
        shown = tuple(sorted(seen.files)[:SHOWN_SOURCES])
        lines = proposed(name, requirements, choice, shown, "as found in the files below")
        place = lines.index("    requirements:") + 1
        lines.insert(place, "      # TODO: say what it is for, and on what: hardware, languages, domicile …")
        yield lines
