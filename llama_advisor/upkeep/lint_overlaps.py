"""Rules that undo each other, or never count beside another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.reasoning import TRUE, can_be, implies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

CONTRADICT, UNDONE, NEVER_COUNTS = "LR111", "LR112", "LR113"


def overlap_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield preferences that contradict each other, or that only fire on builds that are ruled out."""
    adjusting = (rule for rule in base.in_folder("preferences") if isinstance(rule.rule.then, Adjust))
    preferences = [rule for rule in adjusting if can_be(rule.condition, TRUE)]
    for first, second in combinations(preferences, 2):
        yield from _opposed(first, second)
    for rule in preferences:
        for constraint in base.in_folder("constraints"):
            if implies(rule.condition, constraint.condition):
                text = f"every build it fires for is ruled out by {constraint.id}"
                yield Finding(NEVER_COUNTS, rule.folder, rule.id, text, ("when",))


def _opposed(first: CompiledRule, second: CompiledRule) -> Iterator[Finding]:
    one, other = first.rule.then, second.rule.then
    assert isinstance(one, Adjust)
    assert isinstance(other, Adjust)
    if one.criterion != other.criterion or one.points * other.points >= 0:
        return
    forth, back = implies(first.condition, second.condition), implies(second.condition, first.condition)
    told = f"({one.points:+g} against {other.points:+g} on {one.criterion})"
    if forth and back:
        yield Finding(CONTRADICT, first.folder, first.id, f"fires exactly when {second.id} does {told}", ("then",))
    elif forth or back:
        narrow, wide = (first, second) if forth else (second, first)
        text = f"whenever it fires, {wide.id} moves the same criterion the other way {told}"
        yield Finding(UNDONE, narrow.folder, narrow.id, text, ("then",))
