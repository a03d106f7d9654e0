"""The lock: a decision pinned with what it rested on, and later held against the rule base in use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ValidationError

from llama_advisor import __version__
from llama_advisor.check.decide import Decider, Decision, in_words
from llama_advisor.check.files import file_text, lock_path, refuse_link_out, shown_name
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.check.project import Deployed, ProjectFile
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.contributions import contributions
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.upkeep_entries import FindingKind
from llama_advisor.scenario.project_file import Choice, Deployment
from llama_advisor.sizing.figures import machine_used
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Strict
from llama_advisor.text.wording import problem

OTHERS = 2
NAMED = 4
BUILD_PARTS = ("model", "quantization", "engine", "machine")


class LockedBuild(Strict):
    """A build as it was scored."""

    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    machine: Annotated[str | None, "How the machine is written."]
    score: Annotated[float, "Points."]
    weights: Annotated[dict[str, float], "What each criterion counted."]
    facts: Annotated[dict[str, Any], "Facts read, by id."]
    rules: Annotated[dict[str, float], "Points of the rules that fired, by id."]


class LockedDeployment(Strict):
    """One decision."""

    requirements: Annotated[dict[str, Any], "What was needed."]
    choice: Annotated[dict[str, Any], "What was chosen."]
    winner: Annotated[LockedBuild | None, "The recommended build; null where none was."]
    margin: Annotated[float | None, "Points ahead of the next model; null where there is none."]
    others: Annotated[tuple[LockedBuild, ...], "The builds that came next."]


class LockedRuleBase(Strict):
    """Which rule base decided."""

    version: Annotated[str, "Version of the package."]
    hash: Annotated[str, "Hash of its content."]


class Lock(Strict):
    """llama-advisor.lock."""

    version: Annotated[Literal[1], "Version of this format."]
    rulebase: Annotated[LockedRuleBase, "Which rule base decided."]
    deployments: Annotated[dict[str, LockedDeployment], "Decisions by name."]


def lock_text(decisions: Iterable[tuple[Deployment, Decision]], base: RuleBase) -> str:
    """Pin decisions, and return the bytes of the lock file as text: the same for the same decisions."""
    pinned: dict[str, LockedDeployment] = {}
    for deployment, decision in decisions:
        builds = tuple(_build(build) for build in decision.order[: OTHERS + 1])
        scores = [build.score for build in builds]
        pinned[deployment.name] = LockedDeployment(
            **_stated(deployment),
            winner=builds[0] if builds else None,
            margin=round(scores[0] - scores[1], 2) if len(scores) > 1 else None,
            others=builds[1:],
        )
    lock = Lock(version=1, rulebase=LockedRuleBase(version=__version__, hash=base.hash), deployments=pinned)
    return json.dumps(lock.model_dump(mode="json"), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _stated(deployment: Deployment) -> dict[str, Any]:
    """What was needed and what was chosen, as plain data."""
    return deployment.model_dump(mode="json", exclude_defaults=True, include={"requirements", "choice"})


def _build(build: Candidate) -> LockedBuild:
    parts = contributions(build, why=True)
    machine = build.machine
    return LockedBuild(
        model=build.model.id,
        quantization=build.quantization.id,
        engine=build.engine.id,
        machine=machine_used(machine, 1).name if machine else None,
        score=build.score,
        weights={part.criterion: part.weight for part in parts},
        facts={read.fact: read.value for part in parts for read in part.reads or ()},
        rules={part.rule: part.points for part in parts if part.rule},
    )


def lock_findings(
    path: Path, file: ProjectFile, decisions: list[tuple[Deployed, Decision]], decider: Decider
) -> Iterator[CheckFinding]:
    """Yield what the lock beside a project file says against the decisions of the rule base in use."""
    lock = _read(lock_path(path), file.source.kinds)
    if isinstance(lock, CheckFinding):
        yield lock
        return
    for item, decision in decisions:
        yield from _compared(item, decision, lock, decider)
    for name in sorted(set(lock.deployments) - {item.name for item in file.deployments}):
        text = f"the lock holds {name}, which is no deployment here"
        yield file.documents[0].finding("LA403", ("deployments",), text, name)


def _read(path: Path, kinds: Mapping[str, FindingKind]) -> Lock | CheckFinding:
    """Read a lock; a finding where it holds something else."""
    source = SourceText(shown_name(path), "", kinds)
    try:
        refuse_link_out(path)
        source = SourceText(source.name, file_text(path), kinds)
        return Lock.model_validate(json.loads(source.text))
    except InputError as error:
        return source.finding("LA911", str(error))
    except json.JSONDecodeError as error:
        return source.finding("LA911", f"not JSON: {error.msg}", error.pos, error.pos)
    except RecursionError:
        return source.finding("LA911", "nested too deeply")
    except ValueError as error:
        what = problem(error, Lock)[1] if isinstance(error, ValidationError) else "a number too long"
        return source.finding("LA911", what)


def _compared(item: Deployed, decision: Decision, lock: Lock, decider: Decider) -> Iterator[CheckFinding]:
    kept, deployment = lock.deployments.get(item.name), item.deployment
    if kept is None:
        yield item.finding("LA403", ("name",), f"{item.name} is not in the lock", "missing")
        return
    changed = [name for name, value in _stated(deployment).items() if getattr(kept, name) != value]
    if changed:
        text = f"the {' and '.join(changed)} of {item.name} changed after the lock was written"
        yield item.finding("LA403", ("name",), text, "changed")
        return
    before, after, locked, current = kept.winner, decision.winner, lock.rulebase.hash, decider.advisor.base.hash
    now_wins = _build(after) if after else None
    if any(getattr(before, part, None) != getattr(now_wins, part, None) for part in BUILD_PARTS):
        was = f"{before.model} as {before.quantization} on {before.engine}" if before else "no build"
        wins = in_words(after) if after else "no build"
        text = f"locked: {was}; now: {wins}. {_why(deployment, decision, kept, decider)}"
        yield item.finding("LA404", ("name",), text, "otherwise")
    elif locked != current:
        text = f"locked with rule base {locked}, now {current}: the same build wins"
        yield item.finding("LA405", ("name",), text, "moved")


def _why(deployment: Deployment, decision: Decision, kept: LockedDeployment, decider: Decider) -> str:
    """Say what moved: the rule that rules the old winner out now, else the facts and rules whose points changed."""
    if kept.winner is None:
        return "A build qualifies now"
    old = Choice(model=kept.winner.model, quantization=kept.winner.quantization, engine=kept.winner.engine)
    try:
        again = decider.decide(deployment.requirements, old)
    except InputError as error:
        return str(error).partition(": ")[2]
    if again.best is None:
        fails = again.nearest.fails if again.nearest else ()
        return "; ".join(f"rule {item.rule.id}: {item.text}" for item in fails[:NAMED]) or "No such build is known now"
    moved = _moved(kept.winner, _build(again.best))
    known = {(build.model, build.quantization, build.engine): build for build in kept.others}
    now = _build(decision.winner) if decision.winner else None
    if now and (now.model, now.quantization, now.engine) != (old.model, old.quantization, old.engine):
        before = known.get((now.model, now.quantization, now.engine))
        moved += _moved(before, now) if before else [f"{now.model} was not among the first: {now.score:.1f} points"]
    return "Moved: " + ("; ".join(moved[:NAMED]) or "nothing that was locked")


def _moved(before: LockedBuild, after: LockedBuild) -> list[str]:
    """Return each weight, rule and fact of a build that is not what it was; what only one side read comes last."""
    changed: list[tuple[bool, str]] = []
    for what, old, new in (
        ("weight of", before.weights, after.weights),
        ("rule", before.rules, after.rules),
        ("fact", before.facts, after.facts),
    ):
        for name in sorted(name for name in {*old, *new} if old.get(name) != new.get(name)):
            moved = f"{what} {name} of {after.model} {_shown(old.get(name))} → {_shown(new.get(name))}"
            changed.append((what == "fact" and (name not in old or name not in new), moved))
    return [moved for _, moved in sorted(changed, key=lambda item: item[0])]


def _shown(value: Any) -> str:
    return "absent" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
