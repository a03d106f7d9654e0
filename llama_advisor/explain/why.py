"""What an answer rests on, how firmly it stands, and where it turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.explain.ask_again import Picker
from llama_advisor.explain.robustness import robustness
from llama_advisor.explain.tipping_points import tipping_points

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor, Answer
    from llama_advisor.scenario.scenario import Scenario


def explained(scenario: Scenario, advisor: Advisor) -> Answer:
    """Return the answer with what it rests on, how firmly it stands, and where it turns.

    Raises InputError for what it does not know.
    """
    answer = advisor.answer(scenario, why=True)
    if answer.found is None:
        return answer
    winner = answer.found.winner
    advice = answer.advice._replace(
        tipping_points=tipping_points(Picker(advisor, scenario)),
        robustness=robustness(winner, answer.found.qualified, winner.weights) if winner else None,
    )
    return answer._replace(advice=advice)
