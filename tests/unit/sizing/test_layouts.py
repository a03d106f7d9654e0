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
from llama_advisor.hardware import catalogue_of, read_hardware
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


@pytest.mark.parametrize(
    ("text", "cards", "ram"),
    [
        ("RTX 4090 + RTX 3060 12GB", [("rtx-4090", 1), ("rtx-3060-12gb", 1)], None),
        ("3060 12GB and 2x 3090, 64GB RAM", [("rtx-3090", 2), ("rtx-3060-12gb", 1)], 64),
        ("RTX 4060 Ti 16GB + RTX 3060 12GB", [("rtx-4060-ti-16gb", 1), ("rtx-3060-12gb", 1)], None),
        ("RTX 4090 + 64GB RAM", [("rtx-4090", 1)], 64),
        ("RTX 3090 or RTX 4090", [("rtx-3090", 1)], None),
    ],
)
def test_different_cards_are_kept_apart(text: str, cards: list[tuple[str, int]], ram: int | None) -> None:
    found = read_hardware(text, catalogue_of(BASE))
    assert [(found.device.id, found.count), *((device.id, count) for device, count in found.others)] == cards
    assert (found.devices, found.ram_gib) == (sum(count for _, count in cards), ram)


def test_layers_spread_over_different_cards_and_tensors_do_not() -> None:
    one, both, two = "RTX 3090", "RTX 3090 + RTX 3060 12GB", "2x RTX 3090"

    def sized(hardware: str, engine: str = "llama.cpp") -> Any:
        quantization = "q2_k" if engine == "llama.cpp" else "awq-int4"
        return estimate("3.1-70b", hardware=hardware, engine=engine, quantization=quantization, context_tokens=4096)

    assert [sized(hardware).memory.fits for hardware in (one, both, two)] == [False, True, True]
    assert 24 < sized(both).memory.available_gib == 36
    assert sized(both).machine.name == "RTX 3090 + RTX 3060 12 GB"
    paces = [sized(hardware).speed.decode_tokens_per_s.mid for hardware in ("RTX 3060 12GB", both, two)]
    assert paces == sorted(paces)
    assert sized(both, "vllm").machine.name == one


@given(st.sampled_from(("q2_k", "q3_k_m", "q4_k_m")), st.integers(1, 4), st.integers(1, 4), st.integers(512, 32768))
@settings(max_examples=40, deadline=None)
def test_unequal_cards_hold_no_more_than_their_memory(quantization: str, large: int, small: int, context: int) -> None:
    hardware = f"{large}x RTX 3090 + {small}x RTX 3060 12GB"
    memory = estimate(
        "3.1-70b", hardware=hardware, engine="llama.cpp", quantization=quantization, context_tokens=context
    ).memory
    if memory.fits:
        assert memory.total_gib <= memory.available_gib == pytest.approx(24 * large + 12 * small)


def commands(hardware: str, quantization: str, engine: str = "vllm") -> tuple[str, Any]:
    """Return the command that starts 70B there, and the whole answer."""
    only = {"models": [M70], "engines": [engine], "quantizations": [quantization]}
    said = {"use_cases": ["chat"], "context_tokens": 4096, "hardware": hardware, "only": only}
    answer = recommend(said, BASE, as_of=DAY)
    return next(item.run for item in answer.recommendation.commands if item.step == "start"), answer


@pytest.mark.parametrize(
    ("hardware", "quantization", "engine", "split"),
    [
        ("3x RTX 5090", "fp8", "vllm", "--pipeline-parallel-size 3"),
        ("5x RTX 5090", "bf16", "vllm", "--pipeline-parallel-size 5"),
        ("6x RTX 5090", "bf16", "vllm", "--tensor-parallel-size 2 --pipeline-parallel-size 3"),
        ("12x RTX 4060 Ti 16GB", "bf16", "vllm", "--tensor-parallel-size 4 --pipeline-parallel-size 3"),
        ("6x RTX 5090", "bf16", "sglang", "--tp-size 2 --pp-size 3"),
        ("3x L40S", "int8", "tgi", "--num-shard 2"),
    ],
)
def test_the_command_splits_as_the_build_was_sized(hardware: str, quantization: str, engine: str, split: str) -> None:
    assert f" {split} " in commands(hardware, quantization, engine)[0]


def test_cards_left_unused_are_said() -> None:
    _, answer = commands("5x RTX 3090", "awq-int4")
    assert "heads-do-not-divide" in {caveat.rule for caveat in answer.caveats}
    sized = estimate("3.1-70b", hardware="3x RTX 5090", engine="tgi", quantization="awq-int4")
    texts = [item.why for item in sized.assumptions if item.field == "hardware"]
    assert "one copy takes 2 of 3 devices; the rest stay unused: heads do not divide by 3" in texts
