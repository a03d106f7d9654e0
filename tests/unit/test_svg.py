"""Charts have scales that hold their figures, and their text is text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.render.svg import Bar, Point, bars, linear_ticks, log_ticks, scatter

TEXTS = ("Title", "What it says")


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_linear_scale_holds_its_figures_with_few_marks(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ticks = linear_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 8
    assert all(before < after for before, after in pairwise(ticks))


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
def test_a_logarithmic_scale_holds_its_figures_with_few_marks(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ticks = log_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 11


def test_marks_are_round() -> None:
    assert linear_ticks(0, 20.7) == [0, 5, 10, 15, 20, 25]
    assert linear_ticks(38.6, 87.9) == [30, 40, 50, 60, 70, 80, 90]
    assert linear_ticks(71, 71) == [71, 72]
    assert log_ticks(15, 170) == [10, 20, 50, 100, 200]
    assert log_ticks(0.08, 410) == [0.01, 0.1, 1, 10, 100, 1000]


def test_one_build_alone_is_drawn() -> None:
    root = ET.fromstring(scatter("one", TEXTS, [Point(20.0, 71.0, 1, front=True)], [], ("x", "y")))  # noqa: S314
    assert [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")][-1] == "1"


def test_a_mark_that_another_would_hide_is_told_beside_it() -> None:
    points = [Point(20.0, 71.0, 1, front=True), Point(20.0, 71.0, 2), Point(60.0, 30.0, 3)]
    root = ET.fromstring(scatter("two", TEXTS, points, [], ("x", "y")))  # noqa: S314
    assert [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")][-3:] == ["3", "1", "2"]
    assert len([*root.iter("{http://www.w3.org/2000/svg}circle")]) == 1


def boxes(root: ET.Element) -> tuple[list[tuple[float, ...]], list[tuple[float, float]]]:
    """Return the room that names take in a chart, and where the numbered marks are."""
    names, marks = [], []
    for item in root.iter("{http://www.w3.org/2000/svg}text"):
        x, y = float(item.attrib["x"]), float(item.attrib["y"]) - 3.5
        if item.get("paint-order"):
            width = 5.0 * len(item.text or "")
            left = x - width * {"start": 0, "middle": 0.5, "end": 1}[item.attrib["text-anchor"]]
            names.append((left, y - 4, left + width, y + 4))
        elif item.get("font-weight"):
            marks.append((x, y))
    return names, marks


@given(st.lists(st.tuples(st.floats(10, 500), st.floats(20, 90)), min_size=1, max_size=9))
def test_names_of_marks_cover_neither_each_other_nor_marks(spots: list[tuple[float, float]]) -> None:
    points = [Point(x, y, place, label=f"3.{place} {place}B") for place, (x, y) in enumerate(spots, 1)]
    root = ET.fromstring(scatter("many", TEXTS, points, [], ("x", "y")))  # noqa: S314
    names, marks = boxes(root)
    told = " ".join(item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text"))
    hidden = len(points) - len(marks)
    assert told.count(": 3.") == hidden
    if not hidden:
        for left, top, right, bottom in names:
            assert not [(x, y) for x, y in marks if left < x < right and top < y < bottom]
        for one, other in combinations(names, 2):
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_a_mark_that_stands_alone_is_named() -> None:
    points = [Point(20.0, 71.0, 1, label="3.1 70B"), Point(200.0, 31.0, 2, label="3.2 1B")]
    root = ET.fromstring(scatter("two", TEXTS, points, [], ("x", "y")))  # noqa: S314
    assert len(boxes(root)[0]) == 2


def test_a_label_is_text() -> None:
    root = ET.fromstring(bars("b", TEXTS, [Bar("<b>&\u202e", (1.0, 0.0), None)], "GiB"))  # noqa: S314
    assert [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")][-1] == "<b>&?"
