"""Memory: parts, placement over devices, offload, limits, and the laws they obey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import memory as sizing
from llama_advisor.sizing.estimate import largest
from llama_advisor.sizing.memory import (
    carries_adapters,
    device_available_gib,
    engine_memory,
    place,
    tensor_parallel_divides,
)
from llama_advisor.sizing.weights import weights_bytes
from llama_advisor.text.record import validate

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Memory

BASE = load_rules()
CONSTANTS = BASE.constants.memory
ENGINES = ("llama.cpp", "ollama", "vllm", "transformers", "executorch", "mlx")
TEXT = ("llama-3.2-1b-instruct", "llama-3.1-8b-instruct", "llama-3.1-70b-instruct")
VISION = "llama-3.2-11b-vision-instruct"


def card(memory_gib: float | None, **changes: object) -> Device:
    """Return a discrete GPU."""
    fields: dict[str, object] = {
        "id": "card",
        "name": "Card",
        "vendor": "NVIDIA",
        "kind": "consumer-gpu",
        "speed_class": "nvidia-consumer",
        "memory_gib": memory_gib,
        "bandwidth_gb_s": 900,
    }
    return validate(Device, fields | changes)


def machine(memory_gib: float | None, count: int = 1, **changes: object) -> Machine:
    """Return `count` such cards."""
    return Machine(device=card(memory_gib), count=count, **changes)


def work(context: int = 8192, requests: int = 1, images: int = 0) -> Workload:
    """Return a workload."""
    return Workload(
        context_tokens=context,
        prompt_tokens=context // 2,
        output_tokens=128,
        concurrent_requests=requests,
        images_per_prompt=images,
    )


def size(
    model: str,
    quantization: str,
    where: Machine | None,
    load: Workload,
    engine: str = "llama.cpp",
    **options: Any,
) -> Memory:
    """Size a shipped model."""
    weights = weights_bytes(BASE.models[model], BASE.quantizations[quantization], BASE.block_types)
    known = BASE.engines[engine]
    serving = {"paged": known.concurrent_requests == "continuous", "most_requests": known.most_requests}
    terms = sizing.memory_terms(weights, BASE.models[model], CONSTANTS, engine, where, "f16", **serving, **options)
    measured = sizing.measure(terms, load)
    at_work = min(load.concurrent_requests, sizing.room(terms, measured, load).usual)
    return sizing.memory(terms, measured, load, at_work)


def test_parts_sum_to_the_total_and_the_device_need_adds_the_uncertainty() -> None:
    memory = size("llama-3.1-8b-instruct", "q4_k_m", machine(24), work())
    parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
    assert memory.total_gib == pytest.approx(sum(parts))
    assert memory.kv_cache_gib == pytest.approx(1.0)
    upper = memory.total_gib + CONSTANTS.overhead_uncertainty * memory.overhead_gib
    assert memory.per_device.need_gib == pytest.approx(upper)


def test_requests_at_work_and_images_multiply_the_cache() -> None:
    one, four = (size(VISION, "q4_k_m", machine(80), work(8192, busy, images=1)) for busy in (1, 4))
    assert (one.kv_cache_gib, four.kv_cache_gib) == (1, 4)
    assert one.image_cache_gib * 1024 == 200.125
    two_each = size(VISION, "q4_k_m", machine(80), work(8192, 3, images=2))
    assert two_each.image_cache_gib == 6 * one.image_cache_gib


def test_without_a_machine_or_its_memory_the_fit_is_not_known() -> None:
    assert size("llama-3.1-8b-instruct", "q4_k_m", None, work()).fits is None
    unknown = size("llama-3.1-8b-instruct", "q4_k_m", machine(None), work())
    assert (unknown.fits, unknown.available_gib) == (None, None)


def test_a_processor_takes_the_hosts_memory_and_its_usable_share() -> None:
    cpu = card(None, kind="cpu", speed_class="x86-cpu", unified_memory=True, usable_share=0.8)
    memory = size("llama-3.1-8b-instruct", "q4_k_m", Machine(device=cpu, ram_gib=10), work())
    assert memory.available_gib == pytest.approx(8)


def test_vllm_leaves_eight_percent_and_reports_the_need_not_its_pool() -> None:
    memory = size("llama-3.2-1b-instruct", "bf16", machine(80), work(), "vllm")
    assert memory.available_gib == pytest.approx(80 * 0.92)
    assert memory.total_gib < 6


@pytest.mark.parametrize(
    ("devices", "divides"),
    [(1, True), (2, True), (3, False), (4, True), (6, False), (8, True), (16, True)],
)
def test_heads_divide_over_devices(devices: int, divides: bool) -> None:
    architecture = BASE.models["llama-3.1-70b-instruct"].architecture
    assert tensor_parallel_divides(architecture, devices) is divides


def test_three_devices_hold_whole_layers_where_heads_do_not_divide() -> None:
    tensor, layer = (
        size("llama-3.1-8b-instruct", "bf16", machine(80, 3), work(), "vllm", parallel=parallel)
        for parallel in ("tensor", "layer")
    )
    assert tensor == layer


def test_kv_heads_are_replicated_beyond_their_number() -> None:
    architecture = BASE.models["llama-3.1-70b-instruct"].architecture
    shares = [place(architecture, machine(80, count), "tensor").kv_cache for count in (4, 8, 16)]
    assert shares == [1 / 4, 1 / 8, 1 / 8]


def test_layer_split_holds_whole_layers() -> None:
    architecture = BASE.models["llama-3.1-70b-instruct"].architecture
    share = place(architecture, machine(24, 3), "layer").weights
    assert share == pytest.approx(27 / 81)
    assert place(architecture, machine(24, 4), "layer").weights == pytest.approx(21 / 81)


def test_what_does_not_fit_goes_to_the_host_only_where_it_may() -> None:
    host = machine(24, ram_gib=64)
    asked = ("llama-3.1-70b-instruct", "q4_k_m", host, work())
    assert size(*asked).fits is False
    offloaded = size(*asked, offload=True)
    assert offloaded.fits is True
    assert offloaded.offloaded_gib == pytest.approx(offloaded.per_device.need_gib - 24, abs=1e-6)
    assert size(*asked[:2], machine(24, ram_gib=16), work(), offload=True).fits is False
    assert size(*asked[:2], machine(24), work(), offload=True).fits is None


def test_a_vision_encoder_is_reserved_on_every_device() -> None:
    load = work(2048, images=1)
    one = size(VISION, "q4_k_m", machine(24), load, "ollama")
    two = size(VISION, "q4_k_m", machine(24, 2), load, "ollama", parallel="layer")
    encoder = engine_memory(CONSTANTS, "ollama").vision_encoder_gib
    assert two.overhead_gib - one.overhead_gib > encoder
    assert one.total_gib == pytest.approx(11.3, rel=0.05)


@pytest.mark.parametrize(
    ("model", "quantization", "hardware", "engine", "context", "fits"),
    [
        ("llama-3.1-70b-instruct", "fp8", machine(80), "vllm", 4096, True),
        ("llama-3.1-70b-instruct", "fp8", machine(80), "vllm", 131072, False),
        ("llama-3.1-70b-instruct", "fp8", machine(80, 2), "vllm", 131072, True),
        ("llama-3.1-405b-instruct", "fp8", machine(80, 8), "vllm", 131072, False),
        ("llama-3.1-405b-instruct", "fp8", machine(80, 8), "vllm", 8192, True),
        ("llama-3.1-8b-instruct", "bf16", machine(16), "llama.cpp", 8192, False),
        ("llama-3.2-1b-instruct", "bf16", machine(7.92), "vllm", 105088, True),
        (VISION, "bf16", machine(45), "vllm", 131072, False),  # a card of 48 GB, less error correction
        ("llama-3.1-70b-instruct", "bf16", machine(40, 4), "vllm", 4096, True),
        ("llama-3.1-70b-instruct", "bf16", machine(22.5, 8), "vllm", 4096, True),
        ("llama-3.1-70b-instruct", "awq-int4", machine(24, 2), "vllm", 8192, True),
        ("llama-3.1-70b-instruct", "awq-int4", machine(24, 2), "vllm", 32768, False),
        (VISION, "fp8", machine(22.5), "vllm", 8192, True),
        (VISION, "q4_k_m", machine(12), "ollama", 2048, False),
    ],
)
def test_published_verdicts_hold(
    model: str, quantization: str, hardware: Machine, engine: str, context: int, fits: bool
) -> None:
    memory = size(model, quantization, hardware, work(context), engine, parallel="tensor")
    assert memory.fits is fits


def test_fp8_405b_does_not_span_sixteen_small_cards_on_four_nodes() -> None:
    nodes = machine(45, 4, nodes=4)
    for quantization, fits in (("fp8", False), ("awq-int4", True)):
        memory = size("llama-3.1-405b-instruct", quantization, nodes, work(4096), "sglang", parallel="tensor")
        assert memory.fits is fits


def test_resident_size_of_the_official_builds_on_a_phone() -> None:
    phone = card(16, kind="phone", speed_class="phone", unified_memory=True, usable_share=0.5)
    measured = {
        ("llama-3.2-1b-instruct", "bf16"): 3185,
        ("llama-3.2-3b-instruct", "bf16"): 7419,
        ("llama-3.2-1b-instruct", "spinquant-int4"): 1921,
        ("llama-3.2-3b-instruct", "spinquant-int4"): 3726,
    }
    for (model, quantization), mib in measured.items():
        memory = size(model, quantization, Machine(device=phone), work(64), "executorch")
        assert memory.total_gib == pytest.approx(mib / 1024, rel=0.05)


def test_largest_context_is_the_last_that_fits() -> None:
    def sized(load: Workload) -> Memory:
        return size("llama-3.1-8b-instruct", "q4_k_m", machine(12), load)

    found = largest(lambda tokens: sized(work(tokens)).fits, 131072)
    assert found is not None
    assert sized(work(found)).fits is True
    assert sized(work(found + 1)).fits is False


def test_room_is_one_request_at_least_and_all_where_memory_is_unknown() -> None:
    model, load = BASE.models["llama-3.1-8b-instruct"], work()
    weights = weights_bytes(model, BASE.quantizations["bf16"], BASE.block_types)

    def on(where: Machine) -> int:
        terms = sizing.memory_terms(weights, model, CONSTANTS, "vllm", where, "f16", most_requests=256)
        return sizing.room(terms, sizing.measure(terms, load), load).full

    assert on(machine(12)) == 1
    assert on(machine(None)) == 256
    assert on(machine(80)) > on(machine(24)) > 1


loads = st.builds(work, st.integers(1, 131072), st.integers(1, 64), st.integers(0, 4))
engines = st.sampled_from(ENGINES)
parallels = st.sampled_from(("none", "layer", "tensor"))
models = st.sampled_from((*TEXT, VISION))


@settings(max_examples=200, deadline=None)
@given(models, engines, loads, st.integers(0, 65536), st.integers(0, 8), st.integers(0, 2))
def test_more_context_users_or_images_never_need_less(
    model: str, engine: str, load: Workload, context: int, requests: int, images: int
) -> None:
    more = work(
        load.context_tokens + context,
        load.concurrent_requests + requests,
        load.images_per_prompt + images,
    )
    less_memory, more_memory = (size(model, "bf16", machine(80), item, engine) for item in (load, more))
    assert more_memory.total_gib >= less_memory.total_gib - 1e-9
    assert more_memory.per_device.need_gib >= less_memory.per_device.need_gib - 1e-9


@settings(max_examples=200, deadline=None)
@given(models, engines, parallels, loads, st.floats(1, 200), st.floats(0, 100), st.booleans())
def test_more_memory_never_turns_a_fit_into_a_no(
    model: str, engine: str, parallel: str, load: Workload, gib: float, more: float, offload: bool
) -> None:
    small, large = (
        size(
            model,
            "bf16",
            machine(memory, 4, ram_gib=64),
            load,
            engine,
            parallel=parallel,
            offload=offload,
        )
        for memory in (gib, gib + more)
    )
    assert not (small.fits and not large.fits)


@settings(max_examples=200, deadline=None)
@given(models, engines, parallels, loads, st.floats(1, 200), st.integers(1, 8))
def test_a_shard_never_exceeds_its_card_when_it_fits(
    model: str, engine: str, parallel: str, load: Workload, gib: float, count: int
) -> None:
    memory = size(model, "bf16", machine(gib, count), load, engine, parallel=parallel)
    assert memory.per_device.need_gib > 0
    if memory.fits:
        assert memory.per_device.need_gib <= (memory.per_device.available_gib or 0) <= gib
        assert memory.offloaded_gib == 0


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(0, 300))
def test_the_search_finds_the_edge_wherever_it_lies(most: int, edge: int) -> None:
    assert largest(lambda number: number <= edge, most) == min(most, edge)


def test_a_build_with_adapters_needs_their_working_memory_too() -> None:
    plain = size("llama-3.2-1b-instruct", "qlora-int4", machine(16), work(2048), "executorch")
    carried = size("llama-3.2-1b-instruct", "qlora-int4", machine(16), work(2048), "executorch", adapters=True)
    extra = engine_memory(CONSTANTS, "executorch").adapter_gib
    assert carried.total_gib == pytest.approx(plain.total_gib + extra)
    assert carries_adapters(BASE.models["llama-3.2-1b-instruct"], "qlora-int4")
    assert not carries_adapters(BASE.models["llama-3.2-1b-instruct"], "spinquant-int4")


def test_error_correction_keeps_a_sixteenth_of_a_card() -> None:
    for name, gib in (("t4", 15.0), ("a10g", 22.5), ("l40s", 45.0), ("rtx-a6000", 48.0)):
        found = device_available_gib(engine_memory(CONSTANTS, "llama.cpp"), Machine(device=BASE.devices[name]))
        assert found == pytest.approx(gib)
