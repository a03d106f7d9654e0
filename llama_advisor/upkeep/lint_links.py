"""Links between rules, facts, misunderstandings and the seed article: none broken, none missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.knowledge.upkeep_entries import Misunderstanding, Statement
from llama_advisor.text.errors import nearest
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

UNREAD, UNANSWERED, NOT_A_MISUNDERSTANDING = "LR401", "LR411", "LR412"
UNCARRIED, NO_SUCH_RULE, NO_SUCH_STATEMENT, ONE_SIDED, BAD_CORRECTION = "LR421", "LR422", "LR423", "LR424", "LR425"


def link_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield facts that nobody reads, and links to or from misunderstandings and the seed that do not hold."""
    unread = sorted(set(FACTS) - facts_in_use(base))
    if unread:
        yield Finding(UNREAD, "", "", f"no rule, sentence or criterion reads {', '.join(unread)}")
    yield from _misunderstandings(base)
    statements = base.entries("statements", Statement)
    yield from _from_rules(base, statements)
    for statement in statements.values():
        yield from _of_statement(statement, base)


def facts_in_use(base: RuleBase) -> set[str]:
    """Return the facts that conditions, sentences, measures and criteria read."""
    read = {measure.fact for criterion in base.criteria.criteria for measure in criterion.measures}
    for rule in base.rules.values():
        read |= _read_by(rule)
    return read


def _read_by(rule: CompiledRule) -> set[str]:
    read = set(facts_read(rule.condition) | (facts_read(rule.tight) if rule.tight else frozenset()))
    for sentence in (rule.rule.say, rule.rule.say_tight, rule.rule.say_unknown):
        read |= set(fields_read(sentence))
    measure = rule.rule.measure
    return read | {str(part) for part in (measure.value, measure.limit) if str(part) in FACTS} if measure else read


def _misunderstandings(base: RuleBase) -> Iterator[Finding]:
    known = base.entries("misunderstandings", Misunderstanding)
    corrected = {rule.rule.corrects for rule in base.rules.values()}
    for name in sorted(set(known) - corrected):
        yield Finding(UNANSWERED, "misunderstandings", name, "no rule names it under `corrects`")
    for rule in base.rules.values():
        claimed = rule.rule.corrects
        if claimed is not None and claimed not in known:
            text = f"corrects {claimed!r}, which misunderstandings.yaml does not hold{nearest(claimed, known)}"
            yield Finding(NOT_A_MISUNDERSTANDING, rule.folder, rule.id, text, ("corrects",))


def _from_rules(base: RuleBase, statements: Mapping[str, Statement]) -> Iterator[Finding]:
    for rule in base.rules.values():
        for index, name in enumerate(rule.rule.seed):
            loc = ("seed", index)
            if name not in statements:
                text = f"names statement {name!r}, which seed.yaml does not hold{nearest(name, statements)}"
                yield Finding(NO_SUCH_STATEMENT, rule.folder, rule.id, text, loc)
            elif rule.id not in statements[name].rules:
                text = f"names statement {name!r}, which does not name it back"
                yield Finding(ONE_SIDED, rule.folder, rule.id, text, loc)


def _of_statement(statement: Statement, base: RuleBase) -> Iterator[Finding]:
    known = set(base.rules)
    also = {f"criteria/{item.id}" for item in base.criteria.criteria} | {f"use_cases/{name}" for name in base.use_cases}
    for name, among in [(name, known) for name in statement.rules] + [(name, also) for name in statement.also]:
        if name not in among:
            text = f"names {name!r}, which is not there{nearest(name, among)}"
            yield Finding(NO_SUCH_RULE, "statements", statement.id, text)
    for name in statement.rules:
        if name in known and statement.id not in base.rules[name].rule.seed:
            text = f"names rule {name}, whose `seed` does not name it back"
            yield Finding(ONE_SIDED, "statements", statement.id, text)
    if statement.outcome != "no_claim" and not statement.rules and not statement.also:
        yield Finding(UNCARRIED, "statements", statement.id, "no rule carries or corrects it")
    if statement.outcome == "no_claim" and not statement.note:
        yield Finding(UNCARRIED, "statements", statement.id, "it says no more why it makes no claim")
    if statement.outcome == "corrected":
        yield from _correction(statement, base)


def _correction(statement: Statement, base: RuleBase) -> Iterator[Finding]:
    """A correction rests on a primary source, or on measurements."""
    for name in statement.corrected_by:
        if name not in base.sources:
            text = f"unknown source {name!r}{nearest(name, base.sources)}"
            yield Finding(NO_SUCH_RULE, "statements", statement.id, text, ("corrected_by",))
    kinds = {base.sources[name].kind for name in statement.corrected_by if name in base.sources}
    if not kinds & {"primary", "measured", "computed"}:
        yield Finding(BAD_CORRECTION, "statements", statement.id, "corrected without a primary or measured source")
