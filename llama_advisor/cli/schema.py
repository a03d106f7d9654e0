"""schema: the JSON Schema of a kind of file or result."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from llama_advisor.engine import build_facts, facts  # noqa: F401  (they declare the facts)
from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import with_conditions
from llama_advisor.render.formats import to_json
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable

SCHEMAS = {
    "scenario.scenario": {"scenario": "Scenario"},
    "scenario.project_file": {"project": "Project"},
    "check.findings": {"findings": "Findings"},
    "knowledge.judgement": {
        "rule": "Rule",
        "use-case": "UseCase",
        "criteria": "Criteria",
        "relaxations": "Relaxations",
        "moves": "Moves",
        "regions": "Regions",
        "question": "Question",
    },
    "knowledge.upkeep_entries": {"checking": "Checking", "sampling": "Sampling"},
    "knowledge.device": {"hardware": "Device", "reference": "Reference"},
    "knowledge.constants": {"constants": "Constants"},
    "knowledge.kinds": {"entries": "EntryLists"},
    "knowledge.model": {"model": "Model"},
    "knowledge.engine": {"engine": "Engine"},
    "knowledge.quantization": {"quantization": "Quantization"},
    "engine.advice": {"recommendation": "Advice"},
    "sizing.request": {"estimate": "Estimate", "estimate-table": "Table", "estimate-request": "EstimateRequest"},
    "explain.why_not": {"explanation": "Explanation"},
    "explain.compare": {"comparison": "Comparison"},
    "explain.grid": {"whatif": "Grid"},
}
"""Kinds of file and result that have a schema: the class of each by its module, loaded when one is asked for."""


def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> int:
    """Print one JSON Schema."""
    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    sys.stdout.write(to_json(with_conditions(shown, FACTS) if name == "rule" else shown) + "\n")
    return 0


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema."""
    return {
        kind: getattr(import_module(f"llama_advisor.{module}"), name)
        for module, kinds in SCHEMAS.items()
        for kind, name in kinds.items()
    }
