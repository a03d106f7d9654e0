"""What sizing returns: memory with its parts, speed as ranges, cost, training memory."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from pydantic import Field

from llama_advisor.text.record import Record


class Range(NamedTuple):
    """A prediction: about 80 % of truths lie between low and high."""

    low: Annotated[float, "Tenth percentile."]
    mid: Annotated[float, "Best guess."]
    high: Annotated[float, "Ninetieth percentile."]


class DeviceMemory(NamedTuple):
    """The fullest device."""

    need_gib: Annotated[float, "What it must hold, GiB."]
    available_gib: Annotated[float | None, "What it has for the model, GiB; null when not known."]


class Memory(NamedTuple):
    """Need against what is there; the need is the upper estimate."""

    weights_gib: Annotated[float, "Weights, GiB."]
    kv_cache_gib: Annotated[float, "KV cache of all sequences, GiB."]
    image_cache_gib: Annotated[float, "Cross-attention cache of all images, GiB."]
    overhead_gib: Annotated[float, "Buffers, contexts and graphs over all devices, GiB."]
    total_gib: Annotated[float, "Sum of the parts, GiB."]
    available_gib: Annotated[float | None, "What all devices have for the model, GiB; null when not known."]
    per_device: Annotated[DeviceMemory, "The fullest device."]
    offloaded_gib: Annotated[float, Field(default=0.0), "Part of the total that lies in host memory, GiB."]
    fits: Annotated[bool | None, "Whether every device holds its part; null when its memory is not known."]


class Speed(NamedTuple):
    """Per user, at the workload's context and concurrency."""

    decode_tokens_per_s: Annotated[Range, "Tokens generated per second and user."]
    prefill_tokens_per_s: Annotated[Range, "Prompt tokens read per second."]
    first_token_s: Annotated[Range, "Seconds to the first token."]
    total_tokens_per_s: Annotated[Range, "Generated tokens per second over all users."]
    basis: Annotated[str, "How much data the prediction rests on."]


class Training(Record):
    """Memory that tuning takes."""

    method: Annotated[str, "full, lora or qlora."]
    optimizer: Annotated[str, "Optimizer of the recipe."]
    total_gib: Annotated[float, "Over all devices, GiB."]
    per_device: Annotated[DeviceMemory, "One device's part."]
    fits: Annotated[bool | None, "Whether every device holds its part."]


class Cost(Record):
    """Money, for machines that are rented and models that are hosted."""

    usd_per_hour: Annotated[float | None, "While it runs; null for hosted models."]
    usd_per_month: Annotated[float, "At the scenario's volume, or running all month."]
    usd_per_million_tokens: Annotated[float | None, "At the scenario's volume."]
    as_of: Annotated[date | None, "Day of the price."]
    offer: Annotated[str, "The price it was computed from."]


class MachineUsed(Record):
    """The part of a machine that a build takes."""

    device: Annotated[str, "Device id."]
    name: Annotated[str, "How the machine is written."]
    count: Annotated[int, "Devices per node."]
    nodes: Annotated[int, "Nodes."]
    replicas: Annotated[int, "Copies of the build that share the requests."]


def machine_name(device: str, count: int, nodes: int) -> str:
    """Return `2 nodes of 8x NVIDIA H100` and shorter forms."""
    text = device if count == 1 else f"{count}x {device}"
    return text if nodes == 1 else f"{nodes} nodes of {text}"
