"""YAML and JSON, templates of them too, and notebooks: the tree of their values, with the file's own names as steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from llama_advisor.check.reading import lines
from llama_advisor.check.reading.pieces import Entry, File, Named, Path, Piece, joined
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import nodes

_CONTROL = re.compile(lines.NOTE + r"|^[ \t]*(?:\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\})[ \t]*$|\{%[^{}\n]*%\}", re.MULTILINE)
_NOT_BREAK = re.compile(r"[^\n]")
_FILLED = re.compile(r"\{\{[^{}\n]*\}\}")
_MAGIC = re.compile(r"(?m)^[ \t]*[!%].*$")
_TAGGED = re.compile(r"(?:[&!]\S*\s+)+")  # `!Sub "…"`, `&anchor …`
_HEADER = re.compile(r"[|>][^\n]*\n")
_PLACE = re.compile(r"[^/\d][^/]*(?=(?:/\d+)*$)")
DEEPEST = 60
MOST_INSIDE = 3
LONGEST = 200
CONTENTS = frozenset({"content", "contents"})
LABELS = ("name", "model_name", "title")
"""Keys whose value is a name of what stands beside them, the strongest first."""
Embedded = Callable[[Piece, str, int], "Iterator[Entry] | None"]
"""Reads a text as the file of a name, so deep inside others; None where no file is called so."""


def read(piece: Piece, name: str, embedded: Embedded, inside: int = 0) -> Iterator[Entry] | None:
    """Return what a file says as a tree, with the files embedded in it; None where it is none."""
    plain = _CONTROL.sub(lambda match: _NOT_BREAK.sub(" ", match[0]), piece.text)
    plain = _FILLED.sub(lambda match: "x" * len(match[0]), plain)
    try:
        documents = nodes(plain, name)
    except InputError:
        return None
    many = len(documents) > 1
    tree = _Tree(piece, embedded, inside)
    return chain.from_iterable(
        tree.walk(node, (index,) if many else (), 0) for index, node in enumerate(documents) if node
    )


class _Tree:
    """A text and the nodes of it that were seen: what is named again, but for single values, deploys nothing again."""

    def __init__(self, piece: Piece, embedded: Embedded, inside: int) -> None:
        self.piece, self.embedded, self.inside = piece, embedded, inside
        self.seen: set[int] = set()

    def walk(self, node: Any, path: Path, depth: int) -> Iterator[Entry]:
        """Yield the values at and below a node."""
        if id(node) in self.seen or depth > DEEPEST:
            return
        if node.id != "scalar":  # an alias of a single value sets it under another key
            self.seen.add(id(node))
        if node.id == "scalar":
            yield from self._scalar(node, path)
        elif node.id == "sequence":
            if any(item.id == "scalar" for item in node.value):
                spans = [(*self._extent(item)[:2], item) for item in node.value if item.id == "scalar"]
                items = [lines.Item(start, end, quoted=item.style == '"') for start, end, item in spans]
                yield from lines.options(self.piece, items, path)
            for index, item in enumerate(node.value):
                if item.id != "scalar":
                    yield from self.walk(item, (*path, index), depth + 1)
        else:
            keyed = {key.value: value for key, value in node.value if key.id == "scalar"}
            path = (*path, *self._around(keyed))
            place = _PLACE.search(str(getattr(keyed.get("path"), "value", ""))[-LONGEST:])
            placed = CONTENTS | {"value"} if "op" in keyed else CONTENTS  # of a file, of a patch
            for key, value in node.value:
                name = str(key.value)
                name = place[0] if place and name in placed else name
                yield from self.walk(value, (*path, name) if key.id == "scalar" else path, depth + 1)

    def _around(self, keyed: dict[str, Any]) -> Iterator[str]:
        """Yield the name of what a mapping holds, and the label whose `values` it is about."""
        label = next(filter(None, map(keyed.get, LABELS)), None) or _value(keyed.get("metadata"), "name")
        if label is not None and label.id == "scalar" and label.value:
            yield Named(self.piece.text[slice(*self._extent(label)[:2])])
        if getattr(keyed.get("operator"), "value", "") == "In":  # `{key: gpu.product, operator: In, values: […]}`
            yield str(getattr(keyed.get("key"), "value", ""))

    def _extent(self, node: Any) -> tuple[int, int, bool]:
        """Return where the text of a scalar stands, and whether its lines are lines."""
        start, end = node.start_mark.index, node.end_mark.index
        if tagged := _TAGGED.match(self.piece.text, start, end):
            start = tagged.end()
        if node.style in {"'", '"'}:
            return start + 1, end - 1, False
        if node.style in {"|", ">"}:
            header = _HEADER.match(self.piece.text, start)
            return (header.end() if header else end), end, node.style == "|"
        return start, end, False

    def _scalar(self, node: Any, path: Path) -> Iterator[Entry]:
        start, end, broken = self._extent(node)
        part = self.piece.part(start, end, escaped=node.style == '"')
        if path and self.inside < MOST_INSIDE and ("\n" in part.text or part.text.startswith("{")):
            found = self.embedded(part, str(path[-1]), self.inside + 1)
            if found is None and broken and _nested(part.text):
                found = read(part, str(path[-1]), self.embedded, self.inside + 1)
            if found is not None:
                within = (*path[:-1], File(path[-1]))
                yield from (entry._replace(path=(*within, *entry.path)) for entry in found)
                return
        if not broken:
            part = part._replace(text=part.text.replace("\n", " "))
        yield from lines.value(part, path, script=broken)


def _nested(text: str) -> bool:
    """Whether a text of lines is a tree of mappings and lists: no script, and no settings line by line."""
    try:
        documents = nodes(text, "")
    except InputError:
        return False
    held = [value for node in documents if node and node.id == "mapping" for _, value in node.value]
    return any(value.id != "scalar" and value.value for value in held)


def read_notebook(piece: Piece, name: str) -> Iterator[Entry] | None:
    """Return what the code cells of a notebook say; None where it is none."""
    try:
        documents = nodes(piece.text, name)
    except InputError:
        return None
    return chain.from_iterable(_cell(piece, cell, index) for index, cell in enumerate(_cells(documents)))


def _cells(documents: list[Any]) -> list[Any]:
    found = _value(documents[0], "cells") if documents else None
    return [cell for cell in _items(found) if getattr(_value(cell, "cell_type"), "value", "") == "code"]


def _cell(piece: Piece, cell: Any, index: int) -> Iterator[Entry]:
    from llama_advisor.check.reading import python

    source = _value(cell, "source")
    parts = [part for part in _items(source) or [source] if part is not None and part.id == "scalar"]
    code = joined(piece.part(part.start_mark.index + 1, part.end_mark.index - 1, escaped=True) for part in parts)
    magic = [match.span() for match in _MAGIC.finditer(code.text)]
    if code.text.lstrip().startswith(("%%bash", "%%sh", "%%script", "!")) and "\n" not in code.text.strip():
        magic = [(0, len(code.text))]
    elif code.text.lstrip().startswith(("%%bash", "%%sh", "%%script")):
        yield from lines.read(code, (index,), "shell")
        return
    for start, end in magic:
        first = start + len(code.text[start:end]) - len(code.text[start:end].lstrip(" \t!%"))
        yield from lines.read(code.part(first, end), (index,), "shell")
    plain = code.blanked(magic)
    yield from python.read(plain, (index,)) or lines.read(plain, (index,))


def _value(node: Any, name: str) -> Any:
    pairs = node.value if node is not None and node.id == "mapping" else ()
    return next((value for key, value in pairs if key.value == name), None)


def _items(node: Any) -> list[Any]:
    return list(node.value) if node is not None and node.id == "sequence" else []
