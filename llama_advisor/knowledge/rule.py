"""A rule with its conditions and names checked against the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from typing import Any, Literal

from llama_advisor.knowledge import conditions
from llama_advisor.knowledge.conditions import Condition, ConditionError, Fact, Residue, Test, tests_of
from llama_advisor.knowledge.judgement import Rule
from llama_advisor.text.errors import nearest
from llama_advisor.text.record import Record
from llama_advisor.text.template import fields_read

State = Literal["fails", "unknown", "tight"]
LEVELS = 6
"""When facts settle: with the scenario, model, quantization, place, build; and once no load at all fits."""


class CompiledRule(Record):
    """A rule with its conditions checked, and the level at which they can be evaluated."""

    rule: Rule
    folder: str
    condition: Condition
    tight: Condition | None
    level: int
    layer: str
    facts: Mapping[str, Fact]

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @cached_property
    def test(self) -> Callable[[Any], bool | None]:
        """The condition as a function of a candidate."""
        return conditions.evaluator(self.condition, self._reader)

    def _reader(self, name: str) -> Callable[[Any], Any]:
        return self.facts[name].compute

    def settle(self, candidate: Any, level: int) -> Residue:
        """Evaluate the condition as far as facts up to a level settle it: an outcome, or what is left of it."""
        return self._settler("condition", level)(candidate)

    def settle_tight(self, candidate: Any, level: int) -> Residue:
        """Evaluate likewise the condition under which it barely holds; False where there is none."""
        return self._settler("tight", level)(candidate) if self.tight else False

    def settle_state(self, candidate: Any, level: int) -> State | Callable[[Any], State | None] | None:
        """Return the state of a constraint as far as facts up to a level settle it; None where it plainly holds."""
        failing = self.settle(candidate, level)
        unknown: State | None = "unknown" if self.rule.say_unknown else None
        if failing is True or failing is None:
            return "fails" if failing else unknown
        tight = self.settle_tight(candidate, level)
        if not callable(failing) and not callable(tight):
            return "tight" if tight else None

        def state(later: Any) -> State | None:
            outcome = failing(later) if callable(failing) else failing
            if outcome is not False:
                return "fails" if outcome else unknown
            return "tight" if (tight(later) if callable(tight) else tight) else None

        return state

    @cached_property
    def settles_at(self) -> frozenset[int]:
        """Levels at which a further test of it is settled."""
        tests = [*tests_of(self.condition), *(tests_of(self.tight) if self.tight else ())]
        return frozenset(next(level for level in range(LEVELS + 1) if self._settled(level, test)) for test in tests)

    @cached_property
    def facts_read(self) -> frozenset[str]:
        """Names of all facts that decide its state."""
        tight = conditions.facts_read(self.tight) if self.tight else frozenset()
        return conditions.facts_read(self.condition) | tight

    @cached_property
    def _settler(self) -> Callable[[str, int], Callable[[Any], Residue]]:
        """What settles one of its two conditions up to a level, compiled once."""

        def compiled(name: str, level: int) -> Callable[[Any], Residue]:
            return conditions.settler(getattr(self, name), self._reader, partial(self._settled, level))

        return cache(compiled)

    def _settled(self, level: int, test: Test) -> bool:
        """Whether facts up to a level settle a test; a number of the scenario only in this, whether it is there."""
        read = [self.facts[name] for name in (test.fact, test.other) if name]
        if test.operator == "known" and read[0].level == 0 and read[0].settles <= LEVELS:
            return True
        return level >= LEVELS or all(fact.settles <= level for fact in read)


def compiled_rule(rule: Rule, folder: str, layer: str, facts: Mapping[str, Fact]) -> CompiledRule:
    """Compile a rule; raise ConditionError at what is wrong in it."""
    condition, tight = (
        None if raw is None else conditions.compile_condition(raw, facts, (name,))
        for name, raw in (("when", rule.when), ("tight", rule.tight))
    )
    if condition is None:
        raise ConditionError(("when",), "a rule needs a condition")
    named: list[tuple[tuple[Any, ...], str]] = [
        ((name,), fact) for name in ("say", "say_tight", "say_unknown") for fact in fields_read(getattr(rule, name))
    ]
    if rule.measure:
        named += [(("measure", "value"), rule.measure.value)]
        named += [(("measure", "limit"), rule.measure.limit)] if isinstance(rule.measure.limit, str) else []
    for kind in rule.examples._fields:
        for index, example in enumerate(getattr(rule.examples, kind)):
            named += [(("examples", kind, index, fact), fact) for fact in example]
    for loc, fact in named:
        if fact not in facts:
            raise ConditionError(loc, f"unknown fact {fact!r}{nearest(fact, facts)}")
    level = max(part.level for part in (condition, tight) if part is not None)
    return CompiledRule(
        rule=rule, folder=folder, condition=condition, tight=tight, level=level, layer=layer, facts=facts
    )
