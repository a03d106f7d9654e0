"""What engines run on older cards, as their releases declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llama_advisor.sizing.support import quantization_support, runs_on

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase


@pytest.mark.parametrize(
    ("engine", "device", "runs"),
    [("vllm", "v100-32gb", False), ("vllm", "t4", True), ("llama.cpp", "v100-32gb", True)],
)
def test_devices(base: RuleBase, engine: str, device: str, *, runs: bool) -> None:
    assert runs_on(base.engines[engine], base.devices[device]) is runs


@pytest.mark.parametrize(
    ("engine", "model", "quantization", "device", "how"),
    [
        ("vllm", "llama-3.1-8b-instruct", "fp8", "t4", "weight_only"),
        ("vllm", "llama-3.2-11b-vision-instruct", "fp8", "t4", "no"),
        ("vllm", "llama-3.2-11b-vision-instruct", "fp8", "a100-80gb-sxm", "weight_only"),
        ("sglang", "llama-3.1-8b-instruct", "int8", "t4", "no"),
        ("sglang", "llama-3.1-8b-instruct", "awq-int4", "t4", "native"),
        ("sglang", "llama-3.2-11b-vision-instruct", "nf4", "a100-80gb-sxm", "native"),
    ],
)
def test_formats(base: RuleBase, engine: str, model: str, quantization: str, device: str, how: str) -> None:
    found = (base.engines[engine], base.models[model], base.quantizations[quantization], base.devices[device])
    assert quantization_support(*found) == how


@pytest.mark.parametrize(("device", "types"), [("turing", ("f16",)), ("ampere", ("f16", "fp8"))])
def test_types_of_cache(base: RuleBase, device: str, types: tuple[str, ...]) -> None:
    assert base.engines["vllm"].cache_types(device) == types
