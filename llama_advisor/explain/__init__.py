"""What an answer hangs on: where it turns, and why another model does not win."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.explain.ask_again import Picker
from llama_advisor.explain.tipping_points import tipping_points

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.scenario.scenario import Scenario


def explained(scenario: Scenario, advisor: Advisor) -> Advice:
    """Return the answer with what it rests on, how firmly it stands, and where it turns.

    Raises InputError for what it does not know.
    """
    advice = advisor.advise(scenario, why=True)
    if advice.verdict == "need_input":
        return advice
    return advice.model_copy(update={"tipping_points": tipping_points(Picker(advisor, scenario))})
