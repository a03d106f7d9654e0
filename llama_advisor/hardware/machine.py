"""From what a text or a mapping says to one machine, with everything taken for granted said.

From top to bottom: the machine, its layout and device; which devices may be meant, and what memory decides for.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from math import inf
from typing import Any, NamedTuple

from llama_advisor.hardware.words import (
    DEVICES_AND_NODES,
    GENERIC,
    Amount,
    Catalogue,
    Named,
    Reading,
    bus,
    clean,
    mixed,
    name_tokens,
    read,
    sizes,
    tokens,
)
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import Record
from llama_advisor.text.strict import Target
from llama_advisor.text.tables import table

OTHERS_NAMED = 3
MOST_KEPT = 256  # Readings that a catalogue keeps.
Assumptions = tuple[str, ...]
GPU_KINDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu", "npu"})
WHOLE_COMPUTERS = frozenset({"apple-silicon", "phone", "sbc", "jetson", "unified-pc"})
MOST_PHONE_GIB = 32
STORAGE, HOST = 4, 2  # Above so many times the largest memory, an amount is storage, or the host memory of a GPU.
CHANNELS = (2, 4, 6, 8, 12)
_NEARLY, _OVER, _CLOSE = 0.85, 1.07, 0.005
GENERIC_GPU, GENERIC_PC = "generic-gpu", "generic-pc"
# Ids of devices that stand for a kind, or for what a target has; else a PC.
_GENERIC: dict[str, dict[str, str]] = table(__file__)
_OWN_MEMORY_TARGETS = frozenset({"phone", "laptop", "edge", "browser"})
SHARED = frozenset({"phone", "browser", "edge"})
"""Where the memory of a device that was not named is the host's own."""


class Stated(Record):
    """What a mapping says beside the name; the same units as its keys."""

    count: int | None = None  # Devices per node.
    nodes: int | None = None  # Nodes.
    memory_gb: float | None = None  # Memory of one device, GB as marketed, taken as GiB.
    bandwidth_gb_s: float | None = None  # Memory bandwidth of one device, GB/s.
    ram_gb: float | None = None  # Host memory per node, GB, taken as GiB.


HERE = "this computer: "
"""What stands before hardware that was found, not stated."""
_KEYS = ("device", *Stated._fields)


def on_accelerator(
    machine: Machine, accelerator: str, catalogue: Catalogue, target: Target | None = None
) -> Machine | None:
    """Return the part of a machine that it must run on: of its chip, else its host memory; None where not known."""
    if found := catalogue.part(machine, accelerator):
        return found
    if accelerator != "cpu" or machine.device.kind in {"cpu", "sbc", "phone"}:
        return machine
    ram = machine.ram_gib or (machine.device.memory_gib if machine.device.unified_memory else None)
    if ram is None:
        return None
    host = read_hardware({"ram_gb": ram}, catalogue, target)
    return host._replace(owned=machine.owned, label=f"processor of {machine.label}")


def read_hardware(value: str | Mapping[str, Any], catalogue: Catalogue, target: Target | None = None) -> Machine:
    """Return the machine of a text, or of a mapping with keys of `Stated` and `device`, each optional or null.

    Marketed GB count as GiB. Raises InputError for what cannot be read. What was read lately is the same object.
    """
    key = repr(value), target
    if key not in catalogue.readings:
        if len(catalogue.readings) >= MOST_KEPT:
            catalogue.readings.clear()
        catalogue.readings[key] = _read(value, catalogue, target)
    return catalogue.readings[key]


def _read(value: str | Mapping[str, Any], catalogue: Catalogue, target: Target | None) -> Machine:
    said = {"device": value} if isinstance(value, str) else {k: item for k, item in value.items() if item is not None}
    for key in said:
        if key not in _KEYS:
            raise InputError(f'hardware: unknown key "{clean(str(key))}"{nearest(str(key), _KEYS)}')
    if not said:
        raise InputError(f"hardware: empty; known keys: {', '.join(_KEYS)}")
    text = clean(str(said.pop("device", "")))
    if isinstance(value, str) and not text:
        raise InputError("hardware: empty")
    stated = Stated(**{key: _number(key, item) for key, item in said.items()})
    if text.startswith(HERE):
        machine = _read({"device": text.removeprefix(HERE), **said}, catalogue, target)
        return machine._replace(assumptions=("found on this computer", *machine.assumptions))
    if text:
        joined = mixed(text, catalogue, lambda part: _build(part, part, catalogue, target, stated))
        return joined._replace(label=text) if joined else _build(text, text, catalogue, target, stated)
    parts = {"memory_gb": "{:g} GB VRAM", "ram_gb": "{:g} GB RAM"}
    label = " + ".join(parts.get(key, f"{key} {{:g}}").format(item) for key, item in said.items())
    shared = stated.ram_gb if stated.memory_gb is None else target in SHARED
    return _build("" if shared else "gpu", label, catalogue, target, stated)


def _number(key: str, item: Any) -> Any:
    whole = key in {"count", "nodes"}
    number = isinstance(item, (int, float)) and not isinstance(item, bool)
    if not number or not 0 < item < 10**6 or (whole and item != int(item)):
        raise InputError(f"hardware: {key}: {clean(str(item))!r} is not a positive {'whole ' * whole}number")
    return int(item) if whole else float(item)


def _build(text: str, label: str, catalogue: Catalogue, target: Target | None, stated: Stated) -> Machine:
    """Return the machine that cleaned `text` and `stated` describe; InputError where they clash."""
    reading = read(text, catalogue)
    amounts = reading.amounts  # the mapping's own are added as words would have said them, and win
    if stated.memory_gb is not None:
        amounts = (Amount(stated.memory_gb, "plain"), *(amount for amount in amounts if amount.kind == "ram"))
    if stated.ram_gb is not None:
        amounts = (*(amount for amount in amounts if amount.kind != "ram"), Amount(stated.ram_gb, "ram"))
    reading = reading._replace(amounts=amounts)
    name = next((name for name in reading.named if name.instances), None)
    if name and (rented := _from_instance(name, reading, label, catalogue, stated)):
        return rented
    if name:  # a card put into an instance that has none
        named = tuple(other for other in reading.named if not other.instances)
        reading = reading._replace(named=named, amounts=(*amounts, Amount(name.instances[0].ram_gib or 0, "ram")))
    choice = choose(reading, catalogue, target, label)
    count, nodes = _layout(reading, choice, stated, label)
    whole = choice.devices[0].kind in WHOLE_COMPUTERS and count > 1
    extra = (f"{count} computers of one device each",) if whole else ()
    count, nodes = (1, nodes * count) if whole else (count, nodes)
    device_gib, ram_gib, shared = share(choice.amounts, choice.devices, count * nodes, host=choice.host)
    asked = stated.memory_gb and (device_gib if choice.board > 1 else stated.memory_gb)
    device, picked, meant = _pick(choice.devices, asked or device_gib, count * nodes, label, asked)
    device, changed = _override(device, stated, reading)
    return Machine(
        device=device,
        count=count,
        nodes=nodes,
        ram_gib=ram_gib,
        owned=target not in {"cloud", "hosted"},
        target=target,
        label=label,
        assumptions=(*choice.assumptions, *extra, *shared, *picked, *changed),
        meant=frozenset(one.id for one in meant) if len(meant) > 1 else frozenset(),
    )


def _layout(reading: Reading, choice: Choice, stated: Stated, label: str) -> tuple[int, int]:
    """Return devices per node and nodes."""
    count = choice.counts[-1] if choice.counts else reading.apart
    nodes = choice.counts[0] if len(choice.counts) == DEVICES_AND_NODES else reading.nodes
    for what, one, other in (("count is", count, stated.count), ("nodes are", nodes, stated.nodes)):
        if one is not None and other is not None:
            raise InputError(f'hardware "{label}": the {what} given twice ({one} and {other})')
    count, nodes = count or stated.count or 1, nodes or stated.nodes or 1
    among = nodes if reading.spread else 1
    if count % among:
        raise InputError(f'hardware "{label}": {count} devices do not divide over {nodes} nodes')
    return count // among * choice.board, nodes


def _from_instance(name: Named, reading: Reading, label: str, catalogue: Catalogue, stated: Stated) -> Machine | None:
    """Return the machine of an instance, several of which are nodes; None for one without the card that is named."""
    cards = {d.id for other in reading.named if not other.generic and not other.instances for d in other.devices}
    pairs = [(catalogue.by_id[instance.device], instance) for instance in name.instances]
    pairs.sort(key=lambda pair: (smallest_first(pair[0])[::2], pair[1].count, pair[1].ram_gib or 0, pair[1].id))
    (device, instance), *others = [pair for pair in pairs if not cards or pair[0].id in cards] or pairs
    if cards and device.id not in cards:
        if device.kind == "cpu":
            return None
        raise InputError(f'hardware "{label}": {instance.id} holds {device.name}, not the device named')
    names = ", ".join(other.id for _, other in others[:OTHERS_NAMED])
    notes = [f"{instance.id} assumed; it could be {names}"] if names else []
    gib = device.memory_gib or inf  # that of a processor is read below
    known = {gib, gib * instance.count, instance.ram_gib}
    spare = [f"{a.gib:g} gb" for a in reading.amounts if a.kind == "plain" and gib < inf and a.gib not in known]
    if unread := " ".join((reading.unread, *spare)).strip():
        notes.append(f'not read: "{unread}"')
    said = stated.ram_gb or next((amount.gib for amount in reading.amounts if amount.kind == "ram"), None)
    count, ram_gib = instance.count, said or instance.ram_gib
    if device.kind == "cpu":  # cores of a processor with a share of its bandwidth
        cores = count if reading.cores in {None, 2 * count} else reading.cores or count
        speed = round((device.bandwidth_gb_s or 0) * cores / (device.cores or cores), 1)
        memory = next((amount.gib for amount in reading.amounts), ram_gib)
        device = device._replace(cores=cores, bandwidth_gb_s=speed, memory_gib=memory)
        notes.append(f"{cores} cores with their share of the memory bandwidth assumed ({speed:g} GB/s)")
        count, ram_gib = 1, None
    return Machine(
        device=device,
        count=count,
        nodes=stated.nodes or reading.nodes or (name.counts[-1] if name.counts else 1),
        ram_gib=ram_gib,
        owned=not instance.rented,
        offer=instance.offer,
        target="cloud" if instance.rented else "server",
        label=label,
        assumptions=tuple(notes),
        meant=frozenset(one.id for one, _ in others) | {device.id} if others else frozenset(),
    )


def _pick(
    candidates: tuple[Device, ...], gib: float | None, devices: int, label: str, asked: float | None
) -> tuple[Device, Assumptions, tuple[Device, ...]]:
    """Return the one of that memory, else the smallest, and all it could be; what a mapping says is not refused."""
    smallest, notes = _smallest(candidates)
    known = [d for d in candidates if d.memory_gib is not None]
    if asked is not None and all(d.memory_gib != asked for d in known):
        if known:
            notes = (f"{describe_options(candidates)} listed for {smallest.name}; the stated {asked:g} GB are used",)
        return smallest._replace(memory_gib=asked), notes, candidates
    if gib is None:
        return smallest, notes, candidates
    own = candidates[0].kind not in GPU_KINDS
    size = option(candidates, gib, 1 if own or asked else devices)
    if size is None:
        if known and not own:
            raise InputError(f'hardware "{label}": {smallest.name} has {describe_options(candidates)}, not {gib:g} GB')
        base = max((d for d in known if (d.memory_gib or 0) <= gib), key=smallest_first, default=smallest)
        note = (f"no entry of {base.name} has {gib:g} GB: the stated memory is used",) if known else ()
        return base._replace(memory_gib=gib), note, candidates
    meant = tuple(d for d in known if d.memory_gib == size)
    device, notes = _smallest(meant)
    if not notes and len({name_tokens(d.name.partition(" (")[0]) for d in candidates}) > 1:
        notes = (f"{device.name} assumed, going by its memory",)
    less, more = sorted((size, gib if gib < size * _OVER else gib / devices))
    if less < more * (1 - _CLOSE):
        notes = (*notes, f"{less:g} GB of the {more:g} GB are there to use")
    return device._replace(memory_gib=less), notes, meant


def _smallest(candidates: tuple[Device, ...]) -> tuple[Device, Assumptions]:
    device, *others = sorted(candidates, key=smallest_first)
    if not others:
        return device, ()
    names = ", ".join(other.name for other in others[:OTHERS_NAMED]) + (", …" if len(others) > OTHERS_NAMED else "")
    return device, (f"{device.name} assumed; it could be {names}",)


def _override(device: Device, stated: Stated, reading: Reading) -> tuple[Device, Assumptions]:
    """Put stated bandwidth, memory channels and cores in place of the listed ones; say what stays unknown."""
    notes: Assumptions = ()
    asked, words, cores = stated.bandwidth_gb_s, "the stated {:g} are used", reading.cores
    if asked is None and device.kind == "cpu" and any(reading.bus):
        asked, words = _bus_gb_s(device, *reading.bus)
    if asked is not None:
        listed = f"{device.bandwidth_gb_s or 0:g} GB/s listed for {device.name}"
        notes = (f"{listed}; {words.format(asked)}",) if device.bandwidth_gb_s not in (None, asked) else ()
        device = device._replace(bandwidth_gb_s=asked)
    elif device.id.startswith(GENERIC) and device.bandwidth_gb_s is not None:
        if cores and device.cores:  # a share of a server comes with a share of its bandwidth
            shares = min(cores / device.cores, 8) if device.id == _GENERIC["by_target"]["server"] else 1
            device = device._replace(cores=cores, bandwidth_gb_s=device.bandwidth_gb_s * shares)
        notes = (f"the speed of a modest one is assumed ({device.bandwidth_gb_s:g} GB/s)",)
    if device.memory_gib is None:
        notes = (*notes, "its memory is not stated")
    return device, notes


def _bus_gb_s(device: Device, channels: int | None, rate: int | None) -> tuple[float | None, str]:
    """Return bandwidth by channels and rate in MT/s, and it in words; what is not said is that of the device."""
    own = bus(device.name.casefold())
    if (rate := rate or own[1]) is None:
        return None, ""
    listed = device.bandwidth_gb_s or 0
    fewer = max((n for n in CHANNELS if n * rate * 8e-3 <= listed * 1.1), default=CHANNELS[0])
    channels = channels or own[0] or fewer
    return round(channels * rate * 8e-3, 1), f"{channels}-channel memory at {rate} MT/s has {{:g}}"


class Choice(NamedTuple):
    """Devices that a reading may mean."""

    devices: tuple[Device, ...]  # Candidates, one of which memory decides for.
    counts: tuple[int, ...] = ()  # Nodes and count, or count, as said beside the names.
    amounts: tuple[Amount, ...] = ()  # Amounts of memory, with those that stood as bare numbers.
    host: bool = False  # Whether the computer around the device was named too.
    board: int = 1  # Devices on each board of that name.
    assumptions: tuple[str, ...] = ()  # What was taken for granted.


def choose(reading: Reading, catalogue: Catalogue, target: Target | None, label: str) -> Choice:
    """Return what `reading` may mean; raise InputError for an unknown device without memory."""
    whole = catalogue.by_id.get(label.casefold())
    if whole and all(name.board == 1 for name in reading.named):
        return Choice((whole,))
    specific = [name for name in reading.named if not name.generic]
    strange = [name for name in specific if name.suffix and name.suffix not in sizes(name.devices)]
    if specific and not strange:
        return _known(specific, reading, catalogue, target)
    return _unknown(strange, reading, catalogue, target, label)


def smallest_first(device: Device) -> tuple[float, float, float, str]:
    """Sort by memory; of the same, boards of more power first, then by bandwidth."""
    power = -(device.tdp_w or 0.0) if device.kind in GPU_KINDS else 0.0
    return device.memory_gib or 0.0, power, device.bandwidth_gb_s or inf, device.id


def _known(names: list[Named], reading: Reading, catalogue: Catalogue, target: Target | None) -> Choice:
    """Return the devices of the names that decide: discrete GPUs before whole computers before processors."""

    def rank(name: Named) -> int:
        kind = name.devices[0].kind
        return 0 if kind in GPU_KINDS else 2 if kind in {"cpu", "sbc", "browser"} else 1

    best = min(map(rank, names))
    group = [name for name in names if rank(name) == best]
    bare = [name.suffix for name in group if name.suffix]  # the memory, behind the name
    amounts = (*(Amount(float(gib), "plain") for gib in bare), *reading.amounts)
    pools, notes = [], []
    stated = next((amount.gib for amount in amounts if amount.kind != "ram" and not amount.added), None)
    for name in group:
        mobile, listed = catalogue.devices((*name.spelling, "laptop")), name.devices
        count = name.counts[-1] if name.counts else reading.apart or 1
        fitting = [pool for pool in (mobile, listed) if stated and option(pool, stated, count) is not None]
        usual = target == "laptop" and (stated is None or mobile in fitting)
        guessed = bool(mobile) and not reading.laptop and (usual or fitting == [mobile])
        if stated and not fitting:  # cards with more memory than was sold
            listed = catalogue.devices((*name.spelling, f"{stated:g}")) or listed
        pools.append(mobile if mobile and (reading.laptop or guessed) else listed)
        notes += ["the laptop version of the GPU is meant"] if guessed else []
    devices, merged = _merge(pools, group)
    notes += merged
    for name in reading.named:  # other words may say which, as `i7` of a Mac
        devices = tuple(device for device in devices if device.id in {d.id for d in name.devices}) or devices
    devices = tuple(device for device in devices if device.memory_gib is not None) or devices
    own = {word for device in devices for word in tokens(device.name.casefold())}
    numbers = (max((word for word in name.spelling if word[0].isdigit()), key=len, default="") for name in group)
    if any(number and number not in own for number in numbers):  # one entry stands for several
        notes.append(f"{devices[0].name} stands in for it")
    if words := [word for word in reading.unread.split() if word not in bare]:
        notes.append(f'not read: "{" ".join(words)}"')
    host = len(group) < len(names) or any(name.generic for name in reading.named)
    own_gib = devices[0].memory_gib
    board = 1 if own_gib == stated else group[0].board  # or the memory of one device of a board is stated
    amounts = tuple(a._replace(gib=own_gib) if own_gib and a.gib == own_gib * board else a for a in amounts)
    counts = next((name.counts for name in (*group, *reading.named) if name.counts), ())
    return Choice(devices, counts, amounts, host, board, tuple(notes))


def _merge(pools: list[tuple[Device, ...]], names: list[Named]) -> tuple[tuple[Device, ...], list[str]]:
    """Return the devices that all names share, the slice that all of them spell, or the smallest of different ones."""
    common = [d for d in pools[0] if all(d.id in {o.id for o in pool} for pool in pools[1:])]
    wholes = {d.id: d for pool in pools for d in pool if d.alone or d.kind not in GPU_KINDS}
    for device in () if common else wholes.values():
        spelled = {word for alias in (device.name, *device.aliases) for word in tokens(alias.casefold())}
        common += [device] if all(spelled.issuperset(name.spelling) for name in names) else []
    if common:
        return tuple(common), []
    if pools[0][0].kind not in GPU_KINDS:
        fewest = min(pools, key=len)
        return fewest, [f"{fewest[0].name} is what was meant"]
    least = min(pools, key=lambda pool: min((d.memory_gib or 0.0, d.bandwidth_gb_s or inf, d.id) for d in pool))
    return least, [f"the smaller of the named devices is meant ({least[0].name})"]


def _unknown(strange: list[Named], reading: Reading, catalogue: Catalogue, target: Target | None, label: str) -> Choice:
    """Return a device of the kind that was said or is usual; raise InputError where words look like a device's name."""
    # No kind said, or a number among the words that were not read.
    like_a_name = reading.unread and (not reading.named or any(map(str.isdigit, reading.unread)))
    if not reading.amounts and (strange or like_a_name):
        hint = f"; nearest: {strange[0].devices[0].name}" if strange else catalogue.suggestion(label)
        raise InputError(f'hardware "{label}": unknown device{hint}')
    device = catalogue.by_id[_generic_id(strange, reading, target)]
    what = f'no entry for "{label}"' if strange or reading.unread else "no device named"
    named = what == "no device named" and any(name.generic for name in reading.named)
    notes = () if named else (f'{what}: taken as "{device.name}"',)
    counts = next((name.counts for name in reading.named if name.counts), ())
    return Choice((device,), counts, reading.amounts, assumptions=notes)


def _generic_id(strange: list[Named], reading: Reading, target: Target | None) -> str:
    if strange:
        kind = strange[0].devices[0].kind
        return GENERIC_GPU if kind in GPU_KINDS else _GENERIC["by_kind"].get(kind, GENERIC_PC)
    said = [name.devices[0].id for name in reading.named if name.devices]
    if GENERIC_GPU in said and not reading.no_gpu:
        return GENERIC_GPU
    if others := [item for item in said if item != GENERIC_GPU]:
        return others[0]
    only_ram = bool(reading.amounts) and all(amount.kind == "ram" for amount in reading.amounts)
    if target in _OWN_MEMORY_TARGETS or only_ram or reading.no_gpu or reading.cores:
        return _GENERIC["by_target"].get(target or "", GENERIC_PC)
    return GENERIC_GPU


def share(
    amounts: tuple[Amount, ...], candidates: tuple[Device, ...], devices: int, *, host: bool
) -> tuple[float | None, float | None, list[str]]:
    """Device memory, host memory and what was assumed of `amounts`; `host` is whether a host was named."""
    kind = candidates[0].kind
    listed = [device.memory_gib for device in candidates if device.memory_gib is not None]
    times = HOST * devices if kind in GPU_KINDS else STORAGE
    most = times * max(listed) if listed else MOST_PHONE_GIB if kind == "phone" else inf
    device_gib: float | None = None
    ram_gib: float | None = None
    notes: list[str] = []
    for amount in amounts:
        gib = amount.gib / devices if amount.total or kind == "cpu" else amount.gib
        if kind == "browser" and amount.kind == "ram":
            notes.append("a page may use only part of the RAM: the budget listed is kept")
        elif kind not in GPU_KINDS and (device_gib is not None or gib > most):
            notes += [] if gib == device_gib else [f"{gib:g} GB taken as storage, not memory"]
        elif kind not in GPU_KINDS:
            device_gib = gib
        elif amount.kind == "ram":
            ram_gib = amount.gib
        elif device_gib is None and (
            amount.kind == "gpu"
            or not (amount.added or host or gib > most)
            or not listed
            or option(candidates, gib, devices) is not None
        ):
            device_gib = gib
        else:
            ram_gib = amount.gib
            notes.append(f"{gib:g} GB taken as host memory")
    return device_gib, ram_gib, notes


def option(candidates: tuple[Device, ...], gib: float, devices: int) -> float | None:
    """Return the memory option meant by `gib`: itself, a sum over devices, or a little less or more."""
    known = [d.memory_gib for d in sorted(candidates, key=smallest_first) if d.memory_gib is not None]
    pairs = [(stated, size) for stated in (gib, gib / devices) for size in known]
    close = (size for stated, size in pairs if abs(stated - size) <= _CLOSE * size)
    nearly = (size for stated, size in pairs if _NEARLY * size <= stated < _OVER * size)
    return next(chain(close, nearly), None)


def describe_options(candidates: tuple[Device, ...]) -> str:
    """Return the memory options as words, e.g. `8 or 12 GB`."""
    known = sorted({d.memory_gib for d in candidates if d.memory_gib is not None})
    return " or ".join(f"{size:g}" for size in known) + " GB"
