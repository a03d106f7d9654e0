"""Money: rented machines by the hour, hosted models by the token, and where they break even."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine, RentalPrice
from llama_advisor.knowledge.offer import Offer
from llama_advisor.scenario.scenario import HOURS_PER_MONTH
from llama_advisor.sizing.figures import Cost

MILLION = 1_000_000


def self_hosted_cost(price: RentalPrice, machine: Machine, volume: float | None = None) -> Cost:
    """Price `machine` in whole instances that run all month: one smaller than an instance pays for all of it."""
    hourly = price.usd_per_hour * -(-machine.devices // price.count)
    per_month = hourly * HOURS_PER_MONTH
    return Cost(
        usd_per_hour=hourly,
        usd_per_month=per_month,
        usd_per_million_tokens=per_month / volume * MILLION if volume else None,
        as_of=price.as_of,
        offer=price.id,
    )


def hosted_cost(offer: Offer, tokens_per_month: float, prompt_share: float, day: date) -> Cost | None:
    """Price a volume of which `prompt_share` are prompt, as of a day; None where a rate is missing."""
    price = offer.price(day)
    rate = price.blended(prompt_share)
    if rate is None:
        return None
    return Cost(
        usd_per_hour=None,
        usd_per_month=rate * tokens_per_month / MILLION,
        usd_per_million_tokens=rate,
        as_of=offer.as_of if price == offer.prices[-1] else price.since,
        offer=offer.id,
    )


def break_even_tokens_per_month(rented: Cost, hosted_usd_per_million: float) -> float | None:
    """Return the monthly volume above which the rented machine is cheaper; None if never."""
    return rented.usd_per_month / hosted_usd_per_million * MILLION if hosted_usd_per_million > 0 else None


def live_offers(model: str, base: RuleBase, day: date) -> list[Offer]:
    """Return the offers of a model that count as served on a day: what no list misses first, then the cheapest."""
    needed = base.criteria.witnesses_needed
    found = [offer for offer in base.hosted.values() if offer.model == model and offer.live(day, needed)]
    return sorted(found, key=partial(preference, base=base, day=day))


def preference(offer: Offer, base: RuleBase, day: date) -> tuple[bool, float, bool]:
    """Order of offers alike in all else: no list misses it, the price of as many tokens in as out, who computes."""
    rate = offer.price(day).blended(0.5)
    passed_on = base.providers[offer.provider].passes_on
    return bool(offer.missing_in), float("inf") if rate is None else rate, passed_on


class Hosted(NamedTuple):
    """The live offer of a model that is preferred, and where a rented machine breaks even with it."""

    offer: Offer
    usd_per_million_tokens: float
    break_even_tokens_per_month: float | None


def cheapest_hosted(
    model: str, prompt_share: float, rented: Cost, base: RuleBase, day: date, context_tokens: int
) -> Hosted | None:
    """Return the cheapest live offer of `model` with that context, at a mix of prompt and generated tokens."""
    live = [offer for offer in live_offers(model, base, day) if (offer.context_tokens or 0) >= context_tokens]
    offers = [(offer.price(day).blended(prompt_share), offer) for offer in live]
    rates = [(rate, offer.id, offer) for rate, offer in offers if rate is not None]
    if not rates:
        return None
    rate, _, offer = min(rates)
    return Hosted(offer, rate, break_even_tokens_per_month(rented, rate))
