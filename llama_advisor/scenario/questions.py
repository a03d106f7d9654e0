"""Questions that the interview may ask, with their conditions and fields checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from llama_advisor.knowledge.conditions import Condition, ConditionError, compile_condition
from llama_advisor.knowledge.judgement import Question
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import nearest
from llama_advisor.text.wording import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.conditions import FactType, Lookup
    from llama_advisor.knowledge.judgement import Option
    from llama_advisor.knowledge.layers import Origin

RESERVED = frozenset({"b", "back", "?", "help", "q", "quit", "e", "end", "s", "skip", "m", ""})
"""What is no id of an option, as it means something else when typed."""


class CompiledQuestion(NamedTuple):
    """A question with its conditions checked."""

    question: Question
    condition: Condition | None
    conditions: tuple[Condition | None, ...]  # Of its options, in their order.

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    def applies(self, lookup: Lookup) -> bool:
        """Whether it is to be asked; what is not known speaks for asking."""
        return self.condition is None or self.condition.prove(lookup).outcome is not False

    def options(self, lookup: Lookup) -> tuple[Option, ...]:
        """The options offered for a scenario."""
        pairs = zip(self.question.options, self.conditions, strict=True)
        return tuple(
            option for option, condition in pairs if condition is None or condition.prove(lookup).outcome is not False
        )


def questions(base: RuleBase) -> tuple[CompiledQuestion, ...]:
    """What the questionnaire may ask, in the order of their places; RuleBaseError at what is wrong in a question."""
    return base.kept(_compiled)


def _compiled(base: RuleBase) -> tuple[CompiledQuestion, ...]:
    found = []
    for question in base.entries("questions", Question).values():
        origin = base.origin("questions", question.id)
        _check_fields(question, origin)
        inner = [
            _scenario_condition(item.when, origin, ("options", index, "when"), base.facts)
            for index, item in enumerate(question.options)
        ]
        own = _scenario_condition(question.when, origin, ("when",), base.facts)
        found.append(CompiledQuestion(question, own, tuple(inner)))
    return tuple(sorted(found, key=lambda item: (item.question.place, item.id)))


def _scenario_condition(
    raw: Any, origin: Origin, place: tuple[Any, ...], facts: Mapping[str, FactType]
) -> Condition | None:
    if raw is None:
        return None
    try:
        condition = compile_condition(raw, facts, place)
    except ConditionError as error:
        raise origin.error(error.loc, error.what) from error
    if condition.level > 0:
        raise origin.error(place, "a question is asked before any model is looked at: test facts of the scenario alone")
    return condition


def _check_fields(question: Question, origin: Origin) -> None:
    known = Scenario.model_fields
    for key, name in (("free", question.free), ("otherwise", question.otherwise)):
        if name is not None and name not in known:
            raise origin.error((key,), f"unknown field {name!r}{nearest(name, known)}")
    if question.stated.count > question.stated.of:
        raise origin.error(("stated", "count"), "more state it than were looked at")
    seen: set[str] = set()
    for index, option in enumerate(question.options):
        if option.id in seen:
            raise origin.error(("options", index, "id"), f"duplicate id {option.id!r}")
        if option.id in RESERVED:
            raise origin.error(("options", index, "id"), f"{option.id!r} is a command of the interview")
        seen.add(option.id)
        try:
            Scenario.model_validate(option.sets)
        except ValidationError as error:
            loc, what = problem(error, Scenario)
            raise origin.error(("options", index, "sets", *loc), what) from error
