"""What comments and waivers ignore, and what is told of them, on the made-up knowledge."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from llama_advisor.check.checker import Checker
from llama_advisor.check.findings import SourceText, Waived
from llama_advisor.check.waivers import ignored

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a # llama-advisor: ignore LA303 why\nb", [("LA303", "why", [1])]),
        ("a\n# llama-advisor: ignore LA303 why\nb\nc", [("LA303", "why", [2, 3])]),
        ("# llama-advisor: ignore LA303: why\nb \\\n c \\\n d\ne", [("LA303", "why", [1, 2, 3, 4])]),
        ("# llama-advisor: ignore LA303, LA301 - why not", [("LA303", "why not", [1]), ("LA301", "why not", [1])]),
        ("a // llama-advisor: ignore", [("", "", [1])]),
        ("<!-- llama-advisor: ignore LA303 why -->\r\nb", [("LA303", "why", [1, 2])]),
        ("a\r<# llama-advisor: ignore LA303 why #>\rb", [("LA303", "why", [2, 3])]),
        ("/* llama-advisor: ignore LA303 why */\nb", [("LA303", "why", [1, 2])]),
        ("'# llama-advisor: ignore LA303 why'", []),
        ('"""\n# llama-advisor: ignore LA303 why\n""" # llama-advisor: ignore LA301 so', [("LA301", "so", [3])]),
        ("# llama-advisor ignore LA303", []),
        ("# ignore LA303", []),
        ("a # llama-advisor: ignore LA303 " + "w" * 700, [("LA303", "w" * 600, [1])]),
    ],
)  # fmt: skip
def test_what_a_comment_ignores(text: str, found: list[Any]) -> None:
    made = [*ignored(SourceText("a.sh", text, {}))]
    assert [(item.code, item.reason, [*item.lines]) for item in made] == found
    assert [text[item.start : item.end] for item in made if item.code] == [code for code, *_ in found if code]


def test_a_line_of_a_notebook_is_a_string() -> None:
    (found,) = ignored(SourceText("a.ipynb", '["# llama-advisor: ignore LA303 why\\n",\n"b"]', {}))
    assert (found.code, found.reason, [*found.lines]) == ("LA303", "why", [1])


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("LA301 for now", [("LA301", "error", "for now")]),
        ("LA301", [("LA301", "error", ""), ("LA503", "the comment that ignores LA301 says no why", None)]),
        ("LA303 for now", [("LA301", "error", None), ("LA502", "there is no finding LA303 here", None)]),
        ("LA901 for now", [("LA301", "error", None), ("LA504", "LA901 cannot be waived", None)]),
        ("LA2077 for now", [("LA301", "error", None), ("LA504", "LA2077 is no code; nearest: LA207", None)]),
        ("", [("LA301", "error", None), ("LA504", "no code is named", None)]),
    ],
)
@pytest.mark.usefixtures("at")
def test_what_is_told_of_a_comment(comment: str, told: list[Any], checker: Checker) -> None:
    Path("a.yaml").write_text(f"model: made/small # llama-advisor: ignore {comment}\n", "utf-8")
    needs = {"use_cases": ["talk"], "hardware": "card"}
    item = {"name": "bot", "requirements": needs, "choice": {"model": "middle", "engine": "paged"}, "sources": "a.yaml"}
    Path("llama-advisor.yaml").write_text(yaml.safe_dump({"version": 1, "deployments": [item]}), "utf-8")
    found = Checker(checker.base, DAY).check(Path("llama-advisor.yaml")).findings
    assert [
        (one.code, one.severity if one.code == "LA301" else one.text, one.waived and one.waived.reason) for one in found
    ] == told


@pytest.mark.parametrize(
    ("waiver", "told"),
    [
        ({}, ("LA501", "the waiver of LA301 ended on 2026-11-23")),
        ({"expires": "2026-11-24"}, None),
        ({"expires": "2026-11-24", "about": ["MIDDLE", "made/small"]}, None),
        (
            {"expires": "2026-11-24", "about": ["large", "x"], "path": "b/*"},
            ("LA502", "bot has no finding LA301 in b/* about large and x"),
        ),
        ({"expires": "2026-11-24", "path": "a.*"}, None),
        ({"expires": "2026-11-24", "reason": " "}, ("LA503", "the waiver of LA301 for bot says no why")),
        ({"code": "LA901"}, ("LA504", "LA901 cannot be waived")),
        ({"code": "LA502"}, ("LA504", "LA502 cannot be waived")),
        ({"code": "LA2077"}, ("LA504", "LA2077 is no code; nearest: LA207")),
        ({"deployment": "bott"}, ("LA504", "no deployment is named 'bott'; nearest: bot")),
    ],
)
@pytest.mark.usefixtures("at")
def test_what_is_told_of_a_waiver(waiver: dict[str, Any], told: Any, checker: Checker) -> None:
    Path("a.yaml").write_text("model: made/small\n", "utf-8")
    needs = {"use_cases": ["talk"], "hardware": "card"}
    item = {"name": "bot", "requirements": needs, "choice": {"model": "middle", "engine": "paged"}, "sources": "a.yaml"}
    held = {"code": "LA301", "deployment": "bot", "reason": "why", "expires": "2026-11-23"} | waiver
    text = yaml.safe_dump({"version": 1, "deployments": [item], "waivers": [held]})
    Path("llama-advisor.yaml").write_text(text, "utf-8")
    first, *rest = Checker(checker.base, DAY).check(Path("llama-advisor.yaml")).findings
    assert (first.code, first.file) == ("LA301", "a.yaml")
    valid = told is None or told[0] == "LA503"
    assert first.waived == (Waived(reason=held["reason"], expires=DAY) if valid else None)
    assert [(one.code, one.text) for one in rest] == ([told] if told else [])
    key = {
        "LA501": "expires",
        "LA502": "code",
        "LA503": "reason",
        "LA504": "deployment" if "deployment" in waiver else "code",
    }
    for one in rest:
        value = str(held[key[one.code]])
        assert one.snippet.removeprefix("- ").strip().split(": ", 1)[1].strip("'") == (value if value.strip() else " ")
