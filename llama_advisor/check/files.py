"""Files as they are found: read within limits, listed in a stable order, patterns matched without following links."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice, takewhile
from os.path import realpath
from pathlib import Path, PurePath

from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import file_bytes, replace_file
from llama_advisor.text.yaml_file import MAX_BYTES, printable

NAMES = ("llama-advisor.yaml", "llama-advisor.yml")
SCHEMA_FILE = "llama-advisor.schema.json"
SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", "site-packages", ".tox", ".mypy_cache"}
)
SERVERS = ".github"
"""A folder in which a file named after this program is a workflow."""
MOST_FILES = 2_000


def file_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return a regular file as text without byte order mark, up to a limit; raise InputError that does not name it."""
    try:
        text = file_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text (byte {error.start})") from error
    if "\x00" in text:
        raise InputError("not text (it holds a zero byte)")
    return text


def refuse_link_out(path: Path, folder: Path | None = None) -> None:
    """Raise InputError for a link out of a folder; where none is given out of the repository around it, or its own."""
    apart = leads_out(folder or path.parent, path)
    root = repository_root(path.parent) if apart and folder is None else None
    if apart and (root is None or leads_out(root, path)):
        raise InputError("a link out of its folder")


def rewrite(path: Path, text: str) -> None:
    """Put a text in the place of a file's in one step, with the byte order mark of the file."""
    try:
        mark = BOM_UTF8 if path.read_bytes().startswith(BOM_UTF8) else b""
        replace_file(path, mark + text.encode())
    except OSError as error:
        raise InputError(f"{printable(path)}: {printable(error.strerror or error)}") from error


def shown_name(path: Path) -> str:
    """Return how a file is named in findings: relative to where the check runs, with slashes."""
    try:
        return printable(path.absolute().relative_to(Path.cwd()).as_posix())
    except ValueError:
        return printable(path.as_posix())


def repository_root(folder: Path) -> Path | None:
    """Return the folder at or above this one that holds `.git`."""
    at = folder.resolve()
    return next((above for above in (at, *at.parents) if (above / ".git").exists()), None)


def project_files(paths: tuple[str, ...]) -> list[Path]:
    """Return the project files named, and those in and below the folders named; the current folder's if none is."""
    if not paths:
        return [next((Path(name) for name in NAMES if Path(name).exists()), Path(NAMES[0]))]
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        try:
            folder = path.is_dir()
        except (OSError, ValueError):  # what cannot be a name is none
            folder = False
        if folder:
            named = (below for below in files_below(path) if below.name in NAMES)
            inside = [below for below in named if SERVERS not in below.relative_to(path).parts]
            if not inside:
                lacks = f"no {NAMES[0]} in this folder or below it; `llama-advisor init` writes one"
                raise InputError(f"{printable(name)}: {lacks}")
            found.update(dict.fromkeys(sorted(inside)))
        else:
            found[path] = None
    return list(found)


def lock_path(project: Path) -> Path:
    """Return the lock file beside a project file."""
    return project.with_suffix(".lock")


def own_files(project: Path) -> set[Path]:
    """Return a project file and what belongs to it: they say what was chosen, and deploy nothing."""
    return {project, lock_path(project), project.parent / SCHEMA_FILE}


def files_below(folder: Path, ignored: Callable[[str], bool] = lambda _: False) -> Iterator[Path]:
    """Yield the regular files below a folder, in order, links not followed."""
    for at, folders, names in os.walk(folder, followlinks=False):
        inside = Path(at).relative_to(folder)
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED and not ignored(f"{(inside / name).as_posix()}/")
        )
        for name in sorted(names):
            path = Path(at) / name
            if not ignored((inside / name).as_posix()) and _is_file(path):
                yield path


def _is_file(path: Path) -> bool:
    """Whether a regular file is there, as far as can be told: what lies in a folder that may not be entered is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def leaves_folder(folder: Path, pattern: str) -> bool:
    """Whether a pattern points outside its folder, also through a link."""
    parts = pattern.replace("\\", "/").split("/")
    outside = pattern.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0]
    return outside or leads_out(folder, folder.joinpath(*takewhile(_is_name, _parts(pattern))))


def leads_out(folder: Path, path: Path) -> bool:
    """Whether a path below a folder leads out of it through a link."""
    try:
        return not Path(realpath(path)).is_relative_to(realpath(folder))
    except ValueError:  # no name that a file can have
        return False


def with_selector(folder: Path, pattern: str) -> tuple[str, str | None]:
    """Return a pattern and what stands behind its last `#`; none where files have the whole as their name."""
    files, _, selector = pattern.rpartition("#")
    whole = not files or (not leaves_folder(folder, pattern) and matching(folder, pattern))
    return (pattern, None) if whole else (files, selector)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a pattern names, in order: `*` in a name, `**` over folders, a folder all below it."""
    parts = _parts(pattern)
    fixed = len(list(takewhile(_is_name, parts[:-1])))
    start, rest = folder.joinpath(*parts[:fixed]), parts[fixed:]
    if len(rest) == 1 and _is_name(rest[0]):
        named = start / rest[0]
        try:
            return list(files_below(named)) if named.is_dir() else [named] if named.exists() else []
        except (OSError, ValueError):  # no name that a file can have
            return []
    found = (path for path in files_below(start) if matches(path.relative_to(start).parts, rest))
    return list(islice(found, MOST_FILES + 1))


def covers(patterns: Iterable[str], path: PurePath) -> bool:
    """Whether a pattern matches a path, or a folder above it."""
    return any(matches(path.parts, [*_parts(pattern), "**"]) for pattern in patterns)


def _parts(pattern: str) -> list[str]:
    return [part for part in pattern.replace("\\", "/").split("/") if part not in {"", "."}]


def _is_name(part: str) -> bool:
    return not set(part) & set("*?")


def matches(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the names of a path match the parts of a pattern, in time of their product."""
    plain = [part.replace("[", "[[]") for part in parts]
    fits = [all(part == "**" for part in plain[:count]) for count in range(len(plain) + 1)]
    for name in names:  # `fits` says of how many parts each beginning matches the names so far
        longer = [False]
        for place, part in enumerate(plain):
            fit = fits[place + 1] or longer[place] if part == "**" else fits[place] and fnmatchcase(name, part)
            longer.append(fit)
        fits = longer
    return fits[-1]
