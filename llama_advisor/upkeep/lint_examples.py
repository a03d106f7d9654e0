"""Numeric limits without examples beside them: moved, they would turn no test red."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import Condition, Test
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.rule_examples import example_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

NO_SILENT, NO_FIRING = "LR201", "LR202"
NEAR = 0.02
COUNTED = frozenset({"tokens", "requests", "images", "users", "nodes", "devices", "heads", "bits"})
OPERATORS = ("above", "below", "at_least", "at_most")


class Limit(NamedTuple):
    """A number that a condition compares with."""

    test: Test
    loc: tuple[Any, ...]


def example_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield each limit without a silent, or without a firing, example just past it."""
    for rule in base.rules.values():
        for limit in limits(rule.condition, ("when",)):
            test = limit.test
            for code, kind, fires in ((NO_SILENT, "silent", False), (NO_FIRING, "fires", True)):
                examples = getattr(rule.rule.examples, kind)
                if not any(_turns(rule, test, example_facts(example), fires=fires) for example in examples):
                    text = f"no `{kind}` example within 2 % (or one unit) of `{test.says}` that crossing it would turn"
                    yield Finding(code, rule.folder, rule.id, text, limit.loc)


def limits(condition: Condition, loc: tuple[Any, ...]) -> Iterator[Limit]:
    """Yield the comparisons with a number in a condition."""
    if isinstance(condition, Test):
        if condition.operator in OPERATORS:
            yield Limit(condition, (*loc, condition.operator))
        return
    for index, part in enumerate(condition.parts):
        yield from limits(part, (*loc, "not") if condition.kind == "not" else (*loc, condition.kind, index))


def _turns(rule: CompiledRule, test: Test, facts: dict[str, Any], *, fires: bool) -> bool:
    """Tell whether the example stands beside the limit and turns when the one figure crosses it."""
    limit = facts.get(test.other) if test.other else test.operand
    value = facts.get(test.fact)
    if value is None or limit is None:
        return False
    step = _step(test.fact, limit)
    if abs(value - limit) > step * (1 + 1e-9):
        return False
    return any(
        rule.condition.prove((facts | {test.fact: moved}).get).outcome is (not fires)
        for moved in (limit - step, limit, limit + step)
    )


def _step(fact: str, limit: float) -> float:
    share = abs(limit) * NEAR
    if FACTS[fact].unit in COUNTED:
        return max(1.0, share)
    return share or NEAR
