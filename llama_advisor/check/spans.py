"""Where things stand in a text: lines, columns, and the place of each value of a YAML document."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from llama_advisor.text.yaml_file import Document, Loc

_BREAK = re.compile(r"\r\n|\n|\r")
_ALIAS = re.compile(r"[\s:,\-\[?]*(\*[^\s,\[\]{}]+)")


class Span(NamedTuple):
    """From the first character to behind the last, lines and columns from 1, columns in code points."""

    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


class SourceText:
    """A text whose characters have lines and columns, as editors count them."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def __getstate__(self) -> dict[str, str]:
        """Leave out what follows from the text, on the way to another process."""
        return {"name": self.name, "text": self.text}

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters from `start` up to `end`."""
        return Span(*self._at(start), *self._at(max(start, end)))

    def _at(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return a line without its end, or nothing where there is none."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def value_place(document: Document, loc: Loc) -> tuple[int, int]:
    """Return from where to where the value at `loc` stands, or its nearest parent; an alias stands where it is used."""
    node, place = document.node, None
    for key in loc:
        inside = _child(node, key, document.text)
        if inside is None:
            break
        node, _, place = inside
    return place or _extent(node, document.text)


def key_place(document: Document, loc: Loc) -> tuple[int, int]:
    """Return where the key of `loc` stands; where it has none, its value."""
    node = document.node
    for depth, key in enumerate(loc, 1):
        inside = _child(node, key, document.text)
        if inside is None:
            return _extent(node, document.text)
        node, name, place = inside
        if depth == len(loc):
            return _extent(name, document.text) if name is not None else place
    return _extent(node, document.text)


def _child(node: Any, key: Any, text: str) -> tuple[Any, Any, tuple[int, int]] | None:
    """Return a value of a node with its key and place; None where it has no such key."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return value, name, _used(value, name.end_mark.index, text)
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        before = node.start_mark.index
        for item in node.value[:key]:
            before = _used(item, before, text)[1]
        return node.value[key], None, _used(node.value[key], before, text)
    return None


def _used(value: Any, before: int, text: str) -> tuple[int, int]:
    """Return where a value stands; one that stands before its key was written elsewhere and is named here."""
    if value.start_mark.index >= before:
        return _extent(value, text)
    alias = _ALIAS.match(text, before)
    return alias.span(1) if alias else (before, before)


def _extent(node: Any, text: str) -> tuple[int, int]:
    """Return where a node begins and where its last value ends: a block's own end lies behind blanks and comments."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.CollectionNode) and node.flow_style is False and node.value:
        last = node.value[-1]
        name, value = last if isinstance(last, tuple) else (None, last)
        if name is not None:
            return start, max(start, _used(value, name.end_mark.index, text)[1])
        if value.start_mark.index >= start:
            return start, _extent(value, text)[1]
    blank = isinstance(node, yaml.CollectionNode) or node.style in {"|", ">"}
    return start, start + len(text[start:end].rstrip()) if blank else end
