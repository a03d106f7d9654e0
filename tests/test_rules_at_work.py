"""Rules that no question of people turns on do their work all the same: each in a scenario made for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor, Answer

NAME = "rules_at_work.yaml"
CASES = parse((Path(__file__).parent / "data" / NAME).read_text("utf-8"), NAME).data["cases"]


def at_work(answer: Answer) -> set[str]:
    """Return the rules that speak, rule out or count in an answer."""
    advice = answer.advice
    found = {item.rule for item in (*advice.caveats, *advice.notes, *advice.routes)}
    found |= {item.excuse.rule for item in advice.excluded}
    found |= {part.rule for build in advice.ranking for part in build.contributions if part.rule}
    if answer.found:
        builds = [*answer.found.order, *answer.found.ruled_out, *answer.found.excluded]
        found |= {rule.id for build in builds for rule, _ in build.states}
        found |= {part.rule.id for build in answer.found.qualified for part in build.parts if part.rule}
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_a_rule_does_its_work(case: dict[str, Any], advisor: Advisor) -> None:
    assert case["rule"] in at_work(advisor.answer(Scenario.model_validate(case["scenario"])))
