"""Hardware as people write it, read into a machine; pure functions over a catalogue."""

from __future__ import annotations

from llama_advisor.hardware.machine import check_machines, on_accelerator, read_hardware
from llama_advisor.hardware.words import Catalogue, catalogue_of

__all__ = ["Catalogue", "catalogue_of", "check_machines", "on_accelerator", "read_hardware"]
