"""Cost of rented machines and hosted models, and where they break even."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.knowledge.device import Device, Machine, RentalPrice
from llama_advisor.knowledge.offer import Offer, TokenPrice
from llama_advisor.scenario.scenario import HOURS_PER_MONTH
from llama_advisor.sizing.cost import (
    break_even_tokens_per_month,
    hosted_cost,
    self_hosted_cost,
)

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
