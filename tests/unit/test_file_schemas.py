"""Every shipped file validates against the JSON Schema of its kind, which editors use; a broken one does not."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli.rules import schemas
from llama_advisor.engine.facts import FACTS
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import ENTRY_FOLDERS, RULE_FOLDERS, SINGLE_FILES
from llama_advisor.knowledge.conditions import with_conditions
from llama_advisor.text.wording import json_schema

FILES = load_rules().layers[0].files
OF_FOLDER = {"models": "model", "engines": "engine", "use_cases": "use-case"} | dict.fromkeys(RULE_FOLDERS, "rule")


def kind(file: str) -> str:
    """Return the name of the schema that a file of the rule base follows."""
    folder, _, name = file.rpartition("/")
    if file in SINGLE_FILES:
        return name.removesuffix(".yaml")
    return OF_FOLDER.get(folder, "entries")


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json_schema(schemas()[name])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(with_conditions(schema, FACTS) if name == "rule" else schema)


def test_every_kind_of_file_has_a_schema() -> None:
    assert {kind(file) for file in FILES} <= set(schemas())
    assert set(OF_FOLDER) == set(ENTRY_FOLDERS)


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_shipped_file_follows_its_schema(file: str) -> None:
    wrong = [f"{list(error.path)}: {error.message}" for error in validator(kind(file)).iter_errors(FILES[file])]
    assert wrong == []


def rule() -> dict[str, Any]:
    return deepcopy(FILES["preferences/long-context-small-models.yaml"])


@pytest.mark.parametrize(
    "when",
    [
        {"fact": "scenario.context_tokns", "above": 1},
        {"fact": "scenario.context_tokens", "above": "many"},
        {"fact": "scenario.context_tokens", "has": "x"},
        {"fact": "scenario.context_tokens", "above": 1, "below": 2},
        {"fact": "scenario.context_tokens"},
        {"all": []},
        {"some": [{"fact": "scenario.offline", "is": True}]},
    ],
)
def test_a_broken_condition_is_seen_by_an_editor(when: dict[str, Any]) -> None:
    assert validator("rule").is_valid(rule())
    assert not validator("rule").is_valid(rule() | {"when": when})
    assert not validator("rule").is_valid(rule() | {"when": {"not": when}})


def test_a_misspelt_key_is_seen_by_an_editor() -> None:
    assert not validator("rule").is_valid(rule() | {"confidenc": "high"})
    assert not validator("entries").is_valid({"device": []})
