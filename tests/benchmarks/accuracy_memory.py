"""Errors of weights, peak memory and fit on published measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from measured_rows import read_cases

from llama_advisor.sizing.memory import carries_adapters, measure, memory, memory_terms

if TYPE_CHECKING:
    from measured_rows import Case

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.sizing.figures import Memory

GIB = 2**30
RULE_OF_THUMB = 1.2


def size(case: Case, base: RuleBase) -> Memory:
    """Return the memory the estimator states for a case."""
    terms = memory_terms(
        case.weights,
        case.model,
        base.constants.memory,
        case.engine,
        case.machine,
        case.kv_cache_type,
        parallel=case.parallel,
        adapters=carries_adapters(case.model, case.quantization.id),
    )
    return memory(terms, measure(terms, case.workload), case.workload)


def naive_gib(case: Case) -> float:
    """Return parameters x nominal bits / 8, GiB."""
    return case.model.parameters * case.quantization.bits / 8 / GIB


def summary(errors: list[float]) -> str:
    """Return count, median and worst as table cells."""
    return f"{len(errors)} | {np.median(errors):.1%} | {max(errors):.1%}"


def weights_lines(base: RuleBase) -> list[str]:
    """Return the errors of file sizes."""
    cases = read_cases(base, ("weights_gb",))
    ours = [abs(case.weights / GIB / case.truth - 1) for case in cases]
    naive = [abs(naive_gib(case) / case.truth - 1) for case in cases]
    worst = sorted(zip(ours, cases, strict=True), key=lambda pair: -pair[0])[:3]
    named = "; ".join(f"{case.id} {case.model.id} {case.quantization.id} {error:.1%}" for error, case in worst)
    return [
        "| | rows | median | worst |",
        "|---|---|---|---|",
        f"| ours | {summary(ours)} |",
        f"| parameters x bits / 8 | {summary(naive)} |",
        "",
        f"Furthest off: {named}.",
    ]


def peak_lines(base: RuleBase) -> list[str]:
    """Return each reading of peak memory beside the estimate."""
    cases = [case for case in read_cases(base, ("peak_mem_gb",)) if case.machine is not None]
    errors, naive = [], []
    lines = ["| reading | measured GiB | predicted GiB | off |", "|---|---|---|---|"]
    for case in cases:
        total = size(case, base).total_gib
        errors.append(abs(total / case.truth - 1))
        naive.append(abs(naive_gib(case) * RULE_OF_THUMB / case.truth - 1))
        lines.append(
            f"| {case.id} {case.model.id} {case.quantization.id}, {case.engine}, {case.group[1]} "
            f"| {case.truth:.2f} | {total:.2f} | {total / case.truth - 1:+.0%} |"
        )
    return [
        *lines,
        "",
        (
            f"Median {np.median(errors):.0%}, worst {max(errors):.0%}; the rule of thumb "
            f"(parameters x bits / 8 x {RULE_OF_THUMB}): median {np.median(naive):.0%}, "
            f"worst {max(naive):.0%}."
        ),
    ]


def fit_lines(base: RuleBase) -> list[str]:
    """Return right and wrong verdicts on rows that state whether a build fits."""
    cases = [case for case in read_cases(base, ("fits", "oom"), one_request=False) if case.machine is not None]
    wrong, right = [], 0
    for case in cases:
        truth = bool(case.truth) if case.metric == "fits" else not case.truth
        said = size(case, base).fits
        if said is truth:
            right += 1
        else:
            wrong.append(
                f"- {case.id} {case.model.id} {case.quantization.id} on {case.machine.devices} x "
                f"{case.group[1]}, {case.engine}, {case.workload.context_tokens} tokens: "
                f"measured {'fits' if truth else 'does not fit'}, said the opposite"
            )
    return [
        f"{right} of {len(cases)} right. Wrong:",
        "",
        *(wrong or ["none"]),
        "",
        (
            "One source reports 405B FP8 at 131,072 tokens on 8 x 80 GB to fit (m1980), another to be "
            "refused (m2028); the cautious answer is kept, so one of the two is always counted wrong."
        ),
    ]
