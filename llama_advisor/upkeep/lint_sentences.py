"""Sentences that name facts which their condition does not make sure of: they would print a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.fact import FACTS, PLACEMENT, SCENARIO
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.reasoning import TRUE, Literal, TooManyWaysError, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

GAP = "LR121"
SPOKEN = ("caveats", "routes")
AT_HOME = frozenset({"memory", "machine", "speed"})
TELL_A_DEVICE = frozenset({"engine.quantization_support"})


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
    """Tell whether in every way that the condition comes true something known goes with the fact."""
    if FACTS[name].level == SCENARIO and _group(name) not in {"given", "named"}:
        return True
    try:
        return all(any(_vouches(literal, name) for literal in way) for way in ways(rule.condition, TRUE))
    except TooManyWaysError:
        return True


def _vouches(literal: Literal, name: str) -> bool:
    """Tell whether a literal can only hold where the fact is known as well."""
    test, group, level = literal.test, _group(name), FACTS[name].level
    if test.operator == "known" and literal.outcome is not test.operand:
        return False
    if test.fact == "engine.hosted" and group in AT_HOME:
        return literal.outcome is not test.operand
    if _group(test.fact) == group or (group in AT_HOME and _at_home(test.fact)):
        return True
    return SCENARIO < level <= PLACEMENT and group != "machine" and FACTS[test.fact].level >= level


def _at_home(fact: str) -> bool:
    """Tell whether a fact is known of builds on a machine alone."""
    return _group(fact) in AT_HOME | {"training"} or fact in TELL_A_DEVICE


def _group(name: str) -> str:
    return name.partition(".")[0]
