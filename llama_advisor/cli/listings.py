"""models, hardware, rules: list and show what is known; hardware detect: what this computer has; schema: of files."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llama_advisor.cli.options import Format, Rules, screen
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.render import listing
from llama_advisor.render.formats import to_json
from llama_advisor.render.screen import Screen
from llama_advisor.scenario import names
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.tables import table
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase

MODEL = ("id", "family", "kind", "role", "parameters", "context_tokens", "inputs", "released")
NOTHING = 1
DEVICE = ("id", "name", "kind", "memory_gib", "bandwidth_gb_s", "fp16_tflops")


def models_list(format_: Format = "text", rules: Rules = None) -> int:
    """List the models: ranked ones first, by family and size."""
    base = load_rules(*rules or ())
    models = sorted(base.models.values(), key=lambda m: (m.role != "ranked", m.family, m.parameters, m.id))
    rows = [{name: plain(getattr(model, name)) for name in MODEL} for model in models]
    return _shown("models", rows, format_)


def models_show(
    name: Annotated[str, typer.Argument(help="Any name of the model.")], format_: Format = "text", rules: Rules = None
) -> int:
    """Show one model with its sources."""
    base = load_rules(*rules or ())
    model = base.models[names.model_id(name, base)]
    layer = base.origin("models", model.id).layer.label
    return _shown("models", {"layer": layer, **plain(model, exclude_defaults=True)}, format_)


def hardware_list(format_: Format = "text", rules: Rules = None) -> int:
    """List the devices by kind."""
    base = load_rules(*rules or ())
    devices = sorted(base.devices.values(), key=lambda d: (d.kind, d.id))
    rows = [{name: getattr(device, name) for name in DEVICE} for device in devices]
    return _shown("hardware", rows, format_)


def hardware_show(
    name: Annotated[str, typer.Argument(help="Hardware as people write it.")],
    format_: Format = "text",
    rules: Rules = None,
) -> int:
    """Show what a name of hardware is read as."""
    machine = read_hardware(name, catalogue_of(load_rules(*rules or ())))
    return _shown("hardware", plain(machine, exclude_defaults=True), format_)


def hardware_detect(format_: Format = "text", rules: Rules = None) -> int:
    """Print what was found and what it is read as; exit code 1 where nothing could be read."""
    from llama_advisor.hardware.detect import describe, detect

    found = detect()
    name = describe(found)
    read_as = None
    if name:
        try:
            read_as = read_hardware(name, catalogue_of(load_rules(*rules or ()))).device.name
        except InputError as error:
            read_as = str(error)
    if format_ == "json":
        parts = [
            {field: round(value, 2) if isinstance(value, float) else value for field, value in item._asdict().items()}
            for item in found
        ]
        sys.stdout.write(to_json({"schema_version": 1, "found": parts, "hardware": name, "read_as": read_as}) + "\n")
    else:
        view = screen(None)
        out = Screen(colour=view.colour, width=view.width)
        if name is None:
            out.line("nothing could be read; state --hardware by hand")
        else:
            out.line(f'--hardware "{name}"', "bold")
            out.line(f"read as {read_as}")
            rows = []
            for item in found:
                sizes = ("-" if gib is None else f"{gib:.1f}" for gib in (item.free_gib, item.total_gib))
                rows.append((item.kind, item.name, *sizes))
            out.columns(("", "", "free GiB", "total GiB"), rows, frozenset({2, 3}))
        sys.stdout.write(out.text())
    return 0 if name else NOTHING


def rules_list(format_: Format = "text", rules: Rules = None) -> int:
    """List the rules."""
    rows = [
        {"id": r.id, "kind": r.folder, "title": r.rule.title, "confidence": r.rule.confidence, "layer": r.layer}
        for r in load_rules(*rules or ()).rules.values()
    ]
    return _shown("rules", rows, format_)


def rules_show(
    name: Annotated[str, typer.Argument(help="Rule id.")], format_: Format = "text", rules: Rules = None
) -> int:
    """Show one rule: what it says, cites and is tested by."""
    return _shown("rules", rule_entry(name, load_rules(*rules or ())), format_)


def rule_entry(name: str, base: RuleBase) -> dict[str, Any]:
    """Return a rule as plain data, its sources written out."""
    if name not in base.rules:
        raise InputError(f"unknown rule {printable(name)!r}{nearest(name, base.rules)}")
    rule = base.rules[name]
    sources = {item.id: base.sources[item.id].text for item in rule.rule.sources if item.id in base.sources}
    shown = plain(rule.rule, exclude_defaults=True)
    return {"kind": rule.folder, "layer": rule.layer, **shown, "cited": sources}


def _shown(kind: str, data: Any, format_: str) -> int:
    sys.stdout.write(to_json(data) + "\n" if format_ == "json" else listing.render(kind, data, screen(None)))
    return 0


def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> int:
    """Print one JSON Schema."""
    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    if name == "rule":
        from llama_advisor.engine import build_facts, facts  # noqa: F401  (they declare the facts)
        from llama_advisor.engine.fact import FACTS
        from llama_advisor.knowledge.conditions import with_conditions

        shown = with_conditions(shown, FACTS)
    sys.stdout.write(to_json(shown) + "\n")
    return 0


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema; where each is defined is listed beside this file."""
    places = {name: place.split(":") for name, place in table(__file__).items()}
    return {name: getattr(import_module(f"llama_advisor.{module}"), kind) for name, (module, kind) in places.items()}
