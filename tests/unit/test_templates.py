"""Sentences with facts in braces: filled in, never executed."""

from __future__ import annotations

from typing import Any

import pytest

from llama_advisor.text.template import fields_read, fill

VALUES: dict[str, Any] = {
    "a.text": "seven",
    "a.whole": 131072,
    "a.number": 3.14159,
    "a.flag": True,
    "b.flag": False,
    "a.part.text": "eight",
    "a.set": frozenset({"pt", "fr", "th", "de", "es", "it", "hi", "en"}),
    "b.set": frozenset(),
    "of.a.text": "eight",
    "a.hostile": "{a.text} [red]x[/red] {0.__class__} %s",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain words", "plain words"),
        ("{a.text} dwarfs", "seven dwarfs"),
        ("{a.part.text} dwarfs", "eight dwarfs"),
        ("{a.whole} tokens", "131,072 tokens"),
        ("{a.whole:,} tokens", "131,072 tokens"),
        ("{a.number}", "3.14159"),
        ("{a.number:.1f} GiB", "3.1 GiB"),
        ("{a.number:,.0f}", "3"),
        ("{a.flag} and {b.flag}", "yes and no"),
        ("{a.set}", "de, en, es, fr, hi, it, pt, th"),
        ("{b.set}", "none"),
        ("{a.missing} GiB", "? GiB"),
        ("two\n  lines", "two lines"),
        ("{not a field} {} {x}", "{not a field} {} {x}"),
        ("{a.__class__} {a.text.x.upper}", "? {a.text.x.upper}"),
        ("{of.a.text} and {a.text}", "eight and seven"),
        ("{a.hostile}", "{a.text} [red]x[/red] {0.__class__} %s"),
    ],
)
def test_facts_are_filled_in(template: str, text: str) -> None:
    assert fill(template, VALUES.get) == text


def test_fields_read_names_the_facts() -> None:
    assert fields_read("{a.text} of {a.number:.1f}, {x} {}") == ["a.text", "a.number"]


def test_a_format_that_does_not_suit_the_value_is_no_crash_for_text() -> None:
    assert fill("{a.text:.1f}", VALUES.get) == "seven"
