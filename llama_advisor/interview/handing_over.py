"""The same question again without an interview: as one command, and as a file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import yaml

from llama_advisor.scenario.flags import FLAGS, spelled
from llama_advisor.scenario.project_file import WISHES, project_text, proposed

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.scenario.scenario import Scenario

DEPLOYMENT = "main"
WIDE = 80


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
        value = data.get(owner, {}).get(name) if owner else data.get(name)
        if value in (None, [], {}):
            continue
        values = [f"{key}={_plain(part)}" for key, part in value.items()] if name == "priorities" else value
        items = values if isinstance(values, list) else [values]
        if any(isinstance(item, dict) for item in items):
            return None
        words += spelled(flag, values if isinstance(values, bool) else [_plain(item) for item in items])
    return words


def _plain(value: Any) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def as_file(scenario: Scenario, advice: Advice) -> str:
    """Return the project file; a plain scenario where wishes were said, or nothing fits that could be the choice."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    choice = _choice(data, advice)
    if choice is None:
        return _dumped(data, WIDE)
    score = advice.recommendation.score if advice.recommendation else 0.0
    why = f"recommended on {advice.as_of} with {score:.1f} points"
    return project_text([proposed(DEPLOYMENT, data, choice, (), why)], None, DEPLOYMENT, advice.as_of.year + 1)


def as_shown(scenario: Scenario, advice: Advice, width: int) -> str:
    """Return the same without its comments, to be read on a screen of this width."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    choice = _choice(data, advice)
    if choice is not None:
        deployment = {"name": DEPLOYMENT, "requirements": data, "choice": choice}
        data = {"version": 1, "deployments": [deployment]}
    return _dumped(data, width)


def _choice(data: dict[str, Any], advice: Advice) -> dict[str, str] | None:
    build = advice.recommendation
    if build is None or advice.changes or any(name in data for name in WISHES):
        return None
    return {"model": build.model, "quantization": build.quantization, "engine": build.engine}


def _dumped(data: dict[str, Any], width: int) -> str:
    flow = None if width >= WIDE else False
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=width))
