"""models, hardware, prices, use cases, rules: what the rule base holds, as lists and one by one; hardware detect."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, get_args

import typer

from llama_advisor.cli.options import AsOf, Format, Rules, day, named, screen
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import DeviceKind, RentalPrice
from llama_advisor.render import listing
from llama_advisor.render.formats import to_json
from llama_advisor.render.screen import Screen
from llama_advisor.scenario import names
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable

Word = Annotated[str, typer.Argument(metavar="WORD", help="Only what has this in an id, name, alias or provider.")]

MODEL = ("id", "family", "kind", "role", "parameters", "context_tokens", "inputs", "released")
DEVICE = ("id", "name", "kind", "memory_gib", "bandwidth_gb_s", "fp16_tflops")
RENTAL = ("id", "device", "count", "usd_per_hour", "spot_usd_per_hour", "region")
OFFER = ("id", "model", "context_tokens", "witnesses")
RATES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
NOTHING = 1
KINDS = f"Only devices of this kind: {', '.join(get_args(DeviceKind))}."


def models_list(word: Word = "", format_: Format = "text", rules: Rules = None) -> int:
    """List the models: ranked ones first, by family and size."""
    base = load_rules(*rules or ())
    models = sorted(base.models.values(), key=lambda m: (m.role != "ranked", m.family, m.parameters, m.id))
    return _shown("models", _rows(models, MODEL, word, base), format_)


def _rows(entries: Iterable[Any], fields: tuple[str, ...], word: str, base: RuleBase) -> list[dict[str, Any]]:
    """Return the entries that have a word among their names: some fields, their sources, and their day."""
    from llama_advisor.upkeep.lint import cited

    rows = []
    for entry in entries:
        host = base.providers.get(getattr(entry, "provider", ""), entry)
        texts = (entry.id, host.id, getattr(host, "name", ""), *getattr(host, "aliases", ()))
        if names.key(word) in " ".join(map(names.key, texts)):
            told = plain(entry)
            which = {"sources": told["sources"]["identity"]} if "identity" in told.get("sources", ()) else told
            sources = sorted({*cited(which)})
            as_of = told.get("as_of") or str(min(base.sources[name].read for name in sources))
            rows.append({name: told[name] for name in fields} | {"source": sources, "as_of": as_of})
    return rows


def models_show(
    name: Annotated[str, named("MODEL", "Any name of the model.", "models")],
    format_: Format = "text",
    rules: Rules = None,
) -> int:
    """Show one model with its sources."""
    base = load_rules(*rules or ())
    model = base.models[names.model_id(name, base)]
    layer = base.origin("models", model.id).layer.label
    return _shown("models", {"layer": layer, **plain(model, exclude_defaults=True)}, format_)


def hardware_list(
    word: Word = "",
    kind: Annotated[DeviceKind | None, typer.Option(metavar="KIND", help=KINDS)] = None,
    memory_min: Annotated[float, typer.Option(metavar="GIB", min=0, help="Only with so much memory.")] = 0,
    format_: Format = "text",
    rules: Rules = None,
) -> int:
    """List the devices by kind."""
    base = load_rules(*rules or ())
    devices = sorted(base.devices.values(), key=lambda d: (d.kind, d.id))
    found = [d for d in devices if kind in {None, d.kind} and (d.memory_gib or 0) >= memory_min]
    return _shown("hardware", _rows(found, DEVICE, word, base), format_)


def hardware_show(
    name: Annotated[str, named("HARDWARE", "Hardware as people write it.", "devices")],
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


def prices_list(
    word: Word = "",
    kind: Annotated[Literal["rental", "hosted"] | None, typer.Option(help="Only these prices.")] = None,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """List what rented machines and hosted models cost, and whether each offer counts."""
    base, today, shown = load_rules(*rules or ()), day(as_of), {}
    for name, entries, fields in (("rental", base.rentals, RENTAL), ("hosted", base.hosted, OFFER)):
        if kind in {None, name}:
            rows = _rows(entries.values(), fields, word, base)
            shown[name] = [row | _standing(entries[row["id"]], base, today) for row in rows]
    if format_ == "json":
        return _shown("prices", shown, format_)
    for rows in list(filter(None, shown.values())) or [[]]:
        _shown("prices", rows, format_)
    return 0


def prices_show(
    name: Annotated[str, named("ID", "Id of a price.", "rentals", "hosted")],
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Show one price with its sources, and whether it counts."""
    base = load_rules(*rules or ())
    known: dict[str, Any] = {**base.rentals, **base.hosted}
    price = known[names.one_of(name, known, "prices", "price", "prices list")]
    layer = base.origin("hosted" if price.id in base.hosted else "rentals", price.id).layer.label
    standing = _standing(price, base, day(as_of))
    return _shown("prices", {"layer": layer, **plain(price, exclude_defaults=True), **standing}, format_)


def _standing(price: Any, base: RuleBase, today: date) -> dict[str, Any]:
    """Return what holds of a price on a day: an offer's rates, and whether it counts."""
    if isinstance(price, RentalPrice):
        old = base.expired("prices", price.id, today)
        return {"state": str(old) if old else "not read in a source" if price.unverified else "counts"}
    rates = dict(zip(RATES, price.price(today).rates, strict=True))
    return {**rates, "state": price.state(today, base.criteria.witnesses_needed)}


def use_cases_list(word: Word = "", format_: Format = "text", rules: Rules = None) -> int:
    """List the use cases with what they are for."""
    cases = load_rules(*rules or ()).use_cases.values()
    rows = [
        {"id": case.id, "is_for": case.says, "aliases": list(case.aliases)}
        for case in cases
        if names.key(word) in " ".join(map(names.key, (case.id, case.name, case.says, *case.aliases)))
    ]
    return _shown("use-cases", rows, format_)


def use_cases_show(
    name: Annotated[str, named("ID", "Any name of the use case.", "use_cases")],
    format_: Format = "text",
    rules: Rules = None,
) -> int:
    """Show what a use case assumes and weighs, and which rules read it."""
    base = load_rules(*rules or ())
    case = base.use_cases[names.use_case_id(name, base)]
    layer = base.origin("use_cases", case.id).layer.label
    shown = {"layer": layer, **plain(case, exclude_defaults=True), "defaults": plain(case.defaults)}
    told: dict[str, set[str]] = {"use_cases": {case.id}, "tags": {*case.tags}, "needs": {*case.needs}}

    def reads(condition: Any) -> bool:
        if isinstance(condition, list):
            return any(map(reads, condition))
        if not isinstance(condition, dict):
            return False
        fact = str(condition.get("fact", "")).removeprefix("scenario.")
        operands = (value if isinstance(value, list) else [value] for value in condition.values())
        if fact in told and any(told[fact].intersection(map(str, part)) for part in operands):
            return True
        return any(map(reads, condition.values()))

    read_by = [name for name, rule in base.rules.items() if reads(plain(rule.rule).get("when"))]
    return _shown("use-cases", shown | {"read_by_rules": read_by}, format_)


def rules_list(format_: Format = "text", rules: Rules = None) -> int:
    """List the rules."""
    rows = [
        {"id": r.id, "kind": r.folder, "title": r.rule.title, "confidence": r.rule.confidence, "layer": r.layer}
        for r in load_rules(*rules or ()).rules.values()
    ]
    return _shown("rules", rows, format_)


def rules_show(
    name: Annotated[str, named("ID", "Rule id.", "rules")], format_: Format = "text", rules: Rules = None
) -> int:
    """Show one rule: what it says, cites and is tested by."""
    return _shown("rules", rule_entry(name, load_rules(*rules or ())), format_)


def rule_entry(name: str, base: RuleBase) -> dict[str, Any]:
    """Return a rule as plain data, its sources written out."""
    if name not in base.rules:
        raise InputError(f"unknown rule {printable(name)!r}{nearest(name, base.rules, see='rules list')}")
    rule = base.rules[name]
    sources = {item.id: base.sources[item.id].text for item in rule.rule.sources if item.id in base.sources}
    shown = plain(rule.rule, exclude_defaults=True)
    return {"kind": rule.folder, "layer": rule.layer, **shown, "cited": sources}


def _shown(kind: str, data: Any, format_: str) -> int:
    sys.stdout.write(to_json(data) + "\n" if format_ == "json" else listing.render(kind, data, screen(None)))
    return 0
