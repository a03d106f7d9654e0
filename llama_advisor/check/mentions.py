"""Text in, mentions out: which models, quantizations, contexts, parallelism and versions a file deploys; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from llama_advisor.check.checkpoints import LONGEST, Checkpoint, Checkpoints
from llama_advisor.check.comments import without_comments
from llama_advisor.check.patterns import Spelled, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.upkeep_entries import Checking, Spelling

_LLAMA = re.compile("llama", re.IGNORECASE)
_INSIDE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:")
_QUOTE = r"""(?:\\?["'])?"""
_BETWEEN = (
    rf"{_QUOTE}(?:\s{{0,9}}[=:,]\s{{0,99}}|\s{{1,99}})(?:-\s{{1,9}})?{_QUOTE}"
    rf"(?:value{_QUOTE}\s{{0,9}}:\s{{0,9}})?{_QUOTE}"
)
_NUMBER = r"(?P<number>\d[\d_]{0,11})(?P<scale>[kKmM]?)(?![\w.])"
_TEXT = r"(?P<text>[A-Za-z][\w.\-]{0,60})(?![\w/])"
_MODEL = r"(?P<text>[A-Za-z0-9][\w.\-]{0,95}(?:/[\w.\-]{1,95})?(?::[\w.\-]{1,60})?)(?![\w/])"
_SERVED = re.compile(rf"\b(?:vllm\s+serve|ollama\s+(?:run|pull|create))\s+(?:\\?[\"'])?{_MODEL}")
_FROM = re.compile(rf"(?im)^\s*FROM\s+{_MODEL}")
_SCALES = {"": 1, "k": 1024, "m": 1024 * 1024}
NOTHING = frozenset({"none", "null", "auto", "true", "false"})


@dataclass(frozen=True)
class Mention:
    """One thing that a file deploys, and where it says so."""

    kind: str  # model, quantization, context, parallelism, nodes or version.
    start: int
    end: int
    text: str
    number: int = 0
    total: bool = False  # Whether the number counts all sequences together.
    checkpoint: Checkpoint | None = None
    quantizations: frozenset[str] = frozenset()
    engine: str = ""


@dataclass(frozen=True)
class Scanner:
    """The patterns of one rule base; made once."""

    checkpoints: Checkpoints
    settings: tuple[tuple[Spelled, Spelling], ...] = field(repr=False)
    runtimes: tuple[tuple[Spelled, str], ...] = field(repr=False)
    options: Spelled = field(repr=False)
    words: tuple[tuple[Spelled, str], ...] = field(repr=False)

    @classmethod
    def of(cls, base: RuleBase, checking: Checking) -> Scanner:
        """Compile what the rule base lists."""
        others = [spelling for spelling in checking.settings if spelling.sets != "model"]
        models = [spelling for spelling in checking.settings if spelling.sets == "model"]
        options = tuple(f"--{name}" for spelling in models for name in spelling.names)
        flags = tuple(flag for spelling in models for flag in spelling.flags)
        version = r"(?:\[[\w,]{0,60}\])?(?::v?|\s?==\s?|@)(\d+(?:\.\d+)+)"
        return cls(
            checkpoints=Checkpoints(base),
            settings=tuple((_setting(spelling), spelling) for spelling in others),
            runtimes=tuple((Spelled.of(r.names, (), version, "./"), r.engine) for r in checking.runtimes),
            options=Spelled.of((), (*options, *flags), f"{_BETWEEN}{_MODEL}"),
            words=tuple((Spelled.of(r.names, (), r"(?![\w-])", "."), r.engine) for r in checking.runtimes),
        )

    def scan(self, name: str, text: str) -> tuple[Mention, ...]:
        """Return what a file deploys, in order."""
        plain = without_comments(name, text)
        lower = folded(plain)
        found = {mention.start: mention for mention in self._served(name, plain, lower)}
        found |= {mention.start: mention for mention in self._models(plain)}
        others = [*self._set(plain, lower), *self._versions(plain, lower)]
        return tuple(sorted([*found.values(), *others], key=lambda item: (item.start, item.kind)))

    def engines(self, text: str) -> frozenset[str]:
        """Return the engines whose image, package or command a text names."""
        lower = folded(text)
        return frozenset(engine for spelled, engine in self.words if next(spelled.find(text, lower), None))

    def _models(self, text: str) -> Iterator[Mention]:
        """Yield every name of a checkpoint around the word llama."""
        done = 0
        for match in _LLAMA.finditer(text):
            if match.start() < done:
                continue
            start, end = match.span()
            while start > done and match.start() - start < LONGEST and text[start - 1] in _INSIDE:
                start -= 1
            while end < len(text) and end - match.end() < LONGEST and text[end] in _INSIDE:
                end += 1
            done = end
            yield from self._named(text, start, end)

    def _named(self, text: str, start: int, end: int) -> Iterator[Mention]:
        while start < end and text[start] in "-./:_":
            start += 1
        while end > start and text[end - 1] in "-./:_":
            end -= 1
        token = text[start:end]
        for cut in _beginnings(token):
            found = self.checkpoints.find(token[cut:])
            if found is not None:
                yield Mention("model", start + cut, end, token[cut:], checkpoint=found)
                return

    def _served(self, name: str, text: str, lower: str) -> Iterator[Mention]:
        """Yield models of other families where a server is told to load them."""
        matches = [match for match in self.options.find(text, lower) if set(match["text"]) & set("/:")]
        matches += _SERVED.finditer(text)
        if PurePath(name).name.lower().startswith("modelfile") or name.lower().endswith(".modelfile"):
            matches += _FROM.finditer(text)
        for match in matches:
            told = match["text"]
            if not told.lower().endswith(".gguf"):
                found = self.checkpoints.find(told) or Checkpoint(None)
                yield Mention("model", *match.span("text"), told, checkpoint=found)

    def _set(self, text: str, lower: str) -> Iterator[Mention]:
        for spelled, spelling in self.settings:
            for match in spelled.find(text, lower):
                groups = match.groupdict()
                if groups.get("number"):
                    start, end = match.start("number"), match.end("scale")
                    number = int(groups["number"].replace("_", "")) * _SCALES[groups["scale"].lower()]
                    yield Mention(spelling.sets, start, end, text[start:end], number=number, total=spelling.total)
                elif groups.get("text") and groups["text"].lower() not in NOTHING:
                    held = self.checkpoints.quantization(groups["text"])
                    if held:
                        yield Mention(spelling.sets, *match.span("text"), groups["text"], quantizations=held)

    def _versions(self, text: str, lower: str) -> Iterator[Mention]:
        for spelled, engine in self.runtimes:
            for match in spelled.find(text, lower):
                yield Mention("version", *match.span(1), match[1], engine=engine)


def _beginnings(token: str) -> Iterator[int]:
    """Yield where a name may begin in a path or URL: at its start, or with its last two or one parts."""
    yield 0
    slashes = [index for index, letter in enumerate(token) if letter in "/:"]
    for index in [*slashes[-2:-1], *slashes[-1:], *slashes[:-2]]:
        yield index + 1


def _setting(spelling: Spelling) -> Spelled:
    value = _TEXT if spelling.sets == "quantization" else _NUMBER
    return Spelled.of(spelling.names, spelling.flags, f"{_BETWEEN}{value}")
