"""The score of a candidate: each criterion's value on fixed anchors, moved by rules, weighted, and why it is out."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.advice import Excuse
from llama_advisor.engine.candidate import Part
from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.judgement import RuleOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llama_advisor.engine.candidate import Candidate, Outcome
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Criterion, ValueMeasure
    from llama_advisor.knowledge.rule import CompiledRule
    from llama_advisor.text.strict import CriterionId

    Moves = tuple[tuple[CompiledRule, float], ...]

TINY = 1e-9


class CriterionTerms(NamedTuple):
    """A criterion as far as the load does not change it."""

    criterion: Criterion
    weight: float
    bound: float  # most points that rules together may move it
    measures: tuple[tuple[float, float | None, Callable[[Any], Any], ValueMeasure], ...]  # share, value if settled
    fired: tuple[tuple[CompiledRule, float, bool], ...]  # rule, points, whether its test is still open
    parts: tuple[Part, ...] | None  # all parts, where nothing is open

    def parts_of(self, candidate: Candidate) -> tuple[Part, ...]:
        """Return the value of the criterion and what rules add to it."""
        if self.parts is not None:
            return self.parts
        criterion, weight = self.criterion, self.weight
        value = 0.0
        for share, settled, compute, measure in self.measures:
            if settled is not None:
                value += share * settled
                continue
            figure = compute(candidate)
            value += share * (criterion.unknown_value if figure is None else worth(measure, figure))
        own = Part(criterion, None, round(weight * value, 2) + 0.0, value, weight)
        if not self.fired:
            return (own,)
        moves = [(rule, points) for rule, points, is_open in self.fired if not is_open or rule.test(candidate)]
        return (own, *moved(criterion, weight, self.bound, moves))


def moved(criterion: Criterion, weight: float, bound: float, moves: list[tuple[CompiledRule, float]]) -> Iterable[Part]:
    """Yield what rules add to a criterion, together no more than the bound."""
    total = sum(points for _, points in moves)
    factor = min(1.0, bound / abs(total)) if total else 1.0
    for rule, points in moves:
        value = points * factor
        yield Part(criterion, rule, round(weight * value, 2) + 0.0, value, weight)


def criterion_terms(
    criterion: Criterion,
    weight: float,
    bound: float,
    candidate: Candidate,
    rules: Iterable[tuple[CompiledRule, float, bool]],
) -> CriterionTerms:
    """Settle what no load changes of a criterion, for a place; `rules` are those that fire there or may."""
    fired = tuple(rules)
    measures = []
    for measure in criterion.measures:
        fact = FACTS[measure.fact]
        figure = None if fact.moves else fact.compute(candidate)
        settled = None if fact.moves else criterion.unknown_value if figure is None else worth(measure, figure)
        measures.append((measure.share, settled, fact.compute, measure))
    terms = CriterionTerms(criterion, weight, bound, tuple(measures), fired, None)
    if any(value is None for _, value, *_ in measures) or any(is_open for *_, is_open in fired):
        return terms
    return terms._replace(parts=terms.parts_of(candidate))


def counted_weights(
    stated: dict[CriterionId, float], base: RuleBase, *, owned: bool, priced: bool
) -> dict[CriterionId, float]:
    """Weights that count: less of some on hardware one has; where nothing has a price, memory stands for money."""
    weights = dict(stated)
    if owned:
        for name, share in base.criteria.owned_share.items():
            weights[name] = weights.get(name, 0.0) * share
    if not priced:
        weights["footprint"] = weights.get("footprint", 0.0) + weights.pop("cost", 0.0) * base.criteria.unpriced_share
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else weights


def worth(measure: ValueMeasure, figure: float) -> float:
    """Interpolate between the anchors, piecewise; beyond them the end anchor's value holds."""
    anchors = measure.anchors
    if figure <= anchors[0][0]:
        return anchors[0][1]
    for (low, at_low), (high, at_high) in pairwise(anchors):
        if figure <= high:
            share = log(figure / low) / log(high / low) if measure.scale == "log" else (figure - low) / (high - low)
            return at_low + (at_high - at_low) * share
    return anchors[-1][1]


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
    measure = outcome.rule.rule.measure
    if measure is None:
        return None, None
    lookup = outcome.candidate.lookup
    return lookup(measure.value), lookup(measure.limit) if isinstance(measure.limit, str) else measure.limit


def missed_by(outcome: Outcome) -> float:
    """Return by which share of its limit a constraint was missed; 0 where figures do not compare."""
    value, limit = _measured(outcome)
    if not isinstance(value, (int, float)) or not isinstance(limit, (int, float)) or not limit:
        return 0.0
    return abs(log(max(value, TINY) / limit))


def nearness(candidate: Candidate) -> tuple[Any, ...]:
    """Order of excuses: how far it got, how many constraints failed, how far they were missed."""
    fails = candidate.fails
    short = sum(missed_by(outcome) for outcome in fails)
    return (-candidate.stage, len(fails), short, candidate.quantization.id, candidate.engine.id)


def plain(value: Any) -> float | str | bool | None:
    """Return a fact's value as plain data for the contract."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return round(value, 3) if isinstance(value, float) else value
