"""An estimate for a terminal: the answer, memory with its parts, speed, cost, limits, assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.screen import bar, bullets, columns, console, heading, line, number, written
from llama_advisor.sizing.cost import cheapest_hosted

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.sizing.figures import Cost, Range, Training
    from llama_advisor.sizing.request import Estimate, EstimateRequest

BAR = 60
WHOLE_FROM = 10
STYLES = {True: "bold green", False: "bold red", None: "bold"}


def estimate_text(
    estimate: Estimate, asked: EstimateRequest, base: RuleBase, as_of: date, *, colour: bool, width: int
) -> str:
    """Return the whole estimate as text."""
    out = console(colour=colour, width=width)
    line(out, answer(estimate), STYLES[estimate.memory.fits])
    line(out, described(estimate, base))
    _memory(out, estimate)
    _speed(out, estimate)
    if estimate.training:
        heading(out, "Tuning")
        columns(out, ("", "", ""), [_training(item) for item in estimate.training])
    _cost(out, estimate, asked, base, as_of)
    if estimate.assumptions:
        heading(out, "Assumed")
        bullets(out, [f"{item.field} = {_value(item.value)}: {item.why}" for item in estimate.assumptions])
    return written(out)


def answer(estimate: Estimate) -> str:
    """Return the first line: whether it fits, how much it needs, how fast it is."""
    memory, part = estimate.memory, estimate.memory.per_device
    speed = f", about {_about(estimate.speed.decode_tokens_per_s.mid)} tokens/s" if estimate.speed else ""
    if memory.available_gib is None:
        return f"needs {memory.total_gib:.1f} GiB{speed}"
    if memory.fits:
        moved = f", {memory.offloaded_gib:.1f} of it in host memory" if memory.offloaded_gib else ""
        return f"fits: {memory.total_gib:.1f} of {memory.available_gib:.1f} GiB{moved}{speed}"
    if memory.total_gib > memory.available_gib:
        return f"does not fit: {memory.total_gib:.1f} GiB needed, {memory.available_gib:.1f} GiB there"
    short = f"up to {part.need_gib:.2f} GiB on one device, {part.available_gib:.2f} GiB there"
    return f"does not fit: {short}" if memory.fits is False else f"needs {memory.total_gib:.1f} GiB{speed}"


def described(estimate: Estimate, base: RuleBase) -> str:
    """Return `model, quantization, engine on machine`."""
    machine = estimate.machine
    copies = f", {machine.replicas} copies" if machine and machine.replicas > 1 else ""
    where = f" on {machine.name}{copies}" if machine else ""
    return f"{base.models[estimate.model].name}, {estimate.quantization}, {base.engines[estimate.engine].name}{where}"


def _memory(out: Console, estimate: Estimate) -> None:
    memory, part = estimate.memory, estimate.memory.per_device
    heading(out, "Memory")
    parts = (
        ("w", "weights", memory.weights_gib),
        ("k", "KV cache", memory.kv_cache_gib),
        ("i", "image cache", memory.image_cache_gib),
        ("o", "overhead", memory.overhead_gib),
    )
    shown = [(letter, name, size) for letter, name, size in parts if size or letter != "i"]
    rows = [(letter, name, f"{size:.2f} GiB") for letter, name, size in shown]
    columns(out, ("", "", ""), [*rows, ("", "total", f"{memory.total_gib:.2f} GiB")], frozenset({2}))
    room = max(memory.available_gib or 0.0, memory.total_gib)
    line(out, f"  {bar([(letter, size) for letter, _, size in shown], room, BAR)}")
    if part.available_gib is not None:
        line(out, f"  one device: up to {part.need_gib:.2f} of {part.available_gib:.2f} GiB")
    if memory.offloaded_gib:
        line(out, f"  in host memory: {memory.offloaded_gib:.2f} GiB of the weights")
    if said := _limits(estimate):
        line(out, f"  {said}")


def _limits(estimate: Estimate) -> str:
    limits = estimate.limits
    if limits is None or limits.max_context_tokens is None or limits.max_concurrency is None:
        return ""
    context, requests = limits.max_context_tokens, limits.max_concurrency
    if not context:
        return "not even the shortest context fits"
    if not requests:
        return f"at most {context:,} tokens of context fit"
    several = "request" if requests == 1 else "requests at a time"
    return f"at most {context:,} tokens of context, or {requests:,} {several}"


def _speed(out: Console, estimate: Estimate) -> None:
    heading(out, "Speed")
    speed = estimate.speed
    if speed is None:
        line(out, "  not known for this device" if estimate.machine else "  depends on the hardware; state it")
        return
    rows = [
        ("generation", f"{_range(speed.decode_tokens_per_s)} tokens/s per user"),
        ("prompt", f"{_range(speed.prefill_tokens_per_s)} tokens/s"),
        ("first token", f"after {_range(speed.first_token_s)} s"),
        ("in all", f"{_range(speed.total_tokens_per_s)} tokens/s generated, prompts read in between"),
        ("basis", speed.basis),
    ]
    columns(out, ("", ""), rows)


def _training(item: Training) -> tuple[str, str, str]:
    part = item.per_device
    if part.available_gib is None:
        fit = f"{item.total_gib:.1f} GiB"
    else:
        verdict = "fits" if item.fits else "does not fit"
        fit = f"{verdict}: {part.need_gib:.1f} of {part.available_gib:.1f} GiB per device"
    return item.method, fit, item.optimizer


def _cost(out: Console, estimate: Estimate, asked: EstimateRequest, base: RuleBase, as_of: date) -> None:
    cost = estimate.cost
    if cost is None:
        return
    heading(out, "Cost")
    rows = [("rented", _rented(cost))]
    prompt, output = _lengths(estimate, asked)
    hosted = cheapest_hosted(estimate.model, prompt / max(1, prompt + output), cost, base, as_of)
    if hosted is not None:
        rows.append(
            ("hosted", f"{number(hosted.usd_per_million_tokens)} USD per million tokens at {hosted.price.provider}")
        )
        if hosted.break_even_tokens_per_month:
            even = f"{number(hosted.break_even_tokens_per_month / 1e6)} million tokens a month"
            rows.append(("break even", f"at {even}; below that hosted is cheaper"))
    columns(out, ("", ""), rows)


def _lengths(estimate: Estimate, asked: EstimateRequest) -> tuple[int, int]:
    taken = {item.field: item.value for item in estimate.assumptions}
    prompt = asked.prompt_tokens if asked.prompt_tokens is not None else taken.get("prompt_tokens", 0)
    output = asked.output_tokens if asked.output_tokens is not None else taken.get("output_tokens", 0)
    return int(prompt), int(output)


def _rented(cost: Cost) -> str:
    hour = f"{number(cost.usd_per_hour or 0.0)} USD/hour, {number(cost.usd_per_month)} USD/month"
    tokens = f", {number(cost.usd_per_million_tokens)} USD per million tokens" if cost.usd_per_million_tokens else ""
    dated = f"price of {cost.as_of}" if cost.as_of else "price undated"
    return f"{hour}{tokens} ({dated}, {cost.offer})"


def _range(figures: Range) -> str:
    return f"{number(figures.mid)} ({number(figures.low)} to {number(figures.high)})"


def _about(value: float) -> str:
    """Return two significant figures."""
    return f"{value:.1f}" if value < WHOLE_FROM else f"{float(f'{value:.2g}'):,.0f}"


def _value(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
