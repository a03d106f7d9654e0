"""What each question's answer must explain is said: by the rule that knows it, with its figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.advice import Advice

LINES = parse((Path(__file__).parent / "explains.yaml").read_text("utf-8"), "explains.yaml").data["lines"]
SAID = [line for line in LINES if "missing" not in line]
LEAST = 0.85


@pytest.mark.parametrize("line", SAID, ids=[f"{line['case']}: {line['about']}" for line in SAID])
def test_the_answer_explains(line: dict[str, Any], answers: dict[str, Advice]) -> None:
    told: dict[str, str] = {}
    for name, text in said(answers[line["case"]]):
        told[name] = f"{told.get(name, '')}\n{text}"
    assert set(line["rules"]) <= set(told)
    assert any(re.search(line.get("says", ""), told[name]) for name in line["rules"])


def said(advice: Advice) -> Iterator[tuple[str, str]]:
    """Yield each sentence of the answer with the rule that says it."""
    yield from ((item.rule, item.text) for item in (*advice.caveats, *advice.notes))
    yield from ((item.excuse.rule, item.excuse.text) for item in advice.excluded)
    yield from ((f"route:{route.kind}", route.text) for route in advice.routes)
    yield from ((f"wish:{wish.field}", wish.text) for wish in advice.wishes)


def test_little_is_left_unsaid() -> None:
    assert len(SAID) / len(LINES) >= LEAST
