"""An estimate for a terminal: the answer, memory with its parts, speed, cost, limits, assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen, bar
from llama_advisor.render.sentences import priced, range_text, serves, tuning_lines, value_text
from llama_advisor.scenario.need import SECONDS_PER_MONTH
from llama_advisor.sizing.cost import cheapest_hosted
from llama_advisor.sizing.estimate import BEST_TRODDEN, Sizer, cache_type
from llama_advisor.sizing.figures import Cost
from llama_advisor.sizing.memory import BYTES_PER_VALUE, layers_held
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.numbers import number

BAR = 60
WHOLE_FROM = 10
HOST_GB = 64
STYLES = {True: "bold green", False: "bold red", None: "bold"}


def estimate_text(estimate: Estimate, asked: EstimateRequest, sizer: Sizer, as_of: date, view: View) -> str:
    """Return the whole estimate as text."""
    base = sizer.base
    out = Screen(colour=view.colour, width=view.width)
    out.line(_answer(estimate), STYLES[estimate.memory.fits])
    machine, speed = estimate.machine, estimate.speed
    copies = f", {machine.replicas} copies" if machine and machine.replicas > 1 else ""
    where = f" on {machine.name}{copies}" if machine else ""
    engine = base.engines[estimate.engine].name
    out.line(f"{base.models[estimate.model].name}, {estimate.quantization}, {engine}{where}")
    for field, _, why in estimate.assumptions:
        if field == "engine" and why != BEST_TRODDEN:
            out.line(f"but {why}", "bold red")
    _memory(out, estimate)
    _caches(out, estimate, asked, base)
    _layers(out, estimate, asked, sizer)
    out.heading("Speed, were there room" if estimate.memory.fits is False else "Speed")
    if speed:
        prompt, output = lengths(estimate, asked)
        at = min(estimate.context_tokens, prompt + output // 2)
        full = f"; {number(speed.at_full_context_tokens_per_s)} at {estimate.context_tokens:,}"
        rows = [
            ("generation", f"{range_text(speed.decode_tokens_per_s)} tokens/s per user at {at:,} tokens{full}"),
            ("prompt", f"{range_text(speed.prefill_tokens_per_s)} tokens/s"),
            ("first token", f"after {range_text(speed.first_token_s)} s, of a prompt of {prompt:,} tokens"),
            ("in all", f"{range_text(speed.total_tokens_per_s)} tokens/s generated, prompts read in between"),
        ]
        if estimate.capacity:
            rows.append(("serves", serves(estimate.capacity)))
        out.columns(("", ""), [*rows, ("basis", speed.basis)])
    else:
        out.line("  not known for this device" if machine else "  depends on the hardware; state it")
    if estimate.training:
        out.heading("Tuning")
        tuned = []
        for item in estimate.training:
            part, fit = item.per_device, f"{item.total_gib:.1f} GiB"
            if part.available_gib is not None:
                verdict = "fits" if item.fits else "does not fit"
                fit = f"{verdict}: {part.need_gib:.1f} of {part.available_gib:.1f} GiB per device"
            tuned += [(item.method, fit), *(("", told) for told in tuning_lines(item))]
        out.columns(("", ""), tuned)
    if estimate.cost:
        out.heading("Cost")
        out.columns(("", ""), _cost(estimate.cost, estimate, asked, base, as_of))
    if estimate.assumptions:
        out.heading("Assumed")
        out.bullets([f"{item.field} = {value_text(item.value)}: {item.why}" for item in estimate.assumptions])
    return out.text()


def lengths(estimate: Estimate, asked: EstimateRequest) -> tuple[int, int]:
    """Return tokens of the prompt and the answer, as asked or assumed."""
    taken = {item.field: item.value for item in estimate.assumptions}
    prompt = taken.get("prompt_tokens", 0) if asked.prompt_tokens is None else asked.prompt_tokens
    output = taken.get("output_tokens", 0) if asked.output_tokens is None else asked.output_tokens
    return int(prompt), int(output)


def _caches(out: Screen, estimate: Estimate, asked: EstimateRequest, base: RuleBase) -> None:
    chosen = next((item.value for item in estimate.assumptions if item.field == "kv_cache_type"), asked.kv_cache_type)
    taken, kinds = BYTES_PER_VALUE[cache_type(chosen)], base.engines[estimate.engine].kv_cache_types
    saved = [(kind, estimate.memory.kv_cache_gib * (1 - BYTES_PER_VALUE[kind] / taken)) for kind in kinds]
    if saves := ", ".join(f"{kind} saves {gib:.2f} GiB" for kind, gib in saved if gib > 0):
        out.heading("Cache types")
        out.line(saves, indent=2)


def _answer(estimate: Estimate) -> str:
    """Write the first line: whether it fits, how much it needs, how fast it is, and what stands against it."""
    memory, part, speed = estimate.memory, estimate.memory.per_device, ""
    if estimate.speed:
        fast = estimate.speed.decode_tokens_per_s.mid  # of which two significant figures are shown
        about = f"{fast:.1f}" if fast < WHOLE_FROM else f"{float(f'{fast:.2g}'):,.0f}"
        speed = f", about {about} tokens/s"
    if memory.available_gib is None:
        return f"needs {memory.total_gib:.1f} GiB{speed}"
    if memory.fits:
        moved = f", {memory.offloaded_gib:.1f} of it in host memory" if memory.offloaded_gib else ""
        return f"fits: {memory.total_gib:.1f} of {memory.available_gib:.1f} GiB{moved}{speed}"
    if memory.total_gib > memory.available_gib:
        return f"does not fit: {memory.total_gib:.1f} GiB needed, {memory.available_gib:.1f} GiB there"
    short = f"up to {part.need_gib:.2f} GiB on one device, {part.available_gib:.2f} GiB there"
    return f"does not fit: {short}" if memory.fits is False else f"needs {memory.total_gib:.1f} GiB{speed}"


def _memory(out: Screen, estimate: Estimate) -> None:
    memory, part = estimate.memory, estimate.memory.per_device
    out.heading("Memory")
    parts = zip("wkio", ("weights", "KV cache", "image cache", "overhead"), memory[:4], strict=True)
    shown = [(letter, name, size) for letter, name, size in parts if size or letter != "i"]
    rows = [(letter, name, f"{size:.2f} GiB") for letter, name, size in shown]
    out.columns(("", "", ""), [*rows, ("", "total", f"{memory.total_gib:.2f} GiB")], frozenset({2}))
    room = max(memory.available_gib or 0.0, memory.total_gib)
    out.line(f"  {bar([(letter, size) for letter, _, size in shown], room, BAR)}")
    if part.available_gib is not None:
        out.line(f"  one device: up to {part.need_gib:.2f} of {part.available_gib:.2f} GiB")
    if memory.offloaded_gib:
        out.line(f"  in host memory: {memory.offloaded_gib:.2f} GiB of the weights")
    limits = estimate.limits
    if limits is None or limits.max_context_tokens is None or limits.max_concurrency is None:
        return
    context, requests = limits.max_context_tokens, limits.max_concurrency
    several = "request" if requests == 1 else "requests at a time"
    if not context:
        out.line("  not even the shortest context fits")
    elif not requests:
        out.line(f"  at most {context:,} tokens of context fit")
    else:
        out.line(f"  at most {context:,} tokens of context, or {requests:,} {several}")


def _layers(out: Screen, estimate: Estimate, asked: EstimateRequest, sizer: Sizer) -> None:
    """Tell how many layers the device holds where it cannot hold all, with ordinary host memory if none was stated."""
    machine, moved, host = sizer.read(asked).machine, estimate, ""
    if machine and estimate.memory.fits is False and machine.ram_gib is None and asked.hardware:
        host = f" with {HOST_GB} GB of host memory"
        moved = sizer.estimate(asked.model_copy(update={"hardware": f"{asked.hardware} + {HOST_GB}GB RAM"}))
    memory, engine, layers = moved.memory, sizer.base.engines[moved.engine], sizer.read(asked).model.architecture.layers
    held = layers_held(memory, layers)
    if held is not None and memory.fits:
        build = f" of {moved.quantization} on {engine.name}{host}" if host else ""
        about = f", about {number(moved.speed.decode_tokens_per_s.mid)} tokens/s" if moved.speed else ""
        out.heading("Layers on the device")
        out.line(f"{engine.offload_flag.format(layers=held) or held} of {layers} layers{build}{about}", indent=2)


def _cost(
    cost: Cost, estimate: Estimate, asked: EstimateRequest, base: RuleBase, as_of: date
) -> Iterator[tuple[str, str]]:
    """Yield what the machine costs, and the cheapest provider for the same tokens."""
    hour = f"{number(cost.usd_per_hour or 0.0)} USD/hour, {number(cost.usd_per_month)} USD/month"
    yield "rented", f"{hour}{priced(cost)}"
    if row := base.expired("prices", cost.offer, as_of):
        yield "", f"the price is {row}"
    prompt, output = lengths(estimate, asked)
    rates = estimate.capacity and estimate.capacity.requests_per_s
    machines = (estimate.capacity and estimate.capacity.machines_needed) or 1
    if machines > 1:
        yield "machines", f"{machines:,} of them, which what arrives takes"
    most = machines * rates.mid * (prompt + output) * SECONDS_PER_MONTH if rates else 0.0
    if most:
        yield "at full use", f"{number(cost.usd_per_month / most * 1e6)} USD per million tokens"
    share, context = prompt / max(1, prompt + output), estimate.context_tokens
    hosted = cheapest_hosted(estimate.model, share, cost, base, as_of, context)
    if hosted is None:
        return
    provider = base.providers[hosted.offer.provider].name
    yield "hosted", f"{number(hosted.usd_per_million_tokens)} USD per million tokens at {provider}"
    even = hosted.break_even_tokens_per_month
    if even and even > most > 0:
        yield "break even", "never: even at full use hosted is cheaper"
    elif even:
        used = f", {even / most:.0%} of what it can do" if most else ""
        yield "break even", f"at {number(even / 1e6)} million tokens a month{used}; below that hosted is cheaper"
