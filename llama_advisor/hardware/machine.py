"""From what a text or a mapping says to one machine, with everything taken for granted said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.hardware.choice import (
    GPU_KINDS,
    WHOLE_COMPUTERS,
    choose,
    describe_options,
    option,
    share,
    smallest_first,
)
from llama_advisor.hardware.words import DEVICES_AND_NODES, GENERIC, Amount, catalogue_of, clean, name_tokens, read
from llama_advisor.knowledge.device import Machine
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.hardware.words import Catalogue, Reading
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Device, Instance
    from llama_advisor.text.strict import Target

OTHERS_NAMED = 3
Assumptions = tuple[str, ...]
_KEYS = ("device", "count", "nodes", "memory_gb", "bandwidth_gb_s", "ram_gb")
_WHOLE = ("count", "nodes")


class Stated(Record):
    """What a mapping says beside the name; the same units as its keys."""

    count: int | None = None  # Devices per node.
    nodes: int | None = None  # Nodes.
    memory_gb: float | None = None  # Memory of one device, GB as marketed, taken as GiB.
    bandwidth_gb_s: float | None = None  # Memory bandwidth of one device, GB/s.
    ram_gb: float | None = None  # Host memory per node, GB, taken as GiB.


def read_hardware(value: str | Mapping[str, Any], catalogue: Catalogue, target: Target | None = None) -> Machine:
    """Return the machine that `value` describes.

    `value` is text, or a mapping `{device, count, nodes, memory_gb, bandwidth_gb_s, ram_gb}` with
    each key optional and null for "not said"; marketed GB count as GiB. What was taken for granted
    stands in `Machine.assumptions`. Raises InputError, one line, for what cannot be read.
    """
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
    if text:
        return _build(text, text, catalogue, target, stated)
    # The memory of a device without a name is put in words, so that it is read as text.
    gpu = "" if stated.memory_gb is None else f"{stated.memory_gb:f} gb"
    ram = "" if stated.ram_gb is None else f"{stated.ram_gb:f} gb ram"
    label = ", ".join(f"{key} {item:g}" for key, item in said.items())
    return _build(gpu or ram or "gpu", label, catalogue, target, stated)


def _number(key: str, item: Any) -> Any:
    whole = key in _WHOLE
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
    for name in reading.named:
        if name.instance:
            return _from_instance(name.instance, name.counts, reading, label, catalogue, stated)
    choice = choose(reading, catalogue, target, label)
    count, nodes = _layout(reading, choice.counts, stated, label)
    whole = choice.devices[0].kind in WHOLE_COMPUTERS and count > 1
    extra = (f"{count} computers of one device each",) if whole else ()
    count, nodes = (1, nodes * count) if whole else (count, nodes)
    device_gib, ram_gib, shared = share(choice.amounts, choice.devices, count * nodes, host=choice.host)
    device, picked = _pick_stated(choice.devices, device_gib, count * nodes, label, stated)
    device, changed = _override(device, stated)
    return Machine(
        device=device,
        count=count,
        nodes=nodes,
        ram_gib=ram_gib,
        owned=target not in {"cloud", "hosted"},
        target=target,
        label=label,
        assumptions=(*choice.assumptions, *extra, *shared, *picked, *changed),
    )


def _layout(reading: Reading, counts: tuple[int, ...], stated: Stated, label: str) -> tuple[int, int]:
    """Return devices per node and nodes."""
    count = counts[-1] if counts else reading.count
    nodes = counts[0] if len(counts) == DEVICES_AND_NODES else reading.nodes
    if count is not None and stated.count is not None:
        raise InputError(f'hardware "{label}": the count is given twice ({count} and {stated.count})')
    if nodes is not None and stated.nodes is not None:
        raise InputError(f'hardware "{label}": the nodes are given twice ({nodes} and {stated.nodes})')
    count, nodes = count or stated.count or 1, nodes or stated.nodes or 1
    if not reading.spread or nodes == 1:
        return count, nodes
    if count % nodes:
        raise InputError(f'hardware "{label}": {count} devices do not divide over {nodes} nodes')
    return count // nodes, nodes


def _from_instance(
    instance: Instance,
    counts: tuple[int, ...],
    reading: Reading,
    label: str,
    catalogue: Catalogue,
    stated: Stated,
) -> Machine:
    """Return the machine of an instance; several of it are nodes."""
    device = catalogue.by_id[instance.device]
    others = [name for name in reading.named if not name.generic and not name.instance]
    if others and not any(device.id in {d.id for d in name.devices} for name in others):
        raise InputError(f'hardware "{label}": {instance.id} holds {device.name}, not the device named')
    nodes = stated.nodes or reading.nodes or (counts[-1] if counts else 1)
    return Machine(
        device=device,
        count=instance.count,
        nodes=nodes,
        ram_gib=stated.ram_gb if stated.ram_gb is not None else instance.ram_gib,
        owned=not instance.rented,
        offer=instance.offer,
        target="cloud" if instance.rented else "server",
        label=label,
    )


def _pick_stated(
    candidates: tuple[Device, ...], gib: float | None, devices: int, label: str, stated: Stated
) -> tuple[Device, Assumptions]:
    """Let the mapping's memory win over the text's, and over the options listed."""
    asked = stated.memory_gb
    if asked is None:
        return _pick(candidates, gib, devices, label)
    if any(device.memory_gib == asked for device in candidates):
        return _pick(candidates, asked, 1, label)
    device, notes = _smallest(candidates)
    if device.memory_gib is not None:
        options = describe_options(candidates)
        notes = (f"{options} listed for {device.name}; the stated {asked:g} GB are used",)
    return device._replace(memory_gib=asked), notes


def _pick(candidates: tuple[Device, ...], gib: float | None, devices: int, label: str) -> tuple[Device, Assumptions]:
    """Return the candidate of that memory, the smallest where none is said."""
    if gib is None:
        return _smallest(candidates)
    own = candidates[0].kind not in GPU_KINDS
    size = option(candidates, gib, 1 if own else devices)
    if size is None:
        known = [d for d in candidates if d.memory_gib is not None]
        if known and not own:
            name = min(known, key=smallest_first).name
            raise InputError(f'hardware "{label}": {name} has {describe_options(candidates)}, not {gib:g} GB')
        under = [d for d in known if (d.memory_gib or 0) <= gib]
        base = max(under, key=smallest_first) if under else min(candidates, key=smallest_first)
        note = (f"no entry of {base.name} has {gib:g} GB: the stated memory is used",) if known else ()
        return base._replace(memory_gib=gib), note
    device, notes = _smallest(tuple(d for d in candidates if d.memory_gib == size))
    if not notes and len({name_tokens(d.name.partition(" (")[0]) for d in candidates}) > 1:
        notes = (f"{device.name} assumed, going by its memory",)
    said = gib if gib <= size * 1.005 else gib / devices
    if said < size * 0.995:
        notes = (*notes, f"{said:g} GB of the {size:g} GB are there to use")
        return device._replace(memory_gib=said), notes
    return device, notes


def _smallest(candidates: tuple[Device, ...]) -> tuple[Device, Assumptions]:
    device, *others = sorted(candidates, key=smallest_first)
    if not others:
        return device, ()
    names = ", ".join(other.name for other in others[:OTHERS_NAMED]) + (", …" if len(others) > OTHERS_NAMED else "")
    return device, (f"{device.name} assumed; it could be {names}",)


def _override(device: Device, stated: Stated) -> tuple[Device, Assumptions]:
    """Put the mapping's own bandwidth in place of the listed one; say what stays unknown."""
    notes: Assumptions = ()
    if (asked := stated.bandwidth_gb_s) is not None:
        if device.bandwidth_gb_s not in (None, asked):
            listed = f"{device.bandwidth_gb_s:g} GB/s listed for {device.name}"
            notes = (f"{listed}; the stated {asked:g} are used",)
        device = device._replace(bandwidth_gb_s=asked)
    elif device.id.startswith(GENERIC) and device.bandwidth_gb_s is not None:
        notes = (f"the speed of a modest one is assumed ({device.bandwidth_gb_s:g} GB/s)",)
    if device.memory_gib is None:
        notes = (*notes, "its memory is not stated")
    return device, notes


def check_machines(base: RuleBase) -> None:
    """Raise RuleBaseError at the first reference machine that cannot be read."""
    for target, machines in base.reference.reference.items():
        for index, machine in enumerate(machines):
            try:
                read_hardware(machine.hardware, catalogue_of(base), target)
            except InputError as error:
                origin = base.origin("", "hardware/reference.yaml")
                raise origin.error(("reference", target, index, "hardware"), str(error)) from error
