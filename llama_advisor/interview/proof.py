"""Proof that an answer is settled: every combination of what is open comes to the same model and verdict.

Combinations are not tried one by one. A run notes what it reads of the need: fields by their value, tests of rules by
their outcome. Combinations in which all of that is the same come to the same, so each model is run once for each box of
combinations that it cannot tell apart; where boxes of two models meet, their best builds are ranked.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from llama_advisor.engine import candidates
from llama_advisor.engine.fact import LOAD
from llama_advisor.engine.rank import ranked
from llama_advisor.engine.search import Found, ModelSearch
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.need import Need, understand
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor, Outcome
    from llama_advisor.engine.plan import ModelPlan
    from llama_advisor.interview.answers_cache import Outlook
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.conditions import Residue

    Sets = dict[str, Any]
    Choices = tuple[tuple[Sets, ...], ...]
    """What each open question may come to."""
    Box = tuple[tuple[int, ...], ...]
    """Of each open question the options that are possible; it stands for all their combinations."""
    Test = Callable[[Any], bool | None]

Value = TypeVar("Value")
MOST_TESTS = 30_000
"""Tests of rules that the runs of one proof may take; what needs more counts as not proved."""
MOST_CELLS = 24
"""Combinations of options that make other candidates; likewise."""
MOST_OUTCOMES = 24
"""Combinations that are answered one by one, where nothing fits as asked; likewise."""
MOST_COMBINATIONS = 4096
"""Combinations under which one test is tried; likewise."""
SOMETHING_FITS = ("recommended", "recommended_with_caveats")
UNSEEN = frozenset({"scenario", "assumptions", "stated"})
"""Fields of a need that are no answer themselves; `stated` follows from the others."""


class UnprovedError(Exception):
    """The proof takes too much, or cannot be given."""


class Effort:
    """What a proof has taken so far."""

    def __init__(self) -> None:
        self.tests = 0

    def spend(self) -> None:
        """Count one test."""
        self.tests += 1
        if self.tests > MOST_TESTS:
            raise UnprovedError


class NotingNeed:
    """A need that notes what is read of it; the need behind it may be exchanged, to read the same of another."""

    def __init__(self, need: Need, watched: frozenset[str], effort: Effort) -> None:
        self.need, self.watched, self.effort = need, watched, effort
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
            self.effort.spend()
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


def _with(items: tuple[Value, ...], place: int, item: Value) -> tuple[Value, ...]:
    """Return the items with another in one place."""
    return (*items[:place], item, *items[place + 1 :])


class Cell:
    """Combinations of answers that have the same candidates: one plan, the same machines."""

    def __init__(self, advisor: Advisor, need: Need, changes: tuple[tuple[Sets, ...], ...], effort: Effort) -> None:
        self.advisor, self.need, self.changes, self.effort = advisor, need, changes, effort
        self.found = advisor.search.run(need)
        self.whole: Box = tuple(tuple(range(len(options))) for options in changes)
        self.questions: dict[str, int] = {}
        for question, options in enumerate(changes):
            for name in frozenset().union(*options) - UNSEEN:
                if self.questions.setdefault(name, question) != question:
                    raise UnprovedError
        self.watched = frozenset(self.questions) | UNSEEN
        self._needs: dict[tuple[int, ...], Need] = {}

    def at(self, combination: tuple[int, ...]) -> Need:
        """Return the need with one option of each question."""
        if combination not in self._needs:
            made = object.__new__(Need)
            values = {item.name: getattr(self.need, item.name) for item in fields(Need)}
            for options, place in zip(self.changes, combination, strict=True):
                stated = values["stated"] | options[place].get("stated", frozenset())
                values |= options[place] | {"stated": stated}
            made.__dict__.update(values)
            self._needs[combination] = made
        return self._needs[combination]

    def cover(self, box: Box, run: Callable[[Need], Value]) -> Iterator[tuple[Box, Value]]:
        """Yield parts that make up the box, each with what a run comes to in all of it."""
        waiting = [box]
        while waiting:
            part = waiting.pop()
            need = NotingNeed(self.at(tuple(options[0] for options in part)), self.watched, self.effort)
            value = run(cast("Need", need))
            for read, outcome in tuple((need.noted or {}).values()):
                while (split := self._split(part, need, read, outcome)) is not None:
                    question, same = split
                    others = tuple(option for option in part[question] if option not in same)
                    waiting.append(_with(part, question, others))
                    part = _with(part, question, same)
            yield part, value

    def _split(
        self, box: Box, need: NotingNeed, read: Callable[[], Any], outcome: Any
    ) -> tuple[int, tuple[int, ...]] | None:
        """Return a question with the options to keep, where something read is not the same in all of a box."""
        first = tuple(options[0] for options in box)
        asked: tuple[int, ...] = ()
        while True:
            seen: dict[tuple[int, ...], Any] = {}
            names: set[str] = set()
            for chosen in product(*(box[question] for question in asked)):
                combination = list(first)
                for question, option in zip(asked, chosen, strict=True):
                    combination[question] = option
                seen[chosen], found = need.reread(self.at(tuple(combination)), read)
                names |= found
            if names & UNSEEN:
                raise UnprovedError
            touching = {self.questions[name] for name in names}
            if touching.issubset(asked):
                break
            asked = tuple(sorted(touching.union(asked)))
            if prod(len(box[question]) for question in asked) > MOST_COMBINATIONS:
                raise UnprovedError
        differing = next((chosen for chosen, value in seen.items() if value != outcome), None)
        if differing is None:
            return None
        start = tuple(first[question] for question in asked)
        for place, question in enumerate(asked):
            alone = {option: seen[_with(start, place, option)] for option in box[question]}
            same = tuple(option for option in box[question] if alone[option] == outcome)
            if len(same) < len(alone):
                return question, same
        question = next(question for question, one, other in zip(asked, start, differing, strict=True) if one != other)
        return question, (first[question],)

    def best(self, model: ModelPlan) -> Iterator[tuple[Box, Candidate | None]]:
        """Yield the best build of a model, wherever it is the same."""
        return self.cover(self.whole, lambda need: self._best(model, need))

    def answers(self, model: ModelPlan) -> Iterator[tuple[Box, tuple[Candidate | None, bool]]]:
        """Yield the best build of a model with whether the verdict would have caveats."""
        given = self.found.machines[0] if self.found.machines and self.need.hardware_stated else None

        def run(need: Need) -> tuple[Candidate | None, bool]:
            build = self._best(model, need)
            if build is None or build.states:
                return build, build is not None
            ending = build.closing(need, frozenset(), given, None)
            return build, any(rule.test(ending) for rule in self.advisor.heavy)

        return self.cover(self.whole, run)

    def _best(self, model: ModelPlan, need: Need) -> Candidate | None:
        return ModelSearch(Found(self.found.plan, need, self.found.machines, frozenset()), model).best

    def leads(self, box: Box, mine: Candidate, other: Candidate) -> bool:
        """Return whether a build is ranked before another in all of a box."""
        base = self.advisor.base
        if mine.score - other.score > base.criteria.wish_margin:
            return True
        return all(first for _, first in self.cover(box, lambda need: ranked((mine, other), need, base)[0] is mine))


class Proof(NamedTuple):
    """One attempt."""

    outlook: Outlook
    expected: Outcome

    def holds(self, stated: Sets, choices: Choices) -> bool:
        """Return whether all combinations of the choices come to what is expected; False also if it is not proved."""
        if self.expected.verdict not in SOMETHING_FITS:
            return self._one_by_one(stated, choices)
        try:
            effort = Effort()
            return all(self._holds_in(said, openings, effort) for said, openings in self.cells(stated, choices))
        except UnprovedError:
            return False

    def _one_by_one(self, stated: Sets, choices: Choices) -> bool:
        """Answer every combination: what would help where nothing fits may hang on anything."""
        if prod(map(len, choices)) > MOST_OUTCOMES:
            return False
        every = (
            stated | {name: value for part in parts for name, value in part.items()} for parts in product(*choices)
        )
        return all(self.outlook.outcome(said) in {None, self.expected} for said in every)

    def cells(self, stated: Sets, choices: Choices) -> list[tuple[Sets, Choices]]:
        """Return combinations of options that make other candidates, each with the choices that do not."""
        need = self._need(stated)
        ways = []
        for options in choices:
            needs = [(option, other) for option in options if (other := self._need(stated | option)) is not None]
            kept = tuple(option for option, other in needs if need is not None and self._alike(need, other))
            ways.append([({}, kept), *((option, ()) for option, _ in needs if option not in kept)])
        if prod(map(len, ways)) > MOST_CELLS:
            raise UnprovedError
        return [
            (
                stated | {name: value for option, _ in parts for name, value in option.items()},
                tuple(kept for _, kept in parts if len(kept) > 1),
            )
            for parts in product(*ways)
        ]

    def _alike(self, one: Need, other: Need) -> bool:
        """Return whether two needs have the same candidates."""
        run = self.outlook.advisor.search.run
        return (
            one.engine == other.engine and run(one).plan is run(other).plan and run(one).machines is run(other).machines
        )

    def _need(self, stated: Sets) -> Need | None:
        """Return what is needed; None where the answers do not go together."""
        try:
            return understand(validated(stated, None, {}), self.outlook.base)
        except InputError:
            return None

    def _holds_in(self, stated: Sets, openings: Choices, effort: Effort) -> bool:
        """Prove one cell: the model qualifies in every combination, with the same verdict, and leads every other."""
        advisor = self.outlook.advisor
        need = self._need(stated)
        if need is None:
            return True
        if self.outlook.outcome(stated) != self.expected:
            return False
        if any(_reads_the_whole(rule) for rule in advisor.heavy):
            return False
        changes = []
        for options in openings:
            others = [other for option in options if (other := self._need(stated | option)) is not None]
            if not all(self._alike(need, other) for other in others):
                return False
            changes.append(tuple(changed(need, other) for other in others))
        if need.engine is not None and not candidates.engines(need, advisor.base):
            need = need.on_any_engine()
        cell = Cell(advisor, need, tuple(changes), effort)
        models = cell.found.plan.models
        if need.engine is not None and all(build is None for model in models for _, build in cell.best(model)):
            cell = Cell(advisor, need.on_any_engine(), tuple(changes), effort)
            models = cell.found.plan.models
        caveats = self.expected.verdict == "recommended_with_caveats"
        (leading,) = (model for model in models if model.place.model.id == self.expected.model)
        mine = []
        for box, (build, heavy) in cell.answers(leading):
            if build is None or heavy is not caveats:
                return False
            mine.append((box, build))
        return all(
            cell.leads(shared, build, other)
            for model in models
            if model is not leading
            for place, other in cell.best(model)
            if other is not None
            for box, build in mine
            if all(shared := tuple(tuple(o for o in a if o in b) for a, b in zip(box, place, strict=True)))
        )


def changed(need: Need, other: Need) -> Sets:
    """Return the fields of the other need in which it differs."""
    names = [item.name for item in fields(Need) if item.name not in {"scenario", "assumptions"}]
    return {name: getattr(other, name) for name in names if getattr(other, name) != getattr(need, name)}


def _reads_the_whole(rule: CompiledRule) -> bool:
    """Return whether a caveat hangs on what became of all models."""
    return any(name.startswith(("answer.", "named.")) for name in facts_read(rule.condition))
