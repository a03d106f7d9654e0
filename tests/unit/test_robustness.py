"""Robustness: weight ranges in closed form, checked by stepping to both sides; the additive part against an oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.rank import ranked
from llama_advisor.explain.why import robustness, share_won, values
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor

SAID: list[dict[str, Any]] = [
    {"use_cases": ["chat"], "hardware": "RTX 4090"},
    {"use_cases": ["coding"], "hardware": "2x RTX 3090"},
    {"use_cases": ["rag"]},
    {"use_cases": ["classification"], "target": "laptop"},
]
STEP = 0.01


def judged(advisor: Advisor, said: dict[str, Any]) -> tuple[Any, Any]:
    from llama_advisor.scenario.understand import understand

    need = understand(Scenario.model_validate(said), advisor.base)
    found = advisor.decide(need)
    return ranked(found.qualified, need, advisor.base), found.qualified


def _as_it_is(column: Any, cost: object = None) -> Any:  # noqa: ARG001
    """Normalise nothing: the values stand on fixed anchors already."""
    return column


def leads(winner: Any, qualified: Any, weights: dict[str, float]) -> bool:
    def score(build: Any) -> float:
        read = values(build, build.weights)
        return sum(weights[name] * read[name] for name in weights)

    return all(score(winner) >= score(build) - 1e-9 for build in qualified if build.model.id != winner.model.id)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_inside_its_range_a_weight_keeps_the_winner_and_outside_it_does_not(
    advisor: Advisor, said: dict[str, Any]
) -> None:
    order, qualified = judged(advisor, said)
    winner = order[0]
    stands = robustness(winner, qualified, winner.weights)
    assert stands is not None
    for item in stands.weights:
        for moved, kept in (
            (item.low + STEP, True),
            (item.high - STEP, True),
            (item.low - STEP, False),
            (item.high + STEP, False),
        ):
            if not 0 <= moved <= 1 or not (item.low <= item.weight <= item.high) or item.high - item.low < 3 * STEP:
                continue
            rest = (1 - moved) / (1 - item.weight)
            weights = {name: weight * rest for name, weight in winner.weights.items()} | {item.criterion: moved}
            assert leads(winner, qualified, weights) is kept, (item, moved)


@pytest.mark.parametrize("said", SAID, ids=str)
def test_the_winner_leads_by_its_margin(advisor: Advisor, said: dict[str, Any]) -> None:
    order, qualified = judged(advisor, said)
    stands = robustness(order[0], qualified, order[0].weights)
    assert stands is not None
    assert stands.margin == round(order[0].score - max(b.score for b in qualified if b.model != order[0].model), 2)
    assert 0 <= stands.share_of_weightings_won <= 1


@pytest.mark.parametrize("said", SAID, ids=str)
def test_the_additive_part_agrees_with_an_outside_weighted_sum(advisor: Advisor, said: dict[str, Any]) -> None:
    numpy = pytest.importorskip("numpy")
    methods = pytest.importorskip("pymcdm.methods")
    _, qualified = judged(advisor, said)
    names = [name for name, weight in qualified[0].weights.items() if weight > 0]
    matrix = numpy.array([[values(build, build.weights)[name] for name in names] for build in qualified])
    weights = numpy.array([qualified[0].weights[name] for name in names])
    preference = methods.WSM(normalization_function=_as_it_is)(matrix, weights, numpy.ones(len(names)))
    for build, outside in zip(qualified, preference, strict=True):
        assert build.score == pytest.approx(float(outside), abs=0.02)


def test_a_sixth_criterion_is_weighed_too() -> None:
    names: Any = ["quality", "speed", "cost", "footprint", "maturity", "another"]
    even = dict.fromkeys(names, 1.0)
    assert share_won([even], names) == 1
    assert 0 < share_won([even | {"another": -1.0}], names) < 1
