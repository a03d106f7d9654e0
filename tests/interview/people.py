"""Someone who answers truthfully: what a scenario says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.interview.log import Answer, Log, stated
from llama_advisor.interview.next_question import fields_of, following, questions

if TYPE_CHECKING:
    from llama_advisor.interview.answers_cache import Outlook
    from llama_advisor.interview.next_question import CompiledQuestion


def truthful(
    asked: tuple[CompiledQuestion, ...], scenario: dict[str, Any], log: Log, outlook: Outlook, *, words: bool
) -> Answer:
    """Answer with what the scenario says; of a list, choose the numbers of what there is to say, or say it in words."""
    names = tuple(item.id for item in asked)
    told = {item.id: {name: scenario[name] for name in fields_of(item) if name in scenario} for item in asked}
    if len(asked) == 1 or words:
        return Answer(questions=names, said="as it is", sets={k: v for sets in told.values() for k, v in sets.items()})
    sets: dict[str, Any] = {}
    picks = []
    for item in asked:
        if _is_more_than_assumed(told[item.id], log, outlook):
            if len(item.question.options) > 1:
                picks.append(item.id)
            else:
                sets |= told[item.id]
    closed = tuple(name for name in names if name not in picks)
    return Answer(questions=closed, picks=tuple(picks), said="numbers", sets=sets)


def _is_more_than_assumed(told: dict[str, Any], log: Log, outlook: Outlook) -> bool:
    """Tell whether someone would choose the line of a list: what they have to say is not what is taken for granted."""
    said = stated(log)
    need, assumed = outlook.need(said | told), outlook.need(said)
    return any(getattr(need, name, value) != getattr(assumed, name, None) for name, value in told.items())


def unasked(scenario: dict[str, Any], outlook: Outlook) -> Answer:
    """Say in the words of flags what no question asks for."""
    asked = frozenset().union(*(fields_of(item) for item in questions(outlook.base)))
    return Answer(said="flags", sets={k: v for k, v in scenario.items() if k not in asked})


def interviewed(scenario: dict[str, Any], outlook: Outlook, *, words: bool) -> Log:
    """Answer truthfully until nothing is left to ask."""
    extra = unasked(scenario, outlook)
    log: Log = (extra,) if extra.sets else ()
    while asked := tuple(following(log, outlook)):
        log = (*log, truthful(asked, scenario, log, outlook, words=words))
    return log
