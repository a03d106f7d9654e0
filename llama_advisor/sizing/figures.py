"""What sizing returns: memory with its parts, speed as ranges, cost, training memory."""

from __future__ import annotations

from datetime import date

from llama_advisor.text.strict import Strict


class Range(Strict):
    """A prediction: about 80 % of truths lie between low and high."""

    low: float
    """Tenth percentile."""
    mid: float
    """Best guess."""
    high: float
    """Ninetieth percentile."""


class DeviceMemory(Strict):
    """The fullest device."""

    need_gib: float
    """What it must hold, GiB."""
    available_gib: float | None
    """What it has for the model, GiB; null when not known."""


class Memory(Strict):
    """Need against what is there; the need is the upper estimate."""

    weights_gib: float
    """Weights, GiB."""
    kv_cache_gib: float
    """KV cache of all sequences, GiB."""
    image_cache_gib: float
    """Cross-attention cache of all images, GiB."""
    overhead_gib: float
    """Buffers, contexts and graphs over all devices, GiB."""
    total_gib: float
    """Sum of the parts, GiB."""
    available_gib: float | None
    """What all devices have for the model, GiB; null when not known."""
    per_device: DeviceMemory
    """The fullest device."""
    offloaded_gib: float = 0.0
    """Part of the total that lies in host memory, GiB."""
    fits: bool | None
    """Whether every device holds its part; null when its memory is not known."""


class Speed(Strict):
    """Per user, at the workload's context and concurrency."""

    decode_tokens_per_s: Range
    """Tokens generated per second and user."""
    prefill_tokens_per_s: Range
    """Prompt tokens read per second."""
    first_token_s: Range
    """Seconds to the first token."""
    total_tokens_per_s: Range
    """Generated tokens per second over all users."""
    basis: str
    """How much data the prediction rests on."""


class Training(Strict):
    """Memory that tuning takes."""

    method: str
    """full, lora or qlora."""
    optimizer: str
    """Optimizer of the recipe."""
    total_gib: float
    """Over all devices, GiB."""
    per_device: DeviceMemory
    """One device's part."""
    fits: bool | None
    """Whether every device holds its part."""


class Cost(Strict):
    """Money, for machines that are rented and models that are hosted."""

    usd_per_hour: float | None
    """While it runs; null for hosted models."""
    usd_per_month: float
    """At the scenario's volume, or running all month."""
    usd_per_million_tokens: float | None
    """At the scenario's volume."""
    as_of: date | None
    """Day of the price."""
    offer: str
    """The price it was computed from."""


class MachineUsed(Strict):
    """The part of a machine that a build takes."""

    device: str
    """Device id."""
    name: str
    """How the machine is written."""
    count: int
    """Devices per node."""
    nodes: int
    """Nodes."""
    replicas: int
    """Copies of the build that share the requests."""


def machine_name(device: str, count: int, nodes: int) -> str:
    """Return `2 nodes of 8x NVIDIA H100` and shorter forms."""
    text = device if count == 1 else f"{count}x {device}"
    return text if nodes == 1 else f"{nodes} nodes of {text}"
