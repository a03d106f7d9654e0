"""Models side by side: which benchmarks compare, what differs, what each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.explain.compare import benchmarks, compare, different
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.compare import Comparison
    from llama_advisor.knowledge.base import RuleBase

EIGHT, THREE, ONE = "llama-3.1-8b-instruct", "llama-3.2-3b-instruct", "llama-3.2-1b-instruct"
VISION = "llama-3.2-11b-vision-instruct"


def common(base: RuleBase, *names: str) -> tuple[str, ...]:
    return benchmarks([base.models[name] for name in names], base)[0]


def compared(advisor: Advisor, *names: str, **fields: Any) -> Comparison:
    return compare(names, Scenario.model_validate(fields), advisor)


def row(comparison: Comparison, label: str) -> tuple[Any, ...]:
    return next(row.values for row in comparison.rows if row.label == label)


def test_a_benchmark_published_for_some_only_does_not_compare(base: RuleBase) -> None:
    shared, partial = benchmarks([base.models[EIGHT], base.models[THREE]], base)
    assert "mmlu-5shot" in shared
    assert "mmlu-cot" in base.models[EIGHT].scores
    assert "mmlu-cot" not in base.models[THREE].scores
    assert "mmlu-cot" in partial
    assert not set(shared) & set(partial)


def test_every_common_score_is_published_under_the_same_id(base: RuleBase) -> None:
    shared = common(base, EIGHT, THREE, ONE)
    assert shared
    for name in shared:
        assert all(name in base.models[model].scores for model in (EIGHT, THREE, ONE))


def test_estimates_do_not_compare(base: RuleBase) -> None:
    estimated = [(model.id, item.benchmark) for model in base.models.values() for item in model.estimated_scores]
    assert estimated
    for model, benchmark in estimated:
        assert benchmark not in common(base, EIGHT, model)


def test_what_an_instruct_model_scores_does_not_stand_for_its_base_model(base: RuleBase) -> None:
    shared = common(base, EIGHT, "llama-3.1-8b")
    assert all(name in base.models["llama-3.1-8b"].scores for name in shared)


def test_a_vision_model_has_the_text_scores_of_its_text_model(base: RuleBase) -> None:
    text = {name for name in base.models[EIGHT].scores if base.benchmarks[name].text_only}
    assert text <= set(common(base, EIGHT, VISION))
    assert base.models[VISION].text_scores_from == EIGHT


def test_scores_of_images_compare_between_vision_models_only(base: RuleBase) -> None:
    images = {name for name, item in base.benchmarks.items() if not item.text_only}
    assert images & set(common(base, VISION, "llama-3.2-90b-vision-instruct"))
    assert not images & set(common(base, EIGHT, VISION))


def test_a_row_differs_where_its_values_do(advisor: Advisor) -> None:
    comparison = compared(advisor, EIGHT, VISION, use_cases=["chat"], hardware="1x L40S", domicile="US")
    assert {row.differs for row in comparison.rows} == {True, False}
    for found in comparison.rows:
        assert len(found.values) == 2
        assert found.differs is (found.values[0] != found.values[1])
    assert row(comparison, "rights for EU companies") == (True, False)
    assert row(comparison, "context") == (131072, 131072)


def test_each_model_is_judged_as_the_engine_judges_it(advisor: Advisor) -> None:
    fields = {"use_cases": ["coding"], "hardware": "1x L4", "context_tokens": "16k"}
    ranking = {build.model: build for build in advisor.advise(Scenario.model_validate(fields)).ranking}
    for item in compared(advisor, EIGHT, THREE, **fields).models:
        assert item.build is not None
        assert item.build._replace(rank=1) == ranking[item.model]._replace(rank=1)


def test_a_model_ruled_out_says_why_and_has_no_figures(advisor: Advisor) -> None:
    comparison = compared(advisor, EIGHT, VISION, use_cases=["chat"], hardware="1x L40S", domicile="DE")
    eight, vision = comparison.models
    assert (eight.excuse, vision.build) == (None, None)
    assert vision.excuse is not None
    assert vision.excuse.bottleneck == "licence"
    assert row(comparison, "memory")[1] is None


def test_memory_is_that_of_ones_own_machine_where_hosted_is_best(advisor: Advisor) -> None:
    comparison = compared(advisor, EIGHT, THREE, use_cases=["rag"], target="cloud")
    for item in comparison.models:
        assert item.build is not None
        assert item.build.machine is None
        assert item.at_home is not None
        assert item.at_home.memory is not None
    assert all(row(comparison, "memory"))
    assert all(" on " in value for value in row(comparison, "run by oneself"))


def test_a_base_model_is_judged_when_it_is_named(advisor: Advisor) -> None:
    comparison = compared(advisor, EIGHT, "llama-3.1-8b", use_cases=["coding"], hardware="1x L4")
    assert comparison.models[1].excuse is not None
    tuned = compared(advisor, EIGHT, "llama-3.1-8b", use_cases=["fine-tuning-base"], hardware="1x L4")
    assert tuned.models[1].build is not None


def test_limits_that_were_stated_stay(advisor: Advisor) -> None:
    comparison = compared(advisor, EIGHT, THREE, use_cases=["chat"], hardware="1x L4", only={"models": [THREE]})
    assert comparison.models[0].build is None
    assert comparison.models[1].build is not None
    assert comparison.scenario["only"] == {"models": [THREE]}


def test_the_scenario_shown_is_the_one_that_was_asked(advisor: Advisor) -> None:
    assert "only" not in compared(advisor, EIGHT, THREE, use_cases=["chat"]).scenario


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["8b"], "compare: name at least two models; `models list` shows them"),
        (
            ["8b", "Meta-Llama-3.1-8B-Instruct"],
            "compare: '8b' and 'Meta-Llama-3.1-8B-Instruct' are both llama-3.1-8b-instruct; name different models",
        ),
        (["8b", "llama-9"], "compare: unknown model 'llama-9'"),
    ],
)
def test_fewer_than_two_different_models_are_an_input_error(named: list[str], message: str, base: RuleBase) -> None:
    with pytest.raises(InputError) as raised:
        different(named, base)
    assert str(raised.value).startswith(message)
