"""Pieces of files and what is said in them: every character keeps its place in the file it comes from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[\s\S])")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}
_DRIVE = re.compile(r"[A-Za-z]:\\\w")
_NOT_BREAK = re.compile(r"[^\n\r]")


class Named(str):
    """A step of a path that is a name given to it, not a key: of a resource, a list's item, a variable."""

    __slots__ = ()


class File(Named):
    """The name of a file in a file: what stands in it says nothing of what stands around it."""

    __slots__ = ()


class First(Named):
    """The first word of a command: what it does."""

    __slots__ = ()


Path = tuple[str | int, ...]
SENTENCE = Named("")
"""Step above the words of a text that is no command: they may be anything."""


class Entry(NamedTuple):
    """One value, and where it stands."""

    path: Annotated[Path, "Containers and keys down to the value; numbers keep those without a name apart."]
    value: str
    start: int
    end: int


class Piece(NamedTuple):
    """A text and where its characters stand in its file."""

    text: str
    starts: tuple[int, ...] = (0,)
    places: Annotated[tuple[int, ...], "Where in the file the characters from each of `starts` stand."] = (0,)

    def entry(self, path: Path, start: int, end: int) -> Entry:
        """Return the entry of a value of this text."""
        first, last = self._place(start), self._place(max(start, end - 1))
        return Entry(path, self.text[start:end], first, last + (end > start))

    def _place(self, index: int) -> int:
        part = bisect_right(self.starts, index) - 1
        return self.places[part] + index - self.starts[part]

    def part(self, start: int, end: int, *, escaped: bool = False) -> Piece:
        """Return a part as a piece of its own, its escapes read where it has some."""
        text, starts, places = self.text[start:end], [0], [self._place(start)]
        if len(self.starts) > 1:
            inside = range(bisect_right(self.starts, start), bisect_right(self.starts, end))
            starts += [self.starts[i] - start for i in inside]
            places += [self.places[i] for i in inside]
        if escaped and "\\" in text and not _DRIVE.match(text):
            return _unescaped(text, Piece(text, tuple(starts), tuple(places)))
        return Piece(text, tuple(starts), tuple(places))

    def blanked(self, spans: Iterable[tuple[int, int]]) -> Piece:
        """Return the piece with spaces for spans of it."""
        pieces, at = [], 0
        for start, end in spans:
            pieces += [self.text[at:start], _NOT_BREAK.sub(" ", self.text[start:end])]
            at = end
        return self._replace(text="".join([*pieces, self.text[at:]]))


def joined(pieces: Iterable[Piece]) -> Piece:
    """Return pieces one behind another."""
    texts: list[str] = []
    starts: list[int] = []
    places: list[int] = []
    at = 0
    for piece in pieces:
        texts.append(piece.text)
        starts += [at + start for start in piece.starts]
        places += piece.places
        at += len(piece.text)
    return Piece("".join(texts), tuple(starts) or (0,), tuple(places) or (0,))


def _unescaped(text: str, outer: Piece) -> Piece:
    def parts() -> Iterator[Piece]:
        at = 0
        for match in _ESCAPE.finditer(text):
            yield outer.part(at, match.start())
            letter = match[1]
            read = chr(int(letter[1:], 16)) if len(letter) > 1 else _ESCAPED.get(letter, letter)
            yield outer.part(match.start(), match.start() + 1)._replace(text=read)
            at = match.end()
        yield outer.part(at, len(text))

    return joined(parts())
