"""Fixed anchors, three-valued constraints, and the parts of a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.engine.candidate import Candidate, Outcome, Place
from llama_advisor.engine.contributions import contributions
from llama_advisor.engine.fact import PLACEMENT, SCENARIO
from llama_advisor.engine.plan import Plan
from llama_advisor.engine.rules import load_rules
from llama_advisor.engine.ruling import Ruling
from llama_advisor.engine.score import (
    CriterionTerms,
    at_speed,
    counted_weights,
    criterion_terms,
    excuse,
    missed_by,
    nearness,
    plain,
)
from llama_advisor.knowledge.judgement import Criterion, ValueMeasure
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.layouts import Sizes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.engine.advice import Contribution
    from llama_advisor.knowledge.base import RuleBase

    Layered = Callable[[dict[str, str]], Path]

LINEAR = ValueMeasure(fact="build.quality", share=1, anchors=((10, 0), (20, 40), (40, 100)))
FALLING = ValueMeasure(fact="cost.usd_per_month", share=1, scale="log", anchors=((1, 100), (100, 0)))
RULE = """\
id: {id}
title: A rule
why: For the test.
sources: [{{id: seed-article}}]
confidence: low
when: {{fact: scenario.context_tokens, above: {limit}}}
then: {then}
say: "{{scenario.context_tokens:,.0f}} tokens"
{more}examples:
  fires: [{{scenario.context_tokens: {over}}}]
  silent: [{{scenario.context_tokens: {limit}}}]
"""


def rule(name: str, then: str, limit: int = 10_000, more: str = "") -> str:
    return RULE.format(id=name, then=then, limit=limit, over=limit + 1, more=more)


AS_OF = date(2026, 11, 24)


def plan(base: RuleBase, *, owned: bool = False, priced: bool = True, **fields: Any) -> tuple[Plan, Candidate]:
    """A plan, and the scenario as a candidate of which no model, engine or machine is chosen yet."""
    need = understand(Scenario.model_validate({"use_cases": ["chat"]} | fields), base)
    weights = counted_weights(need.weights, base, owned=owned, priced=priced)
    return Plan(base, Sizes(base), AS_OF, need, weights, owned=owned), Candidate(need)


def outcomes(base: RuleBase, **fields: Any) -> dict[str, Outcome]:
    """Constraints on the scenario alone that do not plainly hold."""
    made, candidate = plan(base, **fields)
    states = made.rules.checks(candidate, SCENARIO).states(candidate)
    return {rule.id: Outcome(rule, state, candidate) for rule, state in states}


def judged(base: RuleBase, *, owned: bool = False, priced: bool = True, **fields: Any) -> Candidate:
    """The scenario scored where nothing else is known."""
    made, candidate = plan(base, owned=owned, priced=priced, **fields)
    candidate.criteria = Ruling(made.weighed, Place(), candidate.need, made.rules, PLACEMENT).criteria
    return candidate


@pytest.mark.parametrize(
    ("figure", "value"), [(0, 0), (10, 0), (15, 20), (20, 40), (30, 70), (40, 100), (1000, 100), (-5, 0)]
)
def test_a_figure_is_read_between_linear_anchors(figure: float, value: float) -> None:
    assert LINEAR.worth(figure) == pytest.approx(value)


@pytest.mark.parametrize(("figure", "value"), [(0, 100), (0.5, 100), (1, 100), (10, 50), (100, 0), (1e9, 0)])
def test_a_figure_is_read_between_logarithmic_anchors(figure: float, value: float) -> None:
    assert FALLING.worth(figure) == pytest.approx(value)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_worth_never_turns_back(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert LINEAR.worth(low) <= LINEAR.worth(high)
    assert FALLING.worth(low) >= FALLING.worth(high)


def test_shipped_anchors_rise_and_stay_between_0_and_100(base: RuleBase) -> None:
    for criterion in base.criteria.criteria:
        assert sum(measure.share for measure in criterion.measures) == pytest.approx(1), criterion.id
        for measure in criterion.measures:
            figures = [figure for figure, _ in measure.anchors]
            values = [value for _, value in measure.anchors]
            assert figures == sorted(set(figures)), f"{criterion.id}: {measure.fact}"
            assert values in (sorted(values), sorted(values, reverse=True))
            assert all(0 <= value <= 100 for value in values)
            assert measure.scale == "linear" or figures[0] > 0


def test_what_is_not_known_counts_as_the_criterion_says(base: RuleBase) -> None:
    criterion = Criterion(
        id="quality",
        name="Quality",
        says="",
        why="",
        measures=(LINEAR._replace(share=0.5), FALLING._replace(share=0.5)),
        unknown_value=30,
    )
    _, nothing = plan(base)
    assert criterion_terms(criterion, 1, 25, nothing, ()).value(nothing) == pytest.approx(30)
    good = Candidate(nothing.need, Place(quality=40))
    assert criterion_terms(criterion, 1, 25, good, ()).value(good) == pytest.approx(0.5 * 100 + 0.5 * 30)


def test_a_constraint_fails_holds_is_tight_or_not_known(layer: Layered) -> None:
    more = (
        "measure: {value: scenario.context_tokens, limit: 10000, unit: tokens}\n"
        "tight: {fact: scenario.context_tokens, above: 9000}\n"
        'say_tight: "almost too long"\n'
    )
    base = load_rules(layer({"constraints/short.yaml": rule("short", "{rule_out: context}", more=more)}))

    def found(tokens: int) -> dict[str, tuple[str, str]]:
        told = outcomes(base, context_tokens=tokens)
        return {"short": (told["short"].state, told["short"].text)} if "short" in told else {}

    assert found(20_000) == {"short": ("fails", "20,000 tokens")}
    assert found(9_500) == {"short": ("tight", "almost too long")}
    assert found(9_000) == {}


def test_an_unknown_constraint_is_told_only_where_it_has_words_for_it(layer: Layered) -> None:
    unknown = rule("unseen", "{rule_out: licence}").replace(
        "{fact: scenario.context_tokens, above: 10000}", "{fact: scenario.monthly_active_users, above: 10000}"
    )
    files = {
        "constraints/unseen.yaml": unknown,
        "constraints/told.yaml": unknown.replace("unseen", "told") + 'say_unknown: "users not stated"\n',
    }
    mine = outcomes(load_rules(layer(files)))
    assert (mine["told"].state, mine["told"].text) == ("unknown", "users not stated")
    assert "unseen" not in mine


def test_an_excuse_has_the_figures_of_its_measure(layer: Layered) -> None:
    more = "measure: {value: scenario.context_tokens, limit: 10000, unit: tokens}\n"
    base = load_rules(layer({"constraints/short.yaml": rule("short", "{rule_out: context}", more=more)}))
    told = excuse(outcomes(base, context_tokens=20_000)["short"])
    assert (told.rule, told.bottleneck, told.value, told.limit, told.unit) == (
        "short",
        "context",
        20_000,
        10_000,
        "tokens",
    )
    assert told.text == "20,000 tokens"


def scored(base: RuleBase, **fields: Any) -> tuple[Contribution, ...]:
    return contributions(judged(base, **fields), why=True)


def test_rules_move_one_criterion_and_are_cited(layer: Layered) -> None:
    base = load_rules(layer({"preferences/long.yaml": rule("long", "{criterion: maturity, points: 5}")}))
    parts = {(part.criterion, part.rule): part for part in scored(base, context_tokens=20_000)}
    weight = understand(Scenario(use_cases=("chat",)), base).weights["maturity"]
    mine = parts["maturity", "long"]
    assert mine.points == pytest.approx(5 * weight, abs=0.005)
    assert (mine.text, mine.source) == ("20,000 tokens", ("seed-article",))
    assert ("maturity", "long") not in {(part.criterion, part.rule) for part in scored(base, context_tokens=5_000)}


@pytest.mark.parametrize("sign", [1, -1])
def test_rules_together_stay_within_the_bound(sign: int, layer: Layered, base: RuleBase) -> None:
    files = {
        f"preferences/push-{n}.yaml": rule(f"push-{n}", f"{{criterion: speed, points: {sign * 10}}}") for n in range(6)
    }
    pushed = load_rules(layer(files))
    moved = [part.points for part in scored(pushed, context_tokens=20_000) if part.rule and part.criterion == "speed"]
    weight = understand(Scenario(use_cases=("chat",)), base).weights["speed"]
    assert len(moved) == 6
    assert sum(moved) == pytest.approx(sign * base.criteria.preference_bound * weight, abs=0.04)


def test_the_score_is_the_sum_of_its_rounded_parts(base: RuleBase) -> None:
    for tokens in (4_000, 20_000, 100_000):
        candidate = judged(base, context_tokens=tokens)
        parts = candidate.parts
        assert all(part.points == round(part.points, 2) for part in parts)
        points = sum(terms.points_of(candidate) for terms in candidate.criteria)
        assert points == pytest.approx(sum(part.points for part in parts), abs=1e-9)
        assert sum(terms.most for terms in candidate.criteria) >= points


def test_asked_why_a_part_names_what_it_rests_on(layer: Layered) -> None:
    base = load_rules(layer({"preferences/long.yaml": rule("long", "{criterion: maturity, points: 5}")}))
    parts = {(part.criterion, part.rule): part for part in scored(base, context_tokens=20_000)}
    (read,) = parts["maturity", "long"].reads or ()
    assert (read.fact, read.value, read.unit) == ("scenario.context_tokens", 20_000, "tokens")
    assert read.says == "scenario.context_tokens above 10000"
    assert parts["maturity", "long"].layer == base.layers[-1].label
    assert parts["maturity", None].layer is None
    for part in parts.values():
        assert part.points == pytest.approx(part.value * part.weight, abs=0.011)
        if part.rule is None:
            assert part.value == pytest.approx(sum((r.worth or 0) * (r.share or 0) for r in part.reads or ()), abs=0.02)


def test_weights_that_do_not_count_give_their_share_to_the_others(base: RuleBase) -> None:
    priced = {part.criterion.id for part in judged(base).parts}
    free = {part.criterion.id for part in judged(base, priced=False).parts}
    assert priced - free == {"cost"}
    for candidate in (judged(base, owned=True), judged(base, priced=False)):
        # every criterion unknown: each is worth its unknown value, whatever the others give it
        plain = [part for part in candidate.parts if part.rule is None]
        assert sum(part.weight for part in plain) == pytest.approx(1)
        assert all(part.value == part.criterion.unknown_value for part in plain)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (frozenset({"b", "a"}), "a, b"),
        (frozenset(), ""),
        (1.23456, 1.235),
        (7, 7),
        ("x", "x"),
        (True, True),
        (None, None),
    ],
)
def test_a_value_as_plain_data(value: Any, told: Any) -> None:
    assert plain(value) == told


def missing(value: Any, limit: Any) -> Any:
    """A constraint that compares a figure with a limit, which may be a fact."""
    facts = {"figure": value, "limit": limit}
    measure = SimpleNamespace(value="figure", limit="limit" if limit is None or limit == 8 else limit)
    return SimpleNamespace(
        rule=SimpleNamespace(rule=SimpleNamespace(measure=measure)), candidate=SimpleNamespace(lookup=facts.get)
    )


@pytest.mark.parametrize(
    ("value", "limit", "by"),
    [
        (16, 8, log(2)),
        (4, 8, log(2)),  # by as much below
        (16.0, 4.0, log(4)),
        (0, 8, log(8e9)),  # next to nothing
        (None, 8, 0),
        ("x", 8, 0),
        (8, None, 0),
        (8, 0, 0),
    ],
)
def test_by_how_much_a_limit_was_missed(value: Any, limit: Any, by: float) -> None:
    assert missed_by(missing(value, limit)) == pytest.approx(by)
    none: Any = missing(value, limit)
    none.rule.rule.measure = None
    assert missed_by(none) == 0


def test_how_near_a_build_came() -> None:
    build: Any = SimpleNamespace(
        fails=(missing(16, 8), missing(4, 8)), stage=2, quantization=SimpleNamespace(id="q", bits=3),
        need=SimpleNamespace(criteria=SimpleNamespace(comfortable_bits=4)), engine=SimpleNamespace(id="e"),
    )  # fmt: skip
    assert nearness(build) == (-2, 2, True, pytest.approx(2 * log(2)), "q", "e")
    build.quantization.bits = 4
    assert nearness(build)[2] is False


NAMED: Any = SimpleNamespace(id="speed", unknown_value=30.0)


def twice(figure: float) -> float:
    return 2 * figure


def read(candidate: Any) -> Any:
    return candidate.figure


def terms(*fired: tuple[float, bool | None], points: float | None = None, bound: float = 10.0) -> CriterionTerms:
    """Half of a score: 5 settled, and a quarter of twice a figure; rules that fire or hang on the load."""
    moves: Any = tuple(
        (None, points, None if fires is None else (lambda _, fires=fires: fires)) for points, fires in fired
    )
    return CriterionTerms(NAMED, 0.5, bound, 5.0, ((0.25, read, twice),), moves, points)


@pytest.mark.parametrize(
    ("made", "figure", "value", "points", "most"),
    [
        (terms(), 40.0, 25.0, 12.5, 15.01),  # half of 5 and 25, and a hundredth for each rounding
        (terms(), None, 12.5, 6.25, 15.01),
        (terms((4, None)), 40.0, 25.0, 14.5, 17.02),
        (terms((4, True)), 40.0, 25.0, 14.5, 17.02),
        (terms((4, False)), 40.0, 25.0, 12.5, 17.02),
        (terms((-4, None)), 40.0, 25.0, 10.5, 13.02),
        (terms((-4, True)), 40.0, 25.0, 10.5, 15.02),  # may not fire
        (terms((8, None), (6, None)), 40.0, 25.0, 17.5, 20.03),  # 10 together
        (terms((-8, None), (-12, None)), 40.0, 25.0, 7.5, 10.03),
        (terms((8, None), (-8, None)), 40.0, 25.0, 12.5, 15.03),
        (terms(points=7.0), 40.0, 25.0, 7.0, 7.0),
    ],
)
def test_points_of_a_criterion(made: CriterionTerms, figure: Any, value: float, points: float, most: float) -> None:
    candidate: Any = SimpleNamespace(figure=figure)
    assert made.value(candidate) == value
    assert made.points_of(candidate) == pytest.approx(points)
    assert made.most == pytest.approx(most)
    if made.points is None:
        assert sum(part.points for part in made.parts_of(candidate)) == pytest.approx(points)
        # of the open measure no more than 100 were worth a quarter
        assert made.most_of(candidate) == pytest.approx(most - 0.5 * (30 - value))


@dataclass
class Timed:
    """As much of a build as its score at an end of its speed reads."""

    speed: Any
    score: float = 9.0
    criteria: tuple[Any, ...] = ()


def test_the_score_at_an_end_of_the_speed() -> None:
    class Spread(SimpleNamespace):
        """A speed of which the ends are put in place of the ranges."""

        def _replace(self, **changes: Any) -> Any:
            return Spread(**(vars(self) | changes))

    speed = Spread(decode_tokens_per_s=(5.0, 10.0, 20.0), first_token_s=(1.0, 2.0, 4.0))

    def points_of(build: Any) -> float:
        (slow, mid, fast), (soon, _, late) = build.speed.decode_tokens_per_s, build.speed.first_token_s
        assert slow == mid == fast
        assert soon == late
        return float(mid * 100 + soon)

    build: Any = Timed(
        speed, criteria=(SimpleNamespace(points_of=points_of), SimpleNamespace(points_of=lambda _: 0.004))
    )
    assert (at_speed(build, best=True), at_speed(build, best=False)) == (2001.0, 504.0)
    untold: Any = Timed(None)
    assert at_speed(untold, best=True) == 9.0
