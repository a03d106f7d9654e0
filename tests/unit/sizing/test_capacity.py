"""What a placed build serves: room for requests, the rest waiting, rates, copies and machines, as laws."""

from __future__ import annotations

from math import ceil, inf
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.capacity import Served, first, served
from llama_advisor.sizing.figures import Range, Speed
from llama_advisor.sizing.layouts import Layout, Sizes, laid_out
from llama_advisor.sizing.memory import ONE_DEVICE, Measured, MemoryTerms, room

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


class Even:
    """A layout that takes (1 + requests at work) x 0.01 s a token; likely from half as fast to twice as fast.

    A sequence of the whole context takes 1 GiB of the 6 beside weights and buffers, a typical one half of it.
    """

    most_busy_share = 0.5

    def __init__(self, replicas: int, *, paged: bool = True, known: bool = True, most: int = 20) -> None:
        self.replicas, self.known = replicas, known
        self.measured = Measured(1.0, 0.0, 0.5, 1.0, 4.0, 9.0)
        self.memory_terms = MemoryTerms(
            weights_gib=2.0,
            placed=ONE_DEVICE,
            alike=1.0,
            kv_bytes=2**20,
            cache_factor=1.0,
            image_bytes=0,
            minimum_context_tokens=0,
            batch_tokens=1,
            logits_bytes=0,
            hidden_bytes=0,
            mask_bytes=0,
            context_bytes=0,
            layer_bytes=0,
            base_gib=0.5,
            further_gib=(),
            uncertain=2.0,
            available_gib=9.0,
            host_gib=None,
            offload=False,
            paged=paged,
            most_requests=most,
        )

    def speed_of(self, _: Workload, at_work: int, __: Measured) -> Speed | None:
        """The speed of one copy, whose prompts take next to no time."""
        each, total = 100 / (1 + at_work), 100 * at_work / (1 + at_work)
        ranges = [Range(figure / 2, figure, figure * 2) for figure in (each, 9.0, 2.0, total)]
        return Speed(*ranges, "made", 1.0, 1) if self.known else None


EVEN = Workload(1024, 412, 100, 1)


def serve_evenly(layout: Even, *, fleet: bool = False, **load: float) -> Served:
    """Serve requests of 512 tokens, of which 100 are generated, with places for 12 of them."""
    untyped: Any = layout
    return served(untyped, EVEN._replace(**load), layout.measured, fleet=fleet)


FOLLOWS = {"in_flight_follows": True}
MID = 1200 / 13 / 100  # requests/s of twelve at work


@pytest.mark.parametrize(
    ("replicas", "fleet", "load", "at_work", "in_flight", "machines", "waited_s"),
    [
        (1, False, {"concurrent_requests": 4}, 4, 4, 1, 0),
        (1, False, {"concurrent_requests": 12}, 12, 12, 1, 0),
        (1, False, {"concurrent_requests": 30}, 12, 30, 1, 18 / MID),
        (2, False, {"concurrent_requests": 30}, 12, 30, 1, 6 / MID),
        (2, False, {"concurrent_requests": 5}, 3, 6, 1, 0),
        (1, True, {"concurrent_requests": 30}, 10, 10, 3, 0),
        (2, True, {"concurrent_requests": 30}, 8, 16, 2, 0),
        # half of MID may arrive at a machine
        (1, True, {"concurrent_requests": 30, "requests_per_second": 0.9}, 10, 10, 3, 0),
        (1, True, {"concurrent_requests": 30, "requests_per_second": 2.0}, 6, 6, 5, 0),
        (1, True, {"concurrent_requests": 1, "requests_per_second": 0.461}, 1, 1, 1, 0),
        (1, True, {"concurrent_requests": 1, "requests_per_second": 0.462}, 1, 1, 2, 0),
    ],
)
def test_requests_in_flight_that_are_stated(
    replicas: int, fleet: bool, load: dict[str, float], at_work: int, in_flight: int, machines: int, waited_s: float
) -> None:
    memory, speed, capacity = serve_evenly(Even(replicas), fleet=fleet, **load)
    assert speed is not None
    assert speed.decode_tokens_per_s.mid == pytest.approx(100 / (1 + at_work))
    assert speed.first_token_s == pytest.approx((1 + waited_s / 2, 2 + waited_s, 4 + waited_s * 2))
    assert memory.kv_cache_gib == max(1.0, at_work / 2)
    assert (capacity.requests_at_once, capacity.full_length_at_once) == (12 * replicas, 6 * replicas)
    assert (capacity.limit, capacity.in_flight) == (at_work, in_flight)
    assert (capacity.machines, capacity.copies) == (machines, machines * replicas)
    assert capacity.requests_per_s == pytest.approx((MID / 2, MID, MID * 2))
    assert capacity.tokens_per_s == pytest.approx((MID * 50, MID * 100, MID * 200))


# arriving at one machine or as many as carry it; places at a copy, in flight, machines needed, keeps up
ARRIVING: list[tuple[int, bool, float, int, int, int, bool | None]] = [
    (1, False, 0.2, 1, 1, 1, True),  # wanted are 40 of the 50 tokens/s of one
    (1, False, 0.3, 2, 1, 1, True),  # 60 of 66.7; 0.45 of two places
    (1, False, 0.4, 4, 2, 1, True),  # 80 of 80; half of four
    (1, False, 0.5, 12, 7, 2, None),  # 100 of 92.3; 0.542 of twelve
    (1, False, 0.95, 12, 12, 3, False),
    (1, True, 0.5, 1, 1, 2, True),  # 50 of 50 on each
    (2, False, 0.4, 4, 4, 1, True),  # each of two copies gets half of it and makes half of all
]


@pytest.mark.parametrize(("replicas", "fleet", "arriving", "places", "in_flight", "needed", "keeps_up"), ARRIVING)
def test_requests_that_arrive(
    replicas: int, fleet: bool, arriving: float, places: int, in_flight: int, needed: int, keeps_up: bool | None
) -> None:
    memory, speed, capacity = serve_evenly(Even(replicas), fleet=fleet, requests_per_second=arriving, **FOLLOWS)
    machines = needed if fleet else 1
    assert speed is not None
    assert speed.decode_tokens_per_s.mid == pytest.approx(100 / (1 + places))
    assert speed.first_token_s == (1, 2, 4)
    assert memory.kv_cache_gib == max(1.0, places / 2)
    assert (capacity.limit, capacity.in_flight, capacity.keeps_up) == (12, in_flight, keeps_up)
    assert (capacity.machines_needed, capacity.machines, capacity.copies) == (needed, machines, machines * replicas)
    assert capacity.busy_share == pytest.approx(arriving / MID / machines, abs=1e-4)


def test_slots_are_as_many_as_are_needed() -> None:
    capacity = serve_evenly(Even(1, paged=False), requests_per_second=0.3, **FOLLOWS).capacity
    assert (capacity.limit, capacity.requests_at_once, capacity.full_length_at_once) == (2, 6, 6)


@pytest.mark.parametrize(
    ("least", "at_once", "full"), [(0, 12, 6), (5, 12, 6), (10, 9, 6), (10.1, 8, 6), (35, 1, 1), (60, 1, 1)]
)
def test_no_more_at_a_time_than_keep_the_pace(least: float, at_once: int, full: int) -> None:
    found = serve_evenly(Even(1), concurrent_requests=12, least_tokens_per_s=least)
    assert (found.capacity.requests_at_once, found.capacity.full_length_at_once) == (at_once, full)
    assert (found.capacity.limit, found.capacity.in_flight) == (at_once, 12)
    rate = at_once / (1 + at_once)
    assert found.capacity.requests_per_s == pytest.approx((rate / 2, rate, rate * 2))
    assert found.speed is not None
    assert found.speed.decode_tokens_per_s.mid == pytest.approx(100 / (1 + at_once))


@pytest.mark.parametrize(("fleet", "machines"), [(False, 1), (True, 3)])
def test_where_the_speed_is_not_known(fleet: bool, machines: int) -> None:
    load = {"concurrent_requests": 30, "requests_per_second": 0.5, "least_tokens_per_s": 5.0}
    memory, speed, capacity = serve_evenly(Even(1, known=False), fleet=fleet, **load)
    assert (speed, capacity.requests_per_s, capacity.tokens_per_s, capacity.keeps_up) == (None, None, None, None)
    assert (capacity.busy_share, capacity.machines_needed, capacity.machines) == (None, None, machines)
    assert (capacity.limit, memory.kv_cache_gib) == ((12, 6.0) if machines == 1 else (10, 5.0))
    follows = serve_evenly(Even(1, known=False), requests_per_second=0.5, **FOLLOWS).capacity
    assert (follows.limit, follows.in_flight) == (12, 1)


def test_an_answer_of_no_tokens_counts_as_one() -> None:
    capacity = serve_evenly(Even(1), output_tokens=0, concurrent_requests=12).capacity
    assert capacity.requests_per_s == capacity.tokens_per_s


@pytest.mark.parametrize(("fewest", "most", "found"), [(1, 10, 5), (5, 10, 5), (6, 10, 6), (1, 5, 5), (1, 3, 3)])
def test_the_first_for_which_it_holds(fewest: int, most: int, found: int) -> None:
    assert first(lambda number: number >= 5, fewest, most) == found
