"""The loads of docs/serving.md, worked out again from the shapes of the models."""

from __future__ import annotations

import json
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest

LINES = (Path(__file__).resolve().parent.parent / "docs/examples/loads.jsonl").read_text(encoding="utf-8").splitlines()
LOADS: dict[str, dict[str, Any]] = {line["id"]: line for line in map(json.loads, LINES)}
BASE = load_rules()
MOST_BUSY = BASE.constants.speed.most_busy_share
SIZER = Sizer(BASE)
GIB = 2**30
KV_BYTES = {"3b": 28 * 2 * 8 * 128 * 2, "8b": 32 * 2 * 8 * 128 * 2, "70b": 80 * 2 * 8 * 128 * 2}
KV_BYTES |= {"1b": 16 * 2 * 8 * 64 * 2, "11b-vision": KV_BYTES["8b"]}
SLOTS = {"llama.cpp"}
FROM_MEMORY = {"one developer", "fifty people in a chat", "a night's batch", "five developers on two cards"}
"""Loads whose room is set by memory, not by pace or the engine."""


def test_there_are_twelve() -> None:
    assert len(LOADS) == 12


@pytest.mark.parametrize("name", LOADS)
def test_a_load_adds_up(name: str) -> None:
    said = LOADS[name]
    made = SIZER.estimate(EstimateRequest.model_validate(said))
    capacity, memory, speed = made.capacity, made.memory, made.speed
    assert capacity is not None
    assert capacity.requests_per_s is not None
    assert speed is not None
    assert memory.fits is True
    usual = said["prompt_tokens"] + said["output_tokens"]
    held = said["context_tokens"] if said["engine"] in SLOTS else usual
    each_gib = KV_BYTES[said["model"]] * held / GIB
    copies = made.machine.replicas if made.machine else 1
    if name in FROM_MEMORY:
        free = (memory.available_gib or 0) - memory.weights_gib - memory.overhead_gib * 1.25
        assert capacity.requests_at_once == pytest.approx(copies * free / each_gib, abs=1.5 * copies)
    reading = said["prompt_tokens"]
    if BASE.engines[said["engine"]].prefix_cache:
        reading -= said.get("shared_prefix_tokens", 0)
    arriving = said.get("requests_per_second") or said.get("users", 0) / 60
    if "tokens_per_month" in said:
        arriving = said["tokens_per_month"] / usual / 3600 / said.get("batch_hours", 730)
    if arriving:
        assert capacity.machines_needed == max(1, ceil(arriving / (MOST_BUSY * capacity.requests_per_s.mid)))
    if arriving and capacity.machines_needed == 1:  # in flight = rate x time
        time_s = said["output_tokens"] / speed.decode_tokens_per_s.mid
        shared_s = (capacity.in_flight / 0.75 + 2) * reading / speed.prefill_tokens_per_s.mid
        assert ceil(arriving * time_s) <= capacity.in_flight <= ceil(arriving * (time_s + shared_s))
    if "concurrency" in said:
        assert capacity.in_flight >= said["concurrency"]
