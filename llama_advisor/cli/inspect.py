"""models, hardware, rules, schema: what the rule base holds."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.render.json_text import as_json
from llama_advisor.scenario import names
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable
from llama_advisor.upkeep.rule_examples import run_examples

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase

FINDINGS = 1
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
    ("question", "knowledge.question", "Question"),
    ("recommendation", "engine.advice", "Advice"),
    ("estimate", "sizing.request", "Estimate"),
    ("estimate-request", "sizing.request", "EstimateRequest"),
    ("explanation", "explain.explanation", "Explanation"),
    ("comparison", "explain.exploration", "Comparison"),
    ("whatif", "explain.exploration", "Grid"),
)
"""Kinds of file and result that have a schema: name, module, class; loaded when one is asked for."""


def show(kind: str, name: str | None, rules: tuple[str, ...], *, as_json: bool, screen: tuple[bool, int]) -> int:
    """List one kind of entry, or show one entry."""
    from llama_advisor.render import listing

    base = load_rules(*rules)
    data = LISTS[kind](base) if name is None else ENTRIES[kind](name, base)
    colour, width = screen
    sys.stdout.write(dumped(data) if as_json else listing.render(kind, data, colour=colour, width=width))
    return 0


def dumped(data: Any) -> str:
    """Return plain data as JSON text with a final newline."""
    return as_json(data) + "\n"


def _models(base: RuleBase) -> list[dict[str, Any]]:
    return [
        {
            "id": model.id,
            "family": model.family,
            "kind": model.kind,
            "role": model.role,
            "parameters": model.parameters,
            "context_tokens": model.context_tokens,
            "inputs": list(model.inputs),
            "released": str(model.released),
        }
        for model in sorted(base.models.values(), key=lambda m: (m.role != "ranked", m.family, m.parameters, m.id))
    ]


def _hardware(base: RuleBase) -> list[dict[str, Any]]:
    return [
        {
            "id": device.id,
            "name": device.name,
            "kind": device.kind,
            "memory_gib": device.memory_gib,
            "bandwidth_gb_s": device.bandwidth_gb_s,
            "fp16_tflops": device.fp16_tflops,
        }
        for device in sorted(base.devices.values(), key=lambda d: (d.kind, d.id))
    ]


def _rules(base: RuleBase) -> list[dict[str, Any]]:
    return [
        {
            "id": rule.id,
            "kind": rule.folder,
            "title": rule.rule.title,
            "confidence": rule.rule.confidence,
            "layer": rule.layer,
        }
        for rule in base.rules.values()
    ]


def _model(name: str, base: RuleBase) -> dict[str, Any]:
    found = base.models[names.model_id(name, base)]
    layer = base.origin("models", found.id).layer.label
    return {"layer": layer, **plain(found, exclude_defaults=True)}


def _device(name: str, base: RuleBase) -> dict[str, Any]:
    shown: dict[str, Any] = plain(read_hardware(name, catalogue_of(base)), exclude_defaults=True)
    return shown


def _rule(name: str, base: RuleBase) -> dict[str, Any]:
    if name not in base.rules:
        raise InputError(f"unknown rule {printable(name)!r}{nearest(name, base.rules)}")
    rule = base.rules[name]
    sources = {item.id: base.sources[item.id].text for item in rule.rule.sources if item.id in base.sources}
    shown = plain(rule.rule, exclude_defaults=True)
    return {"kind": rule.folder, "layer": rule.layer, **shown, "cited": sources}


LISTS = {"models": _models, "hardware": _hardware, "rules": _rules}
ENTRIES = {"models": _model, "hardware": _device, "rules": _rule}


def run_rule_tests(rules: tuple[str, ...], *, as_json: bool) -> int:
    """Run all examples; print those that fail and a count."""
    results = list(run_examples(load_rules(*rules)))
    failed = [result for result in results if not result.passed]
    if as_json:
        shown = [result._asdict() for result in failed]
        sys.stdout.write(dumped({"schema_version": 1, "examples": len(results), "failed": shown}))
    else:
        for result in failed:
            place = f"{result.rule}: {result.kind}[{result.place}]"
            sys.stdout.write(f"{place}: came to {result.got}, example {printable(result.example)}\n")
        count = len({result.rule for result in results})
        sys.stdout.write(f"{len(results)} examples of {count} rules, {len(failed)} failed\n")
    return FINDINGS if failed else 0


def print_schema(name: str) -> int:
    """Print one JSON Schema."""
    from llama_advisor.engine.fact import FACTS
    from llama_advisor.knowledge.condition_schema import with_conditions
    from llama_advisor.text.descriptions import json_schema

    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    sys.stdout.write(dumped(with_conditions(shown, FACTS) if known[name] is known["rule"] else shown))
    return 0


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema."""
    return {kind: getattr(import_module(f"llama_advisor.{module}"), name) for kind, module, name in SCHEMAS}
