"""A need and rules that note what a run of the search hangs on, so that the run can stand for others."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llama_advisor.engine.fact import LOAD
from llama_advisor.knowledge.conditions import Residue, facts_read
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.need import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.base import RuleBase

    Test = Callable[[Any], bool | None]

Value = TypeVar("Value")


class NotingNeed:
    """A need that notes what is read of it; the need behind it may be exchanged, to read the same of another."""

    def __init__(self, need: Need, watched: frozenset[str], spend: Callable[[], None]) -> None:
        self.need, self.watched, self.spend = need, watched, spend
        self.noted: dict[object, tuple[Callable[[], Any], Any]] | None = {}
        """How to read something again, and what it was; None where the readings of a test are one."""
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        derived = getattr(Need, name, None)
        if isinstance(derived, property):
            return cast("Callable[[Any], Any]", derived.fget)(self)
        if isinstance(derived, cached_property):
            return derived.func(self)
        value = getattr(self.need, name)
        if name not in self.watched:
            return value
        self.names.add(name)
        if isinstance(value, frozenset) and self.noted is not None:
            return NotingSet(self, name, value)
        return self.note(name, partial(getattr, self, name), value)

    def note(self, key: object, read: Callable[[], Value], value: Value) -> Value:
        """Note what was read, and how to read it again."""
        if self.noted is not None:
            self.noted[key] = read, value
        return value

    def tested(self, test: Test, candidate: Candidate) -> bool | None:
        """Test a candidate; the outcome is noted, not what the test reads."""
        if self.noted is not None:
            self.spend()
        noted, self.noted, self.names = self.noted, None, set()
        outcome = test(candidate)
        self.noted = noted
        return self.note((id(test), id(candidate)), partial(test, candidate), outcome) if self.names else outcome

    def reread(self, need: Need, read: Callable[[], Value]) -> tuple[Value, set[str]]:
        """Return what a reading comes to under another need, and the fields it looks at there."""
        self.need, self.noted, self.names = need, None, set()
        return read(), self.names


class NotingSet:
    """A set of a need: what is asked of it is noted, not the whole of it."""

    def __init__(self, need: NotingNeed, name: str, whole: frozenset[str]) -> None:
        self.need, self.name, self.whole = need, name, whole

    def __bool__(self) -> bool:
        return self._asked("__len__") > 0

    def __contains__(self, item: str) -> bool:
        return self._asked("__contains__", item) > 0

    def isdisjoint(self, others: Iterable[str]) -> bool:
        """Return whether it has nothing in common with others."""
        return self._asked("isdisjoint", tuple(others)) > 0

    def _asked(self, method: str, *items: object) -> int:
        def read() -> int:
            return int(getattr(getattr(self.need, self.name), method)(*items))

        return self.need.note((self.name, method, items), read, int(getattr(self.whole, method)(*items)))


class NotedRule(CompiledRule):
    """A rule whose tests are noted by their outcome."""

    @cached_property
    def test(self) -> Test:
        """The condition, noted."""
        return cast("Test", _noted(super().test))

    def settle(self, candidate: Any, level: int) -> Residue:
        """Evaluate as far as facts settle it; what is left is noted."""
        return _noted(super().settle(candidate, level))

    def settle_tight(self, candidate: Any, level: int) -> Residue:
        """Evaluate likewise the condition under which it barely holds."""
        return _noted(super().settle_tight(candidate, level))


def _noted(left: Residue) -> Residue:
    if not callable(left):
        return left

    def test(candidate: Candidate) -> bool | None:
        need: Any = candidate.need
        return need.tested(left, candidate) if isinstance(need, NotingNeed) else left(candidate)

    return test


def noting(base: RuleBase) -> RuleBase:
    """Return the rule base with rules whose tests are noted, where they may hang on an answer."""

    def open_(rule: CompiledRule) -> bool:
        read = facts_read(rule.condition) | (facts_read(rule.tight) if rule.tight else frozenset())
        return any(base.facts[name].settles >= LOAD for name in read)

    return base.with_rules(
        {name: NotedRule(**rule._asdict()) if open_(rule) else rule for name, rule in base.rules.items()}
    )
