"""Write today's answers to the cases and the matrix into captured.yaml, for review as a diff; print how they fare."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from changed import scenarios

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice

HERE = Path(__file__).parent
CAPTURED = HERE / "captured.yaml"
AS_OF = date(2026, 11, 24)
HEADER = "# Written by capture.py: today's answers. Review the diff; do not edit.\n"
YES = ("recommended", "recommended_with_caveats")
EXPECTED = {
    "recommend": YES,
    "recommend_with_caveat": YES,
    "change_requirement": ("change_requirement",),
    "none": ("no_fit", "change_requirement"),
}


def cases() -> list[dict[str, Any]]:
    """Return the questions with the answers that hold."""
    return read("cases.yaml")["cases"]


def read(name: str) -> dict[str, Any]:
    """Return one file of this folder."""
    found = parse((HERE / name).read_text(encoding="utf-8"), name).data
    assert isinstance(found, dict)
    return found


def questions() -> dict[str, dict[str, Any]]:
    """Return every scenario by name."""
    return scenarios(read("cases.yaml"), read("matrix.yaml"))


def answers() -> dict[str, Advice]:
    """Answer every question."""
    advisor = Advisor(load_rules(), AS_OF)
    return {name: advisor.advise(Scenario.model_validate(said)) for name, said in questions().items()}


def shown(advice: Advice) -> dict[str, Any]:
    """Return what is captured of an answer."""
    build = advice.recommendation
    return {
        "verdict": advice.verdict,
        "recommendation": build and f"{build.model} {build.quantization} {build.engine}",
        "machine": build and (build.machine.name if build.machine else build.provider),
        "changes": [f"{change.field}: {change.to}" for change in advice.changes],
        "ranking": [item.model for item in advice.ranking],
        "excluded": {item.model: item.excuse.rule for item in advice.excluded},
    }


def text(found: dict[str, Advice]) -> str:
    """Return the content of captured.yaml."""
    plain = {name: shown(advice) for name, advice in found.items()}
    return HEADER + yaml.safe_dump(plain, sort_keys=False, width=100, allow_unicode=True)


def variant(advice: Advice) -> str | None:
    """Return the model recommended, in the words of the cases."""
    return advice.recommendation and advice.recommendation.model.removesuffix("-instruct")


def fares(found: dict[str, Advice]) -> str:
    """Return how many answers hold, by model and by verdict."""
    asked = cases()
    verdicts = sum(found[case["id"]].verdict in EXPECTED[case["verdict"]] for case in asked)
    models = [
        variant(found[case["id"]]) in case["acceptable"] if case["acceptable"] else variant(found[case["id"]]) is None
        for case in asked
    ]
    return f"{sum(models)} of {len(asked)} models acceptable, {verdicts} of {len(asked)} verdicts as expected"


if __name__ == "__main__":
    now = answers()
    CAPTURED.write_text(text(now), encoding="utf-8")
    sys.stdout.write(fares(now) + "\n")
