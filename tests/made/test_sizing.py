"""Estimates on the made-up knowledge: every figure is worked out by hand, at 100 GiB/s of which half is reached."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.engine import HardwareSupport
from llama_advisor.knowledge.model import Vision
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.cost import break_even_tokens_per_month, cheapest_hosted
from llama_advisor.sizing.estimate import Sizer, cache_type, largest, load_of_work, workload_of
from llama_advisor.sizing.figures import Cost, machine_used
from llama_advisor.sizing.layouts import ladder, laid_out, machine_parts, splits
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.sizing.support import quantization_support, runs_on
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Advisor
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.sizing.request import Estimate

MIDDLE: dict[str, Any] = {"model": "middle", "hardware": "card"}
W2: dict[str, Any] = {"model": "large", "engine": "slots", "quantization": "w2"}


@pytest.fixture(scope="session")
def sizer(made: RuleBase) -> Sizer:
    return Sizer(made)


def gib(found: Estimate) -> tuple[Any, ...]:
    return (*found.memory.per_device, found.memory.total_gib, found.memory.offloaded_gib, found.memory.fits)


# build, need and memory of the fullest device, total, in host memory, fits; longest context, most sequences
MEMORY = [
    # 2 + 2 + 1; 5 GiB are left for caches of 1/4 MiB a token.
    (MIDDLE, "w4 paged", (5.0, 8.0, 4.5, 0.0, True), (20480, 2)),
    ({"model": "middle"}, "w16 paged", (11.0, None, 10.5, 0.0, None), (None, None)),
    # 6 GiB of cache do not fit, 17/32 of it in 8 bits do, and so do 8.
    (MIDDLE | {"engine": "slots", "context_tokens": 24576}, "w4 slots", (6.188, 8.0, 5.688, 0.0, True), (32768, 1)),
    (MIDDLE | {"quantization": "w16"}, "w16 paged", (11.0, 8.0, 10.5, 0.0, False), (0, 0)),
    # Of 64 layers and the head the first of two cards holds 33 of 65: (4 + 8) x 33/65 + 1; 7 x 65/33 - 4 hold 10,022.
    (W2 | {"hardware": "2x card"}, "w2 slots", (7.092, 8.0, 13.0, 0.0, True), (10022, 1)),
    # 13 - 8 lie on the host, which takes half of 16 GiB; so 4 + 11 + 1 fit in all.
    (W2 | {"hardware": "card + 16GB RAM"}, "w2 slots", (13.0, 8.0, 12.5, 5.0, True), (11264, 1)),
    (W2 | {"hardware": "card + 9GB RAM"}, "w2 slots", (13.0, 8.0, 12.5, 5.0, False), (7680, 0)),
    # Each layer divided: 4 + 1 + 1. Three cards hold it on two: 1/4 + 1/2 + 1.
    ({"model": "middle", "hardware": "2x rack"}, "w16 paged", (6.0, 32.0, 11.0, 0.0, True), (32768, 4)),
    (
        {"model": "small", "hardware": "3x card", "quantization": "w4"},
        "w4 paged",
        (1.75, 8.0, 2.5, 0.0, True),
        (32768, 4),
    ),
    (MIDDLE | {"reserved_gib": 3}, "w4 paged", (5.0, 5.0, 4.5, 0.0, True), (8192, 1)),
    (MIDDLE | {"reserved_gib": 3.1, "quantization": "w4"}, "w4 paged", (5.0, 4.9, 4.5, 0.0, False), (7782, 0)),
]


@pytest.mark.parametrize(("said", "build", "memory", "limits"), MEMORY)
def test_memory_at_its_borders(
    said: dict[str, Any], build: str, memory: tuple[Any, ...], limits: tuple[Any, Any], sizer: Sizer
) -> None:
    request = EstimateRequest(**said)
    found = sizer.estimate(request)
    assert f"{found.quantization} {found.engine}" == build
    assert gib(found) == memory
    longest = sizer.limits(request, found)
    assert (longest.max_context_tokens, longest.max_concurrency) == limits


# tokens/s generated, at the full context, s to the first token, in all, requests at once and of full length
SPEED = [
    # 640 tokens of 1/4 MiB: (2 + 0.156) / 50; at 8,192 4/50; the prompt reads the weights once, 2/50; 4 at a time
    # take (2 + 4 x 0.156) / 50 a token, and 4 x 0.04 s before.
    (MIDDLE, 23.19, 12.5, 0.04, 75.29, (4, 2)),
    (MIDDLE | {"concurrency": 4}, 19.05, 5.0, 0.04, 75.29, (4, 2)),
    # Its cache in 8 bits is 17/32 as large: (2 + 0.083) / 50, full (2 + 3.19) / 50.
    (MIDDLE | {"engine": "slots", "context_tokens": 24576}, 24.0, 9.64, 0.04, 23.91, (1, 1)),
    # One after the other: (4 + 0.625) / 50, full (4 + 8) / 50.
    (W2 | {"hardware": "2x card"}, 10.81, 4.167, 0.08, 10.77, (1, 1)),
    # 5 of 12.5 GiB, of the weights as much, come at 50 GiB/s from the host: 0.4 x 4 / 50 more.
    (W2 | {"hardware": "card + 16GB RAM"}, 8.03, 3.676, 0.112, 8.0, (1, 1)),
    # Two racks at 400 GiB/s of which half is reached: (8 + 0.156) / 400.
    ({"model": "middle", "hardware": "2x rack", "concurrency": 1}, 49.04, 40.0, 0.02, 182.9, (4, 4)),
    # Of a class that was never measured the worst is taken, here as good: (0.5 + 0.078) / 50; two slots.
    ({"model": "small", "hardware": "mac", "quantization": "w4", "engine": "slots"}, 86.5, 33.3, 0.01, 151.5, (2, 2)),
    # Two prompts of 1,024 tokens take two passes of 512 each.
    (MIDDLE | {"prompt_tokens": 1024}, 21.92, 12.5, 0.08, 62.75, (4, 2)),
]


@pytest.mark.parametrize(("said", "decode", "full", "first", "total", "at_once"), SPEED)
def test_speed(
    said: dict[str, Any], decode: float, full: float, first: float, total: float, at_once: tuple[int, int], sizer: Sizer
) -> None:
    found = sizer.estimate(EstimateRequest(**said))
    assert found.speed is not None
    assert found.capacity is not None
    about = {"rel": 5e-3}
    low, mid, high = found.speed.decode_tokens_per_s
    assert (low, mid, high) == pytest.approx((decode / 2, decode, decode * 2), **about)
    assert found.speed.at_full_context_tokens_per_s == pytest.approx(full, **about)
    assert found.speed.first_token_s == pytest.approx((first / 2, first, first * 2), rel=1e-2)
    assert found.capacity.tokens_per_s == pytest.approx((total / 2, total, total * 2), **about)
    assert found.capacity.requests_per_s == pytest.approx((total / 512, total / 256, total / 128), **about)
    assert (found.capacity.requests_at_once, found.capacity.full_length_at_once) == at_once


ASSUMED = [
    (MIDDLE, [
        ("quantization", "w4", "the most precise that fits"), ("engine", "paged", "the best trodden that runs the build"),
        ("prompt_tokens", 512, "a short prompt"), ("output_tokens", 256, "a short answer"),
        ("context_tokens", 8192, "usual for a chat"), ("concurrency", 1, "one request at a time")]),
    ({"model": "middle", "engine": "paged", "prompt_tokens": 8000, "output_tokens": 1000, "concurrency": 1}, [
        ("quantization", "w16", "the one that the engine takes as published"),
        ("context_tokens", 9000, "prompt and answer")]),
    (MIDDLE | {"engine": "slots", "context_tokens": 24576, "prompt_tokens": 1, "output_tokens": 1, "concurrency": 1}, [
        ("quantization", "w4", "the most precise that fits"),
        ("kv_cache_type", "q8_0", "with 16 bits no build of ordinary precision fits")]),
    ({"model": "large", "hardware": "card", "engine": "paged", "prompt_tokens": 1, "output_tokens": 1, "concurrency": 1,
      "context_tokens": 8192}, [("quantization", "w4", "the smallest of ordinary precision")]),
    ({"model": "small", "hardware": "3x card", "quantization": "w4", "engine": "paged", "context_tokens": 100,
      "prompt_tokens": 90, "output_tokens": 20, "requests_per_second": 1}, [
        ("hardware", "tensor", "each layer is divided over the 2 devices"),
        ("hardware", 1, "one copy takes 2 of 3 devices; the rest stay unused: heads do not divide by 3"),
        ("context_tokens", 110, "prompt and answer do not fit into 100")]),
    ({"model": "small", "hardware": "card", "quantization": "w16", "engine": "slots", "kv_cache_type": "q4_0",
      "context_tokens": 32769, "images_per_prompt": 1, "prompt_tokens": 1, "output_tokens": 1, "concurrency": 1}, [
        ("kv_cache_type", "q4_0", "Slots is not known to offer it"),
        ("context_tokens", 32769, "Small is made for 32,768 at most; sized all the same"),
        ("images_per_prompt", 0, "Small reads no images")]),
    ({"model": "small", "hardware": "card", "quantization": "w2", "engine": "paged", "prompt_tokens": 1,
      "output_tokens": 1, "concurrency": 1, "context_tokens": 32768}, [
        ("engine", "paged", "Paged does not load w2; sized all the same")]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), ASSUMED)
def test_what_is_taken_for_granted(said: dict[str, Any], told: list[tuple[Any, ...]], sizer: Sizer) -> None:
    found = sizer.estimate(EstimateRequest(**said)).assumptions
    assert [(item.field, item.value, item.why) for item in found] == told


@pytest.mark.parametrize(
    ("method", "need", "longest"),
    [
        # 1 Gi parameters: (2 + 2 + 8) bytes each; or 2 or 1/2 frozen, with 12 for a hundredth. 1 GiB besides, and
        # 2,048 x (2 x 16 x 2,048 + 8 x (2,048 + 8,192)) bytes of a sample.
        ("full", 12 + 1 + 0.28125, 0),
        ("lora", 2 + 0.12 + 1 + 0.28125, 32768),
        ("qlora", 0.5 + 0.12 + 1 + 0.28125, 32768),
    ],
)
def test_tuning(method: str, need: float, longest: int, sizer: Sizer) -> None:
    request = EstimateRequest(model="small", hardware="card", tuning={"sample_tokens": 2048}, fine_tuning=[method])
    (found,) = sizer.estimate(request).training or ()
    assert (found.method, found.sample_tokens, found.batch, found.not_known) == (method, 2048, 1, ())
    assert found.per_device == pytest.approx((need, 8.0), abs=1e-3)
    assert (found.total_gib, found.fits) == (pytest.approx(need, abs=1e-3), need <= 8)
    assert (found.largest_sample_tokens, found.activations_gib) == (longest, 0.281)
    # without checkpoints all of 16 layers keep 32 bytes a unit of width
    assert found.plain_activations_gib == pytest.approx(2048 * (32 * 16 * 2048 + 8 * 10240) / 2**30, abs=1e-3)


@pytest.mark.parametrize(
    ("said", "hour", "month", "million"),
    [
        ({"hardware": "rack"}, 1.0, 730.0, None),
        ({"hardware": "2x rack", "tokens_per_month": 10_000_000}, 2.0, 1460.0, 146.0),  # two instances of one
        ({"hardware": "2x rack", "offer": "made/two"}, 2.0, 1460.0, None),
        ({"hardware": "3x rack", "offer": "made/two"}, 4.0, 2920.0, None),  # one and a half are two
    ],
)
def test_rent(said: dict[str, Any], hour: float, month: float, million: float | None, sizer: Sizer) -> None:
    cost = sizer.estimate(EstimateRequest(**({"model": "small", "offer": "made/one"} | said))).cost
    assert cost is not None
    assert (cost.usd_per_hour, cost.usd_per_month, cost.usd_per_million_tokens) == (hour, month, million)


@pytest.mark.parametrize(("arriving", "machines"), [(0.18, 1), (0.182, 2), (0.362, 2), (0.363, 3)])
def test_as_many_machines_as_carry_the_load(arriving: float, machines: int, sizer: Sizer) -> None:
    """Middle in w4 on a rack: four at work take (2 + 4 x 0.5625) / 200 s a token and 0.04 s each before.

    So 4 in 512 x 0.02125 + 0.16 s are finished, 0.3623 a second, and half of that may arrive.
    """
    said = {"hardware": "rack", "offer": "made/one", "quantization": "w4", "prompt_tokens": 2048, "output_tokens": 512}
    found = sizer.estimate(EstimateRequest(model="middle", requests_per_second=arriving, **said))
    assert found.capacity is not None
    assert found.cost is not None
    assert found.capacity.requests_per_s is not None
    assert found.capacity.requests_per_s.mid == pytest.approx(0.3623, rel=1e-3)
    assert found.capacity.machines_needed == machines
    assert found.capacity.busy_share == pytest.approx(arriving / 0.3623, rel=1e-3)
    # half the rate is sure; what the best guess falls short of is not kept up with
    assert found.capacity.keeps_up is (True if arriving <= 0.181 else None if arriving <= 0.3623 else False)
    assert found.cost.usd_per_month == 730 * machines


def test_a_service_against_rent(made: RuleBase, advisor: Advisor) -> None:
    day = advisor.as_of
    rented = Cost(usd_per_hour=1, usd_per_month=730, usd_per_million_tokens=None, as_of=day, offer="made/one")
    # 0.8 x 10 + 0.2 x 30 USD a million: at 730 / 14 millions they cost the same; the other offer is in doubt
    found = cheapest_hosted("middle", 0.8, rented, made, day, 16384)
    assert found is not None
    assert (found.offer.id, found.usd_per_million_tokens) == ("first/middle", pytest.approx(14))
    assert found.break_even_tokens_per_month == pytest.approx(730e6 / 14)
    assert cheapest_hosted("middle", 0.8, rented, made, day, 16385) is None
    assert cheapest_hosted("large", 0.8, rented, made, day, 1) is None  # ended
    assert break_even_tokens_per_month(rented, 0.0) is None


@pytest.mark.parametrize(("most", "limit", "found"), [(100, 7, 7), (7, 100, 7), (100, 0, 0), (1, 1, 1)])
def test_the_largest_that_fits(most: int, limit: int, found: int) -> None:
    assert largest(lambda tokens: tokens <= limit, most) == found


def test_what_is_not_known_has_no_largest() -> None:
    assert largest(lambda _: None, 9) is None


@pytest.mark.parametrize(
    ("said", "kind"), [(None, "f16"), (" FP16 ", "f16"), ("auto", "f16"), ("int8", "q8_0"), ("q4_0", "q4_0")]
)
def test_types_of_cache_by_their_names(said: str | None, kind: str) -> None:
    assert cache_type(said) == kind


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kv_cache_type": "q8"}, "kv_cache_type: unknown type 'q8'; nearest: q8_0"),
        ({"engine": "hosted"}, "engine: a hosted service sizes itself; name the engine that you would run"),
        ({"split": "tp2"}, "split: state the hardware that it goes over"),
        ({"hardware": "card", "split": "tp3"}, "split: Paged has no 'tp3' there; known: 1"),
        ({"hardware": "card", "offer": "made/on"}, "offer: unknown price 'made/on'; nearest: made/one"),
    ],
)
def test_what_cannot_be_read(said: dict[str, Any], told: str, sizer: Sizer) -> None:
    with pytest.raises(InputError) as caught:
        sizer.estimate(EstimateRequest(**({"model": "small"} | said)))
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("engine", "hardware", "ways"),
    [
        ("paged", "card", ["1"]),
        ("paged", "4x card", ["1", "tp2", "tp4"]),
        (
            "paged",
            "3x card",
            ["1"],
        ),  # heads do not divide by 3, and this engine has no stages; two are no whole machine
        ("slots", "4x card", ["1", "layers2", "layers"]),
    ],
)
def test_ways_to_lay_a_copy_over_devices(engine: str, hardware: str, ways: list[str], made: RuleBase) -> None:
    machine = read_hardware(hardware, catalogue_of(made))
    assert {*splits(made.engines[engine], machine, made.models["middle"].architecture)} >= {*ways}
    assert "tp3" not in splits(made.engines[engine], machine, made.models["middle"].architecture)


@pytest.mark.parametrize(("has", "runs"), [(8.0, True), (7.9, False), (None, True)])
def test_an_engine_runs_from_its_least_capability_on(has: float | None, runs: bool, made: RuleBase) -> None:
    least = HardwareSupport(kinds=("consumer-gpu",), minimum_compute_capability=8.0)
    engine, device = made.engines["paged"], made.devices["card"]
    assert runs_on(engine._replace(hardware=(least,)), device._replace(compute_capability=has)) is runs
    assert not runs_on(engine._replace(hardware=(least,)), made.devices["rack"])


def test_the_last_release_with_a_model_may_lack_a_form_on_a_device(made: RuleBase) -> None:
    engine, model, device = made.engines["paged"], made.models["small"], made.devices["card"]
    (held,) = engine.architectures
    lacking = engine._replace(architectures=(held._replace(lacking={"w4": ("first",)}),))
    found = {
        name: quantization_support(lacking, model, made.quantizations[name], device) for name in ("w4", "w16", "w2")
    }
    assert found == {"w4": "no", "w16": "native", "w2": "no"}
    assert quantization_support(lacking, model, made.quantizations["w4"], made.devices["rack"]) == "native"


@pytest.mark.parametrize(
    ("said", "basis", "limit"),
    [
        (MIDDLE, "9 groups of measurements on 9 devices of class nvidia-consumer", 1),
        (MIDDLE | {"concurrency": 3},
         "9 groups of measurements on 9 devices of class nvidia-consumer; load and tensor parallelism rest on fewer", 3),
        # as many places as there are, where it follows from what arrives
        (MIDDLE | {"requests_per_second": 0.01}, "9 groups of measurements on 9 devices of class nvidia-consumer", 4),
        ({"model": "middle", "hardware": "2x rack"},
         "9 groups of measurements on 9 devices of class nvidia-hbm; load and tensor parallelism rest on fewer", 1),
        ({"model": "small", "hardware": "mac", "quantization": "w4"},
         "little data: no measurements of class apple, a guess from similar devices", 1),
    ],
)  # fmt: skip
def test_what_a_speed_rests_on(said: dict[str, Any], basis: str, limit: int, sizer: Sizer) -> None:
    found = sizer.estimate(EstimateRequest(**said))
    assert found.speed is not None
    assert found.capacity is not None
    assert (found.speed.basis, found.capacity.limit) == (basis, limit)


SHORT: dict[str, Any] = {"prompt_tokens": 1, "output_tokens": 1, "concurrency": 1, "context_tokens": 8192}

# machine, split and what is said of it: the part that a copy takes, copies, words
LAID: list[tuple[dict[str, Any], str, int, list[tuple[Any, str]]]] = [
    ({"hardware": "2 nodes of 2x rack", "model": "large"}, "2 nodes of 2x Rack", 1,
     [("tensor", "each layer is divided over 2 devices, in 2 stages of whole layers")]),
    ({"hardware": "2 nodes of 3x rack", "model": "large"}, "2 nodes of 3x Rack", 1,
     [("layer", "whole layers lie on each of the 6 devices")]),
    ({"hardware": "4x card"}, "4x Card", 1, [("tensor", "each layer is divided over the 4 devices")]),
    ({"hardware": "5x card"}, "4x Card", 1,
     [("tensor", "each layer is divided over the 4 devices"),
      (1, "one copy takes 4 of 5 devices; the rest stay unused: heads do not divide by 5")]),
    ({"hardware": "5x card", "split": "tp2"}, "2x Card", 2,
     [("tensor", "each layer is divided over the 2 devices"),
      (2, "one copy takes 2 of 5 devices; 2 copies share the requests; the rest stay unused: heads do not divide by 5")]),
    ({"hardware": "4x card", "split": " TP 2"}, "2x Card", 2,
     [("tensor", "each layer is divided over the 2 devices"), (2, "one copy takes 2 of 4 devices; 2 copies share the requests")]),
    ({"hardware": "5x card", "engine": "slots", "split": "layers2"}, "2x Card", 2,
     [("layer", "whole layers lie on each of the 2 devices"),
      (2, "one copy takes 2 of 5 devices; 2 copies share the requests; the rest stay unused")]),
    ({"hardware": "2x card", "engine": "slots", "split": "layers"}, "2x Card", 1,
     [("layer", "whole layers lie on each of the 2 devices")]),
    ({"hardware": "2x card", "split": "1", "model": "small"}, "Card", 2,
     [(2, "one copy takes 1 of 2 devices; 2 copies share the requests")]),
    ({"hardware": "card", "split": "1", "model": "small"}, "Card", 1, []),
    ({"hardware": "card", "gpus": 2}, "2x Card", 1, [("tensor", "each layer is divided over the 2 devices")]),
    ({"hardware": "2x card", "gpus": 2}, "2x Card", 1, [("tensor", "each layer is divided over the 2 devices")]),
    ({"hardware": "rack", "gpus": 2, "nodes": 2, "model": "large"}, "2 nodes of 2x Rack", 1,
     [("tensor", "each layer is divided over 2 devices, in 2 stages of whole layers")]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "name", "copies", "told"), LAID)
def test_how_a_copy_is_laid_out_and_said(
    said: dict[str, Any], name: str, copies: int, told: list[tuple[Any, str]], sizer: Sizer
) -> None:
    asked = {"model": "middle", "engine": "paged", "quantization": "w16"} | SHORT | said
    found = sizer.estimate(EstimateRequest(**asked))
    assert found.machine is not None
    assert (found.machine.name, found.machine.replicas) == (name, copies)
    assert [(item.field, item.value, item.why) for item in found.assumptions] == [("hardware", *each) for each in told]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"hardware": "2x card", "gpus": 3}, 'hardware "2x card": the count is given twice (2 and 3)'),
        ({"hardware": "2 nodes of card", "nodes": 3}, 'hardware "2 nodes of card": the nodes are given twice (2 and 3)'),
        ({"hardware": "card", "accelerator": "cpu"},
         'accelerator: the host memory of "card" is not stated; add it, as in "+ 32GB RAM"'),
    ],
)  # fmt: skip
def test_machines_that_cannot_be_read(said: dict[str, Any], told: str, sizer: Sizer) -> None:
    with pytest.raises(InputError) as caught:
        sizer.estimate(EstimateRequest(model="small", **said))
    assert str(caught.value) == told


SHORT_PROMPT, SHORT_ANSWER = ("prompt_tokens", 512, "a short prompt"), ("output_tokens", 256, "a short answer")
CHAT, ONE = ("context_tokens", 8192, "usual for a chat"), ("concurrency", 1, "one request at a time")
# what is said; context, prompt, answer, in flight, images, shared prefix, arriving, whether they follow, others' memory,
# the slowest pace; what is taken for granted
LOADS: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, int, str]]]] = [
    ({}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"context_tokens": 600}, {"context_tokens": 600, "prompt_tokens": 512, "output_tokens": 88},
     [SHORT_PROMPT, ("output_tokens", 88, "a short answer"), ONE]),
    ({"context_tokens": 512}, {"context_tokens": 512, "prompt_tokens": 511, "output_tokens": 1},
     [("prompt_tokens", 511, "a short prompt"), ("output_tokens", 1, "a short answer"), ONE]),
    ({"context_tokens": 300, "output_tokens": 100}, {"context_tokens": 300, "prompt_tokens": 200, "output_tokens": 100},
     [("prompt_tokens", 200, "a short prompt"), ONE]),
    ({"context_tokens": 100, "output_tokens": 200}, {"context_tokens": 200, "prompt_tokens": 0, "output_tokens": 200},
     [("prompt_tokens", 0, "a short prompt"), ("context_tokens", 200, "prompt and answer do not fit into 100"), ONE]),
    ({"context_tokens": 100, "prompt_tokens": 200}, {"context_tokens": 200, "prompt_tokens": 200, "output_tokens": 0},
     [("output_tokens", 0, "a short answer"), ("context_tokens", 200, "prompt and answer do not fit into 100"), ONE]),
    ({"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300},
     {"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300}, [ONE]),
    ({"context_tokens": 1000, "prompt_tokens": 1000, "output_tokens": 300},
     {"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300},
     [("context_tokens", 1300, "prompt and answer do not fit into 1,000"), ONE]),
    ({"prompt_tokens": 8000, "output_tokens": 192}, {"prompt_tokens": 8000, "output_tokens": 192},
     [("context_tokens", 8192, "prompt and answer"), ONE]),
    ({"concurrency": 7}, {"concurrent_requests": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"shared_prefix_tokens": 100}, {"shared_prefix_tokens": 100}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"shared_prefix_tokens": 600}, {"shared_prefix_tokens": 512}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"reserved_gib": 1.5}, {"reserved_gib": 1.5}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"min_tokens_per_s": 7}, {"least_tokens_per_s": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"requests_per_second": 0.5}, {"requests_per_second": 0.5, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"requests_per_second": 0.5, "concurrency": 3},
     {"requests_per_second": 0.5, "in_flight_follows": True, "concurrent_requests": 3},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    # one a minute each
    ({"users": 30}, {"requests_per_second": 0.5, "in_flight_follows": True}, [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"users": 30, "requests_per_second": 2}, {"requests_per_second": 2, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    # requests of 768 tokens, over a month of 730 hours or so many
    ({"tokens_per_month": 768 * 3600 * 730}, {"requests_per_second": 1, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"tokens_per_month": 768 * 3600, "batch_hours": 2},
     {"requests_per_second": 0.5, "in_flight_follows": True, "least_tokens_per_s": 0},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"batch_hours": 2, "min_tokens_per_s": 7}, {"least_tokens_per_s": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"images_per_prompt": 2}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE,
                                    ("images_per_prompt", 0, "Small reads no images")]),
    ({"images_per_prompt": 0}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "load", "told"), LOADS)
def test_the_load_that_follows(
    said: dict[str, Any], load: dict[str, Any], told: list[tuple[str, int, str]], made: RuleBase
) -> None:
    found, assumed = workload_of(EstimateRequest(model="small", **said), made, made.models["small"])
    assert found == Workload(8192, 512, 256, 1, least_tokens_per_s=3.0)._replace(**load)
    assert [tuple(item)[:3] for item in assumed] == told


def test_no_chat_is_longer_than_the_model(made: RuleBase) -> None:
    model = made.models["small"]._replace(context_tokens=4096)
    found, assumed = workload_of(EstimateRequest(model="small"), made, model)
    assert found.context_tokens == 4096
    assert tuple(assumed[2])[:3] == ("context_tokens", 4096, "usual for a chat")


SEEING = {"vision": Vision(cross_attention_layers=4, encoder_parameters=0, projector_parameters=0,
                           cross_attention_parameters=3 * 4 * 2048 * 8192, tokens_per_image=1024, tile_px=1, max_tiles=1)}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "images", "told"), [({}, 0, [0]), ({"images_per_prompt": 0}, 0, []), ({"images_per_prompt": 2}, 2, [])]
)
def test_images_of_a_model_that_reads_them(said: dict[str, Any], images: int, told: list[int], made: RuleBase) -> None:
    small = made.models["small"]
    model = small._replace(architecture=small.architecture._replace(**SEEING))
    found, assumed = workload_of(EstimateRequest(model="small", **SHORT, **said), made, model)
    assert found.images_per_prompt == images
    assert [(item.value, item.why) for item in assumed] == [(each, "a prompt of text alone") for each in told]


@pytest.mark.parametrize(
    ("said", "load", "told"),
    [
        ({}, {}, [("context_tokens", 8192), ("output_tokens", 512), ("concurrency", 1), ("prompt_tokens", 2048),
                  ("shared_prefix_tokens", 0)]),
        ({"context_tokens": 4096, "prompt_tokens": 100, "output_tokens": 50, "concurrency": 3, "shared_prefix_tokens": 20},
         {"context_tokens": 4096, "prompt_tokens": 100, "output_tokens": 50, "concurrent_requests": 3,
          "shared_prefix_tokens": 20}, []),
        ({"reserved_gib": 2, "images_per_prompt": 3} | SHORT,
         {"prompt_tokens": 1, "output_tokens": 1, "reserved_gib": 2.0}, [("shared_prefix_tokens", 0)]),
        ({"users": 30} | SHORT,
         {"prompt_tokens": 1, "output_tokens": 1, "requests_per_second": 0.5, "in_flight_follows": True},
         [("requests_per_second", 0.5), ("shared_prefix_tokens", 0)]),
    ],
)  # fmt: skip
def test_the_load_of_a_use_case(
    said: dict[str, Any], load: dict[str, Any], told: list[tuple[str, Any]], made: RuleBase
) -> None:
    request = EstimateRequest(model="small", use_cases=["talk"], **said)
    found, assumed = load_of_work(request, made, made.models["small"])
    usual = Workload(8192, 2048, 512, 1, least_tokens_per_s=1)
    assert found == usual._replace(**load)
    assert [(item.field, item.value) for item in assumed] == told


@pytest.mark.parametrize(
    ("said", "methods", "told"),
    [
        ({}, None, []),
        ({"fine_tuning": ["none"]}, None, []),
        ({"fine_tuning": ["lora"]}, ["lora"], [{"sample_tokens": 8192}]),
        ({"fine_tuning": ["none", "qlora"], "tuning": {"sample_tokens": 9}}, ["qlora"], []),
        ({"tuning": {"batch": 2}}, ["lora", "qlora", "full"], [{"batch": 2, "sample_tokens": 8192}]),  # the usual ones
    ],
)
def test_ways_to_tune_that_are_sized(
    said: dict[str, Any], methods: list[str] | None, told: list[dict[str, int]], sizer: Sizer
) -> None:
    found = sizer.estimate(EstimateRequest(model="small", hardware="card", id="line", **SHORT, **said))
    assert (found.id, found.training and [item.method for item in found.training]) == ("line", methods)
    assert [item.value for item in found.assumptions if item.field == "tuning"] == told


@pytest.mark.parametrize(
    ("said", "million"),
    [
        ({"requests_per_second": 0.1}, 730 / (0.1 * 2 * 730 * 3600) * 1e6),
        ({"requests_per_second": 0.1, "tokens_per_month": 10_000_000}, 73.0),
        ({}, None),
        ({"offer": None, "requests_per_second": 0.1}, "free"),
        ({"hardware": None, "requests_per_second": 0.1}, "free"),
    ],
)
def test_what_a_million_tokens_cost(said: dict[str, Any], million: float | str | None, sizer: Sizer) -> None:
    usual = {"hardware": "rack", "offer": "made/one", "prompt_tokens": 1, "output_tokens": 1}
    cost = sizer.estimate(EstimateRequest(**({"model": "small"} | usual | said))).cost
    if million == "free":
        assert cost is None
    else:
        assert cost is not None
        assert cost.usd_per_million_tokens == (million and pytest.approx(million, abs=1e-3))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        # 6 GiB in a cache of 16 bits, as was said: 1 GiB of weights and 1 besides
        ({"hardware": "card", "kv_cache_type": "f16", "context_tokens": 24576},
         [("quantization", "w2", "the most precise that fits")]),
        ({"hardware": "card", "quantization": "w4", "context_tokens": 24576}, []),
        ({"kv_cache_type": "q4_0"}, [("quantization", "w16", "the one that the engine takes as published"),
                                     ("kv_cache_type", "q4_0", "Slots is not known to offer it")]),
        ({"kv_cache_type": "q8_0", "quantization": "w16"}, []),
        ({"kv_cache_type": "bf16", "quantization": "w16", "hardware": "card"}, []),
        ({"context_tokens": 32768, "quantization": "w4"}, []),
        ({"context_tokens": 32769, "quantization": "w4"},
         [("context_tokens", 32769, "Middle is made for 32,768 at most; sized all the same")]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_build(said: dict[str, Any], told: list[tuple[Any, ...]], sizer: Sizer) -> None:
    asked = {"model": "middle", "engine": "slots"} | SHORT | said
    found = sizer.estimate(EstimateRequest(**asked)).assumptions
    assert [(item.field, item.value, item.why) for item in found] == told


OFFICIAL = {"quantization": "w4", "hf_repo": "made/small-w4", "weights_bytes": 2**30, "context_tokens": 4096}


@pytest.mark.parametrize(
    ("said", "need", "told"),
    [
        # the maker's own file of 1 GiB, where the engine takes it; another's is laid out as w4 is; 1 GiB of cache and 1
        ({"model": "made/small-w4", "engine": "paged"}, 3.0,
         [("quantization", "w4", "what the model's name stands for"),
          ("context_tokens", 8192, "w4 builds are made for 4,096 at most; sized all the same")]),
        ({"model": "small", "quantization": "w4", "engine": "slots", "context_tokens": 4096}, 2.0, []),
        ({"model": "small", "quantization": "w4", "engine": "paged", "context_tokens": 4096}, 2.5, []),
        ({"model": "small", "quantization": "w16", "engine": "paged"}, 4.0, []),
    ],
)  # fmt: skip
def test_the_makers_own_build(
    said: dict[str, Any], need: float, told: list[tuple[Any, ...]], vary: Callable[..., RuleBase]
) -> None:
    sizer = Sizer(vary({"models/small.yaml": {"official_builds": [OFFICIAL]}}))
    found = sizer.estimate(EstimateRequest(**({"hardware": "card"} | SHORT | said)))
    assert found.memory.per_device.need_gib == need
    assert [(item.field, item.value, item.why) for item in found.assumptions] == told


@pytest.mark.parametrize(("made_with", "gib"), [(None, 1.0), ("convert", 0.5)])
def test_a_file_that_nobody_lists_is_the_makers_unless_the_engine_makes_it(
    made_with: str | None, gib: float, vary: Callable[..., RuleBase]
) -> None:
    entry = [{"quantization": "w4"}]
    base = vary(
        {
            "models/small.yaml": {"official_builds": [OFFICIAL]},
            "engines/slots.yaml": {"loads": ["pte"], "quantizations": entry, "made_with": made_with},
        }
    )
    small, sizes = base.models["small"], Sizer(base).sizes
    assert sizes.weights(small, "w4", base.engines["slots"]) == gib * 2**30
    assert sizes.read(small, "w4", base.engines["slots"], with_image=False) == gib * 2**30
    assert sizes.weights(small, "w4") == 2**30
    assert sizes.weights(small, "w16", base.engines["slots"]) == 2**31


def kept(**seen: Any) -> dict[str, Any]:
    """A reading of small in w4 on one card, half as fast as is predicted."""
    usual = {
        "id": "a", "model": "small", "quantization": "w4", "engine": "paged", "device": "card", "context_tokens": 8192,
        "prompt_tokens": 512, "output_tokens": 256, "decode_tokens_per_s": 43.243, "measured": date(2026, 1, 2),
    }  # fmt: skip
    return usual | seen


VERIFYING = {"formats": [], "suggestions": [], "weights_apart": 2, "weights_slack": 1, "parameters_apart": 0.1,
             "kept_spread": 1.1, "kept_apart": 0.5}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "seen", "rate"),
    [
        # 0.5 GiB and 1/8 MiB for each of 640 tokens at 50 GiB/s: 86.5 a second
        ({}, {}, 43.24),
        ({}, {"decode_tokens_per_s": None, "total_gib": 1.0}, 86.49),
        ({}, {"model": "middle"}, 86.49),
        ({}, {"quantization": "w16"}, 86.49),
        ({}, {"engine": "slots"}, 86.49),
        ({}, {"device": "rack"}, 86.49),
        ({}, {"count": 2}, 86.49),
        ({"bandwidth_gb_s": 107.3741824}, {}, 43.24),
        ({"bandwidth_gb_s": 214.7483648}, {}, 173.0),  # another than was measured
        ({"hardware": "2 nodes of card", "split": "1"}, {}, 43.24),
    ],
)
def test_what_was_measured_of_the_build_counts(
    said: dict[str, Any], seen: dict[str, Any], rate: float, vary: Callable[..., RuleBase]
) -> None:
    sizer = Sizer(vary({"measurements.yaml": {"measurements": [kept(**seen)]}, "verifying.yaml": VERIFYING}))
    asked = {"model": "small", "hardware": "card", "engine": "paged", "quantization": "w4"}
    found = sizer.estimate(EstimateRequest(**(asked | said)))
    assert found.speed is not None
    assert found.speed.decode_tokens_per_s.mid == pytest.approx(rate, rel=1e-3)
    assert found.speed.basis.startswith("measured here") is (rate == 43.24)


# engine, machine; every part with its copies and way, in the order of the ladder
PARTS: list[tuple[str, dict[str, Any], str, list[tuple[str, int, str]]]] = [
    ("paged", {}, "card", [("Card", 1, "none")]),
    ("paged", {}, "6x card", [("Card", 6, "none"), ("2x Card", 3, "tensor"), ("4x Card", 1, "tensor")]),
    ("paged", {}, "2 nodes of 2x rack",
     [("Rack", 4, "none"), ("2x Rack", 2, "tensor"), ("2 nodes of 2x Rack", 1, "tensor")]),
    ("paged", {}, "5 nodes of rack",
     [("Rack", 5, "none"), ("2 nodes of Rack", 2, "tensor"), ("4 nodes of Rack", 1, "tensor"),
      ("5 nodes of Rack", 1, "tensor")]),
    ("paged", {"multi_node": False}, "2 nodes of 2x rack", [("Rack", 4, "none"), ("2x Rack", 2, "tensor")]),
    ("paged", {"layer_split": True}, "3x card", [("Card", 3, "none"), ("2x Card", 1, "tensor"), ("3x Card", 1, "tensor")]),
    ("paged", {}, "rack + card", [("Rack", 1, "none")]),
    ("paged", {}, "2x rack + card", [("Rack", 2, "none"), ("2x Rack", 1, "tensor")]),
    ("paged", {"tensor_parallel": False}, "4x card", [("Card", 4, "none")]),
    ("slots", {}, "5x card",
     [("Card", 5, "none"), ("2x Card", 2, "layer"), ("4x Card", 1, "layer"), ("5x Card", 1, "layer")]),
    ("slots", {}, "2 nodes of 2x card", [("Card", 4, "none"), ("2x Card", 2, "layer")]),
    ("slots", {}, "rack + 2x card", [("Rack", 1, "none"), ("Rack + 2x Card", 1, "layer")]),
    ("slots", {}, "2x rack + card", [("Rack", 2, "none"), ("2x Rack", 1, "layer"), ("2x Rack + Card", 1, "layer")]),
]  # fmt: skip


def names_of(parts: list[Any]) -> list[tuple[str, int, str]]:
    return [(machine_used(part, copies).name, copies, way) for part, copies, way in parts]


@pytest.mark.parametrize(("engine", "changes", "hardware", "parts"), PARTS)
def test_parts_of_a_machine(
    engine: str, changes: dict[str, Any], hardware: str, parts: list[tuple[str, int, str]], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    assert names_of(machine_parts(made.engines[engine]._replace(**changes), machine, shape)) == parts
    slices = machine._replace(device=machine.device._replace(alone=True))
    assert len(machine_parts(made.engines[engine]._replace(**changes), slices, shape)) == 1


@pytest.mark.parametrize(
    ("engine", "changes", "hardware", "ways"),
    [
        ("paged", {}, "card", {"1": "Card"}),
        ("paged", {}, "4x card", {"1": "Card", "tp2": "2x Card", "tp4": "4x Card"}),
        ("paged", {"layer_split": True}, "4x card",
         {"1": "Card", "tp2": "2x Card", "tp4": "4x Card", "layers2": "2x Card", "layers": "4x Card"}),
        ("paged", {"layer_split": True}, "6x card",
         {"1": "Card", "tp2": "2x Card", "tp4": "4x Card", "tp2pp3": "6x Card", "layers2": "2x Card",
          "layers4": "4x Card", "layers": "6x Card"}),
        ("paged", {}, "2 nodes of 2x rack", {"1": "Rack", "tp2": "2x Rack", "tp2pp2": "2 nodes of 2x Rack"}),
        ("paged", {"layer_split": True}, "2 nodes of 2x rack",
         {"1": "Rack", "tp2": "2x Rack", "tp2pp2": "2 nodes of 2x Rack", "layers2": "2x Rack"}),
        ("slots", {}, "4x card", {"1": "Card", "layers2": "2x Card", "layers": "4x Card"}),
        ("slots", {}, "17x card",  # of 16 layers no more than 16 cards hold one
         {"1": "Card", "layers2": "2x Card", "layers4": "4x Card", "layers8": "8x Card", "layers16": "16x Card"}),
    ],
)  # fmt: skip
def test_ways_by_their_names(
    engine: str, changes: dict[str, Any], hardware: str, ways: dict[str, str], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    found = splits(made.engines[engine]._replace(**changes), machine, shape)
    assert {name: machine_used(part[0], 1).name for name, part in found.items()} == ways
    for name, part in found.items():
        assert part[2] == ("none" if name == "1" else "layer" if name.startswith("layers") else "tensor")


@pytest.mark.parametrize(
    ("engine", "changes", "hardware", "groups"),
    [
        ("paged", {}, "2x card", [["Card f16", "2x Card f16"]]),
        ("paged", {}, "2 nodes of rack", [["Rack f16"], ["2 nodes of Rack f16"]]),
        ("paged", {"kv_cache_types": ("f16", "fp8")}, "2 nodes of rack",
         [["Rack f16"], ["Rack fp8"], ["2 nodes of Rack f16"], ["2 nodes of Rack fp8"]]),
        ("paged", {"kv_cache_types": ("f16", "fp8"), "kv_cache_not_for": {"fp8": ("second",)}}, "rack", [["Rack f16"]]),
        ("slots", {}, "2x card", [["Card f16", "2x Card f16"], ["Card q8_0", "2x Card q8_0"]]),
        ("slots", {}, "2x card + 16GB RAM",
         [["Card f16", "2x Card f16"], ["Card q8_0", "2x Card q8_0"], ["2x Card f16 offload"]]),
        ("slots", {"offload": False}, "card + 16GB RAM", [["Card f16"], ["Card q8_0"]]),
        ("slots", {}, "mac", [["Mac f16"], ["Mac q8_0"]]),
    ],
)  # fmt: skip
def test_the_ladder(
    engine: str, changes: dict[str, Any], hardware: str, groups: list[list[str]], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    machine = machine._replace(ram_gib=16.0) if hardware == "mac" else machine
    found = ladder(made.engines[engine]._replace(**changes), machine, shape)
    told = [
        [f"{machine_used(part[0], 1).name} {cache}" + " offload" * offload for part, cache, offload in group]
        for group in found
    ]
    assert told == groups


# model, quantization, engine, machine, load; the layouts that stand for it, every one on the devices too
SIZED: list[tuple[str, str, dict[str, int], list[str], list[str]]] = [
    # 2 + 2 + 1 GiB on a card, or half of all but the last; two copies serve the four that are asked for
    ("middle w4 paged", "2x card", {}, ["Card", "2x Card"], ["Card", "2x Card"]),
    ("middle w16 paged", "2x card", {}, ["2x Card"], ["2x Card"]),
    # one copy has places for four, so do two nodes: where five wait the next group is looked at
    ("small w4 paged", "2 nodes of rack", {"concurrent_requests": 8}, ["Rack"], ["Rack", "2 nodes of Rack"]),
    ("small w4 paged", "2 nodes of rack", {"concurrent_requests": 9}, ["Rack", "2 nodes of Rack"],
     ["Rack", "2 nodes of Rack"]),
    # slots are not extended by a smaller cache; where nothing else fits they are
    ("middle w4 slots", "card", {"concurrent_requests": 9}, ["Card"], ["Card", "Card q8_0"]),
    ("middle w4 slots", "card", {"context_tokens": 24576}, ["Card q8_0"], ["Card q8_0"]),
    ("middle w4 slots", "card + 16GB RAM", {"context_tokens": 24576}, ["Card q8_0"], ["Card q8_0"]),
    ("middle w16 slots", "card + 16GB RAM", {}, ["Card offload"], ["Card offload"]),
    # what falls short by the least
    ("large w16 paged", "2x card", {}, ["2x Card"], ["2x Card"]),
    ("large w16 slots", "card", {}, ["Card q8_0"], ["Card q8_0"]),
]  # fmt: skip


@pytest.mark.parametrize(("build", "hardware", "load", "chosen", "every"), SIZED)
def test_layouts_that_hold_a_load(
    build: str, hardware: str, load: dict[str, int], chosen: list[str], every: list[str], made: RuleBase, sizer: Sizer
) -> None:
    model, quantization, engine = build.split()
    parts = made.models[model], made.quantizations[quantization], made.engines[engine]
    groups = sizer.sizes.groups(*parts, read_hardware(hardware, catalogue_of(made)), with_image=False)
    asked = Workload(8192, 512, 256)._replace(**load)
    for whole, names in ((False, chosen), (True, every)):
        found = [layout for layout, _ in laid_out(groups, asked, every=whole)]
        told = [
            machine_used(layout.machine, 1).name
            + f" {layout.kv_cache_type}" * (layout.kv_cache_type != "f16")
            + " offload" * layout.offload
            for layout in found
        ]
        assert told == names


def test_the_last_layout_whose_fit_is_not_known_stands_for_the_build(made: RuleBase, sizer: Sizer) -> None:
    machine = read_hardware("2x card", catalogue_of(made))
    unknown = machine._replace(device=machine.device._replace(memory_gib=None))
    parts = made.models["small"], made.quantizations["w4"], made.engines["paged"]
    found = laid_out(sizer.sizes.groups(*parts, unknown, with_image=False), Workload(8192, 512, 256))
    assert [layout.machine.count for layout, _ in found] == [2]


def test_what_reading_the_weights_once_allows(made: RuleBase, sizer: Sizer) -> None:
    def layouts(hardware: str, engine: str, *, offload: bool = False) -> dict[str, Any]:
        parts = made.models["small"], made.quantizations["w4"], made.engines[engine]
        groups = sizer.sizes.groups(*parts, read_hardware(hardware, catalogue_of(made)), with_image=False)
        found = (each for group in groups for each in group if each.offload is offload)
        return {machine_used(each.machine, 1).name: each for each in found}

    one = layouts("card", "paged")["Card"]
    assert one.read_gb == pytest.approx(2**29 / 1e9)  # of 512 MiB
    assert one.most_tokens_per_s == pytest.approx(200)  # at 100 GiB/s
    assert layouts("2x card", "paged")["2x Card"].most_tokens_per_s == pytest.approx(400)
    assert layouts("2x card", "slots")["2x Card"].most_tokens_per_s == pytest.approx(200)
    assert layouts("card + 16GB RAM", "slots", offload=True)["Card"].most_tokens_per_s is None
    assert one.measured_here is False
    # 8 GiB of layers at 100 and 32 at 400 GiB/s take as long as 64 at 400
    assert layouts("rack + card", "slots")["Rack + Card"].most_tokens_per_s == pytest.approx(500)


@pytest.mark.parametrize(("keeps", "read"), [(True, 112), (False, 512)])
def test_a_shared_prefix_is_read_once_where_the_engine_keeps_it(
    keeps: bool, read: int, vary: Callable[..., RuleBase]
) -> None:
    sizer = Sizer(vary({"engines/paged.yaml": {"prefix_cache": keeps}}))
    asked = {"model": "small", "hardware": "card", "engine": "paged", "shared_prefix_tokens": 400}
    speed = sizer.estimate(EstimateRequest(**asked)).speed
    assert speed is not None
    assert speed.read_tokens == read


def test_an_engines_kernels_for_a_form_count(vary: Callable[..., RuleBase]) -> None:
    slower = [{"quantization": "w4", "from_original": True, "decode_factor": 0.5}]
    sizer = Sizer(vary({"engines/paged.yaml": {"quantizations": slower}}))
    speed = sizer.estimate(EstimateRequest(model="small", hardware="card", engine="paged", quantization="w4")).speed
    assert speed is not None
    assert speed.decode_tokens_per_s.mid == pytest.approx(43.24, rel=1e-3)


def test_what_stands_against_a_build_names_its_model(vary: Callable[..., RuleBase]) -> None:
    ended = [{"architecture": "llama", "until": "0.9", "source": ["made"]}]
    sizer = Sizer(vary({"engines/paged.yaml": {"architectures": ended}}))
    asked = {"model": "small", "hardware": "card", "engine": "paged", "quantization": "w4"} | SHORT
    found = sizer.estimate(EstimateRequest(**asked)).assumptions
    assert [item.why for item in found] == ["only an old release runs Small: 0.9"]
