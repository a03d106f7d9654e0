"""Plain building blocks of terminal output: wrapped lines, columns, bars; colour only on a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_COLUMNS = 100
NARROWEST = 40
SIGNIFICANT = 3
FEWEST_STACKED = 3
"""Columns from which on a table that does not fit is stacked."""
NARROWEST_COLUMN = 14
"""Characters that a column of words needs."""


def console(*, colour: bool, width: int) -> Console:
    """Return a console that writes into memory, so that output appears at once or not at all."""
    return Console(
        file=io.StringIO(),
        width=max(NARROWEST, min(width, MOST_COLUMNS)),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )


def written(out: Console) -> str:
    """Return what was written, without blanks at line ends."""
    assert isinstance(out.file, io.StringIO)
    return "\n".join(line.rstrip() for line in out.file.getvalue().splitlines()) + "\n"


def line(out: Console, text: str, style: str = "", indent: int = 0) -> None:
    """Write one paragraph."""
    said = Text(printable(text), style=style)
    out.print(Padding(said, (0, 0, 0, indent)) if indent else said)


def heading(out: Console, text: str) -> None:
    """Write a blank line and a heading."""
    out.print()
    out.print(Text(text, style="bold"))


def bullets(out: Console, items: Iterable[str], mark: str = "-") -> None:
    """Write paragraphs with a hanging mark."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        table.add_row(Text(mark), Text(printable(item)))
    out.print(Padding(table, (0, 0, 0, 2)))


def columns(
    out: Console, names: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()
) -> None:
    """Write aligned columns; those in `right` are numbers. Where they do not fit side by side, each row is stacked."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if len(names) > FEWEST_STACKED - 1 and _least_width(names, cells, right) > out.width:
        stacked(out, names, cells)
        return
    table = Table(box=None, pad_edge=False, show_header=any(names), header_style="dim", padding=(0, 2, 0, 0))
    for index, name in enumerate(names):
        number = index in right
        table.add_column(
            Text(name), justify="right" if number else "left", no_wrap=number or index == 0, overflow="fold"
        )
    for row in cells:
        table.add_row(*map(Text, row))
    out.print(Padding(table, (0, 0, 0, 2)))


def _least_width(names: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> int:
    """Return the width below which numbers are cut or words broken too often to read."""
    width = 2 * len(names)
    for index, name in enumerate(names):
        longest = max((len(row[index]) for row in [names, *rows]), default=0)
        word = max((len(word) for row in [names, *rows] for word in row[index].split()), default=len(name))
        width += longest if index in right or index == 0 else max(word, min(longest, NARROWEST_COLUMN))
    return width


def stacked(out: Console, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write each row below the last: its first two cells, then the others by name."""
    for row in rows:
        head = " ".join(cell for cell in row[:2] if cell)
        rest = [(name, cell) for name, cell in zip(names[2:], row[2:], strict=True) if cell]
        text = rest[0][1] if len(rest) == 1 else ", ".join(f"{name} {cell}".strip() for name, cell in rest)
        for part, left in ((head, 2), (text, 4)):
            if part:
                out.print(Padding(Text(part), (0, 0, 0, left)))


def bar(parts: Sequence[tuple[str, float]], total: float, width: int) -> str:
    """Return a bar of letters, one run per part, dots for what stays free."""
    text = ""
    done = 0.0
    for letter, size in parts:
        done += size
        text += letter * (round(width * min(done, total) / total) - len(text))
    return f"[{text.ljust(width, '.')}]"


def number(value: float) -> str:
    """Return a figure with three significant digits, thousands separated."""
    digits = max(0, SIGNIFICANT - len(str(int(value))))
    return f"{value:,.{digits}f}"
