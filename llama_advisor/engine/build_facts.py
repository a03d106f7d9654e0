"""Facts of a build that is laid out under a load: memory, speed, cost, tuning."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llama_advisor.scenario.need import Need, seconds_of
from llama_advisor.sizing.cost import break_even_tokens_per_month
from llama_advisor.sizing.figures import Memory, Range
from llama_advisor.sizing.memory import BYTES_PER_VALUE, tensor_parallel_divides

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

Compute = Callable[["Candidate"], Any]


def printed_total_gib(memory: Memory) -> float:
    """Return the need in all as the printed parts add up."""
    weights, cache, images, overhead = (round(part, 2) for part in memory[:4])
    return weights + cache + images + overhead


def _need_in_sixteen_bits(candidate: Candidate) -> float:
    """Swap the weights for 16-bit ones; the rest of the memory stays as it is."""
    memory, layout = candidate.memory, candidate.layout
    assert memory is not None
    grown = candidate.model.parameters * 2 / 2**30 - memory.weights_gib
    return memory.per_device.need_gib + grown / (layout.machine.devices if layout else 1)


def _divides_by(candidate: Candidate) -> str | None:
    """Name the counts of devices that heads divide by, where they do not by those of a node."""
    layout, whole = candidate.layout, candidate.place.machine
    if layout is None or whole is None or not candidate.engine.tensor_parallel:
        return None
    shape = candidate.model.architecture
    if tensor_parallel_divides(shape, whole.count):
        return None
    counts = [n for n in range(2, 2 * whole.count + 1) if tensor_parallel_divides(shape, n)]
    return " or ".join(map(str, counts))


def _undivided(candidate: Candidate) -> int | None:
    """Count the devices that no copy takes where heads do not divide by those of a node."""
    layout, whole = candidate.layout, candidate.place.machine
    if layout is None or whole is None or _divides_by(candidate) is None:
        return None
    return whole.devices - layout.machine.devices * layout.replicas or None


def _wired_need_gib(candidate: Candidate) -> float | None:
    """Return what a build takes that the GPU of a Mac does not hold, or only with its KV cache in fewer bits."""
    memory, layout = candidate.memory, candidate.layout
    if memory is None or layout is None or layout.machine.device.kind != "apple-silicon":
        return None
    need_gib, available_gib = memory.per_device
    if memory.fits:
        need_gib += memory.kv_cache_gib * (BYTES_PER_VALUE["f16"] / BYTES_PER_VALUE[layout.kv_cache_type] - 1)
    return need_gib if available_gib is not None and need_gib > available_gib else None


def _wired_limit_gib(candidate: Candidate) -> int | None:
    """Return the limit of GPU memory, in whole GiB, that holds it."""
    need_gib, device = _wired_need_gib(candidate), candidate.machine and candidate.machine.device
    if need_gib is None or not device or not device.memory_gib or candidate.memory is None:
        return None
    return math.ceil(need_gib + device.memory_gib * device.usable_share - (candidate.memory.per_device[1] or 0))


def _meets(limit: str, figure: Callable[[Any], Range], sign: int) -> Compute:
    """Hold the range of a speed against a limit of the scenario; what is not limited is met.

    True where even its worst end meets the limit, False where not even the best does, else None.
    """

    def compute(candidate: Candidate) -> bool | None:
        wanted: float | None = getattr(candidate.need, limit)
        if wanted is None:
            return True
        if candidate.speed is None:
            return None
        worst, _, best = sorted(sign * end for end in figure(candidate))
        return True if worst >= sign * wanted else None if best >= sign * wanted else False

    return compute


def answer_s(candidate: Candidate) -> Range:
    """Return seconds to a whole answer, first token plus generation."""
    speed = candidate.speed
    assert speed is not None
    pairs = zip(speed.first_token_s, reversed(speed.decode_tokens_per_s), strict=True)
    return Range(*(first + candidate.need.output_tokens / max(generation, 1e-9) for first, generation in pairs))


def _tokens_per_month(requests_per_s: Range | None, need: Need) -> float | None:
    if requests_per_s is None:
        return None
    return requests_per_s.mid * (need.prompt_tokens + need.output_tokens) * seconds_of(need.batch_hours)


def _full_prompt_s(candidate: Candidate) -> float | None:
    layout, load = candidate.layout, candidate.need.workload
    if layout is None:
        return None
    alone = load._replace(prompt_tokens=load.context_tokens, concurrent_requests=1, shared_prefix_tokens=0)
    speed = layout.speed_of(alone, 1, layout.measure(alone))
    return speed.first_token_s.mid if speed else None


def _break_even(candidate: Candidate) -> float | None:
    """Return the tokens a month from which a rented machine costs less than the service; None where it makes fewer."""
    priced = [build for build in (candidate, candidate.other) if build and build.cost]
    rented = next((build for build in priced if build.capacity), None)
    rate = next((build.cost.usd_per_million_tokens for build in priced if build.place.offer and build.cost), None)
    if rented is None or rented.cost is None or rented.capacity is None or not rate:
        return None
    one = rented.cost._replace(usd_per_month=rented.cost.usd_per_month / rented.capacity.machines)
    tokens = break_even_tokens_per_month(one, rate)
    most = _tokens_per_month(rented.capacity.requests_per_s, candidate.need)
    return float(f"{tokens:.2g}") if tokens and most and tokens <= most else None


LAID_OUT: dict[str, Compute] = {
    "layout.undivided_devices": _undivided,
    "layout.divides_by": _divides_by,
    "layout.stages": lambda c: (
        stages
        if c.layout and _divides_by(c) and (stages := c.layout.placed.stages // c.layout.placed.nodes) > 1
        else None
    ),
    "speed.meets_decode": _meets("min_tokens_per_s", lambda c: c.speed.decode_tokens_per_s, 1),
    "speed.meets_first_token": _meets("max_first_token_s", lambda c: c.speed.first_token_s, -1),
    "speed.meets_answer": _meets("max_answer_s", answer_s, -1),
    "speed.meets_load": lambda c: c.need.requests_per_second is None or (c.capacity and c.capacity.keeps_up),
}
"""Facts that are worked out of a build as far as it goes, by name; what is not limited is met."""
SIZED: dict[str, Callable[[Any], Any]] = {
    "memory.total_gib": lambda c: printed_total_gib(c.memory),
    "memory.slack_share": lambda c: (
        1 - c.memory.per_device.need_gib / c.memory.per_device.available_gib
        if c.memory.per_device.available_gib
        else None
    ),
    "memory.weights_gib": lambda c: round(c.memory.weights_gib, 2),
    "memory.sixteen_bit_need_gib": _need_in_sixteen_bits,
    "memory.sixteen_bit_share": lambda c: (
        _need_in_sixteen_bits(c) / available if (available := c.memory.per_device.available_gib) else None
    ),
    "memory.free_gib": lambda c: (
        c.memory.per_device.available_gib - c.memory.per_device.need_gib if c.memory.per_device.available_gib else None
    ),
    "memory.free_without_others_gib": lambda c: (
        c.memory.per_device.available_gib - c.memory.per_device.need_gib + c.need.reserved_gib
        if c.memory.per_device.available_gib
        else None
    ),
    "memory.wired_need_gib": _wired_need_gib,
    "memory.wired_limit_gib": _wired_limit_gib,
    "memory.wired_limit_mb": lambda c: (limit := _wired_limit_gib(c)) and limit * 1024,
    "memory.left_to_system_gib": lambda c: (limit := _wired_limit_gib(c)) and c.machine.device.memory_gib - limit,
    "memory.budget_slack_gib": lambda c: (
        None if c.need.memory_budget_gib is None else c.need.memory_budget_gib - printed_total_gib(c.memory)
    ),
    "memory.offloaded_share": lambda c: c.memory.offloaded_gib / c.memory.total_gib,
    "memory.roomy_gib": lambda c: (
        c.machine.device.memory_gib
        * c.memory.per_device.need_gib
        / c.memory.per_device.available_gib
        / c.need.criteria.roomy_share
        if c.memory.fits
        and c.memory.per_device.available_gib
        and c.machine.device.unified_memory
        and c.machine.device.memory_gib
        else None
    ),
    "memory.devices_filled": lambda c: (
        printed_total_gib(c.memory) / c.memory.per_device.available_gib if c.memory.per_device.available_gib else None
    ),
    "speed.full_prompt_s": _full_prompt_s,
    "speed.seen_of_usual": lambda c: (
        c.need.tried_tokens_per_s and c.need.tried_tokens_per_s / c.speed.decode_tokens_per_s.low
    ),
    "speed.reading_share": lambda c: c.speed.first_token_s.mid / answer_s(c).mid,
    "speed.measured_here": lambda c: c.layout and c.layout.measured_here,
    "speed.read_gb": lambda c: c.layout and c.layout.read_gb,
    "speed.most_tokens_per_s": lambda c: c.layout and c.layout.most_tokens_per_s,
    "speed.answer_s": lambda c: answer_s(c).mid,
    "speed.answer_low_s": lambda c: answer_s(c).low,
    "cost.budget_share": lambda c: (
        None if c.need.budget_usd_per_month is None else c.cost.usd_per_month / c.need.budget_usd_per_month
    ),
    "cost.other_times": lambda c: (
        c.other.cost.usd_per_month / c.cost.usd_per_month if c.other and c.other.cost and c.cost.usd_per_month else None
    ),
    "cost.break_even_tokens": _break_even,
    "capacity.requests_per_s": lambda c: (
        float(f"{c.capacity.requests_per_s.mid:.3g}") if c.capacity.requests_per_s else None
    ),
    "capacity.tokens_per_month": lambda c: _tokens_per_month(c.capacity.requests_per_s, c.need),
}
"""Facts that are worked out once their part of a build is there, by name."""
