"""The colours of the HTML report and of pictures can be told apart, in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import llama_advisor
from llama_advisor.render.svg import CELLS, EMPTY, ON_CELLS, WHITE

RENDER = Path(llama_advisor.__file__).parent / "render"
STYLE = (RENDER / "templates" / "report.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in STYLE.split("prefers-color-scheme: dark"))
SCHEMES = {"light": LIGHT, "dark": DARK}
TEXT, SHAPES = 4.5, 3.0
"""Least contrast of text and of shapes, by WCAG 2.2."""


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_it_should_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_colour_that_is_used_is_there_in_both_schemes() -> None:
    used = {
        role
        for path in (RENDER / "svg.py", *RENDER.glob("templates/*"))
        for role in re.findall(r"var\(--([\w-]+)\)", path.read_text("utf-8"))
    }
    assert used
    assert set(LIGHT) == set(DARK) >= used


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_role_has_a_colour_that_can_be_seen(scheme: str) -> None:
    colours = SCHEMES[scheme]
    for ground in ("surface", "panel"):
        for role in ("ink", "muted", "good", "pick"):
            assert contrast(colours[role], colours[ground]) >= TEXT, (role, ground)
    for place in range(1, 5):
        assert contrast(colours[f"part-{place}"], colours["surface"]) >= SHAPES, place


def test_letters_can_be_read_on_every_cell() -> None:
    for cell in (*CELLS, EMPTY, WHITE):
        assert contrast(ON_CELLS, cell) >= TEXT
