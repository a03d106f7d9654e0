"""What machines and services cost, on the made-up knowledge: rent, as many machines as a load needs, a million tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.sizing.cost import break_even_tokens_per_month, cheapest_hosted
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.figures import Cost
from llama_advisor.sizing.request import EstimateRequest

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.knowledge.base import RuleBase


@pytest.mark.parametrize(
    ("said", "hour", "month", "million"),
    [
        ({"hardware": "rack"}, 1.0, 730.0, None),
        ({"hardware": "2x rack", "tokens_per_month": 10_000_000}, 2.0, 1460.0, 146.0),  # two instances of one
        ({"hardware": "2x rack", "offer": "made/two"}, 2.0, 1460.0, None),
        ({"hardware": "3x rack", "offer": "made/two"}, 4.0, 2920.0, None),  # one and a half are two
    ],
)
def test_rent(said: dict[str, Any], hour: float, month: float, million: float | None, sizer: Sizer) -> None:
    cost = sizer.estimate(EstimateRequest(**({"model": "small", "offer": "made/one"} | said))).cost
    assert cost is not None
    assert (cost.usd_per_hour, cost.usd_per_month, cost.usd_per_million_tokens) == (hour, month, million)


@pytest.mark.parametrize(("arriving", "machines"), [(0.18, 1), (0.182, 2), (0.362, 2), (0.363, 3)])
def test_as_many_machines_as_carry_the_load(arriving: float, machines: int, sizer: Sizer) -> None:
    """Middle in w4 on a rack: four at work take (2 + 4 x 0.5625) / 200 s a token and 0.04 s each before.

    So 4 in 512 x 0.02125 + 0.16 s are finished, 0.3623 a second, and half of that may arrive.
    """
    said = {"hardware": "rack", "offer": "made/one", "quantization": "w4", "prompt_tokens": 2048, "output_tokens": 512}
    found = sizer.estimate(EstimateRequest(model="middle", requests_per_second=arriving, **said))
    assert found.capacity is not None
    assert found.cost is not None
    assert found.capacity.requests_per_s is not None
    assert found.capacity.requests_per_s.mid == pytest.approx(0.3623, rel=1e-3)
    assert found.capacity.machines_needed == machines
    assert found.capacity.busy_share == pytest.approx(arriving / 0.3623, rel=1e-3)
    # half the rate is sure; what the best guess falls short of is not kept up with
    assert found.capacity.keeps_up is (True if arriving <= 0.181 else None if arriving <= 0.3623 else False)
    assert found.cost.usd_per_month == 730 * machines


def test_a_service_against_rent(made: RuleBase, advisor: Advisor) -> None:
    day = advisor.as_of
    rented = Cost(usd_per_hour=1, usd_per_month=730, usd_per_million_tokens=None, as_of=day, offer="made/one")
    # 0.8 x 10 + 0.2 x 30 USD a million: at 730 / 14 millions they cost the same; the other offer is in doubt
    found = cheapest_hosted("middle", 0.8, rented, made, day, 16384)
    assert found is not None
    assert (found.offer.id, found.usd_per_million_tokens) == ("first/middle", pytest.approx(14))
    assert found.break_even_tokens_per_month == pytest.approx(730e6 / 14)
    assert cheapest_hosted("middle", 0.8, rented, made, day, 16385) is None
    assert cheapest_hosted("large", 0.8, rented, made, day, 1) is None  # ended
    assert break_even_tokens_per_month(rented, 0.0) is None


@pytest.mark.parametrize(
    ("said", "million"),
    [
        ({"requests_per_second": 0.1}, 730 / (0.1 * 2 * 730 * 3600) * 1e6),
        ({"requests_per_second": 0.1, "tokens_per_month": 10_000_000}, 73.0),
        ({}, None),
        ({"offer": None, "requests_per_second": 0.1}, "free"),
        ({"hardware": None, "requests_per_second": 0.1}, "free"),
    ],
)
def test_what_a_million_tokens_cost(said: dict[str, Any], million: float | str | None, sizer: Sizer) -> None:
    usual = {"hardware": "rack", "offer": "made/one", "prompt_tokens": 1, "output_tokens": 1}
    cost = sizer.estimate(EstimateRequest(**({"model": "small"} | usual | said))).cost
    if million == "free":
        assert cost is None
    else:
        assert cost is not None
        assert cost.usd_per_million_tokens == (million and pytest.approx(million, abs=1e-3))
