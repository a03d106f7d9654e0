"""What an answer rests on, how firmly its winner stands, and where it turns."""

from __future__ import annotations

from itertools import count, islice
from math import log, sqrt
from typing import TYPE_CHECKING

from llama_advisor.engine.advice import Robustness, WeightRange
from llama_advisor.explain.tipping import Picker, tipping_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor, Answer
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.text.strict import CriterionId

    Values = dict[CriterionId, float]

WEIGHTINGS = 500


def explained(scenario: Scenario, advisor: Advisor) -> Answer:
    """Answer with reasons, robustness and tipping points; raises InputError for what it does not know."""
    answer = advisor.answer(scenario, why=True)
    if answer.found is None:
        return answer
    winner = answer.found.winner
    advice = answer.advice._replace(
        tipping_points=tipping_points(Picker(advisor, scenario)),
        robustness=robustness(winner, answer.found.qualified, winner.weights) if winner else None,
    )
    return answer._replace(advice=advice)


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
    """The build's value per criterion, rules included: its points over the weight."""
    points = dict.fromkeys(weights, 0.0)
    for part in build.parts:
        if part.criterion.id in points:
            points[part.criterion.id] += part.points
    return {name: points[name] / weight for name, weight in weights.items()}


def _range(name: CriterionId, weights: Mapping[CriterionId, float], gaps: list[Values]) -> WeightRange:
    """The weights of `name`, 0 to 1, for which no gap is negative."""
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
    """The share of weightings, spread evenly over all that sum to 1, under which the winner leads.

    Multiples of the roots of primes, one prime per criterion, modulo 1, fill the unit cube evenly.
    """
    primes = (number for number in count(2) if all(number % divisor for divisor in range(2, number)))
    roots = [sqrt(prime) for prime in islice(primes, len(names))]
    won = 0
    for place in range(1, WEIGHTINGS + 1):
        raw = [-log(1 - place * root % 1) for root in roots]
        won += all(sum(weight * gap[name] for weight, name in zip(raw, names, strict=True)) >= 0 for gap in gaps)
    return round(won / WEIGHTINGS, 3)
