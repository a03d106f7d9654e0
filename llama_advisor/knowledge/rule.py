"""A rule with its conditions and names checked against the facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.engine.facts import FACTS, SCENARIO
from llama_advisor.knowledge.conditions import Condition, ConditionError, compile_condition
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import RuleBaseError, nearest
from llama_advisor.text.template import fields_read
from llama_advisor.text.wording import problem

if TYPE_CHECKING:
    from llama_advisor.knowledge.conditions import Lookup
    from llama_advisor.knowledge.judgement import Rule
    from llama_advisor.knowledge.layers import Layer
    from llama_advisor.knowledge.question import Option, Question


RESERVED = frozenset({"b", "back", "?", "help", "q", "quit", "e", "end", "s", "skip", "m", ""})
"""What is no id of an option, as it means something else when typed."""


@dataclass(frozen=True)
class Origin:
    """Where an entry was last written."""

    layer: Layer
    file: str
    loc: tuple[Any, ...] = ()

    def error(self, loc: tuple[Any, ...], what: str) -> RuleBaseError:
        """Return the error for `loc` inside the entry."""
        return RuleBaseError(self.layer.document(self.file).error((*self.loc, *loc), what))


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its conditions checked, and the level at which they can be evaluated."""

    rule: Rule
    folder: str
    condition: Condition
    tight: Condition | None
    level: int
    layer: str

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id


def compiled_rule(rule: Rule, folder: str, origin: Origin) -> CompiledRule:
    """Compile a rule; raise RuleBaseError at what is wrong in it."""
    conditions = []
    for name, raw in (("when", rule.when), ("tight", rule.tight)):
        try:
            conditions.append(None if raw is None else compile_condition(raw, FACTS, (name,)))
        except ConditionError as error:
            raise origin.error(error.loc, error.what) from error
    condition, tight = conditions
    if condition is None:
        raise origin.error(("when",), "a rule needs a condition")
    _check_names(rule, origin)
    level = max(part.level for part in (condition, tight) if part is not None)
    return CompiledRule(rule, folder, condition, tight, level, origin.layer.label)


def _check_names(rule: Rule, origin: Origin) -> None:
    named: list[tuple[tuple[Any, ...], str]] = [
        ((name,), fact) for name in ("say", "say_tight", "say_unknown") for fact in fields_read(getattr(rule, name))
    ]
    if rule.measure:
        named += [(("measure", "value"), rule.measure.value)]
        named += [(("measure", "limit"), rule.measure.limit)] if isinstance(rule.measure.limit, str) else []
    for kind in ("fires", "silent", "unknown"):
        for index, example in enumerate(getattr(rule.examples, kind)):
            named += [(("examples", kind, index, fact), fact) for fact in example]
    for loc, fact in named:
        if fact not in FACTS:
            raise origin.error(loc, f"unknown fact {fact!r}{nearest(fact, FACTS)}")


@dataclass(frozen=True)
class CompiledQuestion:
    """A question with its conditions checked."""

    question: Question
    condition: Condition | None
    conditions: tuple[Condition | None, ...]
    """Of its options, in their order."""

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    def applies(self, lookup: Lookup) -> bool:
        """Tell whether it is to be asked; what is not known speaks for asking."""
        return self.condition is None or self.condition.decide(lookup) is not False

    def options(self, lookup: Lookup) -> tuple[Option, ...]:
        """Return the options offered for a scenario."""
        pairs = zip(self.question.options, self.conditions, strict=True)
        return tuple(
            option for option, condition in pairs if condition is None or condition.decide(lookup) is not False
        )


def compiled_question(question: Question, origin: Origin) -> CompiledQuestion:
    """Compile a question's conditions; raise RuleBaseError at what is wrong in them or in its fields."""
    _check_fields(question, origin)
    inner = [_scenario_condition(item.when, origin, ("options", i, "when")) for i, item in enumerate(question.options)]
    return CompiledQuestion(question, _scenario_condition(question.when, origin, ("when",)), tuple(inner))


def _scenario_condition(raw: Any, origin: Origin, place: tuple[Any, ...]) -> Condition | None:
    if raw is None:
        return None
    try:
        condition = compile_condition(raw, FACTS, place)
    except ConditionError as error:
        raise origin.error(error.loc, error.what) from error
    if condition.level > SCENARIO:
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
