"""A commented project file as text, each value written so that it is read back alike."""

from __future__ import annotations

import json
import re
from typing import Any

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.descriptions import field_descriptions

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
SCHEMA_LINE = "# yaml-language-server: $schema={schema}\n"
HEAD = """\
# What we need and what we chose. `llama-advisor check` holds one against the other; see docs/check.md.
version: 1
deployments:
"""
TAIL = """\
# Findings accepted for a time; each needs a reason and its last day.
# waivers:
#   - {{code: LA203, deployment: {name}, reason: "load test passed", expires: {year}-12-31}}
"""


def proposed(
    name: str, requirements: dict[str, Any], choice: dict[str, Any], sources: tuple[str, ...], why: str
) -> list[str]:
    """Return the lines of one deployment."""
    says = field_descriptions(Scenario)
    lines = [f"  - name: {scalar(name)}", "    requirements:"]
    for field, value in requirements.items():
        lines.append(
            f"      {field}: {flow(value)}  # {says[field]}" if says.get(field) else f"      {field}: {flow(value)}"
        )
    lines.append(f"    choice:  # {why}")
    lines += [f"      {field}: {flow(value)}" for field, value in choice.items()]
    if sources:
        lines.append("    sources:  # files in which the choice shows up; what they deploy is compared with it")
        lines += [f"      - {scalar(pattern)}" for pattern in sources]
    else:
        lines.append('    # sources: ["deploy/**/*.yaml"]  # files in which the choice shows up')
    return lines


def project_text(deployments: list[list[str]], schema: str | None, name: str, year: int) -> str:
    """Return a whole project file; it names its schema for editors where one lies beside it."""
    body = "\n".join(line for lines in deployments for line in lines)
    return (
        (SCHEMA_LINE.format(schema=schema) if schema else "")
        + HEAD
        + body
        + "\n"
        + TAIL.format(name=scalar(name), year=year)
    )


def flow(value: Any) -> str:
    """Return plain data in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Return one value; text that could be read as anything else is quoted."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return f'"{"".join(map(_letter, value))}"'


def _letter(letter: str) -> str:
    """Return a character inside double quotes: YAML writes those beyond 16 bits unlike JSON."""
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
