"""Which amount of memory in a text belongs to the device, and which option that makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_advisor.hardware.spelling import Amount
    from llama_advisor.knowledge.device import Device

GPU_KINDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu", "npu"})
WHOLE_COMPUTERS = frozenset({"apple-silicon", "phone", "sbc", "jetson", "unified-pc"})
MOST_PHONE_GIB = 32
_NEARLY = 0.85
_CLOSE = 0.005


@dataclass(frozen=True)
class Share:
    """What the amounts in a text turned out to be."""

    device_gib: float | None = None  # Memory of one device, GiB.
    ram_gib: float | None = None  # Host memory, GiB.
    assumptions: tuple[str, ...] = ()  # What was taken for granted.

    def assume(self, text: str) -> Share:
        """Return a copy with one more assumption."""
        return replace(self, assumptions=(*self.assumptions, text))


def share(amounts: tuple[Amount, ...], candidates: tuple[Device, ...], devices: int, *, host: bool) -> Share:
    """Tell device memory from host memory among `amounts`; `host` is whether a host was named."""
    found = Share()
    for amount in amounts:
        found = _place(found, amount, candidates, devices, host=host)
    return found


def _place(found: Share, amount: Amount, candidates: tuple[Device, ...], devices: int, *, host: bool) -> Share:
    kind = candidates[0].kind
    gib = amount.gib / devices if amount.total or kind == "cpu" else amount.gib
    if kind == "browser" and amount.kind == "ram":
        return found.assume("a page may use only part of the RAM: the budget listed is kept")
    if kind not in GPU_KINDS:
        return _place_own(found, gib, phone=kind == "phone")
    if amount.kind == "ram":
        return replace(found, ram_gib=amount.gib)
    if amount.kind == "gpu" and found.device_gib is None:
        return replace(found, device_gib=gib)
    known = {device.memory_gib for device in candidates} - {None}
    fits = not known or option(candidates, gib, devices) is not None
    if found.device_gib is None and (fits or not (amount.added or host)):
        return replace(found, device_gib=gib)
    return replace(found, ram_gib=amount.gib).assume(f"{gib:g} GB taken as host memory")


def _place_own(found: Share, gib: float, *, phone: bool) -> Share:
    if found.device_gib is not None or (phone and gib > MOST_PHONE_GIB):
        return found.assume(f"{gib:g} GB taken as storage, not memory")
    return replace(found, device_gib=gib)


def option(candidates: tuple[Device, ...], gib: float, devices: int) -> float | None:
    """Return the memory option meant by `gib`: itself, a sum over devices, or a little less."""
    known = sorted({d.memory_gib for d in candidates if d.memory_gib is not None})
    for stated in (gib, gib / devices):
        for size in known:
            if abs(stated - size) <= _CLOSE * size:
                return size
    for stated in (gib, gib / devices):
        for size in known:
            if _NEARLY * size <= stated < size:
                return size
    return None


def describe_options(candidates: tuple[Device, ...]) -> str:
    """Return the memory options as words, e.g. `8 or 12 GB`."""
    known = sorted({d.memory_gib for d in candidates if d.memory_gib is not None})
    return " or ".join(f"{size:g}" for size in known) + " GB"
