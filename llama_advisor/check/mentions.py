"""What a text deploys: names of checkpoints read, models, quantizations, contexts, layouts and versions found; pure."""

from __future__ import annotations

import io
import re
import string
import tokenize
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import yaml

from llama_advisor.scenario.names import PLAIN_TAG, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
WORD = frozenset(string.ascii_letters + string.digits + "_")
_INSIDE = WORD | frozenset("-./:")
_LLAMA = re.compile("llama", re.IGNORECASE)
_QUOTE = r"""(?:\\?["'])?"""
_BETWEEN = (
    rf"{_QUOTE}(?:\s{{0,9}}[=:,]\s{{0,99}}|\s{{1,99}})(?:-\s{{1,9}})?{_QUOTE}"
    rf"(?:value{_QUOTE}\s{{0,9}}:\s{{0,9}})?{_QUOTE}"
)
_NUMBER = r"(?P<number>\d[\d_]{0,11})(?P<scale>[kKmM]?)(?![\w.])"
_TEXT = r"(?P<text>[A-Za-z][\w.\-]{0,60})(?![\w/])"
_MODEL = r"(?P<text>[A-Za-z0-9][\w.\-]{0,95}(?:/[\w.\-]{1,95})?(?::[\w.\-]{1,60})?)(?![\w/])"
_VERSION = r"(?:\[[\w,]{0,60}\])?(?::v?|\s?==\s?|@)(\d+(?:\.\d+)+)"
_SERVED = re.compile(rf"\b(?:vllm\s+serve|ollama\s+(?:run|pull|create))\s+(?:\\?[\"'])?{_MODEL}")
_FROM = re.compile(rf"(?im)^\s*FROM\s+{_MODEL}")
_SCALES = {"": 1, "k": 1024, "m": 1024 * 1024}
NOTHING = frozenset({"none", "null", "auto", "true", "false"})

_HASH = re.compile(r"(?m)(?:^|(?<=\s))#[^\n\r]*")
_HASH_IN_CELL = re.compile(r'(?:^"|\\n|\s)\s*#')
_NOT_BREAK = re.compile(r"[^\n\r]")
_DOCS_AFTER = frozenset(
    {tokenize.ENCODING, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT}
)
PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})
NO_COMMENTS = frozenset({".json", ".lock"}) | PROSE
_HOST = re.compile(
    r"^(?:https?://)?(?:huggingface\.co|hf\.co|registry\.ollama\.ai|ollama\.com)/(?:library/)?", re.IGNORECASE
)
_WORD = re.compile(r"[-_.\s]+")
_FILE = re.compile(r"\.(gguf|safetensors|bin|pte|mlx)$", re.IGNORECASE)
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_TAG = re.compile(r"llama\d[\w.\-]*(:[\w.\-]+)?", re.IGNORECASE)
_UNKNOWN = re.compile(r"(?:meta-llama/[\w.\-]*\d[\w.\-]*|llama\d[\w.\-]*:\d[\w.\-]*)", re.IGNORECASE)
_PLAIN = frozenset(
    {"", "gguf", "hf", "unsloth", "dynamic", "quantized", "bnb", "imatrix", "ud", "i1", "onnx", "mlx", "q4f16"}
)
_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
LONGEST = 200
WRONG_VERSION = "LA206"


class Checkpoint(NamedTuple):
    """What a name stands for."""

    model: Annotated[str | None, "Model id; None for a model that the rule base does not hold."]
    quantizations: Annotated[frozenset[str], "What it may mean; empty where it says nothing of them."] = frozenset()
    loose: Annotated[bool, "Whether the name leaves open which sibling is meant."] = False


class Checkpoints:
    """The names of all checkpoints of a rule base; made once."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self._exact: dict[str, Checkpoint] = {}
        self._tags: dict[str, Model] = {}
        self._stems: dict[str, str] = {}
        self._quantizations: dict[str, frozenset[str]] = {}
        for model in base.models.values():
            files = model.artifacts
            self._exact[files.hf_repo.lower()] = Checkpoint(model.id)
            for item in (item for held in model.published.values() for item in held):
                meant = Checkpoint(model.id, frozenset() if item.file else frozenset({item.quantization}))
                self._exact.setdefault(item.name.lower(), meant)
                if PLAIN_TAG.fullmatch(item.name):
                    self._tags[item.name.lower()] = model
                    self._exact = {tag.lower(): meant for tag in filter(_TAG.fullmatch, model.aliases)} | self._exact
            for name in (model.id, model.name, files.hf_repo.rsplit("/", 1)[-1]):
                self._stems[key(name)] = model.id
        for quantization in base.quantizations.values():
            for name in (quantization.id, quantization.name, *quantization.aliases):
                known = self._quantizations.get(key(name), frozenset())
                self._quantizations[key(name)] = known | {quantization.id}
        self.find = cache(self._find)

    def _find(self, token: str) -> Checkpoint | None:
        """Return what a name stands for; None where it is no checkpoint's name."""
        name = _HOST.sub("", token.strip()).removesuffix(":latest")
        found = self._exact.get(name.lower()) or self._tagged(name.lower()) or self._spelled(name)
        return found or (Checkpoint(None) if _UNKNOWN.fullmatch(name) else None)

    def _tagged(self, lower: str) -> Checkpoint | None:
        """Read a spelt-out tag: `llama3.1:8b-instruct-q8_0`, `llama3.1:8b-text-q4_0`."""
        tag = max((tag for tag in self._tags if lower.startswith(f"{tag}-")), key=len, default=None)
        if tag is None:
            return None
        rest = lower.removeprefix(f"{tag}-").split("-", 1)
        model = self._tags[tag]
        if rest[0] == "text" and model.kind != "base" and model.sibling:
            model = self.base.models[model.sibling]
        return Checkpoint(model.id, self.quantization(rest[-1]))

    def _spelled(self, name: str) -> Checkpoint | None:
        """Read a repository, file or id that begins with a model's name and goes on with its quantization."""
        path, _, tag = name.partition(":")
        owner, _, last = path.rpartition("/")
        last = _SHARD.sub("", _FILE.sub("", last))
        words = [word for word in _WORD.split(last.lower()) if word]
        if words[:1] == ["meta"]:
            words = words[1:]
        for length in range(len(words), 0, -1):
            model = self._stems.get(key("-".join(words[:length])))
            if model is None:
                continue
            held = self._rest(words[length:])
            if held is None:
                return None
            named = self.quantization(tag) if tag else held
            return Checkpoint(model, named, loose="/" not in name or owner.endswith(("models", ".")))
        return None

    def _rest(self, words: list[str]) -> frozenset[str] | None:
        """Return the quantizations that the words behind a model's name mean; None where they mean another model."""
        telling = [word for word in words if word not in _PLAIN]
        if not telling:
            return frozenset()
        for begin in range(len(words)):
            for end in range(len(words), begin, -1):
                held = self.quantization("-".join(words[begin:end]))
                around = [*words[:begin], *words[end:]]
                if held and all(word in _PLAIN or self.quantization(word) for word in around):
                    return held
        return None

    def quantization(self, name: str) -> frozenset[str]:
        """Return the quantizations that a word may mean."""
        folded = key(name)
        return self._quantizations.get(folded) or self._quantizations.get(folded.removesuffix("marlin"), frozenset())


def wrong_version(engine: Engine, version: str, model: Model) -> str | None:
    """Say that a version of an engine does not run a model, and which do; a version without a number is not judged."""
    support = engine.by_architecture.get(model.architecture.kind)
    if support is None or not parts(version):
        return None
    late = support.until is not None and compared(version, support.until) > 0
    early = support.since is not None and compared(version, support.since) < 0
    if not late and not early:
        return None
    bounds = [f"from {support.since}" if support.since else "", f"up to {support.until}" if support.until else ""]
    pin = f" ({support.pin})" if support.pin else ""
    return f"{engine.name} {version} does not run {model.name}; versions {' '.join(filter(None, bounds))} do{pin}"


def parts(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: `v0.11.0rc1` is (0, 11, 0)."""
    match = _NUMBERS.match(version.strip().lstrip("vV="))
    return tuple(map(int, match[0].split("."))) if match else ()


def compared(one: str, other: str) -> int:
    """Return -1, 0 or 1; what one of them does not say counts as the same."""
    a, b = parts(one), parts(other)
    length = min(len(a), len(b))
    return (a[:length] > b[:length]) - (a[:length] < b[:length])


class Mention(NamedTuple):
    """One thing that a file deploys, and where it says so."""

    kind: Annotated[str, "model, quantization, context, parallelism, nodes or version."]
    start: int
    end: int
    text: str
    number: int = 0
    total: Annotated[bool, "Whether the number counts all sequences together."] = False
    checkpoint: Checkpoint | None = None
    quantizations: frozenset[str] = frozenset()
    engine: str = ""


class Spelled:
    """One thing in all its spellings: found as plain words first, then read by a pattern that begins there."""

    def __init__(self, names: Iterable[str], flags: Iterable[str], follows: str, barred: str = "") -> None:
        """Take names with dashes, underscores or neither, flags as they are, what must follow and may not precede."""
        self.literals = {*(name.replace("-", mark) for name in names for mark in ("-", "_", "")), *flags}
        words = [re.escape(name).replace(r"\-", "[-_]?") for name in sorted(names, key=len, reverse=True)]
        self.pattern = re.compile(f"(?:{'|'.join([*words, *map(re.escape, flags)])}){follows}", re.IGNORECASE)
        self.barred = WORD | frozenset(barred)

    def find(self, text: str, lower: str) -> Iterator[re.Match[str]]:
        """Yield each match, in order; `lower` is the text folded."""
        done = 0
        places: set[int] = set()
        for literal in self.literals:
            place = lower.find(literal)
            while place >= 0:
                places.add(place)
                place = lower.find(literal, place + 1)
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


def folded(text: str) -> str:
    """Return text in lower case, every character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_LOWER)


class Scanner:
    """The patterns of one rule base; made once."""

    def __init__(self, base: RuleBase) -> None:
        checking = base.checking
        models = [spelling for spelling in checking.settings if spelling.sets == "model"]
        flags = [*(f"--{name}" for item in models for name in item.names), *(f for item in models for f in item.flags)]
        self.checkpoints = Checkpoints(base)
        self.options = Spelled((), flags, f"{_BETWEEN}{_MODEL}")
        self.settings = [
            (Spelled(item.names, item.flags, _BETWEEN + (_TEXT if item.sets == "quantization" else _NUMBER)), item)
            for item in checking.settings
            if item.sets != "model"
        ]
        self.runtimes = [(Spelled(item.names, (), _VERSION, "./"), item.engine) for item in checking.runtimes]
        self.words = [(Spelled(item.names, (), r"(?![\w-])", "."), item.engine) for item in checking.runtimes]

    def scan(self, name: str, text: str) -> tuple[Mention, ...]:
        """Return what a file deploys, in order."""
        plain = without_comments(name, text)
        lower = folded(plain)
        found = {mention.start: mention for mention in self._served(name, plain, lower)}
        found |= {mention.start: mention for mention in self._models(plain)}
        every = [*found.values(), *self._set(plain, lower)]
        for spelled, engine in self.runtimes:
            for match in spelled.find(plain, lower):
                every.append(Mention("version", *match.span(1), match[1], engine=engine))
        return tuple(sorted(every, key=lambda item: (item.start, item.kind)))

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
            token = text[start:end].rstrip("-./:_")
            end, token = start + len(token), token.lstrip("-./:_")
            # It may begin in a path or URL: at its start, or with its last two or one parts.
            slashes = [index + 1 for index, letter in enumerate(token) if letter in "/:"]
            for cut in (0, *slashes[-2:-1], *slashes[-1:], *slashes[:-2]):
                found = self.checkpoints.find(token[cut:])
                if found is not None:
                    yield Mention("model", end - len(token) + cut, end, token[cut:], checkpoint=found)
                    break

    def _served(self, name: str, text: str, lower: str) -> Iterator[Mention]:
        """Yield models of other families where a server is told to load them."""
        matches = [match for match in self.options.find(text, lower) if set(match["text"]) & set("/:")]
        matches += _SERVED.finditer(text)
        if PurePath(name).name.lower().startswith("modelfile") or name.lower().endswith(".modelfile"):
            matches += _FROM.finditer(text)
        for match in matches:
            model = match["text"]
            if not model.lower().endswith(".gguf"):
                found = self.checkpoints.find(model) or Checkpoint(None)
                yield Mention("model", *match.span("text"), model, checkpoint=found)

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


def without_comments(name: str, text: str) -> str:
    """Blank out what a file says to people: comments, docstrings, prose of notebooks; the rest keeps its place."""
    suffix = PurePath(name).suffix.lower()
    if suffix in NO_COMMENTS:
        return text
    try:
        if suffix == ".ipynb":
            return _blanked(text, _notebook_prose(text))
        if suffix == ".py":
            return _blanked(text, _python_prose(text))
    except (yaml.YAMLError, RecursionError, ValueError):
        return text
    except (tokenize.TokenError, SyntaxError, IndexError):  # no Python: it loses its comments alone
        pass
    return _blanked(text, (match.span() for match in _HASH.finditer(text)))


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], _NOT_BREAK.sub(" ", text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def _python_prose(text: str) -> Iterator[tuple[int, int]]:
    """Yield comments and strings that are statements."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    before = tokenize.ENCODING
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        (row, column), (end_row, end_column) = token.start, token.end
        prose = token.type == tokenize.COMMENT
        if token.type == tokenize.STRING and before in _DOCS_AFTER:
            after = lines[end_row - 1][end_column:].split("#", 1)[0]
            prose = not lines[row - 1][:column].strip() and not after.strip()
        if prose:
            yield starts[row - 1] + column, starts[end_row - 1] + end_column
        if token.type not in {tokenize.NL, tokenize.COMMENT} or before in _DOCS_AFTER:
            before = token.type


def _notebook_prose(text: str) -> Iterator[tuple[int, int]]:
    """Yield all but the source of a notebook's code cells, and the comments in it."""
    cells = _value(yaml.compose(text, Loader=_LOADER), "cells")
    lines: set[tuple[int, int]] = set()
    for cell in _items(cells):
        if getattr(_value(cell, "cell_type"), "value", "") == "code":
            source = _value(cell, "source")
            parts = [part for part in _items(source) or [source] if isinstance(part, yaml.ScalarNode)]
            lines.update((part.start_mark.index, part.end_mark.index) for part in parts)
    at = 0
    for start, end in sorted(lines):
        yield at, start
        line = text[start:end]
        comment = _HASH_IN_CELL.search(line)
        at = start + comment.end() - 1 if comment and "\\n" not in line[comment.end() : -3] else end
    yield at, len(text)


def _value(node: Any, name: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _items(node: Any) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
