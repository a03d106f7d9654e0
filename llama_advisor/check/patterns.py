"""Names of settings and runtimes in text: found as plain words first, then read by a pattern that begins there."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
WORD = frozenset(string.ascii_letters + string.digits + "_")


def folded(text: str) -> str:
    """Return text in lower case, every character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_LOWER)


@dataclass(frozen=True)
class Spelled:
    """One thing in all its spellings, and what must follow it."""

    literals: tuple[str, ...]  # Plain words with which it begins.
    pattern: re.Pattern[str] = field(repr=False)  # Reads it from its beginning on.
    barred: frozenset[str] = WORD  # What may not stand before it, dashes of an option aside.

    @classmethod
    def of(cls, names: tuple[str, ...], flags: tuple[str, ...], follows: str, barred: str = "") -> Spelled:
        """Return names with dashes, underscores or neither, and flags as they are, before what must follow."""
        literals = {name.replace("-", mark) for name in names for mark in "-_"} | {
            name.replace("-", "") for name in names
        }
        words = [re.escape(name).replace(r"\-", "[-_]?") for name in sorted(names, key=len, reverse=True)]
        either = "|".join([*words, *map(re.escape, flags)])
        pattern = re.compile(f"(?:{either}){follows}", re.IGNORECASE)
        return cls((*sorted(literals), *flags), pattern, WORD | frozenset(barred))

    def find(self, text: str, lower: str) -> Iterator[re.Match[str]]:
        """Yield each match, in order; `lower` is the text folded."""
        places = {place for literal in self.literals for place in _places(lower, literal)}
        done = 0
        for place in sorted(places):
            before = place
            while before > 0 and text[before - 1] == "-" and place - before < len("--"):
                before -= 1
            if place < done or (before > 0 and (text[before - 1] in self.barred or text[before - 1] == "-")):
                continue
            match = self.pattern.match(text, place)
            if match:
                done = match.end()
                yield match


def _places(lower: str, literal: str) -> Iterator[int]:
    place = lower.find(literal)
    while place >= 0:
        yield place
        place = lower.find(literal, place + 1)
