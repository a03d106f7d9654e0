"""rules lint, coverage, ablate: what maintainers ask of the rule base."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.cli.gc import collect_seldom
from llama_advisor.cli.progress import progress
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.json_text import as_json
from llama_advisor.scenario.read import read_document, validated
from llama_advisor.text.errors import InputError
from llama_advisor.upkeep import lint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.upkeep import Finding
    from llama_advisor.upkeep.coverage import Coverage, Sampler, Seen

FINDINGS = 1
WORTH_WORKERS = 40
CHUNK = 10
SLOWEST = 3
Timed = tuple["Seen", float]


def run_lint(rules: tuple[str, ...], as_of: date, *, in_json: bool) -> int:
    """Print what the lints find; exit code 1 for findings that are errors."""
    base = load_rules(*rules)
    found = lint(base, as_of)
    if in_json:
        sys.stdout.write(as_json({"schema_version": 1, "as_of": str(as_of), **_findings(found, base)}) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(found, base)))
        files = sum(len(layer.files) for layer in base.layers)
        sys.stdout.write(f"{len(base.rules)} rules in {files} files: {_count(found, base)}\n")
    return _code(found, base)


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


class Sample(NamedTuple):
    """Which scenarios to draw, and how many processes answer them."""

    samples: int
    seed: int
    workers: int


def run_coverage(rules: tuple[str, ...], as_of: date, asked: Sample, *, in_json: bool) -> int:
    """Answer sampled scenarios and print what they reach; the same output for the same seed."""
    from llama_advisor.upkeep.coverage import summed

    base = load_rules(*rules)
    timed = list(_answered(base, rules, as_of, asked))
    result = summed(base, asked.seed, (seen for seen, _ in timed))
    _say_slowest(timed)
    if in_json:
        shown = {name: getattr(result, name) for name in ("samples", "seed", "verdicts", "wins", "fired")}
        told = {"schema_version": 1, "as_of": str(as_of), **shown, **_findings(result.findings, base)}
        sys.stdout.write(as_json(told) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _summary(result, base)))
    return _code(result.findings, base)


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


def _answered(base: RuleBase, rules: tuple[str, ...], as_of: date, asked: Sample) -> Iterator[Timed]:
    """Yield every scenario in order, answered here or by worker processes."""
    samples, seed, workers = asked
    if workers <= 1 or samples < WORTH_WORKERS:
        _start(rules, as_of, seed, base)
        yield from _told((_see(index) for index in range(samples)), samples)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (rules, as_of, seed)) as pool:
        yield from _told(pool.map(_see, range(samples), chunksize=CHUNK), samples)


_SAMPLER: list[Sampler] = []


def _start(rules: tuple[str, ...], as_of: date, seed: int, base: RuleBase | None = None) -> None:
    """Give this process its own sampler."""
    from llama_advisor.upkeep.coverage import Sampler

    collect_seldom()
    _SAMPLER[:] = [Sampler(base or load_rules(*rules), as_of, seed)]


def _see(index: int) -> Timed:
    start = perf_counter()
    return _SAMPLER[0].see(index), perf_counter() - start


def _told(seen: Iterator[Timed], samples: int) -> Iterator[Timed]:
    """Pass results on, with a count on a terminal."""
    for count, item in enumerate(seen, 1):
        progress(f"{count} of {samples} scenarios")
        yield item
    progress("")


def _say_slowest(timed: list[Timed]) -> None:
    """Times differ from run to run, so they are words about the result, not part of it."""
    total = sum(seconds for _, seconds in timed)
    worst = sorted(timed, key=lambda item: -item[1])[:SLOWEST]
    told = ", ".join(f"scenario {seen.index} ({seconds:.2f} s, {seen.verdict})" for seen, seconds in worst)
    sys.stderr.write(f"llama-advisor: {total / max(1, len(timed)):.3f} s a scenario; slowest: {told}\n")


def run_ablate(rules: tuple[str, ...], as_of: date, scenarios: str, *, in_json: bool) -> int:
    """Print what the removal of each rule changes over the scenarios of a file."""
    from llama_advisor.render.effects import effects_text
    from llama_advisor.upkeep.ablation import ablate

    base = load_rules(*rules)
    asked = _scenarios(scenarios)
    effects = ablate(base, asked, as_of, progress)
    progress("")
    if in_json:
        shown = [vars(effect) for effect in effects.values()]
        sys.stdout.write(
            as_json({"schema_version": 1, "as_of": str(as_of), "scenarios": list(asked), "rules": shown}) + "\n"
        )
    else:
        sys.stdout.write(effects_text(list(effects.values()), len(asked)))
    return 0


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
