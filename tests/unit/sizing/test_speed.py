"""Speed: orders of magnitude, how it moves with load and layout, ranges and their laws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import speed as sizing
from llama_advisor.sizing.weights import read_bytes_per_token

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Speed

BASE = load_rules()
CONSTANTS = BASE.constants.speed
M8, M70 = "llama-3.1-8b-instruct", "llama-3.1-70b-instruct"
GB_S = 1e9
HOSTS = {"rtx-a6000": "generic-pc", "rtx-3090": "generic-pc", "l40s": "generic-cpu-server"}


def work(prompt: int = 512, output: int = 256, requests: int = 1) -> Workload:
    """Return a workload that allocates what it uses."""
    return Workload(
        context_tokens=prompt + output,
        prompt_tokens=prompt,
        output_tokens=output,
        concurrent_requests=requests,
    )


def on(device: str, count: int = 1, **changes: Any) -> Machine:
    """Return a machine of a shipped device."""
    return Machine(device=BASE.devices[device], count=count, **changes)


def speed(
    model: str,
    quantization: str,
    machine: Machine,
    load: Workload | None = None,
    engine: str = "llama.cpp",
    kv: str = "f16",
    offloaded_share: float = 0.0,
    **options: Any,
) -> Speed:
    """Predict a shipped build's speed, which must be known."""
    stored = BASE.quantizations[quantization]
    read = read_bytes_per_token(BASE.models[model], stored, BASE.block_types)
    terms = sizing.speed_terms(read, stored.bits, BASE.models[model], CONSTANTS, engine, machine, kv, **options)
    assert terms is not None
    return sizing.speed(terms, load or work(), offloaded_share)


@pytest.mark.parametrize(
    ("device", "model", "quantization", "measured"),
    [
        ("rtx-3090", M8, "q4_k_m", 111.7),
        ("rtx-4080", M8, "bf16", 40.3),
        ("rtx-a6000", M70, "q4_k_m", 14.6),
        ("m3-ultra-512gb", M70, "q4_k_m", 14.1),
        ("raspberry-pi-5-8gb", M8, "q4_k_m", 1.99),
        ("dgx-spark-128gb", M70, "q4_k_m", 4.71),
    ],
)
def test_decode_is_near_published_readings(device: str, model: str, quantization: str, measured: float) -> None:
    assert speed(model, quantization, on(device)).decode_tokens_per_s.mid == pytest.approx(measured, rel=0.25)


def test_decode_never_beats_the_bandwidth() -> None:
    for device in BASE.devices.values():
        if device.bandwidth_gb_s is None:
            continue
        stored = BASE.quantizations["q4_k_m"]
        read = read_bytes_per_token(BASE.models[M8], stored, BASE.block_types)
        roof = device.bandwidth_gb_s * GB_S / read
        for engine in ("llama.cpp", "vllm", "tensorrt-llm"):
            found = speed(M8, "q4_k_m", Machine(device=device), engine=engine)
            assert found.decode_tokens_per_s.mid < roof, device.id


def test_a_device_without_bandwidth_counts_as_the_weakest_of_its_kind_and_says_so() -> None:
    blank = BASE.devices["rtx-3090"]._replace(bandwidth_gb_s=None)
    found = speed(M8, "q4_k_m", Machine(device=blank))
    assert "bandwidth not known, taken from the weakest of its kind (672 GB/s)" in found.basis  # of 24 GB and more
    assert found.decode_tokens_per_s.mid < speed(M8, "q4_k_m", on("rtx-3090")).decode_tokens_per_s.low


def test_an_unnamed_gpu_computes_no_less_than_the_weakest_of_as_much_memory() -> None:
    unnamed = BASE.devices["generic-gpu"]._replace(memory_gib=80.0)
    taken, _ = sizing.with_weakest(unnamed, CONSTANTS)
    assert taken is not None
    rates = [each.peak_tflops for each in BASE.devices.values() if (each.memory_gib or 0) >= 80 and "gpu" in each.kind]
    assert taken.peak_tflops == min(filter(None, rates))  # no ratio of one card times the bandwidth of another


def test_a_device_has_no_speed_where_nothing_of_its_kind_is_known() -> None:
    stored = BASE.quantizations["q4_k_m"]
    read = read_bytes_per_token(BASE.models[M8], stored, BASE.block_types)
    machine = on("browser-webgpu")
    assert sizing.speed_terms(read, stored.bits, BASE.models[M8], CONSTANTS, "llama.cpp", machine, "f16") is None


def test_a_host_of_unknown_bandwidth_is_a_modest_one_of_its_kind() -> None:
    stored, model = BASE.quantizations["q4_k_m"], BASE.models[M8]
    found = [sizing.speed_terms(1, stored.bits, model, CONSTANTS, "llama.cpp", on(name), "f16") for name in HOSTS]
    hosts = [BASE.devices[name].bandwidth_gb_s or 0 for name in HOSTS.values()]
    efficiency = CONSTANTS.host_efficiency
    assert [each and each.host_bytes_s for each in found] == [bandwidth * GB_S * efficiency for bandwidth in hosts]


def test_layer_split_stays_near_one_card_and_tensor_parallel_nears_the_sum() -> None:
    one = speed(M8, "bf16", on("rtx-3090")).decode_tokens_per_s.mid
    layer = speed(M8, "bf16", on("rtx-3090", 4), parallel="layer").decode_tokens_per_s.mid
    tensor = speed(M8, "bf16", on("rtx-3090", 4), parallel="tensor").decode_tokens_per_s.mid
    assert 0.85 * one < layer < one
    assert 2 * one < tensor < 4 * one


def test_nodes_cost_time() -> None:
    one, two = (
        speed(M70, "bf16", on("a100-80gb-sxm", 4, nodes=nodes), engine="vllm", parallel="tensor") for nodes in (1, 2)
    )
    assert two.decode_tokens_per_s.mid < one.decode_tokens_per_s.mid


def test_weights_left_to_the_host_slow_decode_more_than_their_share() -> None:
    whole = speed(M70, "q4_k_m", on("rtx-3090")).decode_tokens_per_s.mid
    half = speed(M70, "q4_k_m", on("rtx-3090"), offloaded_share=0.5).decode_tokens_per_s.mid
    assert half < whole / 4


def test_native_fp8_reads_prompts_faster() -> None:
    load = work(prompt=4096)
    plain = speed(M8, "fp8", on("h100-sxm-80gb"), load, "vllm")
    native = speed(M8, "fp8", on("h100-sxm-80gb"), load, "vllm", compute="fp8")
    assert native.prefill_tokens_per_s.mid > 1.2 * plain.prefill_tokens_per_s.mid


def test_a_long_prompt_reads_slower_per_token_for_its_attention() -> None:
    short, long = (speed(M8, "q4_k_m", on("rtx-3090"), work(prompt)) for prompt in (1024, 32768))
    assert long.prefill_tokens_per_s.mid < 0.8 * short.prefill_tokens_per_s.mid


def test_first_token_is_the_prompt_and_the_engines_latency() -> None:
    found = speed(M8, "q4_k_m", on("rtx-3090"), work(2048))
    latency = CONSTANTS.engines["llama.cpp"].latency_ms / 1e3
    assert found.first_token_s.mid == pytest.approx(2048 / found.prefill_tokens_per_s.mid + latency)
    assert found.first_token_s.low == pytest.approx(2048 / found.prefill_tokens_per_s.high + latency)


def test_a_cache_of_fewer_bits_decodes_faster_at_long_context() -> None:
    full, small = (
        speed(M8, "q4_k_m", on("rtx-3090"), work(32768), kv=kv).decode_tokens_per_s.mid for kv in ("f16", "q8_0")
    )
    assert small > full


def test_thin_data_widen_the_range_and_are_said() -> None:
    known, thin, none = (speed(M8, "q4_k_m", on(device)) for device in ("rtx-3090", "h100-pcie-80gb", "arc-b580-12gb"))
    assert "little data" not in known.basis
    assert "little data" in thin.basis
    assert "guess" in none.basis
    width = [found.decode_tokens_per_s.high / found.decode_tokens_per_s.low for found in (known, none)]
    assert width[1] > 1.5 * width[0]


devices = st.sampled_from(sorted(key for key, device in BASE.devices.items() if device.bandwidth_gb_s))
engines = st.sampled_from(sorted(CONSTANTS.engines))
loads = st.builds(work, st.integers(1, 60000), st.integers(1, 4000), st.integers(1, 64))
parallels = st.sampled_from(("none", "layer", "tensor"))


@settings(max_examples=150, deadline=None)
@given(devices, engines, loads, parallels, st.integers(1, 60000))
def test_decode_falls_with_context(device: str, engine: str, load: Workload, parallel: str, more: int) -> None:
    longer = work(load.prompt_tokens + more, load.output_tokens, load.concurrent_requests)
    before, after = (speed(M8, "q4_k_m", on(device, 2), item, engine, parallel=parallel) for item in (load, longer))
    assert after.decode_tokens_per_s.mid < before.decode_tokens_per_s.mid
    assert after.first_token_s.mid > before.first_token_s.mid


@settings(max_examples=150, deadline=None)
@given(devices, engines, loads, st.integers(1, 64))
def test_more_requests_slow_each_user_and_never_the_sum(device: str, engine: str, load: Workload, more: int) -> None:
    busier = work(load.prompt_tokens, load.output_tokens, load.concurrent_requests + more)
    before, after = (speed(M8, "q4_k_m", on(device), item, engine) for item in (load, busier))
    assert after.decode_tokens_per_s.mid < before.decode_tokens_per_s.mid
    assert after.total_tokens_per_s.mid >= before.total_tokens_per_s.mid * (1 - 1e-9)


@settings(max_examples=150, deadline=None)
@given(devices, engines, loads, parallels)
def test_ranges_are_ordered_and_positive(device: str, engine: str, load: Workload, parallel: str) -> None:
    found = speed(M8, "q4_k_m", on(device, 2), load, engine, parallel=parallel)
    for each in (
        found.decode_tokens_per_s,
        found.prefill_tokens_per_s,
        found.first_token_s,
        found.total_tokens_per_s,
    ):
        assert 0 < each.low < each.mid < each.high
