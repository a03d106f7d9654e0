"""Someone who answers truthfully: what a scenario says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.questionnaire.choosing import fields_of, standing
from llama_advisor.questionnaire.log import Answer, Log

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledQuestion
    from llama_advisor.questionnaire.outlook import Outlook


def truthful(item: CompiledQuestion, scenario: dict[str, Any]) -> Answer:
    """Answer with what the scenario says of the question's fields; skip where it says nothing."""
    said = {field: scenario[field] for field in fields_of(item) if field in scenario}
    return Answer(question=item.id, said="as it is", sets=said)


def unasked(scenario: dict[str, Any], outlook: Outlook) -> Answer:
    """Say in the words of flags what no question asks for."""
    asked = frozenset().union(*(fields_of(item) for item in outlook.base.questions))
    return Answer(question="", said="flags", sets={k: v for k, v in scenario.items() if k not in asked})


def interviewed(scenario: dict[str, Any], outlook: Outlook) -> Log:
    """Answer truthfully until nothing is left to ask."""
    extra = unasked(scenario, outlook)
    log: Log = (extra,) if extra.sets else ()
    while (item := standing(log, outlook).next) is not None:
        log = (*log, truthful(item, scenario))
    return log
