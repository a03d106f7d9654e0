"""Hardware as people write it, read into a machine; pure functions over a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.hardware.catalogue import Catalogue, catalogue_of
from llama_advisor.hardware.machine import Stated, build
from llama_advisor.hardware.spelling import clean
from llama_advisor.text.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.text.strict import Target

__all__ = ["Catalogue", "catalogue_of", "check_machines", "read_hardware"]

_KEYS = ("device", "count", "nodes", "memory_gb", "bandwidth_gb_s", "ram_gb")
_WHOLE = ("count", "nodes")


def read_hardware(value: str | Mapping[str, Any], catalogue: Catalogue, target: Target | None = None) -> Machine:
    """Return the machine that `value` describes.

    `value` is text, or a mapping `{device, count, nodes, memory_gb, bandwidth_gb_s, ram_gb}` with
    each key optional and null for "not said"; marketed GB count as GiB. What was taken for granted
    stands in `Machine.assumptions`. Raises InputError, one line, for what cannot be read.
    """
    if isinstance(value, str):
        text = clean(value)
        if not text:
            raise InputError("hardware: empty")
        return build(text, text, catalogue, target, Stated())
    return _read_mapping(value, catalogue, target)


def _read_mapping(value: Mapping[str, Any], catalogue: Catalogue, target: Target | None) -> Machine:
    said = {key: item for key, item in value.items() if item is not None}
    for key in said:
        if key not in _KEYS:
            raise InputError(f'hardware: unknown key "{clean(str(key))}"{nearest(str(key), _KEYS)}')
    if not said:
        raise InputError(f"hardware: empty; known keys: {', '.join(_KEYS)}")
    text = clean(str(said.pop("device", "")))
    stated = Stated(**{key: _number(key, item) for key, item in said.items()})
    label = text or ", ".join(f"{key} {item:g}" for key, item in said.items())
    return build(text or _implied(stated), label, catalogue, target, stated)


def _implied(stated: Stated) -> str:
    """Return words for the memory of a device without a name, so that they are read as text."""
    gpu = "" if stated.memory_gb is None else f"{stated.memory_gb:f} gb"
    ram = "" if stated.ram_gb is None or stated.memory_gb is not None else f"{stated.ram_gb:f} gb ram"
    return gpu or ram or "gpu"


def _number(key: str, item: Any) -> Any:
    whole = key in _WHOLE
    number = isinstance(item, (int, float)) and not isinstance(item, bool)
    if not number or not 0 < item < 10**6 or (whole and item != int(item)):
        raise InputError(f"hardware: {key}: {clean(str(item))!r} is not a positive {'whole ' * whole}number")
    return int(item) if whole else float(item)


def check_machines(base: RuleBase) -> None:
    """Raise RuleBaseError at the first reference machine that cannot be read."""
    for target, machines in base.reference.reference.items():
        for index, machine in enumerate(machines):
            try:
                read_hardware(machine.hardware, catalogue_of(base), target)
            except InputError as error:
                origin = base.origin("", "hardware/reference.yaml")
                raise origin.error(("reference", target, index, "hardware"), str(error)) from error
