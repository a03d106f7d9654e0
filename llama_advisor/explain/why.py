"""What an answer rests on, how firmly its winner stands, where it turns; and a report of all that."""

from __future__ import annotations

from itertools import count, islice
from math import log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.advice import Robustness, WeightRange
from llama_advisor.explain.tipping import Picker, tipping_points
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor, Answer
    from llama_advisor.explain.grid import Grid
    from llama_advisor.explain.options import Option
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Source
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
    ranges = []
    for name, weight in counted.items():
        low, high = 0.0, 1.0
        for gap in gaps:
            others = sum(counted[other] * gap[other] for other in counted if other != name)
            rest = others / (1 - weight) if weight < 1 else 0
            slope = gap[name] - rest
            if slope > 0:
                low = max(low, -rest / slope)
            elif slope < 0:
                high = min(high, -rest / slope)
            elif rest < 0:
                low, high = weight, weight
        low, high = min(low, weight), max(high, weight)
        ranges.append(WeightRange(criterion=name, weight=round(weight, 3), low=round(low, 3), high=round(high, 3)))
    return Robustness(
        margin=round(winner.score - max(build.score for build in rivals), 2),
        share_of_weightings_won=share_won(gaps, list(counted)),
        weights=tuple(ranges),
    )


def values(build: Candidate, weights: Mapping[CriterionId, float]) -> Values:
    """The build's value per criterion, rules included: its points over the weight."""
    points = dict.fromkeys(weights, 0.0)
    for part in build.parts:
        if part.criterion.id in points:
            points[part.criterion.id] += part.points
    return {name: points[name] / weight for name, weight in weights.items()}


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


class Report(NamedTuple):
    """All that a report shows."""

    stated: dict[str, Any]  # The scenario as it was stated, plain data.
    advice: Advice
    options: tuple[Option, ...]
    grid: Grid | None
    sources: tuple[Source, ...]


def report(
    scenario: Scenario,
    advisor: Advisor,
    told: Callable[[int, int], None],
    *,
    varied: bool,
) -> Report:
    """Answer with reasons; `varied` adds how the answer moves with context and users."""
    from llama_advisor.explain.grid import vary
    from llama_advisor.explain.options import options
    from llama_advisor.scenario.vary import Axis

    advice, need, found = explained(scenario, advisor)
    if found is None:
        raise InputError(f"recommend: state at least one of: {', '.join(advice.missing)}")
    axes = []
    for field, value in (("context_tokens", need.context_tokens), ("concurrent_requests", need.concurrent_requests)):
        # half, as it is, and twice; one request has no half, so four instead
        values = (value // 2, value, value * 2) if value > 1 else (1, 2, 4)
        axes.append(Axis(field=field, labels=tuple(f"{item:,}" for item in values), values=values))
    grid = vary(scenario, tuple(axes), advisor, told) if varied else None
    stated = scenario.model_dump(mode="json", exclude_defaults=True)
    return Report(stated, advice, options(found, advisor.base), grid, cited(advice, advisor.base))


def cited(advice: Advice, base: RuleBase) -> tuple[Source, ...]:
    """Every source that the answer rests on, by id."""
    found: set[str] = set()
    for build in (*advice.ranking, *([advice.recommendation] if advice.recommendation else [])):
        found.update(*(part.source for part in build.contributions), *base.models[build.model].sources.values())
        if build.cost and build.cost.offer in base.rentals:
            found.add(base.rentals[build.cost.offer].source)
        if build.cost and build.cost.offer in base.hosted:
            found.add(base.hosted[build.cost.offer].source)
    found.update(*(caveat.source for caveat in advice.caveats), *(route.source for route in advice.routes))
    for excluded in advice.excluded:
        found.update(citation.id for citation in base.rules[excluded.excuse.rule].rule.sources)
    return tuple(base.sources[name] for name in sorted(found) if name in base.sources)
