"""Examples of rules: run; numeric limits without one beside them; sentences that would print a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.fact import FACTS, PLACEMENT, SCENARIO
from llama_advisor.knowledge.conditions import Condition, Test
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.reasoning import TRUE, Literal, TooManyWaysError, placed_parts, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

NO_SILENT, NO_FIRING, GAP = "LR201", "LR202", "LR121"
EXPECTED = {"fires": True, "silent": False, "unknown": None}
NEAR = 0.02
COUNTED = frozenset({"tokens", "requests", "images", "users", "nodes", "devices", "heads", "bits"})
OPERATORS = ("above", "below", "at_least", "at_most")
SPOKEN = ("caveats", "routes")
AT_HOME = frozenset({"memory", "machine", "speed"})
TELL_A_DEVICE = frozenset({"engine.quantization_support"})


class ExampleResult(NamedTuple):
    """An example and its outcome."""

    rule: str
    kind: str
    place: int
    passed: bool
    got: bool | None
    example: dict[str, Any]


def run_examples(base: RuleBase) -> Iterator[ExampleResult]:
    """Yield the result of every example of every rule."""
    for rule in base.rules.values():
        for kind, expected in EXPECTED.items():
            for index, example in enumerate(getattr(rule.rule.examples, kind)):
                got = rule.condition.prove(example_facts(example).get).outcome
                yield ExampleResult(rule.id, kind, index, got is expected, got, example)


def example_facts(example: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of an example as conditions read them."""
    return {
        name: frozenset(value) if FACTS[name].kind == "set" and value is not None else value
        for name, value in example.items()
    }


def example_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield each limit without a silent or a firing example just past it: moved, it would turn no test red."""
    for rule in base.rules.values():
        for test, loc in limits(rule.condition, ("when",)):
            for code, kind, fires in ((NO_SILENT, "silent", False), (NO_FIRING, "fires", True)):
                examples = getattr(rule.rule.examples, kind)
                if not any(_turns(rule, test, example_facts(example), fires=fires) for example in examples):
                    text = f"no `{kind}` example within 2 % (or one unit) of `{test.says}` that crossing it would turn"
                    yield Finding(code, rule.folder, rule.id, text, loc)


def limits(condition: Condition, loc: tuple[Any, ...]) -> Iterator[tuple[Test, tuple[Any, ...]]]:
    """Yield the comparisons with a number in a condition, each with its place."""
    if isinstance(condition, Test):
        if condition.operator in OPERATORS:
            yield condition, (*loc, condition.operator)
        return
    for place, part in placed_parts(condition, loc):
        yield from limits(part, place)


def _turns(rule: CompiledRule, test: Test, facts: dict[str, Any], *, fires: bool) -> bool:
    """Whether the example stands beside the limit and turns when the one figure crosses it."""
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


def sentence_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield caveats and routes, which are also said where nothing qualifies, whose sentence may have a gap."""
    for folder in SPOKEN:
        for rule in base.in_folder(folder):
            gaps = sorted({name for name in fields_read(rule.rule.say) if not _sure(rule, name)})
            if gaps:
                text = (
                    f"its condition can be true where {', '.join(gaps)} {'is' if len(gaps) == 1 else 'are'} not known"
                )
                yield Finding(GAP, folder, rule.id, text, ("say",))


def _sure(rule: CompiledRule, name: str) -> bool:
    """Whether in every way that the condition comes true something known goes with the fact."""
    if FACTS[name].level == SCENARIO and _group(name) not in {"given", "named"}:
        return True
    try:
        return all(any(_vouches(literal, name) for literal in way) for way in ways(rule.condition, TRUE))
    except TooManyWaysError:
        return True


def _vouches(literal: Literal, name: str) -> bool:
    """Whether a literal can only hold where the fact is known as well."""
    test, group, level = literal.test, _group(name), FACTS[name].level
    if test.operator == "known" and literal.outcome is not test.operand:
        return False
    if test.fact == "engine.hosted" and group in AT_HOME:
        return literal.outcome is not test.operand
    if _group(test.fact) == group or (group in AT_HOME and _at_home(test.fact)):
        return True
    return SCENARIO < level <= PLACEMENT and group != "machine" and FACTS[test.fact].level >= level


def _at_home(fact: str) -> bool:
    """Whether a fact is known of builds on a machine alone."""
    return _group(fact) in AT_HOME | {"training"} or fact in TELL_A_DEVICE


def _group(name: str) -> str:
    return name.partition(".")[0]
