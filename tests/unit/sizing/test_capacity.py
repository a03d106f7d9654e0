"""What a placed build serves: room for requests, the rest waiting, rates, copies and machines, as laws."""

from __future__ import annotations

from math import ceil, inf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.capacity import Served, served
from llama_advisor.sizing.layouts import Layout, Sizes, laid_out
from llama_advisor.sizing.memory import room

BASE = load_rules()
MOST_BUSY = BASE.constants.speed.most_busy_share
SIZES = Sizes(BASE)
MACHINES = {
    text: read_hardware(text, catalogue_of(BASE), None)
    for text in ("RTX 4090", "A100 80GB", "4x H100", "M2 Max 64GB", "Raspberry Pi 5 8GB")
}


def layouts(model: str, quantization: str, engine: str, hardware: str, load: Workload) -> list[Layout]:
    """The layouts that hold the load, or stand for a build that does not."""
    parts = BASE.models[model], BASE.quantizations[quantization], BASE.engines[engine]
    groups = SIZES.groups(*parts, MACHINES[hardware], with_image=False)
    return [layout for layout, _ in laid_out(groups, load)]


def serve(layout: Layout, load: Workload, *, fleet: bool = False) -> Served:
    return served(layout, load, layout.measure(load), fleet=fleet)


PLACES = st.sampled_from(
    [
        ("llama-3.1-8b-instruct", "bf16", "vllm", "RTX 4090"),
        ("llama-3.1-70b-instruct", "awq-int4", "vllm", "A100 80GB"),
        ("llama-3.1-70b-instruct", "fp8", "sglang", "4x H100"),
        ("llama-3.1-8b-instruct", "q4_k_m", "llama.cpp", "RTX 4090"),
        ("llama-3.1-8b-instruct", "q4_k_m", "llama.cpp", "M2 Max 64GB"),
        ("llama-3.2-1b-instruct", "q4_k_m", "llama.cpp", "Raspberry Pi 5 8GB"),
    ]
)
LOADS = st.builds(
    lambda prompt, output, more, flight: Workload(prompt + output + more, prompt, output, flight),
    st.integers(1, 4000),
    st.integers(1, 1000),
    st.integers(0, 8000),
    st.integers(1, 300),
)


@settings(max_examples=100, deadline=None)
@given(PLACES, LOADS)
def test_requests_at_work_find_room_and_the_rest_wait(place: tuple[str, str, str, str], load: Workload) -> None:
    for layout in layouts(*place, load):
        found = serve(layout, load)
        memory, capacity = found.memory, found.capacity
        assume(memory.fits)
        assert capacity.requests_at_once >= capacity.full_length_at_once >= 1
        assert capacity.in_flight >= load.concurrent_requests
        paged = BASE.engines[place[2]].concurrent_requests == "continuous"
        at_work = min(-(-load.concurrent_requests // layout.replicas), capacity.requests_at_once // layout.replicas)
        tokens = max(load.context_tokens, at_work * (load.usual_tokens if paged else load.context_tokens))
        terms = layout.memory_terms
        each = terms.kv_bytes * terms.placed.cache_copies * terms.cache_factor
        assert memory.kv_cache_gib == pytest.approx(max(tokens, terms.minimum_context_tokens) * each / 2**30, rel=0.001)
        assert memory.total_gib <= (memory.available_gib or inf) + 1e-6


@settings(max_examples=100, deadline=None)
@given(PLACES, LOADS, st.integers(1, 300))
def test_more_load_changes_no_fit_and_serves_no_one_better(
    place: tuple[str, str, str, str], load: Workload, more: int
) -> None:
    layout = layouts(*place, load)[0]
    busier = load._replace(concurrent_requests=load.concurrent_requests + more)
    one, other = serve(layout, load), serve(layout, busier)
    assert one.memory.fits is other.memory.fits
    assert one.speed is not None
    assert other.speed is not None
    assert other.speed.decode_tokens_per_s.mid <= one.speed.decode_tokens_per_s.mid + 1e-9
    assert other.speed.first_token_s.mid >= one.speed.first_token_s.mid - 1e-9
    assert other.memory.total_gib >= one.memory.total_gib - 1e-6


@settings(max_examples=100, deadline=None)
@given(PLACES, LOADS, st.floats(0.001, 500), st.floats(1, 20))
def test_more_arriving_takes_no_fewer_machines(
    place: tuple[str, str, str, str], load: Workload, arriving: float, times: float
) -> None:
    made = []
    for rate in (arriving, arriving * times):
        mine = load._replace(concurrent_requests=1, requests_per_second=rate, in_flight_follows=True)
        layout = layouts(*place, mine)[0]
        made.append(serve(layout, mine, fleet=True))
    one, other = (found.capacity for found in made)
    assert other.machines >= one.machines
    assert other.in_flight * other.machines >= one.in_flight
    assert one.copies == one.machines * layout.replicas
    for found, rate in zip(made, (arriving, arriving * times), strict=True):
        assert found.capacity.requests_per_s is not None
        assert found.capacity.machines * found.capacity.requests_per_s.mid >= rate * (1 - 1e-9)


def test_in_flight_is_rate_times_time() -> None:
    load = Workload(8192, 1000, 500, 1, requests_per_second=1.5, in_flight_follows=True)
    layout = layouts("llama-3.1-8b-instruct", "bf16", "vllm", "A100 80GB", load)[0]
    found = serve(layout, load)
    assert found.speed is not None
    assert found.capacity.keeps_up

    def time_s(at_work: int) -> float:
        speed = layout.speed_of(load, at_work, layout.measure(load))
        assert speed is not None
        return 500 / speed.decode_tokens_per_s.mid + at_work * 1000 / speed.prefill_tokens_per_s.mid

    places = next(number for number in range(1, 257) if number / time_s(number) * MOST_BUSY >= 1.5)
    assert found.capacity.in_flight == ceil(1.5 * time_s(places)) <= places
    assert found.capacity.limit == found.capacity.requests_at_once


def test_slots_are_as_long_as_the_context_and_pages_as_long_as_the_request() -> None:
    load = Workload(16384, 1000, 500, 1)
    found = {}
    for quantization, engine in (("q8_0", "llama.cpp"), ("fp8", "vllm")):
        layout = layouts("llama-3.1-8b-instruct", quantization, engine, "RTX 4090", load)[0]
        found[engine] = room(layout.memory_terms, layout.measure(load), load)
    assert found["llama.cpp"].usual == found["llama.cpp"].full
    assert found["vllm"].usual > 5 * found["vllm"].full


def test_memory_that_others_take_is_not_there() -> None:
    load = Workload(8192, 1000, 500, 1)
    layout = layouts("llama-3.1-8b-instruct", "q4_k_m", "llama.cpp", "RTX 4090", load)[0]
    alone, beside = serve(layout, load), serve(layout, load._replace(reserved_gib=6.5))
    assert alone.memory.available_gib == pytest.approx((beside.memory.available_gib or 0) + 6.5)
    assert beside.capacity.requests_at_once < alone.capacity.requests_at_once


def test_a_prefix_that_the_engine_keeps_is_not_read_again() -> None:
    fresh = Workload(8192, 4000, 500, 1)
    for engine, quantization, hardware in (("vllm", "bf16", "A100 80GB"), ("mlx", "mlx-4bit", "M2 Max 64GB")):
        layout = layouts("llama-3.1-8b-instruct", quantization, engine, hardware, fresh)[0]
        cold, warm = serve(layout, fresh).speed, serve(layout, fresh._replace(shared_prefix_tokens=3500)).speed
        assert cold is not None
        assert warm is not None
        keeps = BASE.engines[engine].prefix_cache
        assert (warm.first_token_s.mid < cold.first_token_s.mid / 2) is keeps
        assert warm.decode_tokens_per_s == cold.decode_tokens_per_s
