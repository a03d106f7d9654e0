"""Terminal output is laid out as rich does it, letter by letter, without loading it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llama_advisor.render.screen import Screen, bar, cell_len

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = (
    "a",
    "of",
    "fp8,",
    "12,345",
    "naïve",
    "漢字",
    "漢字漢字漢字漢字漢字",
    "e\u0301",
    "k\u00e4se",
    "-",
    "a-long-word" * 5,
)
WIDTHS = st.integers(36, 104)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join)
plain = st.lists(st.sampled_from(WORDS[:-1]), min_size=1, max_size=12).map(" ".join)
heads = st.sampled_from(("", "name", "two words", "tok/s"))
figures = st.sampled_from(("1.0", "12,345"))
short = st.sampled_from(("", "8", "12.0", "fp8", "a b", "漢"))


def by_rich(write: Callable[[Console], None], width: int, *, colour: bool) -> str:
    """Return what rich writes, without blanks at line ends."""
    out = Console(
        file=io.StringIO(),
        width=max(40, min(width, 100)),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    write(out)
    assert isinstance(out.file, io.StringIO)
    return "\n".join(line.rstrip() for line in out.file.getvalue().splitlines()) + "\n"


@given(words, st.sampled_from(("", "bold", "bold red")), st.sampled_from((0, 2, 4)), WIDTHS, st.booleans())
@settings(deadline=None)
def test_a_paragraph(text: str, style: str, indent: int, width: int, colour: bool) -> None:
    out = Screen(colour=colour, width=width)
    out.line(text, style, indent)
    said = Text(text, style=style)
    assert out.text() == by_rich(
        lambda console: console.print(Padding(said, (0, 0, 0, indent)) if indent else said), width, colour=colour
    )


@given(st.lists(words, min_size=1, max_size=3), WIDTHS)
@settings(deadline=None)
def test_bullets(items: list[str], width: int) -> None:
    out = Screen(colour=False, width=width)
    out.bullets(items)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for item in items:
        table.add_row(Text("-"), Text(item))
    assert out.text() == by_rich(lambda console: console.print(Padding(table, (0, 0, 0, 2))), width, colour=False)


def assert_columns_as_by_rich(
    names: list[str], rows: list[tuple[str, ...]], right: frozenset[int], width: int, *, colour: bool
) -> None:
    out = Screen(colour=colour, width=width)
    out.columns(names, rows, right)
    table = Table(box=None, pad_edge=False, show_header=any(names), header_style="dim", padding=(0, 2, 0, 0))
    for place, name in enumerate(names):
        number = place in right
        table.add_column(
            Text(name), justify="right" if number else "left", no_wrap=number or place == 0, overflow="fold"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    assert out.text() == by_rich(lambda console: console.print(Padding(table, (0, 0, 0, 2))), width, colour=colour)


@given(st.lists(st.tuples(short, words), min_size=1, max_size=3), heads, heads, WIDTHS, st.booleans())
@settings(deadline=None)
def test_two_columns(rows: list[tuple[str, ...]], one: str, other: str, width: int, colour: bool) -> None:
    assert_columns_as_by_rich([one, other], rows, frozenset(), width, colour=colour)


@given(st.lists(st.tuples(short, plain, short, plain, figures), min_size=1, max_size=3), st.data())
@settings(deadline=None)
def test_many_columns(rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    """So wide that they are not stacked, where the words of two wrap."""
    names, width = [data.draw(heads) for _ in rows[0]], data.draw(st.integers(72, 100))
    out = Screen(colour=False, width=width)
    out.columns(names, rows, frozenset({2, 4}))
    assert all(cell_len(line) <= width for line in out.lines)
    assert sorted("".join(out.lines).replace(" ", "")) == sorted("".join(map("".join, (names, *rows))).replace(" ", ""))


def test_a_table_that_does_not_fit_is_stacked() -> None:
    out = Screen(colour=False, width=40)
    out.columns(("#", "model", "build", "GiB"), [("1", "3.1 8B", "quantization-of-many-letters, engine", "12.0")])
    assert out.text() == "  1 3.1 8B\n    build quantization-of-many-letters,\n    engine; GiB 12.0\n"


def test_control_characters_are_shown_as_such() -> None:
    out = Screen(colour=False, width=80)
    out.heading("a\x1b[1mb\nc")
    assert out.text() == "\na?[1mb c\n"


def test_a_bar_fills_what_it_should() -> None:
    assert bar(7, 10, 10) == "[███████···]"
    assert bar(12, 10, 10) == "[██████████]"
