"""The choice held against its requirements: a finding for each constraint that fails, is tight or is not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llama_advisor.check.decide import UnknownNameError
from llama_advisor.check.versions import runs, supported_from_to
from llama_advisor.engine.words import decisive
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.scenario import names
from llama_advisor.sizing.figures import machine_name
from llama_advisor.sizing.support import HOSTED, architecture_support
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.check.decide import Chosen, Decider, Decision
    from llama_advisor.check.finding import Found
    from llama_advisor.check.project import Read
    from llama_advisor.engine.candidate import Candidate, Outcome
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.project_file import Choice, Deployment, Requirements
    from llama_advisor.text.strict import Bottleneck

BY_BOTTLENECK: dict[Bottleneck, str] = {
    "memory": "LA101",
    "modality": "LA102",
    "licence": "LA103",
    "language": "LA104",
    "context": "LA105",
    "tools": "LA106",
    "engine": "LA107",
    "hardware": "LA108",
    "speed": "LA109",
    "budget": "LA110",
    "training": "LA111",
    "quality": "LA112",
    "other": "LA113",
}
BETTER, IMPOSSIBLE, DOUBTFUL, SHORT_BUILD, OLD_RUNTIME, WRONG_VERSION, RETIRED = (
    "LA201",
    "LA202",
    "LA203",
    "LA204",
    "LA205",
    "LA206",
    "LA207",
)
ENGINE, LIMIT = BY_BOTTLENECK["engine"], BY_BOTTLENECK["other"]
UNKNOWN_CHOICE, NOT_UNDERSTOOD = "LA905", "LA908"
Loc = tuple[Any, ...]
_FIELD = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


def decided(read: Read, loc: Loc, deployment: Deployment, decider: Decider) -> Decision | Found:
    """Decide one deployment, or say what of it is not understood."""
    requirements = deployment.requirements
    if not requirements.use_cases and requirements.inputs is None:
        return read.at(NOT_UNDERSTOOD, (*loc, "requirements"), "state at least a use case or the inputs")
    try:
        return decider.decide(requirements, deployment.choice)
    except UnknownNameError as error:
        return read.at(UNKNOWN_CHOICE, (*loc, "choice", error.field), str(error))
    except InputError as error:
        match = _FIELD.match(str(error))
        field = match[0].split(".") if match else [""]
        known = field[0] in type(requirements).model_fields
        return read.at(NOT_UNDERSTOOD, (*loc, "requirements", *(field if known else ())), str(error))


def held(read: Read, loc: Loc, deployment: Deployment, decision: Decision, decider: Decider) -> Iterator[Found]:
    """Yield what the advice has against the choice."""
    base, choice, where = decider.advisor.base, deployment.choice, (*loc, "choice")
    requirements = (*loc, "requirements")
    if not decision.order:
        yield read.at(IMPOSSIBLE, requirements, _impossible(deployment.requirements, decider))
    outside = list(_outside_limits(read, loc, deployment, decision.chosen, base))
    yield from outside
    if decision.best is None and not outside:
        yield from _violations(read, where, decision, base)
    elif decision.best is not None:
        yield from _doubts(read, where, decision.best)
        if not outside:
            yield from _better(read, where, decision, base.checking.better_margin)
    wrong = list(_wrong_version(read, where, choice, decision, base))
    yield from wrong
    if decision.best is not None and not wrong:
        yield from _old_runtime(read, where, decision.best, choice)


def _violations(read: Read, where: Loc, decision: Decision, base: RuleBase) -> Iterator[Found]:
    """Yield a finding for each constraint that rules the nearest build of the choice out."""
    build = decision.nearest
    if build is None or not build.fails:
        yield _no_such_build(read, where, decision, base)
        return
    first = decisive(build, base)
    grouped: dict[tuple[str, str], list[str]] = {}
    for outcome in sorted(build.fails, key=lambda item: (item is not first, item.rule.id)):
        group = _code(outcome, build), _blamed(outcome, decision, read, where)
        grouped.setdefault(group, []).append(outcome.text)
    for (code, key), texts in grouped.items():
        yield read.at(code, (*where, key), "; ".join(texts))


def _no_such_build(read: Read, where: Loc, decision: Decision, base: RuleBase) -> Found:
    """Say why nothing could be judged: no ranked model, not considered in this place, or not loaded by the engine."""
    chosen = decision.chosen
    if chosen.model.role != "ranked":
        text = f"{chosen.model.name} is not ranked, so nothing is known of how well it does here"
        return read.at(DOUBTFUL, (*where, "model"), text, about="unranked")
    held = f" as {' or '.join(sorted(chosen.quantizations))}" if chosen.quantizations else ""
    engine = base.engines[chosen.engine].name if chosen.engine else "no engine for this place"
    text = f"{engine} {'does not load' if chosen.engine else 'loads'} {chosen.model.name}{held}"
    if chosen.engine == HOSTED and not decision.need.hosted_considered:
        text = f"{engine} was chosen, but the requirements settle that it runs on machines of one's own"
    return read.at(ENGINE, (*where, "engine" if chosen.engine else "model"), text, about="loads")


def _code(outcome: Outcome, build: Candidate) -> str:
    """Return the code for a failed constraint: by its bottleneck, or by the fact that failed where that says more."""
    then = outcome.rule.rule.then
    assert isinstance(then, RuleOut)
    facts = {leaf.fact for leaf in outcome.proof.leaves() if leaf.fact}
    if "hosted.retired" in facts:
        return RETIRED
    if then.rule_out == "context":
        limit = build.lookup("build.context_tokens")
        if isinstance(limit, int) and limit < build.model.context_tokens:
            return SHORT_BUILD
    return BY_BOTTLENECK[then.rule_out]


def _blamed(outcome: Outcome, decision: Decision, read: Read, where: Loc) -> str:
    """Return the key of the choice that a constraint speaks of; the model where that key was left out."""
    written = read.document.data["deployments"][where[1]]["choice"]
    facts = [str(leaf.fact) for leaf in outcome.proof.leaves() if leaf.fact]
    code = _code(outcome, decision.nearest) if decision.nearest else ""
    if "quantization" in written and (code == SHORT_BUILD or any("quantization" in fact for fact in facts)):
        return "quantization"
    if "engine" in written and any(fact.startswith("engine.") for fact in facts):
        return "engine"
    return "model"


def _doubts(read: Read, where: Loc, build: Candidate) -> Iterator[Found]:
    for outcome in build.outcomes:
        yield read.at(DOUBTFUL, (*where, "model"), outcome.text, about=outcome.rule.id)


def _old_runtime(read: Read, where: Loc, build: Candidate, choice: Choice) -> Iterator[Found]:
    """Yield an engine that runs the model in an old version alone, or is kept up no longer."""
    support = build.place.support
    key = "engine" if choice.engine else "model"
    if support and support.pinned_version:
        text = f"{build.model.name} runs on {build.engine.name} only up to an old version: {support.pinned_version}"
        yield read.at(OLD_RUNTIME, (*where, key), text, about="pinned")
    elif build.engine.status == "maintenance":
        note = build.engine.notes.get("maintenance", "It gets fixes only.")
        yield read.at(OLD_RUNTIME, (*where, key), f"{build.engine.name} is in maintenance. {note}", about="status")


def _wrong_version(read: Read, where: Loc, choice: Choice, decision: Decision, base: RuleBase) -> Iterator[Found]:
    build = decision.best or decision.nearest
    engine = base.engines.get(decision.chosen.engine or (build.engine.id if build else ""))
    if choice.engine_version is None or engine is None:
        return
    support = architecture_support(engine, decision.chosen.model)
    if support and not runs(support, choice.engine_version):
        told = supported_from_to(support)
        text = f"{engine.name} {choice.engine_version} does not run {decision.chosen.model.name}; {told}"
        yield read.at(WRONG_VERSION, (*where, "engine_version"), text)


def _better(read: Read, where: Loc, decision: Decision, margin: float) -> Iterator[Found]:
    winner, best = decision.winner, decision.best
    if winner is None or best is None:
        return
    ahead = round(winner.score - best.score, 2)
    same = (winner.model.id, winner.quantization.id, winner.engine.id) == (
        best.model.id,
        best.quantization.id,
        best.engine.id,
    )
    if ahead > margin and not same:
        text = f"{told(winner)} scores {winner.score:.1f}, the choice {best.score:.1f}: {ahead:.1f} points ahead"
        yield read.at(BETTER, (*where, "model"), text, about="better")


def told(build: Candidate) -> str:
    """Return a build in words."""
    machine = build.machine
    place = f", {machine_name(machine.device.name, machine.count, machine.nodes)}" if machine else ""
    return f"{build.model.id} as {build.quantization.id} on {build.engine.id}{place}"


def _impossible(requirements: Requirements, decider: Decider) -> str:
    """Say what stands in the way, and which change was checked to help."""
    advice = decider.advice(requirements)
    kinds = sorted({item.excuse.bottleneck for item in advice.excluded})
    text = f"no model meets these requirements ({', '.join(kinds)})"
    for way in advice.relaxations[:1]:
        changes = ", ".join(f"{c.field} {_plain(c.from_)} to {_plain(c.to)}" for c in way.changes)
        text += f"; changed {changes}, {way.then.model} as {way.then.quantization} would do"
    return text


def _plain(value: Any) -> str:
    return (
        "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    )


def _outside_limits(read: Read, loc: Loc, deployment: Deployment, chosen: Chosen, base: RuleBase) -> Iterator[Found]:
    """Yield the names of the choice that the requirements' own `only` does not allow."""
    only = deployment.requirements.only
    if only is None:
        return
    models = {names.model_id(name, base) for name in only.models}
    engines = {names.engine_id(name, base) for name in only.engines}
    quantizations = {item for name in only.quantizations for item in names.quantization_ids(name, base)}
    checks = (
        ("model", models, {chosen.model.id}),
        ("engine", engines, {chosen.engine} - {None}),
        ("quantization", quantizations, chosen.quantizations),
    )
    for key, allowed, mine in checks:
        if allowed and mine and not allowed & mine:
            written = getattr(deployment.choice, key)
            text = f"{written or ', '.join(sorted(map(str, mine)))} is outside the limits under `only`"
            yield read.at(LIMIT, (*loc, "choice", key if written else "model"), text, about=key)
