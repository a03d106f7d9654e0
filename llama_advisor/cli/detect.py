"""hardware detect: what this computer has, free against total, and how to name it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.hardware.detect import describe, detect
from llama_advisor.render.json_text import as_json
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.hardware.detect import Found

NOTHING = 1


def run(rules: tuple[str, ...], *, in_json: bool, screen: tuple[bool, int]) -> int:
    """Print what was found; exit code 1 where nothing could be read."""
    found = detect()
    name = describe(found)
    read_as = _read_as(name, rules) if name else None
    sys.stdout.write(_json(found, name, read_as) if in_json else _text(found, name, read_as, screen))
    return 0 if name else NOTHING


def _read_as(name: str, rules: tuple[str, ...]) -> str:
    """Return the device that the text is read as, or why it cannot be read."""
    try:
        return read_hardware(name, catalogue_of(load_rules(*rules))).device.name
    except InputError as error:
        return str(error)


def _json(found: list[Found], name: str | None, read_as: str | None) -> str:
    parts = [
        {
            "kind": item.kind,
            "name": item.name,
            "total_gib": _figure(item.total_gib),
            "free_gib": _figure(item.free_gib),
        }
        for item in found
    ]
    return as_json({"schema_version": 1, "found": parts, "hardware": name, "read_as": read_as}) + "\n"


def _text(found: list[Found], name: str | None, read_as: str | None, screen: tuple[bool, int]) -> str:
    from llama_advisor.render.screen import columns, console, line, written

    colour, width = screen
    out = console(colour=colour, width=width)
    if name is None:
        line(out, "nothing could be read; state --hardware by hand")
        return written(out)
    line(out, f'--hardware "{name}"', "bold")
    line(out, f"read as {read_as}")
    rows = [(item.kind, item.name, _amount(item.free_gib), _amount(item.total_gib)) for item in found]
    columns(out, ("", "", "free GiB", "total GiB"), rows, frozenset({2, 3}))
    return written(out)


def _figure(gib: float | None) -> float | None:
    return None if gib is None else round(gib, 2)


def _amount(gib: float | None) -> str:
    return "-" if gib is None else f"{gib:.1f}"
