"""models, hardware, prices, use cases, rules: what the rule base holds, as lists and one by one; hardware detect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, get_args

import typer

from llama_advisor.cli.options import Run, command, named
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Test, tests_of
from llama_advisor.knowledge.device import DeviceKind, RentalPrice
from llama_advisor.render import listing
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
KINDS = f"Only devices of this kind: {', '.join(get_args(DeviceKind))}."


@command("format_ rules")
def models_list(run: Run, word: Word = "") -> int:
    """List the models: ranked ones first, by family and size."""
    base = run.base()
    models = sorted(base.models.values(), key=lambda m: (m.role != "ranked", m.family, m.parameters, m.id))
    return _shown("models", _rows(models, MODEL, word, base), run)


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


@command("format_ rules")
def models_show(run: Run, name: Annotated[str, named("MODEL", "Any name of the model.", "models")]) -> int:
    """Show one model with its sources."""
    base = run.base()
    model = base.models[names.model_id(name, base)]
    layer = base.origin("models", model.id).layer.label
    return _shown("models", {"layer": layer, **plain(model, exclude_defaults=True)}, run)


@command("format_ rules")
def hardware_list(
    run: Run,
    word: Word = "",
    kind: Annotated[DeviceKind | None, typer.Option(metavar="KIND", help=KINDS)] = None,
    memory_min: Annotated[float, typer.Option(metavar="GIB", min=0, help="Only with so much memory.")] = 0,
) -> int:
    """List the devices by kind."""
    base = run.base()
    devices = sorted(base.devices.values(), key=lambda d: (d.kind, d.id))
    found = [d for d in devices if kind in {None, d.kind} and (d.memory_gib or 0) >= memory_min]
    return _shown("hardware", _rows(found, DEVICE, word, base), run)


@command("format_ rules")
def hardware_show(run: Run, name: Annotated[str, named("HARDWARE", "Hardware as people write it.", "devices")]) -> int:
    """Show what a name of hardware is read as."""
    machine = read_hardware(name, catalogue_of(run.base()))
    return _shown("hardware", plain(machine, exclude_defaults=True), run)


@command("format_ rules")
def hardware_detect(run: Run) -> int:
    """Print what was found and what it is read as; exit code 1 where nothing could be read."""
    from llama_advisor.hardware.detect import describe, detect

    found = detect()
    name = describe(found)
    read_as = None
    if name:
        try:
            read_as = read_hardware(name, catalogue_of(run.base())).device.name
        except InputError as error:
            read_as = str(error)
    parts = [
        {field: round(value, 2) if isinstance(value, float) else value for field, value in item._asdict().items()}
        for item in found
    ]

    def text() -> str:
        out = Screen(colour=run.view.colour, width=run.view.width)
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
        return out.text()

    run.show({"schema_version": 1, "found": parts, "hardware": name, "read_as": read_as}, text)
    return int(not name)


@command("format_ rules as_of")
def prices_list(
    run: Run,
    word: Word = "",
    kind: Annotated[Literal["rental", "hosted"] | None, typer.Option(help="Only these prices.")] = None,
) -> int:
    """List what rented machines and hosted models cost, and whether each offer counts."""
    base, shown = run.base(), {}
    for name, entries, fields in (("rental", base.rentals, RENTAL), ("hosted", base.hosted, OFFER)):
        if kind in {None, name}:
            rows = _rows(entries.values(), fields, word, base)
            shown[name] = [row | _standing(entries[row["id"]], base, run.today) for row in rows]
    if run.in_json:
        return _shown("prices", shown, run)
    for rows in list(filter(None, shown.values())) or [[]]:
        _shown("prices", rows, run)
    return 0


@command("format_ rules as_of")
def prices_show(run: Run, name: Annotated[str, named("ID", "Id of a price.", "rentals", "hosted")]) -> int:
    """Show one price with its sources, and whether it counts."""
    base = run.base()
    known: dict[str, Any] = {**base.rentals, **base.hosted}
    price = known[names.one_of(name, known, "prices", "price", "prices list")]
    layer = base.origin("hosted" if price.id in base.hosted else "rentals", price.id).layer.label
    standing = _standing(price, base, run.today)
    return _shown("prices", {"layer": layer, **plain(price, exclude_defaults=True), **standing}, run)


def _standing(price: Any, base: RuleBase, today: date) -> dict[str, Any]:
    """Return what holds of a price on a day: an offer's rates, and whether it counts."""
    if isinstance(price, RentalPrice):
        old = base.expired("prices", price.id, today)
        return {"state": str(old) if old else "not read in a source" if price.unverified else "counts"}
    rates = dict(zip(RATES, price.price(today).rates, strict=True))
    return {**rates, "state": price.state(today, base.criteria.witnesses_needed)}


@command("format_ rules")
def use_cases_list(run: Run, word: Word = "") -> int:
    """List the use cases with what they are for."""
    rows = [
        {"id": case.id, "is_for": case.says, "aliases": list(case.aliases)}
        for case in run.base().use_cases.values()
        if names.key(word) in " ".join(map(names.key, (case.id, case.name, case.says, *case.aliases)))
    ]
    return _shown("use-cases", rows, run)


@command("format_ rules")
def use_cases_show(run: Run, name: Annotated[str, named("ID", "Any name of the use case.", "use_cases")]) -> int:
    """Show what a use case assumes and weighs, and which rules read it."""
    base = run.base()
    case = base.use_cases[names.use_case_id(name, base)]
    layer = base.origin("use_cases", case.id).layer.label
    shown = {"layer": layer, **plain(case, exclude_defaults=True), "defaults": plain(case.defaults)}
    told: dict[str, set[str]] = {"use_cases": {case.id}, "tags": {*case.tags}, "needs": {*case.needs}}

    def reads(test: Test) -> bool:
        operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        return not told.get(test.fact.removeprefix("scenario."), set()).isdisjoint(map(str, operands))

    read_by = [name for name, rule in base.rules.items() if any(map(reads, tests_of(rule.condition)))]
    return _shown("use-cases", shown | {"read_by_rules": read_by}, run)


@command("format_ rules")
def rules_list(run: Run) -> int:
    """List the rules."""
    rows = [
        {"id": r.id, "kind": r.folder, "title": r.rule.title, "confidence": r.rule.confidence, "layer": r.layer}
        for r in run.base().rules.values()
    ]
    return _shown("rules", rows, run)


@command("format_ rules")
def rules_show(run: Run, name: Annotated[str, named("ID", "Rule id.", "rules")]) -> int:
    """Show one rule: what it says, cites and is tested by."""
    return _shown("rules", rule_entry(name, run.base()), run)


def rule_entry(name: str, base: RuleBase) -> dict[str, Any]:
    """Return a rule as plain data, its sources written out."""
    if name not in base.rules:
        raise InputError(f"unknown rule {printable(name)!r}{nearest(name, base.rules, see='rules list')}")
    rule = base.rules[name]
    sources = {item.id: base.sources[item.id].text for item in rule.rule.sources if item.id in base.sources}
    shown = plain(rule.rule, exclude_defaults=True)
    return {"kind": rule.folder, "layer": rule.layer, **shown, "cited": sources}


def _shown(kind: str, data: Any, run: Run) -> int:
    run.show(data, lambda: listing.render(kind, data, run.view))
    return 0
