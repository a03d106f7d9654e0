"""The choice against its requirements: what it violates, is close to or may violate, and what of it grew old."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from llama_advisor.check.checkpoints import WRONG_VERSION, wrong_version
from llama_advisor.check.decide import in_words
from llama_advisor.engine.words import decisive
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.scenario import names
from llama_advisor.sizing.support import HOSTED
from llama_advisor.text.strict import Bottleneck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.check.decide import Decider, Decision
    from llama_advisor.check.findings import CheckFinding
    from llama_advisor.check.project import Deployed
    from llama_advisor.engine.candidate import Candidate, Outcome
    from llama_advisor.knowledge.base import RuleBase

BY_BOTTLENECK: dict[str, str] = {kind: f"LA1{number:02}" for number, kind in enumerate(get_args(Bottleneck), 1)}
BETTER, IMPOSSIBLE, DOUBTFUL, SHORT_BUILD, OLD_RUNTIME, RETIRED = "LA201", "LA202", "LA203", "LA204", "LA205", "LA207"
DECIDING_PRICE, OLD_SOURCE, OLD_PRICE = "LA401", "LA402", "LA406"
NAMED = 3
ENGINE, LIMIT = BY_BOTTLENECK["engine"], BY_BOTTLENECK["other"]


def rule_findings(item: Deployed, decision: Decision, decider: Decider) -> Iterator[CheckFinding]:
    """Yield what the rules have against the choice."""
    base, best = decider.advisor.base, decision.best
    if not decision.order:
        yield item.finding(IMPOSSIBLE, ("requirements",), decider.obstacles(item.deployment.requirements))
    outside = list(_outside_limits(item, decision, base))
    yield from outside
    if best is None and not outside:
        yield from _violations(item, decision, base)
    elif best is not None:
        for outcome in best.outcomes:
            yield item.finding(DOUBTFUL, ("choice", "model"), outcome.text, outcome.rule.id)
        winner = decision.winner or best
        ahead = round(winner.score - best.score, 2)
        same = all(getattr(winner, part).id == getattr(best, part).id for part in ("model", "quantization", "engine"))
        if not outside and ahead > base.checking.better_margin and not same:
            scores = f"{winner.score:.1f}, the choice {best.score:.1f}"
            text = f"{in_words(winner)} scores {scores}: {ahead:.1f} points ahead"
            yield item.finding(BETTER, ("choice", "model"), text, "better")
    build, version = best or decision.nearest, item.deployment.choice.engine_version
    engine = base.engines.get(decision.chosen.engine or (build.engine.id if build else ""))
    wrong = wrong_version(engine, version, decision.chosen.model) if engine and version is not None else None
    if wrong:
        yield item.finding(WRONG_VERSION, ("choice", "engine_version"), wrong)
    elif best is not None:
        yield from _old_runtime(item, best)


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
    """Yield a finding for each constraint that rules the nearest build of the choice out.

    Where none was judged, say why: no ranked model, not considered in this place, or not loaded by the engine.
    """
    build, chosen = decision.nearest, decision.chosen
    if build is not None and build.fails:
        first = decisive(build, base).rule
        grouped: dict[tuple[str, str], list[str]] = {}
        for outcome in sorted(build.fails, key=lambda failed: (failed.rule is not first, failed.rule.id)):
            grouped.setdefault(_blamed(outcome, build, item), []).append(outcome.text)
        for (code, key), texts in grouped.items():
            yield item.finding(code, ("choice", key), "; ".join(texts))
    elif chosen.model.role != "ranked":
        text = f"{chosen.model.name} is not ranked, so nothing is known of how well it does here"
        yield item.finding(DOUBTFUL, ("choice", "model"), text, "unranked")
    else:
        held = f" as {' or '.join(sorted(chosen.quantizations))}" if chosen.quantizations else ""
        engine = base.engines[chosen.engine].name if chosen.engine else "no engine for this place"
        text = f"{engine} {'does not load' if chosen.engine else 'loads'} {chosen.model.name}{held}"
        if chosen.engine == HOSTED and not decision.need.hosted_considered:
            text = f"{engine} was chosen, but the requirements settle that it runs on machines of one's own"
        yield item.finding(ENGINE, ("choice", "engine" if chosen.engine else "model"), text, "loads")


def _blamed(outcome: Outcome, build: Candidate, item: Deployed) -> tuple[str, str]:
    """Return the code for a failed constraint and the key of the choice that it speaks of.

    The code goes by its bottleneck, or by the fact that failed where that says more; the key is the model's where the
    one it speaks of was left out.
    """
    then, written = outcome.rule.rule.then, item.written["choice"]
    assert isinstance(then, RuleOut)
    facts = [str(leaf.fact) for leaf in outcome.proof.leaves() if leaf.fact]
    code, limit = BY_BOTTLENECK[then.rule_out], build.lookup("build.context_tokens")
    if "hosted.retired" in facts:
        code = RETIRED
    elif then.rule_out == "context" and isinstance(limit, int) and limit < build.model.context_tokens:
        code = SHORT_BUILD
    if "quantization" in written and (code == SHORT_BUILD or any("quantization" in fact for fact in facts)):
        return code, "quantization"
    if "engine" in written and any(fact.startswith("engine.") for fact in facts):
        return code, "engine"
    return code, "model"


def _old_runtime(item: Deployed, build: Candidate) -> Iterator[CheckFinding]:
    """Yield an engine that runs the model in an old version alone, or is kept up no longer."""
    support, engine = build.place.support, build.engine
    place = ("choice", "engine" if item.deployment.choice.engine else "model")
    if support and support.pinned_version:
        text = f"{build.model.name} runs on {engine.name} only up to an old version: {support.pinned_version}"
        yield item.finding(OLD_RUNTIME, place, text, "pinned")
    elif engine.status == "maintenance":
        note = engine.notes.get("maintenance", "It gets fixes only.")
        yield item.finding(OLD_RUNTIME, place, f"{engine.name} is in maintenance. {note}", "status")


def freshness_findings(item: Deployed, decision: Decision, base: RuleBase, as_of: date) -> Iterator[CheckFinding]:
    """Yield prices and sources that the decision rests on and that were read long before the day asked for."""
    winner, build, checking = decision.winner, decision.best or decision.nearest, base.checking
    cost = winner.cost if winner else None
    if winner and cost and cost.as_of and (as_of - cost.as_of).days > checking.price_days:
        # Cost decides where a budget was set, or where it gives the winner its lead over another model.
        without, *others = (
            build.score - sum(part.points for part in build.parts if part.criterion.id == "cost")
            for build in decision.order
        )
        decides = decision.need.budget_usd_per_month is not None or any(without <= other for other in others)
        text = f"the price of {in_words(winner)} is of {cost.as_of}, {(as_of - cost.as_of).days} days ago"
        yield item.finding(DECIDING_PRICE if decides else OLD_PRICE, ("requirements",), text, "price")
    if build is None:
        return
    counted = [part.rule for part in build.parts if part.rule] + [outcome.rule for outcome in build.outcomes]
    cited = {citation.id for rule in counted for citation in rule.rule.sources} | set(build.engine.sources)
    read = sorted((base.sources[name].read, name) for name in cited if name in base.sources)
    old = [(day, name) for day, name in read if (as_of - day).days > checking.source_days]
    if old:
        names = ", ".join(f"{name} ({day})" for day, name in old[:NAMED]) + (", …" if len(old) > NAMED else "")
        text = f"{len(old)} sources were read more than {checking.source_days} days ago: {names}"
        yield item.finding(OLD_SOURCE, ("choice", "model"), text, "sources")
