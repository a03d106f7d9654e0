"""From judged builds to an order: models by their best build, wishes deciding near ties only."""

from __future__ import annotations

from collections.abc import Iterable

from llama_advisor.engine.candidate import Candidate
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.need import Need


def ranked(builds: tuple[Candidate, ...], need: Need, base: RuleBase) -> tuple[Candidate, ...]:
    """Return the best build of each model, best model first."""
    by_model: dict[str, list[Candidate]] = {}
    for build in builds:
        by_model.setdefault(build.model.id, []).append(build)
    best = [best_of(group, need, base.criteria.wish_margin) for group in by_model.values()]
    return tuple(_wished_model_first(sorted(best, key=best_first), need, base))


def best_first(build: Candidate) -> tuple[float, float, str, str, str]:
    """Order by score, then smaller footprint, then id."""
    return (-build.score, build.footprint_gib, build.model.id, build.quantization.id, build.engine.id)


def best_of(group: Iterable[Candidate], need: Need, margin: float) -> Candidate:
    """Return a model's best build; within the margin a form wished for wins, else the one least in doubt.

    Of a form that failed its user it must hold well.
    """
    order = sorted(group, key=best_first)
    near = [build for build in order if build.score >= order[0].score - margin]
    wished = [build for build in near if build.quantization.id in need.quantizations_wished]
    wished = [build for build in wished if not need.symptoms or _comfortable(build)]
    return wished[0] if wished else min(near, key=lambda build: len(build.states), default=order[0])


def _wished_model_first(order: list[Candidate], need: Need, base: RuleBase) -> list[Candidate]:
    """The model wished for leads within the margin, unless its user says that it has failed."""
    if not order or need.model is None or not need.symptoms.isdisjoint(base.criteria.failed_symptoms):
        return order
    near = [build for build in order if build.score >= order[0].score - base.criteria.wish_margin]
    whole = [build for build in order if build not in near and need.names_build and _comfortable(build)]
    named = [build for build in (*near, *whole) if build.model.id == need.model]
    wished = named or [build for build in near if is_wished(build, need, base)]
    return [wished[0], *(other for other in order if other is not wished[0])] if wished else order


def _comfortable(build: Candidate) -> bool:
    """Whether a build holds with nothing tight or unknown, all of it on its devices, in bits enough."""
    offloaded = build.memory.offloaded_gib if build.memory else 0.0
    return not build.states and not offloaded and build.quantization.bits >= build.need.criteria.comfortable_bits


def is_wished(build: Candidate, need: Need, base: RuleBase) -> bool:
    """Tell whether the build's model is the one named, or its base or instruct sibling."""
    if need.model is None:
        return False
    named = base.models[need.model]
    return build.model.id == named.id or (build.model.id == named.sibling and need.wants_tuning)
