"""Constants of sizing: buffers of each engine, speed by class of device, trainers and optimizers."""

from __future__ import annotations

from typing import Annotated

from llama_advisor.knowledge.device import Device, SpeedClass
from llama_advisor.knowledge.engine import Step
from llama_advisor.text.record import EMPTY, Record


class Provenance(Record):
    """Where a block of constants comes from."""

    how: Annotated[str, "How the figures were found, in one or two sentences."]
    sources: Annotated[tuple[str, ...], "Source ids."] = ()
    unverified: Annotated[tuple[str, ...], "Fields that are judgement or memory, not measurement."] = ()


class EngineMemory(Record):
    """What an engine takes beside weights and caches, and what it leaves free."""

    usable_share: Annotated[float, "Share of a device's memory the engine lets itself use."] = 1.0
    reserve_gib: Annotated[float, "Memory per device it leaves free as a rule it does not waive, GiB."] = 0.0
    default_margin_gib: Annotated[
        float, "Memory per device it leaves free by default; a setting lowers it, so it is no need, GiB."
    ] = 0.0
    gpu_context_gib: Annotated[float, "Driver context and libraries on each discrete GPU, GiB."]
    unified_context_gib: Annotated[float, "The same where processor and accelerator share the memory, GiB."]
    host_context_gib: Annotated[float, "The same on a processor alone, GiB."]
    base_gib: Annotated[float, "Buffers of every device whatever the model, GiB."] = 0.0
    batch_tokens: Annotated[int, "Most tokens in one forward pass."]
    small_batch_tokens: Annotated[int | None, "The same on devices that are not large; null where as many."] = None
    logits_bytes: Annotated[float, "Bytes per vocabulary entry and token of the batch."] = 0.0
    hidden_bytes: Annotated[float, "Bytes of activations per unit of hidden width and token of the batch."]
    mask_bytes: Annotated[float, "Bytes per token of the batch and token of context (attention mask)."] = 0.0
    layer_bytes: Annotated[float, "Bytes per layer and unit of hidden width (packed copies and scratch)."] = 0.0
    vision_encoder_gib: Annotated[float, "Working memory of the vision encoder on each device, GiB."] = 0.0
    adapter_gib: Annotated[
        float, "Working memory of adapters that a published build carries beside its weights, GiB."
    ] = 0.0
    minimum_context_tokens: Annotated[int, "Smallest context the engine allocates."] = 0
    cache_factor: Annotated[float, "KV bytes allocated for each byte of the plain formula."] = 1.0
    tensor_context_bytes: Annotated[
        float, "Bytes per unit of hidden width and token of context when each layer is split over devices."
    ] = 0.0
    tensor_device_gib: Annotated[float, "Communication buffers per device when layers are split over devices, GiB."] = (
        0.0
    )
    node_device_gib: Annotated[float, "The same in addition when devices stand in several nodes, GiB."] = 0.0
    provenance: Annotated[Provenance, "Where the figures come from."]


class MemoryConstants(Record):
    """Memory beside weights and caches."""

    engines: Annotated[dict[str, EngineMemory], "By engine id; `default` for the others."]
    large_device_gib: Annotated[float, "Memory from which on a device counts as large, GiB."]
    overhead_uncertainty: Annotated[
        float, "Share added to the overhead when a fit is judged, so that the need is an upper estimate."
    ]
    host_usable_share: Annotated[float, "Share of host memory that weights left to the processor may take."]


class Spread(Record):
    """Ratio of truth to prediction at both ends of the range that holds about 80 % of truths."""

    low: Annotated[float, "Tenth percentile of the ratio."]
    high: Annotated[float, "Ninetieth percentile of the ratio."]


class ClassSpeed(Record):
    """A class of device on the reference engine."""

    bandwidth_efficiency: Annotated[float, "Share of peak bandwidth that weight reads attain."]
    layer_us: Annotated[float, "Time per layer that no larger bandwidth shortens, microseconds."]
    decode_compute: Annotated[
        float | None, "Share of the peak rate that matrix-vector products attain; null for the prefill share."
    ] = None
    prefill_compute: Annotated[float, "Share of the peak rate that matrix products of a prompt attain in 16 bits."]
    quantized_compute: Annotated[float, "Factor on it for weights of fewer bits."] = 1.0
    power_exponent: Annotated[float, "Power of the watts per TFLOP/s by which it changes; 0 for none."] = 0.0
    int8_rate: Annotated[float, "Peak in 8-bit integers where none is listed, as a factor on the listed rate."] = 2.0
    decode_spread: Annotated[Spread, "Of decode speed."]
    prefill_spread: Annotated[Spread, "Of prefill speed."]
    decode_groups: Annotated[int, "Groups of measurements behind the decode figures."]
    decode_devices: Annotated[int, "Devices among them."]
    prefill_groups: Annotated[int, "Groups of measurements behind the prefill figures."]
    prefill_devices: Annotated[int, "Devices among them."]


class ArchitectureSpeed(Record):
    """How one device architecture differs from its class."""

    bandwidth: Annotated[float, "Factor on the bandwidth efficiency."] = 1.0
    layer: Annotated[float, "Factor on the time per layer."] = 1.0
    compute: Annotated[float, "Factor on the compute efficiency."] = 1.0


class EngineSpeed(Record):
    """How an engine differs from the reference engine on the same device."""

    bandwidth: Annotated[float, "Factor on the bandwidth efficiency, up to `maximum_efficiency`."] = 1.0
    cache: Annotated[float, "Factor on the efficiency of KV-cache reads."] = 1.0
    compute: Annotated[float, "Factor on the compute efficiency."] = 1.0
    quantized_compute: Annotated[float, "Further factor for weights of fewer than 16 bits."] = 1.0
    cheap_products: Annotated[bool, "Whether it takes 8-bit products of quantized weights and 16-bit sums."] = False
    layer: Annotated[float, "Factor on the time per layer."] = 1.0
    attention: Annotated[float, "Factor on attention's share of the prefill rate; above 1 for fused kernels."] = 1.0
    score_bytes: Annotated[float, "Bytes moved per attention score of a prompt; 0 for fused kernels."] = 0.0
    latency_ms: Annotated[float, "Time before the first token beyond the arithmetic, milliseconds."]
    step_ms: Annotated[float, "Scheduling time per generated token, milliseconds."] = 0.0
    batch_tokens: Annotated[int, "Prompt tokens per forward pass; the weights are read once for each."]
    classes: Annotated[dict[SpeedClass, float], "Further factor on `bandwidth` by class of device."] = EMPTY
    provenance: Annotated[Provenance, "Where the figures come from."]


class ParallelSpeed(Record):
    """How speed changes with the number of devices."""

    tensor_scaling: Annotated[float, "Bandwidth that each further device adds under tensor parallelism, share."]
    prefill_scaling: Annotated[float, "Compute that each further device adds to prefill under tensor parallelism."]
    layer_prefill_scaling: Annotated[float, "Share of a full pipeline's speed-up of prefill under layer split."]
    device_ms: Annotated[float, "Time per token for each further device, milliseconds."]
    tensor_layer_us: Annotated[float, "Time per layer and doubling of devices, tensor parallelism, microseconds."]
    node_ms: Annotated[float, "Time per token for each further node, milliseconds."]
    spread: Annotated[float, "Factor on the width of the range under tensor parallelism, where data are few."]


class SpeedConstants(Record):
    """Constants of the speed model."""

    provenance: Annotated[Provenance, "How they were fitted."]
    classes: Annotated[dict[SpeedClass, ClassSpeed], "By class of device."]
    architectures: Annotated[dict[str, ArchitectureSpeed], "By device architecture, where it differs from its class."]
    engines: Annotated[dict[str, EngineSpeed], "By engine id; `default` for the others."]
    maximum_efficiency: Annotated[float, "Largest share of peak bandwidth any combination attains."]
    cache_efficiency: Annotated[float, "Efficiency of KV-cache reads, share of the weights' efficiency."]
    attention_compute: Annotated[float, "Attention's share of the attained prefill rate."]
    little_data_devices: Annotated[int, "Below this many measured devices a class counts as little data."]
    little_data_spread: Annotated[float, "Factor on the width of the range where data are few."]
    no_data_spread: Annotated[float, "Factor on the width of the range for a class that was never measured."]
    pace_tokens_per_s: Annotated[float, "Pace at which answers are taken to be written before a build is known."]
    most_busy_share: Annotated[float, "Share of a rate beyond which requests that come at random wait for long."]
    batch_spread: Annotated[float, "Factor on the width of the range above one request at a time."]
    parallel: Annotated[ParallelSpeed, "Several devices."]
    host_efficiency: Annotated[float, "Share of the host's bandwidth that reads of weights left to it attain."]
    devices: Annotated[dict[str, Device], "Every device by id; filled in when rules are read."] = EMPTY


class MethodMemory(Record):
    """What a trainer holds per parameter by one method, and what it takes where nothing else is said."""

    frozen_bytes: Annotated[float, "Bytes of a frozen weight; 0 when all weights are trained."] = 0.0
    embeddings_bytes: Annotated[float | None, "Bytes of embeddings and head where they stay in another type."] = None
    weight_bytes: Annotated[float, "Bytes of a trained weight."]
    gradient_bytes: Annotated[float, "Bytes of its gradient."]
    trained_share: Annotated[float, "Trained parameters, share of the model's."] = 1.0
    optimizer: Annotated[str, "Optimizer taken where none is named."]
    sharded: Annotated[bool, "Whether weights, gradients and states can be divided over devices."]


class Trainer(Record):
    """One way to train: what is held in memory per parameter and per token."""

    id: Annotated[str, "Trainer id."]
    name: Annotated[str, "Name."]
    aliases: Annotated[tuple[str, ...], "Other names."] = ()
    ordinary_on: Annotated[tuple[str, ...], "Makers of devices on which it is taken unnamed; `any`: the others."] = ()
    vendors: Annotated[tuple[str, ...], "Makers of devices that it is known to run on."]
    full: Annotated[MethodMemory, "When all weights are trained."]
    lora: Annotated[MethodMemory, "When adapters over 16-bit weights are."]
    qlora: Annotated[MethodMemory, "When adapters over four-bit weights are."]
    optimizers: Annotated[tuple[str, ...], "Optimizers that it is known to offer."]
    checkpoint_bytes: Annotated[float, "Bytes kept per token, layer and unit of hidden width with checkpointing."]
    layer_bytes: Annotated[float, "The same without checkpointing: all activations of a layer."]
    working_bytes: Annotated[float, "Bytes per token and unit of hidden plus feed-forward width of a layer at work."]
    score_bytes: Annotated[float, "Bytes per pair of tokens and head of it, where attention is not fused."] = 0.0
    logits_bytes: Annotated[float, "Bytes per token and vocabulary entry."]
    image_gib: Annotated[float, "Working memory of the image path of a vision model per sample, GiB."]
    gathered_layers: Annotated[int, "Layers held whole on each device while sharded."] = 2
    context_gib: Annotated[float, "Driver context, fragmentation and workspace per device, GiB."]
    optimizer_flags: Annotated[dict[str, str], "What its commands call an optimizer, by id."] = EMPTY
    steps: Annotated[tuple[Step, ...], "What to do to tune a model, in order."] = ()
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields that were not checked against a measurement."] = ()
    note: Annotated[str, "What to know."] = ""


class Optimizer(Record):
    """What an optimizer holds."""

    id: Annotated[str, "Optimizer id."]
    name: Annotated[str, "Name."]
    aliases: Annotated[tuple[str, ...], "Other names."] = ()
    state_bytes: Annotated[float, "Bytes on the device per trained parameter."]
    keeps_gradients: Annotated[bool, "Whether the gradients of all layers are held at once."] = True
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[bool, "Whether the figure was not checked against a measurement."] = False
    note: Annotated[str, "What to know."] = ""


class AssumedLoad(Record):
    """What is taken where lengths were not said; the measurements mostly are of this size."""

    context_tokens: Annotated[int, "Tokens allocated per sequence, where prompt and answer do not need more."]
    prompt_tokens: Annotated[int, "Tokens of a prompt."]
    output_tokens: Annotated[int, "Tokens of an answer."]
    sample_tokens: Annotated[int, "Tokens of a sample to tune on, where no context was stated."]


class Constants(Record):
    """Content of rules/engines/constants.yaml."""

    assumed_load: Annotated[AssumedLoad, "Lengths assumed by `estimate`."]

    memory: Annotated[MemoryConstants, "Memory."]
    speed: Annotated[SpeedConstants, "Speed."]
