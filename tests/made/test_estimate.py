"""Estimates on the made-up knowledge: every figure is worked out by hand, at 100 GiB/s of which half is reached."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from made_questions import MIDDLE, SHORT

from llama_advisor.sizing.estimate import Sizer, cache_type, largest
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.sizing.request import Estimate


W2: dict[str, Any] = {"model": "large", "engine": "slots", "quantization": "w2"}


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


@pytest.mark.parametrize(("keeps", "read"), [(True, 112), (False, 512)])
def test_a_shared_prefix_is_read_once_where_the_engine_keeps_it(
    keeps: bool, read: int, vary: Callable[..., RuleBase]
) -> None:
    sizer = Sizer(vary({"engines/paged.yaml": {"prefix_cache": keeps}}))
    asked = {"model": "small", "hardware": "card", "engine": "paged", "shared_prefix_tokens": 400}
    speed = sizer.estimate(EstimateRequest(**asked)).speed
    assert speed is not None
    assert speed.read_tokens == read
