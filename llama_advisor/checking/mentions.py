"""Text in, mentions out: which models, quantizations, contexts, parallelism and versions a file deploys; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from llama_advisor.checking.checkpoints import LONGEST, Checkpoint, Checkpoints
from llama_advisor.checking.comments import without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.rulebase import RuleBase
    from llama_advisor.schema.checking import Checking, Spelling

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

    kind: str
    """model, quantization, context, parallelism, nodes or version."""
    start: int
    end: int
    text: str
    number: int = 0
    total: bool = False
    """Whether the number counts all sequences together."""
    checkpoint: Checkpoint | None = None
    quantizations: frozenset[str] = frozenset()
    engine: str = ""


@dataclass(frozen=True)
class Scanner:
    """The patterns of one rule base; made once."""

    checkpoints: Checkpoints
    settings: tuple[tuple[re.Pattern[str], Spelling], ...] = field(repr=False)
    runtimes: tuple[tuple[re.Pattern[str], str], ...] = field(repr=False)
    options: re.Pattern[str] = field(repr=False)
    words: tuple[tuple[re.Pattern[str], str], ...] = field(repr=False)

    @classmethod
    def of(cls, base: RuleBase, checking: Checking) -> Scanner:
        """Compile what the rule base lists."""
        settings = tuple((_setting(spelling), spelling) for spelling in checking.settings if spelling.sets != "model")
        runtimes = tuple(
            (
                re.compile(
                    rf"(?<![\w./-])(?:{_any(runtime.names)})(?:\[[\w,]{{0,60}}\])?(?::v?|\s?==\s?|@)(\d+(?:\.\d+)+)",
                    re.IGNORECASE,
                ),
                runtime.engine,
            )
            for runtime in checking.runtimes
        )
        names = [name for spelling in checking.settings if spelling.sets == "model" for name in spelling.names]
        flags = [flag for spelling in checking.settings if spelling.sets == "model" for flag in spelling.flags]
        option = rf"(?<![\w-])(?:--(?:{_any(names)})|{'|'.join(map(re.escape, flags)) or '(?!)'}){_BETWEEN}{_MODEL}"
        words = tuple(
            (re.compile(rf"(?<![\w.-])(?:{_any(runtime.names)})(?![\w-])", re.IGNORECASE), runtime.engine)
            for runtime in checking.runtimes
        )
        return cls(Checkpoints(base), settings, runtimes, re.compile(option, re.IGNORECASE), words)

    def scan(self, name: str, text: str) -> tuple[Mention, ...]:
        """Return what a file deploys, in order."""
        plain = without_comments(name, text)
        found = {mention.start: mention for mention in self._served(name, plain)}
        found |= {mention.start: mention for mention in self._models(plain)}
        others = [*self._set(plain), *self._versions(plain)]
        return tuple(sorted([*found.values(), *others], key=lambda item: (item.start, item.kind)))

    def engines(self, text: str) -> frozenset[str]:
        """Return the engines whose image, package or command a text names."""
        return frozenset(engine for pattern, engine in self.words if pattern.search(text))

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

    def _served(self, name: str, text: str) -> Iterator[Mention]:
        """Yield models of other families where a server is told to load them."""
        patterns = [_SERVED, self.options]
        if PurePath(name).name.lower().startswith("modelfile") or name.lower().endswith(".modelfile"):
            patterns.append(_FROM)
        for pattern in patterns:
            for match in pattern.finditer(text):
                told = match["text"]
                repository = "/" in told or ":" in told or pattern is not self.options
                if repository and not told.lower().endswith((".gguf", "/")):
                    start, end = match.span("text")
                    found = self.checkpoints.find(told) or Checkpoint(None)
                    yield Mention("model", start, end, told, checkpoint=found)

    def _set(self, text: str) -> Iterator[Mention]:
        for pattern, spelling in self.settings:
            for match in pattern.finditer(text):
                groups = match.groupdict()
                if groups.get("number"):
                    start, end = match.start("number"), match.end("scale")
                    number = int(groups["number"].replace("_", "")) * _SCALES[groups["scale"].lower()]
                    yield Mention(spelling.sets, start, end, text[start:end], number=number, total=spelling.total)
                elif groups.get("text") and groups["text"].lower() not in NOTHING:
                    held = self.checkpoints.quantization(groups["text"])
                    if held:
                        yield Mention(spelling.sets, *match.span("text"), groups["text"], quantizations=held)

    def _versions(self, text: str) -> Iterator[Mention]:
        for pattern, engine in self.runtimes:
            for match in pattern.finditer(text):
                yield Mention("version", *match.span(1), match[1], engine=engine)


def _beginnings(token: str) -> Iterator[int]:
    """Yield where a name may begin in a path or URL: at its start, or with its last two or one parts."""
    yield 0
    slashes = [index for index, letter in enumerate(token) if letter in "/:"]
    for index in [*slashes[-2:-1], *slashes[-1:], *slashes[:-2]]:
        yield index + 1


def _setting(spelling: Spelling) -> re.Pattern[str]:
    names = rf"(?<![\w-])(?:--?)?(?:{_any(spelling.names)})"
    flags = "|".join(rf"(?<![\w-]){re.escape(flag)}" for flag in spelling.flags)
    value = _TEXT if spelling.sets == "quantization" else _NUMBER
    return re.compile(rf"(?:{names}{'|' + flags if flags else ''}){_BETWEEN}{value}", re.IGNORECASE)


def _any(names: tuple[str, ...] | list[str]) -> str:
    """Return a pattern for any of the names, dashes and underscores folded, or left out as in `maxModelLen`."""
    return "|".join(re.escape(name).replace(r"\-", "[-_]?") for name in sorted(names, key=len, reverse=True))
