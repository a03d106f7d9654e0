"""What a hosted service asks for the same model, beside the cost of a rented machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.sizing.cost import (
    blended_usd_per_million,
    break_even_tokens_per_month,
    hosted_cost,
    price_key,
    retired,
)

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.price import HostedPrice
    from llama_advisor.sizing.figures import Cost


class Hosted(NamedTuple):
    """The cheapest live offer of a model, and where a rented machine breaks even with it."""

    price: HostedPrice
    usd_per_million_tokens: float
    break_even_tokens_per_month: float | None


def cheapest_hosted(model: str, prompt_share: float, rented: Cost | None, base: RuleBase, as_of: date) -> Hosted | None:
    """Return the cheapest live offer of `model` at a mix of prompt and generated tokens; None without one."""
    live = [
        offer
        for offer in base.hosted.values()
        if offer.model == model and not offer.doubtful and not retired(offer, as_of) and price_key(offer) < float("inf")
    ]
    rates = [(rate, offer) for offer in live if (rate := blended_usd_per_million(offer, prompt_share)) is not None]
    if not rates:
        return None
    rate, price = min(rates, key=lambda found: (found[0], found[1].id))
    beside = hosted_cost(price, 1, prompt_share)
    even = break_even_tokens_per_month(rented, beside) if rented and beside else None
    return Hosted(price, rate, even)
