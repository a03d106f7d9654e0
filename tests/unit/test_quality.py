"""Quality from published scores: mixes, estimates, what a text model lends, what a quantization leaves."""

from __future__ import annotations

from types import SimpleNamespace
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


BENCHMARKS = {
    name: SimpleNamespace(zero=20.0, hundred=70.0, text_only=text_only)
    for name, text_only in (("reading", True), ("counting", True), ("seeing", False))
}
CRITERIA = SimpleNamespace(tool_benchmark="counting", loss_factor=lambda billions: 8 / billions)


def shaped(name: str, **changes: Any) -> Any:
    """What quality reads of a model."""
    plain = {"scores": {}, "estimated_scores": (), "text_scores_from": None, "kind": "instruct", "sibling": None}
    return SimpleNamespace(id=name, parameters=4_000_000_000, **(plain | changes))


def guess(benchmark: str, value: float) -> Any:
    return SimpleNamespace(benchmark=benchmark, value=value)


TEXT_MODEL = shaped("text", scores={"reading": 60.0}, estimated_scores=(guess("counting", 30.0), guess("seeing", 25.0)))
MODELS = {
    "text": TEXT_MODEL,
    "vision": shaped(
        "vision", text_scores_from="text", scores={"seeing": 50.0}, estimated_scores=(guess("reading", 1.0),)
    ),
    "base": shaped("base", kind="base", sibling="text"),
    "tuned": shaped("tuned", sibling="text"),
    "alone": shaped("alone", kind="base", sibling="nobody"),
}
MADE: Any = SimpleNamespace(benchmarks=BENCHMARKS, criteria=CRITERIA, models=MODELS)


@pytest.mark.parametrize(
    ("model", "benchmark", "found"),
    [
        ("text", "reading", (60, False)),
        ("text", "counting", (30, True)),
        ("vision", "reading", (60, False)),
        ("vision", "counting", (30, True)),
        ("vision", "seeing", (50, False)),
        ("base", "reading", (60, True)),
        ("base", "seeing", (25, True)),
        ("tuned", "reading", None),
        ("alone", "reading", None),
    ],
)
def test_whose_score_counts(model: str, benchmark: str, found: tuple[float, bool] | None) -> None:
    assert quality.score(MODELS[model], benchmark, MADE) == found


@pytest.mark.parametrize(("model", "found"), [("text", 30), ("vision", 30), ("tuned", None)])
def test_the_score_that_stands_for_tool_calls(model: str, found: float | None) -> None:
    assert quality.tool_score(MODELS[model], MADE) == found


def work(benchmarks: dict[str, float], enough: float = 100, floor: Any = None) -> Any:
    return SimpleNamespace(benchmarks=benchmarks, enough=enough, beyond_enough=0.25, floor=floor)


# 60, 30 and 25 of 20 to 70 are 80, 20 and 10 of 100; of 4 billion parameters twice the loss of 8 is lost.
LOSSY: Any = SimpleNamespace(quality_kept_percent=90)
READING, MIXED = work({"reading": 1}), work({"reading": 3, "counting": 1})
OWN: Any = SimpleNamespace(scores={"reading": 45.0})


@pytest.mark.parametrize(
    ("cases", "official", "plain", "built", "in_full"),
    [
        ([READING], None, 80, 64, 64),
        ([MIXED], None, 65, 52, 52),
        ([READING, MIXED], None, 72.5, 58, 58),
        ([READING], OWN, 80, 50, 50),
        ([MIXED], OWN, 65, (3 * 50 + 16) / 4, (3 * 50 + 16) / 4),
        ([work({"reading": 1}, enough=40)], None, 80, 40 + 24 / 4, 64),
        ([READING, work({"reading": 1}, enough=40)], None, 80, (64 + 46) / 2, 64),
        ([work({"unknown": 1})], None, None, None, None),
        ([READING, work({"unknown": 1})], None, None, None, None),
        ([], None, None, None, None),
    ],
)
def test_quality_worked_out(
    cases: list[Any], official: Any, plain: float | None, built: float | None, in_full: float | None
) -> None:
    known: Any = SimpleNamespace(**vars(MADE) | {"benchmarks": BENCHMARKS | {"unknown": BENCHMARKS["reading"]}})
    args = TEXT_MODEL, LOSSY, official, tuple(cases), known
    assert quality.kept_share(TEXT_MODEL, LOSSY, MADE) == pytest.approx(0.8)
    assert quality.model_quality(TEXT_MODEL, tuple(cases), known) == (plain and pytest.approx(plain))
    assert quality.build_quality(*args) == (built and pytest.approx(built))
    assert quality.build_quality(*args, in_full=True) == (in_full and pytest.approx(in_full))


@pytest.mark.parametrize(
    ("floors", "gap"),
    [
        ([], None),
        ([("reading", 55)], 5),
        ([("reading", 65)], -5),
        ([("reading", 55), ("counting", 28)], 2),
        ([("reading", 55), None], 5),
        ([("unknown", 55), ("reading", 50)], 10),
        ([("unknown", 55)], None),
    ],
)
def test_points_above_the_floor(floors: list[tuple[str, float] | None], gap: float | None) -> None:
    known: Any = SimpleNamespace(**vars(MADE) | {"benchmarks": BENCHMARKS | {"unknown": BENCHMARKS["reading"]}})
    cases = (work({}, floor=SimpleNamespace(benchmark=each[0], at_least=each[1]) if each else None) for each in floors)
    assert quality.floor_gap(TEXT_MODEL, tuple(cases), known) == gap


def test_what_is_estimated_of_a_mix() -> None:
    cases = work({"reading": 1, "seeing": 1}), work({"counting": 1, "reading": 1})
    assert quality.estimated_benchmarks(TEXT_MODEL, cases, MADE) == ("counting", "seeing")
    assert quality.estimated_benchmarks(MODELS["base"], cases, MADE) == ("counting", "reading", "seeing")


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        (("text",), ["reading", "seeing"]),
        (("text", "audio"), ["reading", "seeing"]),
        (("text", "image"), ["seeing"]),
        (("video",), ["seeing"]),
        ((), ["reading", "seeing"]),
    ],
)
def test_which_benchmarks_show_the_work(inputs: tuple[str, ...], found: list[str]) -> None:
    assert quality.of_this_work(iter(["reading", "seeing"]), inputs, MADE) == found
