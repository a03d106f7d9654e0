"""Sources: cited and there, cited at all, strong enough for what rests on them, and fresh."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from llama_advisor.knowledge.base import references
from llama_advisor.text.errors import nearest
from llama_advisor.upkeep.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Rule, Source

NO_SUCH_ENTRY, SURE_OF_JUDGEMENT, ONE_THREAD, UNCITED, OLD_SOURCE, OLD_PRICE, OLD_DECIDING_PRICE = (
    "LR301",
    "LR302",
    "LR303",
    "LR304",
    "LR305",
    "LR306",
    "LR307",
)
SOURCE_DAYS = 400
PRICE_DAYS = 200
THREAD = re.compile(r"\b(issues?|discussions?|pull requests?|thread)\b")
WEAK = frozenset({"judgement", "seed"})


def source_findings(base: RuleBase, as_of: date) -> Iterator[Finding]:
    """Yield what is wrong with the sources of the whole rule base."""
    for found in references(base):
        if found.name not in found.known:
            text = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
            yield Finding(NO_SUCH_ENTRY, found.kind, found.entry, text, found.loc)
    for rule in base.rules.values():
        yield from _support(rule.folder, rule.rule, base)
    cited = {name for layer in base.layers for file, data in layer.files.items() for name in _cited(file, data)}
    for name in sorted(set(base.sources) - cited):
        yield Finding(UNCITED, "sources", name, "nothing cites it")
    yield from _old_sources(base, as_of)
    yield from _old_prices(base, as_of)


def _support(folder: str, rule: Rule, base: RuleBase) -> Iterator[Finding]:
    """Yield a rule that rests on too little for how sure it is."""
    known = [base.sources[item.id] for item in rule.sources if item.id in base.sources]
    if known and rule.confidence == "high" and all(source.kind in WEAK for source in known):
        kinds = ", ".join(sorted({source.kind for source in known}))
        yield Finding(SURE_OF_JUDGEMENT, folder, rule.id, f"confidence is high, its sources are {kinds}", ("sources",))
    if known and all(_is_thread(source) for source in known):
        names = ", ".join(source.id for source in known)
        yield Finding(ONE_THREAD, folder, rule.id, f"rests on what single users reported alone: {names}", ("sources",))


def _is_thread(source: Source) -> bool:
    """Whether a source is an issue, a discussion or a question: one case."""
    return THREAD.search(source.text) is not None


def _cited(file: str, data: Any) -> Iterator[str]:
    return iter(()) if file.startswith("sources/") else _below(data)


def _below(value: Any, *, citing: bool = False) -> Iterator[str]:
    """Yield the ids below every `source`, `sources` or `corrected_by` key."""
    if isinstance(value, dict):
        if citing and isinstance(value.get("id"), str):
            yield value["id"]
            return
        for key, part in value.items():
            yield from _below(part, citing=citing or key in {"source", "sources", "corrected_by"})
    elif isinstance(value, list):
        for part in value:
            yield from _below(part, citing=citing)
    elif citing and isinstance(value, str):
        yield value


def _old_sources(base: RuleBase, as_of: date) -> Iterator[Finding]:
    for source in base.sources.values():
        days = (as_of - source.read).days
        if days > SOURCE_DAYS:
            yield Finding(OLD_SOURCE, "sources", source.id, f"read {days} days ago, on {source.read}", ("read",))


def _old_prices(base: RuleBase, as_of: date) -> Iterator[Finding]:
    """Yield prices that decide where no hardware is given one by one, the rest summed by source and day."""
    deciding = {machine.offer for machines in base.reference.reference.values() for machine in machines}
    rest: dict[tuple[str, date], list[tuple[str, str]]] = defaultdict(list)
    dated = [("rentals", price.id, price.as_of, price.source) for price in base.rentals.values()]
    dated += [("hosted", price.id, price.as_of, price.source) for price in base.hosted.values()]
    for kind, name, day, source in dated:
        if day is None or (as_of - day).days <= PRICE_DAYS:
            continue
        if name in deciding:
            text = f"a reference machine rests on a price of {day}, {(as_of - day).days} days ago"
            yield Finding(OLD_DECIDING_PRICE, kind, name, text, ("as_of",))
        else:
            rest[source, day].append((kind, name))
    for (source, day), names in sorted(rest.items()):
        kinds = Counter(kind for kind, _ in names)
        told = " and ".join(f"{count} under {kind}" for kind, count in sorted(kinds.items()))
        text = f"prices of {day} from {source}, {(as_of - day).days} days ago: {told}, this one first"
        yield Finding(OLD_PRICE, *names[0], text, ("as_of",))
