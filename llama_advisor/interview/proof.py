"""Proof that an answer is settled: every combination of what is open comes to the same model and verdict.

Combinations are not tried one by one. A run notes what it reads of the need: fields by their value, tests of rules by
their outcome. Combinations in which all of that is the same come to the same, so each model is run once for each box of
combinations that it cannot tell apart; where boxes of two models meet, their best builds are ranked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import reduce
from itertools import product
from math import prod
from operator import or_
from typing import Any, TypeVar, cast

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.decide import Advisor, Outcome
from llama_advisor.engine.plan import ModelPlan
from llama_advisor.engine.rank import ranked
from llama_advisor.engine.search import Found, ModelSearch
from llama_advisor.interview.answers_cache import NotingNeed, Outlook
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.need import Need

Sets = dict[str, Any]
Choices = tuple[tuple[Sets, ...], ...]  # What each open question may come to.
Combination = tuple[int, ...]  # An option of each open question.
Box = tuple[tuple[int, ...], ...]
"""Of each open question the options that are possible; it stands for all their combinations."""
Value = TypeVar("Value")
MOST_TESTS = 30_000  # Tests of rules that the runs of one proof may take; what needs more counts as not proved.
MOST_CELLS = 24  # Combinations of options that make other candidates; likewise.
MOST_OUTCOMES = 24  # Combinations that are answered one by one, where nothing fits as asked; likewise.
MOST_READ = 4096  # Combinations under which one thing is read again; likewise.
SOMETHING_FITS = ("recommended", "recommended_with_caveats")
NO_ANSWERS = frozenset({"scenario", "assumptions", "stated"})
"""Fields of a need that follow from the others; a run that reads them proves nothing."""


class UnprovedError(Exception):
    """The proof takes too much, or cannot be given."""


def _with(items: tuple[Value, ...], place: int, item: Value) -> tuple[Value, ...]:
    """Return the items with another in one place."""
    return (*items[:place], item, *items[place + 1 :])


class Cell:
    """Combinations of answers that have the same candidates: one plan, the same machines."""

    def __init__(
        self, advisor: Advisor, need: Need, changes: tuple[tuple[Sets, ...], ...], spend: Callable[[], None]
    ) -> None:
        self.advisor, self.need, self.changes, self.spend = advisor, need, changes, spend
        self.found = advisor.search.run(need)
        self.whole: Box = tuple(tuple(range(len(options))) for options in changes)
        self.question_of: dict[str, int] = {}
        for question, options in enumerate(changes):
            for name in frozenset().union(*options) - NO_ANSWERS:
                if self.question_of.setdefault(name, question) != question:
                    raise UnprovedError
        self.watched = frozenset(self.question_of) | NO_ANSWERS
        self._needs: dict[Combination, Need] = {}

    def at(self, combination: Combination) -> Need:
        """Return the need with one option of each question."""
        if combination not in self._needs:
            values: Sets = {"stated": self.need.stated}
            for options, place in zip(self.changes, combination, strict=True):
                stated = values["stated"] | options[place].get("stated", frozenset())
                values |= options[place] | {"stated": stated}
            self._needs[combination] = replace(self.need, **values)
        return self._needs[combination]

    def cover(self, box: Box, run: Callable[[Need], Value]) -> Iterator[tuple[Box, Value]]:
        """Yield parts that make up the box, each with what a run comes to in all of it."""
        waiting = [box]
        while waiting:
            part = waiting.pop()
            need = NotingNeed(self.at(tuple(options[0] for options in part)), self.watched, self.spend)
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
        """Return a question with the options to keep, where a reading is not the same in all of a box."""
        first = tuple(options[0] for options in box)
        asked: tuple[int, ...] = ()  # questions that the reading hangs on; under other options it may read on
        while True:
            seen: dict[Combination, Any] = {}
            names: set[str] = set()
            for chosen in product(*(box[question] for question in asked)):
                combination = first
                for question, option in zip(asked, chosen, strict=True):
                    combination = _with(combination, question, option)
                seen[chosen], looked_at = need.reread(self.at(combination), read)
                names |= looked_at
            if names & NO_ANSWERS:
                raise UnprovedError
            more = {self.question_of[name] for name in names}.difference(asked)
            if not more:
                break
            asked = tuple(sorted(more.union(asked)))
            if prod(len(box[question]) for question in asked) > MOST_READ:
                raise UnprovedError
        differing = next((chosen for chosen, value in seen.items() if value != outcome), None)
        if differing is None:
            return None
        start = tuple(first[question] for question in asked)
        for place, question in enumerate(asked):
            same = tuple(option for option in box[question] if seen[_with(start, place, option)] == outcome)
            if same != box[question]:
                return question, same
        question = next(question for question, one, other in zip(asked, start, differing, strict=True) if one != other)
        return question, (first[question],)

    def best(
        self, model: ModelPlan, heavy: tuple[CompiledRule, ...] = ()
    ) -> Iterator[tuple[Box, tuple[Candidate | None, bool]]]:
        """Yield the best build of a model, wherever it is the same, and whether it has `heavy` caveats."""
        plan, machines = self.found.plan, self.found.machines
        given = machines[0] if machines and self.need.hardware_stated else None

        def run(need: Need) -> tuple[Candidate | None, bool]:
            build = ModelSearch(Found(plan, need, machines, frozenset()), model).best
            if build is None or build.states:
                return build, build is not None
            ending = build.closing(need, given=given)
            return build, any(rule.test(ending) for rule in heavy)

        return self.cover(self.whole, run)

    def leads(self, box: Box, mine: Candidate, other: Candidate) -> bool:
        """Return whether a build is ranked before another in all of a box."""
        base = self.advisor.base
        named = {self.need.model, *(option.get("model") for options in self.changes for option in options)}
        if mine.score - other.score > base.criteria.wish_margin and other.model.id not in named:
            return True
        return all(first for _, first in self.cover(box, lambda need: ranked((mine, other), need, base)[0] is mine))


class Proof:
    """One attempt."""

    def __init__(self, outlook: Outlook, expected: Outcome) -> None:
        self.outlook, self.expected = outlook, expected
        self.advisor = outlook.advisor
        self.tests = 0

    def _spend(self) -> None:
        self.tests += 1
        if self.tests > MOST_TESTS:
            raise UnprovedError

    def holds(self, stated: Sets, choices: Choices) -> bool:
        """Return whether all combinations of the choices come to what is expected; False also if it is not proved."""
        if self.expected.verdict not in SOMETHING_FITS:  # what would help may hang on anything: answer one by one
            combined = (reduce(or_, parts, stated) for parts in product(*choices))
            few = prod(map(len, choices)) <= MOST_OUTCOMES
            return few and all(self.outlook.outcome(said) in {None, self.expected} for said in combined)
        try:
            return all(self._holds_in(said, openings) for said, openings in self._cells(stated, choices))
        except UnprovedError:
            return False

    def _cells(self, stated: Sets, choices: Choices) -> list[tuple[Sets, Choices]]:
        """Return combinations of options that make other candidates, each with the choices that do not."""
        need = self.outlook.needed(stated)
        ways = []
        for options in choices:
            needs = [(option, other) for option in options if (other := self.outlook.needed(stated | option))]
            kept = tuple(option for option, other in needs if need is not None and self._alike(need, other))
            ways.append([({}, kept), *((option, ()) for option, _ in needs if option not in kept)])
        if prod(map(len, ways)) > MOST_CELLS:
            raise UnprovedError
        return [
            (reduce(or_, (option for option, _ in parts), stated), tuple(kept for _, kept in parts if len(kept) > 1))
            for parts in product(*ways)
        ]

    def _alike(self, one: Need, other: Need) -> bool:
        """Return whether two needs have the same candidates."""
        first, second = self.advisor.search.run(one), self.advisor.search.run(other)
        return first.plan is second.plan and first.machines is second.machines

    def cell(self, need: Need, stated: Sets, openings: Choices) -> Cell:
        """Return the cell that the openings make around a need; raise UnprovedError where candidates are others."""
        names = [item.name for item in fields(Need) if item.name not in {"scenario", "assumptions"}]
        changes = []
        for options in openings:
            others = [other for option in options if (other := self.outlook.needed(stated | option))]
            if not all(self._alike(need, other) for other in others):
                raise UnprovedError
            changes.append(
                tuple(
                    {name: getattr(other, name) for name in names if getattr(other, name) != getattr(need, name)}
                    for other in others
                )
            )
        if need.engine is not None and not candidates.engines(need, self.advisor.base):
            need = need.on_engine(None)
        cell = Cell(self.advisor, need, tuple(changes), self._spend)
        if need.either_lane and all(build is None for m in cell.found.plan.models for _, (build, _) in cell.best(m)):
            return Cell(self.advisor, need.on_engine(None), tuple(changes), self._spend)
        return cell

    def _holds_in(self, stated: Sets, openings: Choices) -> bool:
        """Prove one cell: the model qualifies in every combination, with the same verdict, and leads every other."""
        need = self.outlook.needed(stated)
        if need is None:
            return True
        if self.outlook.outcome(stated) != self.expected:
            return False
        read = (name for rule in self.advisor.heavy for name in facts_read(rule.condition))
        if any(name.startswith(("answer.", "named.", "asked.")) for name in read):
            return False  # a caveat hangs on what became of all models
        cell = self.cell(need, stated, openings)
        models = cell.found.plan.models
        (leading,) = (model for model in models if model.place.model.id == self.expected.model)
        mine = []
        for box, (build, caveats) in cell.best(leading, self.advisor.heavy):
            if build is None or caveats != (self.expected.verdict == "recommended_with_caveats"):
                return False
            mine.append((box, build))
        return all(
            cell.leads(shared, build, other)
            for model in models
            if model is not leading
            for place, (other, _) in cell.best(model)
            if other is not None
            for box, build in mine
            if all(shared := tuple(tuple(o for o in a if o in b) for a, b in zip(box, place, strict=True)))
        )
