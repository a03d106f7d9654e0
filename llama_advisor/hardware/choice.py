"""Which devices a reading may mean, and which amount of memory decides between them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.hardware.catalogue import Amount, tokens
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.hardware.catalogue import Catalogue
    from llama_advisor.hardware.words import Named, Reading
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
    strange = [name for name in specific if _changes_name(name)]
    if specific and not strange:
        return _known(specific, reading, catalogue, target)
    return _unknown(strange, reading, catalogue, target, label)


def smallest_first(device: Device) -> tuple[float, float, float, str]:
    """Sort by memory; of the same, boards of more power first, then by bandwidth."""
    power = -(device.tdp_w or 0.0) if device.kind in GPU_KINDS else 0.0
    return device.memory_gib or 0.0, power, device.bandwidth_gb_s or inf, device.id


def _slowest_first(device: Device) -> tuple[float, float, str]:
    return device.memory_gib or 0.0, device.bandwidth_gb_s or inf, device.id


def _changes_name(name: Named) -> bool:
    return bool(name.suffix) and _suffix_amount(name) is None


def _suffix_amount(name: Named) -> Amount | None:
    """Read the bare number behind a name as memory where it is one of its options."""
    if name.suffix.isdigit() and int(name.suffix) in {d.memory_gib for d in name.devices}:
        return Amount(float(name.suffix), "plain")
    return None


def _known(names: list[Named], reading: Reading, catalogue: Catalogue, target: Target | None) -> Choice:
    group = _leading(names)
    bare = tuple(amount for name in group if (amount := _suffix_amount(name)))
    amounts = (*bare, *reading.amounts)
    pools, notes = [], []
    for name in group:
        pool, note = _laptop_version(name, reading, catalogue, target, amounts)
        pools.append(pool)
        notes += note
    devices, counts, mixed = _merge(pools, group, either=reading.either)
    said = counts or next((name.counts for name in reading.named if name.counts), ())
    host = len(group) < len(names) or any(n.generic for n in reading.named)
    return Choice(
        devices,
        said,
        amounts,
        host,
        (*notes, *mixed, *_stand_ins(group, devices), *_unread(reading, bare)),
    )


def _stand_ins(names: list[Named], devices: tuple[Device, ...]) -> list[str]:
    """Say when a number in a name is not in the device's own: one entry stands for several."""
    own = {word for device in devices for word in tokens(device.name.casefold())}
    for name in names:
        number = max((word for word in name.spelling if word[0].isdigit()), key=len, default="")
        if number and number not in own:
            return [f"{devices[0].name} stands in for it"]
    return []


def _unread(reading: Reading, bare: tuple[Amount, ...]) -> list[str]:
    known = {f"{amount.gib:g}" for amount in bare}
    words = [word for word in reading.unread.split() if word not in known]
    return [f'not read: "{" ".join(words)}"'] if any(word[0].isdigit() for word in words) else []


def _leading(names: list[Named]) -> list[Named]:
    """Return the names that decide: discrete GPUs before whole computers before processors."""

    def rank(name: Named) -> int:
        kind = name.devices[0].kind
        return 0 if kind in GPU_KINDS else 2 if kind in {"cpu", "sbc", "browser"} else 1

    best = min(map(rank, names))
    return [name for name in names if rank(name) == best]


def _laptop_version(
    name: Named,
    reading: Reading,
    catalogue: Catalogue,
    target: Target | None,
    amounts: tuple[Amount, ...],
) -> tuple[tuple[Device, ...], list[str]]:
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
    counts = next((name.counts for name in names if name.counts), ())
    if common:
        return tuple(common), counts, []
    if pools[0][0].kind not in GPU_KINDS:
        fewest = min(pools, key=len)
        return fewest, counts, [f"{fewest[0].name} is what was meant"]
    least = min(pools, key=lambda pool: min(map(_slowest_first, pool)))
    if either:
        return least, counts, [f"the smaller of the named devices is meant ({least[0].name})"]
    total = sum(name.counts[-1] if name.counts else 1 for name in names)
    return (
        least,
        (total,),
        [f"different GPUs are counted as {total} of the smallest ({least[0].name})"],
    )


def _unknown(
    strange: list[Named],
    reading: Reading,
    catalogue: Catalogue,
    target: Target | None,
    label: str,
) -> Choice:
    unread = bool(strange or reading.unread)
    if not reading.amounts and (strange or (reading.unread and _names_a_device(reading))):
        known = strange[0].devices if strange else ()
        hint = f"; nearest: {known[0].name}" if known else catalogue.suggestion(label)
        raise InputError(f'hardware "{label}": unknown device{hint}')
    device = catalogue.by_id[_generic_id(strange, reading, target)]
    counts = next((name.counts for name in reading.named if name.counts), ())
    what = f'no entry for "{label}"' if unread else "no device named"
    named = any(name.generic for name in reading.named) and not unread
    notes = () if named else (f'{what}: taken as "{device.name}"',)
    return Choice((device,), counts, reading.amounts, host=False, assumptions=notes)


def _names_a_device(reading: Reading) -> bool:
    """Tell whether the unread words look like a model: no kind said, or a number among them."""
    return not reading.named or any(map(str.isdigit, reading.unread))


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
