"""Hardware as people write it, read into a machine; pure functions over a catalogue."""

from __future__ import annotations

from llama_advisor.hardware.machine import HERE, on_accelerator, read_hardware
from llama_advisor.hardware.words import Catalogue, catalogue_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.text.errors import InputError

__all__ = ["HERE", "Catalogue", "catalogue_of", "check_machines", "on_accelerator", "read_hardware"]


def check_machines(base: RuleBase) -> None:
    """Raise RuleBaseError at the first reference machine that cannot be read."""
    for target, machines in base.reference.reference.items():
        for index, machine in enumerate(machines):
            try:
                read_hardware(machine.hardware, catalogue_of(base), target)
            except InputError as error:
                origin = base.origin("", "hardware/reference.yaml")
                raise origin.error(("reference", target, index, "hardware"), str(error)) from error
