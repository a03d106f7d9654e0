"""Names of checkpoints: which model a repository, tag, file or provider's id stands for, and in which build."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Annotated, NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.model import Model
from llama_advisor.scenario.names import PLAIN_TAG, key

HOST = re.compile(
    r"^(?:https?://)?(?:huggingface\.co|hf\.co|registry\.ollama\.ai|ollama\.com)/(?:library/)?", re.IGNORECASE
)
_WORD = re.compile(r"[-_.\s]+")
_FILE = re.compile(r"\.(gguf|safetensors|bin|pte|mlx)$", re.IGNORECASE)
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_TAG = re.compile(r"llama[\w.\-]*\d[\w.\-]*(:[\w.\-]+)?", re.IGNORECASE)
_UNKNOWN = re.compile(r"(?:meta-llama/[\w.\-]*\d[\w.\-]*|llama\d[\w.\-]*:\d[\w.\-]*)", re.IGNORECASE)
REVISION = re.compile(r"/(?:versions|snapshots|revisions|tree/[\w.\-]+)(?:/[\w.\-]*)?/?$")
CACHED = re.compile(r"models--([\w.\-]+?)--([\w.\-]+)")
_GENERATION = re.compile(r"(llama[-_]?)v?(\d)[p_\-](\d)(?=[-_])")
MOST_OWNERS = 4
MOST_WORDS = 2
_DIGITS = re.compile(r"\d+")


class Checkpoint(NamedTuple):
    """What a name stands for."""

    model: Annotated[str | None, "Model id; None for a model that the rule base does not hold."]
    quantizations: Annotated[frozenset[str], "What it may mean; empty where it says nothing of them."] = frozenset()
    loose: Annotated[bool, "Whether the name leaves open which sibling is meant."] = False
    hosted: Annotated[bool, "Whether only providers call it so."] = False
    telling: Annotated[bool, "Whether it can hardly be the name of anything but a checkpoint."] = True


class Checkpoints:
    """The names of all checkpoints of a rule base; made once."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self._exact: dict[str, Checkpoint] = {}
        self._tags: dict[str, Model] = {}
        self._stems: dict[str, str] = {}
        self._quantizations: dict[str, frozenset[str]] = {}
        reading = base.checking.reading
        self._plain = {"", *reading.plain, *map(key, base.engines)}
        for model in base.models.values():
            files = model.artifacts
            self._exact[files.hf_repo.lower()] = Checkpoint(model.id)
            for item in (item for held in model.published.values() for item in held):
                meant = Checkpoint(model.id, frozenset() if item.file else frozenset({item.quantization}))
                self._exact.setdefault(item.name.lower(), meant)
                if PLAIN_TAG.fullmatch(item.name):
                    self._tags[item.name.lower()] = model
                    aliases = {tag.lower(): meant._replace(telling=":" in tag) for tag in model.aliases}
                    self._exact = {tag: held for tag, held in aliases.items() if _TAG.fullmatch(tag)} | self._exact
            for name in (model.id, model.name, files.hf_repo.rsplit("/", 1)[-1]):
                self._stems[key(name)] = model.id
        ids = {model.id for model in base.models.values()}
        for offer in base.hosted.values():
            sent = offer.id.partition("/")[2].lower()
            if sent not in ids:
                self._exact.setdefault(sent, Checkpoint(offer.model, loose="/" not in sent))
        self._hosted = reading.hosted
        for quantization in base.quantizations.values():
            for name in (quantization.id, quantization.name, *quantization.aliases):
                known = self._quantizations.get(key(name), frozenset())
                self._quantizations[key(name)] = known | {quantization.id}
        for name in reading.foreign_quantizations:
            self._quantizations.setdefault(key(name), frozenset({name}))
        owners = sorted({*reading.owners, *base.providers}, key=len, reverse=True)
        self._owner = re.compile("(?:{})[/.\\-]?(?=[\\w@])".format("|".join(map(re.escape, owners))), re.IGNORECASE)
        self._providers = frozenset(base.providers) - {"nvidia_nim", "huggingface"}
        self.find = cache(self._find)

    def places(self, name: str, begin: int = 0) -> list[int]:
        """Return where a name begins, with what providers and libraries put before it and without."""
        places = [begin]
        while len(places) < MOST_OWNERS and (owner := self._owner.match(name, places[-1])):
            places.append(owner.end())
        return places

    def _find(self, token: str) -> Checkpoint | None:
        """Return what a name stands for; None where it is no checkpoint's name."""
        name = REVISION.sub("", HOST.sub("", token.strip())).removesuffix(":latest").rstrip("/")
        if cached := CACHED.search(name):
            name = f"{cached[1]}/{cached[2]}"
        places = self.places(name)
        forms = [name[place:] for place in places]
        owners = {name[begin : end - 1].lower() for begin, end in pairwise(places)}
        hosted = any(mark in name.lower() for mark in self._hosted) or not owners.isdisjoint(self._providers)
        for read in (self._exact.get, self._tagged, self._spelled):
            for form in forms:
                if found := read(form.lower()):
                    last = form.rpartition("/")[2].lower().split("-")[-MOST_WORDS:]
                    held = found.quantizations or next(filter(None, map(self.quantization, last)), frozenset())
                    telling = found.telling or hosted or form is not name
                    return found._replace(quantizations=held, hosted=hosted, telling=telling)
        return Checkpoint(None) if any(map(_UNKNOWN.fullmatch, forms)) else None

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
        file = _FILE.search(last)
        last = _GENERATION.sub(r"\1\2.\3", _SHARD.sub("", _FILE.sub("", last)).lower())
        words = [word for word in _WORD.split(last) if word]
        if words[:1] == ["meta"]:
            words = words[1:]
        for length in range(len(words), 0, -1):
            model = self._stems.get(key("-".join(words[:length])))
            if model is None:
                continue
            held = self.rest(words[length:])
            if held is None:
                return None
            named = self.quantization(tag) if tag else held
            return Checkpoint(model, named, loose=True, telling=bool(owner or tag or file or words[length:]))
        return None

    def rest(self, words: list[str]) -> frozenset[str] | None:
        """Return the quantizations that the words behind a model's name mean; None where they mean another model."""
        if all(map(self._says_nothing, words)):
            return frozenset()
        for begin in range(len(words)):
            for end in range(len(words), begin, -1):
                held = self.quantization("-".join(words[begin:end]))
                around = [*words[:begin], *words[end:]]
                if held and all(self._says_nothing(word) or self.quantization(word) for word in around):
                    return held
        return None

    def _says_nothing(self, word: str) -> bool:
        return word in self._plain or _DIGITS.sub("#", word) in self._plain

    def quantization(self, name: str) -> frozenset[str]:
        """Return the quantizations that a word may mean."""
        folded = key(name)
        return self._quantizations.get(folded) or self._quantizations.get(folded.removesuffix("marlin"), frozenset())
