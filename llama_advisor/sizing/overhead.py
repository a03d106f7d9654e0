"""Memory beside weights and caches: driver context, compute buffers, activations, encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import EngineMemory, MemoryConstants
    from llama_advisor.knowledge.device import Device
    from llama_advisor.knowledge.model import Architecture, Model
    from llama_advisor.scenario.workload import Workload
    from llama_advisor.sizing.placement import Placement

GIB = 2**30
HOST_KINDS = ("cpu", "sbc", "browser")


def engine_memory(constants: MemoryConstants, engine: str) -> EngineMemory:
    """Return the constants of `engine`, or those of `default`."""
    return constants.engines.get(engine) or constants.engines["default"]


def device_overhead_gib(
    architecture: Architecture,
    engine: EngineMemory,
    device: Device | None,
    workload: Workload,
    placement: Placement,
) -> float:
    """Return what each device holds beside weights and caches, GiB; `device` None is a GPU."""
    total = context_gib(engine, device) + engine.base_gib
    total += activation_gib(architecture, engine, workload, placement)
    if architecture.vision is not None:
        total += engine.vision_encoder_gib
    if placement.tensor:
        total += engine.tensor_device_gib
    if placement.nodes > 1:
        total += engine.node_device_gib
    return total


def carries_adapters(model: Model, quantization: str) -> bool:
    """Tell whether the maker's own build of this quantization has adapters beside its weights."""
    return any(build.parameters_extra > 0 for build in model.official_builds if build.quantization == quantization)


def context_gib(engine: EngineMemory, device: Device | None) -> float:
    """Return the driver context and libraries on one device, GiB."""
    if device is None:
        return engine.gpu_context_gib
    if device.kind in HOST_KINDS:
        return engine.host_context_gib
    return engine.unified_context_gib if device.unified_memory else engine.gpu_context_gib


def activation_gib(architecture: Architecture, engine: EngineMemory, workload: Workload, placement: Placement) -> float:
    """Return the buffers of the largest forward pass on one device, GiB."""
    context = max(workload.context_tokens, engine.minimum_context_tokens)
    tokens = min(engine.batch_tokens, context * workload.concurrent_requests)
    per_token = engine.logits_bytes * architecture.vocab_size
    per_token += engine.hidden_bytes * architecture.hidden_size + engine.mask_bytes * context
    layer_bytes = engine.layer_bytes + (engine.tensor_layer_bytes if placement.tensor else 0.0)
    fixed = layer_bytes * architecture.layers * architecture.hidden_size
    return (tokens * per_token + fixed) / GIB
