"""Memory that a machine has for a model, per device and in the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import EngineMemory, MemoryConstants
    from llama_advisor.knowledge.device import Machine


def device_available_gib(engine: EngineMemory, machine: Machine) -> float | None:
    """Return what one device has for the model on this engine, GiB; None when not known.

    A processor without memory of its own takes the host's. The device's usable share and
    reserve come first (system, browser, driver), the engine's own share and reserve after.
    """
    device = machine.device
    memory = device.memory_gib if device.memory_gib is not None else machine.ram_gib
    if memory is None:
        return None
    usable = memory * device.usable_share * engine.usable_share - device.reserved_gib
    return max(0.0, usable - engine.reserve_gib)


def host_available_gib(constants: MemoryConstants, machine: Machine) -> float | None:
    """Return host memory that may take what devices cannot, over all nodes, GiB."""
    if machine.ram_gib is None:
        return None
    return machine.ram_gib * machine.nodes * constants.host_usable_share
