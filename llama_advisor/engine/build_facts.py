"""Facts of a build that is laid out under a load: memory, speed, cost, tuning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llama_advisor.scenario.need import seconds_of
from llama_advisor.sizing.figures import Memory, Range, Speed
from llama_advisor.sizing.memory import tensor_parallel_divides

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

Compute = Callable[["Candidate"], Any]


def _sized(read: Callable[[Memory], Any]) -> Compute:
    return lambda candidate: None if candidate.memory is None else read(candidate.memory)


def printed_total_gib(memory: Memory) -> float:
    """Return the need in all as the printed parts add up."""
    return (
        round(memory.weights_gib, 2)
        + round(memory.kv_cache_gib, 2)
        + round(memory.image_cache_gib, 2)
        + round(memory.overhead_gib, 2)
    )


def _fleet_gib(candidate: Candidate) -> float | None:
    if candidate.memory is None:
        return None
    return printed_total_gib(candidate.memory) * (candidate.capacity.machines if candidate.capacity else 1)


def _slack(memory: Memory) -> float | None:
    part = memory.per_device
    return None if part.available_gib is None else part.available_gib - part.need_gib


def _slack_share(memory: Memory) -> float | None:
    part = memory.per_device
    return None if not part.available_gib else 1 - part.need_gib / part.available_gib


def _need_in_sixteen_bits(candidate: Candidate) -> float | None:
    """Swap the weights for 16-bit ones; the rest of the memory stays as it is."""
    memory = candidate.memory
    if memory is None or not memory.total_gib:
        return None
    grown = candidate.model.parameters * 2 / 2**30 - memory.weights_gib
    return memory.per_device.need_gib * (1 + grown / memory.total_gib)


def _share_in_sixteen_bits(candidate: Candidate) -> float | None:
    need = _need_in_sixteen_bits(candidate)
    available = candidate.memory.per_device.available_gib if candidate.memory else None
    return need / available if need and available else None


def _within_budget(candidate: Candidate) -> float | None:
    budget, memory = candidate.need.memory_budget_gib, candidate.memory
    return None if budget is None or memory is None else budget - printed_total_gib(memory)


def _undivided(candidate: Candidate) -> int | None:
    """Count the devices that no copy takes where heads do not divide by those of a node."""
    layout, whole = candidate.layout, candidate.place.machine
    if layout is None or whole is None or not candidate.engine.tensor_parallel:
        return None
    divides = tensor_parallel_divides(candidate.model.architecture, whole.count)
    return 0 if divides else whole.devices - layout.machine.devices * layout.replicas


def _at_worst_and_best(worst: float, best: float, limit: float, sign: int) -> bool | None:
    """True where even the worst end of a range meets the limit, False where not even the best does, else None."""
    return True if sign * worst >= sign * limit else None if sign * best >= sign * limit else False


def _meets(limit: str, speed: str, *, more_is_better: bool) -> Compute:
    """Hold the range of a speed against a limit of the scenario; what is not limited is met."""

    def compute(candidate: Candidate) -> bool | None:
        wanted: float | None = getattr(candidate.need, limit)
        if wanted is None:
            return True
        if candidate.speed is None:
            return None
        figures: Range = getattr(candidate.speed, speed)
        if more_is_better:
            return _at_worst_and_best(figures.low, figures.high, wanted, 1)
        return _at_worst_and_best(figures.high, figures.low, wanted, -1)

    return compute


def answer_s(candidate: Candidate, end: str) -> float | None:
    """Return seconds to a whole answer, first token plus generation, at one end of the range."""
    speed: Speed | None = candidate.speed
    if speed is None:
        return None
    slow = {"low": "high", "mid": "mid", "high": "low"}[end]
    generation: float = getattr(speed.decode_tokens_per_s, slow)
    first: float = getattr(speed.first_token_s, end)
    return first + candidate.need.output_tokens / max(generation, 1e-9)


def _meets_answer(candidate: Candidate) -> bool | None:
    wanted = candidate.need.max_answer_s
    worst, best = answer_s(candidate, "high"), answer_s(candidate, "low")
    if wanted is None:
        return True
    if worst is None or best is None:
        return None
    return _at_worst_and_best(worst, best, wanted, -1)


def _meets_load(candidate: Candidate) -> bool | None:
    if candidate.need.requests_per_second is None:
        return True
    return candidate.capacity.keeps_up if candidate.capacity else None


def _finished(candidate: Candidate) -> float | None:
    rates = candidate.capacity and candidate.capacity.requests_per_s
    return float(f"{rates.mid:.3g}") if rates else None


def _tokens_per_month(candidate: Candidate) -> float | None:
    capacity, need = candidate.capacity, candidate.need
    if capacity is None or capacity.requests_per_s is None:
        return None
    return capacity.requests_per_s.mid * (need.prompt_tokens + need.output_tokens) * seconds_of(need.batch_hours)


def _budget_share(candidate: Candidate) -> float | None:
    cost, budget = candidate.cost, candidate.need.budget_usd_per_month
    return None if cost is None or budget is None else cost.usd_per_month / budget


LAID_OUT: dict[str, Compute] = {
    "layout.undivided_devices": _undivided,
    "memory.total_gib": _sized(printed_total_gib),
    "memory.fleet_gib": _fleet_gib,
    "memory.slack_gib": _sized(_slack),
    "memory.slack_share": _sized(_slack_share),
    "memory.sixteen_bit_need_gib": _need_in_sixteen_bits,
    "memory.sixteen_bit_share": _share_in_sixteen_bits,
    "memory.budget_slack_gib": _within_budget,
    "memory.offloaded_share": _sized(lambda memory: memory.offloaded_gib / memory.total_gib),
    "speed.answer_s": lambda c: answer_s(c, "mid"),
    "speed.answer_low_s": lambda c: answer_s(c, "low"),
    "speed.meets_decode": _meets("min_tokens_per_s", "decode_tokens_per_s", more_is_better=True),
    "speed.meets_first_token": _meets("max_first_token_s", "first_token_s", more_is_better=False),
    "speed.meets_answer": _meets_answer,
    "speed.meets_load": _meets_load,
    "cost.budget_share": _budget_share,
    "capacity.requests_per_s": _finished,
    "capacity.tokens_per_month": _tokens_per_month,
}
"""Facts that are worked out once a build is laid out, by name."""
