"""Words that keys, options, variables, calls and commands are made of, and what they set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePath

from llama_advisor.check.reading.pieces import First, Named, Path
from llama_advisor.knowledge.upkeep_entries import Checking, Spelling

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MARKS = re.compile(r"[^A-Za-z0-9]+")
_STEPS = re.compile(r"[.:]+")
_DEVICE = re.compile(r"(?<=/gpu)/.*")
LONGEST = 120
TELLING = 3
"""So many words of a name are a setting behind any others."""
HARDWARE = frozenset({"devices", "machine", "workers", "replicas"})
UNSAID = Spelling(names=(), sets="nothing")
"""Kind of a value that deploys nothing."""


def _folded(name: str) -> str:
    return name.replace("-", "")


class Words:
    """The words of a rule base; made once."""

    def __init__(self, checking: Checking) -> None:
        reading = checking.reading
        self.settings = {_folded(name): item for item in checking.settings for name in item.names}
        self.flags = {flag: item for item in checking.settings for flag in item.flags}
        self.models = {name for name, item in self.settings.items() if item.sets == "model"}
        self.prefixes = frozenset(map(_folded, reading.prefixes))
        self.transparent = frozenset(map(_folded, (*reading.transparent, *reading.lookups)))
        self.pickers = frozenset("".join(words_of(name)) for name in reading.pickers)
        self.elsewhere = self.pickers.union("".join(words_of(name)) for name in reading.elsewhere)
        self.offered = frozenset(reading.offered)
        self.unsaid = frozenset(map(_folded, reading.unsaid))
        self.selectors = frozenset("".join(words_of(name)) for name in reading.selectors)
        self.labels = tuple(map(_folded, reading.labels))
        self.files = [(kind.kind, kind.names) for kind in reading.files]
        self.said = lru_cache(4096)(self._said)
        self.told_elsewhere = lru_cache(4096)(self._told_elsewhere)
        self.kind_of_file = lru_cache(4096)(self._kind_of_file)

    def _kind_of_file(self, name: str) -> str:
        last = PurePath(name.lower()).name
        return next((kind for kind, names in self.files if any(fnmatchcase(last, known) for known in names)), "")

    def setting(self, name: str, above: str = "") -> Spelling | None:
        """Return what a key sets; `above` is the key around it, `model` of `name`."""
        if name in self.flags:
            return self.flags[name]
        words = words_of(_last(name))
        for parts in (words, words_of(above) + words if above else ()):
            for begin in range(len(parts)):
                found = self.settings.get("".join(parts[begin:]))
                telling = begin == 0 or len(parts) - begin >= TELLING or self._only_prefixes(parts[:begin])
                if found and (telling or found.sets == "model"):
                    return found
        return None

    def _only_prefixes(self, words: tuple[str, ...]) -> bool:
        return all(word in self.prefixes for word in words) or "".join(words) in self.prefixes

    def plain(self, key: str) -> bool:
        """Whether a folded key asks for a model and says no more, or only what stands before any setting."""
        return key in self.models or any(key.removeprefix(word) in self.models for word in self.prefixes)

    def _told_elsewhere(self, name: str) -> bool:
        return not self.elsewhere.isdisjoint(_parts(name))

    def beside(self, path: Path) -> bool:
        """Whether an option at a path is for another model: `--speculative-model`."""
        return any(isinstance(step, str) and step.startswith("-") and self.told_elsewhere(step) for step in path)

    def picked(self, path: Path) -> bool:
        """Whether a person picks from what stands at a path."""
        return any(isinstance(step, str) and not self.pickers.isdisjoint(_parts(step)) for step in path)

    def kind(self, path: Path) -> Spelling | None:
        """Return what the value at a path sets, UNSAID where it deploys nothing, None where its path does not tell."""
        keys = [step for step in path if isinstance(step, str)]
        found = self._told(keys)
        if any(self.told_elsewhere(name) for name in keys if not isinstance(name, Named) or isinstance(name, First)):
            return found if found and found.sets in HARDWARE else UNSAID  # a selector tells the machine
        return found

    def _told(self, keys: list[str]) -> Spelling | None:
        """Return what the last key sets that tells; behind a name of hardware, as `nvidia/gpu`, it may be a number."""
        command = False
        for index in range(len(keys) - 1, -1, -1):
            name = keys[index]
            if isinstance(name, First):
                command = True  # a command is no number: `bash -c "vllm serve …"`
                continue
            dotted = _STEPS.split(name)[-2:-1]
            around = (keys[place] for place in range(index - 1, -1, -1) if not isinstance(keys[place], Named))
            above = dotted[0] if dotted and dotted[0] else next(around, "")
            if found := self.said(name, above, named=isinstance(name, Named)):
                return None if command and found.sets not in {"model", "machine", UNSAID.sets} else found
            block = self.said(name, _DEVICE.sub("", keys[index - 1]), named=False) if index else None
            if block and block.sets in HARDWARE:
                return block
            if not isinstance(name, Named) and "".join(words_of(_last(name))) not in self.transparent:
                break
        return None

    def _said(self, name: str, above: str, *, named: bool) -> Spelling | None:
        """Return what one key sets below another."""
        words = words_of(_last(name))
        endings = ["".join(words[begin:]) for begin in range(len(words) - 1)]
        if self.told_elsewhere(name) or not self.unsaid.isdisjoint(endings):
            return UNSAID
        return self.setting(name, above) or (UNSAID if "".join(words) in self.unsaid and not named else None)


def _parts(name: str) -> Iterator[str]:
    """Yield the words of a name, pairs of them, and endings."""
    words = words_of(name)
    return ("".join(words[a:b]) for a in range(len(words)) for b in (a + 1, a + 2, len(words)))


def _last(name: str) -> str:
    return _STEPS.split(name)[-1] or name


@lru_cache(4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, small: `maxModelLen` as `max-model-len`; a plural model is a model."""
    words = [word.lower() for part in _MARKS.split(name[-LONGEST:]) for word in _HUMP.split(part) if word]
    return tuple("model" if word == "models" else word for word in words)
