"""Memory a build needs, against what is there: `memory_terms` settles what no load changes, `measure` applies one."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, gcd, inf
from typing import Literal, NamedTuple

from llama_advisor.knowledge.constants import EngineMemory, MemoryConstants
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.knowledge.model import Architecture, Model
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.figures import DeviceMemory, Memory
from llama_advisor.text.errors import InputError, nearest

GIB = 2**30

BYTES_PER_VALUE: Mapping[str, float] = {"f16": 2.0, "bf16": 2.0, "fp8": 1.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Types of KV cache; the last two keep 32 values of a byte, or half of one, with a 16-bit scale."""
HOST_KINDS = ("cpu", "sbc", "browser")
Parallel = Literal["none", "layer", "tensor"]


class Placement(NamedTuple):
    """One copy over devices: each layer divided over `tensor` of a node, whole layers in `stages` after each other."""

    weights: float  # Share of the weights on the fullest device.
    kv_cache: float  # Share of the KV cache there; above 1 / devices where heads are replicated.
    tensor: int
    stages: int
    nodes: int  # Nodes they stand in.
    possible: bool  # False when there are fewer layers than stages.
    pace: float = 1.0  # Speed of different cards against as many like the first.

    @property
    def devices(self) -> int:
        """Devices that hold a part."""
        return self.tensor * self.stages

    @property
    def cache_copies(self) -> float:
        """How often the KV cache is held over all devices."""
        return self.kv_cache / self.weights


ONE_DEVICE = Placement(1.0, 1.0, 1, 1, 1, possible=True)


def tensor_parallel_divides(architecture: Architecture, devices: int) -> bool:
    """Return whether heads, KV heads and feed-forward width divide over `devices`."""
    kv_heads = architecture.kv_heads
    heads = architecture.attention_heads % devices == 0 and architecture.ffn_size % devices == 0
    return heads and (kv_heads % devices == 0 or devices % kv_heads == 0)


def widest(architecture: Architecture, devices: int) -> int:
    """Return over how many of a node's `devices` a layer divides, in as many equal groups as it takes."""
    sizes = range(min(devices, architecture.attention_heads), 1, -1)
    return next((size for size in sizes if devices % size == 0 and tensor_parallel_divides(architecture, size)), 1)


def place(architecture: Architecture, machine: Machine, parallel: Parallel) -> Placement:
    """Lay the model over `machine`; tensor parallel as wide as a node allows, the groups left one stage each."""
    if parallel == "none" or machine.devices == 1:
        return ONE_DEVICE
    tensor = widest(architecture, machine.count) if parallel == "tensor" else 1
    stages = machine.devices // tensor
    stage = ceil((architecture.layers + 1) / stages) / (architecture.layers + 1)  # the output head counted as a layer
    kv_share = stage / gcd(tensor, architecture.kv_heads)
    possible = architecture.layers >= stages
    return Placement(stage / tensor, kv_share, tensor, stages, machine.nodes, possible, pace(machine))


def pace(machine: Machine) -> float:
    """Return the speed of cards one after the other, each with layers by its memory, against all like the first."""
    own = machine.device.bandwidth_gb_s or 1.0
    held = [(count * (device.memory_gib or 0.0), device) for device, count in machine.others]
    held.append((machine.count * (machine.device.memory_gib or 0.0), machine.device))
    slowed = sum(gib * own / (device.bandwidth_gb_s or own) for gib, device in held)
    return sum(gib for gib, _ in held) / slowed if slowed and machine.others else 1.0


class MemoryTerms(NamedTuple):
    """What the memory of one layout hangs on beside the load, GiB and bytes."""

    weights_gib: float
    placed: Placement
    alike: float  # as many devices like the first have the memory of all
    kv_bytes: float  # per token of context
    cache_factor: float
    image_bytes: float  # per image
    minimum_context_tokens: int
    batch_tokens: int
    logits_bytes: float  # per token of a batch
    hidden_bytes: float
    mask_bytes: float  # per token of a batch and token of context
    context_bytes: float  # per token of context
    layer_bytes: float  # whatever the batch
    base_gib: float  # driver context and libraries
    further_gib: tuple[float, ...]  # vision encoder, links between devices and nodes, adapters
    uncertain: float  # factor for the upper estimate of the overhead
    available_gib: float | None
    host_gib: float | None  # host memory of all nodes that may take what devices cannot
    offload: bool
    paged: bool  # whether sequences take cache as they grow; else each has a slot of the whole context
    most_requests: int  # most that the engine works on at a time


def engine_memory(constants: MemoryConstants, engine: str) -> EngineMemory:
    """Return the constants of `engine`, or those of `default`."""
    return constants.engines.get(engine) or constants.engines["default"]


def memory_terms(
    weights_bytes: int,
    model: Model,
    constants: MemoryConstants,
    engine: str,
    machine: Machine | None,
    kv_cache_type: str,
    *,
    parallel: Parallel = "none",
    offload: bool = False,
    adapters: bool = False,
    paged: bool = False,
    most_requests: int = 1,
) -> MemoryTerms:
    """Return the terms of one layout; without a machine, those of one GPU whose memory is not known."""
    rules, shape = engine_memory(constants, engine), model.architecture
    placed = place(shape, machine, parallel) if machine else ONE_DEVICE
    host = machine.ram_gib * machine.nodes if machine and machine.ram_gib is not None else None
    available, alike = device_available_gib(rules, machine) if machine else None, float(placed.devices)
    small = machine is not None and (machine.device.memory_gib or inf) < constants.large_device_gib
    further = (
        rules.vision_encoder_gib if shape.vision is not None else 0.0,
        rules.tensor_device_gib if placed.tensor > 1 else 0.0,
        rules.node_device_gib if placed.nodes > 1 else 0.0,
        rules.adapter_gib if adapters else 0.0,
    )
    base_gib = context_gib(rules, machine.device if machine else None) + rules.base_gib
    if machine and machine.others and available and placed.stages > 1:
        share, alike = uneven(rules, machine, shape.layers, available, base_gib + sum(further))
        placed = placed._replace(weights=share, kv_cache=share)
    return MemoryTerms(
        weights_gib=weights_bytes / GIB,
        placed=placed,
        alike=alike,
        kv_bytes=kv_bytes_per_token(shape, kv_cache_type),
        cache_factor=rules.cache_factor,
        image_bytes=image_bytes(shape),
        minimum_context_tokens=rules.minimum_context_tokens,
        batch_tokens=(rules.small_batch_tokens if small else None) or rules.batch_tokens,
        logits_bytes=rules.logits_bytes * shape.vocab_size,
        hidden_bytes=rules.hidden_bytes * shape.hidden_size,
        mask_bytes=rules.mask_bytes,
        context_bytes=rules.tensor_context_bytes * shape.hidden_size if placed.tensor > 1 else 0.0,
        layer_bytes=rules.layer_bytes * shape.layers * shape.hidden_size,
        base_gib=base_gib,
        further_gib=tuple(gib for gib in further if gib),
        uncertain=1 + constants.overhead_uncertainty,
        available_gib=available,
        host_gib=host and host * constants.host_usable_share,
        offload=offload and machine is not None and not machine.device.unified_memory,
        paged=paged,
        most_requests=most_requests,
    )


class Measured(NamedTuple):
    """A layout with one sequence of the whole context, which it must hold, GiB."""

    cache: float  # of the sequence, KV heads counted once
    images: float
    overhead: float  # of one device
    fixed: float  # the overhead with its uncertainty
    need: float  # of the fullest device
    available: float | None  # of one device, less what other programs take


class Room(NamedTuple):
    """Requests that are worked on at a time, as far as memory and engine go; the rest wait."""

    usual: int
    full: int  # each of the whole context


def measure(terms: MemoryTerms, load: Workload) -> Measured:
    """Apply a load: a few products."""
    context = max(load.context_tokens, terms.minimum_context_tokens)
    cache = terms.kv_bytes * context / GIB * terms.cache_factor
    images = terms.image_bytes * load.images_per_prompt / GIB
    per_token = terms.logits_bytes + (terms.hidden_bytes + terms.mask_bytes * context)
    batch = min(terms.batch_tokens, context * terms.most_requests)
    overhead = terms.base_gib + (batch * per_token + terms.context_bytes * context + terms.layer_bytes) / GIB
    for gib in terms.further_gib:
        overhead += gib
    fixed = overhead * terms.uncertain
    need = terms.weights_gib * terms.placed.weights + (cache + images) * terms.placed.kv_cache + fixed
    available = terms.available_gib
    if available is not None and load.reserved_gib:
        available = max(0.0, available - load.reserved_gib)
    return Measured(cache, images, overhead, fixed, need, available)


def fit(terms: MemoryTerms, measured: Measured) -> tuple[bool | None, float]:
    """Decide the fit, and how much lies in host memory, GiB; overhead stays on the device."""
    available, need = measured.available, measured.need
    if not terms.placed.possible:
        return False, 0.0
    if available is None:
        return None, 0.0
    if need <= available or not terms.offload:
        return need <= available, 0.0
    if measured.fixed > available:
        return False, 0.0
    excess = (need - available) * terms.alike
    return None if terms.host_gib is None else excess <= terms.host_gib, excess


def room(terms: MemoryTerms, measured: Measured, load: Workload) -> Room:
    """Return how many requests are worked on at a time; one at least, and where memory is not known what is asked."""
    if measured.available is None:
        return Room(terms.most_requests, terms.most_requests)
    whole = (measured.cache + measured.images) * terms.placed.kv_cache
    free = measured.available - measured.need + whole
    usual = whole
    if terms.paged:
        cache = terms.kv_bytes * load.usual_tokens / GIB * terms.cache_factor
        usual = min(whole, (cache + measured.images) * terms.placed.kv_cache)
    return Room(*(max(1, min(terms.most_requests, int(free / each))) for each in (usual, whole)))


def memory(terms: MemoryTerms, measured: Measured, load: Workload, at_work: int = 1) -> Memory:
    """Sum up one layout with so many requests at work; `fits` compares what the fullest device must hold with its own.

    A device must hold one sequence of the whole context, and the upper estimate of the overhead; `total_gib` is the
    expected need with the cache of the requests at work. `fits` and `available_gib` are None where the machine's
    memory is not known.
    """
    available, devices = measured.available, terms.placed.devices
    fits, offloaded = fit(terms, measured)
    copies = terms.placed.cache_copies
    cache, images, overhead = measured.cache * copies, measured.images * copies, measured.overhead * devices
    if at_work > 1:
        share = load.usual_tokens / max(load.context_tokens, terms.minimum_context_tokens) if terms.paged else 1.0
        cache, images = cache * max(1.0, at_work * share), images * at_work
    total, there = terms.weights_gib + (cache + images) + overhead, available and available * terms.alike
    fullest = DeviceMemory(measured.need, available)
    return Memory(terms.weights_gib, cache, images, overhead, total, there, fullest, offloaded, fits)


def context_gib(engine: EngineMemory, device: Device | None) -> float:
    """Return the driver context and libraries on one device, GiB; no device stands for a GPU."""
    if device is None:
        return engine.gpu_context_gib
    if device.kind in HOST_KINDS:
        return engine.host_context_gib
    return engine.unified_context_gib if device.unified_memory else engine.gpu_context_gib


def device_available_gib(engine: EngineMemory | None, machine: Machine) -> float | None:
    """Return what one device, or the host where it has no memory of its own, has for the model, GiB; None: not known.

    The device's share and reserve come first (system, browser, driver), those of an engine after.
    """
    device = machine.device
    memory_gib = device.memory_gib if device.memory_gib is not None else machine.ram_gib
    if memory_gib is None:
        return None
    share, reserve = (engine.usable_share, engine.reserve_gib) if engine else (1.0, 0.0)
    return max(0.0, memory_gib * device.usable_share * share - device.reserved_gib - reserve)


def uneven(rules: EngineMemory, machine: Machine, layers: int, available: float, held: float) -> tuple[float, float]:
    """Return the first card's share of layers, by what each has left beside `held`, and how many like it equal all."""
    other = [(device_available_gib(rules, machine._replace(device=each)) or 0.0, n) for each, n in machine.others]
    alike = machine.nodes * (machine.count + sum(gib * n for gib, n in other) / available)
    mine = max(0.0, available - held)
    left = machine.nodes * (machine.count * mine + sum(max(0.0, gib - held) * n for gib, n in other))
    return ceil((layers + 1) * mine / left) / (layers + 1) if mine else 1.0, alike


def carries_adapters(model: Model, quantization: str) -> bool:
    """Return whether the maker's own build of this quantization has adapters beside its weights."""
    return any(build.parameters_extra > 0 for build in model.official_builds if build.quantization == quantization)


def kv_bytes_per_token(architecture: Architecture, kv_cache_type: str = "f16") -> float:
    """Return the bytes one token keeps in all self-attention layers; raise InputError for a type that is not known."""
    if kv_cache_type not in BYTES_PER_VALUE:
        known = nearest(kv_cache_type, BYTES_PER_VALUE)
        raise InputError(f"kv_cache_type: `{kv_cache_type}` is not known{known}")
    return _values_per_token(architecture) * architecture.layers * BYTES_PER_VALUE[kv_cache_type]


def image_bytes(architecture: Architecture) -> float:
    """Return the bytes one image keeps in the cross-attention layers: padded to the most tiles, always in 16 bits."""
    vision = architecture.vision
    if vision is None:
        return 0.0
    values = _values_per_token(architecture) * vision.cross_attention_layers
    return values * vision.tokens_per_image * BYTES_PER_VALUE["f16"]


def _values_per_token(architecture: Architecture) -> int:
    """Numbers one token keeps in one layer: keys and values of every KV head."""
    return 2 * architecture.kv_heads * architecture.head_dim


def layers_held(memory: Memory, layers: int) -> int | None:
    """Return the layers that the device holds where the rest lie in host memory; None where it holds all."""
    if not memory.offloaded_gib:
        return None
    return min(layers, int(max(0.0, 1 - memory.offloaded_gib / memory.weights_gib) * (layers + 1)))
