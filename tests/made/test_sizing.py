"""Estimates on the made-up knowledge: every figure is worked out by hand, at 100 GiB/s of which half is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.engine import HardwareSupport
from llama_advisor.sizing.cost import break_even_tokens_per_month, cheapest_hosted
from llama_advisor.sizing.estimate import Sizer, cache_type, largest
from llama_advisor.sizing.figures import Cost
from llama_advisor.sizing.layouts import splits
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.sizing.support import quantization_support, runs_on
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
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
