"""Cost of rented machines and hosted models, and where they break even."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.knowledge.device import Device, Machine, RentalPrice
from llama_advisor.knowledge.offer import Offer, TokenPrice
from llama_advisor.scenario.scenario import HOURS_PER_MONTH
from llama_advisor.sizing.cost import (
    break_even_tokens_per_month,
    cheapest_hosted,
    hosted_cost,
    live_offers,
    self_hosted_cost,
)
from llama_advisor.sizing.figures import Cost

DAY = date(2026, 11, 1)
DEVICE = Device(
    id="card",
    name="Card",
    vendor="NVIDIA",
    kind="consumer-gpu",
    speed_class="nvidia-consumer",
    memory_gib=24,
)
RENTAL = RentalPrice(id="cloud/two", cloud="cloud", device="card", count=2, usd_per_hour=3.0, as_of=DAY, source="s")
HOSTED = Offer(
    id="host/m",
    provider="host",
    model="m",
    prices=(TokenPrice(usd_per_million_input_tokens=0.2, usd_per_million_output_tokens=0.6),),
    as_of=DAY,
    source="s",
)


def costing(prompt: float | None, answer: float | None) -> Offer:
    """The hosted model at other rates."""
    rates = TokenPrice(usd_per_million_input_tokens=prompt, usd_per_million_output_tokens=answer)
    return HOSTED._replace(prices=(rates,))


@pytest.mark.parametrize(("devices", "instances"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_whole_instances_are_paid(devices: int, instances: int) -> None:
    cost = self_hosted_cost(RENTAL, Machine(device=DEVICE, count=devices))
    assert cost.usd_per_hour == 3.0 * instances
    assert cost.usd_per_month == pytest.approx(3.0 * instances * HOURS_PER_MONTH)
    assert (cost.as_of, cost.offer, cost.usd_per_million_tokens) == (DAY, "cloud/two", None)


def test_a_volume_is_priced_per_token() -> None:
    cost = self_hosted_cost(RENTAL, Machine(device=DEVICE, count=2), 100e6)
    assert cost.usd_per_million_tokens == pytest.approx(3.0 * HOURS_PER_MONTH / 100)


def test_hosted_blends_prompt_and_answer() -> None:
    cost = hosted_cost(HOSTED, 10e6, 0.75, DAY)
    assert cost is not None
    assert cost.usd_per_million_tokens == pytest.approx(0.3)
    assert cost.usd_per_month == pytest.approx(3.0)
    assert cost.usd_per_hour is None


def test_a_missing_rate_is_not_taken_for_free() -> None:
    blank = costing(0.2, None)
    assert hosted_cost(blank, 10e6, 0.75, DAY) is None


@given(st.floats(0.01, 100), st.floats(0.01, 50), st.floats(0.01, 50), st.floats(0, 1))
def test_both_cost_the_same_at_the_break_even(hourly: float, prompt: float, answer: float, share: float) -> None:
    rental = RENTAL._replace(usd_per_hour=hourly)
    price = costing(prompt, answer)
    machine = self_hosted_cost(rental, Machine(device=DEVICE))
    hosted = hosted_cost(price, 1e6, share, DAY)
    assert hosted is not None
    volume = break_even_tokens_per_month(machine, hosted.usd_per_million_tokens or 0.0)
    assert volume is not None
    at_volume = hosted_cost(price, volume, share, DAY)
    assert at_volume is not None
    assert at_volume.usd_per_month == pytest.approx(machine.usd_per_month)


def test_a_free_host_never_breaks_even() -> None:
    machine = self_hosted_cost(RENTAL, Machine(device=DEVICE))
    free = costing(0.0, 0.0)
    hosted = hosted_cost(free, 1e6, 0.5, DAY)
    assert hosted is not None
    assert break_even_tokens_per_month(machine, hosted.usd_per_million_tokens or 0.0) is None


def priced(name: str, prompt: float | None = 1.0, answer: float | None = 1.0, **changes: Any) -> Offer:
    """An offer that two lists have."""
    return costing(prompt, answer)._replace(
        id=name, context_tokens=4096, witnesses=("litellm", "models.dev"), **changes
    )


OFFERS = {
    offer.id: offer
    for offer in (
        priced("host/unpriced", None),
        priced("host/dear", 1.0, 9.0),
        priced("relay/even", 4.0, 2.0, provider="relay"),
        priced("host/even", 2.0, 4.0),
        priced("host/missed", 0.1, 0.1, missing_in=("genai-prices",)),
        priced("host/ended", 0.1, 0.1, until=DAY),
        priced("host/alone", 0.1, 0.1)._replace(witnesses=("litellm",)),
        priced("host/short", 0.2, 0.2)._replace(context_tokens=4095),
        priced("host/unsaid", 0.3, 0.3)._replace(context_tokens=None),
        priced("host/other", 0.1, 0.1, model="n"),
    )
}
OFFERED: Any = SimpleNamespace(
    hosted=OFFERS,
    criteria=SimpleNamespace(witnesses_needed=2),
    providers={"host": SimpleNamespace(passes_on=False), "relay": SimpleNamespace(passes_on=True)},
)


def test_offers_that_no_list_misses_come_first_then_the_cheapest_then_who_computes() -> None:
    order = [offer.id.partition("/")[2] for offer in live_offers("m", OFFERED, DAY)]
    # 3 USD as many tokens in as out, 5 and no price; what a list misses last
    assert order == ["short", "unsaid", "even", "even", "dear", "unpriced", "missed"]
    assert [offer.provider for offer in live_offers("m", OFFERED, DAY)][2:4] == ["host", "relay"]


def test_what_a_list_misses_counts_where_its_price_is_the_least() -> None:
    machine = self_hosted_cost(RENTAL, Machine(device=DEVICE, count=2))
    found = cheapest_hosted("m", 0.5, machine, OFFERED, DAY, 4096)
    assert found is not None
    assert (found.offer.id, found.usd_per_million_tokens) == ("host/missed", 0.1)
    assert found.break_even_tokens_per_month == pytest.approx(3 * HOURS_PER_MONTH * 1e7)


@pytest.mark.parametrize(
    ("share", "offer", "rate"), [(1.0, "host/dear", 1), (0.5, "host/even", 3), (0.0, "relay/even", 2)]
)
def test_the_cheapest_at_a_mix(share: float, offer: str, rate: float) -> None:
    several = {name: OFFERS[name] for name in ("relay/even", "host/even", "host/dear", "host/short", "host/unsaid")}
    base: Any = SimpleNamespace(**vars(OFFERED) | {"hosted": several})
    machine = self_hosted_cost(RENTAL, Machine(device=DEVICE, count=2))
    found = cheapest_hosted("m", share, machine, base, DAY, 4096)
    assert found is not None
    assert (found.offer.id, found.usd_per_million_tokens) == (offer, pytest.approx(rate))
    assert cheapest_hosted("m", share, machine, base, DAY, 4097) is None
    unpriced: Any = SimpleNamespace(**vars(OFFERED) | {"hosted": {"host/unpriced": OFFERS["host/unpriced"]}})
    assert cheapest_hosted("m", share, machine, unpriced, DAY, 1) is None


def test_a_price_dates_from_its_first_day_until_the_last_read() -> None:
    old = TokenPrice(since=None, usd_per_million_input_tokens=1.0, usd_per_million_output_tokens=1.0)
    middle, new = old._replace(since=date(2026, 10, 1)), old._replace(since=date(2026, 10, 20))
    offer = HOSTED._replace(prices=(old, middle, new._replace(usd_per_million_input_tokens=3.0)))
    days = {date(2026, 9, 30): None, date(2026, 10, 1): date(2026, 10, 1), date(2026, 10, 20): DAY}
    for day, as_of in days.items():
        found = hosted_cost(offer, 1e6, 1.0, day)
        assert found is not None
        assert (found.as_of, found.offer) == (as_of, "host/m")
        assert found.usd_per_month == (3.0 if as_of == DAY else 1.0)


def test_several_machines_cost_as_many_times() -> None:
    one = Cost(usd_per_hour=1.5, usd_per_month=1095.0, usd_per_million_tokens=2.0, as_of=DAY, offer="cloud/two")
    assert one.for_machines(3) == one._replace(usd_per_hour=4.5, usd_per_month=3285.0, usd_per_million_tokens=6.0)
    service = one._replace(usd_per_hour=None, usd_per_million_tokens=None)
    assert service.for_machines(3) == service._replace(usd_per_month=3285.0)


def test_cost_is_rounded_to_be_read() -> None:
    exact = Cost(usd_per_hour=1.23456, usd_per_month=901.2345, usd_per_million_tokens=0.98764, as_of=DAY, offer="a")
    read = Cost(usd_per_hour=1.2346, usd_per_month=901.23, usd_per_million_tokens=0.9876, as_of=DAY, offer="a")
    assert exact.rounded(month=2) == read
    assert exact.rounded(month=0).usd_per_month == 901
