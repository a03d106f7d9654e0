"""Every build that was judged, in plain figures, and which of them no other beats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.rank import best_first
from llama_advisor.engine.score import excuse, nearness
from llama_advisor.engine.words import decisive, short
from llama_advisor.explain.exploration import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.search import Found
    from llama_advisor.knowledge.base import RuleBase

Figures = tuple[float, float]


def options(found: Found, base: RuleBase) -> tuple[Option, ...]:
    """Return all builds judged: those that qualify, best first, then the rest, the nearest miss first."""
    fitting = sorted(found.qualified, key=best_first)
    rest = sorted(found.ruled_out, key=lambda build: (nearness(build), build.model.id))
    return tuple(option(build, base) for build in (*fitting, *rest))


def option(build: Candidate, base: RuleBase) -> Option:
    """Return a judged build in plain figures."""
    place, named = build.place, short(build)
    points: dict[str, float] = {}
    for part in build.parts:
        points[part.criterion.id] = round(points.get(part.criterion.id, 0.0) + part.points, 2)
    quality = place.model_quality if place.quality is None else place.quality
    memory, speed, cost = build.memory, build.speed, build.cost
    return Option(
        model=named.model,
        quantization=named.quantization,
        engine=named.engine,
        machine=named.machine,
        provider=place.offer.provider if place.offer else None,
        score=None if build.fails else build.score,
        points=points,
        quality=None if quality is None else round(quality, 1),
        tokens_per_s=float(f"{speed.decode_tokens_per_s.mid:.3g}") if speed else None,
        usd_per_month=round(cost.usd_per_month, 2) if cost else None,
        total_gib=round(memory.total_gib, 2) if memory else None,
        available_gib=round(memory.available_gib, 2) if memory and memory.available_gib is not None else None,
        excuse=excuse(decisive(build, base)) if build.fails else None,
    )


def quality_and_speed(item: Option) -> Figures | None:
    """Return both figures, more is better; None where one is not known."""
    if item.quality is None or item.tokens_per_s is None:
        return None
    return item.quality, item.tokens_per_s


def quality_and_cost(item: Option) -> Figures | None:
    """Return quality and money, the latter negated so that more is better; None where one is not known."""
    if item.quality is None or item.usd_per_month is None:
        return None
    return item.quality, -item.usd_per_month


def front(items: Iterable[Option], figures: Callable[[Option], Figures | None]) -> tuple[Option, ...]:
    """Return the Pareto front of the builds that qualify, by the first figure, the highest first.

    A build is on it when no other is at least as good in both figures and better in one; of builds with the
    same figures the first stands for all.
    """
    known = [(found, item) for item in items if item.excuse is None and (found := figures(item))]
    known.sort(key=lambda pair: (-pair[0][0], -pair[0][1]))
    kept: list[Option] = []
    best: float | None = None
    for (_, second), item in known:
        if best is None or second > best:
            kept.append(item)
            best = second
    return tuple(kept)
