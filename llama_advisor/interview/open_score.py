"""Judging while some fields are open: a rule that reads them is evaluated under each of their values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product
from math import inf, prod
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.score import Judge, Outcome, State, outcome_of, total
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.sizing.quality import model_quality

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.facts import Scope
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule
    from llama_advisor.scenario.need import Need

UNREAD = frozenset({"scenario", "assumptions", "stated"})
"""Fields of a need that the search never reads, and no rule but through the fact `scenario.stated`."""
READ_BY_RULES = frozenset(
    {
        "languages",
        "domicile",
        "domicile_in_eu",
        "end_users_in_eu",
        "monthly_active_users",
        "commercial",
        "tool_calling",
        "structured_output",
        "min_tokens_per_s",
        "max_first_token_s",
        "max_answer_s",
        "budget_usd_per_month",
    }
)
"""Fields of a need that change neither candidates nor sizes nor weights: rules alone read them, through facts.

The search reads the budget too, but only to leave out builds that the budget rules out anyway.
"""
WISHES = frozenset({"symptoms", "model", "model_family", "model_parameters_b", "model_reads_images"})
WISHED_BUILDS = frozenset({"quantization", "quantizations_wished"})
"""Wishes, which rules read and the ranking, but not the search, as long as what is wished for is ranked anyway."""
THROUGH = {
    "model.supports_languages": {"languages"},
    "model.unsupported_languages": {"languages"},
    "speed.meets_decode": {"min_tokens_per_s"},
    "speed.meets_first_token": {"max_first_token_s"},
    "speed.meets_answer": {"max_answer_s"},
    "cost.budget_share": {"budget_usd_per_month"},
    "model.named": {"model"},
    "model.stronger_than_named": {"model"},
}
"""Facts that read such a field without bearing its name."""
MOST_VALUES = 256
OPENABLE = READ_BY_RULES | WISHES | WISHED_BUILDS


def reads(fact: str) -> frozenset[str]:
    """Return the fields of the need, among those that rules alone read, on which a fact hangs."""
    name = fact.removeprefix("scenario.")
    own = {name} if name != fact and name in OPENABLE else set()
    return frozenset(own | THROUGH.get(fact, set()))


def changed_fields(one: Need, other: Need) -> frozenset[str]:
    """Return the fields in which two needs differ."""
    names = (field.name for field in fields(one))
    return frozenset(name for name in names if getattr(one, name) != getattr(other, name)) - UNREAD


def for_rules_alone(changed: frozenset[str], need: Need, base: RuleBase) -> bool:
    """Tell whether only rules and the ranking can see the change to `need`."""
    if changed & WISHED_BUILDS and not all(base.quantizations[name].ladder for name in need.quantizations_wished):
        return False
    if "model" in changed and need.model is not None and base.models[need.model].kind != "instruct":
        return False
    return changed <= OPENABLE


@dataclass(frozen=True, eq=False)
class Opening:
    """One open question: the needs that its values make, the first of them as the cell has it."""

    needs: tuple[Need, ...]
    fields: frozenset[str]


@dataclass(frozen=True)
class OpenOutcome(Outcome):
    """A constraint that comes out differently with what is still open."""

    states: frozenset[State | None] = frozenset()


class OpenJudge(Judge):
    """Judges one cell under all values of its open questions."""

    def __init__(
        self, base: RuleBase, scope: Scope, openings: tuple[Opening, ...], *, owned: bool, priced: bool
    ) -> None:
        self.openings = openings
        self._touching: dict[str, tuple[Opening, ...]] = {}
        super().__init__(base, scope, owned=owned, priced=priced)

    def touching(self, rule: CompiledRule) -> tuple[Opening, ...]:
        """Return the open questions that a rule hangs on."""
        if rule.id not in self._touching:
            names = facts_read(rule.condition) | (facts_read(rule.tight) if rule.tight else frozenset())
            hangs = frozenset().union(*(reads(name) for name in names))
            every = "scenario.stated" in names
            self._touching[rule.id] = tuple(item for item in self.openings if every or item.fields & hangs)
        return self._touching[rule.id]

    def alive(self, rule: CompiledRule, scope: Scope, level: int) -> bool:
        """Keep every rule that hangs on what is open."""
        return bool(self.touching(rule)) or super().alive(rule, scope, level)

    def scopes(self, scope: Scope, openings: tuple[Opening, ...]) -> Iterator[Scope]:
        """Yield the scope under each combination of values."""
        hangs = frozenset().union(*(item.fields for item in openings))
        kept = {name: value for name, value in scope.read.items() if not reads(name) & hangs and name not in _STATED}
        for needs in product(*(item.needs for item in openings)):
            changed = {
                name: getattr(need, name) for item, need in zip(openings, needs, strict=True) for name in item.fields
            }
            said = frozenset().union(*(need.stated for need in needs))
            need = _with(scope.need, changed | {"stated": scope.need.stated | said})
            named = {"named_quality": self._named_quality(need)} if "model" in hangs else {}
            further = scope.at(need=need, **named)
            further.know(kept)
            yield further

    def _named_quality(self, need: Need) -> float | None:
        return model_quality(self.base.models[need.model], need.cases, self.base) if need.model else None

    def states(self, rule: CompiledRule, scope: Scope) -> frozenset[State | None]:
        """Return all that a constraint can come to."""
        if _combinations(self.touching(rule)) > MOST_VALUES:
            return frozenset({"fails", "unknown", "tight", None})
        found = (outcome_of(rule, item) for item in self.scopes(scope, self.touching(rule)))
        return frozenset(outcome.state if outcome else None for outcome in found)

    def constrain(self, scope: Scope, levels: range) -> list[Outcome]:
        """Return what does not plainly hold, with what hangs on the open questions as `open`."""
        constraints = self.model_rules(scope).constraints
        made: list[Outcome] = []
        for level in levels:
            for rule in constraints[level]:
                if not self.touching(rule):
                    plain = outcome_of(rule, scope)
                    if plain:
                        made.append(plain)
                    continue
                states = self.states(rule, scope)
                if len(states) > 1:
                    made.append(OpenOutcome(rule, "open", scope, states))
                elif (state := next(iter(states))) is not None:
                    made.append(Outcome(rule, state, scope))
        return made

    def bounds(self, scope: Scope) -> tuple[float, float]:
        """Return the lowest and the highest score."""
        rules = [rule for found in self.model_rules(scope).preferences.values() for rule, _ in found]
        touched = tuple(
            dict.fromkeys(item for rule in rules if self._varies(rule, scope) for item in self.touching(rule))
        )
        if _combinations(touched) > MOST_VALUES:
            return -inf, inf
        scores = [total(super(OpenJudge, self).score(item)) for item in self.scopes(scope, touched)]
        return min(scores), max(scores)

    def _varies(self, rule: CompiledRule, scope: Scope) -> bool:
        touched = self.touching(rule)
        if not touched:
            return False
        if _combinations(touched) > MOST_VALUES:
            return True
        return len({bool(rule.condition.decide(item.lookup)) for item in self.scopes(scope, touched)}) > 1


def _combinations(openings: tuple[Opening, ...]) -> int:
    return prod(len(item.needs) for item in openings)


_STATED = frozenset({"scenario.stated"})


def _with(need: Need, changed: dict[str, Any]) -> Need:
    """Return the need with some fields changed; quicker than `replace`, as a scope is made for each value."""
    made = object.__new__(type(need))
    made.__dict__.update(need.__dict__, **changed)
    return made
