"""Facts of a build that is laid out under a load: memory, speed, cost, tuning."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.fact import BUILD, HOPELESS
from llama_advisor.engine.facts import declare
from llama_advisor.scenario.need import seconds_of
from llama_advisor.sizing.memory import tensor_parallel_divides

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.facts import Compute
    from llama_advisor.sizing.figures import Memory, Range, Speed

_layout = partial(declare, BUILD, "layout", moves=True)
_memory = partial(declare, BUILD, "memory", moves=True)
_speed = partial(declare, BUILD, "speed", moves=True)
_cost = partial(declare, BUILD, "cost", moves=True)
_capacity = partial(declare, BUILD, "capacity", moves=True)
_training = partial(declare, BUILD, "training", moves=True)


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


_layout("layout.undivided_devices", "number", "Devices unused as heads do not divide.", _undivided, "devices")
_memory("memory.weights_gib", "number", "Weights.", unit="GiB")
_memory("memory.kv_cache_gib", "number", "KV cache of all sequences.", unit="GiB")
_memory("memory.image_cache_gib", "number", "Cache of all images.", unit="GiB")
_memory("memory.overhead_gib", "number", "Buffers, contexts, graphs.", unit="GiB")
_memory("memory.total_gib", "number", "Need in all, as the printed parts add up.", _sized(printed_total_gib), "GiB")
_memory("memory.fleet_gib", "number", "Need of a copy on each of the machines taken.", _fleet_gib, "GiB")
_memory("memory.available_gib", "number", "What there is for the model in all.", unit="GiB")
_memory("memory.device_need_gib", "number", "Need of the fullest device.", "per_device.need_gib", "GiB")
_memory("memory.device_available_gib", "number", "What that device has.", "per_device.available_gib", "GiB")
_memory("memory.slack_gib", "number", "What stays free on the fullest device.", _sized(_slack), "GiB")
_memory("memory.slack_share", "number", "Share that stays free on the fullest device.", _sized(_slack_share))
_memory(
    "memory.sixteen_bit_need_gib",
    "number",
    "Need of the fullest device were the weights in 16 bits.",
    _need_in_sixteen_bits,
    "GiB",
)
_memory("memory.sixteen_bit_share", "number", "That need as a share of what the device has.", _share_in_sixteen_bits)
_memory("memory.budget_slack_gib", "number", "Memory budget less need.", _within_budget, "GiB")
_memory(
    "memory.offloaded_share",
    "number",
    "Share of the need in host memory.",
    _sized(lambda memory: memory.offloaded_gib / memory.total_gib),
)
_memory("memory.fits", "flag", "Whether every device holds its part.", settles=HOPELESS)


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


_speed("speed.decode_tokens_per_s", "number", "Generation per user, best guess.", "decode_tokens_per_s.mid", "tokens/s")
_speed("speed.decode_high_tokens_per_s", "number", "The same, upper end.", "decode_tokens_per_s.high", "tokens/s")
_speed("speed.prefill_tokens_per_s", "number", "Prompt reading, best guess.", "prefill_tokens_per_s.mid", "tokens/s")
_speed("speed.first_token_s", "number", "Wait for the first token, best guess.", "first_token_s.mid", "s")
_speed("speed.first_token_low_s", "number", "Wait for the first token, lower end.", "first_token_s.low", "s")
_speed("speed.answer_s", "number", "Time for a whole answer, best guess.", lambda c: answer_s(c, "mid"), "s")
_speed("speed.answer_low_s", "number", "Time for a whole answer, lower end.", lambda c: answer_s(c, "low"), "s")
_speed("speed.total_tokens_per_s", "number", "Generation of all users.", "total_tokens_per_s.mid", "tokens/s")
_speed(
    "speed.meets_decode",
    "flag",
    "Whether generation is fast enough; not known inside the range.",
    _meets("min_tokens_per_s", "decode_tokens_per_s", more_is_better=True),
)
_speed(
    "speed.meets_first_token",
    "flag",
    "Whether the first token comes in time; not known inside the range.",
    _meets("max_first_token_s", "first_token_s", more_is_better=False),
)
_speed("speed.meets_answer", "flag", "Whether an answer comes in time; not known inside the range.", _meets_answer)
_speed("speed.meets_load", "flag", "Whether it keeps up with the arriving requests.", _meets_load)


def _budget_share(candidate: Candidate) -> float | None:
    cost, budget = candidate.cost, candidate.need.budget_usd_per_month
    return None if cost is None or budget is None else cost.usd_per_month / budget


_cost("cost.usd_per_month", "number", "Money per month.", unit="USD")
_cost("cost.budget_share", "number", "Share of the monthly budget that it takes.", _budget_share)
_cost("cost.usd_per_million_tokens", "number", "Money per million tokens.", unit="USD")
_capacity("capacity.requests_at_once", "number", "Typical requests at work at a time.", unit="requests")
_capacity("capacity.full_length_at_once", "number", "The same were each as long as the context.", unit="requests")
_capacity("capacity.in_flight", "number", "Requests at work or waiting on one machine.", unit="requests")
_capacity("capacity.requests_per_s", "number", "Requests finished per second.", _finished, "1/s")
_capacity("capacity.tokens_per_month", "number", "Tokens done in a month, or a batch.", _tokens_per_month, "tokens")
_capacity("capacity.machines_needed", "number", "Machines that what arrives takes.", unit="machines")
_capacity("capacity.machines", "number", "Machines taken.", unit="machines")
_capacity("capacity.copies", "number", "Copies of the build on all machines.", unit="copies")
_training("training.total_gib", "number", "Memory that tuning takes.", unit="GiB")
_training("training.device_need_gib", "number", "What tuning takes on one device.", "per_device.need_gib", "GiB")
_training("training.device_available_gib", "number", "What that device has.", "per_device.available_gib", "GiB")
_training("training.sample_tokens", "number", "Tokens of a sample to tune on.", unit="tokens")
_training("training.largest_sample_tokens", "number", "Longest sample that fits; 0 for none.", unit="tokens")
_training("training.method", "text", "Tuning method that is planned.")
_training("training.fits", "flag", "Whether tuning fits.")
declare(BUILD, "layout", "build.kv_cache_type", "text", "Type of the KV cache.", moves=True)
declare(BUILD, "place", "build.quality", "number", "Quality for this work with this quantization, 0-100.")
