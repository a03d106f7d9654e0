"""Every field of every schema says what it means, in the schema that is printed."""

from __future__ import annotations

from typing import Any

import pytest

from llama_advisor.cli.rules import schemas
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.wording import field_descriptions, json_schema


def objects(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"": schema} | schema.get("$defs", {})


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_field_is_described(name: str) -> None:
    made = json_schema(schemas()[name])
    bare = [
        f"{owner or name}.{field}"
        for owner, part in objects(made).items()
        for field, said in part.get("properties", {}).items()
        if not said.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_object_is_closed(name: str) -> None:
    made = json_schema(schemas()[name])
    opened = [
        owner or name
        for owner, part in objects(made).items()
        if part.get("type") == "object" and "properties" in part and part.get("additionalProperties") is not False
    ]
    assert opened == []


def test_descriptions_stand_in_the_annotations() -> None:
    said = field_descriptions(Scenario)
    assert set(said) == set(Scenario.model_fields)
    assert said["domicile"] == "Country of the licensee by name or ISO 3166-1 code, or EU."


def test_a_field_that_is_renamed_in_the_output_keeps_its_description() -> None:
    change = json_schema(schemas()["recommendation"])["$defs"]["Change"]["properties"]
    assert set(change) == {"field", "from", "to"}
    assert change["from"]["description"] == "Before."
