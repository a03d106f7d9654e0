"""Quality from published scores: mixes, estimates, what a text model lends, what a quantization leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.sizing import quality

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import UseCase
    from llama_advisor.knowledge.model import Model

SMALL, LARGE = "llama-3.2-1b-instruct", "llama-3.1-70b-instruct"
VISION, TEXT = "llama-3.2-11b-vision-instruct", "llama-3.1-8b-instruct"


def case(base: RuleBase, **changes: Any) -> UseCase:
    plain = {"benchmarks": {"ifeval": 1.0}, "enough": 100, "beyond_enough": 0.25, "floor": None}
    return base.use_cases["chat"]._replace(**(plain | changes))


def with_scores(model: Model, **scores: float) -> Model:
    return model._replace(scores=scores)


def test_a_score_published_for_the_model_is_its_own(base: RuleBase) -> None:
    found = quality.score(base.models[SMALL], "ifeval", base)
    assert found == (base.models[SMALL].scores["ifeval"], False)


def test_a_vision_model_has_the_text_scores_of_the_model_it_carries(base: RuleBase) -> None:
    vision = base.models[VISION]
    assert vision.text_scores_from == TEXT
    lent = [
        name
        for name, known in base.benchmarks.items()
        if known.text_only and name not in vision.scores and name in base.models[TEXT].scores
    ]
    assert lent
    for name in lent:
        assert quality.score(vision, name, base) == (base.models[TEXT].scores[name], False)


def test_an_image_score_is_never_lent_to_or_by_a_text_model(base: RuleBase) -> None:
    for name, known in base.benchmarks.items():
        if not known.text_only:
            assert quality.score(base.models[TEXT], name, base) is None


def test_a_base_model_stands_for_what_tuning_makes_of_it(base: RuleBase) -> None:
    found = quality.score(base.models["llama-3.1-8b"], "ifeval", base)
    assert found == (base.models[TEXT].scores["ifeval"], True)


def test_a_score_that_nobody_published_or_estimated_is_absent(base: RuleBase) -> None:
    bare = base.models[SMALL]._replace(scores={}, estimated_scores=())
    assert quality.score(bare, "ifeval", base) is None
    assert quality.model_quality(bare, (case(base),), base) is None
    assert quality.estimated_benchmarks(bare, (case(base),), base) == ()


def test_scores_are_read_between_guessing_and_the_fixed_top(base: RuleBase) -> None:
    known = base.benchmarks["mmlu-5shot"]
    assert quality.scaled(known.zero, "mmlu-5shot", base) == 0
    assert quality.scaled(known.hundred, "mmlu-5shot", base) == 100
    assert quality.scaled((known.zero + known.hundred) / 2, "mmlu-5shot", base) == pytest.approx(50)
    assert quality.scaled(known.zero - 9, "mmlu-5shot", base) == 0
    assert quality.scaled(known.hundred + 9, "mmlu-5shot", base) == 100


def test_a_mix_is_a_weighted_mean_whatever_its_shares_sum_to(base: RuleBase) -> None:
    model = with_scores(base.models[LARGE], **{"ifeval": 80, "mmlu-5shot": 70})
    each = [quality.scaled(80, "ifeval", base), quality.scaled(70, "mmlu-5shot", base)]
    for shares in ({"ifeval": 3, "mmlu-5shot": 1}, {"ifeval": 0.75, "mmlu-5shot": 0.25}):
        found = quality.model_quality(model, (case(base, benchmarks=shares),), base)
        assert found == pytest.approx(0.75 * each[0] + 0.25 * each[1])


def test_several_use_cases_are_averaged_and_one_unknown_makes_all_unknown(base: RuleBase) -> None:
    model = with_scores(base.models[SMALL], ifeval=80)._replace(estimated_scores=())
    known, unknown = case(base), case(base, benchmarks={"mmlu-5shot": 1.0})
    assert quality.model_quality(model, (known, known), base) == pytest.approx(quality.scaled(80, "ifeval", base))
    assert quality.model_quality(model, (known, unknown), base) is None


def test_small_models_lose_more_by_quantization(base: RuleBase) -> None:
    sizes = [base.models[name] for name in (SMALL, "llama-3.2-3b-instruct", TEXT, LARGE, "llama-3.1-405b-instruct")]
    kept = [quality.kept_share(model, base.quantizations["q3_k_m"], base) for model in sizes]
    assert kept == sorted(kept)
    assert all(0 < share < 1 for share in kept)
    assert all(quality.kept_share(model, base.quantizations["bf16"], base) == 1 for model in sizes)


def test_an_official_build_counts_with_its_own_published_score(base: RuleBase) -> None:
    model = base.models[SMALL]
    official = next(build for build in model.official_builds if "ifeval" in build.scores)
    quantization = base.quantizations[official.quantization]
    own = quality.build_quality(model, quantization, official, (case(base),), base)
    assert own == pytest.approx(quality.scaled(official.scores["ifeval"], "ifeval", base))
    assert own != quality.build_quality(model, quantization, None, (case(base),), base)


def test_more_than_enough_is_worth_little(base: RuleBase) -> None:
    model = with_scores(base.models[LARGE], ifeval=base.benchmarks["ifeval"].hundred)
    build = (model, base.quantizations["bf16"], None)
    assert quality.build_quality(*build, (case(base),), base) == 100
    assert quality.build_quality(*build, (case(base, enough=60, beyond_enough=0.25),), base) == pytest.approx(70)
    assert quality.build_quality(*build, (case(base, enough=60, beyond_enough=0),), base) == 60


def test_what_reads_pictures_is_measured_by_pictures(base: RuleBase) -> None:
    names = ["mmlu-5shot", "docvqa", "ifeval"]
    assert quality.of_this_work(names, ("text", "image"), base) == ["docvqa"]
    assert quality.of_this_work(names, ("multiple_images",), base) == ["docvqa"]
    assert quality.of_this_work(names, ("text",), base) == names
    assert quality.of_this_work(["ifeval"], ("text", "image"), base) == ["ifeval"]  # nothing else is known


def test_estimates_are_named(base: RuleBase) -> None:
    for model in base.models.values():
        for estimate in model.estimated_scores:
            found = quality.estimated_benchmarks(model, (case(base, benchmarks={estimate.benchmark: 1.0}),), base)
            assert found == (estimate.benchmark,), f"{model.id}: {estimate.benchmark} is published and estimated"
