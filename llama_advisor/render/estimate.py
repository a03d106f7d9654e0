"""An estimate for a terminal: the answer, memory with its parts, speed, cost, limits, assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.scenario.need import SECONDS_PER_MONTH
from llama_advisor.sizing.cost import cheapest_hosted
from llama_advisor.sizing.estimate import BEST_TRODDEN, Sizer, cache_type
from llama_advisor.sizing.figures import Cost
from llama_advisor.sizing.memory import BYTES_PER_VALUE, layers_held
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.numbers import number

WHOLE_FROM = 10
HOST_GB = 64
STYLES = {True: "bold green", False: "bold red", None: "bold"}


def estimate_text(estimate: Estimate, asked: EstimateRequest, sizer: Sizer, as_of: date, view: View) -> str:
    """Return the whole estimate as text."""
    base, out = sizer.base, Screen(colour=view.colour, width=view.width, unicode=view.unicode)
    against = [why for field, _, why in estimate.assumptions if field == "engine" and why != BEST_TRODDEN]
    out.line(_answer(estimate, lengths(estimate, asked)[0]), "bold yellow" if against else STYLES[estimate.memory.fits])
    machine, speed = estimate.machine, estimate.speed
    out.line(say.named(estimate, machine, base))
    for why in against:
        out.line(f"but {why}", "bold red")
    if cache := _fitting_cache(estimate, asked, sizer):
        out.line(f"with a KV cache of another type it fits: --kv-cache-type {cache}")
    out.lines.append("")
    out.row("memory", *say.memory_lines(estimate.memory, drawn=True), *_room(estimate, asked, base))
    out.row("layers", *_layers(estimate, asked, sizer))
    if speed:
        prompt, output = lengths(estimate, asked)
        at = min(estimate.context_tokens, prompt + output // 2)
        out.row(
            "speed",
            *["were there room:"] * (estimate.memory.fits is False),
            *say.speed_lines(speed, at, estimate.context_tokens, prompt),
            f"prompts are read at {say.range_text(speed.prefill_tokens_per_s)} tokens/s",
            f"{say.range_text(speed.total_tokens_per_s)} tokens/s generated in all, prompts read in between",
            f"it rests on {speed.basis}",
        )
        out.row("serves", *([say.serves(estimate.capacity)] if estimate.capacity else []))
    else:
        out.row("speed", "not known for this device" if machine else "depends on the hardware; state it")
    for item in estimate.training or ():
        fit = f"{'fits' if item.fits else 'does not fit'}: {say.memory_of(*item.per_device)} GiB per device"
        if item.per_device.available_gib is None:
            fit = f"{number(item.total_gib)} GiB"
        out.row("tuning", f"{item.method} {fit}", *say.tuning_lines(item))
    if estimate.cost:
        out.row("cost", *_cost(estimate.cost, estimate, asked, base, as_of))
    out.row("assumed", *(f"{item.field} = {say.value_text(item.value)}: {item.why}" for item in estimate.assumptions))
    return out.text()


def lengths(estimate: Estimate, asked: EstimateRequest) -> tuple[int, int]:
    """Return tokens of the prompt and the answer, as asked or assumed."""
    taken = {item.field: item.value for item in estimate.assumptions}
    stated = ((name, getattr(asked, name)) for name in ("prompt_tokens", "output_tokens"))
    prompt, output = (int(taken.get(name, 0) if tokens is None else tokens) for name, tokens in stated)
    return prompt, output


def _fitting_cache(estimate: Estimate, asked: EstimateRequest, sizer: Sizer) -> str | None:
    """Return the first type of KV cache with which a build fits that does not with the usual one."""
    device = sizer.read(asked).device
    if estimate.memory.fits is not False or asked.kv_cache_type or device is None:
        return None
    same = {"quantization": estimate.quantization, "engine": estimate.engine}
    kinds = sizer.base.engines[estimate.engine].cache_types(device.architecture)[1:]
    tried = ((kind, asked.model_copy(update={**same, "kv_cache_type": kind})) for kind in kinds)
    return next((kind for kind, request in tried if sizer.estimate(request).memory.fits), None)


def _answer(estimate: Estimate, prompt: int) -> str:
    """Write the first line: whether it fits, how much it needs, how fast it is, and what stands against it."""
    memory, speed = estimate.memory, ""
    if estimate.speed:
        fast = estimate.speed.decode_tokens_per_s.mid  # of which two significant figures are shown
        about = f"{fast:.1f}" if fast < WHOLE_FROM else f"{float(f'{fast:.2g}'):,.0f}"
        speed = f", about {about} tokens/s after {prompt:,}-token prompts"
    if memory.fits and memory.available_gib is not None:
        return f"fits: {say.memory_lines(memory)[0]}{speed}"
    if memory.available_gib is not None and memory.total_gib > memory.available_gib:
        return f"does not fit: {number(memory.total_gib)} GiB needed, {number(memory.available_gib)} GiB there"
    if memory.fits is False:
        return f"does not fit: {say.memory_of(*memory.per_device)} GiB on one device"
    return f"needs {number(memory.total_gib)} GiB{speed}"


def _room(estimate: Estimate, asked: EstimateRequest, base: RuleBase) -> Iterator[str]:
    """Yield what lies on the fullest device, what fits at most, and what other cache types would save."""
    memory, limits = estimate.memory, estimate.limits
    if memory.per_device.available_gib is not None:
        yield f"up to {say.memory_of(*memory.per_device)} GiB on one device"
    if limits and limits.max_context_tokens is not None and limits.max_concurrency is not None:
        context, requests = limits.max_context_tokens, limits.max_concurrency
        several = f", or {requests:,} {'request' if requests == 1 else 'requests at a time'}" if requests else ""
        yield f"at most {context:,} tokens of context{several}" if context else "not even the shortest context fits"
    chosen = next((item.value for item in estimate.assumptions if item.field == "kv_cache_type"), asked.kv_cache_type)
    taken, kinds = BYTES_PER_VALUE[cache_type(chosen)], base.engines[estimate.engine].kv_cache_types
    saved = [(kind, memory.kv_cache_gib * (1 - BYTES_PER_VALUE[kind] / taken)) for kind in kinds]
    if saves := ", ".join(f"{kind} saves {number(gib)}" for kind, gib in saved if gib > 0):
        yield f"another type of KV cache: {saves} GiB"


def _layers(estimate: Estimate, asked: EstimateRequest, sizer: Sizer) -> Iterator[str]:
    """Tell how many layers the device holds where it cannot hold all, with ordinary host memory if none was stated."""
    read, moved, host = sizer.read(asked), estimate, ""
    if read.machine and estimate.memory.fits is False and read.machine.ram_gib is None and asked.hardware:
        host = f" with {HOST_GB} GB of host memory"
        moved = sizer.estimate(asked.model_copy(update={"hardware": f"{asked.hardware} + {HOST_GB}GB RAM"}))
    engine, layers = sizer.base.engines[moved.engine], read.model.architecture.layers
    held = layers_held(moved.memory, layers)
    if held is not None and moved.memory.fits:
        build = f", as {moved.quantization} on {engine.name}{host}" if host else ""
        about = f", about {number(moved.speed.decode_tokens_per_s.mid)} tokens/s" if moved.speed else ""
        yield f"{engine.offload_flag.format(layers=held) or held} of {layers} layers fit on the device{build}{about}"


def _cost(cost: Cost, estimate: Estimate, asked: EstimateRequest, base: RuleBase, as_of: date) -> Iterator[str]:
    """Yield what the machine costs, and the cheapest provider for the same tokens."""
    hour = f"{number(cost.usd_per_hour or 0.0)} USD/hour, {number(cost.usd_per_month)} USD/month"
    yield f"{hour}{say.priced(cost)}"
    if row := base.expired("prices", cost.offer, as_of):
        yield f"the price is {row}"
    (prompt, output), capacity = lengths(estimate, asked), estimate.capacity
    machines = (capacity and capacity.machines_needed) or 1
    if machines > 1:
        yield f"{machines:,} of them, which what arrives takes"
    rates = capacity.requests_per_s if capacity else None
    most = machines * rates.mid * (prompt + output) * SECONDS_PER_MONTH if rates else 0.0
    if most:
        yield f"{number(cost.usd_per_month / most * 1e6)} USD per million tokens at full use"
    share = prompt / max(1, prompt + output)
    if hosted := cheapest_hosted(estimate.model, share, cost, base, as_of, estimate.context_tokens):
        provider, even = base.providers[hosted.offer.provider].name, hosted.break_even_tokens_per_month
        yield f"hosted by {provider}: {number(hosted.usd_per_million_tokens)} USD per million tokens"
        if even and even > most > 0:
            yield "hosted is cheaper even at full use"
        elif even:
            used = f", {even / most:.0%} of what it can do" if most else ""
            yield f"hosted is cheaper below {number(even / 1e6)} million tokens a month{used}"
