"""What is left out of a search changes nothing: bounds, floors and plans against judging every build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.fact import BUILD, OPEN
from llama_advisor.engine.rank import ranked
from llama_advisor.engine.score import nearness
from llama_advisor.engine.search import Found, Search
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.support import device_traits, support
from llama_advisor.text.errors import InputError
from llama_advisor.upkeep.coverage import drawn as sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.knowledge.base import RuleBase

SAMPLES = range(24)


def drawn(base: RuleBase, index: int) -> Any:
    """A drawn scenario as a need; skipped where it contradicts itself."""
    try:
        return understand(Scenario.model_validate(sampled(base, 12, index)), base)
    except InputError:
        pytest.skip("no valid scenario")


def names(builds: tuple[Candidate, ...]) -> list[tuple[Any, ...]]:
    return [
        (build.model.id, build.quantization.id, build.engine.id, build.score, build.footprint_gib, build.states)
        for build in builds
    ]


def everything(found: Found) -> Iterator[Candidate]:
    for model in found._models:  # noqa: SLF001  (the walk that leaves nothing out)
        yield from model.builds


@pytest.mark.parametrize("index", SAMPLES)
def test_the_order_is_that_of_all_builds_judged(index: int, advisor: Advisor) -> None:
    need = drawn(advisor.base, index)
    found, full = advisor.search.run(need), advisor.search.run(need)
    fitting = tuple(build for build in everything(full) if not build.failures)
    assert names(found.order) == names(ranked(fitting, need, advisor.base))


@pytest.mark.parametrize("index", SAMPLES)
def test_the_nearest_miss_is_that_of_all_builds_judged(index: int, advisor: Advisor) -> None:
    need = drawn(advisor.base, index)
    found, full = advisor.search.run(need), advisor.search.run(need)
    for miss in found.excluded:
        mine = (build for build in everything(full) if build.model.id == miss.model.id)
        assert names((miss,)) == names((min(mine, key=nearness),))


@pytest.mark.parametrize("index", SAMPLES)
def test_a_kept_plan_answers_as_a_new_one(index: int, advisor: Advisor) -> None:
    """Plans were made for other numbers: nothing of them may show."""
    base = advisor.base
    need = drawn(base, index)
    kept = Search(base, advisor.as_of)
    small = understand(
        need.scenario.model_copy(update={"context_tokens": 2048, "output_tokens": 64, "concurrent_requests": 1}), base
    )
    assert kept.run(small).order is not None
    new = Search(base, advisor.as_of).run(need)
    old = kept.run(need)
    assert names(old.order) == names(new.order)
    assert names(old.excluded) == names(new.excluded)


@pytest.mark.parametrize("index", SAMPLES)
def test_what_was_settled_on_another_machine_holds_on_one_that_is_alike(index: int, advisor: Advisor) -> None:
    base = advisor.base
    need = drawn(base, index)
    kept = Search(base, advisor.as_of)
    for hardware in ("RTX 3060", "2x RTX 4090", "8xH100", "M2 Air 16GB", "Raspberry Pi 5 8GB"):
        one = understand(need.scenario.model_copy(update={"hardware": hardware, "target": need.target}), base)
        old, new = kept.run(one), Search(base, advisor.as_of).run(one)
        assert names(old.order) == names(new.order)
        assert names(old.excluded) == names(new.excluded)


def test_devices_with_the_same_traits_are_taken_alike(base: RuleBase) -> None:
    models = [base.models[name] for name in ("llama-3.1-8b-instruct", "llama-3.2-11b-vision-instruct")]
    seen: dict[Any, Any] = {}
    for device in base.devices.values():
        taken = [
            support(engine, model, quantization, device, "server")
            for engine in base.engines.values()
            for model in models
            for quantization in base.quantizations.values()
        ]
        assert seen.setdefault(device_traits(device), taken) == taken, device.id


@pytest.mark.parametrize("index", SAMPLES)
def test_no_score_is_above_its_bound(index: int, advisor: Advisor) -> None:
    found = advisor.search.run(drawn(advisor.base, index))
    for model in found._models:  # noqa: SLF001
        for build in model.builds:
            if build.layout is None or build.failures:
                continue
            (spot,) = [
                spot
                for variant in model.model.variants
                for machine in found.machines
                for spot in variant.spots(found.plan.on(machine))
                if spot.place is build.place
            ]
            assert build.score <= spot.bound + 1e-9 <= spot.ruling.bound + 1e-6
            assert not spot.failing


@pytest.mark.parametrize("index", SAMPLES)
def test_what_a_plan_settles_of_a_rule_is_what_testing_it_comes_to(index: int, advisor: Advisor) -> None:
    """One evaluator: settled at any level, compiled, or proved for an explanation."""
    found = advisor.search.run(drawn(advisor.base, index))
    for build in [*found.order, *found.excluded][:6]:
        for rule in advisor.base.rules.values():
            outcome = rule.test(build)
            assert rule.condition.prove(build.lookup).outcome is outcome
            for level in range(BUILD + 1):
                settled = rule.settle(build, level)
                assert (settled(build) if callable(settled) else settled) is outcome, (rule.id, level)


def test_every_fact_that_a_plan_settles_is_known_by_then(base: RuleBase) -> None:
    assert all(fact.settles >= fact.level for fact in base.facts.values())
    assert {fact.settles for fact in base.facts.values()} <= set(range(OPEN + 1))


def test_a_shorter_sample_is_proposed_before_another_method(advisor: Advisor) -> None:
    said = {"use_cases": ["fine-tuning-base"], "hardware": "RTX 4090", "fine_tuning": ["lora"], "model": "8b"}
    asked = Scenario.model_validate(said | {"only": {"models": ["8b"]}, "tuning": {"sample_tokens": "32k"}})
    advice = advisor.advise(asked)
    assert advice.verdict == "change_requirement"
    assert [(change.field, change.to) for change in advice.changes] == [("tuning.sample_tokens", 8192)]
    (outcome,) = (item for item in advice.excluded if item.model == "llama-3.1-8b-instruct")
    assert "the longest sample that fits has 16," in str(outcome)
