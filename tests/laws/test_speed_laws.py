"""What physics says of every speed, whatever the constants are fitted to today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import speed as sizing
from llama_advisor.sizing.memory import kv_bytes_per_token
from llama_advisor.sizing.weights import read_bytes_per_token

if TYPE_CHECKING:
    from llama_advisor.knowledge.device import Device
    from llama_advisor.sizing.figures import Range, Speed

BASE = load_rules()
CONSTANTS = BASE.constants.speed
DEVICES = {key: device for key, device in BASE.devices.items() if device.bandwidth_gb_s}
MODELS = ("llama-3.2-1b-instruct", "llama-3.1-8b-instruct", "llama-3.1-70b-instruct")
FORMATS = ("bf16", "fp8", "int8", "q8_0", "q4_k_m", "awq-int4")
HALF_BITS = 16
TERA = 1e12
ROUNDING = 1 + 1e-9

devices = st.sampled_from(sorted(DEVICES))
engines = st.sampled_from(sorted(CONSTANTS.engines))
models = st.sampled_from(MODELS)
formats = st.sampled_from(FORMATS)
caches = st.sampled_from(("f16", "q8_0"))
layouts = st.sampled_from((("none", 1, 1), ("layer", 2, 1), ("layer", 4, 2), ("tensor", 4, 1), ("tensor", 8, 2)))
laws = settings(max_examples=300, deadline=None)


@st.composite
def loads(draw: st.DrawFn) -> Workload:
    prompt, output = draw(st.integers(1, 60_000)), draw(st.integers(1, 4000))
    return work(prompt, output, draw(st.integers(1, 64)))


def work(prompt: int, output: int, requests: int = 1) -> Workload:
    """Return a workload that allocates what it uses."""
    return Workload(
        context_tokens=prompt + output, prompt_tokens=prompt, output_tokens=output, concurrent_requests=requests
    )


def speed(
    device: Device,
    load: Workload,
    engine: str = "llama.cpp",
    layout: tuple[str, int, int] = ("none", 1, 1),
    build: tuple[str, str] = (MODELS[1], "q4_k_m"),
    kv: str = "f16",
    *,
    constants: Any = CONSTANTS,
    offloaded: float = 0.0,
) -> Speed:
    """Predict a shipped build's speed, which must be known."""
    parallel, count, nodes = layout
    model, stored = BASE.models[build[0]], BASE.quantizations[build[1]]
    terms = sizing.speed_terms(
        read_bytes_per_token(model, stored, BASE.block_types),
        stored.bits,
        model,
        constants,
        engine,
        Machine(device=device, count=count, nodes=nodes),
        kv,
        parallel=parallel,
        compute=stored.compute,
    )
    assert terms is not None
    return sizing.speed(terms, load, offloaded)


def ends(found: Speed) -> list[tuple[float, float, float]]:
    return [(each.low, each.mid, each.high) for each in (found.decode_tokens_per_s, found.prefill_tokens_per_s)]


def faster_than(slower: Speed, faster: Speed) -> list[tuple[float, float]]:
    """Return the ends of a speed above the other's, and first tokens before the other's; none where it is no faster."""
    pairs = [pair for low, high in zip(ends(slower), ends(faster), strict=True) for pair in zip(low, high, strict=True)]
    waits = zip(times(slower.first_token_s), times(faster.first_token_s), strict=True)
    found = [(mine, theirs) for mine, theirs in pairs if mine > theirs * ROUNDING]
    return found + [(mine, theirs) for mine, theirs in waits if mine * ROUNDING < theirs]


def times(found: Range) -> tuple[float, float, float]:
    return found.low, found.mid, found.high


@laws
@given(devices, loads(), engines, layouts, st.tuples(models, formats), caches)
def test_nothing_is_generated_faster_than_bandwidth_allows(
    name: str, load: Workload, engine: str, layout: tuple[str, int, int], build: tuple[str, str], kv: str
) -> None:
    device, model = DEVICES[name], BASE.models[build[0]]
    weights = read_bytes_per_token(model, BASE.quantizations[build[1]], BASE.block_types)
    context = load.prompt_tokens + load.output_tokens / 2
    moved = weights + load.concurrent_requests * context * kv_bytes_per_token(model.architecture, kv)
    roof = (device.bandwidth_gb_s or 0) * 1e9 * layout[1] * layout[2] / moved
    assert speed(device, load, engine, layout, build, kv).decode_tokens_per_s.high <= roof * ROUNDING


def listed_peaks(device: Device, engine: str, bits: int, compute: str) -> tuple[float, float]:
    """Return the peaks of weights' products and of attention's from what the device lists, FLOP/s."""
    known, cheap = CONSTANTS.classes[device.speed_class], CONSTANTS.engines[engine].cheap_products
    floats = (device.peak_tflops or 0) * TERA
    integers = 0 if device.cores else (device.int8_tops or 0) * TERA
    if device.kind == "consumer-gpu" and cheap:
        floats = max(floats, integers / 2)
    if compute == "fp8" and device.fp8_tflops:
        return device.fp8_tflops * TERA, floats
    if compute == "int8" and integers:
        return integers, floats
    if bits < HALF_BITS and cheap:
        return max(floats, integers or floats * known.int8_rate), floats
    return floats, floats


@laws
@given(devices, loads(), engines, layouts, st.tuples(models, formats))
def test_no_prompt_is_read_faster_than_the_arithmetic_allows(
    name: str, load: Workload, engine: str, layout: tuple[str, int, int], build: tuple[str, str]
) -> None:
    device, stored = DEVICES[name], BASE.quantizations[build[1]]
    if device.peak_tflops is None:
        return
    products = sizing.token_work(1, BASE.models[build[0]], "f16", with_image=False)
    weights, attention = listed_peaks(device, engine, stored.bits, stored.compute)
    prompt = load.prompt_tokens
    scores = 2 * products.layers * products.width * prompt**2
    fastest_s = (2 * products.parameters * prompt / weights + scores / attention) / (layout[1] * layout[2])
    found = speed(device, load, engine, layout, build)
    assert found.prefill_tokens_per_s.high <= prompt / fastest_s * ROUNDING
    assert found.first_token_s.low * ROUNDING >= fastest_s


@laws
@given(devices, loads(), engines, layouts, st.integers(1, 60_000), st.integers(1, 64))
def test_more_context_and_more_load_are_never_faster(
    name: str, load: Workload, engine: str, layout: tuple[str, int, int], tokens: int, requests: int
) -> None:
    base = speed(DEVICES[name], load, engine, layout)
    busier = speed(
        DEVICES[name],
        work(load.prompt_tokens, load.output_tokens, load.concurrent_requests + requests),
        engine,
        layout,
    )
    assert faster_than(busier, base) == []
    longer = speed(
        DEVICES[name], work(load.prompt_tokens + tokens, load.output_tokens, load.concurrent_requests), engine, layout
    )
    for mine, theirs in zip(ends(longer)[0], ends(base)[0], strict=True):
        assert mine <= theirs * ROUNDING
    for mine, theirs in zip(times(longer.first_token_s), times(base.first_token_s), strict=True):
        assert mine * ROUNDING >= theirs


@laws
@given(devices, loads(), engines, layouts, st.tuples(models, formats), st.floats(0.1, 1), st.floats(0.1, 1))
def test_a_slower_device_is_never_faster(
    name: str,
    load: Workload,
    engine: str,
    layout: tuple[str, int, int],
    build: tuple[str, str],
    bandwidth: float,
    compute: float,
) -> None:
    device = DEVICES[name]
    rates = ("fp16_tflops", "fp8_tflops", "int8_tops", "ghz")
    less = {field: getattr(device, field) and getattr(device, field) * compute for field in rates}
    slower = device._replace(bandwidth_gb_s=(device.bandwidth_gb_s or 0) * bandwidth, **less)
    assert faster_than(speed(slower, load, engine, layout, build), speed(device, load, engine, layout, build)) == []


@laws
@given(devices, loads(), engines, layouts)
def test_a_cache_of_fewer_bits_is_never_slower(
    name: str, load: Workload, engine: str, layout: tuple[str, int, int]
) -> None:
    full, half = (speed(DEVICES[name], load, engine, layout, kv=kv) for kv in ("f16", "q8_0"))
    assert faster_than(full, half) == []


@laws
@given(devices, loads(), engines, st.floats(0, 0.9), st.floats(0, 0.1))
def test_weights_left_to_the_host_are_never_faster(
    name: str, load: Workload, engine: str, share: float, more: float
) -> None:
    device = DEVICES[name]
    less, most = (speed(device, load, engine, offloaded=part) for part in (share, share + more))
    assert faster_than(most, less) == []


UNKNOWN = (
    {"bandwidth_gb_s": None},
    {"fp16_tflops": None, "cores": None},
    {"ghz": None, "fp16_tflops": None},
    {"tdp_w": None},
    {"int8_tops": None},
    {"fp8_tflops": None},
    {"bandwidth_gb_s": None, "fp16_tflops": None, "fp8_tflops": None, "int8_tops": None, "tdp_w": None, "cores": None},
)


@laws
@given(devices, loads(), engines, layouts, st.tuples(models, formats), st.sampled_from(UNKNOWN))
def test_nothing_is_better_for_being_unknown(
    name: str,
    load: Workload,
    engine: str,
    layout: tuple[str, int, int],
    build: tuple[str, str],
    unknown: dict[str, None],
) -> None:
    device = DEVICES[name]
    blank, known = (speed(each, load, engine, layout, build) for each in (device._replace(**unknown), device))
    assert faster_than(blank, known) == []


@laws
@given(devices, loads(), engines, st.tuples(models, formats))
def test_a_class_without_constants_is_no_better_than_any(
    name: str, load: Workload, engine: str, build: tuple[str, str]
) -> None:
    device = DEVICES[name]
    others = {key: known for key, known in CONSTANTS.classes.items() if key != device.speed_class}
    without = CONSTANTS._replace(classes=others | {"browser": CONSTANTS.classes[device.speed_class]})
    blind = speed(device, load, engine, build=build, constants=without)
    for mine, theirs in zip(ends(blind), ends(speed(device, load, engine, build=build)), strict=True):
        assert mine[1] <= theirs[1] * ROUNDING


@pytest.mark.parametrize("name", ["generic-gpu", "generic-apple", "generic-board", "generic-npu"])
def test_a_device_of_which_nothing_is_known_counts_as_the_weakest_of_its_kind(name: str) -> None:
    device = BASE.devices[name]
    found = speed(device, work(512, 256))
    alike = [each for each in DEVICES.values() if each.speed_class == device.speed_class]
    assert "not known, taken from the weakest of its kind" in found.basis
    for each in alike:
        assert found.decode_tokens_per_s.mid <= speed(each, work(512, 256)).decode_tokens_per_s.mid * ROUNDING


def test_what_is_known_is_not_said_to_be_unknown() -> None:
    assert "not known" not in speed(DEVICES["rtx-3090"], work(512, 256)).basis
