"""Known devices and instances, indexed by every spelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from llama_advisor.hardware.spelling import fold, name_tokens, tokens
from llama_advisor.text.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Device, Instance

Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Devices and instances; the index is built on first use."""

    devices: tuple[Device, ...]  # All devices, in any order.
    instances: tuple[Instance, ...] = ()  # Cloud instances and complete servers.

    @classmethod
    def of(cls, devices: Iterable[Device], instances: Iterable[Instance] = ()) -> Catalogue:
        """Build a catalogue whose answers do not depend on the order of its entries."""
        return cls(
            tuple(sorted(devices, key=lambda device: device.id)),
            tuple(sorted(instances, key=lambda instance: instance.id)),
        )

    @cached_property
    def by_id(self) -> dict[str, Device]:
        """Devices by id."""
        return {device.id: device for device in self.devices}

    @cached_property
    def names(self) -> dict[Tokens, tuple[Device, ...]]:
        """Devices by the tokens of each name and alias, amounts of memory left out."""
        index: dict[Tokens, list[Device]] = {}
        for device in self.devices:
            spellings = {tokens(alias.casefold()) for alias in device.aliases}
            spellings.add(name_tokens(device.name))
            for spelling in spellings:
                index.setdefault(spelling, []).append(device)
        return {spelling: tuple(found) for spelling, found in index.items() if spelling}

    @cached_property
    def instance_names(self) -> dict[Tokens, Instance]:
        """Instances by the tokens of each spelling."""
        return {
            tokens(fold(text)): instance for instance in self.instances for text in (instance.id, *instance.aliases)
        }

    @cached_property
    def longest_name(self) -> int:
        """Most tokens in one spelling."""
        return max(map(len, (*self.names, *self.instance_names)), default=0)

    def suggestion(self, text: str) -> str:
        """Return `; nearest: x`, or where to look when nothing is near."""
        close = nearest(text, self.display_names)
        return close if "nearest" in close else "; see: llama-advisor hardware list"

    @cached_property
    def display_names(self) -> tuple[str, ...]:
        """Names to suggest: devices by name, instances by id."""
        return tuple(sorted({device.name for device in self.devices} | {item.id for item in self.instances}))


def catalogue_of(base: RuleBase) -> Catalogue:
    """Return the devices and instances of a rule base."""
    return base.kept(_catalogue)


def _catalogue(base: RuleBase) -> Catalogue:
    return Catalogue.of(base.devices.values(), base.instances.values())
