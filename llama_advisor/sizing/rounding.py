"""Figures of an estimate, rounded for reading; the parts still sum to the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.sizing.figures import DeviceMemory, Memory, Range, Speed

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Cost, Training


def rounded_memory(memory: Memory) -> Memory:
    """Round for reading; the total stays the sum of the parts."""
    parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
    weights, cache, images, overhead = (round(part, 3) for part in parts)
    return Memory(
        weights_gib=weights,
        kv_cache_gib=cache,
        image_cache_gib=images,
        overhead_gib=overhead,
        total_gib=round(weights + cache + images + overhead, 3),
        available_gib=_rounded(memory.available_gib),
        per_device=rounded_device(memory.per_device),
        offloaded_gib=round(memory.offloaded_gib, 3),
        fits=memory.fits,
    )


def rounded_device(part: DeviceMemory) -> DeviceMemory:
    """Round one device's part."""
    return DeviceMemory(need_gib=round(part.need_gib, 3), available_gib=_rounded(part.available_gib))


def rounded_speed(speed: Speed) -> Speed:
    """Round speeds to four figures."""
    return Speed(
        decode_tokens_per_s=_figures(speed.decode_tokens_per_s),
        prefill_tokens_per_s=_figures(speed.prefill_tokens_per_s),
        first_token_s=_figures(speed.first_token_s),
        total_tokens_per_s=_figures(speed.total_tokens_per_s),
        basis=speed.basis,
    )


def _figures(figures: Range) -> Range:
    return Range(low=_significant(figures.low), mid=_significant(figures.mid), high=_significant(figures.high))


def _significant(value: float) -> float:
    return float(f"{value:.4g}")


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def rounded_cost(cost: Cost) -> Cost:
    """Round money."""
    return cost._replace(
        usd_per_hour=_rounded(cost.usd_per_hour, 4),
        usd_per_month=round(cost.usd_per_month, 2),
        usd_per_million_tokens=_rounded(cost.usd_per_million_tokens, 4),
    )


def rounded_training(item: Training) -> Training:
    """Round the memory of tuning."""
    part = rounded_device(item.per_device)
    return item._replace(total_gib=round(item.total_gib, 3), per_device=part)
