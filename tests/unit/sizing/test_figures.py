"""Figures as they are read: rounded, and machines by their names."""

from __future__ import annotations

import pytest

from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.sizing.figures import Capacity, MachineUsed, Range, Speed, machine_used

CARD = Device(id="card", name="Card", vendor="maker", kind="consumer-gpu", speed_class="nvidia-consumer", memory_gib=8)
OTHER = CARD._replace(id="other", name="Other")
EXACT = Range(1.23456, 12.3456, 123456)
READ = Range(1.23, 12.3, 123000)


def test_a_range_keeps_significant_figures() -> None:
    assert EXACT.rounded(3) == READ
    assert EXACT.rounded(1) == (1, 10, 100000)


def test_a_speed_keeps_significant_figures() -> None:
    exact = Speed(
        EXACT, *(Range(*(figure * times for figure in EXACT)) for times in (10, 100, 1000)), "made", 9.8765, 7
    )
    read = Speed(READ, *(Range(*(figure * times for figure in READ)) for times in (10, 100, 1000)), "made", 9.88, 7)
    assert exact.rounded(3) == tuple(pytest.approx(item) for item in read)


@pytest.mark.parametrize("known", [True, False])
def test_capacity_keeps_significant_figures_of_rates(known: bool) -> None:
    rates, read = (EXACT, READ) if known else (None, None)
    exact = Capacity(1, 2, 3, 4, rates, rates and Range(*(figure * 10 for figure in rates)), 0.1234, 5, 6, 7, None)
    found = exact.rounded(3)
    assert found.requests_per_s == read
    assert found.tokens_per_s == (read and pytest.approx([figure * 10 for figure in read]))
    assert found._replace(requests_per_s=None, tokens_per_s=None) == exact._replace(
        requests_per_s=None, tokens_per_s=None
    )


@pytest.mark.parametrize(
    ("machine", "name", "count", "nodes"),
    [
        (Machine(device=CARD), "Card", 1, 1),
        (Machine(device=CARD, count=2), "2x Card", 2, 1),
        (Machine(device=CARD, nodes=2), "2 nodes of Card", 1, 2),
        (Machine(device=CARD, count=8, nodes=3), "3 nodes of 8x Card", 8, 3),
        (Machine(device=CARD, others=((OTHER, 1),)), "Card + Other", 2, 1),
        (Machine(device=CARD, count=2, nodes=2, others=((OTHER, 3),)), "2 nodes of 2x Card + 3x Other", 5, 2),
    ],
)
def test_a_machine_by_its_name(machine: Machine, name: str, count: int, nodes: int) -> None:
    assert machine_used(machine, 4) == MachineUsed(device="card", name=name, count=count, nodes=nodes, replicas=4)
