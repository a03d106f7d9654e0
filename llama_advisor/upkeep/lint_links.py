"""Lints of links: sources cited, strong enough and fresh; facts, misunderstandings and the seed article."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.base import references
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.knowledge.upkeep_entries import Misunderstanding, Statement
from llama_advisor.text.errors import nearest
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase

NO_SUCH_ENTRY, SURE_OF_JUDGEMENT, ONE_THREAD, UNCITED = "LR301", "LR302", "LR303", "LR304"
OLD_SOURCE, OLD_PRICE, OLD_DECIDING_PRICE = "LR305", "LR306", "LR307"
UNREAD, UNANSWERED, NOT_A_MISUNDERSTANDING = "LR401", "LR411", "LR412"
UNCARRIED, NO_SUCH_RULE, NO_SUCH_STATEMENT, ONE_SIDED, BAD_CORRECTION = "LR421", "LR422", "LR423", "LR424", "LR425"
SOURCE_DAYS = 400
PRICE_DAYS = 200
THREAD = re.compile(r"\b(issues?|discussions?|pull requests?|thread)\b")
WEAK = frozenset({"judgement", "seed"})


def reference_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield ids of entries that are not there, and sources that nothing cites."""
    for found in references(base):
        if found.name not in found.known:
            text = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
            yield Finding(NO_SUCH_ENTRY, found.kind, found.entry, text, found.loc)
    files = [(file, data) for layer in base.layers for file, data in layer.files.items()]
    cited = {name for file, data in files if not file.startswith("sources/") for name in _cited(data)}
    for name in sorted(set(base.sources) - cited):
        yield Finding(UNCITED, "sources", name, "nothing cites it")


def _cited(value: Any, *, citing: bool = False) -> Iterator[str]:
    """Yield the ids below every `source`, `sources` or `corrected_by` key."""
    if isinstance(value, dict):
        if citing and isinstance(value.get("id"), str):
            yield value["id"]
            return
        for key, part in value.items():
            yield from _cited(part, citing=citing or key in {"source", "sources", "corrected_by"})
    elif isinstance(value, list):
        for part in value:
            yield from _cited(part, citing=citing)
    elif citing and isinstance(value, str):
        yield value


def support_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield rules that rest on too little for how sure they are: on judgement, or on threads, each one case."""
    for rule in base.rules.values():
        known = [base.sources[item.id] for item in rule.rule.sources if item.id in base.sources]
        if known and rule.rule.confidence == "high" and all(source.kind in WEAK for source in known):
            text = f"confidence is high, its sources are {', '.join(sorted({source.kind for source in known}))}"
            yield Finding(SURE_OF_JUDGEMENT, rule.folder, rule.id, text, ("sources",))
        if known and all(THREAD.search(source.text) for source in known):
            text = f"rests on what single users reported alone: {', '.join(source.id for source in known)}"
            yield Finding(ONE_THREAD, rule.folder, rule.id, text, ("sources",))


def age_findings(base: RuleBase, as_of: date) -> Iterator[Finding]:
    """Yield old sources and old prices.

    Prices that decide where no hardware is given come one by one, the rest summed by source and day.
    """
    for source in base.sources.values():
        days = (as_of - source.read).days
        if days > SOURCE_DAYS:
            yield Finding(OLD_SOURCE, "sources", source.id, f"read {days} days ago, on {source.read}", ("read",))
    deciding = {machine.offer for machines in base.reference.reference.values() for machine in machines}
    rest: dict[tuple[str, date], list[tuple[str, str]]] = defaultdict(list)
    dated = [("rentals", price.id, price.as_of, price.source) for price in base.rentals.values()]
    dated += [("hosted", price.id, price.as_of, price.source) for price in base.hosted.values()]
    for kind, name, day, cited in dated:
        if day is None or (as_of - day).days <= PRICE_DAYS:
            continue
        if name in deciding:
            text = f"a reference machine rests on a price of {day}, {(as_of - day).days} days ago"
            yield Finding(OLD_DECIDING_PRICE, kind, name, text, ("as_of",))
        else:
            rest[cited, day].append((kind, name))
    for (cited, day), names in sorted(rest.items()):
        kinds = Counter(kind for kind, _ in names)
        told = " and ".join(f"{count} under {kind}" for kind, count in sorted(kinds.items()))
        text = f"prices of {day} from {cited}, {(as_of - day).days} days ago: {told}, this one first"
        yield Finding(OLD_PRICE, *names[0], text, ("as_of",))


def link_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield facts that nobody reads, and links to or from misunderstandings and the seed that do not hold."""
    unread = sorted(set(FACTS) - facts_in_use(base))
    if unread:
        yield Finding(UNREAD, "", "", f"no rule, sentence or criterion reads {', '.join(unread)}")
    misunderstood = base.entries("misunderstandings", Misunderstanding)
    statements = base.entries("statements", Statement)
    for name in sorted(set(misunderstood) - {rule.rule.corrects for rule in base.rules.values()}):
        yield Finding(UNANSWERED, "misunderstandings", name, "no rule names it under `corrects`")
    for rule in base.rules.values():
        claimed = rule.rule.corrects
        if claimed is not None and claimed not in misunderstood:
            text = f"corrects {claimed!r}, which misunderstandings.yaml does not hold{nearest(claimed, misunderstood)}"
            yield Finding(NOT_A_MISUNDERSTANDING, rule.folder, rule.id, text, ("corrects",))
        for index, name in enumerate(rule.rule.seed):
            if name not in statements:
                text = f"names statement {name!r}, which seed.yaml does not hold{nearest(name, statements)}"
                yield Finding(NO_SUCH_STATEMENT, rule.folder, rule.id, text, ("seed", index))
            elif rule.id not in statements[name].rules:
                text = f"names statement {name!r}, which does not name it back"
                yield Finding(ONE_SIDED, rule.folder, rule.id, text, ("seed", index))
    also = {f"criteria/{item.id}" for item in base.criteria.criteria} | {f"use_cases/{name}" for name in base.use_cases}
    for statement in statements.values():
        for code, text in _of_statement(statement, base, also):
            yield Finding(code, "statements", statement.id, text)


def facts_in_use(base: RuleBase) -> set[str]:
    """Return the facts that conditions, sentences, measures and criteria read."""
    read = {measure.fact for criterion in base.criteria.criteria for measure in criterion.measures}
    for compiled in base.rules.values():
        rule = compiled.rule
        read |= facts_read(compiled.condition) | (facts_read(compiled.tight) if compiled.tight else frozenset())
        for sentence in (rule.say, rule.say_tight, rule.say_unknown):
            read.update(fields_read(sentence))
        if rule.measure:
            read |= {str(part) for part in (rule.measure.value, rule.measure.limit)} & set(FACTS)
    return read


def _of_statement(statement: Statement, base: RuleBase, also: set[str]) -> Iterator[tuple[str, str]]:
    """Yield code and text of what is wrong with a statement of the seed."""
    for name in statement.rules:
        if name not in base.rules:
            yield NO_SUCH_RULE, f"names {name!r}, which is not there{nearest(name, base.rules)}"
        elif statement.id not in base.rules[name].rule.seed:
            yield ONE_SIDED, f"names rule {name}, whose `seed` does not name it back"
    for name in statement.also:
        if name not in also:
            yield NO_SUCH_RULE, f"names {name!r}, which is not there{nearest(name, also)}"
    if statement.outcome != "no_claim" and not statement.rules and not statement.also:
        yield UNCARRIED, "no rule carries or corrects it"
    if statement.outcome == "no_claim" and not statement.note:
        yield UNCARRIED, "it says no more why it makes no claim"


def correction_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield corrections of the seed that do not rest on a primary source, or on measurements."""
    for statement in base.entries("statements", Statement).values():
        if statement.outcome != "corrected":
            continue
        for name in statement.corrected_by:
            if name not in base.sources:
                text = f"unknown source {name!r}{nearest(name, base.sources)}"
                yield Finding(NO_SUCH_RULE, "statements", statement.id, text, ("corrected_by",))
        kinds = {base.sources[name].kind for name in statement.corrected_by if name in base.sources}
        if not kinds & {"primary", "measured", "computed"}:
            yield Finding(BAD_CORRECTION, "statements", statement.id, "corrected without a primary or measured source")
