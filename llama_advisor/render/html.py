"""HTML out of plain text: every word is escaped here, and tables are built for eyes, keyboards and readers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NONE = "-"
"""A cell with nothing to say; a row that stacks leaves it out."""


def text(value: object) -> str:
    """Return a value as text that is nothing but text, in content and in attributes."""
    return escape(printable(value))


def paragraph(value: object) -> str:
    """Return a paragraph."""
    return f"<p>{text(value)}</p>\n"


def items(values: Iterable[object], *, ordered: bool = False) -> str:
    """Return a list."""
    name = "ol" if ordered else "ul"
    return f"<{name}>\n" + "".join(f"<li>{text(value)}</li>\n" for value in values) + f"</{name}>\n"


def figures(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names with their values."""
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>\n" for name, value in pairs)
    return f'<dl class="figures">\n{rows}</dl>\n'


def code(lines: Iterable[str]) -> str:
    """Return lines to copy; they wrap instead of scrolling."""
    return "<pre><code>" + "\n".join(text(line) for line in lines) + "</code></pre>\n"


def section(name: str, title: str, body: str) -> str:
    """Return a part of the page under its heading."""
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{text(title)}</h2>\n{body}</section>\n'


def details(summary: str, body: str) -> str:
    """Return a part that opens on demand."""
    return f"<details>\n<summary>{text(summary)}</summary>\n{body}</details>\n"


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: frozenset[int] = frozenset(),
    style: str = "stacks",
) -> str:
    """Return a table whose first column heads its rows.

    On a narrow screen a row of a table that `stacks` becomes a block with a label before each cell; the roles keep
    it a table for readers, whatever the layout.
    """
    top = "".join(
        f'<th role="columnheader" scope="col"{_aligned(i, numbers)}>{text(h)}</th>' for i, h in enumerate(heads)
    )
    body = "".join(_row(row, heads, numbers) for row in rows)
    return (
        f'<table role="table" class="{style}">\n<caption>{text(caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{top}</tr></thead>\n<tbody role="rowgroup">\n{body}</tbody>\n</table>\n'
    )


def _row(row: Sequence[str], heads: Sequence[str], numbers: frozenset[int]) -> str:
    first, *rest = row
    cells = "".join(
        f'<td role="cell" data-label="{text(heads[i])}"{_aligned(i, numbers, cell)}>{text(cell)}</td>'
        for i, cell in enumerate(rest, 1)
    )
    return f'<tr role="row"><th role="rowheader" scope="row"{_aligned(0, numbers)}>{text(first)}</th>{cells}</tr>\n'


def _aligned(place: int, numbers: frozenset[int], cell: str = "") -> str:
    """Return the classes of a cell: a number, nothing to say."""
    names = [name for name, given in (("number", place in numbers), ("none", cell == NONE)) if given]
    return f' class="{" ".join(names)}"' if names else ""


def page(title: str, style: str, header: str, main: str, footer: str) -> str:
    """Return a whole page, all in one file."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the answer</a>\n'
        f'<header>\n{header}</header>\n<main id="main" tabindex="-1">\n{main}</main>\n'
        f"<footer>\n{footer}</footer>\n</body>\n</html>\n"
    )
