"""The arithmetic of speed, step by step, on constants of which no two are alike: every figure is worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from llama_advisor.knowledge.constants import (
    ArchitectureSpeed,
    ClassSpeed,
    EngineSpeed,
    ParallelSpeed,
    Provenance,
    SpeedConstants,
    Spread,
)
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.knowledge.model import Architecture, Vision
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import speed as sizing
from llama_advisor.sizing.memory import ONE_DEVICE, Placement
from llama_advisor.sizing.speed import Attainable, Correction, SpeedTerms, Splits, Work

MADE = Provenance(how="made")
CLASS = ClassSpeed(
    bandwidth_efficiency=0.5,
    layer_us=3,
    prefill_compute=0.4,
    quantized_compute=0.7,
    decode_spread=Spread(low=0.5, high=2),
    prefill_spread=Spread(low=0.4, high=3),
    decode_groups=12,
    decode_devices=9,
    prefill_groups=8,
    prefill_devices=7,
)
OTHER = CLASS._replace(bandwidth_efficiency=0.6, layer_us=9, prefill_compute=0.2, quantized_compute=2)
ENGINE = EngineSpeed(
    bandwidth=1.5,
    cache=0.6,
    compute=1.25,
    quantized_compute=0.9,
    layer=5,
    attention=1.6,
    score_bytes=7,
    latency_ms=30,
    step_ms=4,
    batch_tokens=500,
    classes={"nvidia-consumer": 1.1},
    provenance=MADE,
)
CONSTANTS = SpeedConstants(
    provenance=MADE,
    classes={"nvidia-consumer": CLASS, "amd-hbm": OTHER},
    architectures={"first": ArchitectureSpeed(bandwidth=0.8, layer=2, compute=0.5)},
    engines={"default": ENGINE._replace(step_ms=5), "own": ENGINE},
    maximum_efficiency=0.9,
    cache_efficiency=0.8,
    attention_compute=0.75,
    little_data_devices=3,
    little_data_spread=1.2,
    no_data_spread=3,
    pace_tokens_per_s=10,
    most_busy_share=0.5,
    batch_spread=2,
    parallel=ParallelSpeed(
        tensor_scaling=0.5,
        prefill_scaling=0.25,
        layer_prefill_scaling=0.4,
        device_ms=2,
        tensor_layer_us=10,
        node_ms=7,
        spread=1.5,
    ),
    host_efficiency=0.25,
)
CARD = Device(
    id="card",
    name="Card",
    vendor="maker",
    kind="consumer-gpu",
    speed_class="nvidia-consumer",
    memory_gib=8,
    bandwidth_gb_s=1000,
    fp16_tflops=100,
    architecture="first",
)
SHAPE = Architecture(
    kind="llama",
    layers=10,
    hidden_size=200,
    ffn_size=700,
    attention_heads=8,
    kv_heads=4,
    head_dim=25,
    vocab_size=1000,
    tied_embeddings=False,
)
VISION = Vision(
    cross_attention_layers=2,
    encoder_parameters=100_000,
    projector_parameters=20_000,
    cross_attention_parameters=300_000,
    tokens_per_image=10,
    tile_px=1,
    max_tiles=1,
)


@dataclass
class Shaped:
    """What the arithmetic reads of a model."""

    architecture: Architecture
    parameters: int = 3_000_000


# Of 1,000 GB/s 0.5 x 1.5 x 1.1 x 0.8 are attained, for the cache 0.8 x 0.6 of that; 3 x 5 x 2 us a layer. Of 100
# TFLOP/s 0.4 x 1.25 x 0.5, for weights of four bits 0.7 x 0.9 of it, for attention 0.75 x 1.6.
PLAIN: dict[str, float] = {
    "weights_bytes_s": 6.6e11, "cache_bytes_s": 3.168e11, "layer_s": 3e-5, "step_s": 0.004, "decode_flop_s": 1.575e13,
    "prefill_flop_s": 1.575e13, "attention_flop_s": 3e13, "score_bytes": 7, "peak_bytes_s": 1e12,
    "peak_flop_s": 1e14, "peak_half_flop_s": 1e14,
}  # fmt: skip


def both(flop_s: float) -> dict[str, float]:
    """A rate of prompts, which that of single tokens follows."""
    return {"decode_flop_s": flop_s, "prefill_flop_s": flop_s}


CHEAP: dict[str, Any] = {"cheap_products": True}
WATTS = {"tdp_w": 400}
ROOT = {"power_exponent": 0.5}
# changes of the device, its class and the engine; bits and type of products; what comes out otherwise
ATTAINED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], int, str, dict[str, float]]] = [
    ({}, {}, {}, 4, "16-bit", {}),
    ({}, {}, {}, 15, "16-bit", {}),
    ({}, {}, {}, 16, "16-bit", both(2.5e13)),
    ({"fp8_tflops": 200}, {}, {}, 8, "fp8", both(5e13) | {"peak_flop_s": 2e14}),
    ({"fp8_tflops": 200, "int8_tops": 300}, {}, {}, 8, "16-bit", {}),
    ({}, {}, {}, 8, "fp8", {}),
    ({"int8_tops": 300}, {}, {}, 8, "int8", both(7.5e13) | {"peak_flop_s": 3e14}),
    ({"int8_tops": 300, "cores": 4}, {}, {}, 8, "int8", {}),  # integers of an accelerator beside the cores
    ({}, {"decode_compute": 0.3}, {}, 4, "16-bit", {"decode_flop_s": 1.5e13}),
    ({}, {"decode_compute": 3}, {}, 4, "16-bit", {"decode_flop_s": 9e13}),
    # products of 8 bits: as listed, half of that for consumer cards with 16-bit sums, or twice the rate in 16 bits
    ({}, {}, CHEAP, 4, "16-bit", {"peak_flop_s": 2e14}),
    ({}, {"int8_rate": 0.5}, CHEAP, 4, "16-bit", {}),
    ({"int8_tops": 400}, {}, CHEAP, 4, "16-bit",
     both(3.15e13) | {"attention_flop_s": 6e13, "peak_flop_s": 4e14, "peak_half_flop_s": 2e14}),
    ({"int8_tops": 400, "kind": "datacentre-gpu"}, {}, CHEAP, 4, "16-bit", {"peak_flop_s": 4e14}),
    ({"int8_tops": 50}, {}, CHEAP, 4, "16-bit", {}),
    ({}, {}, CHEAP, 16, "16-bit", both(2.5e13)),
    # the root of 4 W a TFLOP/s doubles what is attained, that of 2 W in 8 bits less
    (WATTS, ROOT, {}, 4, "16-bit", both(3.15e13) | {"attention_flop_s": 6e13}),
    ({}, ROOT, {}, 4, "16-bit", {}),
    (WATTS | {"fp8_tflops": 200}, ROOT, {}, 8, "fp8",
     both(5e13 * 2**0.5) | {"attention_flop_s": 6e13, "peak_flop_s": 2e14}),
    # nothing attains more than nine tenths
    ({}, {"bandwidth_efficiency": 2}, {}, 4, "16-bit", {"weights_bytes_s": 9e11, "cache_bytes_s": 4.32e11}),
    ({}, {}, {"cache": 5}, 4, "16-bit", {"cache_bytes_s": 9e11}),
    ({}, {"prefill_compute": 4}, {}, 4, "16-bit", both(9e13) | {"attention_flop_s": 9e13}),
    # no factor of an architecture, nor of an engine on a class
    ({"architecture": "second"}, {}, {}, 4, "16-bit",
     both(3.15e13)
     | {"weights_bytes_s": 8.25e11, "cache_bytes_s": 3.96e11, "layer_s": 1.5e-5, "attention_flop_s": 6e13}),
    ({}, {}, {"classes": {"amd-hbm": 9.0}}, 4, "16-bit", {"weights_bytes_s": 6e11, "cache_bytes_s": 2.88e11}),
]  # fmt: skip


@pytest.mark.parametrize(("device", "known", "engine", "bits", "compute", "otherwise"), ATTAINED)
def test_what_a_device_attains(
    device: dict[str, Any],
    known: dict[str, Any],
    engine: dict[str, Any],
    bits: int,
    compute: str,
    otherwise: dict[str, float],
) -> None:
    constants = CONSTANTS._replace(
        classes={"nvidia-consumer": CLASS._replace(**known)}, engines={"own": ENGINE._replace(**engine)}
    )
    found = sizing.attainable(constants, CARD._replace(**device), "own", bits, compute)
    assert found._asdict() == pytest.approx(PLAIN | otherwise)


def test_an_engine_without_constants_has_the_ordinary_ones() -> None:
    assert sizing.attainable(CONSTANTS, CARD, "none", 4).step_s == 0.005


def test_a_class_without_constants_is_as_slow_as_the_slowest_in_each_way() -> None:
    found = sizing.class_speed(CONSTANTS, CARD._replace(speed_class="phone"))
    assert (found.bandwidth_efficiency, found.layer_us, found.decode_groups) == (0.5, 9, 0)
    assert (found.prefill_compute, found.quantized_compute, found.decode_compute) == (0.2, 1.0, None)
    few = CONSTANTS._replace(classes={"nvidia-consumer": CLASS._replace(decode_compute=0.1)})  # 0.4 x 0.7 of four bits
    assert sizing.class_speed(few, CARD._replace(speed_class="phone")).prefill_compute == pytest.approx(0.28)
    assert sizing.class_speed(few, CARD).decode_compute == 0.1


def laid(tensor: int, stages: int, nodes: int = 1, pace: float = 1.0) -> Placement:
    """A copy over so many devices."""
    return Placement(1 / tensor / stages, 1 / tensor / stages, tensor, stages, nodes, possible=True, pace=pace)


@pytest.mark.parametrize(
    ("placed", "batches", "split"),
    [
        (ONE_DEVICE, 5, (1, 1, 0)),
        (laid(4, 1), 5, (2.5, 1.75, 0.0002)),  # three further, two doublings of 10 layers at 10 us
        (laid(1, 3), 5, (1, 1 + 0.4 * 8 / 7, 0.004)),  # 15 steps of work in 7
        (laid(1, 3), 1, (1, 1, 0.004)),  # no pipeline of one batch
        (laid(2, 2, nodes=2, pace=0.8), 3, (1.2, 0.8 * 1.25 * 1.2, 0.0091)),  # 6 in 4; a node, a stage, a doubling
    ],
)
def test_what_devices_gain_and_lose_together(placed: Placement, batches: float, split: tuple[float, ...]) -> None:
    assert sizing.splits(CONSTANTS, placed, 10, batches) == pytest.approx(split)


WORK = Work(read_bytes=6e9, kv_bytes=1e5, parameters=3e9, layers=10, width=200, heads=8)
RATES = Attainable(
    weights_bytes_s=6e11, cache_bytes_s=1e10, layer_s=0, step_s=0, decode_flop_s=6e11, prefill_flop_s=4.8e12,
    attention_flop_s=2.56e10, score_bytes=0, peak_bytes_s=1e15, peak_flop_s=1e18, peak_half_flop_s=1e18,
)  # fmt: skip


def test_a_step_is_weights_cache_products_layers_and_talk() -> None:
    rates = RATES._replace(layer_s=0.001, step_s=0.004)
    # 6 GB at 2 x 600, 0.4 at 2 x 10 GB/s, 24 GFLOP at 2 x 600
    parts = 0.005 + 0.02 + 0.02 + 0.01 + 0.05 + 0.004
    assert sizing.decode_step_s(WORK, rates, Splits(2, 3, 0.05), 1000, 4) == pytest.approx(parts)


def test_a_prompt_is_products_scores_and_a_step_for_each_pass() -> None:
    rates = RATES._replace(layer_s=0.001, step_s=9, score_bytes=3000)
    # 4.8 TFLOP; 2 x 10 x 200 x 800^2 products and half of 3,000 x 10 x 8 x 800^2 bytes of scores; all over 3
    compute = (1 + 0.1 + 0.128) / 3
    assert sizing.prefill_s(WORK, rates, Splits(2, 3, 0.05), 800, 2) == pytest.approx(compute + 2 * 0.065)


@pytest.mark.parametrize(
    ("tensor", "loaded", "decode", "prefill", "powers"),
    [
        (1, False, 9, 9, (1, 1)),
        (1, True, 9, 9, (2, 2)),
        (2, False, 9, 9, (1.5, 1.5)),
        (4, True, 9, 9, (3, 3)),
        (1, False, 2, 3, (1.2, 1)),  # little data
        (1, True, 3, 2, (2, 2.4)),
        (1, False, 0, 1, (3, 1.2)),  # none
    ],
)
def test_a_range_widens_with_what_is_not_known(
    tensor: int, loaded: bool, decode: int, prefill: int, powers: tuple[float, float]
) -> None:
    known = CLASS._replace(decode_devices=decode, prefill_devices=prefill)
    generating, reading = sizing.spreads(CONSTANTS, known, tensor, loaded=loaded)
    assert generating == pytest.approx((0.5 ** powers[0], 2 ** powers[0]))
    assert reading == pytest.approx((0.4 ** powers[1], 3 ** powers[1]))


@pytest.mark.parametrize(
    ("groups", "devices", "text"),
    [
        (0, 0, "little data: no measurements of class nvidia-consumer, a guess from similar devices"),
        (5, 2, "little data: 5 groups of measurements on 2 devices of class nvidia-consumer"),
        (5, 3, "5 groups of measurements on 3 devices of class nvidia-consumer"),
    ],
)
def test_what_stands_behind_a_range(groups: int, devices: int, text: str) -> None:
    known = CLASS._replace(decode_groups=groups, decode_devices=devices)
    assert sizing.basis(CONSTANTS, known, Machine(device=CARD)) == text


KNOWN = {
    device.id: device
    for device in (
        CARD._replace(id="one", bandwidth_gb_s=400, fp16_tflops=40, tdp_w=200),
        CARD._replace(id="two", memory_gib=24, bandwidth_gb_s=900, fp16_tflops=180, tdp_w=450),
        CARD._replace(id="three", kind="workstation-gpu", memory_gib=48, bandwidth_gb_s=600, fp16_tflops=150),
        CARD._replace(id="four", memory_gib=None, kind="cpu", speed_class="x86-cpu", fp16_tflops=None),
        CARD._replace(id="five", kind="npu", speed_class="npu", bandwidth_gb_s=None, fp16_tflops=5),
    )
}  # fmt: skip
UNKNOWN: dict[str, Any] = {"bandwidth_gb_s": None, "fp16_tflops": None}
BOTH = "; bandwidth and peak rate not known, taken from the weakest of its kind ({} GB/s)"


@pytest.mark.parametrize(
    ("changes", "bandwidth", "tflops", "watts", "said"),
    [
        ({"tdp_w": 70}, 1000, 100, 70, ""),
        ({}, 1000, 100, 250, ""),  # 2.5 W a TFLOP/s are the least
        (UNKNOWN, 400, 40, 100, BOTH.format(400)),
        (UNKNOWN | {"memory_gib": None}, 400, 40, 100, BOTH.format(400)),
        (UNKNOWN | {"memory_gib": 9}, 900, 180, 450, BOTH.format(900)),  # those with as much memory alone
        (UNKNOWN | {"memory_gib": 24}, 900, 180, 450, BOTH.format(900)),
        (UNKNOWN | {"memory_gib": 25}, 600, 150, 375, BOTH.format(600)),  # of the class, if not of the kind
        (UNKNOWN | {"memory_gib": 25, "speed_class": "amd-discrete"}, 600, 150, 375, BOTH.format(600)),  # any GPU
        (UNKNOWN | {"memory_gib": 80}, 400, 40, 100, BOTH.format(400)),  # none has as much
        (UNKNOWN | {"speed_class": "amd-discrete", "kind": "datacentre-gpu"}, 400, 40, 100, BOTH.format(400)),
        ({"fp16_tflops": None, "bandwidth_gb_s": 100}, 100, 10, 25,  # 0.1 TFLOP/s a GB/s are the least
         "; peak rate not known, taken from the weakest of its kind (100 GB/s)"),
        ({"bandwidth_gb_s": None}, 400, 100, 250,
         "; bandwidth not known, taken from the weakest of its kind (400 GB/s)"),
        ({"kind": "npu", "speed_class": "npu", "fp16_tflops": 9}, 1000, 9, None, ""),
    ],
)  # fmt: skip
def test_what_is_not_known_is_taken_from_the_weakest_of_its_kind(
    changes: dict[str, Any], bandwidth: float, tflops: float, watts: float | None, said: str
) -> None:
    found, missing = sizing.with_weakest(CARD._replace(**changes), CONSTANTS._replace(devices=KNOWN))
    assert found is not None
    assert (found.bandwidth_gb_s, found.fp16_tflops, found.tdp_w, missing) == (
        pytest.approx(bandwidth), pytest.approx(tflops), watts and pytest.approx(watts), said
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "cpu", "speed_class": "x86-cpu", "fp16_tflops": None},
        {"kind": "cpu", "speed_class": "x86-cpu"} | UNKNOWN,
        {"kind": "npu", "speed_class": "npu", "bandwidth_gb_s": None},
        {"kind": "phone", "speed_class": "phone"} | UNKNOWN,
    ],
)
def test_where_nothing_of_its_kind_is_known_there_is_no_speed(changes: dict[str, Any]) -> None:
    assert sizing.with_weakest(CARD._replace(**changes), CONSTANTS._replace(devices=KNOWN)) == (None, "")


def test_cores_count_where_their_rate_is_known() -> None:
    cores: dict[str, Any] = {"cores": 8, "ghz": 2.0, "flop_per_cycle": 16}
    found, _ = sizing.with_weakest(CARD._replace(**cores), CONSTANTS._replace(devices=KNOWN))
    assert found is not None
    assert (found.cores, found.peak_tflops) == (8, 0.256)
    taken, _ = sizing.with_weakest(
        CARD._replace(**cores, **UNKNOWN)._replace(ghz=None), CONSTANTS._replace(devices=KNOWN)
    )
    assert taken is not None
    assert (taken.cores, taken.peak_tflops) == (None, 40)  # as the weakest's, which has no cores


@pytest.mark.parametrize(
    ("tied", "vision", "with_image", "parameters", "layers"),
    [
        (False, None, False, 2_800_000, 10),
        (True, None, False, 3_000_000, 10),
        (True, VISION, False, 2_580_000, 10),
        (True, VISION, True, 2_880_000, 12),
    ],
)
def test_what_a_token_costs(tied: bool, vision: Vision | None, with_image: bool, parameters: int, layers: int) -> None:
    model: Any = Shaped(SHAPE._replace(tied_embeddings=tied, vision=vision))
    found = sizing.token_work(77, model, "q8_0", with_image=with_image)
    assert found == Work(77, 2 * 4 * 25 * 10 * 34 / 32, parameters, layers, 200, 8)


def terms(**changes: Any) -> SpeedTerms:
    """A layout whose step takes 0.01 s for the weights and as much for each request and 1,000 tokens of each."""
    made = SpeedTerms(
        work=WORK,
        rates=RATES,
        splits=sizing.ALONE,
        constants=CONSTANTS,
        placed=ONE_DEVICE,
        batch_tokens=500,
        latency_s=0.1,
        host_bytes_s=3e10,
        alone=((0.5, 2.0), (0.4, 3.0)),
        loaded=((0.25, 4.0), (0.2, 5.0)),
        basis=("one", "several"),
        factor=1.5,
        replicas=3,
    )
    return made._replace(**changes)


LOAD = Workload(2900, 900, 200, 1, shared_prefix_tokens=100)
# 1,000 tokens deep: 0.03 s a step, and 0.049 once 2,900 deep; 800 are read in 1 + 0.1 s and two passes of 0.01.
STEP, READ = 0.03, 1.12


def test_one_request() -> None:
    found = sizing.speed(terms(), LOAD)
    assert found.decode_tokens_per_s == pytest.approx((0.75 / STEP, 1.5 / STEP, 3 / STEP))
    assert found.prefill_tokens_per_s == pytest.approx((320 / READ, 800 / READ, 2400 / READ))
    assert found.first_token_s == pytest.approx((READ / 3 + 0.1, READ + 0.1, READ / 0.4 + 0.1))
    # three copies: 200 tokens each, at 0.06, 0.03 and 0.015 s, after the prompt; half as many again for the kernels
    total = (900 / (12 + READ / 0.4), 900 / (6 + READ), 900 / (3 + READ / 3))
    assert found.total_tokens_per_s == pytest.approx(total)
    assert (found.basis, found.read_tokens) == ("one", 800)
    assert found.at_full_context_tokens_per_s == pytest.approx(1.5 / 0.049)


def test_three_requests() -> None:
    found = sizing.speed(terms(), LOAD._replace(concurrent_requests=3))
    # 0.01 + 3 x 0.02 s; no faster than one alone may be
    assert found.decode_tokens_per_s == pytest.approx((0.375 / 0.07, 1.5 / 0.07, 6 / 0.07))
    assert found.prefill_tokens_per_s == pytest.approx((160 / READ, 800 / READ, 2400 / READ))
    # 200 tokens at 10 a second take 20 s, over which two other prompts are spread; half of each is waited for
    wait = [own * (1 + own / 20) + 0.1 for own in (READ / 3, READ, READ / 0.2)]
    assert found.first_token_s == pytest.approx(wait)
    total = (2700 / (56 + 15 * READ), 2700 / (14 + 3 * READ), 2700 / (3.5 + READ))
    assert found.total_tokens_per_s == pytest.approx(total)
    assert (found.basis, found.at_full_context_tokens_per_s) == ("several", pytest.approx(1.5 / 0.127))


def test_two_requests_are_several() -> None:
    found = sizing.speed(terms(), LOAD._replace(concurrent_requests=2))
    assert found.decode_tokens_per_s == pytest.approx((0.375 / 0.05, 1.5 / 0.05, 3 / STEP))  # one alone does no more
    assert found.basis == "several"


def test_others_delay_a_first_token_by_their_whole_prompt_at_most() -> None:
    found = sizing.speed(terms(), LOAD._replace(output_tokens=0, prompt_tokens=1000, concurrent_requests=3))
    read = 900 / found.prefill_tokens_per_s.mid
    assert read > 0.1  # seconds of an answer of one token
    assert found.first_token_s.mid == pytest.approx(2 * read + 0.1)


def test_weights_left_to_the_host() -> None:
    found = sizing.speed(terms(), LOAD, 0.25)
    # 1.5 GB at 30 GB/s in every step and pass; the ranges are those of a load, the highest that of the device alone
    step, read = STEP + 0.05, READ + 2 * 0.05
    assert found.decode_tokens_per_s == pytest.approx((0.375 / step, 1.5 / step, 6 / step))
    assert found.prefill_tokens_per_s == pytest.approx((160 / read, 800 / read, 2400 / READ))
    assert (found.basis, found.at_full_context_tokens_per_s) == ("one", pytest.approx(1.5 / 0.099))


def test_no_end_lies_above_what_the_hardware_allows() -> None:
    peaks = RATES._replace(peak_bytes_s=3e11, peak_flop_s=6e12, peak_half_flop_s=1.28e10)
    found = sizing.speed(terms(rates=peaks), LOAD)
    # 6.1 GB at 300 GB/s; 4.8 TFLOP at 6 and 0.2 s of scores
    assert found.decode_tokens_per_s == pytest.approx((0.75 / STEP, 1.5 / STEP, 1.5 / (6.1 / 300)))
    assert found.prefill_tokens_per_s == pytest.approx((320 / READ, 800 / READ, 800))
    slow = sizing.speed(terms(rates=peaks._replace(peak_bytes_s=1e11)), LOAD)
    assert slow.decode_tokens_per_s == pytest.approx([1.5 / 0.061] * 3)


@pytest.mark.parametrize(
    ("load", "context", "reading"),
    [
        ({}, 1000, 800),
        ({"context_tokens": 950}, 950, 800),
        ({"output_tokens": 0}, 900, 800),
        ({"prompt_tokens": 0, "shared_prefix_tokens": 0}, 100, 1),
        ({"shared_prefix_tokens": 899}, 1000, 1),
        ({"shared_prefix_tokens": 900}, 1000, 1),
    ],
)
def test_how_deep_and_how_much(load: dict[str, int], context: int, reading: int) -> None:
    found = sizing.speed(terms(), LOAD._replace(**load))
    assert found.decode_tokens_per_s.mid == pytest.approx(1.5 / (0.02 + context * 1e-5))
    assert found.read_tokens == reading


@pytest.mark.parametrize(("tokens", "passes"), [(1, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)])
def test_a_pass_for_each_batch_of_the_prompt(tokens: int, passes: int) -> None:
    found = sizing.speed(terms(), Workload(2900, tokens, 200, 1))
    # 1.25 ms and 4,000 / 25.6 x 10^9 s of scores
    seconds = tokens * 1.25e-3 + tokens**2 * 1.5625e-7 + passes * 0.01
    assert found.prefill_tokens_per_s.mid == pytest.approx(tokens / seconds)


@pytest.mark.parametrize(
    ("prompt", "faster", "passes"), [(800, 1 + 0.4 * (3.2 / 2.6 - 1), 2), (400, 1, 1), (500, 1, 1)]
)
def test_stages_read_a_prompt_of_several_batches_at_a_time(prompt: int, faster: float, passes: int) -> None:
    found = sizing.speed(terms(splits=None, placed=laid(1, 2)), Workload(2900, prompt, 200, 1))
    seconds = (prompt * 1.25e-3 + prompt**2 * 1.5625e-7) / faster + passes * 0.012
    assert found.prefill_tokens_per_s.mid == pytest.approx(prompt / seconds)
    assert found.decode_tokens_per_s.mid == pytest.approx(1.5 / (0.022 + (prompt + 100) * 1e-5))


@pytest.mark.parametrize(
    ("requests", "reading", "limits"),
    [
        (4, 1000, (250, 1000 / 0.15025)),  # 6.4 GB at 1 TB/s, on 1.6 cards; 6 TFLOP and 0.001 s of scores on four
        (40, 1000, (1 / 0.015, 1000 / 0.15025)),  # 240 GFLOP at 10 TFLOP/s take longer than 10 GB
        (4, 1, (250, 1 / 0.00375)),  # the weights are read for one token too
    ],
)
def test_what_bandwidth_and_arithmetic_allow(requests: int, reading: int, limits: tuple[float, float]) -> None:
    peaks = RATES._replace(peak_bytes_s=1e12, peak_flop_s=1e13, peak_half_flop_s=4e12)
    found = sizing.limits(terms(rates=peaks, placed=laid(2, 2, pace=0.8)), 1000, requests, reading)
    assert found == pytest.approx(limits)


MEASURED = Correction(((1, 2), (3, 5), (5, 6)), 1.25, 0.5)


@pytest.mark.parametrize(
    ("predicted", "seconds"), [(0.5, 1), (1, 2), (2, 3.5), (2.5, 4.25), (3, 5), (4, 5.5), (5, 6), (10, 12)]
)
def test_between_measurements_on_the_line_and_beyond_in_proportion(predicted: float, seconds: float) -> None:
    assert MEASURED.seconds(predicted) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("seconds", "usual", "ends"),
    [
        (4, (0.1, 9), (0.8, 1.25)),
        (4, (0.9, 1.1), (0.9, 1.1)),
        (24, (0.1, 9), (0.4, 2.5)),  # the root of four times as long as the longest
        (0.5, (0.1, 9), (0.4, 2.5)),
        (6, (0.1, 9), (0.8, 1.25)),
        (2, (0.1, 9), (0.8, 1.25)),
    ],
)
def test_a_measurement_is_trusted_less_the_further_away(
    seconds: float, usual: tuple[float, float], ends: tuple[float, float]
) -> None:
    assert MEASURED.within(seconds, usual) == pytest.approx(ends)


def test_what_was_measured_takes_the_place_of_what_is_predicted() -> None:
    kept = {
        "decode_kept": Correction(((0.03, 0.06),), 1.25, 0.5),
        "prefill_kept": Correction(((READ, 2 * READ),), 1.1, 0.5),
    }
    found = sizing.speed(terms(**kept), LOAD)
    assert found.decode_tokens_per_s == pytest.approx((1.2 / 0.06, 1.5 / 0.06, 1.875 / 0.06))
    assert found.prefill_tokens_per_s == pytest.approx((400 / READ / 1.1, 400 / READ, 440 / READ))
    assert found.at_full_context_tokens_per_s == pytest.approx(1.5 / 0.098)
    several = sizing.speed(terms(**kept), LOAD._replace(concurrent_requests=3))
    apart = 1.25 * (0.14 / 0.06) ** 0.5
    assert several.decode_tokens_per_s == pytest.approx((1.5 / 0.14 / apart, 1.5 / 0.14, 1.5 / 0.14 * apart))


def settled(machine: Machine, **options: Any) -> SpeedTerms | None:
    """The terms of a build of 4 bits on the engine `own`."""
    model: Any = Shaped(SHAPE)
    hosts = {"generic-pc": CARD._replace(bandwidth_gb_s=40), "generic-cpu-server": CARD._replace(bandwidth_gb_s=80)}
    known = CONSTANTS._replace(devices=KNOWN | hosts)
    return sizing.speed_terms(77, 4, model, known, "own", machine, "f16", **options)


def test_what_is_settled_before_a_load() -> None:
    plain = "12 groups of measurements on 9 devices of class nvidia-consumer"
    few = f"{plain}; load and tensor parallelism rest on fewer"
    one = settled(Machine(device=CARD))
    assert one is not None
    assert one.work == Work(77, 4000, 2_800_000, 10, 200, 8)
    assert one.rates._asdict() == pytest.approx(PLAIN)
    assert (one.splits, one.placed, one.batch_tokens, one.latency_s) == (sizing.ALONE, ONE_DEVICE, 500, 0.03)
    assert (one.host_bytes_s, one.factor, one.replicas, one.basis) == (10e9, 1.0, 1, (plain, few))
    assert (one.alone, one.loaded) == (((0.5, 2), (0.4, 3)), ((0.25, 4), (0.4**2, 9)))
    assert (one.decode_kept, one.prefill_kept) == (None, None)


def test_what_is_settled_of_several_devices() -> None:
    plain = "12 groups of measurements on 9 devices of class nvidia-consumer"
    few = f"{plain}; load and tensor parallelism rest on fewer"
    rack = CARD._replace(kind="datacentre-gpu", fp8_tflops=200)
    divided = settled(Machine(device=rack, count=2), parallel="tensor", compute="fp8", factor=2.0, replicas=5)
    assert divided is not None
    assert (divided.splits, divided.rates.peak_flop_s) == (pytest.approx((1.5, 1.25, 0.0001)), 2e14)
    assert (divided.host_bytes_s, divided.factor, divided.replicas, divided.basis) == (20e9, 2.0, 5, (few, few))
    assert divided.alone[0] == pytest.approx((0.5**1.5, 2**1.5))
    stages = settled(Machine(device=CARD._replace(fp16_tflops=None), count=2), parallel="layer")
    assert stages is not None
    assert stages.splits is None
    missing = "; peak rate not known, taken from the weakest of its kind (1000 GB/s)"
    assert stages.basis == (plain + missing, f"{plain}{missing}; load and tensor parallelism rest on fewer")


def test_a_class_never_measured_says_so_once_and_an_unknown_kind_has_no_terms() -> None:
    unmeasured = settled(Machine(device=CARD._replace(speed_class="amd-discrete")))
    assert unmeasured is not None
    text = "little data: no measurements of class amd-discrete, a guess from similar devices"
    assert unmeasured.basis == (text, text)
    assert settled(Machine(device=CARD._replace(kind="phone", speed_class="phone", **UNKNOWN))) is None
