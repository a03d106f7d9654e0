"""Every build that was judged, in plain figures, which of them no other beats, and which miss was the nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from math import inf, log
from typing import Annotated

from llama_advisor.engine.advice import Advice, Excluded, Excuse, ShortBuild
from llama_advisor.engine.contributions import points_of
from llama_advisor.engine.rank import best_first
from llama_advisor.engine.score import excuse, nearness
from llama_advisor.engine.search import Found
from llama_advisor.engine.words import decisive, short
from llama_advisor.knowledge.base import RuleBase

Figures = tuple[float, float]


class Option(ShortBuild):
    """One build as it was judged: what it offers, or what rules it out."""

    provider: Annotated[str | None, "Provider, for hosted models."]
    score: Annotated[float | None, "Sum of its points; null where it is ruled out."]
    points: Annotated[dict[str, float], "Points by criterion, rules included; empty where it is ruled out."]
    quality: Annotated[
        float | None,
        "Quality for this work, 0-100: of the model, where it was ruled out before a quantization was tried.",
    ]
    tokens_per_s: Annotated[float | None, "Generation per user; null where it is not known."]
    usd_per_month: Annotated[float | None, "Money; null for owned hardware and where it was not reckoned."]
    total_gib: Annotated[float | None, "Memory in all; null where it was not sized."]
    available_gib: Annotated[float | None, "What there is; null when not known."]
    excuse: Annotated[Excuse | None, "What rules it out; null where it qualifies."]


def options(found: Found, base: RuleBase) -> tuple[Option, ...]:
    """All builds judged: those that qualify, best first, then the rest, the nearest miss first."""
    fitting = sorted(found.qualified, key=best_first)
    rest = sorted(found.ruled_out, key=lambda build: (nearness(build), build.model.id))
    made = []
    for build in (*fitting, *rest):
        place, memory, speed, cost = build.place, build.memory, build.speed, build.cost
        quality = place.model_quality if place.quality is None else place.quality
        made.append(
            Option(
                **short(build)._asdict(),
                provider=place.offer.provider if place.offer else None,
                score=None if build.fails else build.score,
                points={name: round(points, 2) for name, points in points_of(build).items()},
                quality=None if quality is None else round(quality, 1),
                tokens_per_s=float(f"{speed.decode_tokens_per_s.mid:.3g}") if speed else None,
                usd_per_month=round(cost.usd_per_month, 2) if cost else None,
                total_gib=round(memory.total_gib, 2) if memory else None,
                available_gib=round(memory.available_gib, 2) if memory and memory.available_gib is not None else None,
                excuse=excuse(decisive(build, base)) if build.fails else None,
            )
        )
    return tuple(made)


def quality_and_speed(item: Option) -> Figures | None:
    """Both figures, more is better; None where one is not known."""
    return None if item.quality is None or item.tokens_per_s is None else (item.quality, item.tokens_per_s)


def quality_and_cost(item: Option) -> Figures | None:
    """Quality and money, the latter negated so that more is better; None where one is not known."""
    return None if item.quality is None or item.usd_per_month is None else (item.quality, -item.usd_per_month)


def front(items: Iterable[Option], figures: Callable[[Option], Figures | None]) -> tuple[Option, ...]:
    """The Pareto front of the builds that qualify, by the first figure, the highest first.

    A build is on it when no other is at least as good in both figures and better in one; of builds with the
    same figures the first stands for all.
    """
    known = [(found, item) for item in items if item.excuse is None and (found := figures(item))]
    known.sort(key=lambda pair: (-pair[0][0], -pair[0][1]))
    best = accumulate((second for (_, second), _ in known), max, initial=-inf)
    return tuple(item for ((_, second), item), before in zip(known, best, strict=False) if second > before)


def nearest_excuse(advice: Advice) -> Excluded | None:
    """Return what stands against the build that a change lets fit; where none does, the model that came nearest."""
    build = advice.recommendation
    named = build.model if build else advice.asked and advice.asked.build.model
    mine = [item for item in advice.excluded if item.model == named]
    if not build and mine and mine[0].excuse.bottleneck == "memory":  # what does not hold the smallest is told of that
        mine = []

    def distance(item: Excluded) -> tuple[int, bool, float]:
        """By how far it got, then by how far it missed; before anything is sized, what cannot read is farthest."""
        value, limit = item.excuse.value, item.excuse.limit
        missed = 0.0
        if not isinstance(value, bool) and isinstance(value, (int, float)) and isinstance(limit, (int, float)):
            missed = abs(log(value / limit)) if value > 0 and limit > 0 else 0.0
        return -item.nearest.stage, item.excuse.bottleneck == "modality", missed

    return mine[0] if mine else min(advice.excluded, key=distance, default=None)
