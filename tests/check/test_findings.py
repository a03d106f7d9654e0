"""A finding at its place: lines and columns, what is cut, what tells two apart, and the page of a code."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from llama_advisor.check.findings import SourceText, Waived, clean, code_page
from llama_advisor.knowledge.upkeep_entries import FindingKind

KIND = FindingKind(id="LA201", title="Title", explanation="Why.\n", severity="warning", fix="Do it.", example="a: b\n")
KINDS = {"LA201": KIND, "LA202": KIND}
TEXT = "first: größe\r\nsecond: 22\n\rlast"


@pytest.mark.parametrize(
    ("word", "span"),
    [
        ("first", (1, 1, 1, 6)),
        ("größe", (1, 8, 1, 13)),
        ("second", (2, 1, 2, 7)),
        ("22", (2, 9, 2, 11)),
        ("last", (4, 1, 4, 5)),
        ("größe\r\nsec", (1, 8, 2, 4)),
    ],
)
def test_lines_and_columns_count_from_one(word: str, span: tuple[int, int, int, int]) -> None:
    source = SourceText("a.yaml", TEXT, KINDS)
    start = TEXT.index(word)
    assert source.span(start, start + len(word)) == span
    assert source.index(*span[:2]) == start
    found = source.finding("LA201", "t", start, start + len(word))
    assert (found.line, found.column, found.end_line, found.end_column) == span
    assert found.snippet == TEXT.replace("\n\r", "\r\n\r\n").split("\r\n")[span[0] - 1]
    assert found.about == (word.replace("\r\n", "? "),)


def test_a_finding_holds_what_its_kind_says() -> None:
    source = SourceText("a\tb.yaml", TEXT, KINDS)
    found = source.finding("LA201", "two\nlines; nearest: second", 14, 20, deployment="b\x00t", of_a_name=True)
    said = found._asdict()
    assert {
        name: said[name] for name in ("code", "severity", "title", "text", "fix", "deployment", "file", "replacement")
    } == {
        "code": "LA201",
        "severity": "warning",
        "title": "Title",
        "text": "two lines; nearest: second",
        "fix": "Do it.",
        "deployment": "b?t",
        "file": "a\tb.yaml",
        "replacement": "second",
    }
    assert (found.fails, found.waived, found.known, found.counts) == (False, None, False, True)
    assert not found._replace(known=True).counts
    assert not found._replace(waived=Waived(reason="")).counts


@pytest.mark.parametrize(
    ("text", "start", "end", "named", "replacement"),
    [
        ("no; nearest: b-c", 0, 5, True, "b-c"),
        ("no; nearest: b-c", 0, 5, False, None),
        ("no; nearest: b-c", 0, 6, True, None),  # a colon is no part of a name
        ("no; nearest: b-c", 0, 0, True, None),
        ("no; nearest: b c", 0, 5, True, None),
        ("no", 0, 5, True, None),
    ],
)
def test_the_nearest_name_would_do_where_one_stands(
    text: str, start: int, end: int, named: bool, replacement: Any
) -> None:
    assert SourceText("a", TEXT, KINDS).finding("LA201", text, start, end, of_a_name=named).replacement == replacement


def test_what_is_long_is_cut() -> None:
    source = SourceText("a", "x" * 401 + "\ny", KINDS)
    assert source.finding("LA201", "t" * 600).text == "t" * 600
    assert source.finding("LA201", "t" * 601).text == "t" * 599 + "…"
    found = source.finding("LA201", "t", 0, 401)
    assert (found.snippet, found.about, found.end_column) == ("x" * 400, ("x" * 400,), 402)
    assert source.finding("LA201", "t", 5, 2).end_column == 6  # never before it begins
    assert source.finding("LA201", "t").about == ()
    assert source.finding("LA201", "t").deployment is None


def test_a_fingerprint_is_of_all_but_the_place() -> None:
    def mark(text: str = "ab\nab\ncd", name: str = "a", code: str = "LA201", start: int = 0, **more: Any) -> str:
        return SourceText(name, text, KINDS).finding(code, "said", start, start + 2, **more).fingerprint

    assert mark(start=3) == mark() == SourceText("a", "ab", KINDS).finding("LA201", "otherwise", 0, 2).fingerprint
    others = {mark(), mark(name="b"), mark(code="LA202"), mark(start=6), mark(deployment="bot"), mark(about="bot")}
    assert len(others) == 6
    assert {len(one) for one in others} == {20}
    assert mark("\udcff.") != mark("\udcfe.")


def test_a_text_is_cleaned_of_what_a_terminal_obeys() -> None:
    assert clean("a\nb\udcff") == "a b\\udcff"


DO = "Why.\n\n## What to do\n\nDo it.\n"
MALFORMED = "It means that the input is wrong: exit code 2, whatever the flags say."
OF_RULES = "It is a finding of `llama-advisor rules`, about the rule base."


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        ({}, f"Warning. It fails the check with `--fail-on warning`.\n\n{DO}\n## Example\n\n    a: b\n"),
        ({"severity": "error", "example": ""}, f"Error. It fails the check.\n\n{DO}"),
        (
            {"malformed": True, "example": "a:\n  b\n"},
            f"Warning. {MALFORMED}\n\n{DO}\n## Example\n\n    a:\n      b\n",
        ),
        ({"severity": "note", "fix": "", "example": ""}, f"Note. {OF_RULES}\n\nWhy.\n"),
    ],
)
def test_the_page_of_a_code(changed: dict[str, Any], page: str) -> None:
    assert code_page(KIND._replace(**changed)) == f"# LA201: Title\n\n{page}"


def test_why_a_finding_does_not_count() -> None:
    assert Waived(reason="r").words == "waived by a comment"
    assert Waived(reason="r", expires=date(2026, 11, 24)).words == "waived until 2026-11-24"
