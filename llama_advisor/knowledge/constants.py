"""Constants of sizing: buffers of each engine, speed by class of device, training recipes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llama_advisor.knowledge.device import SpeedClass
from llama_advisor.text.strict import Strict


class Provenance(Strict):
    """Where a block of constants comes from."""

    how: str
    """How the figures were found, in one or two sentences."""
    sources: tuple[str, ...] = ()
    """Source ids."""
    unverified: tuple[str, ...] = ()
    """Fields that are judgement or memory, not measurement."""


class EngineMemory(Strict):
    """What an engine takes beside weights and caches, and what it leaves free."""

    usable_share: float = 1.0
    """Share of a device's memory the engine lets itself use."""
    reserve_gib: float = 0.0
    """Memory per device it leaves free as a rule it does not waive, GiB."""
    default_margin_gib: float = 0.0
    """Memory per device it leaves free by default; a setting lowers it, so it is no need, GiB."""
    gpu_context_gib: float
    """Driver context and libraries on each discrete GPU, GiB."""
    unified_context_gib: float
    """The same where processor and accelerator share the memory, GiB."""
    host_context_gib: float
    """The same on a processor alone, GiB."""
    base_gib: float = 0.0
    """Buffers of every device whatever the model, GiB."""
    batch_tokens: int
    """Most tokens in one forward pass."""
    logits_bytes: float = 0.0
    """Bytes per vocabulary entry and token of the batch."""
    hidden_bytes: float
    """Bytes of activations per unit of hidden width and token of the batch."""
    mask_bytes: float = 0.0
    """Bytes per token of the batch and token of context (attention mask)."""
    layer_bytes: float = 0.0
    """Bytes per layer and unit of hidden width (packed copies and scratch)."""
    vision_encoder_gib: float = 0.0
    """Working memory of the vision encoder on each device, GiB."""
    adapter_gib: float = 0.0
    """Working memory of adapters that a published build carries beside its weights, GiB."""
    minimum_context_tokens: int = 0
    """Smallest context the engine allocates."""
    cache_factor: float = 1.0
    """KV bytes allocated for each byte of the plain formula."""
    tensor_layer_bytes: float = 0.0
    """The same in addition when each layer is split over devices (replicated buffers, graphs)."""
    tensor_device_gib: float = 0.0
    """Communication buffers per device when layers are split over devices, GiB."""
    node_device_gib: float = 0.0
    """The same in addition when devices stand in several nodes, GiB."""
    provenance: Provenance
    """Where the figures come from."""


class MemoryConstants(Strict):
    """Memory beside weights and caches."""

    engines: dict[str, EngineMemory]
    """By engine id; `default` for the others."""
    overhead_uncertainty: float
    """Share added to the overhead when a fit is judged, so that the need is an upper estimate."""
    host_usable_share: float
    """Share of host memory that weights left to the processor may take."""


class Spread(Strict):
    """Ratio of truth to prediction at both ends of the range that holds about 80 % of truths."""

    low: float
    """Tenth percentile of the ratio."""
    high: float
    """Ninetieth percentile of the ratio."""


class ClassSpeed(Strict):
    """A class of device on the reference engine."""

    bandwidth_efficiency: float
    """Share of peak bandwidth that weight reads attain."""
    layer_us: float
    """Time per layer that no larger bandwidth shortens, microseconds."""
    decode_compute: float | None = None
    """Share of the peak rate that matrix-vector products attain; null for the prefill share."""
    prefill_compute: float
    """Share of the peak rate that matrix products of a prompt attain in 16 bits."""
    quantized_compute: float = 1.0
    """Factor on it for weights of fewer bits."""
    tflops_per_gb_s: float
    """Peak rate taken per GB/s of bandwidth where the device lists none, TFLOP/s."""
    decode_spread: Spread
    """Of decode speed."""
    prefill_spread: Spread
    """Of prefill speed."""
    decode_groups: int
    """Groups of measurements behind the decode figures."""
    decode_devices: int
    """Devices among them."""
    prefill_groups: int
    """Groups of measurements behind the prefill figures."""
    prefill_devices: int
    """Devices among them."""


class ArchitectureSpeed(Strict):
    """How one device architecture differs from its class."""

    bandwidth: float = 1.0
    """Factor on the bandwidth efficiency."""
    layer: float = 1.0
    """Factor on the time per layer."""
    compute: float = 1.0
    """Factor on the compute efficiency."""


class EngineSpeed(Strict):
    """How an engine differs from the reference engine on the same device."""

    bandwidth: float = 1.0
    """Factor on the bandwidth efficiency; the result is capped at `maximum_efficiency`."""
    cache: float = 1.0
    """Factor on the efficiency of KV-cache reads."""
    compute: float = 1.0
    """Factor on the compute efficiency."""
    quantized_compute: float = 1.0
    """Further factor for weights of fewer than 16 bits."""
    layer: float = 1.0
    """Factor on the time per layer."""
    attention: float = 1.0
    """Factor on attention's share of the prefill rate; fused attention kernels lie above 1."""
    latency_ms: float
    """Time before the first token beyond the arithmetic, milliseconds."""
    step_ms: float = 0.0
    """Scheduling time per generated token, milliseconds."""
    batch_tokens: int
    """Prompt tokens per forward pass; the weights are read once for each."""
    classes: dict[SpeedClass, float] = Field(default_factory=dict)
    """Further factor on the bandwidth efficiency by class of device."""
    provenance: Provenance
    """Where the figures come from."""


class ParallelSpeed(Strict):
    """How speed changes with the number of devices."""

    tensor_scaling: float
    """Bandwidth that each further device adds under tensor parallelism, share of one device's."""
    prefill_scaling: float
    """Compute that each further device adds to prefill under tensor parallelism."""
    layer_prefill_scaling: float
    """Share of a full pipeline's speed-up that prefill attains under layer split."""
    device_ms: float
    """Time per token for each further device, milliseconds."""
    tensor_layer_us: float
    """Time per layer for each doubling of devices under tensor parallelism, microseconds."""
    node_ms: float
    """Time per token for each further node, milliseconds."""
    spread: float
    """Factor on the width of the range under tensor parallelism, where data are few."""


class SpeedConstants(Strict):
    """Constants of the speed model."""

    provenance: Provenance
    """How they were fitted."""
    classes: dict[SpeedClass, ClassSpeed]
    """By class of device."""
    architectures: dict[str, ArchitectureSpeed]
    """By device architecture, where it differs from its class."""
    engines: dict[str, EngineSpeed]
    """By engine id; `default` for the others."""
    maximum_efficiency: float
    """Largest share of peak bandwidth any combination attains."""
    cache_efficiency: float
    """Efficiency of KV-cache reads, share of the weights' efficiency."""
    attention_compute: float
    """Attention's share of the attained prefill rate."""
    little_data_devices: int
    """Below this many measured devices a class counts as little data."""
    little_data_spread: float
    """Factor on the width of the range where data are few."""
    no_data_spread: float
    """Factor on the width of the range for a class that was never measured."""
    batch_spread: float
    """Factor on the width of the range above one request at a time."""
    parallel: ParallelSpeed
    """Several devices."""
    host_bandwidth_gb_s: float
    """Host memory bandwidth taken for layers left to the processor, GB/s."""
    host_efficiency: float
    """Share of it that weight reads attain."""


class TrainingRecipe(Strict):
    """One way to tune: what is held in memory per parameter and per token."""

    id: str
    """Recipe id."""
    method: Literal["full", "lora", "qlora"]
    """Method."""
    optimizer: str
    """Optimizer and what makes the recipe."""
    frozen_bytes_per_parameter: float
    """Bytes of a frozen weight; 0 when all weights are trained."""
    trained_bytes_per_parameter: float
    """Bytes of a trained weight with gradient and optimizer states."""
    trained_share: float
    """Trained parameters, share of the model's."""
    embeddings_bytes_per_parameter: float | None = None
    """Bytes of an embedding or head weight where they stay in another type."""
    activation_bytes: float
    """Bytes per token, layer and unit of hidden width with gradient checkpointing."""
    layer_activation_bytes: float
    """Bytes per token and unit of hidden plus feed-forward width while one layer is recomputed."""
    logits_bytes: float
    """Bytes per token and vocabulary entry."""
    image_gib: float
    """Working memory of the image path of a vision model per sequence, GiB."""
    batch: int
    """Sequences per device."""
    sequence_tokens: int
    """Tokens per sequence."""
    sharded: bool
    """Whether weights, gradients and states are divided over devices."""
    gathered_layers: int = 2
    """Layers held whole on each device while sharded."""
    context_gib: float
    """Driver context, fragmentation and workspace per device, GiB."""
    ordinary: bool = True
    """Whether it is the recipe taken for its method unless another is named."""
    sources: tuple[str, ...]
    """Source ids."""
    unverified: bool = False
    """Whether the figures were not checked against a measurement."""
    note: str = ""
    """What to know."""


class AssumedLoad(Strict):
    """What `estimate` takes where lengths were not said; the measurements mostly are of this size."""

    context_tokens: int
    """Tokens allocated per sequence, where prompt and answer do not need more."""
    prompt_tokens: int
    """Tokens of a prompt."""
    output_tokens: int
    """Tokens of an answer."""


class Constants(Strict):
    """Content of rules/engines/constants.yaml."""

    assumed_load: AssumedLoad
    """Lengths assumed by `estimate`."""

    memory: MemoryConstants
    """Memory."""
    speed: SpeedConstants
    """Speed."""
