"""The project file: what each deployment needs, what was chosen for it, which findings are waived; read and written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.strict import Strict
from llama_advisor.text.tables import table
from llama_advisor.text.wording import field_descriptions

WISHES = ("engine", "quantization", "model")
WISH = "wish_in_requirements"
MOST_DEPLOYMENTS = 500
MOST_WAIVERS = 2000
MOST_PATTERNS = 200
LONGEST_PATTERN = 200
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
WORDS: dict[str, str] = table(__file__)
"""The line that names the schema, and what stands before and after the deployments."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_PATTERN)]


def _day(value: Any) -> Any:
    """Read a day from text alone: a bare number is no day."""
    with suppress(ValueError, AttributeError):
        return value if isinstance(value, date) else date.fromisoformat(value.strip())
    raise ValueError("must be a day such as 2027-03-01")


def _several(value: Any) -> Any:
    """Read one text as a list of one."""
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_several), Field(max_length=MOST_PATTERNS)]
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]


class Requirements(Scenario):
    """What the deployment needs: a scenario without wishes, as `choice` says what was chosen."""

    @field_validator(*WISHES, mode="before")
    @classmethod
    def _no_wishes(cls, _: Any) -> Any:
        raise PydanticCustomError(WISH, "a wish has no place here: `choice` says what was chosen")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        """Leave the wishes out of what editors offer."""
        made = handler(core)
        properties = handler.resolve_ref_schema(made)["properties"]
        for name in WISHES:
            properties.pop(name, None)
        return made


class Choice(Strict):
    """What is deployed."""

    model: Annotated[Name, "Model: an id, a Hugging Face id, an Ollama tag or a loose name."]
    quantization: Annotated[Name | None, "Quantization; left out, the best one that qualifies is taken."] = None
    engine: Annotated[Name | None, "Engine; left out, the best one that qualifies is taken."] = None
    engine_version: Annotated[Name | None, "Version of the engine that runs, e.g. 0.10.2."] = None


class Deployment(Strict):
    """One decision."""

    name: Annotated[Name, "Name, unique in the file; findings and waivers use it."]
    requirements: Annotated[Requirements, "What it needs."]
    choice: Annotated[Choice, "What is deployed."]
    sources: Annotated[
        Names,
        "Files in which the choice shows up, as patterns beside this file: `deploy/**/*.yaml`; a name or key in them "
        "may follow: `values.yaml#small-model`.",
    ] = ()
    exclude: Annotated[Names, "Files that are no sources though a pattern matches: `**/tests`."] = ()


class Waiver(Strict):
    """A finding that is accepted for a time."""

    code: Annotated[Name, "Code of the finding, e.g. LA203."]
    deployment: Annotated[Name, "Deployment it is about."]
    path: Annotated[Name | None, "Files in which it holds, as a pattern beside this file; all if left out."] = None
    about: Annotated[
        Names,
        "What it must be about, all of it: the value in its place, the model, quantization, engine or provider; "
        "any if left out.",
    ] = ()
    reason: Annotated[str, "Why it is accepted; one without a reason is a finding."] = ""
    expires: Annotated[Day, "Last day on which it holds."]


class Project(Strict):
    """llama-advisor.yaml."""

    version: Annotated[Literal[1], "Version of this format."]
    deployments: Annotated[tuple[Deployment, ...], Field(min_length=1, max_length=MOST_DEPLOYMENTS), "The decisions."]
    exclude: Annotated[Names, "Files that are no sources of any deployment: `[docs, '**/tests']`."] = ()
    waivers: Annotated[tuple[Waiver, ...], Field(max_length=MOST_WAIVERS), "Findings accepted for a time."] = ()


def proposed(
    name: str,
    requirements: dict[str, Any],
    choice: dict[str, Any],
    sources: tuple[str, ...],
    why: str,
    questions: tuple[str, ...] = (),
) -> list[str]:
    """The lines of one deployment, with questions for what is not known."""
    says = field_descriptions(Scenario)
    lines = [f"  - name: {scalar(name)}", "    requirements:"]
    for field, value in requirements.items():
        note = f"  # {says[field]}" if says.get(field) else ""
        lines.append(f"      {field}: {flow(value)}{note}")
    lines += [f"      # TODO {question}" for question in filter(None, questions)]
    lines.append(f"    choice:  # {why}")
    lines += [f"      {field}: {flow(value)}" for field, value in choice.items()]
    if sources:
        lines.append("    sources:  # files in which the choice shows up; what they deploy is compared with it")
        lines += [f"      - {scalar(pattern)}" for pattern in sources]
    else:
        lines.append('    # sources: ["deploy/**/*.yaml"]  # files in which the choice shows up')
    return lines


def project_text(
    deployments: list[list[str]], schema: str | None, name: str, year: int, waivers: Iterable[dict[str, Any]] = ()
) -> str:
    """A whole project file; it names its schema for editors where one lies beside it."""
    head = (WORDS["schema"].format(schema=schema) if schema else "") + WORDS["head"]
    body = "".join(f"{line}\n" for lines in deployments for line in lines)
    accepted = "".join(f"  - {flow(waiver)}\n" for waiver in waivers)
    tail = WORDS["waived"] + accepted if accepted else WORDS["tail"].format(name=scalar(name), year=year)
    return head + body + tail


def flow(value: Any) -> str:
    """Plain data in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """One value as YAML; text that could be read as anything else is quoted."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # Inside double quotes YAML writes characters beyond 16 bits unlike JSON.
    letters = (
        f"\\{letter}" if letter in '"\\' else letter if letter.isprintable() else f"\\U{ord(letter):08x}"
        for letter in value
    )
    return f'"{"".join(letters)}"'.replace("##", r"#\x23")  # as build servers know a command
