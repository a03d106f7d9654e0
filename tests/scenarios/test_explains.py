"""What each question's answer must explain is said: by the rule that knows it, with its figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.documents import parse

if TYPE_CHECKING:
    from llama_advisor.schema.advice import Advice

LINES = parse((Path(__file__).parent / "explains.yaml").read_text("utf-8"), "explains.yaml").data["lines"]
SAID = [line for line in LINES if "missing" not in line]
LEAST = 0.85


@pytest.mark.parametrize("line", SAID, ids=[f"{line['case']}: {line['about']}" for line in SAID])
def test_the_answer_explains(line: dict[str, Any], answers: dict[str, Advice]) -> None:
    advice = answers[line["case"]]
    rules = {item.rule for item in advice.caveats} | {item.excuse.rule for item in advice.excluded}
    rules |= {f"route:{route.kind}" for route in advice.routes}
    assert set(line["rules"]) <= rules
    told = [item.text for item in (*advice.caveats, *advice.routes, *advice.wishes)]
    told += [item.excuse.text for item in advice.excluded]
    assert any(re.search(line.get("says", ""), text) for text in told)


def test_little_is_left_unsaid() -> None:
    assert len(SAID) / len(LINES) >= LEAST
