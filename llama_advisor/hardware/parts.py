"""Parts of a chip that compute by themselves, and processors of which only the cores were said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_advisor.hardware.words import Catalogue
    from llama_advisor.knowledge.device import Device, Machine

GENERIC_SERVER = "generic-cpu-server"
MOST_SHARES = 8
"""Times the bandwidth of a modest server that many cores are taken to have."""


def part(machine: Machine, accelerator: str | None, catalogue: Catalogue) -> Machine | None:
    """Return the processor or NPU of the machine's own chip; it has that chip's memory. None where none is listed."""
    whole = machine.device
    if accelerator is None or accelerator not in whole.parts:
        return None
    chip = catalogue.by_id[whole.parts[accelerator]]
    device = chip._replace(
        memory_gib=machine.ram_gib or whole.memory_gib,
        usable_share=min(chip.usable_share, whole.usable_share),
        bandwidth_gb_s=chip.bandwidth_gb_s or whole.bandwidth_gb_s,
    )
    return machine._replace(device=device, label=f"{accelerator.upper()} of {machine.label}")


def with_cores(device: Device, cores: int | None) -> Device:
    """Put the cores that were said in place of those assumed; a rented server has memory bandwidth by its cores."""
    if cores is None or not device.cores or device.bandwidth_gb_s is None:
        return device
    shares = min(cores / device.cores, MOST_SHARES) if device.id == GENERIC_SERVER else 1.0
    return device._replace(cores=cores, bandwidth_gb_s=device.bandwidth_gb_s * shares)
