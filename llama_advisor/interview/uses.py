"""What it is for, in people's own words: uses scored by the words that their entries list."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate, pairwise, product
from typing import NamedTuple

from llama_advisor.knowledge.base import RuleBase

CLEAR = 3.0  # Score from which words say a use.
RIVAL = 0.7  # Share of the best score from which another use may be meant by the same words.
OFFERED = 3
MISSPELT = 0.7  # What a word counts that is only nearly one of those listed.
FIELD = "regulated"  # Tag of uses that say where the work is done: another use beside them says which work.
Parts = list[tuple[frozenset[int], float]]  # Phrases found: the places of their words, and what each counts.
_ALIKE = 0.8
_SHORT = 5
_AND = re.compile(r"[,;&/+]|\b(?:and|plus|also|then|or)$")
TOKEN = re.compile(r"[^\W_]+(?:\+\+|#|&[^\W_]+)?")


class Uses(NamedTuple):
    """Uses in a text."""

    taken: tuple[str, ...]  # Ids of uses; none where it is not clear.
    near: tuple[str, ...]  # Ids of the nearest ones where it is not clear.
    read: frozenset[int]  # Where words start that say a use.


class Vocabulary:
    """The words of all uses, made once for a rule base."""

    def __init__(self, base: RuleBase) -> None:
        self.phrases = [
            (case.id, tuple(text.split()), weight)
            for case in base.use_cases.values()
            for text, weight in ({case.id: CLEAR} | case.words).items()
        ]
        self.fields = {case.id for case in base.use_cases.values() if FIELD in case.tags}
        self.joined = {word: word.split("-") for _, phrase, _ in self.phrases for word in phrase if "-" in word}
        words = {word for _, phrase, _ in self.phrases for text in phrase for word in text.split("-")}
        self.whole: dict[str, list[str]] = {}
        for word, ending in product(sorted(words), ("", "s", "es")):
            if word[-1] != "*":
                self.whole.setdefault(word + ending, []).append(word)
        self.begun = tuple(sorted(word[:-1] for word in words if word[-1] == "*"))

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in (*self.whole, *(f"{word}*" for word in self.begun)):
            if len(word) > _SHORT:
                found.setdefault(word[0], []).append(word)
        return found

    def words(self, token: str) -> dict[str, float]:
        """Return the listed words that a token is, each with what it counts."""
        found = {f"{word}*": 1.0 for word in self.begun if token.startswith(word)}
        found |= dict.fromkeys(self.whole.get(token, ()), 1.0)
        if found or len(token) < _SHORT:
            return found
        alike = SequenceMatcher(b=token)
        best, nearest = _ALIKE, ""
        for word in self._by_letter.get(token[0], ()):
            plain = word.rstrip("*")
            alike.set_seq1(plain)
            alike.set_seq2(token[: len(plain)] if word[-1] == "*" else token)
            if alike.real_quick_ratio() > best and alike.quick_ratio() > best and (ratio := alike.ratio()) > best:
                best, nearest = ratio, word
        return dict.fromkeys(self.whole.get(nearest, (nearest,)), MISSPELT) if nearest else {}

    def _said(self, tokens: list[dict[str, float]]) -> dict[str, Parts]:
        """Return the phrases that words make, by what they say."""
        places: dict[str, Parts] = {}
        for index, words in enumerate(tokens):
            for word, counts in words.items():
                places.setdefault(word, []).append((frozenset({index}), counts))
        for word, parts in self.joined.items():
            for index in range(len(tokens) - len(parts) + 1):
                if all(part in tokens[index + place] for place, part in enumerate(parts)):
                    places.setdefault(word, []).append((frozenset(range(index, index + len(parts))), 1.0))
        said: dict[str, Parts] = {}
        for name, phrase, weight in self.phrases:
            for several in product(*(places.get(word, ()) for word in phrase)):
                where = frozenset[int]().union(*(at for at, _ in several))
                if len(where) >= len(phrase):
                    said.setdefault(name, []).append((where, weight * min(counts for _, counts in several)))
                    break
        return said

    def read(self, text: str) -> Uses:
        """Return the uses that a text in lower case says; several where each is said in words of its own."""
        found = [*TOKEN.finditer(text)]
        tokens = [self.words(match[0]) for match in found]
        said = self._said(tokens)
        likely = [name for name in said if _sum(said[name]) > 0]
        near = tuple(sorted(likely, key=lambda name: (-_sum(said[name]), name)))[:OFFERED]
        gaps = (text[one.end() : other.end()] for one, other in pairwise(found))
        clauses = (0, *accumulate(_AND.search(gap) is not None for gap in gaps))
        taken, read = self._taken(said, clauses)
        strange = sum(not words and len(match[0]) > _SHORT for match, words in zip(found, tokens, strict=True))
        taken = taken if strange <= len(read) else ()
        if not taken:
            read = frozenset[int]().union(*(where for name in near for where, _ in said[name]))
        return Uses(taken, () if taken else near, frozenset(found[index].start() for index in read))

    def _taken(self, said: dict[str, Parts], clauses: tuple[int, ...]) -> tuple[tuple[str, ...], frozenset[int]]:
        """Return the uses that are clear, none where the first could be another, and the places of their words."""
        taken: list[str] = []
        read: frozenset[int] = frozenset()
        while left := {name: _apart(parts, read) for name, parts in said.items() if name not in taken}:
            best = max(left, key=lambda name: (_sum(left[name]), name))
            clear = next((where for where, weight in left[best] if weight >= CLEAR), None)
            if clear is None or _sum(left[best]) < CLEAR:
                break
            where = read.union(*(where for where, _ in said[best]))
            least = RIVAL * _sum(left[best])
            same = (name for name in left if name != best and _sum(left[name]) >= least)
            unsure = any(_sum(_apart(said[name], where)) < CLEAR for name in same)
            if taken and {clauses[index] for index in clear} & {clauses[index] for index in read}:
                unsure |= not self.fields.intersection((best, *taken))
            if unsure:
                taken = [] if not taken or _sum(left[best]) >= RIVAL * _sum(said[taken[0]]) else taken
                break
            taken.append(best)
            read = where
        return tuple(taken), read


def _sum(parts: Parts) -> float:
    return sum(weight for _, weight in parts)


def _apart(parts: Parts, read: frozenset[int]) -> Parts:
    """Return phrases with what they count for the words in them that were not read yet."""
    return [(where, weight * len(where - read) / len(where)) for where, weight in parts]
