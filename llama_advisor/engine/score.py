"""The score of a candidate: each criterion's value on fixed anchors, moved by rules, weighted, and why it is out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import log
from typing import Any, NamedTuple

from llama_advisor.engine.advice import Excuse
from llama_advisor.engine.candidate import Candidate, Outcome, Part
from llama_advisor.engine.fact import BUILD, FACTS
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Criterion, RuleOut
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.sizing.figures import Range
from llama_advisor.text.strict import CriterionId

Move = tuple[CompiledRule, float, Callable[[Any], bool | None] | None]
"""A rule, its points, and its test where that hangs on the load."""
Moves = tuple[Move, ...]
TINY = 1e-9


class CriterionTerms(NamedTuple):
    """A criterion as far as the load does not change it."""

    criterion: Criterion
    weight: float
    bound: float  # most points that rules together may move it
    settled: float  # value of the measures that are settled
    measures: tuple[tuple[float, Callable[[Any], Any], Callable[[float], float]], ...]  # open: share, figure, worth
    fired: Moves  # rules that move it
    points: float | None  # of all parts, where nothing is open

    def value(self, candidate: Candidate) -> float:
        """Return the criterion's value on its fixed anchors, 0-100."""
        value = self.settled
        for share, compute, curve in self.measures:
            figure = compute(candidate)
            value += share * (self.criterion.unknown_value if figure is None else curve(figure))
        return value

    def points_of(self, candidate: Candidate) -> float:
        """Return the points that the criterion gives, rules included."""
        if self.points is not None:
            return self.points
        weight = self.weight
        points = round(weight * self.value(candidate), 2)
        if self.fired and (moves := [move for _, move, test in self.fired if test is None or test(candidate)]):
            factor = self._factor(moves)
            for move in moves:
                points += round(weight * (move * factor), 2)
        return points

    def _factor(self, moves: list[float]) -> float:
        """Return what keeps all moves together within the bound."""
        total = sum(moves)
        return min(1.0, self.bound / abs(total)) if total else 1.0

    @property
    def most(self) -> float:
        """A bound of its points, whatever the load."""
        return self._bound(self.settled + sum(share * 100 for share, *_ in self.measures))

    def most_of(self, smallest: Candidate) -> float:
        """A bound of its points by a candidate under the smallest load: a larger one is neither faster nor smaller."""
        return self._bound(self.value(smallest))

    def _bound(self, value: float) -> float:
        """Add what rules may add, and a hundredth for the rounding of each part."""
        if self.points is not None:
            return self.points
        moves = sum(points for _, points, test in self.fired if points > 0 or test is None)
        moved = max(-self.bound, min(self.bound, moves))
        return self.weight * (value + moved) + 0.01 * (1 + len(self.fired))

    def parts_of(self, candidate: Candidate) -> Iterator[Part]:
        """Yield the value of the criterion, then what rules add to it, together no more than the bound."""
        value = self.value(candidate)
        yield Part(self.criterion, None, round(self.weight * value, 2) + 0.0, value, self.weight)
        moves = [(rule, points) for rule, points, test in self.fired if test is None or test(candidate)]
        factor = self._factor([points for _, points in moves])
        for rule, points in moves:
            value = points * factor
            yield Part(self.criterion, rule, round(self.weight * value, 2) + 0.0, value, self.weight)


def criterion_terms(
    criterion: Criterion, weight: float, bound: float, candidate: Candidate, rules: Iterable[Move]
) -> CriterionTerms:
    """Settle what no load changes of a criterion, for a place; `rules` are those that fire there or may."""
    settled, measures, fired = 0.0, [], tuple(rules)
    for measure in criterion.measures:
        fact = FACTS[measure.fact]
        if fact.settles > BUILD:
            measures.append((measure.share, fact.compute, measure.worth))
        else:
            figure = fact.compute(candidate)
            settled += measure.share * (criterion.unknown_value if figure is None else measure.worth(figure))
    terms = CriterionTerms(criterion, weight, bound, settled, tuple(measures), fired, None)
    if measures or any(test for *_, test in fired):
        return terms
    return terms._replace(points=sum(part.points for part in terms.parts_of(candidate)))


def counted_weights(
    stated: dict[CriterionId, float], base: RuleBase, *, owned: bool, priced: bool, untold: bool = False
) -> dict[CriterionId, float]:
    """Weights that count: less of some on hardware one has, or where services do not tell them.

    Where nothing has a price, memory stands for money.
    """
    weights, criteria = dict(stated), base.criteria
    for shares in (criteria.owned_share if owned else {}, criteria.untold_share if untold else {}):
        for name, share in shares.items():
            weights[name] = weights.get(name, 0.0) * share
    if not priced:
        weights["footprint"] = weights.get("footprint", 0.0) + weights.pop("cost", 0.0) * criteria.unpriced_share
    if not any(weights.values()):  # nothing else was asked for
        weights = stated
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else weights


def at_speed(build: Candidate, *, best: bool) -> float:
    """Return the score of a build at one end of what its speed is estimated to be."""
    if (speed := build.speed) is None:
        return build.score
    (slow, _, fast), (soon, _, late) = speed.decode_tokens_per_s, speed.first_token_s
    decode, wait = (fast, soon) if best else (slow, late)
    end = speed._replace(decode_tokens_per_s=Range(decode, decode, decode), first_token_s=Range(wait, wait, wait))
    moved = replace(build, speed=end)
    return round(sum(terms.points_of(moved) for terms in build.criteria), 2)


def excuse(outcome: Outcome) -> Excuse:
    """Return what rules a build out: sentence, figure read, limit, unit, bottleneck."""
    rule = outcome.rule.rule
    then = rule.then
    assert isinstance(then, RuleOut), "constraints rule out"
    value, limit = _measured(outcome)
    return Excuse(
        rule=rule.id,
        text=outcome.text,
        bottleneck=then.rule_out,
        value=plain(value),
        limit=plain(limit),
        unit=rule.measure.unit if rule.measure else "",
        layer=outcome.rule.layer,
    )


def _measured(outcome: Outcome) -> tuple[Any, Any]:
    """Return the figure that a constraint compares, and its limit."""
    measure, lookup = outcome.rule.rule.measure, outcome.candidate.lookup
    if measure is None:
        return None, None
    return lookup(measure.value), lookup(measure.limit) if isinstance(measure.limit, str) else measure.limit


def missed_by(outcome: Outcome) -> float:
    """Return by which share of its limit a constraint was missed; 0 where figures do not compare."""
    value, limit = _measured(outcome)
    if not isinstance(value, (int, float)) or not isinstance(limit, (int, float)) or not limit:
        return 0.0
    return abs(log(max(value, TINY) / limit))


def nearness(candidate: Candidate) -> tuple[Any, ...]:
    """Order of excuses: how far it got, how many constraints failed, whether one would use it, how far it missed."""
    fails = candidate.fails
    short = sum(missed_by(outcome) for outcome in fails)
    coarse = candidate.quantization.bits < candidate.need.criteria.comfortable_bits
    return (-candidate.stage, len(fails), coarse, short, candidate.quantization.id, candidate.engine.id)


def plain(value: Any) -> float | str | bool | None:
    """Return a fact's value as plain data for the contract."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return round(value, 3) if isinstance(value, float) else value
