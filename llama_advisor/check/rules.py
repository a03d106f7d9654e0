"""The choice against its requirements and its sources: what it violates, where they differ, what of it grew old."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import get_args

from llama_advisor.check.decide import Decider, Decision, in_words
from llama_advisor.check.differences import Comparison, compared
from llama_advisor.check.files import MOST_FILES, file_text, shown_name
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.check.project import Deployed
from llama_advisor.check.reading.deployments import Deployment
from llama_advisor.check.reading.reader import Reader
from llama_advisor.check.reading.versions import WRONG_VERSION, wrong_version
from llama_advisor.check.sources import Sources
from llama_advisor.engine.candidate import Candidate, Outcome
from llama_advisor.engine.words import decisive
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.knowledge.upkeep_entries import FindingKind
from llama_advisor.scenario import names
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import EMPTY
from llama_advisor.text.strict import Bottleneck

Scan = tuple[SourceText, tuple[Deployment, ...], str]
"""A source file with what it deploys, and what of it was not read."""
BY_BOTTLENECK: dict[str, str] = {kind: f"LA1{number:02}" for number, kind in enumerate(get_args(Bottleneck), 1)}
NAMED = 3
MOST_IN_A_FILE = 2_000
LARGEST = 1_000_000
MOST_CHARACTERS = 20_000_000
ENGINE, LIMIT = BY_BOTTLENECK["engine"], BY_BOTTLENECK["other"]
MACHINE = frozenset({BY_BOTTLENECK["memory"], BY_BOTTLENECK["hardware"], BY_BOTTLENECK["speed"]})
"""What depends on the machine: against one that nobody named it is a note."""


def rule_findings(item: Deployed, decision: Decision, decider: Decider) -> Iterator[CheckFinding]:
    """Yield what the rules have against the choice."""
    base, best = decider.advisor.base, decision.best
    if not decision.order and best is None:
        yield item.finding("LA202", ("requirements",), decider.obstacles(item.deployment.requirements))
    outside = list(_outside_limits(item, decision, base))
    yield from outside
    if best is None and not outside:
        yield from _violations(item, decision, base)
    elif best is not None:
        for outcome in best.outcomes:
            yield item.finding("LA203", ("choice", "model"), outcome.text, outcome.rule.id)
        rival = decision.rival or best
        ahead = round(rival.score - best.score, 2)
        same = all(getattr(rival, part).id == getattr(best, part).id for part in ("model", "quantization", "engine"))
        if not outside and ahead > base.checking.better_margin and not same:
            scores = f"{rival.score:.1f}, the choice {best.score:.1f}"
            text = f"{in_words(rival)} scores {scores}: {ahead:.1f} points ahead"
            found = item.finding("LA201", ("choice", "model"), text, "better")
            assumed = best.machine is not None and not decision.need.hardware_stated
            yield found._replace(severity="note") if assumed else found
    build, version = best or decision.nearest, item.deployment.choice.engine_version
    engine = base.engines.get(decision.chosen.engine or (build.engine.id if build else ""))
    wrong = wrong_version(engine, version, decision.chosen.model) if engine and version is not None else None
    if wrong:
        yield item.finding(WRONG_VERSION, ("choice", "engine_version"), wrong)
    elif best is not None:  # an engine that runs the model in an old version alone, or is kept up no longer
        support, engine = best.place.support, best.engine
        place = ("choice", "engine" if item.deployment.choice.engine else "model")
        if support and support.pinned_version:
            text = f"{best.model.name} runs on {engine.name} only up to an old version: {support.pinned_version}"
            yield item.finding("LA205", place, text, "pinned")
        elif engine.status != "active":
            state = "in maintenance" if engine.status == "maintenance" else engine.status
            text = ": ".join(filter(None, (f"{engine.name} is {state}", engine.notes.get(engine.status))))
            yield item.finding("LA205", place, text, "status")


def _outside_limits(item: Deployed, decision: Decision, base: RuleBase) -> Iterator[CheckFinding]:
    """Yield the names of the choice that the requirements' own `only` does not allow."""
    only, chosen = item.deployment.requirements.only, decision.chosen
    if only is None:
        return
    models = {names.model_id(name, base) for name in only.models}
    engines = {names.engine_id(name, base) for name in only.engines}
    quantizations = {held for name in only.quantizations for held in names.quantization_ids(name, base)}
    checks = (
        ("model", models, {chosen.model.id}),
        ("engine", engines, {chosen.engine} - {None}),
        ("quantization", quantizations, chosen.quantizations),
    )
    for key, allowed, mine in checks:
        if allowed and mine and not allowed & mine:
            written = getattr(item.deployment.choice, key)
            text = f"{written or ', '.join(sorted(map(str, mine)))} is outside the limits under `only`"
            yield item.finding(LIMIT, ("choice", key if written else "model"), text, key)


def _violations(item: Deployed, decision: Decision, base: RuleBase) -> Iterator[CheckFinding]:
    """Yield each constraint that rules the nearest build of the choice out; where none was judged, why not."""
    build, chosen = decision.nearest, decision.chosen
    if build is not None and build.fails:
        first = decisive(build, base).rule
        grouped: dict[tuple[str, str], list[str]] = {}
        for outcome in sorted(build.fails, key=lambda failed: (failed.rule is not first, failed.rule.id)):
            grouped.setdefault(_blamed(outcome, build, item), []).append(outcome.text)
        for (code, key), texts in grouped.items():
            stated = decision.need.hardware_stated or item.deployment.requirements.memory_budget_gib is not None
            assumed = code in MACHINE and not stated and build.engine.id != HOSTED
            said = [*texts, "no hardware is stated, so the machine is assumed"] if assumed else texts
            found = item.finding(code, ("choice", key), "; ".join(said))
            yield found._replace(severity="note") if assumed else found
    elif chosen.model.role != "ranked":
        text = f"{chosen.model.name} is not ranked, so nothing is known of how well it does here"
        yield item.finding("LA203", ("choice", "model"), text, "unranked")._replace(severity="note")
        if text := _too_large(item, decision, base):
            yield item.finding(BY_BOTTLENECK["memory"], ("choice", "model"), text)
    else:
        held = f" as {' or '.join(sorted(chosen.quantizations))}" if chosen.quantizations else ""
        engine = base.engines[chosen.engine].name if chosen.engine else "no engine for this place"
        text = f"{engine} {'does not load' if chosen.engine else 'loads'} {chosen.model.name}{held}"
        if chosen.engine == HOSTED and not decision.need.hosted_considered:
            text = f"{engine} was chosen, but the requirements settle that it runs on machines of one's own"
        yield item.finding(ENGINE, ("choice", "engine" if chosen.engine else "model"), text, "loads")


def _too_large(item: Deployed, decision: Decision, base: RuleBase) -> str:
    """Say that a model which is not ranked does not fit the hardware stated; nothing where it does, or is hosted."""
    asked, chosen = item.deployment.requirements, decision.chosen
    if not isinstance(asked.hardware, str) or chosen.engine == HOSTED:
        return ""
    request = EstimateRequest(
        model=chosen.model.id,
        quantization=item.deployment.choice.quantization,
        engine=chosen.engine,
        hardware=asked.hardware,
        context_tokens=decision.need.context_tokens,
        concurrency=decision.need.concurrent_requests,
    )
    try:
        found = Sizer(base).estimate(request)
    except InputError as error:
        return str(error)
    device = found.memory.per_device
    if found.memory.fits is not False or device.available_gib is None:
        return ""
    needs = f"needs {device.need_gib:.1f} GiB on a device with {device.available_gib:.1f} GiB for it"
    return f"{chosen.model.name} as {found.quantization} {needs}, at {found.context_tokens:,} tokens"


def _blamed(outcome: Outcome, build: Candidate, item: Deployed) -> tuple[str, str]:
    """Return the code for a failed constraint, by its bottleneck or what says more, and the key at fault."""
    then, written = outcome.rule.rule.then, item.written["choice"]
    assert isinstance(then, RuleOut)
    facts = [str(leaf.fact) for leaf in outcome.proof.leaves() if leaf.fact]
    code, limit = BY_BOTTLENECK[then.rule_out], build.lookup("build.context_tokens")
    if "hosted.ended" in facts:
        code = "LA207"
    elif then.rule_out == "context" and isinstance(limit, int) and limit < build.model.context_tokens:
        code = "LA204"
    if "quantization" in written and (code == "LA204" or any("quantization" in fact for fact in facts)):
        return code, "quantization"
    if "engine" in written and any(fact.startswith("engine.") for fact in facts):
        return code, "engine"
    return code, "model"


def freshness_findings(item: Deployed, decision: Decision, base: RuleBase, as_of: date) -> Iterator[CheckFinding]:
    """Yield prices and sources that the decision rests on and that were read long before the day asked for."""
    winner, build = decision.winner, decision.best or decision.nearest
    if winner and winner.cost and base.expired("prices", winner.cost.offer, as_of):
        # Cost decides where a budget was set, or where it gives the winner its lead over another model.
        without, *others = (
            build.score - sum(part.points for part in build.parts if part.criterion.id == "cost")
            for build in decision.order
        )
        decides = decision.need.budget_usd_per_month is not None or any(without <= other for other in others)
        priced = winner if decides else decision.best
        if priced and priced.cost and (old_price := base.expired("prices", priced.cost.offer, as_of)):
            text = f"the price of {in_words(priced)}, {priced.cost.offer}, is {old_price}"
            yield item.finding("LA401" if decides else "LA406", ("requirements",), text, "price")
    if build is None:
        return
    counted = [part.rule for part in build.parts if part.rule] + [outcome.rule for outcome in build.outcomes]
    cited = {citation.id for rule in counted for citation in rule.rule.sources} | set(build.engine.sources)
    if row := base.expired("engines", build.engine.id, as_of):
        text = f"what is said of {build.engine.name} {build.engine.version} is {row}"
        yield item.finding("LA402", ("choice", "engine" if item.deployment.choice.engine else "model"), text, "engine")
    rows = [(name, row) for name in cited if name in base.sources and (row := base.expired("sources", name, as_of))]
    old = sorted((str(row.day), name, row.good) for name, row in rows)
    if old:
        names = ", ".join(f"{name} ({day})" for day, name, _ in old[:NAMED]) + (", …" if len(old) > NAMED else "")
        text = f"{len(old)} sources were read more than {old[0][2]} days ago: {names}"
        yield item.finding("LA402", ("choice", "model"), text, "sources")


def scanned(reader: Reader, kinds: Mapping[str, FindingKind], path: Path, shown: str, name: str) -> Scan:
    """Read what a source file deploys, by its name below what `sources` says."""
    try:
        source = SourceText(shown, file_text(path, LARGEST), kinds)
    except InputError as error:
        return SourceText(shown, "", kinds), (), str(error)
    try:
        found = reader.deployments(name, source.text)
    except (MemoryError, RecursionError):
        return source, (), "it holds too much to be read"
    few = f"only the first {MOST_IN_A_FILE} of {len(found)} models were compared" if len(found) > MOST_IN_A_FILE else ""
    return source, found[:MOST_IN_A_FILE], few


def drift_findings(
    sources: Sources,
    decision: Decision,
    read: Callable[[Path, str, str], Scan],
    decider: Decider,
    chosen: frozenset[str],
    sharing: Mapping[Path, Sequence[Decision]] = EMPTY,
) -> Iterator[CheckFinding]:
    """Yield what the sources of a deployment say against its choice, and what could not be seen."""
    item, files = sources.item, sources.files
    yield from sources.findings
    comparison = Comparison(item, decision, decider)
    seen = False
    characters = 0
    for count, (path, name) in enumerate(files.items()):
        if count >= MOST_FILES or characters > MOST_CHARACTERS:
            text = f"{item.name}: only the first {count} of {len(files)} files were scanned"
            yield item.finding("LA307", ("sources",), text)
            break
        source, deployments, problem = read(path.absolute(), shown_name(path), name)
        characters += len(source.text)
        if problem:
            yield source.finding("LA307", f"{item.name}: {problem}", deployment=item.name)
        deployments = sources.selected(path, deployments)
        seen = seen or any(held.model for held in deployments)
        for held in compared(deployments, decision, decider.advisor.base, chosen, sharing.get(path, ())):
            yield from comparison.findings(source, held)
    yield from comparison.left()
    missed = list(sources.missed())
    yield from missed
    if files and not seen and not missed:
        text = f"{item.name}: none of {len(files)} files names a model; {decision.chosen.model.id} was chosen"
        yield item.finding("LA305", ("sources",), text, "absent")
