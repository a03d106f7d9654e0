"""The lock: a decision pinned with what it rested on, and later held against the rule base in use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor import __version__
from llama_advisor.check.files import file_text, shown_name
from llama_advisor.check.finding import Found
from llama_advisor.check.lock_file import Lock, LockedBuild, LockedDeployment, LockedRuleBase
from llama_advisor.check.requirements import told
from llama_advisor.check.spans import SourceText
from llama_advisor.engine.contributions import contributions
from llama_advisor.scenario.project_file import Choice
from llama_advisor.sizing.figures import machine_name
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llama_advisor.check.decide import Decider, Decision
    from llama_advisor.check.project import Read
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.project_file import Deployment

OUTDATED, OTHERWISE, MOVED, UNREADABLE = "LA403", "LA404", "LA405", "LA911"
OTHERS = 2
NAMED = 4
Loc = tuple[Any, ...]


def lock_path(project: Path) -> Path:
    """Return the lock file beside a project file."""
    return project.with_suffix(".lock")


def locked(deployments: Iterable[tuple[Deployment, Decision]], base: RuleBase) -> Lock:
    """Pin decisions."""
    return Lock(
        version=1,
        rulebase=LockedRuleBase(version=__version__, hash=base.hash),
        deployments={
            item.name: _pinned(item, decision) for item, decision in sorted(deployments, key=lambda d: d[0].name)
        },
    )


def lock_text(lock: Lock) -> str:
    """Return the bytes of a lock file as text: the same for the same decisions."""
    return json.dumps(lock.model_dump(mode="json"), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _pinned(deployment: Deployment, decision: Decision) -> LockedDeployment:
    first, *others = decision.order[: OTHERS + 1] or (None,)
    return LockedDeployment(
        requirements=_plain(deployment.requirements),
        choice=_plain(deployment.choice),
        winner=_build(first) if first else None,
        margin=decision.margin,
        others=tuple(_build(build) for build in others if build),
    )


def _plain(model: Any) -> dict[str, Any]:
    made: dict[str, Any] = model.model_dump(mode="json", exclude_defaults=True)
    return made


def _build(build: Candidate) -> LockedBuild:
    parts = contributions(build, why=True)
    machine = build.machine
    facts = {read.fact: read.value for part in parts for read in part.reads or ()}
    return LockedBuild(
        model=build.model.id,
        quantization=build.quantization.id,
        engine=build.engine.id,
        machine=machine_name(machine.device.name, machine.count, machine.nodes) if machine else None,
        score=build.score,
        weights={part.criterion: part.weight for part in parts},
        facts=facts,
        rules={part.rule: part.points for part in parts if part.rule},
    )


def read_lock(project: Path) -> Lock | Found | None:
    """Read the lock beside a project file; a finding where it holds something else, None where there is none."""
    path = lock_path(project)
    if not path.exists() and not path.is_symlink():
        return None
    source = SourceText(printable(shown_name(path)), "")
    try:
        text = file_text(path)
        source = SourceText(source.name, text)
        return Lock.model_validate(json.loads(text))
    except InputError as error:
        return Found(UNREADABLE, str(error), source)
    except json.JSONDecodeError as error:
        return Found(UNREADABLE, f"not JSON: {error.msg}", source, error.pos, error.pos)
    except RecursionError:
        return Found(UNREADABLE, "nested too deeply", source)
    except ValueError as error:
        what = problem(error, Lock)[1] if isinstance(error, ValidationError) else "a number too long"
        return Found(UNREADABLE, what, source)


def compared(
    read: Read, loc: Loc, deployment: Deployment, decision: Decision, lock: Lock, decider: Decider
) -> Iterator[Found]:
    """Yield what the lock says against the decision of the rule base in use."""
    where = (*loc, "name")
    kept = lock.deployments.get(deployment.name)
    if kept is None:
        yield read.at(OUTDATED, where, f"{deployment.name} is not in the lock", about="missing")
        return
    changed = [name for name in ("requirements", "choice") if getattr(kept, name) != _json(getattr(deployment, name))]
    if changed:
        text = f"the {' and '.join(changed)} of {deployment.name} changed after the lock was written"
        yield read.at(OUTDATED, where, text, about="changed")
        return
    same = lock.rulebase.hash == decider.advisor.base.hash
    before, after = kept.winner, decision.winner
    if _names(before) == _names(_build(after) if after else None):
        if not same:
            text = f"locked with rule base {lock.rulebase.hash}, now {decider.advisor.base.hash}: the same build wins"
            yield read.at(MOVED, where, text, about="moved")
        return
    now = told(after) if after else "no build"
    was = f"{before.model} as {before.quantization} on {before.engine}" if before else "no build"
    text = f"locked: {was}; now: {now}. {_why(deployment, decision, kept, decider)}"
    yield read.at(OTHERWISE, where, text, about="otherwise")


def removed(read: Read, lock: Lock, names: set[str]) -> Iterator[Found]:
    """Yield what the lock holds although the project file does not."""
    for name in sorted(set(lock.deployments) - names):
        yield read.at(OUTDATED, ("deployments",), f"the lock holds {name}, which is no deployment here", about=name)


def _json(model: Any) -> Any:
    return json.loads(json.dumps(_plain(model)))


def _names(build: LockedBuild | None) -> tuple[str | None, ...] | None:
    return (build.model, build.quantization, build.engine, build.machine) if build else None


def _why(deployment: Deployment, decision: Decision, kept: LockedDeployment, decider: Decider) -> str:
    """Say what moved: the rule that rules the old winner out now, else the facts and rules whose points changed."""
    if kept.winner is None:
        return "A build qualifies now"
    old = Choice(model=kept.winner.model, quantization=kept.winner.quantization, engine=kept.winner.engine)
    try:
        again = decider.decide(deployment.requirements, old)
    except InputError as error:
        return str(error)
    if again.best is None:
        fails = again.nearest.fails if again.nearest else ()
        return "; ".join(f"rule {item.rule.id}: {item.text}" for item in fails[:NAMED]) or "No such build is known now"
    moved = _moved(kept.winner, _build(again.best))
    known = {(build.model, build.quantization, build.engine): build for build in kept.others}
    if decision.winner is not None:
        now = _build(decision.winner)
        before = known.get((now.model, now.quantization, now.engine))
        moved += (
            list(_moved(before, now)) if before else [f"{now.model} was not among the first: {now.score:.1f} points"]
        )
    return "Moved: " + ("; ".join(moved[:NAMED]) or "nothing that was locked")


def _moved(before: LockedBuild, after: LockedBuild) -> list[str]:
    """Return each weight, rule and fact of a build that is not what it was; what only one side read comes last."""
    changed: list[tuple[bool, str]] = []
    for what, old, new in (
        ("weight of", before.weights, after.weights),
        ("rule", before.rules, after.rules),
        ("fact", before.facts, after.facts),
    ):
        for name in sorted(set(old) | set(new)):
            if old.get(name) != new.get(name):
                moved = f"{what} {name} of {after.model} {_shown(old.get(name))} → {_shown(new.get(name))}"
                changed.append((what == "fact" and (name not in old or name not in new), moved))
    return [moved for _, moved in sorted(changed, key=lambda item: item[0])]


def _shown(value: Any) -> str:
    return "absent" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
