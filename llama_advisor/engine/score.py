"""One build against the rules: constraints three-valued, then the score with its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llama_advisor.engine.advice import Excuse
from llama_advisor.engine.facts import BUILD, MODEL, SCENARIO
from llama_advisor.knowledge.judgement import Adjust, RuleOut
from llama_advisor.text.template import fill

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.engine.facts import Scope
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.conditions import Proof
    from llama_advisor.knowledge.judgement import Criterion, ValueMeasure
    from llama_advisor.knowledge.rule import CompiledRule
    from llama_advisor.text.strict import CriterionId

TINY = 1e-9
State = Literal["fails", "unknown", "tight", "open"]
"""`open`: it depends on what is not answered yet; only the questionnaire judges so."""


@dataclass(frozen=True)
class Outcome:
    """A constraint that does not plainly hold."""

    rule: CompiledRule
    state: State
    scope: Scope

    @cached_property
    def text(self) -> str:
        """What the rule says of it."""
        rule = self.rule.rule
        said = {"unknown": rule.say_unknown, "tight": rule.say_tight}.get(self.state, rule.say)
        return fill(said, self.scope.lookup)

    @cached_property
    def proof(self) -> Proof:
        """Every value read, and what it came to."""
        condition = self.rule.tight if self.state == "tight" else self.rule.condition
        assert condition is not None
        return condition.prove(self.scope.lookup)


class Part(NamedTuple):
    """A part of the score, rounded to 0.01: a criterion's value, or what a rule adds to it."""

    criterion: Criterion
    rule: CompiledRule | None
    points: float
    value: float  # 0-100 for the criterion; the points on that scale for a rule.
    weight: float


class Rules(NamedTuple):
    """Constraints by level, and preferences by criterion, that may still be at work."""

    constraints: tuple[tuple[CompiledRule, ...], ...]
    preferences: dict[str, tuple[tuple[CompiledRule, float], ...]]


class Judge:
    """Evaluates the rules of one scenario; a rule that its facts settle as false is looked at no more."""

    def __init__(self, base: RuleBase, scope: Scope, *, owned: bool, priced: bool) -> None:
        self.base = base
        self.weights = _counted(scope.need.weights, base, owned=owned, priced=priced)
        constraints = [rule for rule in base.in_folder("constraints") if self.alive(rule, scope, SCENARIO)]
        preferences = [rule for rule in base.in_folder("preferences") if self.alive(rule, scope, SCENARIO)]
        self.rules = _sorted(constraints, preferences)
        self._for_model: dict[str, Rules] = {}

    def model_rules(self, scope: Scope) -> Rules:
        """Return the rules that may be at work for the scope's model."""
        if scope.model is None:
            return self.rules
        if scope.model.id not in self._for_model:
            constraints = [r for level in self.rules.constraints for r in level if self.alive(r, scope, MODEL)]
            preferences = [r for rs in self.rules.preferences.values() for r, _ in rs if self.alive(r, scope, MODEL)]
            self._for_model[scope.model.id] = _sorted(constraints, preferences)
        return self._for_model[scope.model.id]

    def alive(self, rule: CompiledRule, scope: Scope, level: int) -> bool:
        """Tell whether a rule may still come to anything but false."""
        conditions = (rule.condition, rule.tight)
        return any(part.settled(scope.lookup, level) is not False for part in conditions if part is not None)

    def constrain(self, scope: Scope, levels: range) -> list[Outcome]:
        """Return the outcomes of the constraints of these levels that do not plainly hold."""
        constraints = self.model_rules(scope).constraints
        return [outcome for level in levels for rule in constraints[level] if (outcome := outcome_of(rule, scope))]

    def score(self, scope: Scope) -> tuple[Part, ...]:
        """Return the parts of the score, each rounded to 0.01."""
        parts: list[Part] = []
        preferences = self.model_rules(scope).preferences
        for criterion in self.base.criteria.criteria:
            weight = self.weights.get(criterion.id, 0.0)
            if weight <= 0:
                continue
            value = criterion_value(criterion, scope)
            parts.append(_part(criterion, None, value, weight))
            parts.extend(self._adjustments(criterion, weight, scope, preferences.get(criterion.id, ())))
        return tuple(parts)

    def _adjustments(
        self, criterion: Criterion, weight: float, scope: Scope, rules: Iterable[tuple[CompiledRule, float]]
    ) -> list[Part]:
        fired = [(rule, points) for rule, points in rules if rule.condition.decide(scope.lookup)]
        total = sum(points for _, points in fired)
        bound = self.base.criteria.preference_bound
        factor = min(1.0, bound / abs(total)) if total else 1.0
        return [_part(criterion, rule, points * factor, weight) for rule, points in fired]


def _counted(
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


def _sorted(constraints: list[CompiledRule], preferences: list[CompiledRule]) -> Rules:
    by_criterion: dict[str, list[tuple[CompiledRule, float]]] = {}
    for rule in preferences:
        if isinstance(rule.rule.then, Adjust):
            by_criterion.setdefault(rule.rule.then.criterion, []).append((rule, rule.rule.then.points))
    return Rules(
        tuple(tuple(rule for rule in constraints if rule.level == level) for level in range(BUILD + 1)),
        {name: tuple(rules) for name, rules in by_criterion.items()},
    )


def outcome_of(rule: CompiledRule, scope: Scope) -> Outcome | None:
    """Return what a constraint comes to; None where it plainly holds."""
    outcome = rule.condition.decide(scope.lookup)
    if outcome:
        return Outcome(rule, "fails", scope)
    if outcome is None:
        return Outcome(rule, "unknown", scope) if rule.rule.say_unknown else None
    if rule.tight and rule.tight.decide(scope.lookup):
        return Outcome(rule, "tight", scope)
    return None


def _part(criterion: Criterion, rule: CompiledRule | None, value: float, weight: float) -> Part:
    return Part(criterion, rule, round(weight * value, 2) + 0.0, value, weight)


def total(parts: tuple[Part, ...]) -> float:
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
        value=plain(value),
        limit=plain(limit),
        unit=measure.unit if measure else "",
        layer=outcome.rule.layer,
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


def plain(value: Any) -> float | str | bool | None:
    """Return a fact's value as plain data for the contract."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return round(value, 3) if isinstance(value, float) else value
