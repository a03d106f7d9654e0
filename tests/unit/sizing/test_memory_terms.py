"""The arithmetic of memory, step by step, on constants of which no two are alike: figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
import shapes
from shapes import SHAPE, VISION, Shaped

from llama_advisor.knowledge.constants import EngineMemory, MemoryConstants, Provenance
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import memory as sizing
from llama_advisor.sizing.figures import DeviceMemory, Memory
from llama_advisor.sizing.memory import GIB, ONE_DEVICE, Measured, MemoryTerms, Parallel, Placement

CARD = shapes.CARD._replace(bandwidth_gb_s=400, usable_share=0.8, reserved_gib=0.4)
ENGINE = EngineMemory(
    usable_share=0.9,
    reserve_gib=1.0,
    gpu_context_gib=0.5,
    unified_context_gib=0.7,
    host_context_gib=0.3,
    base_gib=0.2,
    batch_tokens=400,
    small_batch_tokens=300,
    logits_bytes=4,
    hidden_bytes=5,
    mask_bytes=6,
    layer_bytes=7,
    vision_encoder_gib=0.25,
    adapter_gib=0.125,
    minimum_context_tokens=100,
    cache_factor=1.5,
    tensor_context_bytes=8,
    tensor_device_gib=0.0625,
    node_device_gib=0.03125,
    provenance=Provenance(how="made"),
)
CONSTANTS = MemoryConstants(
    engines={"own": ENGINE, "default": ENGINE._replace(small_batch_tokens=None)},
    large_device_gib=30,
    overhead_uncertainty=0.5,
    host_usable_share=0.6,
)


@pytest.mark.parametrize(
    ("changes", "devices", "divides"),
    [
        ({}, 1, True), ({}, 2, True), ({}, 3, False), ({}, 4, True), ({}, 6, False), ({}, 16, False),
        ({}, 8, True), ({"ffn_size": 700}, 8, False),  # two devices for each KV head
        ({"attention_heads": 12, "kv_heads": 3}, 2, False), ({"attention_heads": 12, "kv_heads": 3}, 3, True),
        ({"attention_heads": 12, "kv_heads": 3}, 4, False), ({"attention_heads": 12, "kv_heads": 3}, 6, True),
    ],
)  # fmt: skip
def test_heads_and_feed_forward_divide(changes: dict[str, int], devices: int, divides: bool) -> None:
    assert sizing.tensor_parallel_divides(SHAPE._replace(**changes), devices) is divides


@pytest.mark.parametrize(
    ("devices", "size"), [(1, 1), (2, 2), (3, 1), (4, 4), (6, 2), (7, 1), (8, 8), (12, 4), (16, 8), (20, 4)]
)
def test_the_widest_equal_groups(devices: int, size: int) -> None:
    assert sizing.widest(SHAPE, devices) == size


def test_no_group_is_wider_than_there_are_heads() -> None:
    assert sizing.widest(SHAPE._replace(attention_heads=2, kv_heads=2), 2) == 2


# devices of a node, nodes, way; shares of weights and cache, tensor, stages, nodes, whether it is possible
PLACED: list[tuple[int, int, Parallel, tuple[float, float, int, int, int, bool]]] = [
    (1, 1, "tensor", (1, 1, 1, 1, 1, True)),
    (4, 1, "none", (1, 1, 1, 1, 1, True)),
    (4, 1, "layer", (3 / 11, 3 / 11, 1, 4, 1, True)),  # of 10 layers and the head
    (10, 1, "layer", (2 / 11, 2 / 11, 1, 10, 1, True)),
    (11, 1, "layer", (1 / 11, 1 / 11, 1, 11, 1, False)),
    (2, 2, "layer", (3 / 11, 3 / 11, 1, 4, 2, True)),
    (4, 1, "tensor", (1 / 4, 1 / 4, 4, 1, 1, True)),
    (8, 1, "tensor", (1 / 8, 1 / 4, 8, 1, 1, True)),  # each of four KV heads twice
    (6, 1, "tensor", (2 / 11, 2 / 11, 2, 3, 1, True)),
    (2, 2, "tensor", (3 / 11, 3 / 11, 2, 2, 2, True)),
    (8, 2, "tensor", (6 / 11 / 8, 6 / 11 / 4, 8, 2, 2, True)),
]


@pytest.mark.parametrize(("count", "nodes", "way", "placed"), PLACED)
def test_how_a_copy_lies(count: int, nodes: int, way: Parallel, placed: tuple[Any, ...]) -> None:
    found = sizing.place(SHAPE, Machine(device=CARD, count=count, nodes=nodes), way)
    assert found == Placement(pytest.approx(placed[0]), pytest.approx(placed[1]), *placed[2:], pace=1.0)
    assert found.devices == placed[2] * placed[3]
    assert found.cache_copies == pytest.approx(placed[1] / placed[0])


@pytest.mark.parametrize(
    ("first", "other", "pace"),
    [
        # 8 GiB of layers at 400 GB/s and 32 at 100 take as long as 8 + 128 at 400
        ({}, {}, 40 / 136),
        ({}, {"bandwidth_gb_s": 800}, 40 / 24),
        ({}, {"bandwidth_gb_s": None}, 1),
        ({"memory_gib": None}, {}, 1 / 4),
        ({"memory_gib": None}, {"memory_gib": None}, 1),
    ],
)
def test_different_cards_work_one_after_the_other(first: dict[str, Any], other: dict[str, Any], pace: float) -> None:
    slower = CARD._replace(**{"memory_gib": 16, "bandwidth_gb_s": 100} | other)
    machine = Machine(device=CARD._replace(**first), others=((slower, 2),))
    assert sizing.pace(machine) == pytest.approx(pace)
    assert sizing.place(SHAPE, machine, "layer").pace == pytest.approx(pace)
    assert sizing.pace(machine._replace(others=())) == 1.0


ONE: dict[str, Any] = {
    "weights_gib": 2.0, "placed": ONE_DEVICE, "alike": 1.0, "kv_bytes": 4000, "cache_factor": 1.5, "image_bytes": 0,
    "minimum_context_tokens": 100, "batch_tokens": 300, "logits_bytes": 4000, "hidden_bytes": 1000, "mask_bytes": 6,
    "context_bytes": 0, "layer_bytes": 14000, "base_gib": pytest.approx(0.7), "further_gib": (), "uncertain": 1.5,
    "available_gib": pytest.approx(4.36), "host_gib": None, "offload": False, "paged": False, "most_requests": 1,
}  # fmt: skip
LARGE = {"batch_tokens": 400}
UNKNOWN = LARGE | {"available_gib": None}
# changes of the device and the machine, options; what comes out otherwise
TERMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {}, {}, {}),  # 8 x 0.8 x 0.9 - 0.4 - 1.0
    ({"memory_gib": 29.9}, {}, {}, {"available_gib": pytest.approx(29.9 * 0.72 - 1.4)}),
    ({"memory_gib": 30}, {}, {}, LARGE | {"available_gib": pytest.approx(20.2)}),
    ({"memory_gib": 1}, {}, {}, {"available_gib": 0.0}),
    ({"memory_gib": None}, {}, {}, UNKNOWN),
    ({"memory_gib": None, "kind": "cpu"}, {"ram_gib": 10}, {"offload": True},
     LARGE | {"available_gib": pytest.approx(5.8), "host_gib": 6.0, "base_gib": 0.5, "offload": True}),
    ({}, {"ram_gib": 16}, {"offload": True}, {"host_gib": pytest.approx(9.6), "offload": True}),
    ({}, {"ram_gib": 16}, {}, {"host_gib": pytest.approx(9.6)}),
    ({}, {"ram_gib": 0}, {}, {"host_gib": 0}),
    ({"unified_memory": True}, {}, {"offload": True}, {"base_gib": pytest.approx(0.9)}),
    ({"kind": "sbc", "unified_memory": True}, {}, {}, {"base_gib": 0.5}),
    ({"kind": "browser"}, {}, {}, {"base_gib": 0.5}),
    ({}, {"count": 4}, {"parallel": "tensor"},
     {"placed": Placement(1 / 4, 1 / 4, 4, 1, 1, possible=True), "alike": 4.0, "further_gib": (0.0625,),
      "context_bytes": 1600}),
    ({}, {"count": 4}, {"parallel": "layer"},
     {"placed": Placement(3 / 11, 3 / 11, 1, 4, 1, possible=True), "alike": 4.0}),
    ({}, {"nodes": 2, "ram_gib": 16}, {"parallel": "layer"},
     {"placed": Placement(6 / 11, 6 / 11, 1, 2, 2, possible=True), "alike": 2.0, "further_gib": (0.03125,),
      "host_gib": pytest.approx(19.2)}),
    ({}, {}, {"adapters": True}, {"further_gib": (0.125,)}),
    ({}, {}, {"paged": True, "most_requests": 7}, {"paged": True, "most_requests": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("device", "machine", "options", "otherwise"), TERMS)
def test_what_no_load_changes(
    device: dict[str, Any], machine: dict[str, Any], options: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    model: Any = Shaped(SHAPE)
    where = Machine(device=CARD._replace(**device), **machine)
    found = sizing.memory_terms(2 * GIB, model, CONSTANTS, "own", where, "f16", **options)
    assert found._asdict() == ONE | otherwise


def test_what_no_load_changes_without_a_machine() -> None:
    model: Any = Shaped(SHAPE)
    found = sizing.memory_terms(2 * GIB, model, CONSTANTS, "own", None, "q8_0", offload=True)
    assert found._asdict() == ONE | UNKNOWN | {"kv_bytes": 2125}


def test_an_image_takes_an_encoder_and_a_cache() -> None:
    model: Any = Shaped(SHAPE._replace(vision=VISION))
    found = sizing.memory_terms(2 * GIB, model, CONSTANTS, "none", Machine(device=CARD), "f16")  # no smaller batches
    # keys and values of 4 x 25, 10 tokens in 2 layers, 2 bytes each
    assert found._asdict() == ONE | LARGE | {"image_bytes": 8000, "further_gib": (0.25,)}


WHOLE = ENGINE._replace(usable_share=1.0, reserve_gib=0.0)
PLAIN = CARD._replace(usable_share=1.0, reserved_gib=0.0)


@pytest.mark.parametrize(
    ("memory_gib", "machine", "share", "alike"),
    [
        # beside 2 GiB each, two cards of 8 have 12 left and one of 16 has 14: of 11 layers 6 / 26 are 2.5
        (16, {"count": 2}, 3 / 11, 4.0),
        (16, {"count": 2, "nodes": 2}, 2 / 11, 8.0),
        (8, {"count": 1}, 6 / 11, 2.0),
        (1, {"count": 1}, 1.0, 1.125),  # has no room for any
        (None, {"count": 1}, 1.0, 1.0),
    ],
)
def test_cards_take_layers_by_what_is_left(
    memory_gib: float | None, machine: dict[str, Any], share: float, alike: float
) -> None:
    where = Machine(device=PLAIN, others=((PLAIN._replace(memory_gib=memory_gib), 1),), **machine)
    assert sizing.uneven(WHOLE, where, 10, 8.0, 2.0) == pytest.approx((share, alike))


def test_a_card_without_room_beside_its_buffers_holds_all() -> None:
    where = Machine(device=PLAIN, others=((PLAIN, 1),))
    assert sizing.uneven(WHOLE, where, 10, 8.0, 8.0) == (1.0, 2.0)


def test_shares_of_different_cards_are_those_of_the_placement() -> None:
    model: Any = Shaped(SHAPE)
    where = Machine(device=PLAIN, others=((PLAIN._replace(memory_gib=16, bandwidth_gb_s=100), 1),))
    constants = CONSTANTS._replace(engines={"own": WHOLE._replace(base_gib=1.5)})
    found = sizing.memory_terms(0, model, constants, "own", where, "f16", parallel="layer")
    # 2 of buffers each: 6 of 20 GiB are 3.3 of 11
    assert (found.placed.weights, found.placed.kv_cache, found.alike) == (4 / 11, 4 / 11, 3.0)
    alone = sizing.memory_terms(0, model, constants, "own", where, "f16")
    assert (alone.placed, alone.alike) == (ONE_DEVICE, 1.0)


def terms(**changes: Any) -> MemoryTerms:
    """A layout over two by two devices, each KV head twice, in powers of two."""
    made = MemoryTerms(
        weights_gib=2.0,
        placed=Placement(0.25, 0.5, 2, 2, 1, possible=True),
        alike=3.5,
        kv_bytes=2**20,
        cache_factor=1.5,
        image_bytes=2**28,
        minimum_context_tokens=100,
        batch_tokens=256,
        logits_bytes=2**20,
        hidden_bytes=2**19,
        mask_bytes=512,
        context_bytes=2**18,
        layer_bytes=2**27,
        base_gib=0.0625,
        further_gib=(0.015625, 0.015625),
        uncertain=1.5,
        available_gib=8.0,
        host_gib=None,
        offload=False,
        paged=False,
        most_requests=8,
    )
    return made._replace(**changes)


LOAD = Workload(1024, 400, 112, 1, images_per_prompt=2)


def test_a_load_is_measured() -> None:
    # 1,024 tokens of 1.5 MiB, two images of 1/4 GiB; 256 x 2 MiB + 1/4 + 1/8 + 1/16 + 1/32 GiB of buffers
    found = sizing.measure(terms(), LOAD)
    assert found == Measured(1.5, 0.5, 0.96875, 1.453125, 0.5 + 1.0 + 1.453125, 8.0)


@pytest.mark.parametrize(("reserved", "left"), [(0.0, 8.0), (1.5, 6.5), (9.0, 0.0)])
def test_what_others_take_is_not_there(reserved: float, left: float) -> None:
    assert sizing.measure(terms(), LOAD._replace(reserved_gib=reserved)).available == left
    assert sizing.measure(terms(available_gib=None), LOAD._replace(reserved_gib=reserved)).available is None


@pytest.mark.parametrize(("most", "batch"), [(1, 100), (2, 200), (3, 256)])
def test_a_batch_is_no_longer_than_all_there_is_to_read(most: int, batch: int) -> None:
    small = terms(most_requests=most, mask_bytes=0, hidden_bytes=0, context_bytes=0, layer_bytes=0, further_gib=())
    found = sizing.measure(small, LOAD._replace(context_tokens=10))  # 100 are allocated
    assert found.overhead == pytest.approx(0.0625 + batch / 1024)
    assert found.cache == pytest.approx(150 / 1024)


@pytest.mark.parametrize(
    ("need", "fixed", "changes", "fits", "excess"),
    [
        (8.0, 2.0, {}, True, 0),
        (8.1, 2.0, {}, False, 0),
        (8.0, 2.0, {"offload": True}, True, 0),
        (1.0, 0.5, {"placed": ONE_DEVICE._replace(possible=False)}, False, 0),
        (12.0, 2.0, {"offload": True, "host_gib": 14.0}, True, 14.0),  # 4 beyond each of as many as 3.5
        (12.0, 2.0, {"offload": True, "host_gib": 13.9}, False, 14.0),
        (12.0, 2.0, {"offload": True}, None, 14.0),
        (12.0, 8.0, {"offload": True, "host_gib": 99.0}, True, 14.0),
        (12.0, 8.1, {"offload": True, "host_gib": 99.0}, False, 0),
    ],
)
def test_whether_it_fits(need: float, fixed: float, changes: dict[str, Any], fits: bool | None, excess: float) -> None:
    assert sizing.fit(terms(**changes), Measured(1, 0, 1, fixed, need, 8.0)) == (fits, excess)
    unknown = False if fits is False and "placed" in changes else None
    assert sizing.fit(terms(**changes), Measured(1, 0, 1, fixed, need, None)) == (unknown, 0.0)


@pytest.mark.parametrize(
    ("changes", "available", "rooms"),
    [
        # 0.75 GiB of a device for a sequence, 6.75 beside the rest; half as long they take 0.5
        ({"most_requests": 20}, 10.0, (9, 9)),
        ({"most_requests": 20, "paged": True}, 10.0, (13, 9)),
        ({"most_requests": 8, "paged": True}, 10.0, (8, 8)),
        ({"most_requests": 20, "paged": True}, 4.0, (1, 1)),
        ({"most_requests": 20, "paged": True}, 1.0, (1, 1)),
        ({"most_requests": 20, "paged": True}, None, (20, 20)),
    ],
)
def test_how_many_find_room(changes: dict[str, Any], available: float | None, rooms: tuple[int, int]) -> None:
    measured = Measured(1.0, 0.5, 1, 1, 4.0, available)
    load = Workload(682, 300, 41, 1)  # of 1.5 MiB a token: 341 take half a GiB
    assert sizing.room(terms(**changes), measured, load) == rooms


@pytest.mark.parametrize(
    ("changes", "at_work", "cache", "images"),
    [
        ({}, 1, 2.0, 1.0),
        ({}, 2, 4.0, 2.0),
        ({}, 4, 8.0, 4.0),
        ({"paged": True}, 1, 2.0, 1.0),
        ({"paged": True}, 2, 2.0, 2.0),  # typical ones are half as long; one of the whole length is held
        ({"paged": True}, 4, 4.0, 4.0),
        ({"paged": True, "minimum_context_tokens": 2048}, 4, 2.0, 4.0),
        ({"paged": True, "minimum_context_tokens": 2048}, 8, 4.0, 8.0),
    ],
)
def test_the_sum(changes: dict[str, Any], at_work: int, cache: float, images: float) -> None:
    found = sizing.memory(terms(**changes), Measured(1.0, 0.5, 0.75, 1.0, 4.0, 6.0), LOAD, at_work)
    assert found == Memory(2.0, cache, images, 3.0, 5.0 + cache + images, 21.0, DeviceMemory(4.0, 6.0), 0.0, fits=True)


def test_the_sum_of_what_is_not_known() -> None:
    found = sizing.memory(terms(), Measured(1.0, 0.5, 0.75, 1.0, 4.0, None), LOAD)
    assert found == Memory(2.0, 2.0, 1.0, 3.0, 8.0, None, DeviceMemory(4.0, None), 0.0, fits=None)
    left = sizing.memory(terms(offload=True, host_gib=7.0), Measured(1.0, 0.5, 0.75, 1.0, 4.0, 2.0), LOAD)
    assert (left.offloaded_gib, left.fits, left.available_gib) == (7.0, True, 7.0)


@pytest.mark.parametrize(("offloaded", "held"), [(0.0, None), (0.1, 10), (1.0, 8), (3.9, 0), (4.0, 0), (5.0, 0)])
def test_layers_on_the_device(offloaded: float, held: int | None) -> None:
    memory = Memory(4.0, 1.0, 0.0, 1.0, 6.0, 5.0, DeviceMemory(6.0, 5.0), offloaded, fits=True)
    assert sizing.layers_held(memory, 10) == held


def test_figures_are_rounded_to_be_read_and_still_sum_up() -> None:
    memory = Memory(1.00049, 1.00049, 0.0, 0.00049, 2.00147, 7.77777, DeviceMemory(3.33333, None), 0.12345, fits=True)
    found = memory.rounded(3)
    assert found == Memory(1.0, 1.0, 0.0, 0.0, 2.0, 7.778, DeviceMemory(3.333, None), 0.123, fits=True)
