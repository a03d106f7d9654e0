"""One build against the rules: constraints three-valued, then the score with its parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any, Literal

from llama_advisor.facts import BUILD, FACTS
from llama_advisor.schema.advice import Contribution, Excuse
from llama_advisor.schema.judgement import Adjust, RuleOut
from llama_advisor.templates import fill

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledRule
    from llama_advisor.conditions import Condition, Proof
    from llama_advisor.facts import Scope
    from llama_advisor.rulebase import RuleBase
    from llama_advisor.schema.base import CriterionId
    from llama_advisor.schema.judgement import Criterion, ValueMeasure

TINY = 1e-9
State = Literal["fails", "unknown", "tight"]


@dataclass(frozen=True)
class Outcome:
    """A constraint that does not plainly hold."""

    rule: CompiledRule
    state: State
    text: str
    proof: Proof


class Judge:
    """Evaluates rules, each once per level: what reads only the model is proved once per model."""

    def __init__(self, base: RuleBase, *, owned: bool, priced: bool) -> None:
        self.base = base
        self.owned = owned
        self.priced = priced
        constraints = tuple(base.in_folder("constraints"))
        self.constraints = {level: [rule for rule in constraints if rule.level == level] for level in range(BUILD + 1)}
        self.preferences = tuple(base.in_folder("preferences"))
        self._proofs: dict[tuple[Any, ...], Proof] = {}

    def prove(self, rule: CompiledRule, condition: Condition, scope: Scope, key: tuple[Any, ...]) -> Proof:
        """Prove a rule's condition, or return the proof made before at the same level."""
        place = (rule.id, condition is rule.tight, key[: condition.level + 1])
        if place not in self._proofs:
            self._proofs[place] = condition.prove(scope.lookup)
        return self._proofs[place]

    def constrain(self, scope: Scope, key: tuple[Any, ...], levels: range) -> list[Outcome]:
        """Return the outcomes of the constraints of these levels that do not plainly hold."""
        rules = (rule for level in levels for rule in self.constraints[level])
        return [outcome for rule in rules if (outcome := self._outcome(rule, scope, key))]

    def _outcome(self, rule: CompiledRule, scope: Scope, key: tuple[Any, ...]) -> Outcome | None:
        proof = self.prove(rule, rule.condition, scope, key)
        if proof.outcome:
            return Outcome(rule, "fails", fill(rule.rule.say, scope.lookup), proof)
        if proof.outcome is None:
            said = rule.rule.say_unknown
            return Outcome(rule, "unknown", fill(said, scope.lookup), proof) if said else None
        if rule.tight and (near := self.prove(rule, rule.tight, scope, key)).outcome:
            return Outcome(rule, "tight", fill(rule.rule.say_tight, scope.lookup), near)
        return None

    def score(self, scope: Scope, key: tuple[Any, ...]) -> tuple[Contribution, ...]:
        """Return the parts of the score, each rounded to 0.01."""
        parts: list[Contribution] = []
        counted = self.counted(scope)
        for criterion in self.base.criteria.criteria:
            weight = counted.get(criterion.id, 0.0)
            if weight <= 0:
                continue
            value = criterion_value(criterion, scope)
            parts.append(_part(criterion.id, None, weight * value, _reading(criterion, scope, value), ()))
            parts.extend(self._adjustments(criterion.id, weight, scope, key))
        return tuple(parts)

    def counted(self, scope: Scope) -> dict[CriterionId, float]:
        """Weights that count: less of some on hardware one has; where nothing has a price, memory stands for money."""
        weights = dict(scope.need.weights)
        if self.owned:
            for name, share in self.base.criteria.owned_share.items():
                weights[name] = weights.get(name, 0.0) * share
        if not self.priced:
            weights["footprint"] = (
                weights.get("footprint", 0.0) + weights.pop("cost", 0.0) * self.base.criteria.unpriced_share
            )
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()} if total else weights

    def _adjustments(
        self, criterion: CriterionId, weight: float, scope: Scope, key: tuple[Any, ...]
    ) -> list[Contribution]:
        fired: list[tuple[CompiledRule, float]] = []
        for rule in self.preferences:
            then = rule.rule.then
            if (
                isinstance(then, Adjust)
                and then.criterion == criterion
                and self.prove(rule, rule.condition, scope, key).outcome
            ):
                fired.append((rule, then.points))
        total = sum(points for _, points in fired)
        bound = self.base.criteria.preference_bound
        factor = min(1.0, bound / abs(total)) if total else 1.0
        return [
            _part(criterion, rule.id, weight * points * factor, fill(rule.rule.say, scope.lookup), _cited(rule))
            for rule, points in fired
        ]


def _part(criterion: str, rule: str | None, points: float, text: str, source: tuple[str, ...]) -> Contribution:
    return Contribution(criterion=criterion, rule=rule, points=round(points, 2) + 0.0, text=text, source=source)


def _cited(rule: CompiledRule) -> tuple[str, ...]:
    return tuple(citation.id for citation in rule.rule.sources)


def total(parts: tuple[Contribution, ...]) -> float:
    """Return the score: the sum of the printed parts."""
    return round(sum(part.points for part in parts), 2)


def criterion_value(criterion: Criterion, scope: Scope) -> float:
    """Return a criterion's value on its fixed anchors, 0-100."""
    value = 0.0
    for measure in criterion.measures:
        figure = scope.lookup(measure.fact)
        value += measure.share * (criterion.unknown_value if figure is None else worth(measure, figure))
    return value


def worth(measure: ValueMeasure, figure: float) -> float:
    """Read a figure between its anchors; beyond them the end anchor's value holds."""
    anchors = measure.anchors
    if figure <= anchors[0][0]:
        return anchors[0][1]
    for (low, at_low), (high, at_high) in pairwise(anchors):
        if figure <= high:
            share = log(figure / low) / log(high / low) if measure.scale == "log" else (figure - low) / (high - low)
            return at_low + (at_high - at_low) * share
    return anchors[-1][1]


def _reading(criterion: Criterion, scope: Scope, value: float) -> str:
    read = []
    for measure in criterion.measures:
        figure = scope.lookup(measure.fact)
        unit = FACTS[measure.fact].unit
        read.append("not known" if figure is None else f"{figure:,.3g} {unit}".strip())
    return f"{criterion.name} {value:.0f} of 100 ({', '.join(read)})"


def excuse(outcome: Outcome, scope: Scope) -> Excuse:
    """Return what rules a build out: sentence, figure read, limit, unit, bottleneck."""
    rule = outcome.rule.rule
    then = rule.then
    assert isinstance(then, RuleOut), "constraints rule out"
    measure = rule.measure
    value = scope.lookup(measure.value) if measure else None
    limit = (
        scope.lookup(measure.limit)
        if measure and isinstance(measure.limit, str)
        else measure.limit
        if measure
        else None
    )
    return Excuse(
        rule=rule.id,
        text=outcome.text,
        bottleneck=then.rule_out,
        value=_plain(value),
        limit=_plain(limit),
        unit=measure.unit if measure else "",
    )


def missed_by(outcome: Outcome, scope: Scope) -> float:
    """Return by which share of its limit a constraint was missed; 0 where figures do not compare."""
    measure = outcome.rule.rule.measure
    if measure is None:
        return 0.0
    value = scope.lookup(measure.value)
    limit = scope.lookup(measure.limit) if isinstance(measure.limit, str) else measure.limit
    if not isinstance(value, (int, float)) or not isinstance(limit, (int, float)) or not limit:
        return 0.0
    return abs(log(max(value, TINY) / limit))


def _plain(value: Any) -> float | str | bool | None:
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return round(value, 3) if isinstance(value, float) else value
