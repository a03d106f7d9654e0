"""The JSON Schema of conditions, written from the facts and operators, so that editors complete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.knowledge.conditions import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.conditions import FactType

PLAIN = {"flag": "boolean", "number": "number", "text": "string", "set": "string"}
LISTS = frozenset({"in", "not_in", "has_any", "lacks_any"})
SELF = {"$ref": "#/$defs/Condition"}


def with_conditions(schema: dict[str, Any], facts: Mapping[str, FactType]) -> dict[str, Any]:
    """Return the schema of a rule in which `when` and `tight` are conditions over known facts."""
    properties = {name: dict(part) for name, part in schema["properties"].items()}
    for name in ("when", "tight"):
        properties[name] = {"description": properties[name].get("description", ""), **SELF}
    return schema | {"properties": properties, "$defs": schema["$defs"] | {"Condition": condition(facts)}}


def condition(facts: Mapping[str, FactType]) -> dict[str, Any]:
    """Return the schema of a condition: a test of one fact, or several conditions joined."""
    many = {"type": "array", "items": SELF, "minItems": 1}
    joined = [_only({kind: many}) for kind in ("all", "any")]
    return {"anyOf": [*joined, _only({"not": SELF}), *(_tests(kind, facts) for kind in PLAIN)]}


def _only(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _tests(kind: str, facts: Mapping[str, FactType]) -> dict[str, Any]:
    """Return the schema of tests of all facts of a kind."""
    names = sorted(name for name, fact in facts.items() if fact.kind == kind)
    operands = {name: _operand(name, kind) for name, kinds in OPERATORS.items() if kind in kinds}
    test = _only({"fact": {"enum": names}})
    return test | {"properties": test["properties"] | operands, "minProperties": 2, "maxProperties": 2}


def _operand(operator: str, kind: str) -> dict[str, Any]:
    if operator == "known":
        return {"type": "boolean"}
    plain = {"type": PLAIN[kind]}
    if operator in LISTS:
        return {"type": "array", "items": plain, "minItems": 1}
    return {"anyOf": [plain, _only({"fact": {"type": "string"}})]}
