"""How firmly the winner stands: its margin, how far each weight may move, how many weightings it wins."""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING

from llama_advisor.engine.advice import Robustness, WeightRange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.text.strict import CriterionId

    Values = dict[CriterionId, float]

WEIGHTINGS = 500
PRIMES = (2, 3, 5, 7, 11)
"""One per criterion: multiples of their roots, modulo 1, fill the unit cube evenly."""


def robustness(
    winner: Candidate, qualified: tuple[Candidate, ...], weights: Mapping[CriterionId, float]
) -> Robustness | None:
    """Compare the winner with every build of every other model; None where it has no rival.

    A weight moves alone, the others keeping their proportions; then every score is linear in it, and the
    range in which the winner leads follows in closed form from each rival.
    """
    rivals = [build for build in qualified if build.model.id != winner.model.id]
    if not rivals:
        return None
    counted = {name: weight for name, weight in weights.items() if weight > 0}
    mine = values(winner, counted)
    gaps = [{name: mine[name] - theirs[name] for name in counted} for theirs in (values(r, counted) for r in rivals)]
    return Robustness(
        margin=round(winner.score - max(build.score for build in rivals), 2),
        share_of_weightings_won=share_won(gaps, list(counted)),
        weights=tuple(_range(name, counted, gaps) for name in counted),
    )


def values(build: Candidate, weights: Mapping[CriterionId, float]) -> Values:
    """Return the build's value per criterion, rules included: its points over the weight."""
    points = dict.fromkeys(weights, 0.0)
    for part in build.parts:
        if part.criterion.id in points:
            points[part.criterion.id] += part.points
    return {name: points[name] / weight for name, weight in weights.items()}


def _range(name: CriterionId, weights: Mapping[CriterionId, float], gaps: list[Values]) -> WeightRange:
    """Return the weights of `name`, 0 to 1, for which no gap is negative."""
    weight = weights[name]
    low, high = 0.0, 1.0
    for gap in gaps:
        rest = (
            sum(weights[other] * gap[other] for other in weights if other != name) / (1 - weight) if weight < 1 else 0
        )
        slope = gap[name] - rest
        if slope > 0:
            low = max(low, -rest / slope)
        elif slope < 0:
            high = min(high, -rest / slope)
        elif rest < 0:
            low, high = weight, weight
    return WeightRange(
        criterion=name,
        weight=round(weight, 3),
        low=round(min(low, weight), 3),
        high=round(max(high, weight), 3),
    )


def share_won(gaps: list[Values], names: list[CriterionId]) -> float:
    """Return the share of weightings, spread evenly over all that sum to 1, under which the winner leads."""
    won = 0
    for place in range(1, WEIGHTINGS + 1):
        raw = [-log(1 - place * sqrt(prime) % 1) for prime in PRIMES[: len(names)]]
        won += all(sum(weight * gap[name] for weight, name in zip(raw, names, strict=True)) >= 0 for gap in gaps)
    return round(won / WEIGHTINGS, 3)
