"""The log of answers, the whole state of an interview, and what it makes: a scenario, a file, one command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import reduce
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from llama_advisor.engine.advice import Advice
from llama_advisor.scenario.flags import FLAGS, PAIRS, spelled
from llama_advisor.scenario.project_file import WISHES, project_text, proposed
from llama_advisor.scenario.read import validated
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Strict
from llama_advisor.text.yaml_file import printable

FORMAT = 2
DEPLOYMENT = "main"
WIDE = 80


class Answer(Strict):
    """One answer to one prompt: to a question, to a list of them, or something said in the words of the flags."""

    questions: Annotated[
        tuple[str, ...], "Ids of the questions that it closes; those it says nothing about are skipped."
    ] = ()
    picks: Annotated[tuple[str, ...], "Ids of the questions that were chosen from a list, to be asked next."] = ()
    said: Annotated[str, "As it was typed."] = ""
    sets: Annotated[dict[str, Any], "Scenario fields it states."] = Field(default_factory=dict)
    heard: Annotated[tuple[str, ...], "How the parts of a sentence were read."] = ()
    unread: Annotated[tuple[str, ...], "Words of a sentence that were not read."] = ()
    offers: Annotated[tuple[str, ...], "Ids of the uses it may mean, of which one is to be chosen."] = ()


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
            nested = isinstance(value, dict) and isinstance(data.get(field), dict) and field in {"only", *PAIRS}
            data[field] = data[field] | value if nested else value
    return data


def asked(log: Log) -> frozenset[str]:
    """Return the ids of the questions that were answered or skipped, and not chosen again since."""
    return reduce(lambda done, answer: done.union(answer.questions).difference(answer.picks), log, frozenset[str]())


def picked(log: Log) -> frozenset[str]:
    """Return the ids of the questions chosen from lists and not answered since."""
    return reduce(lambda left, answer: left.difference(answer.questions).union(answer.picks), log, frozenset[str]())


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
    elif isinstance(value, (dict, list, tuple)):
        for part in value.items() if isinstance(value, dict) else value:
            yield from _words(part)


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


def as_command(scenario: Scenario, further: tuple[str, ...] = ()) -> str | None:
    """Return the `recommend` command, quoted for a shell; None where a field has no spelling as a flag."""
    words = as_flags(scenario)
    return None if words is None else shlex.join(["llama-advisor", "recommend", *words, *further])


def as_flags(scenario: Scenario) -> list[str] | None:
    """Return what a scenario states in the words of flags; None where a field has no spelling as a flag."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    if scenario.priorities is not None:
        data["priorities"] = scenario.priorities.model_dump(mode="json", exclude_unset=True)
    words: list[str] = []
    for flag in FLAGS:
        owner, _, name = flag.field.rpartition(".")
        value = (data.get(owner, {}) if owner else data).get(name)
        if value in (None, [], {}):
            continue
        values = [f"{key}={_plain(part)}" for key, part in value.items()] if name in PAIRS else value
        items = values if isinstance(values, list) else [values]
        if any(isinstance(item, dict) for item in items):
            return None
        words += spelled(flag, values if isinstance(values, bool) else [_plain(item) for item in items])
    return words


def _plain(value: Any) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def as_file(scenario: Scenario, advice: Advice) -> str:
    """Return the project file; a plain scenario where wishes were said, or nothing fits that could be the choice."""
    data, choice = _chosen(scenario, advice)
    if choice is None:
        return _dumped(data, WIDE)
    score = advice.recommendation.score if advice.recommendation else 0.0
    why = f"recommended on {advice.as_of} with {score:.1f} points"
    return project_text([proposed(DEPLOYMENT, data, choice, (), why)], None, DEPLOYMENT, advice.as_of.year + 1)


def as_shown(scenario: Scenario, advice: Advice, width: int) -> str:
    """Return the same without its comments, to be read on a screen of this width."""
    data, choice = _chosen(scenario, advice)
    if choice:
        data = {"version": 1, "deployments": [{"name": DEPLOYMENT, "requirements": data, "choice": choice}]}
    return _dumped(data, width)


def _chosen(scenario: Scenario, advice: Advice) -> tuple[dict[str, Any], dict[str, str] | None]:
    """Return what is stated, and the choice to be written beside it, if there is one."""
    data, build = scenario.model_dump(mode="json", exclude_defaults=True), advice.recommendation
    if build is None or advice.changes or any(name in data for name in WISHES):
        return data, None
    return data, {"model": build.model, "quantization": build.quantization, "engine": build.engine}


def _dumped(data: dict[str, Any], width: int) -> str:
    flow = None if width >= WIDE else False
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=width))
