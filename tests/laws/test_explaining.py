"""Explanations hold when they are applied: turns, ways to win, relaxations, excuses; and they change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.relax import changed, steps_for, whole
from llama_advisor.explain.why import Picker, explained, gaps, probes, tipping_points
from llama_advisor.explain.why_not import why_not
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.upkeep.coverage import drawn

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Change, TippingPoint
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.need import Need

CASES = yaml.safe_load((Path(__file__).parents[1] / "scenarios" / "cases.yaml").read_text("utf-8"))["cases"]
by_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
by_third_case = pytest.mark.parametrize("case", CASES[::3], ids=[case["id"] for case in CASES[::3]])
by_sixth_case = pytest.mark.parametrize("case", CASES[1::6], ids=[case["id"] for case in CASES[1::6]])
"""What takes seconds for each case has a part of them, each law another one."""
SAMPLES = 4


@pytest.fixture(scope="module")
def sampled_scenarios(base: RuleBase) -> list[Scenario]:
    return [Scenario.model_validate(drawn(base, 7, index)) for index in range(SAMPLES)]


def winner(advisor: Advisor, scenario: Scenario) -> str | None:
    """Return the model recommended as the scenario stands, asked through the front door."""
    advice = advisor.advise(scenario)
    return advice.recommendation.model if advice.recommendation and not advice.changes else None


def applied(scenario: Scenario, *changes: Change) -> Scenario:
    for change in changes:
        scenario = changed(scenario, change.field, change.to)
    return scenario


def holds(point: TippingPoint, scenario: Scenario, advisor: Advisor) -> None:
    """Apply a turn, and some values on the way to it."""
    today = winner(advisor, scenario)
    then = winner(advisor, changed(scenario, point.field, point.to))
    assert then == (point.then.model if point.then else None)
    assert then != today
    assert winner(advisor, changed(scenario, point.field, point.holds_to)) == today
    number = next((item for item in advisor.base.moves.numbers if item.field == point.field), None)
    if number is not None and point.holds_to != point.from_:
        start, end = (round(value / number.unit) for value in (point.from_, point.holds_to))
        for units in probes(start, end):
            assert winner(advisor, changed(scenario, point.field, whole(units, number.unit))) == today


@by_third_case
def test_a_turn_applied_changes_the_answer_and_a_smaller_move_does_not(case: dict[str, Any], advisor: Advisor) -> None:
    scenario = Scenario.model_validate(case["scenario"])
    picker = Picker(advisor, scenario)
    assert picker.today.model == winner(advisor, scenario)
    for point in tipping_points(picker):
        holds(point, scenario, advisor)


def test_turns_hold_on_sampled_scenarios(sampled_scenarios: list[Scenario], advisor: Advisor) -> None:
    found = 0
    for scenario in sampled_scenarios:
        for point in tipping_points(Picker(advisor, scenario)):
            holds(point, scenario, advisor)
            found += 1
    assert found > SAMPLES


@by_case
def test_every_excluded_model_names_a_constraint_that_truly_fails(case: dict[str, Any], advisor: Advisor) -> None:
    scenario = Scenario.model_validate(case["scenario"])
    picker = Picker(advisor, scenario)
    for build in picker.today.excluded:
        told = why_not(build.model.id, scenario, advisor, ways=False)
        assert told.standing == "excluded"
        rules = {item.excuse.rule for item in told.failed}
        assert rules == {outcome.rule.id for outcome in build.fails}
        for outcome in build.fails:
            assert outcome.proof.outcome is True
            assert list(outcome.proof.leaves())
            assert isinstance(outcome.rule.rule.then, RuleOut)
        # without these constraints, the same model is held by none of them
        lifted = Advisor(advisor.base.with_rules(without(advisor.base, rules)), advisor.as_of)
        after = Picker(lifted, scenario).today.nearest(build.model.id)
        assert after is None or rules.isdisjoint(outcome.rule.id for outcome in after.fails)


def without(base: RuleBase, rules: set[str]) -> dict[str, Any]:
    return {name: rule for name, rule in base.rules.items() if name not in rules}


@by_sixth_case
def test_ways_to_win_win_when_they_are_applied(case: dict[str, Any], advisor: Advisor) -> None:
    scenario = Scenario.model_validate(case["scenario"])
    today = Picker(advisor, scenario).today
    others = [build.model.id for build in today.order[1:2]] + [build.model.id for build in today.excluded[:1]]
    for model in others:
        for way in why_not(model, scenario, advisor).wins_if:
            assert winner(advisor, applied(scenario, *way.changes)) == model
            assert way.then.model == model


def test_a_model_beside_the_winner_loses_what_the_parts_say(advisor: Advisor) -> None:
    scenario = Scenario.model_validate({"use_cases": ["chat"], "hardware": "RTX 3060 12GB"})
    today = Picker(advisor, scenario).today
    first, second = today.order[:2]
    told = why_not(second.model.id, scenario, advisor)
    assert (told.standing, told.rank) == ("qualifies", 2)
    assert sum(item.points for item in told.against) == pytest.approx(-(told.behind or 0), abs=1e-6)
    assert {item.criterion: item.points for item in told.against} == gaps(second, first)


@pytest.mark.parametrize("case", CASES[2::3], ids=[case["id"] for case in CASES[2::3]])
def test_asking_why_changes_no_answer(case: dict[str, Any], advisor: Advisor) -> None:
    scenario = Scenario.model_validate(case["scenario"])
    plain, told = advisor.advise(scenario), explained(scenario, advisor).advice
    added = {"tipping_points", "robustness", "ranking", "recommendation"}
    same = plain._asdict().keys() - added
    assert {name: getattr(plain, name) for name in same} == {name: getattr(told, name) for name in same}
    assert [(b.model, b.quantization, b.engine, b.score) for b in plain.ranking] == [
        (b.model, b.quantization, b.engine, b.score) for b in told.ranking
    ]
    assert told.tipping_points is not None
    assert plain.tipping_points is None


def test_a_relaxation_applied_lets_its_build_fit_and_a_smaller_step_does_not(
    sampled_scenarios: list[Scenario], advisor: Advisor
) -> None:
    seen = 0
    for scenario in sampled_scenarios:
        need = understand(scenario, advisor.base)
        for way in advisor.advise(scenario).relaxations:
            seen += 1
            assert winner(advisor, applied(scenario, *way.changes)) == way.then.model
            for change in way.changes:
                less = harder(change, need, advisor)
                if less is not None:
                    others = [other for other in way.changes if other is not change]
                    assert winner(advisor, applied(scenario, *others, less)) is None, change
    assert seen


def harder(change: Change, need: Need, advisor: Advisor) -> Change | None:
    """Return the change with one unit, or one step, less of softening; None where that is no change."""
    kind = next(item for item in advisor.base.relaxations.relaxations if item.field == change.field)
    number = next((item for item in advisor.base.moves.numbers if item.field == change.field), None)
    if number is not None and change.to is not None:
        back = -1 if kind.softer == "larger" else 1
        value = whole(round(change.to / number.unit) + back, number.unit)
        return change._replace(to=value) if value != change.from_ else None
    steps = steps_for(need, kind, advisor.base)
    place = steps.index(change.to)
    return change._replace(to=steps[place - 1]) if place else None


def test_where_no_single_change_helps_a_pair_is_found(advisor: Advisor) -> None:
    said = {
        "use_cases": ["chat"],
        "hardware": "RTX 3060 12GB",
        "languages": ["en", "zh"],
        "min_tokens_per_s": 400,
    }
    advice = advisor.advise(Scenario.model_validate(said))
    (way,) = advice.relaxations
    assert {change.field for change in way.changes} == {"fine_tuning", "min_tokens_per_s"}
    assert advice.verdict == "change_requirement"
