"""The hardware that a deployment's files ask for: to be proposed, and to be held against what is stated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Annotated, NamedTuple

from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.hardware.words import GENERIC
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.text.errors import InputError

_COUNTED = re.compile(r"(?:gpu:)?(?:(?P<times>\d{1,4})[ ]?x[ ]?)?(?P<name>.+?)(?::(?P<count>\d{1,4}))?")
SAME, LARGER, SMALLER, OTHER = range(4)
"""How a machine differs from another, the least first."""


class Asked(NamedTuple):
    """Hardware of one copy as a file asks for it."""

    mention: Mention
    text: Annotated[str, "As it would be stated."]
    machine: Annotated[Machine | None, "What it means; None where only a number of devices is said."]
    devices: Annotated[int | None, "Devices of a copy; None where nothing tells."]
    copies: int

    @property
    def certain(self) -> bool:
        """Whether no more is open than which of the devices of one name it is."""
        machine = self.machine
        return machine is None or not (machine.others or len(machine.assumptions) > bool(machine.meant))

    def differs(self, stated: Machine) -> int:
        """Return how it differs from a stated machine; what is not known does not."""
        unknown = not self.certain or stated.others or stated.device.id.startswith(GENERIC)
        kinds = [one.meant or {one.device.id} for one in (stated, self.machine) if one]
        if self.machine and not unknown and kinds[0].isdisjoint(kinds[1]):
            return OTHER
        if unknown or self.devices is None or self.devices <= stated.devices <= self.devices * self.copies:
            return SAME
        return LARGER if self.devices > stated.devices else SMALLER

    @property
    def shown(self) -> str:
        """Return it in words."""
        kind = counted(self.devices or 0) if self.machine is None else in_words(self.machine, self.devices, self.text)
        return f"{self.copies} copies of {kind}" if self.copies > 1 else kind


def counted(devices: int) -> str:
    """Return a number of devices of which no more is known."""
    return f"{devices} GPU{'s' * (devices > 1)}"


def in_words(machine: Machine, devices: int | None, written: str) -> str:
    """Return a machine by its device, or as it is written where that may mean several."""
    number = f"{devices} × " if devices else ""
    return written if machine.meant else f"{number}{machine.device.name}"


def asked(held: Deployment, base: RuleBase, *, clustered: bool = True) -> Iterator[Asked]:
    """Yield the machines that a deployment names and that are known; without one the number of devices alone.

    Where it is not `clustered`, tensor parallelism over more devices than it takes speaks of no further nodes.
    """
    first = {item.kind: item.number for item in reversed(held.settings) if item.number}
    split = max(1, split_of(held))
    clustered = clustered or first.get("nodes", 1) > 1
    copies = max((item.number for item in held.settings if item.kind == "replicas"), default=1) or 1
    said = first.get("devices")
    named, known = [item for item in held.settings if item.kind == "machine"], False
    for mention, match in ((item, found) for item in named if (found := _COUNTED.fullmatch(item.text))):
        name, own = match["name"], said or int(match["count"] or match["times"] or 0)
        try:
            one = read_hardware(name, catalogue_of(base))
            if one.device.id.startswith(GENERIC):
                continue
            if 0 < own < one.count:  # a part of an instance
                name, one = one.device.name, one._replace(count=1)
            units = max(1, (own or (split if one.count == 1 else one.count)) // one.count)
            nodes = first.get("workers") or (max(1, split // (units * one.count)) if clustered else 1)
            text = f"{nodes} nodes with {units}x {name}" if nodes > 1 else f"{units}x {name}"
            machine = read_hardware(text, catalogue_of(base))
        except InputError:
            continue
        if machine.count * machine.nodes == nodes * units * one.count:
            told = own or one.target  # the name of an instance tells the number; a split, the size of a copy alone
            yield Asked(mention, text, machine, machine.devices if told else None, copies)
            known = True
    if said and not known:
        mention = next(item for item in held.settings if item.kind == "devices" and item.number)
        nodes = first.get("workers") or (max(1, split // said) if clustered else 1)
        yield Asked(mention, "", None, said * nodes, copies)


def split_of(held: Deployment) -> int:
    """Return over how many devices a copy is split; 0 where that is not said."""
    numbers = [item.number for kind in ("parallelism", "nodes") if (item := held.setting(kind)) and item.number]
    return prod(numbers) if numbers else 0


def unlike(held: Deployment, stated: Sequence[Machine], base: RuleBase) -> tuple[int, Asked, Machine] | None:
    """Return what a deployment asks for where it is none of the machines stated: how it differs, and from which."""
    clustered = any(machine.nodes > 1 for machine in stated)
    every = list(asked(held, base, clustered=clustered))
    # Beside a card, the computer that it is put into tells nothing.
    cards = [one for one in every if one.machine is None or one.machine.device.kind != "cpu"] or every
    found = [(one.differs(machine), one, machine) for one in cards for machine in stated]
    least = min(found, key=lambda each: each[0], default=None)
    return least if least and least[0] != SAME else None
