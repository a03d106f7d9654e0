"""Which devices a reading may mean, and which amount of memory decides between them."""

from __future__ import annotations

from itertools import chain
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.hardware.words import Amount, tokens
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.hardware.words import Catalogue, Named, Reading
    from llama_advisor.knowledge.device import Device
    from llama_advisor.text.strict import Target

GPU_KINDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu", "npu"})
WHOLE_COMPUTERS = frozenset({"apple-silicon", "phone", "sbc", "jetson", "unified-pc"})
MOST_PHONE_GIB = 32
_NEARLY = 0.85
_CLOSE = 0.005
GENERIC_GPU = "generic-gpu"
GENERIC_PC = "generic-pc"
_BY_TARGET = {
    "phone": "generic-phone",
    "laptop": "generic-laptop",
    "edge": "generic-board",
    "browser": "browser-webgpu",
    "server": "generic-cpu-server",
    "cloud": "generic-cpu-server",
}
_BY_KIND = {
    "phone": "generic-phone",
    "apple-silicon": "generic-apple",
    "cpu": GENERIC_PC,
    "sbc": "generic-board",
    "jetson": "generic-board",
    "unified-pc": GENERIC_PC,
}
_OWN_MEMORY_TARGETS = frozenset({"phone", "laptop", "edge", "browser"})


class Choice(NamedTuple):
    """Devices that a reading may mean."""

    devices: tuple[Device, ...]  # Candidates, one of which memory decides for.
    counts: tuple[int, ...] = ()  # Nodes and count, or count, as said beside the names.
    amounts: tuple[Amount, ...] = ()  # Amounts of memory, with those that stood as bare numbers.
    host: bool = False  # Whether the computer around the device was named too.
    assumptions: tuple[str, ...] = ()  # What was taken for granted.


def choose(reading: Reading, catalogue: Catalogue, target: Target | None, label: str) -> Choice:
    """Return what `reading` may mean; raise InputError for an unknown device without memory."""
    if device := catalogue.by_id.get(label.casefold()):
        return Choice((device,))
    specific = [name for name in reading.named if not name.generic]
    strange = [name for name in specific if name.suffix and _suffix_amount(name) is None]
    if specific and not strange:
        return _known(specific, reading, catalogue, target)
    return _unknown(strange, reading, catalogue, target, label)


def smallest_first(device: Device) -> tuple[float, float, float, str]:
    """Sort by memory; of the same, boards of more power first, then by bandwidth."""
    power = -(device.tdp_w or 0.0) if device.kind in GPU_KINDS else 0.0
    return device.memory_gib or 0.0, power, device.bandwidth_gb_s or inf, device.id


def _suffix_amount(name: Named) -> Amount | None:
    """Read the bare number behind a name as memory where it is one of its options."""
    if name.suffix.isdigit() and int(name.suffix) in {d.memory_gib for d in name.devices}:
        return Amount(float(name.suffix), "plain")
    return None


def _known(names: list[Named], reading: Reading, catalogue: Catalogue, target: Target | None) -> Choice:
    """Return the devices of the names that decide: discrete GPUs before whole computers before processors."""

    def rank(name: Named) -> int:
        kind = name.devices[0].kind
        return 0 if kind in GPU_KINDS else 2 if kind in {"cpu", "sbc", "browser"} else 1

    best = min(map(rank, names))
    group = [name for name in names if rank(name) == best]
    bare = tuple(amount for name in group if (amount := _suffix_amount(name)))
    amounts = (*bare, *reading.amounts)
    pools, notes = [], []
    for name in group:
        pool, note = _laptop_version(name, reading, catalogue, target, amounts)
        pools.append(pool)
        notes += note
    devices, counts, mixed = _merge(pools, group, either=reading.either)
    notes += mixed
    own = {word for device in devices for word in tokens(device.name.casefold())}
    numbers = (max((word for word in name.spelling if word[0].isdigit()), key=len, default="") for name in group)
    if any(number and number not in own for number in numbers):  # one entry stands for several
        notes.append(f"{devices[0].name} stands in for it")
    read = {f"{amount.gib:g}" for amount in bare}
    words = [word for word in reading.unread.split() if word not in read]
    if any(word[0].isdigit() for word in words):
        notes.append(f'not read: "{" ".join(words)}"')
    host = len(group) < len(names) or any(name.generic for name in reading.named)
    return Choice(devices, counts or _counts(reading.named), amounts, host, tuple(notes))


def _counts(names: Iterable[Named]) -> tuple[int, ...]:
    """Return what stands beside the first name that has a count."""
    return next((name.counts for name in names if name.counts), ())


def _laptop_version(
    name: Named, reading: Reading, catalogue: Catalogue, target: Target | None, amounts: tuple[Amount, ...]
) -> tuple[tuple[Device, ...], list[str]]:
    """Return the devices of a name, those for laptops where one is meant, and whether that was assumed."""
    mobile = catalogue.devices((*name.spelling, "laptop"))
    if not mobile or not (reading.laptop or target == "laptop"):
        return name.devices, []
    if reading.laptop:
        return mobile, []
    stated = [a.gib for a in amounts if a.kind != "ram"]
    if stated and option(mobile, stated[0], 1) is None:
        return name.devices, []
    return mobile, ["the laptop version of the GPU is meant"]


def _merge(
    pools: list[tuple[Device, ...]], names: list[Named], *, either: bool
) -> tuple[tuple[Device, ...], tuple[int, ...], list[str]]:
    """Return the devices that all names share, or the smallest of several different ones."""
    common = [d for d in pools[0] if all(d.id in {o.id for o in pool} for pool in pools[1:])]
    counts = _counts(names)
    if common:
        return tuple(common), counts, []
    if pools[0][0].kind not in GPU_KINDS:
        fewest = min(pools, key=len)
        return fewest, counts, [f"{fewest[0].name} is what was meant"]
    least = min(pools, key=lambda pool: min((d.memory_gib or 0.0, d.bandwidth_gb_s or inf, d.id) for d in pool))
    if either:
        return least, counts, [f"the smaller of the named devices is meant ({least[0].name})"]
    total = sum(name.counts[-1] if name.counts else 1 for name in names)
    return least, (total,), [f"different GPUs are counted as {total} of the smallest ({least[0].name})"]


def _unknown(strange: list[Named], reading: Reading, catalogue: Catalogue, target: Target | None, label: str) -> Choice:
    """Return a device of the kind that was said or is usual; raise InputError where words look like a device's name."""
    # No kind said, or a number among the words that were not read.
    like_a_name = reading.unread and (not reading.named or any(map(str.isdigit, reading.unread)))
    if not reading.amounts and (strange or like_a_name):
        hint = f"; nearest: {strange[0].devices[0].name}" if strange else catalogue.suggestion(label)
        raise InputError(f'hardware "{label}": unknown device{hint}')
    device = catalogue.by_id[_generic_id(strange, reading, target)]
    unread = bool(strange or reading.unread)
    what = f'no entry for "{label}"' if unread else "no device named"
    named = any(name.generic for name in reading.named) and not unread
    notes = () if named else (f'{what}: taken as "{device.name}"',)
    return Choice((device,), _counts(reading.named), reading.amounts, host=False, assumptions=notes)


def _generic_id(strange: list[Named], reading: Reading, target: Target | None) -> str:
    if strange:
        kind = strange[0].devices[0].kind
        return GENERIC_GPU if kind in GPU_KINDS else _BY_KIND.get(kind, GENERIC_PC)
    said = [name.devices[0].id for name in reading.named if name.devices]
    if GENERIC_GPU in said and not reading.no_gpu:
        return GENERIC_GPU
    if others := [item for item in said if item != GENERIC_GPU]:
        return others[0]
    only_ram = bool(reading.amounts) and all(amount.kind == "ram" for amount in reading.amounts)
    if target in _OWN_MEMORY_TARGETS or only_ram or reading.no_gpu:
        return _BY_TARGET.get(target or "", GENERIC_PC)
    return GENERIC_GPU


def share(
    amounts: tuple[Amount, ...], candidates: tuple[Device, ...], devices: int, *, host: bool
) -> tuple[float | None, float | None, list[str]]:
    """Device memory, host memory and what was assumed of `amounts`; `host` is whether a host was named."""
    kind = candidates[0].kind
    listed = any(device.memory_gib is not None for device in candidates)
    device_gib: float | None = None
    ram_gib: float | None = None
    notes: list[str] = []
    for amount in amounts:
        gib = amount.gib / devices if amount.total or kind == "cpu" else amount.gib
        if kind == "browser" and amount.kind == "ram":
            notes.append("a page may use only part of the RAM: the budget listed is kept")
        elif kind not in GPU_KINDS and (device_gib is not None or (kind == "phone" and gib > MOST_PHONE_GIB)):
            notes.append(f"{gib:g} GB taken as storage, not memory")
        elif kind not in GPU_KINDS:
            device_gib = gib
        elif amount.kind == "ram":
            ram_gib = amount.gib
        elif device_gib is None and (
            amount.kind == "gpu"
            or not (amount.added or host)
            or not listed
            or option(candidates, gib, devices) is not None
        ):
            device_gib = gib
        else:
            ram_gib = amount.gib
            notes.append(f"{gib:g} GB taken as host memory")
    return device_gib, ram_gib, notes


def option(candidates: tuple[Device, ...], gib: float, devices: int) -> float | None:
    """Return the memory option meant by `gib`: itself, a sum over devices, or a little less."""
    known = sorted({d.memory_gib for d in candidates if d.memory_gib is not None})
    pairs = [(stated, size) for stated in (gib, gib / devices) for size in known]
    close = (size for stated, size in pairs if abs(stated - size) <= _CLOSE * size)
    nearly = (size for stated, size in pairs if _NEARLY * size <= stated < size)
    return next(chain(close, nearly), None)


def describe_options(candidates: tuple[Device, ...]) -> str:
    """Return the memory options as words, e.g. `8 or 12 GB`."""
    known = sorted({d.memory_gib for d in candidates if d.memory_gib is not None})
    return " or ".join(f"{size:g}" for size in known) + " GB"
