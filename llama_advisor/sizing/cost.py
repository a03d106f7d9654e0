"""Money: rented machines by the hour, hosted models by the token, and where they break even."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import HostedPrice, Machine, RentalPrice
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


def hosted_cost(price: HostedPrice, tokens_per_month: float, prompt_share: float) -> Cost | None:
    """Price a volume of which `prompt_share` are prompt; None where a rate is missing."""
    rate = blended_usd_per_million(price, prompt_share)
    if rate is None:
        return None
    return Cost(
        usd_per_hour=None,
        usd_per_month=rate * tokens_per_month / MILLION,
        usd_per_million_tokens=rate,
        as_of=price.as_of,
        offer=price.id,
    )


def blended_usd_per_million(price: HostedPrice, prompt_share: float) -> float | None:
    """Return USD per million tokens at a mix of prompt and generated tokens."""
    prompt, generated = price.usd_per_million_input_tokens, price.usd_per_million_output_tokens
    if prompt is None or generated is None:
        return None
    return prompt * prompt_share + generated * (1 - prompt_share)


def break_even_tokens_per_month(rented: Cost, hosted_usd_per_million: float) -> float | None:
    """Return the monthly volume above which the rented machine is cheaper; None if never."""
    return rented.usd_per_month / hosted_usd_per_million * MILLION if hosted_usd_per_million > 0 else None


def price_key(offer: HostedPrice) -> float:
    """Return the sum of both rates, for order; an offer without a price comes last."""
    rates = (offer.usd_per_million_input_tokens, offer.usd_per_million_output_tokens)
    return sum(rate for rate in rates if rate is not None) if None not in rates else float("inf")


def retired(offer: HostedPrice, as_of: date) -> bool:
    """Return whether the offer ended before the day asked for."""
    return offer.retires_on is not None and offer.retires_on <= as_of


class Hosted(NamedTuple):
    """The cheapest live offer of a model, and where a rented machine breaks even with it."""

    price: HostedPrice
    usd_per_million_tokens: float
    break_even_tokens_per_month: float | None


def cheapest_hosted(model: str, prompt_share: float, rented: Cost, base: RuleBase, as_of: date) -> Hosted | None:
    """Return the cheapest live offer of `model` at a mix of prompt and generated tokens; None without one."""
    rates = [
        (rate, offer)
        for offer in base.hosted.values()
        if offer.model == model
        and not offer.doubtful
        and not retired(offer, as_of)
        and (rate := blended_usd_per_million(offer, prompt_share)) is not None
    ]
    if not rates:
        return None
    rate, price = min(rates, key=lambda found: (found[0], found[1].id))
    return Hosted(price, rate, break_even_tokens_per_month(rented, rate))
