"""Loose names to ids: repositories, tags and spellings of models, engines, quantizations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.documents import printable
from llama_advisor.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llama_advisor.rulebase import RuleBase
    from llama_advisor.schema.model import Model

_NOISE = re.compile(r"[^a-z0-9]+")
_PREFIX = re.compile(r"^(meta-llama/|hf\.co/|https?://huggingface\.co/)?(meta-?)?", re.IGNORECASE)
_ORDER = {"instruct": 0, "base": 1, "guard": 2}


def key(name: str) -> str:
    """Fold case, separators and the publisher's prefixes."""
    return _NOISE.sub("", _PREFIX.sub("", name.strip().lower()))


def model_id(name: str, base: RuleBase, field: str = "model") -> str:
    """Return the id of a model by any of its names; loose names mean the instruct model."""
    if name in base.models:
        return name
    wanted = key(name)
    for spellings in (_exact, _loose):
        found = [model for model in base.models.values() if wanted in {key(text) for text in spellings(model)}]
        if found:
            return min(found, key=lambda model: (_ORDER[model.kind], model.id)).id
    raise InputError(f"{field}: unknown model {printable(name)!r}{nearest(name, base.models)}")


def _exact(model: Model) -> Iterable[str]:
    """Names that mean this checkpoint; an Ollama tag holds the instruct model."""
    tag = model.artifacts.ollama_tag
    builds = (build.hf_repo.rsplit("/", 1)[-1] for build in model.official_builds)
    named = (model.artifacts.hf_repo.rsplit("/", 1)[-1], *builds, *model.aliases)
    if model.kind == "base":
        return named
    return (*named, *((tag,) if tag else ()))


def _loose(model: Model) -> Iterable[str]:
    short = model.name.lower().removeprefix("llama ")
    plain = {model.name, short, model.id.removesuffix("-instruct"), f"{model.family}-{model.size}"}
    return (*plain, *(f"{text} instruct" for text in plain))


def engine_id(name: str, base: RuleBase, field: str = "engine") -> str:
    """Return the id of an engine by any of its names."""
    for engine in base.engines.values():
        if key(name) in {key(text) for text in (engine.id, engine.name, *engine.aliases)}:
            return engine.id
    raise InputError(f"{field}: unknown engine {printable(name)!r}{nearest(name, base.engines)}")


def quantization_ids(name: str, base: RuleBase, field: str = "quantization") -> tuple[str, ...]:
    """Return the ids that a name stands for: one id, or all that share the name (`int4`)."""
    wanted = key(name)
    exact = [q.id for q in base.quantizations.values() if wanted == key(q.id)]
    shared = [q.id for q in base.quantizations.values() if wanted in {key(text) for text in (q.name, *q.aliases)}]
    found = (*exact, *(item for item in shared if item not in exact))
    if not found:
        raise InputError(f"{field}: unknown quantization {printable(name)!r}{nearest(name, base.quantizations)}")
    return found


def use_case_id(name: str, base: RuleBase) -> str:
    """Return the id of a use case by any of its names."""
    for case in base.use_cases.values():
        if key(name) in {key(text) for text in (case.id, case.name, *case.aliases)}:
            return case.id
    raise InputError(f"use_cases: unknown use case {printable(name)!r}{nearest(name, base.use_cases)}")


def one_of(name: str, known: Mapping[str, object] | Iterable[str], field: str, what: str) -> str:
    """Return `name` when it is known, folded to the known spelling."""
    names = {key(item): item for item in known}
    if key(name) not in names:
        raise InputError(f"{field}: unknown {what} {printable(name)!r}{nearest(name, names.values())}")
    return names[key(name)]
