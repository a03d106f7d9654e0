"""Facts of a build that is laid out under a load: memory, speed, cost, tuning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llama_advisor.scenario.need import Need, seconds_of
from llama_advisor.sizing.figures import Memory, Range
from llama_advisor.sizing.memory import tensor_parallel_divides

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

Compute = Callable[["Candidate"], Any]


def printed_total_gib(memory: Memory) -> float:
    """Return the need in all as the printed parts add up."""
    weights, cache, images, overhead = (round(part, 2) for part in memory[:4])
    return weights + cache + images + overhead


def _slack(memory: Memory) -> float | None:
    part = memory.per_device
    return None if part.available_gib is None else part.available_gib - part.need_gib


def _slack_share(memory: Memory) -> float | None:
    part = memory.per_device
    return None if not part.available_gib else 1 - part.need_gib / part.available_gib


def _need_in_sixteen_bits(memory: Memory, parameters: int) -> float | None:
    """Swap the weights for 16-bit ones; the rest of the memory stays as it is."""
    grown = parameters * 2 / 2**30 - memory.weights_gib
    return memory.per_device.need_gib * (1 + grown / memory.total_gib) if memory.total_gib else None


def _share_in_sixteen_bits(memory: Memory, parameters: int) -> float | None:
    need, available = _need_in_sixteen_bits(memory, parameters), memory.per_device.available_gib
    return need / available if need and available else None


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
    speed = candidate.speed
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


def _tokens_per_month(requests_per_s: Range | None, need: Need) -> float | None:
    if requests_per_s is None:
        return None
    return requests_per_s.mid * (need.prompt_tokens + need.output_tokens) * seconds_of(need.batch_hours)


LAID_OUT: dict[str, Compute] = {
    "layout.undivided_devices": _undivided,
    "speed.meets_decode": _meets("min_tokens_per_s", "decode_tokens_per_s", more_is_better=True),
    "speed.meets_first_token": _meets("max_first_token_s", "first_token_s", more_is_better=False),
    "speed.meets_answer": _meets_answer,
    "speed.meets_load": _meets_load,
}
"""Facts that are worked out of a build as far as it goes, by name; what is not limited is met."""
SIZED: dict[str, Callable[[Any], Any]] = {
    "memory.total_gib": lambda c: printed_total_gib(c.memory),
    "memory.slack_gib": lambda c: _slack(c.memory),
    "memory.slack_share": lambda c: _slack_share(c.memory),
    "memory.sixteen_bit_need_gib": lambda c: _need_in_sixteen_bits(c.memory, c.model.parameters),
    "memory.sixteen_bit_share": lambda c: _share_in_sixteen_bits(c.memory, c.model.parameters),
    "memory.budget_slack_gib": lambda c: (
        None if c.need.memory_budget_gib is None else c.need.memory_budget_gib - printed_total_gib(c.memory)
    ),
    "memory.offloaded_share": lambda c: c.memory.offloaded_gib / c.memory.total_gib,
    "speed.answer_s": lambda c: answer_s(c, "mid"),
    "speed.answer_low_s": lambda c: answer_s(c, "low"),
    "cost.budget_share": lambda c: (
        None if c.need.budget_usd_per_month is None else c.cost.usd_per_month / c.need.budget_usd_per_month
    ),
    "capacity.requests_per_s": lambda c: (
        float(f"{c.capacity.requests_per_s.mid:.3g}") if c.capacity.requests_per_s else None
    ),
    "capacity.tokens_per_month": lambda c: _tokens_per_month(c.capacity.requests_per_s, c.need),
}
"""Facts that are worked out once their part of a build is there, by name."""
