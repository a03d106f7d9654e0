"""Conditions that can never be true, always are, or hold parts that change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.knowledge.conditions import Condition, Junction, Test
from llama_advisor.text.errors import nearest
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.reasoning import NOT_TRUE, TRUE, can_be, idle, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

DEAD, ALWAYS, IDLE, ONE_WAY, NO_SUCH_NAME, DEAD_TIGHT = "LR101", "LR102", "LR103", "LR104", "LR105", "LR106"


def condition_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of all rules."""
    names = vocabulary(base)
    for rule in base.rules.values():
        if not can_be(rule.condition, TRUE):
            yield Finding(DEAD, rule.folder, rule.id, "its condition can never be true", ("when",))
        elif not can_be(rule.condition, NOT_TRUE):
            yield Finding(ALWAYS, rule.folder, rule.id, "its condition is always true", ("when",))
        if rule.tight and not _can_be_tight(rule):
            text = "`tight` is never true while the constraint holds"
            yield Finding(DEAD_TIGHT, rule.folder, rule.id, text, ("tight",))
        for name, condition in (("when", rule.condition), ("tight", rule.tight)):
            if condition is not None:
                yield from _parts(rule, condition, (name,))
                yield from _names(rule, condition, (name,), names)


def _can_be_tight(rule: CompiledRule) -> bool:
    """Tight counts only while the constraint is false."""
    return rule.tight is None or can_be(Junction("not", (rule.condition,), rule.level), TRUE, rule.tight)


def _parts(rule: CompiledRule, condition: Condition, loc: tuple[Any, ...]) -> Iterator[Finding]:
    """Yield parts of a condition that change nothing."""
    if isinstance(condition, Test):
        always, never = not can_be(condition, frozenset({False})), not can_be(condition, TRUE)
        if condition.operator != "known" and (always or never):
            text = f"`{condition.says}` is {'always' if always else 'never'} true where the fact is known"
            yield Finding(ONE_WAY, rule.folder, rule.id, text, loc)
        return
    for index, part in enumerate(condition.parts):
        place = (*loc, "not") if condition.kind == "not" else (*loc, condition.kind, index)
        if len(condition.parts) > 1 and idle(part, without(condition, index), condition.kind):
            yield Finding(IDLE, rule.folder, rule.id, f"without `{shown(part)}` it comes to the same", place)
        elif condition.kind == "all" and isinstance(part, Junction) and part.kind == "any":
            yield from _unreachable(rule, part, without(condition, index), place)
        yield from _parts(rule, part, place)


def _unreachable(rule: CompiledRule, part: Junction, given: Condition, loc: tuple[Any, ...]) -> Iterator[Finding]:
    """Yield branches that the conditions beside them rule out."""
    for index, branch in enumerate(part.parts):
        if not can_be(branch, TRUE, given):
            yield Finding(IDLE, rule.folder, rule.id, f"`{shown(branch)}` cannot be true here", (*loc, "any", index))


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


def _names(
    rule: CompiledRule, condition: Condition, loc: tuple[Any, ...], names: dict[str, frozenset[str]]
) -> Iterator[Finding]:
    if isinstance(condition, Junction):
        for index, part in enumerate(condition.parts):
            place = (*loc, "not") if condition.kind == "not" else (*loc, condition.kind, index)
            yield from _names(rule, part, place, names)
        return
    known = names.get(condition.fact)
    if known is None or condition.other or condition.operator == "known":
        return
    operands = condition.operand if isinstance(condition.operand, tuple) else (condition.operand,)
    for operand in operands:
        if operand not in known:
            text = f"{condition.fact} is never {operand!r} in this rule base{nearest(str(operand), known)}"
            yield Finding(NO_SUCH_NAME, rule.folder, rule.id, text, (*loc, condition.operator))
