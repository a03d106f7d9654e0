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

SCHEMAS = (
    ("scenario", "scenario.scenario", "Scenario"),
    ("project", "scenario.project_file", "Project"),
    ("findings", "check.findings", "Findings"),
    ("rule", "knowledge.judgement", "Rule"),
    ("use-case", "knowledge.judgement", "UseCase"),
    ("criteria", "knowledge.judgement", "Criteria"),
    ("checking", "knowledge.upkeep_entries", "Checking"),
    ("relaxations", "knowledge.judgement", "Relaxations"),
    ("moves", "knowledge.judgement", "Moves"),
    ("regions", "knowledge.judgement", "Regions"),
    ("reference", "knowledge.device", "Reference"),
    ("constants", "knowledge.constants", "Constants"),
    ("sampling", "knowledge.upkeep_entries", "Sampling"),
    ("entries", "knowledge.kinds", "EntryLists"),
    ("model", "knowledge.model", "Model"),
    ("hardware", "knowledge.device", "Device"),
    ("engine", "knowledge.engine", "Engine"),
    ("quantization", "knowledge.quantization", "Quantization"),
    ("question", "knowledge.judgement", "Question"),
    ("recommendation", "engine.advice", "Advice"),
    ("estimate", "sizing.request", "Estimate"),
    ("estimate-table", "sizing.request", "Table"),
    ("estimate-request", "sizing.request", "EstimateRequest"),
    ("explanation", "explain.why_not", "Explanation"),
    ("comparison", "explain.compare", "Comparison"),
    ("whatif", "explain.grid", "Grid"),
)
"""Kinds of file and result that have a schema: name, module, class; loaded when one is asked for."""


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
    return {kind: getattr(import_module(f"llama_advisor.{module}"), name) for kind, module, name in SCHEMAS}
