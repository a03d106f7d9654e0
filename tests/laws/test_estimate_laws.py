"""What holds for every estimate, whatever the constants say today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.render.table import Varied
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import By, Estimate, EstimateRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice, Build

BASE = load_rules()
SIZER = Sizer(BASE)
MODELS = sorted(model.id for model in BASE.models.values() if model.role == "ranked")
PLACES = {
    "RTX 4090": "llama.cpp",
    "2x RTX 3090": "vllm",
    "3x RTX 3090": "vllm",
    "RTX 3060 12GB + 32GB RAM": "ollama",
    "8x H100": "vllm",
    "M2 Air 16GB": "llama.cpp",
    "Raspberry Pi 5 16GB": "ollama",
    "2 nodes of 4x A40": "sglang",
    "L4": "transformers",
    "OnePlus 12 16GB": "executorch",
}
CARDS = (8, 12, 16, 24, 48, 80)
FORMATS = ("bf16", "fp8", "q8_0", "q4_k_m", "awq-int4")
FITS = {False: 0, None: 1, True: 1}


def sized(**fields: Any) -> Estimate:
    return SIZER.estimate(EstimateRequest.model_validate(fields))


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A build stated in full, so that no default may change between two requests."""
    hardware, engine = draw(st.sampled_from(sorted(PLACES.items())))
    return {
        "model": draw(st.sampled_from(MODELS)),
        "quantization": draw(st.sampled_from(FORMATS)),
        "hardware": hardware,
        "engine": engine,
        "context_tokens": draw(st.integers(512, 120_000)),
        "prompt_tokens": draw(st.integers(1, 256)),
        "output_tokens": draw(st.integers(1, 256)),
        "concurrency": draw(st.integers(1, 64)),
        "images_per_prompt": draw(st.integers(0, 2)),
    }


TIGHT = {"model": "llama-3.2-1b-instruct", "quantization": "bf16", "engine": "llama.cpp", "hardware": "A100 80GB"}
TIGHT |= {
    "prompt_tokens": 256,
    "output_tokens": 256,
    "images_per_prompt": 0,
    "context_tokens": 110_710,
    "concurrency": 22,
}


@given(requests(), st.sampled_from(("context_tokens", "concurrency", "images_per_prompt")), st.integers(1, 5000))
@example(TIGHT, "context_tokens", 5000)
def test_more_context_users_or_images_never_need_less_nor_fit_better(
    request: dict[str, Any], field: str, more: int
) -> None:
    before = sized(**request)
    after = sized(**request | {field: request[field] + more})
    fewer = after.capacity.limit < before.capacity.limit  # at once: the others wait, and take no memory meanwhile
    assert after.memory.total_gib >= before.memory.total_gib - 0.002 or fewer
    assert after.memory.per_device.need_gib >= before.memory.per_device.need_gib - 0.002
    assert FITS[after.memory.fits] <= FITS[before.memory.fits]


@given(st.sampled_from(MODELS), st.sampled_from(FORMATS), st.sampled_from(CARDS), st.integers(1, 8), st.integers(1, 80))
def test_more_memory_or_the_same_card_never_unfits(model: str, kind: str, card: int, gpus: int, more: int) -> None:
    said = {"model": model, "quantization": kind, "engine": "vllm", "gpus": gpus, "bandwidth_gb_s": 900}
    before = sized(**said, memory_gb=card)
    after = sized(**said, memory_gb=card + more)
    assert FITS[after.memory.fits] >= FITS[before.memory.fits]


@given(requests(), st.sampled_from(("quantization", "context", "split", "users")))
def test_the_rows_of_a_table_are_the_single_estimates(request: dict[str, Any], by: By) -> None:
    left_out = {"quantization": "quantization", "users": "concurrency"}.get(by)
    said = {name: value for name, value in request.items() if name != left_out}
    asked = EstimateRequest.model_validate(said)
    field = {"context": "context_tokens"}.get(by, by)
    rows = Varied(by, asked, SIZER.estimate(asked), SIZER).rows
    build = {} if by == "quantization" else {"quantization": SIZER.estimate(asked).quantization}
    for row in rows:
        assert row == sized(**said | build | {field: row.value})._replace(value=row.value)


@given(requests())
def test_more_users_are_never_faster_each(request: dict[str, Any]) -> None:
    asked = EstimateRequest.model_validate({name: value for name, value in request.items() if name != "concurrency"})
    speeds = [row.speed for row in Varied("users", asked, SIZER.estimate(asked), SIZER).rows]
    paces = [speed.decode_tokens_per_s.mid for speed in speeds if speed is not None]
    waits = [speed.first_token_s.mid for speed in speeds if speed is not None]
    assert paces == sorted(paces, reverse=True)
    assert waits == sorted(waits)


@given(requests())
def test_the_parts_sum_to_the_total_and_a_fit_holds_on_every_device(request: dict[str, Any]) -> None:
    memory = sized(**request).memory
    parts = memory.weights_gib + memory.kv_cache_gib + memory.image_cache_gib + memory.overhead_gib
    assert memory.total_gib == pytest.approx(parts, abs=0.001)
    assert memory.per_device.available_gib is not None
    if memory.fits and not memory.offloaded_gib:
        assert memory.per_device.need_gib <= memory.per_device.available_gib + 0.002


@given(requests())
def test_ranges_are_in_order(request: dict[str, Any]) -> None:
    speed = sized(**request).speed
    assert speed is not None
    for name in ("decode_tokens_per_s", "prefill_tokens_per_s", "first_token_s", "total_tokens_per_s"):
        figures = getattr(speed, name)
        assert 0 < figures.low <= figures.mid <= figures.high


@given(requests(), st.integers(1, 4000))
def test_decode_never_quickens_with_a_longer_prompt(request: dict[str, Any], more: int) -> None:
    room = request | {"context_tokens": 120_000}
    before, after = sized(**room).speed, sized(**room | {"prompt_tokens": request["prompt_tokens"] + more}).speed
    assert before is not None
    assert after is not None
    assert after.decode_tokens_per_s.mid <= before.decode_tokens_per_s.mid


@given(requests())
def test_the_largest_context_fits_and_one_more_does_not(request: dict[str, Any]) -> None:
    asked = EstimateRequest.model_validate(request | {"prompt_tokens": 0, "output_tokens": 0})
    limits = SIZER.limits(asked, SIZER.estimate(asked))
    most = limits.max_context_tokens
    assert most is not None
    whole = BASE.models[request["model"]].context_tokens
    short = request | {"prompt_tokens": 0, "output_tokens": 0}
    if most:
        assert sized(**short | {"context_tokens": most}).memory.fits
    if most < whole:
        assert not sized(**short | {"context_tokens": most + 1}).memory.fits


@given(requests())
def test_saying_what_was_assumed_changes_nothing(request: dict[str, Any]) -> None:
    loose = {name: request[name] for name in ("model", "hardware")}
    first = sized(**loose)
    taken = {item.field: item.value for item in first.assumptions if item.field in EstimateRequest.model_fields}
    taken.pop("hardware", None)
    second = sized(**taken | loose)
    assert second.memory == first.memory
    assert second.speed == first.speed
    assert (second.quantization, second.engine) == (first.quantization, first.engine)


@settings(max_examples=12)
@given(
    st.sampled_from(("chat", "coding", "rag", "classification")),
    st.sampled_from(("RTX 4090", "2x RTX 3090", "8x H100", "M2 Air 16GB", "L4", "Raspberry Pi 5 16GB", "4x A40")),
    st.sampled_from((2048, 8192, 32_768)),
    st.sampled_from((1, 4, 16)),
)
def test_what_recommend_says_fits_estimate_says_fits(
    advise: Callable[..., Advice], use_case: str, hardware: str, context: int, users: int
) -> None:
    advice = advise(
        use_cases=(use_case,), hardware=hardware, context_tokens=context, output_tokens=256, concurrent_requests=users
    )
    builds = [build for build in advice.ranking if build.memory and not build.memory.offloaded_gib]
    assume(builds)
    for build in builds:
        estimate = of_build(build, context, users)
        assert estimate.memory.fits is not False, (build.model, build.quantization, build.engine)
        assert build.memory is not None
        assert estimate.memory.weights_gib == pytest.approx(build.memory.weights_gib, abs=0.01)
        whole = sized(**named(build, context), hardware=hardware, concurrency=users)
        assert whole.memory.fits is not False, (build.model, build.quantization, build.engine)


def of_build(build: Build, context: int, users: int) -> Estimate:
    """Size a recommended build on the part of the machine that one copy takes."""
    machine = build.machine
    assert machine is not None
    return sized(
        **named(build, context),
        hardware=BASE.devices[machine.device].name,
        gpus=machine.count,
        nodes=machine.nodes,
        concurrency=-(-users // machine.replicas),
    )


def named(build: Build, context: int) -> dict[str, Any]:
    return {
        "model": build.model,
        "quantization": build.quantization,
        "engine": build.engine,
        "kv_cache_type": build.kv_cache_type,
        "context_tokens": context,
        "output_tokens": 256,
    }
