"""Lists and single entries of the rule base as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.render.screen import columns, console, written
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from rich.console import Console

NUMBERS = frozenset({"parameters", "context_tokens", "memory_gib", "bandwidth_gb_s", "fp16_tflops"})
HIDDEN = {
    "models": frozenset({"family", "role", "released"}),
    "hardware": frozenset({"name"}),
    "rules": frozenset({"layer"}),
}


def render(kind: str, data: Any, *, colour: bool, width: int) -> str:
    """Return a list as a table, one entry as an outline."""
    out = console(colour=colour, width=width)
    if isinstance(data, list):
        names = [name for name in data[0] if name not in HIDDEN[kind]] if data else []
        rows = [[_cell(entry[name]) for name in names] for entry in data]
        right = frozenset(index for index, name in enumerate(names) if name in NUMBERS)
        columns(out, [name.replace("_", " ") for name in names], rows, right)
    else:
        _outline(out, data, 0)
    return written(out)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _outline(out: Console, value: Any, depth: int) -> None:
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        pad = "  " * depth
        label = f"{name}:" if isinstance(value, dict) else "-"
        if isinstance(item, dict) or (isinstance(item, list) and any(isinstance(part, (dict, list)) for part in item)):
            out.print(f"{pad}{printable(label)}")
            _outline(out, item, depth + 1)
        else:
            out.print(f"{pad}{printable(label)} {printable(_cell(item))}")
