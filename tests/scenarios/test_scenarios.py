"""Whole scenarios: no answer that is known to be wrong, the article's matrix, and the capture of today's answers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase

HERE = Path(__file__).parent
AS_OF = date(2026, 11, 24)
CASES = parse((HERE / "cases.yaml").read_text("utf-8"), "cases.yaml").data["cases"]
MATRIX = parse((HERE / "matrix.yaml").read_text("utf-8"), "matrix.yaml").data
by_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
by_row = pytest.mark.parametrize("row", MATRIX["rows"], ids=[row["row"] for row in MATRIX["rows"]])
against = pytest.mark.parametrize("item", MATRIX["against"], ids=[item["name"] for item in MATRIX["against"]])
YES = ("recommended", "recommended_with_caveats")


def wrong(case: dict[str, Any], advice: Advice) -> bool:
    """Tell whether a model is recommended that does not do."""
    if advice.verdict not in YES or advice.recommendation is None:
        return False
    return advice.recommendation.model.removesuffix("-instruct") in case["unacceptable"]


@by_case
def test_no_model_is_recommended_that_does_not_do(case: dict[str, Any], answers: dict[str, Advice]) -> None:
    advice = answers[case["id"]]
    assert "known" in case or not wrong(case, advice), advice.recommendation


@by_case
def test_an_exception_that_no_longer_holds_is_removed(case: dict[str, Any], answers: dict[str, Advice]) -> None:
    assert "known" not in case or wrong(case, answers[case["id"]]), "take `known` out of cases.yaml"


def test_the_readme_says_how_the_answers_fare(answers: dict[str, Advice], capture: Any, root: Path) -> None:
    models, asked, verdicts = re.findall(r"\d+", capture.fares(answers))[:3]
    said = " ".join((root / "README.md").read_text("utf-8").split())
    assert f"of {asked} that were in view while it was built, {models} get a model" in said
    assert f"and {verdicts} the verdict that holds" in said


@by_case
def test_an_answer_is_whole(case: dict[str, Any], answers: dict[str, Advice], base: RuleBase) -> None:
    advice = answers[case["id"]]
    assert advice.verdict != "need_input"
    assert (advice.recommendation is None) == (advice.verdict == "no_fit")
    assert bool(advice.changes) == (advice.verdict == "change_requirement")
    assert bool(advice.ranking) == (advice.verdict in YES)
    told = [item.model for item in advice.excluded] + [build.model for build in advice.ranking]
    assert len(told) == len(set(told))
    instruct = {model.id for model in base.models.values() if model.role == "ranked" and model.kind == "instruct"}
    assert instruct <= set(told)
    assert all(item.excuse.text and "?" not in item.excuse.text for item in advice.excluded)
    assert len(advice.caveats) <= base.criteria.caveats_shown


@by_row
def test_the_matrix_comes_out_of_the_criteria(row: dict[str, Any], answers: dict[str, Advice], base: RuleBase) -> None:
    advice = answers[f"matrix: {row['row']}"]
    assert advice.verdict in YES
    assert advice.recommendation is not None
    assert base.models[advice.recommendation.model].family == row["family"]
    cited = {part.rule: part.source for part in advice.recommendation.contributions if part.rule}
    assert "seed-article" in cited[row["rule"]]


def test_the_matrix_stands_on_criteria_and_not_on_the_article_alone(
    base: RuleBase, layer: Callable[[dict[str, str]], Path]
) -> None:
    """Without the article's rules nearly every row comes out the same: no family is wired in."""
    seeds = [rule.id for rule in base.in_folder("preferences") if rule.id.startswith("seed-")]
    bare = load_rules(layer({f"preferences/{name}.yaml": f"id: {name}\nremove: true\n" for name in seeds}))
    advisor = Advisor(bare, AS_OF)
    same = 0
    for row in MATRIX["rows"]:
        build = advisor.advise(Scenario.model_validate(row["scenario"])).recommendation
        same += build is not None and base.models[build.model].family == row["family"]
    assert same >= len(MATRIX["rows"]) - 1


@against
def test_facts_against_a_row_change_the_pick_for_the_reason(item: dict[str, Any], answers: dict[str, Advice]) -> None:
    advice = answers[f"against: {item['name']}"]
    told = {out.model: out.excuse.bottleneck for out in advice.excluded}
    assert {model: told.get(model) for model in item.get("excluded", {})} == item.get("excluded", {})
    assert told.keys().isdisjoint(item.get("not_excluded", ()))
    assert {change.field for change in advice.changes} == set(item.get("changes", ()))
    if advice.recommendation is not None:
        assert advice.recommendation.model not in item.get("not_models", ())
    if "wish" in item:
        (wish,) = [wish for wish in advice.wishes if wish.field == "model"]
        assert (wish.outcome, wish.rank) == (item["wish"], None)
        assert wish.text in [out.excuse.text for out in advice.excluded if out.model in item["excluded"]]


def test_the_capture_is_current(capture: Any, answers: dict[str, Advice]) -> None:
    kept = capture.CAPTURED.read_text(encoding="utf-8") if capture.CAPTURED.exists() else ""
    assert kept == capture.text(answers), "run python tests/scenarios/capture.py and review the diff"
