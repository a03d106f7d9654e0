"""What a device attains and how sure that is, on constants of which no two are alike: worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import SHAPE, VISION, Shaped
from speed_constants import CARD, CLASS, CONSTANTS, ENGINE

from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.model import Vision
from llama_advisor.sizing import speed as sizing
from llama_advisor.sizing.memory import ONE_DEVICE
from llama_advisor.sizing.speed import SpeedTerms, Work

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
