"""The forms for issues and pull requests: valid, and each asks for what the recipes of docs/contributing.md need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from recipes import RECIPES, ROOT

from llama_advisor.text.tables import table

FOLDER = ROOT / ".github" / "ISSUE_TEMPLATE"
CONFIG = "config.yml"
FORMS = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.yml")) if path.name != CONFIG}
REQUIRED = {
    "wrong-advice": {"output", "expected", "source", "read", "version"},
    "model": {"source", "read", "output", "version"},
    "device": {"source", "read", "output", "version"},
    "measurement": {"ran", "machine", "source", "read", "output", "version"},
    "price": {"source", "read", "output", "version"},
    "bug": {"output", "expected", "version", "system"},
}
WITH_ENTRY = {"model", "device", "price"}
COMMANDS = table(str(ROOT / "llama_advisor" / "cli" / "commands.py"))["commands"]
PULL_REQUEST = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text("utf-8")


def fields(name: str) -> dict[str, dict[str, Any]]:
    """Return what a form asks for, by id."""
    return {item["id"]: item for item in yaml.safe_load(FORMS[name])["body"]}


def valid(schema: str, text: str, folder: Path) -> bool:
    """Whether the schema that GitHub's files of a kind have takes a text."""
    file = folder / "file.yml"
    file.write_text(text, "utf-8")
    program = Path(sys.executable).parent / "check-jsonschema"
    command = [program, "--builtin-schema", f"vendor.github-{schema}", file]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    assert valid("issue-forms", FORMS[name], tmp_path)
    assert not valid("issue-forms", FORMS[name].replace("type: input", "type: inputs"), tmp_path)
    labels = [item["attributes"]["label"] for item in fields(name).values()]
    assert len(labels) == len(set(labels)) == FORMS[name].count("\n  - type: ")


def test_holes_are_reported_in_private(tmp_path: Path) -> None:
    text = (FOLDER / CONFIG).read_text("utf-8")
    assert valid("issue-config", text, tmp_path)
    assert yaml.safe_load(text)["blank_issues_enabled"] is False
    (link,) = yaml.safe_load(text)["contact_links"]
    way = "Security > Report a vulnerability"
    assert way in link["about"]
    assert way in (ROOT / ".github" / "SECURITY.md").read_text("utf-8").replace("*", "")


@pytest.mark.parametrize("name", sorted(REQUIRED.keys() | FORMS.keys()))
def test_a_form_requires_source_day_command_and_version(name: str) -> None:
    required = {key for key, item in fields(name).items() if item["validations"]["required"]}
    assert required == REQUIRED[name]
    assert ("entry" in fields(name)) == (name in WITH_ENTRY)


@pytest.mark.parametrize("name", sorted(WITH_ENTRY))
def test_a_form_shows_the_entry_of_its_recipe(name: str) -> None:
    shown = fields(name)["entry"]["attributes"]
    named = re.findall(r"\*(\w[^*]+)\*", shown["description"])
    assert shown["placeholder"] == RECIPES[named[0]].content


def test_recipes_named_exist() -> None:
    told = {words for text in FORMS.values() for words in re.findall(r"recipes? (.*?) in docs/contributing\.md", text)}
    named = {name for words in told for name in re.findall(r"\*([^*]+)\*", words)}
    assert {"A model", "A device", "A measurement", "A price"} <= named <= set(RECIPES)


def test_commands_named_exist() -> None:
    texts = [*FORMS.values(), PULL_REQUEST]
    named = {words for text in texts for words in re.findall(r"\$ llama-advisor ((?:[a-z]+ ?){1,2})", text)}
    assert {words.strip() for words in named if not {words.strip(), words.split()[0]} & set(COMMANDS)} == set()
    scripts = re.findall(r"(tests/[\w/]+\.py)", PULL_REQUEST)
    assert scripts
    assert [script for script in scripts if not (ROOT / script).is_file()] == []
