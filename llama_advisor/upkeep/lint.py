"""Lints of rules: conditions that say nothing, limits without an example beside them, sentences with a gap."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.fact import FACTS, PLACEMENT, SCENARIO
from llama_advisor.knowledge.conditions import Condition, Junction, Test
from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.text.errors import nearest
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep import Finding
from llama_advisor.upkeep.lint_links import (
    age_findings,
    correction_findings,
    link_findings,
    reference_findings,
    support_findings,
)
from llama_advisor.upkeep.reasoning import (
    FALSE,
    NOT_TRUE,
    TRUE,
    Literal,
    TooManyWaysError,
    can_be,
    idle,
    implies,
    operands,
    walked,
    ways,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

SEVERITIES = ("error", "warning", "note")
DEAD, ALWAYS, IDLE, ONE_WAY, NO_SUCH_NAME, DEAD_TIGHT = "LR101", "LR102", "LR103", "LR104", "LR105", "LR106"
CONTRADICT, UNDONE, NEVER_COUNTS = "LR111", "LR112", "LR113"
GAP, NO_SILENT, NO_FIRING = "LR121", "LR201", "LR202"
EXPECTED = {"fires": True, "silent": False, "unknown": None}
NEAR = 0.02
COUNTED = frozenset({"tokens", "requests", "images", "users", "nodes", "devices", "heads", "bits"})
LIMITS = ("above", "below", "at_least", "at_most")
SPOKEN = ("caveats", "routes")
AT_HOME = frozenset({"memory", "machine", "speed"})
TELL_A_DEVICE = frozenset({"engine.quantization_support"})


def lint(base: RuleBase, as_of: date) -> tuple[Finding, ...]:
    """Return all findings, worst first, then by code and entry."""
    found = [
        *reference_findings(base),
        *support_findings(base),
        *age_findings(base, as_of),
        *condition_findings(base),
        *overlap_findings(base),
        *sentence_findings(base),
        *example_findings(base),
        *link_findings(base),
        *correction_findings(base),
    ]
    rank = {code: SEVERITIES.index(kind.severity) for code, kind in base.finding_kinds.items()}
    return tuple(sorted(found, key=lambda item: (rank[item.code], item.code, item.entry, item.text)))


def condition_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of all rules."""
    names = vocabulary(base)
    for rule in base.rules.values():
        if not can_be(rule.condition, TRUE):
            yield Finding(DEAD, rule.folder, rule.id, "its condition can never be true", ("when",))
        elif not can_be(rule.condition, NOT_TRUE):
            yield Finding(ALWAYS, rule.folder, rule.id, "its condition is always true", ("when",))
        if rule.tight and not can_be(Junction("not", (rule.condition,), rule.level), TRUE, rule.tight):
            text = "`tight` is never true while the constraint holds"
            yield Finding(DEAD_TIGHT, rule.folder, rule.id, text, ("tight",))
        for name, condition in (("when", rule.condition), ("tight", rule.tight)):
            if condition is not None:
                for code, text, loc in _of_parts(condition, (name,), names):
                    yield Finding(code, rule.folder, rule.id, text, loc)


def _of_parts(
    condition: Condition, loc: tuple[Any, ...], names: dict[str, frozenset[str]]
) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Yield code, text and place of what is wrong with parts.

    They change nothing, are ruled out by the parts beside them, or ask for a name that is not there.
    """
    for place, part, inside, index in walked(condition, loc):
        rest = without(inside, index) if inside and len(inside.parts) > 1 else None
        if inside and rest and idle(part, rest, inside.kind):
            yield IDLE, f"without `{shown(part)}` it comes to the same", place
        elif inside and rest and inside.kind == "all" and isinstance(part, Junction) and part.kind == "any":
            for number, branch in enumerate(part.parts):
                if not can_be(branch, TRUE, rest):
                    yield IDLE, f"`{shown(branch)}` cannot be true here", (*place, "any", number)
        if isinstance(part, Junction) or part.operator == "known":
            continue
        always, never = not can_be(part, FALSE), not can_be(part, TRUE)
        if always or never:
            yield ONE_WAY, f"`{part.says}` is {'always' if always else 'never'} true where the fact is known", place
        known = None if part.other else names.get(part.fact)
        for operand in operands(part):
            if known is not None and operand not in known:
                text = f"{part.fact} is never {operand!r} in this rule base{nearest(str(operand), known)}"
                yield NO_SUCH_NAME, text, (*place, part.operator)


def shown(condition: Condition) -> str:
    """Return a condition in words."""
    if isinstance(condition, Test):
        return condition.says
    if condition.kind == "not":
        return f"not {shown(condition.parts[0])}"
    word = " and " if condition.kind == "all" else " or "
    return f"({word.join(shown(part) for part in condition.parts)})"


def vocabulary(base: RuleBase) -> dict[str, frozenset[str]]:
    """Return the only values of facts whose values are ids of the rule base."""
    models, cases = base.models.values(), base.use_cases.values()
    return {
        "model.id": frozenset(base.models),
        "scenario.model": frozenset(base.models),
        "model.family": frozenset(model.family for model in models),
        "model.kind": frozenset(model.kind for model in models),
        "scenario.model_family": frozenset(model.family for model in models),
        "scenario.use_cases": frozenset(base.use_cases),
        "scenario.tags": frozenset(tag for case in cases for tag in case.tags),
        "scenario.needs": frozenset(need for case in cases for need in case.needs),
        "engine.id": frozenset(base.engines),
        "scenario.engine": frozenset(base.engines),
        "quantization.id": frozenset(base.quantizations),
        "scenario.quantization": frozenset(base.quantizations),
        "model.trained_for": frozenset(skill for model in models for skill in model.trained_for),
        "hosted.provider": frozenset(offer.provider for offer in base.hosted.values()),
        "machine.device_kind": frozenset(device.kind for device in base.devices.values()),
        "machine.architecture": frozenset(device.architecture for device in base.devices.values()),
    }


def overlap_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield preferences that contradict each other, or that only fire on builds that are ruled out."""
    adjusting = [(rule, rule.rule.then) for rule in base.in_folder("preferences") if can_be(rule.condition, TRUE)]
    preferences = [(rule, then) for rule, then in adjusting if isinstance(then, Adjust)]
    for (first, one), (second, other) in combinations(preferences, 2):
        if one.criterion != other.criterion or one.points * other.points >= 0:
            continue
        forth, back = implies(first.condition, second.condition), implies(second.condition, first.condition)
        told = f"({one.points:+g} against {other.points:+g} on {one.criterion})"
        if forth and back:
            yield Finding(CONTRADICT, first.folder, first.id, f"fires exactly when {second.id} does {told}", ("then",))
        elif forth or back:
            narrow, wide = (first, second) if forth else (second, first)
            text = f"whenever it fires, {wide.id} moves the same criterion the other way {told}"
            yield Finding(UNDONE, narrow.folder, narrow.id, text, ("then",))
    for rule, _ in preferences:
        for constraint in base.in_folder("constraints"):
            if implies(rule.condition, constraint.condition):
                text = f"every build it fires for is ruled out by {constraint.id}"
                yield Finding(NEVER_COUNTS, rule.folder, rule.id, text, ("when",))


def sentence_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield caveats and routes, which are also said where nothing qualifies, whose sentence may have a gap."""
    for folder in SPOKEN:
        for rule in base.in_folder(folder):
            gaps = sorted({name for name in fields_read(rule.rule.say) if not _sure(rule, name)})
            if gaps:
                verb = "is" if len(gaps) == 1 else "are"
                text = f"its condition can be true where {', '.join(gaps)} {verb} not known"
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
    at_home = _group(test.fact) in AT_HOME | {"training"} or test.fact in TELL_A_DEVICE
    if _group(test.fact) == group or (group in AT_HOME and at_home):
        return True
    return SCENARIO < level <= PLACEMENT and group != "machine" and FACTS[test.fact].level >= level


def _group(name: str) -> str:
    return name.partition(".")[0]


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
        for loc, test, *_ in walked(rule.condition, ("when",)):
            if isinstance(test, Junction) or test.operator not in LIMITS:
                continue
            for code, kind, fires in ((NO_SILENT, "silent", False), (NO_FIRING, "fires", True)):
                examples = getattr(rule.rule.examples, kind)
                if not any(_turns(rule, test, example_facts(example), fires=fires) for example in examples):
                    text = f"no `{kind}` example within 2 % (or one unit) of `{test.says}` that crossing it would turn"
                    yield Finding(code, rule.folder, rule.id, text, (*loc, test.operator))


def _turns(rule: CompiledRule, test: Test, facts: dict[str, Any], *, fires: bool) -> bool:
    """Whether the example stands beside the limit and turns when the one figure crosses it."""
    limit = facts.get(test.other) if test.other else test.operand
    value = facts.get(test.fact)
    if value is None or limit is None:
        return False
    share = abs(limit) * NEAR
    step = max(1.0, share) if FACTS[test.fact].unit in COUNTED else share or NEAR
    if abs(value - limit) > step * (1 + 1e-9):
        return False
    return any(
        rule.condition.prove((facts | {test.fact: moved}).get).outcome is (not fires)
        for moved in (limit - step, limit, limit + step)
    )
