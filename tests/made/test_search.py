"""The search on the made-up knowledge: what is judged among some models, in each lane, and what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_questions import CARD

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.engine.search import Found


def found(advisor: Advisor, among: frozenset[str] | None = None, **said: Any) -> Found:
    """What comes of a need, of some models alone where they are given."""
    need = understand(Scenario.model_validate({"use_cases": ["talk"]} | said), advisor.base)
    return advisor.decide(need, among)


def names(builds: Any) -> list[str]:
    return [f"{build.model.id} {build.quantization.id} {build.engine.id}" for build in builds]


@pytest.mark.parametrize(
    ("said", "order", "out"),
    [
        (CARD, ["small w4 paged"], []),
        ({}, ["small service hosted"], []),
        # longer than any service has: judged once more with the speed of machines
        ({"context_tokens": 16385}, ["small w16 paged"], []),
        ({"target": "cloud", "provider": "first", "context_tokens": 16385}, ["small w16 paged"], []),
        (CARD | {"context_tokens": 40000}, [], ["small"]),
        ({"target": "hosted", "provider": "first", "model": "large"}, [], ["small"]),
    ],
)
def test_some_models_alone(said: dict[str, Any], order: list[str], out: list[str], advisor: Advisor) -> None:
    alone = found(advisor, frozenset({"small"}), **said)
    assert names(alone.order) == order
    assert [build.model.id for build in alone.excluded] == out
    assert alone.builds("middle") == ()
    assert names(build for build in found(advisor, **said).order if build.model.id == "small") == order


def test_each_lane_for_itself(advisor: Advisor) -> None:
    both = found(advisor)  # beside services no speed counts, which is what fewer bits are worth
    assert names(both.of_lane(hosted=True)) == ["middle service hosted", "small service hosted"]
    assert names(both.of_lane(hosted=False)) == ["large w4 paged", "middle w16 paged", "small w16 paged"]
    assert names(both.of_lane(hosted=True, provider="first")) == ["middle service hosted", "small service hosted"]
    assert names(both.of_lane(hosted=True, provider="second")) == []
    assert names(both.of_lane(hosted=False, provider="first")) == []


def test_machines_and_plans_are_kept_for_the_same_question(advisor: Advisor) -> None:
    one, same, other = (found(advisor, hardware=name) for name in ("card", "card", "rack"))
    assert one.machines is same.machines
    assert one.machines is not other.machines
    assert one.plan is same.plan is found(advisor, hardware="card", context_tokens=4096).plan
    assert one.plan is not found(advisor, hardware="card", use_cases=["exact"]).plan
    assert one.plan.on(one.machines[0]) is one.plan.on(one.machines[0])
    assert one.plan.on(one.machines[0]) is not one.plan.on(other.machines[0])


@pytest.mark.parametrize(
    ("said", "winner"),
    [(CARD, "middle"), (CARD | {"only": {"models": ["large"]}}, None)],
)
def test_the_winner(said: dict[str, Any], winner: str | None, advisor: Advisor) -> None:
    judged = found(advisor, **said)
    assert judged.model == winner
    assert (judged.winner and judged.winner.model.id) == winner
    best = judged.best("middle")
    assert (best and best.model.id) == winner
    nearest = judged.nearest("large")
    assert nearest is not None
    assert nearest.failures
    assert judged.nearest("nobody") is None
    assert all(build.failures == 0 for build in judged.qualified)
    assert all(build.failures for build in judged.refused)
