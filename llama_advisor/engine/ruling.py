"""What rules come to at a place, settled as far as the place does: dropped, decided, or left for each load."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from llama_advisor.engine.candidate import Candidate, Place
from llama_advisor.engine.fact import BUILD, HOPELESS
from llama_advisor.engine.score import CriterionTerms, Move, criterion_terms
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.knowledge.rule import CompiledRule, State
from llama_advisor.scenario.need import Need
from llama_advisor.text.strict import CriterionId

Weighed = tuple[RuleBase, dict[CriterionId, float]]
"""A rule base, and what its criteria count."""
States = tuple[tuple[CompiledRule, State], ...]


class Checks(NamedTuple):
    """Constraints of one level at one place, settled as far as the place does."""

    settled: States  # those that do not plainly hold, whatever the load
    left: tuple[tuple[int, CompiledRule, Callable[[Any], State | None]], ...]  # where among them it stands, its test

    @property
    def fails(self) -> int:
        """Number of constraints that fail whatever the load."""
        return sum(state == "fails" for _, state in self.settled)

    def states(self, candidate: Candidate) -> States:
        """Return the constraints that do not plainly hold, with their state, in the order of the rules."""
        if not self.left:
            return self.settled
        found = [(place, rule, state) for place, rule, test in self.left if (state := test(candidate))]
        if not found:
            return self.settled
        states = list(self.settled)
        for place, rule, state in reversed(found):
            states.insert(place, (rule, state))
        return tuple(states)


class Rules(NamedTuple):
    """Constraints and preferences that may still be at work."""

    constraints: tuple[CompiledRule, ...]
    preferences: tuple[CompiledRule, ...]

    def narrowed(self, candidate: Candidate, level: int) -> Rules:
        """Leave out what the facts up to a level make false."""
        return Rules(
            tuple(
                rule
                for rule in self.constraints
                if level not in rule.settles_at or rule.settle_state(candidate, level) is not None
            ),
            tuple(rule for rule in self.preferences if level not in rule.settles_at or rule.settle(candidate, level)),
        )

    def checks(self, candidate: Candidate, *levels: int) -> Checks:
        """Return the constraints of some levels, settled as far as the place does."""
        settled: list[tuple[CompiledRule, State]] = []
        left: list[tuple[int, CompiledRule, Callable[[Any], State | None]]] = []
        for rule in (rule for level in levels for rule in self.constraints if rule.level == level):
            state = rule.settle_state(candidate, rule.level)
            if callable(state):
                left.append((len(settled), rule, state))
            elif state is not None:
                settled.append((rule, state))
        return Checks(tuple(settled), tuple(left))


class Ruling:
    """What rules and criteria come to for a variant on an engine, on all machines that are alike to them."""

    def __init__(self, weighed: Weighed, place: Place, need: Need, rules: Rules, *levels: int) -> None:
        self.place, self.rules = place, rules
        self._weighed, self._first = weighed, Candidate(need, place)
        self.checks = rules.checks(self._first, *levels)
        self.blocked = self.checks.fails > 0
        self._failing: tuple[CompiledRule, ...] | None = None

    @cached_property
    def build_checks(self) -> Checks:
        """Constraints of the build, settled as far as the place does."""
        return self.rules.checks(self._first, BUILD)

    @cached_property
    def criteria(self) -> tuple[CriterionTerms, ...]:
        """The criteria that count, settled as far as the place does."""
        (base, weights), candidate = self._weighed, self._first
        fired: dict[str, list[Move]] = {}
        for rule in self.rules.preferences:
            then = rule.rule.then
            if not isinstance(then, Adjust) or weights.get(then.criterion, 0.0) <= 0:
                continue
            outcome = rule.settle(candidate, BUILD)
            if outcome:
                fired.setdefault(then.criterion, []).append((rule, then.points, outcome if callable(outcome) else None))
        bound = base.criteria.preference_bound
        return tuple(
            criterion_terms(item, weights[item.id], bound, candidate, fired.get(item.id, ()))
            for item in base.criteria.criteria
            if weights.get(item.id, 0.0) > 0
        )

    @cached_property
    def bound(self) -> float:
        """A bound of the score, whatever the load and the machine."""
        return sum(terms.most for terms in self.criteria)

    def failing(self, smallest: Candidate) -> tuple[CompiledRule, ...]:
        """Return the constraints that fail on a machine which does not hold even this, the smallest load."""
        if self._failing is None:
            self._failing = tuple(
                rule
                for rule in self.rules.constraints
                if rule.level == BUILD and rule.settle_state(smallest, HOPELESS) == "fails"
            )
        return self._failing
