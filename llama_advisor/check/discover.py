"""What a repository deploys: its files looked through, and a project file proposed from what they name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llama_advisor.check.files import NAMES, file_text, files_below
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.check.mentions import Mention, Scanner

SUFFIXES = frozenset(
    {".py", ".yaml", ".yml", ".json", ".toml", ".sh", ".bash", ".env", ".ipynb", ".cfg", ".ini", ".conf", ".tf"}
)
FILES = ("dockerfile", "modelfile", "compose", "docker-compose", ".env", "makefile", "justfile", "procfile")
IGNORE = ".gitignore"
LARGEST = 1_000_000
SHOWN_SOURCES = 20


@dataclass
class Seen:
    """A model that files deploy, with what else they say."""

    model: str
    files: list[str] = field(default_factory=list)
    quantizations: Counter[str] = field(default_factory=Counter)
    contexts: Counter[int] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)


def discovered(folder: Path, scanner: Scanner) -> list[Seen]:
    """Return the models that the files below a folder deploy, the most often named first; `.gitignore` is respected."""
    found: dict[str, Seen] = {}
    for path in files_below(folder, ignored_by_git(folder)):
        if not _telling(path):
            continue
        try:
            text = file_text(path, LARGEST)
        except InputError:
            continue
        name = path.relative_to(folder).as_posix()
        mentions = scanner.scan(name, text)
        for model in sorted({m.checkpoint.model for m in mentions if m.checkpoint and m.checkpoint.model}):
            _take(found.setdefault(model, Seen(model)), name, mentions)
            found[model].engines.update(scanner.engines(text))
    return sorted(found.values(), key=lambda seen: (-len(seen.files), seen.model))


def _telling(path: Path) -> bool:
    name = path.name.lower()
    return path.name not in NAMES and (path.suffix.lower() in SUFFIXES or name.startswith(FILES))


def _take(seen: Seen, name: str, mentions: tuple[Mention, ...]) -> None:
    seen.files.append(name)
    for mention in mentions:
        held = mention.quantizations or (mention.checkpoint.quantizations if mention.checkpoint else frozenset())
        mine = mention.checkpoint is None or mention.checkpoint.model == seen.model
        if mine and len(held) == 1:
            seen.quantizations.update(held)
        if mention.kind == "context" and not mention.total:
            seen.contexts[mention.number] += 1


def ignored_by_git(folder: Path) -> Callable[[str], bool]:
    """Return a test for what the .gitignore files at and below a folder leave out."""
    specs: list[tuple[str, Any]] = []
    for path in files_below(folder):
        if path.name == IGNORE:
            inside = path.parent.relative_to(folder).as_posix()
            specs.append(("" if inside == "." else f"{inside}/", _spec(path)))

    def ignored(name: str) -> bool:
        return any(name.startswith(below) and spec.match_file(name[len(below) :]) for below, spec in specs)

    return ignored


def _spec(path: Path) -> Any:
    try:
        from pathspec import GitIgnoreSpec
    except ImportError as error:
        raise InputError("--discover reads .gitignore with pathspec: pip install 'llama-advisor[discover]'") from error
    try:
        return GitIgnoreSpec.from_lines(file_text(path, LARGEST).splitlines())
    except (InputError, ValueError):
        return GitIgnoreSpec.from_lines([])


def deployment_name(seen: Seen) -> str:
    """Return a name for a deployment: the folder that its files share, else the model's."""
    folders = {file.rpartition("/")[0].split("/")[0] for file in seen.files}
    shared = folders.pop() if len(folders) == 1 else ""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", shared).strip("-") or seen.model
