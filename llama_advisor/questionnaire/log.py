"""The log of answers: immutable, the whole state of an interview; a scenario is made from it, and so is a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from llama_advisor.errors import InputError
from llama_advisor.reading import validated
from llama_advisor.schema.base import Strict

if TYPE_CHECKING:
    from llama_advisor.schema.scenario import Scenario

FORMAT = 2


class Answer(Strict):
    """One answer to one prompt: to a question, to a list of them, or something said in the words of the flags."""

    questions: tuple[str, ...] = ()
    """Ids of the questions that it closes; those it says nothing about are skipped."""
    picks: tuple[str, ...] = ()
    """Ids of the questions that were chosen from a list, to be asked next."""
    said: str = ""
    """As it was typed."""
    sets: dict[str, Any] = Field(default_factory=dict)
    """Scenario fields it states."""


class Saved(Strict):
    """A saved interview."""

    version: int
    """Form of this file."""
    answers: tuple[Answer, ...]
    """Answers, in order."""


Log = tuple[Answer, ...]


def scenario_of(log: Log) -> Scenario:
    """Return what the answers state; raise InputError where they do not go together."""
    return validated(stated(log), None, {})


def stated(log: Log) -> dict[str, Any]:
    """Return the fields that the answers state; the last word on a field counts."""
    data: dict[str, Any] = {}
    for answer in log:
        for field, value in answer.sets.items():
            nested = isinstance(value, dict) and isinstance(data.get(field), dict) and field in {"only", "priorities"}
            data[field] = data[field] | value if nested else value
    return data


def asked(log: Log) -> frozenset[str]:
    """Return the ids of the questions that were answered or skipped."""
    return frozenset().union(*(answer.questions for answer in log))


def picked(log: Log) -> frozenset[str]:
    """Return the ids of the questions chosen from lists and not answered since."""
    return frozenset().union(*(answer.picks for answer in log)) - asked(log)


def prompts(log: Log) -> int:
    """Return how many prompts were answered or skipped, those answered in the words of flags left out."""
    return sum(bool(answer.questions or answer.picks) for answer in log)


def saved(log: Log) -> str:
    """Return the log as the text of a file."""
    data = Saved(version=FORMAT, answers=log).model_dump(mode="json")
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def resumed(text: str, name: str) -> Log:
    """Read a log again; raise InputError for what is no saved interview."""
    try:
        found = Saved.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{name}: not a saved interview") from error
    if found.version != FORMAT:
        raise InputError(f"{name}: saved in form {found.version}; this version reads form {FORMAT}")
    scenario_of(found.answers)
    return found.answers
