"""Quality for a kind of work from published scores; what a quantization leaves of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import UseCase
from llama_advisor.knowledge.model import Model, OfficialBuild
from llama_advisor.knowledge.quantization import Quantization


class Score(NamedTuple):
    """A score and whether anyone published it."""

    value: float
    estimated: bool


def score(model: Model, benchmark: str, base: RuleBase) -> Score | None:
    """Return a model's score: its own, that of the text model it carries, or an estimate.

    A base model stands for what tuning can make of it, so its instruct sibling's score counts, as an estimate.
    """
    if benchmark in model.scores:
        return Score(model.scores[benchmark], estimated=False)
    if model.text_scores_from and base.benchmarks[benchmark].text_only:
        return score(base.models[model.text_scores_from], benchmark, base)
    for estimate in model.estimated_scores:
        if estimate.benchmark == benchmark:
            return Score(estimate.value, estimated=True)
    if model.kind == "base" and model.sibling and model.sibling in base.models:
        found = score(base.models[model.sibling], benchmark, base)
        return Score(found.value, estimated=True) if found else None
    return None


def of_this_work(names: Iterable[str], inputs: Iterable[str], base: RuleBase) -> list[str]:
    """Keep the benchmarks that show a picture where pictures are read, if there are any."""
    listed = [*names]
    shown = [] if {*inputs} <= {"text", "audio"} else [name for name in listed if not base.benchmarks[name].text_only]
    return shown or listed


def scaled(value: float, benchmark: str, base: RuleBase) -> float:
    """Return a score on the 0-100 scale between guessing and the benchmark's fixed top."""
    known = base.benchmarks[benchmark]
    return max(0.0, min(100.0, (value - known.zero) / (known.hundred - known.zero) * 100))


def model_quality(model: Model, cases: tuple[UseCase, ...], base: RuleBase) -> float | None:
    """Return quality before quantization, mean over the use cases; None where a score is missing."""
    return _mean([_mix(model, None, case, base, 1.0) for case in cases])


def build_quality(
    model: Model,
    quantization: Quantization,
    official: OfficialBuild | None,
    cases: tuple[UseCase, ...],
    base: RuleBase,
    *,
    in_full: bool = False,
) -> float | None:
    """Return quality of a build, mean over the use cases; more than enough counts `in_full` on hardware one has."""
    kept = kept_share(model, quantization, base)
    values = [(_mix(model, official, case, base, kept), case) for case in cases]
    if in_full:
        return _mean([value for value, _ in values])
    return _mean([v and min(v, case.enough) + max(0.0, v - case.enough) * case.beyond_enough for v, case in values])


def kept_share(model: Model, quantization: Quantization, base: RuleBase) -> float:
    """Return the share of quality kept: the loss of an 8B model, more for smaller and less for larger ones."""
    loss = 1 - quantization.quality_kept_percent / 100
    return 1 - loss * base.criteria.loss_factor(model.parameters / 1e9)


def estimated_benchmarks(model: Model, cases: tuple[UseCase, ...], base: RuleBase) -> tuple[str, ...]:
    """Return the benchmarks of the mix whose score nobody published for this model."""
    names = sorted({name for case in cases for name in case.benchmarks})
    return tuple(name for name in names if (found := score(model, name, base)) and found.estimated)


def tool_score(model: Model, base: RuleBase) -> float | None:
    """Return the score on the benchmark that stands for tool calls."""
    found = score(model, base.criteria.tool_benchmark, base)
    return found.value if found else None


def floor_gap(model: Model, cases: tuple[UseCase, ...], base: RuleBase) -> float | None:
    """Return points above the floor of the use case that is nearest to ruling the model out; None without a floor."""
    scores = ((case.floor, score(model, case.floor.benchmark, base)) for case in cases if case.floor)
    return min((found.value - floor.at_least for floor, found in scores if found), default=None)


def _mix(model: Model, official: OfficialBuild | None, case: UseCase, base: RuleBase, kept: float) -> float | None:
    """Weighted mean; an official build's own score replaces score × kept where it was published."""
    total = 0.0
    for name, share in case.benchmarks.items():
        own = official.scores.get(name) if official else None
        found = score(model, name, base)
        if own is not None:
            total += share * scaled(own, name, base)
        elif found is not None:
            total += share * scaled(found.value, name, base) * kept
        else:
            return None
    return total / sum(case.benchmarks.values())


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
