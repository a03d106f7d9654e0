"""Hardware as people write it, read into a machine; pure functions over a catalogue."""

from __future__ import annotations

from llama_advisor.hardware.catalogue import Catalogue, catalogue_of
from llama_advisor.hardware.machine import check_machines, read_hardware

__all__ = ["Catalogue", "catalogue_of", "check_machines", "read_hardware"]
