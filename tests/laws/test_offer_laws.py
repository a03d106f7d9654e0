"""Which hosted offers may be picked, whatever is asked and on whichever day: witnessed, not doubted, not ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.layers import Layer
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.render.advice import advice_text
from llama_advisor.render.formats import View
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.cost import cheapest_hosted, live_offers
from llama_advisor.sizing.figures import Cost
from llama_advisor.upkeep.coverage import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.knowledge.offer import Offer

BASE = load_rules()
NEEDED = BASE.criteria.witnesses_needed
FIRST = date(2025, 1, 1)
FAR = date(2199, 12, 31)
DAYS = st.one_of(
    st.sampled_from(sorted({offer.until for offer in BASE.hosted.values() if offer.until})),
    st.integers(0, 1200).map(lambda days: FIRST + timedelta(days)),
    st.just(FAR),
)
FIELDS = st.tuples(st.integers(0, 10**6), st.sampled_from(sorted(BASE.providers)), st.integers(0, 3))


def asked(seed: int, provider: str, place: int) -> dict[str, Any]:
    """A sampled scenario, turned to services in three of four."""
    said = drawn(BASE, seed, 0)
    if place == 0:
        return said
    own = {"hardware", "target", "offline", "accelerator", "memory_budget_gib", "engine", "only"}
    said = {name: value for name, value in said.items() if name not in own}
    return said | {"target": "hosted"} | ({"provider": provider} if place == 1 else {})


def builds(advice: Advice) -> Iterator[Build]:
    yield from (*advice.ranking, *advice.alternatives, *(item for item in (advice.recommendation,) if item))


def offer_of(build: Build, base: RuleBase) -> Offer | None:
    """The offer that a hosted build was priced by; None where it has no price."""
    return base.hosted[build.cost.offer] if build.cost else None


def live(offer: Offer, day: date) -> bool:
    """Worked out here anew, from its fields."""
    return len(set(offer.witnesses)) >= NEEDED and not offer.doubtful and (offer.until is None or day < offer.until)


@settings(max_examples=30)
@given(FIELDS, DAYS)
def test_only_what_counts_on_the_day_is_picked(fields: tuple[int, str, int], day: date) -> None:
    advice = Advisor(BASE, day).advise(Scenario.model_validate(asked(*fields)))
    for build in builds(advice):
        if build.engine != HOSTED:
            continue
        offers = [
            offer for offer in BASE.hosted.values() if (offer.model, offer.provider) == (build.model, build.provider)
        ]
        priced = offer_of(build, BASE)
        assert any(live(offer, day) for offer in offers if priced in (None, offer))
        assert priced in (None, *offers)


@settings(max_examples=60)
@given(st.sampled_from(sorted(BASE.models)), DAYS, st.floats(0, 1), st.floats(0.01, 1e5))
def test_a_break_even_is_with_what_counts_on_the_day(model: str, day: date, share: float, month: float) -> None:
    rented = Cost(usd_per_hour=None, usd_per_month=month, usd_per_million_tokens=None, as_of=None, offer="")
    found = cheapest_hosted(model, share, rented, BASE, day, 1)
    assert found is None or live(found.offer, day)
    assert all(live(offer, day) for offer in live_offers(model, BASE, day))
    if found is None:
        rates = (offer.price(day).blended(share) for offer in live_offers(model, BASE, day))
        assert {*rates} <= {None}


@settings(max_examples=30)
@given(st.sampled_from(sorted(BASE.hosted)), DAYS)
def test_each_doubt_alone_takes_an_offer_away(name: str, day: date) -> None:
    offer = BASE.hosted[name]._replace(witnesses=("litellm", "models.dev"), doubtful="", until=None)
    assert offer.live(day, NEEDED)
    for change in ({"witnesses": ("litellm",)}, {"doubtful": "no answer"}, {"until": day}):
        assert not offer._replace(**change).live(day, NEEDED)
        assert offer._replace(**change).state(day, NEEDED) != "counts"
    assert offer._replace(until=day + timedelta(1)).live(day, NEEDED)


@pytest.fixture(scope="module")
def ended() -> RuleBase:
    """The shipped rules when every offer has ended."""
    rows = [{"id": name, "until": "2027-01-01"} for name in BASE.hosted]
    upper = Layer(BASE.layers[0].root, "ended", "digest", {"prices/ended.yaml": {"hosted": rows}})
    return RuleBase((*BASE.layers, upper), BASE.facts)


@settings(max_examples=8)
@given(FIELDS)
def test_when_all_have_ended_none_is_picked_and_the_answer_stands(
    ended: RuleBase, fields: tuple[int, str, int]
) -> None:
    advice = Advisor(ended, FAR).advise(Scenario.model_validate(asked(*fields)))
    assert HOSTED not in {build.engine for build in builds(advice)}
    assert not live_offers("llama-3.1-8b-instruct", ended, FAR)
    assert advice_text(advice, ended, View())
