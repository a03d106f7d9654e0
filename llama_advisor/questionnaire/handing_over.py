"""The same question again without an interview: as one command, and as a file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import yaml

from llama_advisor.checking.files import SCHEMA_FILE
from llama_advisor.checking.proposal import project_text, proposed
from llama_advisor.flags import FLAGS
from llama_advisor.schema.project import WISHES

if TYPE_CHECKING:
    from llama_advisor.schema.advice import Advice
    from llama_advisor.schema.scenario import Scenario

DEPLOYMENT = "main"


def as_command(scenario: Scenario) -> str | None:
    """Return the `recommend` command, quoted for a shell; None where a field has no spelling as a flag."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    words = ["llama-advisor", "recommend"]
    for flag in FLAGS:
        owner, _, name = flag.field.rpartition(".")
        value = data.get(owner, {}).get(name) if owner else data.get(name)
        if value in (None, [], {}):
            continue
        values = [f"{key}={_plain(part)}" for key, part in value.items()] if name == "priorities" else value
        for item in values if isinstance(values, list) else [values]:
            if isinstance(item, dict):
                return None
            words += _words(flag.flag, item)
    return shlex.join(words)


def _words(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    return [flag, _plain(value)]


def _plain(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def as_file(scenario: Scenario, advice: Advice) -> str:
    """Return the project file; a plain scenario where wishes were said, or nothing fits that could be the choice."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    build = advice.recommendation
    if build and not advice.changes and not any(name in data for name in WISHES):
        choice = {"model": build.model, "quantization": build.quantization, "engine": build.engine}
        why = f"recommended on {advice.as_of} with {build.score:.1f} points"
        return project_text(
            [proposed(DEPLOYMENT, data, choice, (), why)], SCHEMA_FILE, DEPLOYMENT, advice.as_of.year + 1
        )
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100))
