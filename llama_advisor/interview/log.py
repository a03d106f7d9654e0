"""The log of answers: immutable, the whole state of an interview; a scenario is made from it, and so is a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Strict
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.scenario.scenario import Scenario

FORMAT = 2


class Answer(Strict):
    """One answer to one prompt: to a question, to a list of them, or something said in the words of the flags."""

    questions: Annotated[
        tuple[str, ...], "Ids of the questions that it closes; those it says nothing about are skipped."
    ] = ()
    picks: Annotated[tuple[str, ...], "Ids of the questions that were chosen from a list, to be asked next."] = ()
    said: Annotated[str, "As it was typed."] = ""
    sets: Annotated[dict[str, Any], "Scenario fields it states."] = Field(default_factory=dict)


class Saved(Strict):
    """A saved interview."""

    version: Annotated[int, "Form of this file."]
    answers: Annotated[tuple[Answer, ...], "Answers, in order."]


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
    """Return the ids of the questions that were answered or skipped, and not chosen again since."""
    done: set[str] = set()
    for answer in log:
        done = (done | set(answer.questions)) - set(answer.picks)
    return frozenset(done)


def picked(log: Log) -> frozenset[str]:
    """Return the ids of the questions chosen from lists and not answered since."""
    wanted: set[str] = set()
    for answer in log:
        wanted = (wanted - set(answer.questions)) | set(answer.picks)
    return frozenset(wanted)


def prompts(log: Log) -> int:
    """Return how many prompts were answered or skipped, those answered in the words of flags left out."""
    return sum(bool(answer.questions or answer.picks) for answer in log)


def saved(log: Log) -> str:
    """Return the log as the text of a file."""
    data = Saved(version=FORMAT, answers=log).model_dump(mode="json")
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _words(value: Any) -> Iterator[str]:
    """Yield every text in plain data, keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.items():
            yield from _words(part)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _words(item)


def resumed(text: str, name: str) -> Log:
    """Read a log again; raise InputError for what is no saved interview."""
    try:
        found = Saved.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{name}: not a saved interview") from error
    if found.version != FORMAT:
        raise InputError(f"{name}: saved in form {found.version}; this version reads form {FORMAT}")
    if any(printable(word) != word for word in _words([answer.model_dump() for answer in found.answers])):
        raise InputError(f"{name}: it holds control characters")
    scenario_of(found.answers)
    return found.answers
