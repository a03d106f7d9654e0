"""Rule-base folders as plain data: read, and laid one over the other."""

from __future__ import annotations

import hashlib
from functools import cached_property
from os.path import realpath
from pathlib import Path
from typing import Any, NamedTuple

from llama_advisor.knowledge.cache import Kept, fingerprint
from llama_advisor.knowledge.kinds import ENTRY_FOLDERS, LIST_KEYS, SINGLE_FILES
from llama_advisor.text.errors import InputError, RuleBaseError, nearest
from llama_advisor.text.saving import file_bytes
from llama_advisor.text.yaml_file import Document, parse, printable

_FORMAT = "2"


class Layer:
    """One folder of rules: the label it has in messages, and the digest of its content."""

    def __init__(
        self, root: Path, label: str, digest: str, files: dict[str, Any] | None = None, kept: Kept | None = None
    ) -> None:
        self.root = root
        self.label = label
        self.digest = digest
        self.kept = kept
        if files is not None:
            self.files = files

    @cached_property
    def files(self) -> dict[str, Any]:
        """Every file as plain data, by name; read only where finished records do not do."""
        if self.kept and (kept := self.kept.files()) is not None:
            return kept
        names = fingerprint(self.root, ".yaml")[0]
        return _parsed(_contents(self.root, names, self.label), self.label)

    def document(self, relative: str) -> Document:
        """Read one file again, with the positions of its values."""
        path = self.root / relative
        return parse(path.read_text(encoding="utf-8"), f"{self.label}/{relative}")


class Origin(NamedTuple):
    """Where an entry was last written."""

    layer: Layer
    file: str
    loc: tuple[Any, ...] = ()

    def error(self, loc: tuple[Any, ...], what: str) -> RuleBaseError:
        """Return the error for `loc` inside the entry."""
        return RuleBaseError(self.layer.document(self.file).error((*self.loc, *loc), what))


def read_layer(root: Path, label: str, *, apart: bool = True) -> Layer:
    """Read every YAML file below `root`; raise RuleBaseError with the position of what is wrong.

    Out of a folder that is `apart` no link may lead: what is laid over the shipped rules may be a stranger's.
    """
    if not label or not root.is_dir():
        raise InputError(f"--rules {root if label else repr(label)}: not a directory")
    try:
        names, stats = fingerprint(root, ".yaml")
    except OSError as error:
        raise InputError(f"--rules {root}: {error.strerror or error}") from error
    for name in names if apart else ():
        if not Path(realpath(root / name)).is_relative_to(realpath(root)):
            raise RuleBaseError(printable(f"{label}/{name}: a link out of this folder"))
    kept = Kept(root, stats)
    if kept.unchanged:
        return Layer(root, label, kept.digest, kept=kept)
    contents = _contents(root, names, label)
    total = hashlib.sha256(_FORMAT.encode())  # of names and contents; answers show it, so no cache may change it
    for name, content in contents.items():
        total.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    digest = total.hexdigest()
    files = None if kept.digest == digest and kept.files() is not None else _parsed(contents, label)
    kept.keep(digest, files)
    return Layer(root, label, digest, files, kept)


class Entries:
    """Entries as plain data, layers laid one over the other, and where each was last written."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.entries: dict[str, dict[str, tuple[Any, Origin]]] = {}
        self.singles: dict[str, tuple[Any, Origin]] = {}
        self.removed: dict[tuple[str, str], Origin] = {}
        for layer in layers:
            for file, data in layer.files.items():
                origin = Origin(layer, file)
                folder, _, name = file.removesuffix(".yaml").rpartition("/")
                if not isinstance(data, dict):
                    raise origin.error((), "the file must hold a mapping")
                if file in SINGLE_FILES:
                    before = self.singles.get(file, ({}, origin))[0]
                    self.singles[file] = merged(before, data), origin
                elif folder not in ENTRY_FOLDERS:
                    self._take_lists(data, origin)
                elif data.get("id") != name:
                    raise origin.error(("id",), f"id must be the name of the file, {name!r}")
                else:
                    self._put(folder, name, data, origin)

    def _take_lists(self, data: dict[str, Any], origin: Origin) -> None:
        """Take the entries of a file that is no entry itself: lists by kind."""
        for key, entries in data.items():
            if key not in LIST_KEYS:
                raise origin.error((key,), f"unknown key {key!r}{nearest(key, LIST_KEYS)}")
            if not isinstance(entries, list):
                raise origin.error((key,), f"{key!r} must be a list")
            seen: set[str] = set()
            for index, entry in enumerate(entries):
                place = origin._replace(loc=(key, index))
                if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                    raise place.error((), "an entry is a mapping with an `id`")
                if entry["id"] in seen:
                    raise place.error(("id",), f"duplicate id {entry['id']!r}")
                seen.add(entry["id"])
                self._put(key, entry["id"], entry, place)

    def _put(self, kind: str, name: str, data: dict[str, Any], origin: Origin) -> None:
        entries = self.entries.setdefault(kind, {})
        if data.get("remove") is True:
            entries.pop(name, None)
            self.removed[kind, name] = origin
            return
        self.removed.pop((kind, name), None)
        lower, first = entries.get(name, ({}, origin))
        if name in entries and first.layer is origin.layer:
            raise origin.error(("id",), f"duplicate id {name!r}, also in {first.file}")
        entries[name] = merged(lower, data), origin


def merged(lower: Any, upper: Any) -> Any:
    """Lay `upper` over `lower`: mappings by key, lists of entries by id, all else replaced."""
    if isinstance(lower, dict) and isinstance(upper, dict):
        return lower | {key: merged(lower[key], value) if key in lower else value for key, value in upper.items()}
    if _entries(lower) and _entries(upper):
        by_id = {entry["id"]: entry for entry in lower}
        for entry in upper:
            by_id[entry["id"]] = merged(by_id.get(entry["id"], {}), entry)
        return list(by_id.values())
    return upper


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "id" in item for item in value)


def _contents(root: Path, names: list[str], label: str) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for name in names:
        try:
            contents[name] = file_bytes(root / name)
        except InputError as error:
            raise RuleBaseError(printable(f"{label}/{name}: {error}")) from error
    return contents


def _parsed(contents: dict[str, bytes], label: str) -> dict[str, Any]:
    files: dict[str, Any] = {}
    for name, content in contents.items():
        try:
            files[name] = parse(content.decode("utf-8"), f"{label}/{name}").data
        except UnicodeDecodeError as error:
            raise RuleBaseError(f"{label}/{name}: not UTF-8 text (byte {error.start})") from error
        except InputError as error:
            raise RuleBaseError(str(error)) from error
    return files
