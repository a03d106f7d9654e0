"""How a model is laid over the devices of a machine: which share of it each device holds."""

from __future__ import annotations

from math import ceil, gcd
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Architecture

Parallel = Literal["none", "layer", "tensor"]


class Placement(NamedTuple):
    """Shares of the fullest device, and whether the layout is possible at all."""

    weights: float  # Share of the weights.
    kv_cache: float  # Share of the KV cache; above 1 / devices where heads are replicated.
    devices: int  # Devices that hold a part.
    nodes: int  # Nodes they stand in.
    tensor: bool  # Whether each layer is divided.
    possible: bool  # False when heads do not divide by the devices, or there are fewer layers than devices.


def tensor_parallel_divides(architecture: Architecture, devices: int) -> bool:
    """Tell whether heads, KV heads and feed-forward width divide over `devices`."""
    kv_heads = architecture.kv_heads
    heads = architecture.attention_heads % devices == 0 and architecture.ffn_size % devices == 0
    return heads and (kv_heads % devices == 0 or devices % kv_heads == 0)


def place(architecture: Architecture, machine: Machine, parallel: Parallel) -> Placement:
    """Lay the model over `machine`; tensor parallel within a node, by layers between nodes."""
    if parallel == "none" or machine.devices == 1:
        return Placement(1.0, 1.0, 1, 1, tensor=False, possible=True)
    if parallel == "layer":
        share = layer_share(architecture.layers, machine.devices)
        possible = architecture.layers >= machine.devices
        return Placement(share, share, machine.devices, machine.nodes, tensor=False, possible=possible)
    stage = layer_share(architecture.layers, machine.nodes)
    kv_share = stage / gcd(machine.count, architecture.kv_heads)
    possible = tensor_parallel_divides(architecture, machine.count)
    return Placement(
        stage / machine.count,
        kv_share,
        machine.devices,
        machine.nodes,
        tensor=machine.count > 1,
        possible=possible,
    )


def layer_share(layers: int, devices: int) -> float:
    """Return the share of whole layers on the fullest of `devices`, output head counted as one."""
    if devices == 1:
        return 1.0
    return ceil((layers + 1) / devices) / (layers + 1)
