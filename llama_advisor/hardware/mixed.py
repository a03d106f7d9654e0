"""Cards of different kinds in one computer: each part of the text read on its own, then joined to one machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.hardware.words import GENERIC, Catalogue, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.device import Machine

_CARDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu"})
_BETWEEN = re.compile(r"\s*(?:[+&,]|\b(?:and|plus|with)\b)(?!\s*mig\b)\s*", re.IGNORECASE)


def _card(text: str, catalogue: Catalogue) -> str:
    """Return the id of the first card that is named."""
    devices = (device for name in read(text, catalogue).named for device in name.devices if device.kind in _CARDS)
    return next((device.id for device in devices if not device.id.startswith(GENERIC)), "")


def mixed(text: str, catalogue: Catalogue, build: Callable[[str], Machine]) -> Machine | None:
    """Return the machine of a text that joins different cards; None for any other. What names no card goes first."""
    pieces = [(_card(piece, catalogue), piece) for piece in _BETWEEN.split(text)]
    cards, rest = [piece for card, piece in pieces if card], [piece for card, piece in pieces if not card]
    if len({card for card, _ in pieces if card}) <= 1 or re.search(r"\bor\b", text, re.IGNORECASE):
        return None
    machines = [build(", ".join((cards[0], *rest))), *map(build, cards[1:])]
    first = max(
        machines, key=lambda item: ((item.device.memory_gib or 0) * item.count, item.device.bandwidth_gb_s or 0)
    )
    alone = first.device.name if first.count == 1 else f"{first.count}x {first.device.name}"
    note = f"different cards: engines that split by layers take them all, others the {alone} alone"
    return first._replace(
        others=tuple((item.device, item.count) for item in machines if item is not first),
        ram_gib=machines[0].ram_gib,
        assumptions=(note, *(text for item in machines for text in item.assumptions)),
    )
