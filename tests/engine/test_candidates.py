"""Which models, machines, forms and engines are judged, on made-up facts: each case differs in one point."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.engine import candidates
from llama_advisor.engine.contributions import _anchors, points_of
from llama_advisor.engine.plan import memory_gib, rent
from llama_advisor.knowledge.device import Device, Machine, RentalPrice
from llama_advisor.knowledge.judgement import ValueMeasure


def some(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def keyed(*items: Any) -> dict[str, Any]:
    return {item.id: item for item in items}


NEED: dict[str, Any] = {
    "wants_tuning": False, "use_cases": frozenset(), "model": None, "only_models": frozenset(), "engines_asked": (),
    "hosted_considered": True, "self_hosted_considered": True, "quantizations_wished": frozenset(),
    "only_quantizations": frozenset(),
}  # fmt: skip
MODELS = some(
    models=keyed(
        some(id="small", role="ranked", kind="instruct"),
        some(id="raw", role="ranked", kind="base"),
        some(id="guard", role="companion", kind="guard"),
        some(id="old", role="reference", kind="instruct"),
    ),
    quantizations=keyed(some(id="usual", ladder=True), some(id="seldom", ladder=False)),
)


def need(**said: Any) -> Any:
    return some(**(NEED | said))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ["small"]),
        ({"wants_tuning": True}, ["small", "raw"]),
        ({"use_cases": frozenset({"fine-tuning-base"})}, ["small", "raw"]),
        ({"use_cases": frozenset({"chat"})}, ["small"]),
        ({"model": "raw"}, ["small", "raw"]),
        ({"model": "guard"}, ["small", "guard"]),
        ({"only_models": frozenset({"guard", "raw"})}, ["small", "raw", "guard"]),
        ({"model": "old"}, ["small"]),
    ],
)
def test_which_models(said: dict[str, Any], found: list[str]) -> None:
    assert [model.id for model in candidates.models(need(**said), MODELS)] == found


@pytest.mark.parametrize(
    ("said", "alone"),
    [
        ({}, set()),
        ({"model": "small"}, set()),
        ({"model": "raw"}, {"raw"}),
        ({"quantizations_wished": frozenset({"usual", "seldom"})}, {"seldom"}),
        ({"model": "guard", "quantizations_wished": frozenset({"seldom"})}, {"guard", "seldom"}),
    ],
)
def test_what_is_judged_only_as_it_is_named(said: dict[str, Any], alone: set[str]) -> None:
    assert candidates.named_alone(need(**said), MODELS) == alone


ENGINES = some(engines=keyed(some(id="one"), some(id="hosted"), some(id="two")))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ["one", "hosted", "two"]),
        ({"hosted_considered": False}, ["one", "two"]),
        ({"self_hosted_considered": False}, ["hosted"]),
        ({"engines_asked": ("two", "hosted")}, ["hosted", "two"]),
        ({"engines_asked": ("two",), "self_hosted_considered": False}, []),
    ],
)
def test_which_engines(said: dict[str, Any], found: list[str]) -> None:
    assert [engine.id for engine in candidates.engines(need(**said), ENGINES)] == found


FORMS = some(
    quantizations=keyed(
        *(
            some(id=name, ladder=name != "seldom", official_only=name.startswith("own"))
            for name in ("q16", "q4", "seldom", "own", "ownless", "unloaded")
        )
    )
)
LOADS = (
    some(quantizations=[some(quantization=name) for name in ("q16", "seldom")]),
    some(quantizations=[some(quantization=name) for name in ("q4", "own", "ownless")]),
)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ["q16", "q4", "own"]),
        ({"quantizations_wished": frozenset({"seldom"})}, ["q16", "q4", "seldom", "own"]),
        ({"only_quantizations": frozenset({"seldom", "ownless"})}, ["q16", "q4", "seldom", "own"]),
    ],
)
def test_which_forms(said: dict[str, Any], found: list[str]) -> None:
    model: Any = some(published={"own": ()})
    assert [item.id for item in candidates.quantizations(model, need(**said), FORMS, LOADS)] == found
    assert candidates.quantizations(model, need(**said), FORMS, ()) == ()


CARD = Device(id="card", name="Card", vendor="maker", kind="consumer-gpu", speed_class="nvidia-consumer", memory_gib=8)
CRITERIA = some(criteria=some(assumed_device_memory_gib={"workstation": 12}, assumed_host_ram_gib=4))
BEFORE = ("read before",)
MEMORY = "memory was not stated; 12 GiB for a device on a workstation assumed"
RAM = "host memory was not stated; 4 GiB beside the Card assumed"


@pytest.mark.parametrize(
    ("device", "ram", "gib"),
    [({}, None, 8), ({"memory_gib": None}, None, 12), ({"memory_gib": None}, 16, None),
     ({"memory_gib": None, "kind": "cpu"}, None, None)],
)  # fmt: skip
def test_memory_of_a_device_that_nobody_named(device: dict[str, Any], ram: float | None, gib: float | None) -> None:
    machine = Machine(device=CARD._replace(**device), ram_gib=ram, assumptions=BEFORE)
    found = candidates.with_memory(machine, some(target="workstation"), CRITERIA)
    assumed = gib == 12
    assert (found.device.memory_gib, found.memory_assumed) == (gib, assumed)
    assert found.assumptions == (*BEFORE, *[MEMORY] * assumed)


@pytest.mark.parametrize(
    ("device", "ram", "gib"),
    [({}, None, 4), ({}, 16, 16), ({"unified_memory": True}, None, None), ({"memory_gib": None}, None, None)],
)
def test_host_memory_beside_a_device(device: dict[str, Any], ram: float | None, gib: float | None) -> None:
    machine = Machine(device=CARD._replace(**device), ram_gib=ram, assumptions=BEFORE)
    found = candidates.with_host_memory(machine, CRITERIA)
    assert (found.ram_gib, found.ram_assumed) == (gib, gib == 4)
    assert found.assumptions == (*BEFORE, *[RAM] * (gib == 4))


@pytest.mark.parametrize(
    ("machine", "gib"),
    [
        (Machine(device=CARD), 8),
        (Machine(device=CARD, count=2, nodes=3), 48),
        (Machine(device=CARD, ram_gib=16), 24),
        (Machine(device=CARD, count=2, nodes=2, ram_gib=16), 64),
        (Machine(device=CARD._replace(memory_gib=None), count=2, ram_gib=16), 16),
        (Machine(device=CARD._replace(memory_gib=None)), inf),
        (
            Machine(
                device=CARD, nodes=2, others=((CARD._replace(memory_gib=12), 2), (CARD._replace(memory_gib=None), 9))
            ),
            64,
        ),
    ],
)
def test_all_memory_of_a_machine(machine: Machine, gib: float) -> None:
    assert memory_gib(machine) == gib


@pytest.mark.parametrize(
    ("owned", "offer", "volume", "month", "million"),
    [
        (False, "one", None, 1460, None),
        (False, "one", 10_000_000, 1460, 146),
        (True, "one", None, None, None),
        (False, None, None, None, None),
    ],
)
def test_the_rent_of_a_machine(
    owned: bool, offer: str | None, volume: float | None, month: float | None, million: float | None
) -> None:
    price = RentalPrice(id="one", cloud="c", device="card", count=1, usd_per_hour=1.0, source="made")
    base: Any = some(rentals={"one": price})
    cost = rent(Machine(device=CARD, count=2, owned=owned, offer=offer), base, volume)
    assert (cost and cost.usd_per_month) == month
    assert (cost and cost.usd_per_million_tokens) == million


MEASURE = ValueMeasure(fact="speed.decode_tokens_per_s", share=1, anchors=((10.0, 0.0), (20.0, 50.5), (40.0, 100.0)))


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (None, "not known"),
        (5, "0 for at most 10"),
        (10, "0 for at most 10"),
        (10.1, "0 at 10, 50.5 at 20"),
        (20, "0 at 10, 50.5 at 20"),
        (20.1, "50.5 at 20, 100 at 40"),
        (40, "50.5 at 20, 100 at 40"),
        (40.1, "100 for at least 40"),
    ],
)
def test_between_which_anchors_a_figure_lies(figure: float | None, said: str) -> None:
    assert _anchors(MEASURE, figure) == said


def test_points_of_a_criterion_with_those_of_its_rules() -> None:
    parts = [some(criterion=some(id=name), points=points) for name, points in (("a", 1.5), ("b", 2.0), ("a", -0.25))]
    build: Any = some(parts=parts)
    assert points_of(build) == {"a": 1.25, "b": 2.0}
