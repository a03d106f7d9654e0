"""rules test, lint, coverage, ablate: what maintainers ask of the rule base."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llama_advisor.cli.options import AsOf, Format, Rules, day, progress
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.formats import as_json
from llama_advisor.scenario.read import read_document, validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable
from llama_advisor.upkeep import lint as findings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.upkeep import Finding
    from llama_advisor.upkeep.coverage import Coverage, Seen

    Timed = tuple[Seen, float]

FINDINGS = 1
WORTH_WORKERS = 40
CHUNK = 10
SLOWEST = 3


def examples(format_: Format = "text", rules: Rules = None) -> int:
    """Run the examples of all rules; print those that fail and a count."""
    from llama_advisor.upkeep.lint_examples import run_examples

    results = list(run_examples(load_rules(*rules or ())))
    failed = [result for result in results if not result.passed]
    if format_ == "json":
        shown = [result._asdict() for result in failed]
        sys.stdout.write(as_json({"schema_version": 1, "examples": len(results), "failed": shown}) + "\n")
    else:
        for result in failed:
            place = f"{result.rule}: {result.kind}[{result.place}]"
            sys.stdout.write(f"{place}: came to {result.got}, example {printable(result.example)}\n")
        count = len({result.rule for result in results})
        sys.stdout.write(f"{len(results)} examples of {count} rules, {len(failed)} failed\n")
    return FINDINGS if failed else 0


def lint(format_: Format = "text", rules: Rules = None, as_of: AsOf = None) -> int:
    """Print what the lints find; exit code 1 for findings that are errors."""
    today = day(as_of)
    base = load_rules(*rules or ())
    found = findings_of(base, today)
    if format_ == "json":
        sys.stdout.write(as_json({"schema_version": 1, "as_of": str(today), **_findings(found, base)}) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(found, base)))
        files = sum(len(layer.files) for layer in base.layers)
        sys.stdout.write(f"{len(base.rules)} rules in {files} files: {_count(found, base)}\n")
    return _code(found, base)


def coverage(
    samples: Annotated[int, typer.Option("--samples", min=1, help="Scenarios to draw.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Which scenarios are drawn.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the work.")] = 2,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Answer sampled scenarios and print what they reach; the same output for the same seed."""
    from llama_advisor.upkeep.coverage import summed

    today = day(as_of)
    base = load_rules(*rules or ())
    timed = list(_answered(samples, workers, (tuple(rules or ()), today, seed)))
    result = summed(base, seed, (seen for seen, _ in timed))
    _say_slowest(timed)
    if format_ == "json":
        shown = {name: getattr(result, name) for name in ("samples", "seed", "verdicts", "wins", "fired")}
        told = {"schema_version": 1, "as_of": str(today), **shown, **_findings(result.findings, base)}
        sys.stdout.write(as_json(told) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _summary(result, base)))
    return _code(result.findings, base)


def ablate(
    scenarios: Annotated[
        str, typer.Option("--scenarios", metavar="FILE", help="YAML with `cases:`, each an id and a scenario.")
    ],
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print what the removal of each rule changes over the scenarios of a file."""
    from llama_advisor.render.listing import effects_text
    from llama_advisor.upkeep.ablation import ablate as effects_of

    today = day(as_of)
    base = load_rules(*rules or ())
    asked = _scenarios(scenarios)
    effects = effects_of(base, asked, today, progress)
    progress("")
    if format_ == "json":
        shown = [effect._asdict() for effect in effects.values()]
        sys.stdout.write(
            as_json({"schema_version": 1, "as_of": str(today), "scenarios": list(asked), "rules": shown}) + "\n"
        )
    else:
        sys.stdout.write(effects_text(list(effects.values()), len(asked)))
    return 0


def _answered(samples: int, workers: int, sampled: tuple[tuple[str, ...], date, int]) -> Iterator[Timed]:
    """Yield every scenario in order, answered here or by worker processes; a terminal shows how many are done."""
    from llama_advisor.cli.batch import in_order

    indexes = range(samples)
    chunks = ([indexes[at : at + CHUNK]] for at in range(0, samples, CHUNK))
    shared = workers > 1 and samples >= WORTH_WORKERS
    made = in_order(chunks, workers, _sampler, sampled) if shared else _sampler(*sampled)(indexes)
    for count, item in enumerate(made, 1):
        progress(f"{count} of {samples} scenarios")
        yield item
    progress("")


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


def _code(found: tuple[Finding, ...], base: RuleBase) -> int:
    known = base.finding_kinds
    return FINDINGS if any(known[finding.code].severity == "error" for finding in found) else 0


def _count(found: tuple[Finding, ...], base: RuleBase) -> str:
    known = base.finding_kinds
    told = [known[finding.code].severity for finding in found]
    return ", ".join(f"{told.count(level)} {level}s" for level in ("error", "warning", "note"))


def _lines(found: tuple[Finding, ...], base: RuleBase) -> Iterator[str]:
    """Yield a line for each finding, then what each code means."""
    known = base.finding_kinds
    for finding in found:
        about = f"{finding.entry}: " if finding.entry else ""
        yield f"{finding.where(base)}: {finding.code} {known[finding.code].severity}: {about}{finding.text}"
    for code in sorted({finding.code for finding in found}):
        yield f"  {code} {known[code].title}. {known[code].explanation}"


def _findings(found: tuple[Finding, ...], base: RuleBase) -> dict[str, Any]:
    known = base.finding_kinds
    return {
        "findings": [
            {
                "code": finding.code,
                "severity": known[finding.code].severity,
                "entry": finding.entry or None,
                "where": finding.where(base),
                "text": finding.text,
            }
            for finding in found
        ],
        "codes": {
            code: {"title": known[code].title, "explanation": known[code].explanation}
            for code in sorted({finding.code for finding in found})
        },
    }


def _summary(result: Coverage, base: RuleBase) -> Iterator[str]:
    silent = sum(not count for count in result.fired.values())
    yield f"{result.samples} scenarios, seed {result.seed}"
    yield f"verdicts: {_shares(result.verdicts, result.samples)}"
    yield f"recommended: {_shares(result.wins, result.samples)}"
    yield f"rules that fired: {len(result.fired) - silent} of {len(result.fired)}"
    yield from _lines(result.findings, base)
    yield _count(result.findings, base)


def _shares(counts: dict[str, int], total: int) -> str:
    return ", ".join(f"{name} {count} ({count / total:.1%})" for name, count in counts.items())


def _say_slowest(timed: list[Timed]) -> None:
    """Times differ from run to run, so they are words about the result, not part of it."""
    total = sum(seconds for _, seconds in timed)
    worst = sorted(timed, key=lambda item: -item[1])[:SLOWEST]
    told = ", ".join(f"scenario {seen.number} ({seconds:.2f} s, {seen.verdict})" for seen, seconds in worst)
    sys.stderr.write(f"llama-advisor: {total / max(1, len(timed)):.3f} s a scenario; slowest: {told}\n")


def _scenarios(file: str) -> dict[str, Scenario]:
    """Read `cases:` with an id and a scenario each."""
    document = read_document(file)
    cases = document.data.get("cases") if isinstance(document.data, dict) else None
    if not isinstance(cases, list) or not cases:
        raise InputError(document.error((), "needs `cases:`, a list of {id, scenario}"))
    found = {}
    for index, case in enumerate(cases):
        if not isinstance(case, dict) or not isinstance(case.get("scenario"), dict) or "id" not in case:
            raise InputError(document.error(("cases", index), "a case has an `id` and a `scenario`"))
        try:
            found[str(case["id"])] = validated(case["scenario"], None, {})
        except InputError as error:
            raise InputError(document.error(("cases", index, "scenario"), str(error))) from error
    return found
