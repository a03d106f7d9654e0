"""Every build judged, in plain figures, and the Pareto front."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from made_options import EXCUSE, made

from llama_advisor.explain.options import front, options, quality_and_cost, quality_and_speed
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.options import Option


def names(found: tuple[Option, ...]) -> list[str]:
    return [item.model for item in found]


def test_the_front_leaves_out_what_another_build_beats() -> None:
    items = [
        made("best", quality=80, tokens_per_s=10),
        made("beaten", quality=70, tokens_per_s=9),
        made("fast", quality=60, tokens_per_s=50),
        made("as fast, worse", quality=50, tokens_per_s=50),
        made("as good, slower", quality=80, tokens_per_s=8),
    ]
    assert names(front(items, quality_and_speed)) == ["best", "fast"]


def test_ruled_out_and_unknown_builds_are_never_on_the_front() -> None:
    items = [
        made("out", quality=99, tokens_per_s=99, score=None, excuse=EXCUSE),
        made("unknown", quality=99),
        made("in", quality=1, tokens_per_s=1),
    ]
    assert names(front(items, quality_and_speed)) == ["in"]
    assert front([], quality_and_speed) == ()


def test_of_cost_less_is_better() -> None:
    items = [made("dear", quality=80, usd_per_month=100), made("cheap", quality=80, usd_per_month=10)]
    assert names(front(items, quality_and_cost)) == ["cheap"]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25))
def test_the_front_is_what_no_other_build_beats(figures: list[tuple[int, int]]) -> None:
    items = [made(f"m{place}", quality=q, tokens_per_s=s) for place, (q, s) in enumerate(figures)]
    best = {
        (q, s) for q, s in figures if not any(other != (q, s) and other[0] >= q and other[1] >= s for other in figures)
    }
    found = front(items, quality_and_speed)
    assert {(item.quality, item.tokens_per_s) for item in found} == best
    assert len(found) == len(best)


SCENARIOS = (
    {"use_cases": ["coding"], "hardware": "1x L4"},
    {"use_cases": ["rag"], "target": "cloud", "domicile": "DE"},
    {"use_cases": ["chat"], "hardware": "Raspberry Pi 5 8GB", "min_tokens_per_s": 100},
)


@pytest.mark.parametrize("fields", SCENARIOS, ids=str)
def test_options_are_all_builds_each_with_points_or_an_excuse(fields: dict[str, Any], advisor: Advisor) -> None:
    advice, _, found, _ = advisor.answer(Scenario.model_validate(fields))
    assert found is not None
    items = options(found, advisor.base)
    assert len(items) == len(found.qualified) + len(found.ruled_out)
    for item in items:
        assert (item.excuse is None) is (item.score is not None)
        assert item.score is None or round(sum(item.points.values()), 2) == item.score
    best = {item.model: item.score for item in reversed(items) if item.excuse is None}
    assert best == {build.model: build.score for build in advice.ranking}
    assert {item.model for item in items} == set(best) | {item.model for item in advice.excluded}


def test_the_nearest_miss_of_a_model_is_the_one_that_the_advice_tells(advisor: Advisor) -> None:
    advice, _, found, _ = advisor.answer(Scenario.model_validate(SCENARIOS[0]))
    assert found is not None
    items = options(found, advisor.base)
    for excluded in advice.excluded:
        first = next(item for item in items if item.model == excluded.model)
        assert first.excuse == excluded.excuse


def test_ruled_out_builds_change_no_wish(advisor: Advisor) -> None:
    wish = Scenario.model_validate({"use_cases": ["coding"], "hardware": "1x L4", "quantization": "bf16"})
    _, _, found, _ = advisor.answer(wish)
    assert found is not None
    assert list(found.refused) == [build for build in found.ruled_out if build.wished()]
