"""Old ground under a decision: prices and sources that were read long before the day asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.check.requirements import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.check.decide import Decision
    from llama_advisor.check.finding import Found
    from llama_advisor.check.project import Read
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.base import RuleBase

DECIDING_PRICE, SOURCE, PRICE = "LA401", "LA402", "LA406"
NAMED = 3


def aged(read: Read, loc: tuple[Any, ...], decision: Decision, base: RuleBase, as_of: date) -> Iterator[Found]:
    """Yield old prices and sources that the decision rests on."""
    yield from _price(read, loc, decision, base, as_of)
    build = decision.best or decision.nearest
    if build is None:
        return
    old = sorted((base.sources[name].read, name) for name in _cited(build) if name in base.sources)
    old = [(day, name) for day, name in old if (as_of - day).days > base.checking.source_days]
    if old:
        names = ", ".join(f"{name} ({day})" for day, name in old[:NAMED]) + (", …" if len(old) > NAMED else "")
        text = f"{len(old)} sources were read more than {base.checking.source_days} days ago: {names}"
        yield read.at(SOURCE, (*loc, "choice", "model"), text, about="sources")


def _price(read: Read, loc: tuple[Any, ...], decision: Decision, base: RuleBase, as_of: date) -> Iterator[Found]:
    winner = decision.winner
    cost = winner.cost if winner else None
    if winner is None or cost is None or cost.as_of is None:
        return
    days = (as_of - cost.as_of).days
    if days <= base.checking.price_days:
        return
    code = DECIDING_PRICE if _cost_decides(decision) else PRICE
    text = f"the price of {told(winner)} is of {cost.as_of}, {days} days ago"
    yield read.at(code, (*loc, "requirements"), text, about="price")


def _cost_decides(decision: Decision) -> bool:
    """Tell whether a budget was set, or the lead over the next model is no larger than what cost gives it."""
    if decision.need.budget_usd_per_month is not None:
        return True
    winner, *others = decision.order
    return any(winner.score - _cost(winner) <= other.score - _cost(other) for other in others)


def _cost(build: Candidate) -> float:
    """Return the points that come from cost."""
    return sum(part.points for part in build.parts if part.criterion.id == "cost")


def _cited(build: Candidate) -> set[str]:
    """Return the sources of what counts for a build: its rules and its engine."""
    rules = [part.rule for part in build.parts if part.rule] + [outcome.rule for outcome in build.outcomes]
    cited = {citation.id for rule in rules for citation in rule.rule.sources}
    return cited | set(build.engine.sources)
