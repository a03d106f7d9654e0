"""Freshness of a decision: prices and sources that were read long before the day asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.check.decide import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.check.decide import Decision
    from llama_advisor.check.findings import CheckFinding
    from llama_advisor.check.project import Deployed
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.base import RuleBase

DECIDING_PRICE, SOURCE, PRICE = "LA401", "LA402", "LA406"
NAMED = 3


def freshness_findings(item: Deployed, decision: Decision, base: RuleBase, as_of: date) -> Iterator[CheckFinding]:
    """Yield old prices and sources that the decision rests on."""
    winner, build = decision.winner, decision.best or decision.nearest
    cost = winner.cost if winner else None
    if winner and cost and cost.as_of and (as_of - cost.as_of).days > base.checking.price_days:
        code = DECIDING_PRICE if _cost_decides(decision) else PRICE
        text = f"the price of {in_words(winner)} is of {cost.as_of}, {(as_of - cost.as_of).days} days ago"
        yield item.finding(code, ("requirements",), text, "price")
    if build is None:
        return
    read = sorted((base.sources[name].read, name) for name in _cited(build) if name in base.sources)
    old = [(day, name) for day, name in read if (as_of - day).days > base.checking.source_days]
    if old:
        names = ", ".join(f"{name} ({day})" for day, name in old[:NAMED]) + (", …" if len(old) > NAMED else "")
        text = f"{len(old)} sources were read more than {base.checking.source_days} days ago: {names}"
        yield item.finding(SOURCE, ("choice", "model"), text, "sources")


def _cost_decides(decision: Decision) -> bool:
    """Whether a budget was set, or the lead over the next model is no larger than what cost gives it."""
    if decision.need.budget_usd_per_month is not None:
        return True
    winner, *others = (build.score - _cost_points(build) for build in decision.order)
    return any(winner <= other for other in others)


def _cost_points(build: Candidate) -> float:
    return sum(part.points for part in build.parts if part.criterion.id == "cost")


def _cited(build: Candidate) -> set[str]:
    """Return the sources of what counts for a build: its rules and its engine."""
    rules = [part.rule for part in build.parts if part.rule] + [outcome.rule for outcome in build.outcomes]
    cited = {citation.id for rule in rules for citation in rule.rule.sources}
    return cited | set(build.engine.sources)
