"""Layouts: tensor x stages x copies over the cards there are, in memory, words and commands alike."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor import estimate, recommend
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.sizing.layouts import machine_parts
from llama_advisor.sizing.memory import place, tensor_parallel_divides, widest

BASE = load_rules()
M70 = "llama-3.1-70b-instruct"
DAY = date(2026, 11, 24)
SPLITTING = ("vllm", "sglang", "tgi", "tensorrt-llm", "llama.cpp", "ollama", "transformers", "mlx")


@pytest.mark.parametrize(
    ("devices", "tensor"), [(1, 1), (2, 2), (3, 1), (4, 4), (5, 1), (6, 2), (7, 1), (8, 8), (12, 4), (16, 16), (24, 8)]
)
def test_a_layer_divides_over_as_many_as_heads_allow(devices: int, tensor: int) -> None:
    assert widest(BASE.models[M70].architecture, devices) == tensor


def parts(engine: str, count: int, nodes: int = 1) -> list[tuple[int, int, int, int]]:
    """Return tensor, stages, copies and devices of every part of so many cards."""
    machine, shape = Machine(device=BASE.devices["rtx-3090"], count=count, nodes=nodes), BASE.models[M70].architecture
    found = []
    for part, copies, parallel in machine_parts(BASE.engines[engine], machine, shape):
        placed = place(shape, part, parallel)
        found.append((placed.tensor, placed.stages, copies, part.devices))
    return found


def test_an_engine_with_both_ways_takes_heads_first_and_stages_for_the_rest() -> None:
    assert parts("vllm", 3) == [(1, 1, 3, 1), (2, 1, 1, 2), (1, 3, 1, 3)]
    assert parts("vllm", 6)[-1] == (2, 3, 1, 6)
    assert parts("vllm", 12)[-1] == (4, 3, 1, 12)
    assert parts("vllm", 8, nodes=2)[-1] == (8, 2, 1, 16)


def test_an_engine_without_stages_leaves_cards_unused() -> None:
    assert parts("tgi", 3) == [(1, 1, 3, 1), (2, 1, 1, 2)]
    assert parts("tgi", 12)[-1] == (8, 1, 1, 8)


def test_an_engine_of_layers_takes_any_count() -> None:
    assert [part[:2] for part in parts("llama.cpp", 5)] == [(1, 1), (1, 2), (1, 4), (1, 5)]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SPLITTING), st.sampled_from(sorted(BASE.models)), st.integers(1, 40), st.integers(1, 5), st.data()
)
def test_shares_cover_the_model_and_copies_fit_on_the_cards(
    engine: str, model: str, count: int, nodes: int, data: st.DataObject
) -> None:
    machine, shape = Machine(device=BASE.devices["rtx-3090"], count=count, nodes=nodes), BASE.models[model].architecture
    part, copies, parallel = data.draw(st.sampled_from(machine_parts(BASE.engines[engine], machine, shape)))
    placed = place(shape, part, parallel)
    assert placed.devices == placed.tensor * placed.stages == part.devices
    assert placed.devices * copies <= machine.devices
    assert copies >= 1
    assert placed.weights * placed.devices >= 1 - 1e-9
    assert placed.kv_cache >= placed.weights
    assert tensor_parallel_divides(shape, placed.tensor)
    assert part.count % placed.tensor == 0
    assert placed.weights * placed.tensor == pytest.approx(
        ceil((shape.layers + 1) / placed.stages) / (shape.layers + 1)
    )


def commands(hardware: str, quantization: str, engine: str = "vllm") -> tuple[str, Any]:
    """Return the command that starts 70B there, and the whole answer."""
    only = {"models": [M70], "engines": [engine], "quantizations": [quantization]}
    said = {"use_cases": ["chat"], "context_tokens": 4096, "hardware": hardware, "only": only}
    answer = recommend(said, BASE, as_of=DAY)
    return answer.recommendation.commands[0], answer


@pytest.mark.parametrize(
    ("hardware", "quantization", "engine", "split"),
    [
        ("3x RTX 5090", "fp8", "vllm", "--tensor-parallel-size 1 --pipeline-parallel-size 3"),
        ("5x RTX 5090", "bf16", "vllm", "--tensor-parallel-size 1 --pipeline-parallel-size 5"),
        ("6x RTX 5090", "bf16", "vllm", "--tensor-parallel-size 2 --pipeline-parallel-size 3"),
        ("12x RTX 4060 Ti 16GB", "bf16", "vllm", "--tensor-parallel-size 4 --pipeline-parallel-size 3"),
        ("6x RTX 5090", "bf16", "sglang", "--tp 2 --pp-size 3"),
        ("3x L40S", "int8", "tgi", "--num-shard 2"),
    ],
)
def test_the_command_splits_as_the_build_was_sized(hardware: str, quantization: str, engine: str, split: str) -> None:
    assert f" {split} " in commands(hardware, quantization, engine)[0]


def test_cards_left_unused_are_said() -> None:
    _, answer = commands("5x RTX 3090", "awq-int4")
    assert "heads-leave-cards-unused" in {caveat.rule for caveat in answer.caveats}
    sized = estimate("3.1-70b", hardware="3x RTX 5090", engine="tgi", quantization="awq-int4")
    texts = [item.why for item in sized.assumptions if item.field == "hardware"]
    assert "one copy takes 2 of 3 devices; the rest stay unused: heads do not divide by 3" in texts
