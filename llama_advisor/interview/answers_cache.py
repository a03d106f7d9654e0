"""What an answer would come to, by the engine: kept by scenario, as an interview asks the same again and again.

And needs and rules that note what a run of the search hangs on, so that the run can stand for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property, partial
from threading import Event
from typing import Any, TypeVar, cast

from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.decide import Advisor, Outcome
from llama_advisor.engine.fact import LOAD
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Lookup, Residue, facts_read
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.need import Need
from llama_advisor.scenario.read import validated
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError

Test = Callable[[Any], bool | None]
Value = TypeVar("Value")


class StoppedError(Exception):
    """The person has answered."""


class Outlook:
    """Outcomes of scenarios on one rule base."""

    def __init__(self, advisor: Advisor) -> None:
        self.base = noting(advisor.base)
        self.advisor = Advisor(self.base, advisor.as_of)
        self.advisor.search.sizes = advisor.search.sizes
        self._kept: dict[str, Outcome | None] = {}
        self._sound: dict[str, Need | None] = {}
        self.settled: dict[str, bool] = {}  # Proofs by state of the interview.
        self.stop = Event()  # Set while whoever works ahead is to leave off.

    def outcome(self, stated: dict[str, Any]) -> Outcome | None:
        """Return model and verdict; None for answers that do not go together. StoppedError once it is stopped."""
        if self.stop.is_set():
            raise StoppedError
        return _once(self._kept, stated, lambda: self.advisor.outcome(validated(stated, None, {})))

    def need(self, stated: dict[str, Any]) -> Need:
        """Return the scenario with its gaps filled."""
        return understand(validated(stated, None, {}), self.base)

    def needed(self, stated: dict[str, Any]) -> Need | None:
        """Return the same; None for answers that do not go together."""
        with suppress(InputError):
            return self.need(stated)
        return None

    def lookup(self, stated: dict[str, Any]) -> Lookup:
        """Return the facts of the scenario, for the conditions of questions."""
        return Candidate(self.need(stated)).lookup

    def check(self, stated: dict[str, Any]) -> Need:
        """Return the same; raise InputError for answers that do not go together, or hardware that cannot be read."""
        need = self.need(stated)
        if need.scenario.hardware is not None:
            self.advisor.search.machines(need)
        return need

    def goes_together(self, stated: dict[str, Any]) -> bool:
        """Tell whether the answers can all be given."""
        return _once(self._sound, stated, lambda: self.check(stated)) is not None


def _once(kept: dict[str, Value | None], stated: dict[str, Any], make: Callable[[], Value]) -> Value | None:
    """Return what was made of answers once, and is kept; None where they do not go together."""
    key = repr(sorted(stated.items()))
    if key not in kept:
        made = None
        with suppress(InputError):
            made = make()
        kept[key] = made
    return kept[key]


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
    rules = dict(base.rules)
    for name, rule in base.rules.items():
        read = facts_read(rule.condition) | (facts_read(rule.tight) if rule.tight else frozenset())
        if any(base.facts[fact].settles >= LOAD for fact in read):
            rules[name] = NotedRule(**rule._asdict())
    return base.with_rules(rules)
