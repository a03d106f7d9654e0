"""rules, schema: what maintainers ask of the rule base; schemas of files and results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from llama_advisor.cli.options import Run, command, named, progress, write
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import List
from llama_advisor.render.formats import to_json
from llama_advisor.scenario.read import read_document, validated
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.upkeep import Finding
    from llama_advisor.upkeep.coverage import Seen

    Timed = tuple[Seen, float]

FINDINGS = 1
WORTH_WORKERS = 40
CHUNK = 10
SLOWEST = 3


def schema(
    name: Annotated[str, named("NAME", "scenario, rule, model, hardware, recommendation …", choices=table(__file__))],
) -> int:
    """Print one JSON Schema."""
    sys.stdout.write(to_json(schema_of(name)) + "\n")
    return 0


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema of a kind of file or result, of a rule with its conditions."""
    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    if name != "rule":
        return shown
    from llama_advisor.engine import facts  # noqa: F401  (it fills the table of facts)
    from llama_advisor.engine.fact import FACTS
    from llama_advisor.knowledge.conditions import with_conditions

    return with_conditions(shown, FACTS)


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema; where each is defined is listed beside this file."""
    places = {name: place.split(":") for name, place in table(__file__).items()}
    return {name: getattr(import_module(f"llama_advisor.{module}"), kind) for name, (module, kind) in places.items()}


@command("format_ rules")
def examples(run: Run) -> int:
    """Run the examples of all rules; print those that fail and a count."""
    from llama_advisor.upkeep.lint import run_examples

    results = list(run_examples(run.base()))
    failed = [result for result in results if not result.passed]
    lines = [
        printable(f"{one.rule}: {one.kind}[{one.place}]: came to {one.got}, example {one.example}") + "\n"
        for one in failed
    ]
    lines.append(f"{len(results)} examples of {len({one.rule for one in results})} rules, {len(failed)} failed\n")
    shown = {"schema_version": 1, "examples": len(results), "failed": [one._asdict() for one in failed]}
    run.show(shown, lambda: "".join(lines))
    return FINDINGS if failed else 0


@command("rules as_of")
def refresh(
    run: Run,
    source: Annotated[str, typer.Argument(metavar="LIST", help=f"Of these lists: {', '.join(get_args(List))}.")],
    from_: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="Where its package is unpacked.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")] = False,
) -> int:
    """Take hosted offers over as a list has them, in the topmost folder of rules with offers; print the difference."""
    from llama_advisor.upkeep.refresh import refreshed

    package, changes = refreshed(source, from_, run.base(), run.today)
    for path, (old, new) in changes.items():
        if not dry_run:
            write(new, str(path), "")
        kept, made = old.splitlines(keepends=True), new.splitlines(keepends=True)
        sys.stdout.writelines(unified_diff(kept, made, str(path), str(path)))
    sys.stderr.write(f"llama-advisor: {source} {package}: files changed: {len(changes)}\n")
    return 0


@command("format_ rules as_of")
def lint(run: Run) -> int:
    """Print what the lints find; exit code 1 for findings that are errors."""
    from llama_advisor.upkeep.lint import lint as findings_of

    base = run.base()
    files = sum(len(layer.files) for layer in base.layers)
    own = tuple(f"{layer.label}/" for layer in base.layers[1:])
    found = findings_of(base, run.today)
    errors = {code for code, kind in base.finding_kinds.items() if kind.severity == "error"}
    shown = tuple(item for item in found if not own or item.code in errors or item.where(base).startswith(own))
    left = len(found) - len(shown)
    shipped = f" ({left} findings of the shipped ones are left out; without --rules they are listed)" if left else ""
    return _told(shown, base, run, last=f"{len(base.rules)} rules in {files} files{shipped}: ")


@command("format_ rules as_of")
def coverage(
    run: Run,
    samples: Annotated[int, typer.Option(min=1, help="Scenarios to draw.")] = 300,
    seed: Annotated[int, typer.Option(help="Which scenarios are drawn.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 2,
) -> int:
    """Answer sampled scenarios and print what they reach; the same output for the same seed."""
    from llama_advisor.cli.batch import in_order
    from llama_advisor.upkeep.coverage import summed

    base = run.base()
    indexes, drawn = range(samples), (run.rules, run.today, seed)
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
    return _told(result.findings, base, run, shown, lines)


@command("format_ rules as_of")
def ablate(
    run: Run,
    scenarios: Annotated[str, typer.Option(metavar="FILE", help="YAML with `cases:`, each an id and a scenario.")],
) -> int:
    """Print what the removal of each rule changes over the scenarios of a file."""
    from llama_advisor.render.listing import effects_text
    from llama_advisor.upkeep.coverage import ablate as effects_of

    base = run.base()
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
    effects = effects_of(base, asked, run.today, progress)
    progress("")
    shown = {"schema_version": 1, "as_of": str(run.today), "scenarios": list(asked)}
    shown["rules"] = [effect._asdict() for effect in effects.values()]
    run.show(shown, lambda: effects_text(list(effects.values()), len(asked)))
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
    run: Run,
    shown: dict[str, Any] | None = None,
    lines: tuple[str, ...] = (),
    last: str = "",
) -> int:
    """Print findings and what each code means; return the exit code.

    JSON has what is `shown` before them; in text `lines` come first, and `last` begins the line of counts.
    """
    told = [(finding, base.finding_kinds[finding.code]) for finding in found]
    codes = {finding.code: kind for finding, kind in sorted(told, key=lambda pair: pair[0].code)}
    levels = [kind.severity for _, kind in told]
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

    def text() -> str:
        about = "{where}: {code} {severity}: {entry}: {text}", "{where}: {code} {severity}: {text}"
        listed = (printable(about[one["entry"] is None].format(**one)) for one in findings)
        legend = (f"  {code} {kind.title}. {kind.explanation}" for code, kind in codes.items())
        counts = ", ".join(f"{levels.count(level)} {level}s" for level in ("error", "warning", "note"))
        return "\n".join((*lines, *listed, *legend, f"{last}{counts}\n"))

    head = {"schema_version": 1, "as_of": str(run.today), **(shown or {})}
    run.show({**head, "findings": findings, "codes": meant}, text)
    return FINDINGS if "error" in levels else 0


def _shares(counts: dict[str, int], total: int) -> str:
    return ", ".join(f"{name} {count} ({count / total:.1%})" for name, count in counts.items())
