"""What answers to real questions must explain is still said: by a rule that speaks or by a figure, never by phrase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.decide import Advisor

NAME = "must_explain.yaml"
CASES = parse((Path(__file__).parent / "data" / NAME).read_text("utf-8"), NAME).data["cases"]
LINES = [line for case in CASES for line in case["lines"]]
LEAST = 0.93


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_what_was_said_is_said(case: dict[str, Any], advisor: Advisor) -> None:
    advice = advisor.advise(Scenario.model_validate(case["scenario"]))
    spoke = set(rules_of(advice))
    assert not any("{" in item.text for item in (*advice.caveats, *advice.notes, *advice.routes)), "an unfilled fact"
    for line in case["lines"]:
        for marker in line["said"]:
            assert marker in spoke or found(advice.model_dump(), marker), f"{line['line']}: {marker}"


def test_most_is_said() -> None:
    assert sum(bool(line["said"]) for line in LINES) / len(LINES) >= LEAST


def rules_of(advice: Advice) -> Iterator[str]:
    """Yield the ids of the rules that speak in an answer."""
    yield from (item.rule for item in (*advice.caveats, *advice.notes, *advice.routes))
    yield from (item.excuse.rule for item in advice.excluded)


def found(value: Any, marker: str) -> bool:
    """Whether a path leads to something, or to the value after `=`: by key, and in a list to the item that it names."""
    path, _, wanted = marker.partition("=")
    for step in path.split("."):
        if isinstance(value, (list, tuple)):
            value = next((item for item in value if names(item, step)), None)
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return str(value) == wanted if wanted else value is not None and value != ()


def names(item: dict[str, Any], step: str) -> bool:
    """Whether an item is told by that name: its field, quantization, method or rule, or the one field it changes."""
    told = {item.get(name) for name in ("field", "quantization", "method", "rule")}
    return step in told | {change["field"] for change in item.get("changes", ())}
