"""Fit the speed constants on the measurements and write rules/engines/constants.yaml.

usage: python tests/benchmarks/fit_speed.py [--dry-run]
Deterministic. Everything above `speed:` in the file is kept as it is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import yaml
from measured_rows import ROOT, read_cases, rule_base
from scipy.optimize import least_squares
from speed_start import FITTED, START
from speed_table import Table, group_ratios

from llama_advisor.knowledge.constants import SpeedConstants, Spread
from llama_advisor.text.record import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from measured_rows import Case, Group

CONSTANTS = ROOT / "rules" / "engines" / "constants.yaml"
METRICS = ("decode_tok_s", "prefill_tok_s")
NOISE = {"decode_tok_s": 0.10, "prefill_tok_s": 0.15}
POOL_GROUPS = 8
UNFUSED = ("ollama", "default")
"""Engines whose attention moves its scores as the reference engine's does, without readings of their own."""
TAIL = {"decode_tok_s": 0.12, "prefill_tok_s": 0.11}


class Parameter(NamedTuple):
    """One fitted constant: where it stands, and how far its logarithm may move from its start."""

    path: tuple[str, ...]
    deviation: float
    metric: str


PARAMETERS = tuple(Parameter(*entry) for entry in FITTED)


def fitted(cases: Sequence[Case], start: SpeedConstants = START) -> SpeedConstants:
    """Return the constants that fit `cases`; prefill first, decode with its compute rates."""
    constants = start
    for metric in reversed(METRICS):
        chosen = [case for case in cases if case.metric == metric and predictable(case, metric)]
        parameters = [parameter for parameter in PARAMETERS if parameter.metric == metric]
        constants = solved(Table(chosen), constants, parameters, metric)
    moved = constants.engines["llama.cpp"].score_bytes
    alike = {name: constants.engines[name]._replace(score_bytes=moved) for name in UNFUSED}
    return constants._replace(engines={**constants.engines, **alike})


def predictable(case: Case, metric: str) -> bool:
    """Tell whether the formulas apply: a device, and for prefill a stated prompt."""
    if case.machine is None:
        return False
    return metric == "decode_tok_s" or case.workload.prompt_tokens > 0


def solved(table: Table, start: SpeedConstants, parameters: Sequence[Parameter], metric: str) -> SpeedConstants:
    """Minimise soft-L1 errors in logarithms, each constant held to its start by its deviation."""
    deviations = np.array([parameter.deviation for parameter in parameters])

    def residuals(moved: np.ndarray) -> np.ndarray:
        predicted = table.predict(moved_by(start, parameters, moved), metric)
        errors = np.log(predicted / table.truth) / NOISE[metric] * table.weight
        soft = np.sign(errors) * np.sqrt(2 * (np.sqrt(1 + errors**2) - 1))
        return np.concatenate([soft, moved / deviations])

    found = least_squares(residuals, np.zeros(len(parameters)), x_scale=deviations, ftol=1e-5, method="lm")
    return moved_by(start, parameters, found.x)


def moved_by(start: SpeedConstants, parameters: Iterable[Parameter], moved: Sequence[float]) -> SpeedConstants:
    """Return `start` with each constant multiplied by e to the power of its move."""
    tree: dict[str, dict[str, dict[str, float]]] = {}
    top: dict[str, float] = {}
    for parameter, step in zip(parameters, moved, strict=True):
        factor = float(np.exp(step))
        if len(parameter.path) == 1:
            top[parameter.path[0]] = getattr(start, parameter.path[0]) * factor
            continue
        section, key, *rest = parameter.path
        if not rest:
            top[section] = getattr(start, section)._replace(**{key: getattr(getattr(start, section), key) * factor})
            continue
        (field,) = rest
        value = getattr(getattr(start, section)[key], field) * factor
        tree.setdefault(section, {}).setdefault(key, {})[field] = value
    for section, entries in tree.items():
        old = getattr(start, section)
        new = {key: old[key]._replace(**fields) for key, fields in entries.items()}
        top[section] = {**old, **new}
    return start._replace(**top)


def left_out_ratios(cases: Sequence[Case]) -> dict[str, dict[Group, float]]:
    """Return truth over prediction of each group, by constants that never saw its device."""
    ratios: dict[str, dict[Group, float]] = {metric: {} for metric in METRICS}
    for device in sorted({case.device for case in cases}):
        constants = fitted([case for case in cases if case.device != device])
        for metric in METRICS:
            ratios[metric].update(ratios_of(cases, constants, metric, {device}))
    return ratios


def ratios_of(cases: Sequence[Case], constants: SpeedConstants, metric: str, devices: set[str]) -> dict[Group, float]:
    """Return truth over prediction of the groups on `devices`."""
    chosen = [case for case in cases if case.device in devices and case.metric == metric and predictable(case, metric)]
    if not chosen:
        return {}
    return group_ratios(chosen, Table(chosen).predict(constants, metric))


def with_spreads(
    constants: SpeedConstants, cases: Sequence[Case], ratios: dict[str, dict[Group, float]]
) -> SpeedConstants:
    """Return the constants with each class's range; one of few groups is drawn to that of all."""
    classes = {case.group: case.machine.device.speed_class for case in cases}
    devices = {case.group: case.device for case in cases}
    entries = {}
    for name, known in constants.classes.items():
        update: dict[str, object] = {}
        for metric in METRICS:
            prefix = metric.split("_")[0]
            own = {group: r for group, r in ratios[metric].items() if classes[group] == name}
            update[f"{prefix}_spread"] = spread(list(own.values()), list(ratios[metric].values()), TAIL[metric])
            update[f"{prefix}_groups"] = len(own)
            update[f"{prefix}_devices"] = len({devices[group] for group in own})
        entries[name] = known._replace(**update)
    return constants._replace(classes=entries)


def spread(own: Sequence[float], everything: Sequence[float], tail: float) -> Spread:
    """Return the quantiles at both tails of log ratios, pooled with those of all classes."""
    share = len(own) / (len(own) + POOL_GROUPS)
    ends = {}
    for name, quantile in (("low", tail), ("high", 1 - tail)):
        pooled = np.quantile(np.log(everything), quantile)
        mine = np.quantile(np.log(own), quantile) if own else pooled
        end = np.exp(share * mine + (1 - share) * pooled)
        ends[name] = float(min(end, 0.97) if name == "low" else max(end, 1.03))
    return Spread(**ends)


def rounded(value: object) -> object:
    """Return a tree of numbers with three significant digits."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.3g}")
    return value


def write(constants: SpeedConstants) -> None:
    """Replace the `speed` part of the constants' file."""
    kept, _, _ = CONSTANTS.read_text(encoding="utf-8").partition("\nspeed:\n")
    tree = rounded(plain(constants, exclude_defaults=True))
    text = yaml.safe_dump({"speed": tree}, sort_keys=False, width=100, allow_unicode=True)
    CONSTANTS.write_text(f"{kept}\n{text}", encoding="utf-8")


def main() -> None:
    """Fit, measure the spread on devices left out, and write."""
    cases = read_cases(rule_base(), METRICS)
    constants = with_spreads(fitted(cases), cases, left_out_ratios(cases))
    if "--dry-run" in sys.argv:
        print(yaml.safe_dump(rounded(plain(constants)), sort_keys=False))
    else:
        write(constants)


if __name__ == "__main__":
    main()
