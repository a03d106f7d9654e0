"""A rule with its conditions and names checked against the facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.knowledge.conditions import Condition, ConditionError, compile_condition
from llama_advisor.text.errors import RuleBaseError, nearest
from llama_advisor.text.template import fields_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.conditions import FactType
    from llama_advisor.knowledge.judgement import Rule
    from llama_advisor.knowledge.layers import Layer


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


def compiled_rule(rule: Rule, folder: str, origin: Origin, facts: Mapping[str, FactType]) -> CompiledRule:
    """Compile a rule; raise RuleBaseError at what is wrong in it."""
    conditions = []
    for name, raw in (("when", rule.when), ("tight", rule.tight)):
        try:
            conditions.append(None if raw is None else compile_condition(raw, facts, (name,)))
        except ConditionError as error:
            raise origin.error(error.loc, error.what) from error
    condition, tight = conditions
    if condition is None:
        raise origin.error(("when",), "a rule needs a condition")
    _check_names(rule, origin, facts)
    level = max(part.level for part in (condition, tight) if part is not None)
    return CompiledRule(rule, folder, condition, tight, level, origin.layer.label)


def _check_names(rule: Rule, origin: Origin, facts: Mapping[str, FactType]) -> None:
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
        if fact not in facts:
            raise origin.error(loc, f"unknown fact {fact!r}{nearest(fact, facts)}")
