"""Which builds an engine takes, on the made-up knowledge, and what its kernels and the maker's own files change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_questions import SHORT

from llama_advisor.knowledge.engine import HardwareSupport
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.sizing.support import quantization_support, runs_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase


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
