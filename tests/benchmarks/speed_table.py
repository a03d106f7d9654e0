"""Cases as columns, predicted by the shipped formulas for any set of constants."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from llama_advisor.sizing.memory import place
from llama_advisor.sizing.speed import (
    Attainable,
    Splits,
    Work,
    attainable,
    decode_step_s,
    engine_speed,
    prefill_s,
    splits,
    token_work,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from measured_rows import Case, Group

    from llama_advisor.knowledge.constants import SpeedConstants

CONTRADICTED_WEIGHT = 0.4
LOOSE_ENGINE_WEIGHT = 0.5


class Table:
    """Columns of one metric; what depends on constants is computed once per distinct device."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = tuple(cases)
        self.truth = np.array([case.truth for case in cases])
        works = [token_work(case.read, case.model, "f16", with_image=False) for case in cases]
        self.work = Work(*(np.array(column, dtype=float) for column in zip(*works, strict=True)))
        loads = [case.workload for case in cases]
        self.prompt = np.array([max(1, load.prompt_tokens) for load in loads], dtype=float)
        self.context = np.array([load.prompt_tokens + load.output_tokens / 2 for load in loads])
        self.sequences = np.array([load.concurrent_requests for load in loads], dtype=float)
        self.weight = np.array(case_weights(cases))
        self.output = np.array([load.output_tokens for load in loads], dtype=float)
        devices = [(case.device, case.engine, case.quantization.bits, case.quantization.compute) for case in cases]
        machines = [
            (case.device, case.machine.count, case.machine.nodes, case.parallel, case.engine, layers, prompt)
            for case, layers, prompt in zip(cases, self.work.layers, self.prompt, strict=True)
        ]
        self.devices, self.device_of = distinct(devices, cases)
        self.machines, self.machine_of = distinct(machines, cases)

    def rates(self, constants: SpeedConstants) -> Attainable:
        """Return what each case's device attains, as columns."""
        rows = [
            attainable(constants, case.machine.device, case.engine, case.quantization.bits, case.quantization.compute)
            for case in self.devices
        ]
        return Attainable(*(np.array(column)[self.device_of] for column in zip(*rows, strict=True)))

    def passes(self, constants: SpeedConstants) -> np.ndarray:
        """Return each prompt's forward passes, each of which reads the weights once."""
        batch = [engine_speed(constants, case.engine).batch_tokens for case in self.devices]
        return np.ceil(self.prompt / np.array(batch, dtype=float)[self.device_of])

    def splits(self, constants: SpeedConstants) -> Splits:
        """Return each machine's speed-up over one device, as columns."""
        rows = []
        for case in self.machines:
            batches = max(1.0, case.workload.prompt_tokens / engine_speed(constants, case.engine).batch_tokens)
            placed = place(case.model.architecture, case.machine, case.parallel)
            rows.append(splits(constants, placed, case.model.architecture.layers, batches))
        return Splits(*(np.array(column)[self.machine_of] for column in zip(*rows, strict=True)))

    def predict(self, constants: SpeedConstants, metric: str) -> np.ndarray:
        """Return tokens per second of `metric`, a decode, prefill or total throughput."""
        rates, split = self.rates(constants), self.splits(constants)
        if metric == "prefill_tok_s":
            return self.prompt / prefill_s(self.work, rates, split, self.prompt, self.passes(constants))
        step = decode_step_s(self.work, rates, split, self.context, self.sequences)
        if metric == "decode_tok_s":
            return 1 / step
        reading = prefill_s(self.work, rates, split, self.prompt, self.passes(constants))
        return self.sequences * self.output / (self.output * step + self.sequences * reading)


def distinct(keys: Sequence[tuple[object, ...]], cases: Sequence[Case]) -> tuple[list[Case], np.ndarray]:
    """Return one case for each different key, and which of them each case is like."""
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    first: dict[int, Case] = {}
    for key, case in zip(keys, cases, strict=True):
        first.setdefault(places[key], case)
    return list(first.values()), np.array([places[key] for key in keys])


def case_weights(cases: Sequence[Case]) -> list[float]:
    """Weight rows so that a group counts once, and contradicted readings less."""
    rows = Counter(case.group for case in cases)
    weights = []
    for case in cases:
        weight = 1 / np.sqrt(rows[case.group])
        if case.doubtful:
            weight *= CONTRADICTED_WEIGHT
        if case.group[3] == "ik_llama.cpp":
            weight *= LOOSE_ENGINE_WEIGHT
        weights.append(weight)
    return weights


def group_errors(cases: Sequence[Case], predicted: np.ndarray) -> dict[Group, float]:
    """Return the median absolute relative error of each group."""
    errors = defaultdict(list)
    for case, value in zip(cases, predicted, strict=True):
        errors[case.group].append(abs(value - case.truth) / case.truth)
    return {group: float(np.median(found)) for group, found in errors.items()}


def group_ratios(cases: Sequence[Case], predicted: np.ndarray) -> dict[Group, float]:
    """Return the median ratio of truth to prediction of each group."""
    ratios = defaultdict(list)
    for case, value in zip(cases, predicted, strict=True):
        ratios[case.group].append(case.truth / value)
    return {group: float(np.median(found)) for group, found in ratios.items()}
