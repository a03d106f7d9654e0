"""hardware detect: what this computer has, free against total, and how to name it."""

from __future__ import annotations

import sys

from llama_advisor.cli.options import Format, Rules
from llama_advisor.cli.streams import screen
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.hardware.detect import describe, detect
from llama_advisor.render.json_text import as_json
from llama_advisor.text.errors import InputError

NOTHING = 1


def hardware_detect(format_: Format = "text", rules: Rules = None) -> int:
    """Print what was found and what it is read as; exit code 1 where nothing could be read."""
    found = detect()
    name = describe(found)
    read_as = None
    if name:
        try:
            read_as = read_hardware(name, catalogue_of(load_rules(*rules or ()))).device.name
        except InputError as error:
            read_as = str(error)
    if format_ == "json":
        parts = [
            {
                "kind": item.kind,
                "name": item.name,
                "total_gib": None if item.total_gib is None else round(item.total_gib, 2),
                "free_gib": None if item.free_gib is None else round(item.free_gib, 2),
            }
            for item in found
        ]
        text = as_json({"schema_version": 1, "found": parts, "hardware": name, "read_as": read_as}) + "\n"
    else:
        from llama_advisor.render.screen import Screen

        colour, width = screen(None)
        out = Screen(colour=colour, width=width)
        if name is None:
            out.line("nothing could be read; state --hardware by hand")
        else:
            out.line(f'--hardware "{name}"', "bold")
            out.line(f"read as {read_as}")
            rows = [(item.kind, item.name, _gib(item.free_gib), _gib(item.total_gib)) for item in found]
            out.columns(("", "", "free GiB", "total GiB"), rows, frozenset({2, 3}))
        text = out.text()
    sys.stdout.write(text)
    return 0 if name else NOTHING


def _gib(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:.1f}"
