"""Seconds per step: one decode step of a batch, and reading one prompt.

The two formulas are plain arithmetic, so that the fit can call them with whole columns of data.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import SpeedConstants
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.sizing.attainable import Attainable
    from llama_advisor.sizing.placement import Parallel

GIGA = 1e9


class Work(NamedTuple):
    """What one token costs whatever it runs on."""

    read_bytes: float  # Weights read per token.
    kv_bytes: float  # KV cache per token of context.
    parameters: float  # Parameters multiplied per token.
    layers: float  # Layers it passes.
    width: float  # Heads x head width.


class Splits(NamedTuple):
    """How much faster several devices are than one, and what their talk costs per step."""

    bandwidth: float
    prefill: float
    extra_s: float


ALONE = Splits(1.0, 1.0, 0.0)


def splits(constants: SpeedConstants, machine: Machine, parallel: Parallel, layers: float, batches: float) -> Splits:
    """Return the speed-up of `machine` over one of its devices; `batches` are the prompt's.

    By layers, one device works at a time on a token; a prompt of several batches is pipelined, of
    which the engine attains a share.
    """
    rules = constants.parallel
    if parallel == "none" or machine.devices == 1:
        return ALONE
    nodes_s = rules.node_ms * (machine.nodes - 1) / 1e3
    if parallel == "layer":
        count = machine.devices
        full = batches * count / (batches + count - 1)
        pipelined = 1 + rules.layer_prefill_scaling * (full - 1)
        return Splits(1.0, pipelined, nodes_s + rules.device_ms * (count - 1) / 1e3)
    further = machine.count - 1
    reduce_s = rules.tensor_layer_us * layers * log2(machine.count) / 1e6
    return Splits(
        bandwidth=1 + rules.tensor_scaling * further,
        prefill=1 + rules.prefill_scaling * further,
        extra_s=nodes_s + reduce_s,
    )


def decode_step_s(work: Work, rates: Attainable, split: Splits, context_tokens: float, sequences: float) -> float:
    """Return seconds of one decode step for `sequences` at a mean context of `context_tokens`."""
    weights = work.read_bytes / (rates.weights_bytes_s * split.bandwidth)
    cache = sequences * work.kv_bytes * context_tokens / (rates.cache_bytes_s * split.bandwidth)
    compute = 2 * work.parameters * sequences / (rates.decode_flop_s * split.bandwidth)
    return weights + cache + compute + work.layers * rates.layer_s + split.extra_s + rates.step_s


def prefill_s(
    work: Work,
    rates: Attainable,
    split: Splits,
    prompt_tokens: float,
    passes: float,
    attention_compute: float,
) -> float:
    """Return seconds to read one prompt in `passes`, each of which reads the weights once."""
    flop_s = rates.prefill_flop_s * split.prefill
    products = 2 * work.parameters * prompt_tokens / flop_s
    scores = 2 * work.layers * work.width * prompt_tokens**2 / (flop_s * attention_compute)
    weights = work.read_bytes / (rates.weights_bytes_s * split.bandwidth)
    return products + scores + passes * (weights + work.layers * rates.layer_s + split.extra_s)


def offloaded_s(constants: SpeedConstants, read_bytes: float, share: float) -> float:
    """Return seconds per pass to read the `share` of the weights left in host memory."""
    bandwidth = constants.host_bandwidth_gb_s * GIGA * constants.host_efficiency
    return share * read_bytes / bandwidth
