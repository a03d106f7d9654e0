"""models, hardware, prices, rules: what the rule base holds, what maintainers ask of it; schemas; hardware detect."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from llama_advisor.cli.options import AsOf, Format, Rules, day, progress, screen, write
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import DeviceKind, RentalPrice
from llama_advisor.knowledge.offer import List
from llama_advisor.render import listing
from llama_advisor.render.formats import to_json
from llama_advisor.render.screen import Screen
from llama_advisor.scenario import names
from llama_advisor.scenario.read import read_document, validated
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.tables import table
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.upkeep import Finding
    from llama_advisor.upkeep.coverage import Seen

    Timed = tuple[Seen, float]

Word = Annotated[str, typer.Argument(metavar="[WORD]", help="Only what has this in an id, name, alias or provider.")]

MODEL = ("id", "family", "kind", "role", "parameters", "context_tokens", "inputs", "released")
DEVICE = ("id", "name", "kind", "memory_gib", "bandwidth_gb_s", "fp16_tflops")
RENTAL = ("id", "device", "count", "usd_per_hour", "spot_usd_per_hour", "region")
OFFER = ("id", "model", "context_tokens", "witnesses")
RATES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
NOTHING = 1
FINDINGS = 1
WORTH_WORKERS = 40
CHUNK = 10
SLOWEST = 3


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
    name: Annotated[str, typer.Argument(help="Any name of the model.")], format_: Format = "text", rules: Rules = None
) -> int:
    """Show one model with its sources."""
    base = load_rules(*rules or ())
    model = base.models[names.model_id(name, base)]
    layer = base.origin("models", model.id).layer.label
    return _shown("models", {"layer": layer, **plain(model, exclude_defaults=True)}, format_)


def hardware_list(
    word: Word = "",
    kind: Annotated[DeviceKind | None, typer.Option(help="Only devices of this kind.")] = None,
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
    name: Annotated[str, typer.Argument(help="Id of a price.")],
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
    name: Annotated[str, typer.Argument(help="Any name of the use case.")],
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
    name: Annotated[str, typer.Argument(help="Rule id.")], format_: Format = "text", rules: Rules = None
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


def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> int:
    """Print one JSON Schema."""
    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    if name == "rule":
        from llama_advisor.engine import facts  # noqa: F401  (it fills the table of facts)
        from llama_advisor.engine.fact import FACTS
        from llama_advisor.knowledge.conditions import with_conditions

        shown = with_conditions(shown, FACTS)
    sys.stdout.write(to_json(shown) + "\n")
    return 0


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema; where each is defined is listed beside this file."""
    places = {name: place.split(":") for name, place in table(__file__).items()}
    return {name: getattr(import_module(f"llama_advisor.{module}"), kind) for name, (module, kind) in places.items()}


def examples(format_: Format = "text", rules: Rules = None) -> int:
    """Run the examples of all rules; print those that fail and a count."""
    from llama_advisor.upkeep.lint import run_examples

    results = list(run_examples(load_rules(*rules or ())))
    failed = [result for result in results if not result.passed]
    if format_ == "json":
        shown = [result._asdict() for result in failed]
        sys.stdout.write(to_json({"schema_version": 1, "examples": len(results), "failed": shown}) + "\n")
    else:
        for result in failed:
            place = f"{result.rule}: {result.kind}[{result.place}]"
            sys.stdout.write(f"{place}: came to {result.got}, example {printable(result.example)}\n")
        count = len({result.rule for result in results})
        sys.stdout.write(f"{len(results)} examples of {count} rules, {len(failed)} failed\n")
    return FINDINGS if failed else 0


def refresh(
    source: Annotated[str, typer.Argument(help=f"Of these lists: {', '.join(get_args(List))}.")],
    from_: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="Where its package is unpacked.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")] = False,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Take hosted offers over as a list has them, in the topmost folder of rules with offers; print the difference."""
    from llama_advisor.upkeep.refresh import refreshed

    package, changes = refreshed(source, from_, load_rules(*rules or ()), day(as_of))
    for path, (old, new) in changes.items():
        if not dry_run:
            write(new, str(path), "")
        kept, made = old.splitlines(keepends=True), new.splitlines(keepends=True)
        sys.stdout.writelines(unified_diff(kept, made, str(path), str(path)))
    sys.stderr.write(f"llama-advisor: {source} {package}: files changed: {len(changes)}\n")
    return 0


def lint(format_: Format = "text", rules: Rules = None, as_of: AsOf = None) -> int:
    """Print what the lints find; exit code 1 for findings that are errors."""
    from llama_advisor.upkeep.lint import lint as findings_of

    today = day(as_of)
    base = load_rules(*rules or ())
    files = sum(len(layer.files) for layer in base.layers)
    head = f"{len(base.rules)} rules in {files} files: "
    return _told(findings_of(base, today), base, today, format_, last=head)


def coverage(
    samples: Annotated[int, typer.Option(min=1, help="Scenarios to draw.")] = 300,
    seed: Annotated[int, typer.Option(help="Which scenarios are drawn.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 2,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Answer sampled scenarios and print what they reach; the same output for the same seed."""
    from llama_advisor.cli.batch import in_order
    from llama_advisor.upkeep.coverage import summed

    today = day(as_of)
    base = load_rules(*rules or ())
    indexes, drawn = range(samples), (tuple(rules or ()), today, seed)
    chunks = ([indexes[at : at + CHUNK]] for at in range(0, samples, CHUNK))
    shared = workers > 1 and samples >= WORTH_WORKERS
    timed: list[Timed] = []
    for answered in in_order(chunks, workers, _sampler, drawn) if shared else _sampler(*drawn)(indexes):
        timed.append(answered)
        progress(f"{len(timed)} of {samples} scenarios")
    progress("")
    result = summed(base, seed, (seen for seen, _ in timed))
    # Times differ from run to run, so they are words about the result, not part of it.
    total = sum(seconds for _, seconds in timed)
    worst = sorted(timed, key=lambda item: -item[1])[:SLOWEST]
    slowest = ", ".join(f"scenario {seen.number} ({seconds:.2f} s, {seen.verdict})" for seen, seconds in worst)
    sys.stderr.write(f"llama-advisor: {total / max(1, len(timed)):.3f} s a scenario; slowest: {slowest}\n")
    shown = {name: getattr(result, name) for name in ("samples", "seed", "verdicts", "wins", "fired")}
    lines = (
        f"{result.samples} scenarios, seed {result.seed}",
        f"verdicts: {_shares(result.verdicts, result.samples)}",
        f"recommended: {_shares(result.wins, result.samples)}",
        f"rules that fired: {sum(map(bool, result.fired.values()))} of {len(result.fired)}",
    )
    return _told(result.findings, base, today, format_, shown, lines)


def ablate(
    scenarios: Annotated[str, typer.Option(metavar="FILE", help="YAML with `cases:`, each an id and a scenario.")],
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print what the removal of each rule changes over the scenarios of a file."""
    from llama_advisor.render.listing import effects_text
    from llama_advisor.upkeep.coverage import ablate as effects_of

    today = day(as_of)
    base = load_rules(*rules or ())
    document = read_document(scenarios)
    cases = document.data.get("cases") if isinstance(document.data, dict) else None
    if not isinstance(cases, list) or not cases:
        raise InputError(document.error((), "needs `cases:`, a list of {id, scenario}"))
    asked = {}
    for index, case in enumerate(cases):
        if not isinstance(case, dict) or not isinstance(case.get("scenario"), dict) or "id" not in case:
            raise InputError(document.error(("cases", index), "a case has an `id` and a `scenario`"))
        try:
            asked[str(case["id"])] = validated(case["scenario"], None, {})
        except InputError as error:
            raise InputError(document.error(("cases", index, "scenario"), str(error))) from error
    effects = effects_of(base, asked, today, progress)
    progress("")
    if format_ == "json":
        head = {"schema_version": 1, "as_of": str(today), "scenarios": list(asked)}
        sys.stdout.write(to_json({**head, "rules": [effect._asdict() for effect in effects.values()]}) + "\n")
    else:
        sys.stdout.write(effects_text(list(effects.values()), len(asked)))
    return 0


def _sampler(rules: tuple[str, ...], today: date, seed: int) -> Callable[[Iterable[int]], Iterator[Timed]]:
    """Return what answers the scenarios drawn with a seed, by their indexes."""
    from llama_advisor.upkeep.coverage import Sampler

    sampler = Sampler(load_rules(*rules), today, seed)

    def timed(indexes: Iterable[int]) -> Iterator[Timed]:
        for index in indexes:
            start = perf_counter()
            seen = sampler.see(index)
            yield seen, perf_counter() - start

    return timed


def _told(
    found: tuple[Finding, ...],
    base: RuleBase,
    today: date,
    format_: str,
    shown: dict[str, Any] | None = None,
    lines: tuple[str, ...] = (),
    last: str = "",
) -> int:
    """Print findings and what each code means; return the exit code.

    JSON has what is `shown` before them; in text `lines` come first, and `last` begins the line of counts.
    """
    known = base.finding_kinds
    told = [(finding, known[finding.code]) for finding in found]
    codes = {code: known[code] for code in sorted({finding.code for finding in found})}
    levels = [kind.severity for _, kind in told]
    if format_ == "json":
        findings = [
            {
                "code": finding.code,
                "severity": kind.severity,
                "entry": finding.entry or None,
                "where": finding.where(base),
                "text": finding.text,
            }
            for finding, kind in told
        ]
        meant = {code: {"title": kind.title, "explanation": kind.explanation} for code, kind in codes.items()}
        head = {"schema_version": 1, "as_of": str(today), **(shown or {})}
        sys.stdout.write(to_json({**head, "findings": findings, "codes": meant}) + "\n")
    else:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        for finding, kind in told:
            about = f"{finding.entry}: " if finding.entry else ""
            sys.stdout.write(f"{finding.where(base)}: {finding.code} {kind.severity}: {about}{finding.text}\n")
        for code, kind in codes.items():
            sys.stdout.write(f"  {code} {kind.title}. {kind.explanation}\n")
        counts = ", ".join(f"{levels.count(level)} {level}s" for level in ("error", "warning", "note"))
        sys.stdout.write(f"{last}{counts}\n")
    return FINDINGS if "error" in levels else 0


def _shares(counts: dict[str, int], total: int) -> str:
    return ", ".join(f"{name} {count} ({count / total:.1%})" for name, count in counts.items())
