"""Names of checkpoints and versions of engines, as deployments write them: what each of them means."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, NamedTuple

from llama_advisor.scenario.names import key
from llama_advisor.sizing.support import architecture_support

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model

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
    quantizations: Annotated[frozenset[str], "What the name may mean; empty where it says nothing of them."] = (
        frozenset()
    )
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
            repositories = {files.hf_repo: "", files.gguf_repo: ""}
            repositories |= {repo: name for name, repo in files.quantized_repos.items()}
            repositories |= {build.hf_repo: build.quantization for build in model.official_builds}
            for repository, held in repositories.items():
                if repository:
                    meant = Checkpoint(model.id, frozenset({held} if held else ()))
                    self._exact.setdefault(repository.lower(), meant)
            if files.ollama_tag:
                tagged = frozenset({files.ollama_quantization} if files.ollama_quantization else ())
                self._tags[files.ollama_tag.lower()] = model
                for tag in (files.ollama_tag, *(name for name in model.aliases if _TAG.fullmatch(name))):
                    self._exact.setdefault(tag.lower(), Checkpoint(model.id, tagged))
            for name in (model.id, model.name, files.hf_repo.rsplit("/", 1)[-1]):
                self._stems[key(name)] = model.id
        for quantization in base.quantizations.values():
            for name in (quantization.id, quantization.name, *quantization.aliases):
                known = self._quantizations.get(key(name), frozenset())
                self._quantizations[key(name)] = known | {quantization.id}
        self.find = cache(self._find)

    def _find(self, token: str) -> Checkpoint | None:
        """Return what a name stands for; None where it is no checkpoint's name."""
        name = _HOST.sub("", token.strip())
        found = self._exact.get(name.lower()) or self._tagged(name.lower()) or self._spelled(name)
        return found or (Checkpoint(None) if _UNKNOWN.fullmatch(name) else None)

    def _tagged(self, lower: str) -> Checkpoint | None:
        """Read a spelt-out tag: `llama3.1:8b-instruct-q8_0`, `llama3.1:8b-text-q4_0`."""
        if lower.endswith(":latest"):
            return self._exact.get(lower.removesuffix(":latest"))
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
    support = architecture_support(engine, model)
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
