"""Sampling, coverage and ablation: the same for a seed, and what is wrong comes out with its code."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Only, Scenario
from llama_advisor.upkeep.coverage import Sampler, Seen, ablate, drawn, shares, summed, tied, without_reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase

AS_OF = date(2026, 11, 24)


def test_draws_depend_on_their_name_alone() -> None:
    assert [round(next(shares("1/0")), 6) for _ in range(2)] == [0.462053, 0.462053]
    first, second = shares("a"), shares("b")
    assert list(islice(first, 3)) != list(islice(second, 3))
    assert all(0 <= share < 1 for share in islice(first, 1000))


def test_a_seed_fixes_the_scenarios_and_another_changes_them(base: RuleBase) -> None:
    assert [drawn(base, 1, index) for index in range(20)] == [drawn(base, 1, index) for index in range(20)]
    assert [drawn(base, 1, index) for index in range(20)] != [drawn(base, 2, index) for index in range(20)]


def test_every_drawn_scenario_is_valid_and_every_value_is_drawn_sometime(base: RuleBase) -> None:
    seen = [Scenario.model_validate(drawn(base, 1, index)) for index in range(1500)]
    assert {name for one in seen for name in one.use_cases} == set(base.use_cases)
    assert len({str(one.hardware) for one in seen}) > 40
    assert {one.target for one in seen} >= {None, "hosted", "phone", "browser"}


def test_a_field_tied_to_another_is_drawn_with_it_alone(base: RuleBase) -> None:
    for index in range(300):
        fields = drawn(base, 3, index)
        assert "hardware" not in fields or "target" not in fields


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    sampler = Sampler(load_rules(), AS_OF, 1)
    return [sampler.see(index) for index in range(12)]


def test_no_sampled_scenario_breaks_or_lacks_a_reason(seen: list[Seen]) -> None:
    assert [one for one in seen if one.broke or one.without_reason] == []
    assert all(one.fired for one in seen)


def test_what_was_seen_does_not_depend_on_what_was_seen_before(seen: list[Seen]) -> None:
    alone = Sampler(load_rules(), AS_OF, 1)
    assert alone.see(7) == seen[7]


def test_the_sum_counts_and_tells_what_was_not_reached(base: RuleBase, seen: list[Seen]) -> None:
    result = summed(base, 1, seen)
    assert sum(result.verdicts.values()) == result.samples == len(seen)
    assert {name for name, count in result.fired.items() if count} == {name for one in seen for name in one.fired}
    told = {finding.entry for finding in result.findings if finding.code == "LR501"}
    assert told == {name for name, count in result.fired.items() if not count}
    assert {finding.entry for finding in result.findings if finding.code == "LR502"} == {
        name for name, count in result.wins.items() if not count
    }


def test_ties_gaps_and_breaks_each_have_a_code(base: RuleBase) -> None:
    made = [
        Seen(0, "recommended", tied="a and b"),
        Seen(1, "recommended", without_reason="`? GiB`"),
        Seen(2, "broken", broke="KeyError: 'x'"),
    ]
    found = {finding.code: finding.text for finding in summed(base, 1, made).findings}
    assert found["LR504"].startswith("1 of 3 scenarios: a and b; first: {")
    assert found["LR503"].endswith("`? GiB`")
    assert found["LR505"].endswith("KeyError: 'x'")


def test_an_answer_with_a_gap_is_without_reason(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["coding"], hardware="RTX 3090")
    assert without_reason(advice) == ""
    build = advice.ranking[0]
    gap = build.contributions[0]._replace(text="needs ? GiB")
    broken = build._replace(contributions=(gap,))
    assert without_reason(advice._replace(ranking=(broken,))) == "`needs ? GiB`"
    bare = build._replace(contributions=())
    assert "without a reason" in without_reason(advice._replace(recommendation=bare))


def test_two_models_with_one_score_and_footprint_are_tied(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["coding"], hardware="2x RTX 3090")
    assert tied(advice) == ""
    first, second = advice.ranking[:2]
    twin = second._replace(score=first.score, memory=first.memory)
    assert tied(advice._replace(ranking=(first, twin))) == f"{first.model} and {second.model}"


BOOST = """\
id: boost
title: A rule that decides
why: For this test.
sources: [{id: lm32card}]
confidence: low
when: {fact: model.id, is: llama-3.2-1b-instruct}
then: {criterion: quality, points: 30}
say: "boosted"
examples: {fires: [{model.id: llama-3.2-1b-instruct}], silent: [{model.id: x}]}
"""


def test_removing_the_rule_that_decides_changes_the_pick(layer: Callable[[dict[str, str]], Path]) -> None:
    base = load_rules(layer({"preferences/boost.yaml": BOOST, "criteria.yaml": "preference_bound: 100"}))
    only = {"models": ["llama-3.1-8b-instruct", "llama-3.2-1b-instruct"], "engines": ["llama.cpp"]}
    asked = {"one": Scenario(use_cases=("startup-mvp",), hardware="RTX 3060 12GB", only=Only.model_validate(only))}
    told: list[str] = []
    effects = ablate(base, asked, AS_OF, told.append)
    assert told == ["one"]
    assert effects["boost"].picks == effects["boost"].said == ["one"]
    assert effects["boost"].decides
    idle = effects["licence-user-limit"]
    assert not idle.decides
    assert not idle.said
