"""Memory a build needs, with its parts, against what the machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.sizing.available import device_available_gib, host_available_gib
from llama_advisor.sizing.figures import DeviceMemory, Memory
from llama_advisor.sizing.kv_cache import image_cache_gib, kv_cache_gib
from llama_advisor.sizing.overhead import GIB, device_overhead_gib, engine_memory
from llama_advisor.sizing.placement import Parallel, Placement, place

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import EngineMemory, MemoryConstants
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Architecture, Model
    from llama_advisor.scenario.workload import Workload

ONE_DEVICE = Placement(1.0, 1.0, 1, 1, tensor=False, possible=True)


class Parts(NamedTuple):
    """Need over all devices, GiB, and what one device's overhead is."""

    weights: float
    kv_cache: float
    image_cache: float
    device_overhead: float

    def device_need(self, placement: Placement, uncertainty: float) -> float:
        """Return the upper need of the fullest device, GiB."""
        caches = (self.kv_cache + self.image_cache) * placement.kv_cache
        overhead = self.device_overhead * (1 + uncertainty)
        return self.weights * placement.weights + caches + overhead


class Verdict(NamedTuple):
    """Whether the parts fit, and how much of them lies in host memory, GiB."""

    fits: bool | None
    offloaded_gib: float


def estimate_memory(
    weights_bytes: int,
    model: Model,
    constants: MemoryConstants,
    engine: str,
    machine: Machine | None,
    workload: Workload,
    kv_cache_type: str,
    *,
    parallel: Parallel = "none",
    offload: bool = False,
    adapters: bool = False,
) -> Memory:
    """Size one build; `fits` compares the upper need of the fullest device with what it has.

    `total_gib` is the expected need; a device's need adds the uncertainty of the overhead.
    Without a machine, or where its memory is not known, `fits` and `available_gib` are None.
    """
    rules = engine_memory(constants, engine)
    placement = place(model.architecture, machine, parallel) if machine else ONE_DEVICE
    parts = measure(weights_bytes, model.architecture, rules, machine, workload, kv_cache_type, placement)
    if adapters:
        parts = parts._replace(device_overhead=parts.device_overhead + rules.adapter_gib)
    need = parts.device_need(placement, constants.overhead_uncertainty)
    available = device_available_gib(rules, machine) if machine else None
    verdict = judge(parts, need, available, placement, constants, machine if offload else None)
    return summarise(parts, placement, DeviceMemory(need_gib=need, available_gib=available), verdict)


def measure(
    weights_bytes: int,
    architecture: Architecture,
    rules: EngineMemory,
    machine: Machine | None,
    workload: Workload,
    kv_cache_type: str,
    placement: Placement,
) -> Parts:
    """Return the parts of the need, GiB."""
    context = max(workload.context_tokens, rules.minimum_context_tokens)
    sequences = workload.concurrent_requests
    cache = kv_cache_gib(architecture, kv_cache_type, context, sequences)
    device = machine.device if machine else None
    return Parts(
        weights=weights_bytes / GIB,
        kv_cache=cache * rules.cache_factor,
        image_cache=image_cache_gib(architecture, workload.images_per_prompt, sequences),
        device_overhead=device_overhead_gib(architecture, rules, device, workload, placement),
    )


def judge(
    parts: Parts,
    need: float,
    available: float | None,
    placement: Placement,
    constants: MemoryConstants,
    host: Machine | None,
) -> Verdict:
    """Decide the fit; `host` is the machine whose own memory may take what does not fit."""
    if not placement.possible:
        return Verdict(fits=False, offloaded_gib=0.0)
    if available is None:
        return Verdict(fits=None, offloaded_gib=0.0)
    if need <= available or host is None or host.device.unified_memory:
        return Verdict(fits=need <= available, offloaded_gib=0.0)
    fixed = parts.device_overhead * (1 + constants.overhead_uncertainty)
    excess = (need - available) * placement.devices
    room = host_available_gib(constants, host)
    if fixed > available:
        return Verdict(fits=False, offloaded_gib=0.0)
    return Verdict(fits=None if room is None else excess <= room, offloaded_gib=excess)


def summarise(parts: Parts, placement: Placement, device: DeviceMemory, verdict: Verdict) -> Memory:
    """Return the parts as the result that is shown, replicated caches counted on each device."""
    shards = placement.devices
    copies = max(1.0, placement.kv_cache * shards) if placement.tensor else 1.0
    overhead = parts.device_overhead * shards
    caches = (parts.kv_cache * copies, parts.image_cache * copies)
    available = device.available_gib
    return Memory(
        weights_gib=parts.weights,
        kv_cache_gib=caches[0],
        image_cache_gib=caches[1],
        overhead_gib=overhead,
        total_gib=parts.weights + sum(caches) + overhead,
        available_gib=None if available is None else available * shards,
        per_device=device,
        offloaded_gib=verdict.offloaded_gib,
        fits=verdict.fits,
    )
