"""What is kept between runs, so that a start neither parses nor validates: one file for each folder of rules.

A file is a line of JSON that says what it was made from, then sections of JSON, each read when asked for. It is
plain data: what is broken, foreign or out of date is no cache, and a cache that cannot be written is no error.
"""

from __future__ import annotations

import json
import os
import sys
from collections import UserDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import Any, TypeVar
from zlib import crc32

from llama_advisor import __version__
from llama_advisor.knowledge.kinds import ENTRY_FOLDERS, LIST_KEYS, SINGLE_FILES
from llama_advisor.text.record import Record
from llama_advisor.text.saving import replace_file

Entry = TypeVar("Entry", bound=Record)
Table = Mapping[str, Entry]
LOOKED_UP = frozenset(
    {"devices", "instances", "rentals", "sources", "findings", "misunderstandings", "statements", "programs"}
)
"""Kinds of which most answers need few of many: each entry is kept as a text of its own. Of others they need all."""
FORMAT = 4
MOST_FILES = 8
SETTLED_NS = 2_000_000_000
"""A file younger than this may change again without a change of its time, so its time says nothing yet."""
FILES = "files"
"""The section of the files as plain data; all others are records, which hold for the code that made them."""
_MARK = "!"


class Kept:
    """What is kept of one folder of rules."""

    def __init__(self, root: Path, stats: str) -> None:
        self.stats = stats
        code = fingerprint(Path(__file__).parents[1], ".py")[1]
        self.code = f"{__version__} {code}" if code else ""
        self.digest = ""
        self._path: Path | None = None
        self._sections: dict[str, memoryview | bytes] = {}
        self._checks: dict[str, int] = {}
        self._made_from = ""
        try:
            base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
            folder = (Path(base) if base else Path.home() / ".cache") / "llama-advisor"
            self._path = folder / f"{sha256(str(root.absolute()).encode(errors='replace')).hexdigest()[:24]}.rules"
            content = self._path.read_bytes()
            start = content.index(b"\n") + 1
            said = json.loads(content[:start])
            if said["format"] == FORMAT and FILES in said["sections"]:
                for name, (size, check) in said["sections"].items():
                    if name == FILES or said["code"] == self.code != "":
                        self._sections[name] = memoryview(content)[start : start + size]
                        self._checks[name] = check
                    start += size
                self.digest, self._made_from = str(said["digest"]), said["stats"]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError):
            self.digest, self._sections = "", {}

    @property
    def unchanged(self) -> bool:
        """Whether no file has another name, size or time than when it was kept."""
        return bool(self.digest) and bool(self.stats) and self.stats == self._made_from

    @property
    def finished(self) -> bool:
        """Whether records are kept, not files alone."""
        return self._sections.keys() > {FILES}

    def files(self) -> dict[str, Any] | None:
        """The content of the files, by name."""
        found = self.data(FILES)
        return found if isinstance(found, dict) else None

    def table(self, name: str, kind: type[Entry], otherwise: Callable[[], Table[Entry]]) -> Table[Entry] | None:
        """The records of a kind by id, `otherwise` should one turn out broken; None where they are not kept."""
        if name in LOOKED_UP:
            texts = self.data(name)
            return _Looked(kind, texts, otherwise) if isinstance(texts, dict) else None
        found = self.data(name, _revival())
        return found if isinstance(found, dict) and all(type(item) is kind for item in found.values()) else None

    def single(self, name: str, kind: type[Entry]) -> Entry | None:
        """The record of a single file; None where it is not kept."""
        found = self.data(name, _revival())
        return found if isinstance(found, kind) else None

    def data(self, name: str, hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
        """Plain data of a section, or what the hook makes of its objects; None where it is not kept."""
        if name not in self._sections:
            return None
        content = bytes(self._sections[name])
        with suppress(KeyError, ValueError, TypeError, RecursionError):
            if crc32(content) == self._checks[name]:
                return json.loads(content, object_hook=hook)
        self._sections, self._checks = {}, {}  # what is broken goes, so that the next run writes it anew
        with suppress(OSError):
            if self._path:
                self._path.unlink()
        return None

    def keep(
        self, digest: str, files: Mapping[str, Any] | None = None, records: Mapping[str, Any] | None = None
    ) -> None:
        """Write what is known of the content with this digest, beside what is kept of it already."""
        if digest != self.digest:
            self._sections, self._checks, self.digest = {}, {}, digest
        if files is not None:
            self._sections[FILES] = json.dumps(files).encode()
        for name, value in (records or {}).items():
            texts = {key: _json(item).decode() for key, item in value.items()} if name in LOOKED_UP else None
            self._sections[name] = _json(texts or value)
        if FILES not in self._sections or self._path is None:
            return
        self._checks |= {name: crc32(content) for name, content in self._sections.items()}
        head = {
            "format": FORMAT,
            "code": self.code,
            "stats": self.stats,
            "digest": digest,
            "sections": {name: (len(content), self._checks[name]) for name, content in self._sections.items()},
        }
        folder = self._path.parent
        with suppress(OSError, RuntimeError):
            folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(folder.glob("*.rules"), key=lambda path: path.stat().st_mtime)[: -MOST_FILES + 1]:
                old.unlink()
            replace_file(self._path, b"".join([json.dumps(head).encode(), b"\n", *self._sections.values()]))


def fingerprint(root: Path, ending: str) -> tuple[list[str], str]:
    """Names of files below a folder, in order, and a hash of names, sizes and times; empty while one is fresh."""
    found: dict[str, tuple[int, int]] = {}
    todo = [""]
    while todo:
        below = todo.pop()
        with os.scandir(f"{root}/{below}") as entries:
            for entry in entries:
                if entry.name.endswith(ending):
                    found[below + entry.name] = -1, time_ns()
                    with suppress(OSError):  # a link that leads nowhere, which reading tells of
                        stat = entry.stat()
                        found[below + entry.name] = stat.st_size, stat.st_mtime_ns
                elif entry.is_dir(follow_symlinks=False):
                    todo.append(f"{below}{entry.name}/")
    names = sorted(found, key=lambda name: name.split("/"))
    settled = max((time for _, time in found.values()), default=0) < time_ns() - SETTLED_NS
    return names, sha256(repr([(name, found[name]) for name in names]).encode()).hexdigest() if settled else ""


class _Looked(UserDict[str, Entry]):
    """Records by id, each made when it is looked up."""

    def __init__(self, kind: type[Entry], texts: dict[str, Any], otherwise: Callable[[], Table[Entry]]) -> None:
        self._kind, self.data, self._otherwise = kind, texts, otherwise
        self._made: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        if name not in self._made:
            text: Any = self.data[name]
            try:
                made = json.loads(text, object_hook=_revival())
            except (KeyError, ValueError, TypeError, RecursionError):
                made = None
            if not isinstance(made, self._kind):
                self._made = dict(self._otherwise())
                made = self._made[name]
            self._made[name] = made
        return self._made[name]


def _json(value: Any) -> bytes:
    return json.dumps(_frozen(value), separators=(",", ":")).encode()


def _frozen(value: Any) -> Any:
    """Records as data that `_revival` makes records again; a field at its default is left out."""
    if isinstance(value, Record):
        fields: dict[str, Any] = {_MARK: type(value).__name__}
        for name, item in value._asdict().items():
            default = value._field_defaults.get(name, _MARK)
            if type(item) is not type(default) or item != default:
                fields[name] = [_frozen(part) for part in item] if isinstance(item, tuple) else _frozen(item)
                if isinstance(item, list):
                    fields[name] = {_MARK: "list", "of": fields[name]}
        return fields
    if isinstance(value, dict):
        if _MARK in value:
            raise ValueError(f"{_MARK!r} is no key that can be kept")
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {_MARK: "tuple", "of": [_frozen(item) for item in value]}
    if isinstance(value, list):
        return [_frozen(item) for item in value]
    return {_MARK: "date", "of": value.isoformat()} if isinstance(value, date) else value


@cache
def _revival() -> Callable[[dict[str, Any]], Any]:
    """The hook of json that makes records of objects; it raises ValueError or KeyError at what is none."""
    modules = {kind.__module__ for table in (ENTRY_FOLDERS, LIST_KEYS, SINGLE_FILES) for kind in table.values()}
    kinds = {
        name: (kind, frozenset(kind._fields), frozenset(kind._fields) - kind._field_defaults.keys())
        for module in modules
        for name, kind in vars(sys.modules[module]).items()
        if isinstance(kind, type) and issubclass(kind, Record)
    }
    values: dict[str, Any] = {"tuple": tuple, "list": list, "date": date.fromisoformat}

    def revive(fields: dict[str, Any]) -> Any:
        name = fields.pop(_MARK, None)
        if name is None:
            return fields
        if name in values:
            return values[name](fields["of"])
        kind, names, required = kinds[name]
        if not required <= fields.keys() <= names:
            raise ValueError(name)
        for field, item in fields.items():
            if type(item) is list:
                fields[field] = tuple(item)
        made = object.__new__(kind)
        made.__dict__.update(fields)
        return made

    return revive
