"""Offers of hosted models for a need: which come into question, whether each counts, where it computes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import Feature, Offer, Profile, Provider, TokenPrice
from llama_advisor.scenario.names import known_regions
from llama_advisor.scenario.need import Need
from llama_advisor.sizing.cost import live_offers, preference

NAMED = 3
"""Other offers that are named."""
_REACH = ("there", "profile", None, "elsewhere")


class Standing(NamedTuple):
    """What is known of an offer on a day, for a need; all but `served` is nothing where no list has the model."""

    served: bool
    host: Provider | None = None
    ended: bool = False
    doubt: str | None = None  # why it does not count, though not ended
    reach: str | None = None  # `there`: in the region asked for; `profile`: through one that leaves it; `elsewhere`
    profile: Profile | None = None  # the one to call
    region: str | None = None  # the one to call
    lacks: frozenset[str] = frozenset()  # what is needed and not offered
    untold: frozenset[str] = frozenset()  # what is needed and not known of it
    condition: str | None = None
    replaced_by: str | None = None
    elsewhere: str = "no offer of it is confirmed"
    windows: tuple[tuple[str, int], ...] = ()  # where it counts as served, not known to be in another region
    serves: str | None = None  # what the provider asked for serves of all models
    cheaper: str | None = None  # a cheaper one that does not count, and why


def features_needed(need: Need) -> tuple[Feature, ...]:
    """Return what a service must do beside generating text."""
    asked: dict[Feature, bool] = {
        "images": need.images_per_prompt > 0,
        "tools": need.tool_calling != "none",
        "schema": need.structured_output,
    }
    return tuple(feature for feature, wanted in asked.items() if wanted)


def standings(
    model: Model, need: Need, needed: tuple[Feature, ...], base: RuleBase, day: date
) -> Iterator[tuple[Offer | None, Standing]]:
    """Yield the offers that come into question where features are needed, in the order in which they are tried.

    Those of the provider asked for, where it has any; those that count, else the one that comes nearest.
    """
    found = [offer for offer in base.hosted.values() if offer.model == model.id]
    mine = [offer for offer in found if offer.provider == need.provider] or found
    live = live_offers(model.id, base, day)
    chosen = [offer for offer in live if offer in mine]
    if not chosen:
        chosen = sorted(mine, key=lambda offer: (offer.ended(day), offer.doubtful, preference(offer, base, day)))[:1]
    if not chosen:
        yield None, Standing(served=False)
    judged = [(offer, _standing(offer, found, live, need, needed, base, day)) for offer in chosen]
    yield from sorted(judged, key=lambda item: (_REACH.index(item[1].reach), len(item[1].lacks), len(item[1].untold)))


def _standing(
    offer: Offer,
    found: list[Offer],
    live: list[Offer],
    need: Need,
    needed: tuple[Feature, ...],
    base: RuleBase,
    day: date,
) -> Standing:
    host, witnesses = base.providers[offer.provider], base.criteria.witnesses_needed
    unsure, price = [other for other in found if other not in live and not other.ended(day)], offer.price(day)
    cheapest = not any(_cheaper(other.price(day), price) for other in live)
    cheaper = [other for other in unsure if cheapest and _cheaper(other.price(day), price)]
    here = [other for other in live if _reach(other, base.providers[other.provider], need, base)[0] != "elsewhere"]
    told = {feature: offer.features.get(feature) for feature in needed} if offer in live else {}
    conditions = [text for text in told.values() if text not in {None, "yes", "no"}]
    if told.get("tools") == "yes" and offer.features.get("streamed_tools") == "no":
        conditions.append("tools are called only where the answer is not streamed")
    reach, profile = _reach(offer, host, need, base)
    called = profile.called_from if profile else offer.regions
    doubtful = min(cheaper, key=lambda other: (other.doubtful != "", preference(other, base, day)), default=None)
    return Standing(
        served=True,
        host=host,
        ended=offer.ended(day),
        doubt=None if offer.ended(day) else offer.doubt(day, witnesses) or None,
        reach=reach,
        profile=profile,
        region=next((name for name in called if name in need.regions_meant), next(iter(called), None)),
        lacks=frozenset(feature for feature, text in told.items() if text == "no"),
        untold=frozenset(feature for feature, text in told.items() if text is None),
        replaced_by=replacement(offer, base, day),
        serves=_serves(offer.provider, need, base, day) if offer.provider == need.provider else None,
        condition="; ".join(filter(None, conditions)) or None,
        windows=tuple((base.providers[o.provider].name, o.context_tokens) for o in here if o.context_tokens),
        elsewhere=elsewhere(live, need, base, day, but=need.provider or offer.provider),
        cheaper=f"{_priced(doubtful, base, day)} USD per million tokens in/out: {doubtful.doubt(day, witnesses)}"
        if doubtful
        else None,
    )


def elsewhere(live: list[Offer], need: Need, base: RuleBase, day: date, but: str | None = None) -> str:
    """Name the offers that count at others than a provider, but those known to compute outside the region asked for."""
    found = [offer for offer in live if offer.provider != but]
    found = [offer for offer in found if _reach(offer, base.providers[offer.provider], need, base)[0] != "elsewhere"]
    if not found:
        return "no other offer of it is confirmed"
    return f"confirmed: {', '.join(_priced(offer, base, day) for offer in found[:NAMED])} USD per million tokens in/out"


def ended_at(model: str, provider: str | None, base: RuleBase, day: date) -> str | None:
    """Say that a provider ended a model, when, and what stands in its place today; nothing where it did not."""
    ended = (offer for offer in base.hosted.values() if (offer.model, offer.provider) == (model, provider))
    offer = next((offer for offer in ended if offer.ended(day)), None)
    if offer is None:
        return None
    new = replacement(offer, base, day)
    told = f"{base.providers[offer.provider].name} ended it on {offer.until}"
    return f"{told}; {new} stands in its place" if new else told


def replacement(offer: Offer, base: RuleBase, day: date) -> str | None:
    """What the provider put in its place, or in the place of that, where it has ended too."""
    named, passed = offer.replaced_by, {offer.sent}
    while named not in passed and (other := base.hosted.get(f"{offer.provider}/{named}")) and other.ended(day):
        passed.add(named)
        named = other.replaced_by
    return named or None


def _serves(provider: str, need: Need, base: RuleBase, day: date) -> str:
    """Say which models a provider serves where it was asked to, or which it served last."""
    found = [offer for offer in base.hosted.values() if offer.provider == provider]
    live = [offer for offer in found if offer.live(day, base.criteria.witnesses_needed)]
    here = {offer.model for offer in live if _reach(offer, base.providers[provider], need, base)[0] != "elsewhere"}
    where = f" in {need.service_region}" if need.service_region else ""
    if here:
        return f"serves {', '.join(model.name for model in base.models.values() if model.id in here)}{where}"
    ended = {offer.model: str(offer.until) for offer in found if offer.ended(day)}
    until = max(ended.values(), default="")
    names = ", ".join(model.name for model in base.models.values() if ended.get(model.id) == until)
    last = f"; the last, {names}, ended on {until}" if ended and not live else ""
    return f"serves none of these models{where} that {base.criteria.witnesses_needed} lists confirm{last}"


def _cheaper(one: TokenPrice, other: TokenPrice) -> bool:
    """Whether both rates are known and lower."""
    return all(a is not None and b is not None and a < b for a, b in zip(one.rates, other.rates, strict=True))


def _reach(offer: Offer, host: Provider, need: Need, base: RuleBase) -> tuple[str | None, Profile | None]:
    """Whether it computes in the regions meant, and the profile to call; nothing where that is not asked or known."""
    meant, own = need.regions_meant, frozenset(offer.regions or host.regions)
    known = meant & base.kept(known_regions)
    if not known or not (own or offer.profiles):
        return None, None if own else next(iter(offer.profiles), None)
    if meant & own:
        return "there", None
    for profile in offer.profiles:
        if meant & set(profile.called_from):
            return "there" if meant >= set(profile.computes_in) else "profile", profile
    return "elsewhere", None


def _priced(offer: Offer, base: RuleBase, day: date) -> str:
    (prompt, generated), name = offer.price(day).rates, base.providers[offer.provider].name
    return name if prompt is None or generated is None else f"{name} at {prompt:g}/{generated:g}"
