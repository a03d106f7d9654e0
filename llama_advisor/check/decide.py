"""What the engine decides for a deployment: all builds in order, and the choice judged by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache, partial
from typing import Annotated, Any, NamedTuple

from llama_advisor.check.findings import CheckFinding
from llama_advisor.check.project import Deployed
from llama_advisor.engine.advice import Change
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rank import best_first
from llama_advisor.engine.relax import ways_round
from llama_advisor.engine.score import nearness
from llama_advisor.engine.words import decisive
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.scenario.need import Need
from llama_advisor.scenario.project_file import WISHES, Choice, Requirements
from llama_advisor.scenario.scenario import Only
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.figures import machine_used
from llama_advisor.text.errors import InputError

MOST_KEPT = 200
_FIELD = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


class Chosen(NamedTuple):
    """A choice by id."""

    model: Model
    quantizations: Annotated[frozenset[str], "What its name may mean; empty where none was chosen."]
    engine: str | None

    def includes(self, build: Candidate) -> bool:
        """Whether a build is one of the choice."""
        return (
            build.model.id == self.model.id
            and (not self.quantizations or build.quantization.id in self.quantizations)
            and self.engine in {None, build.engine.id}
        )


class Decision(NamedTuple):
    """All builds for the requirements, and what the rules say of the choice."""

    need: Need
    order: Annotated[tuple[Candidate, ...], "The best build of each model that qualifies, best first."]
    chosen: Chosen
    best: Annotated[Candidate | None, "The best build of the choice that qualifies."]
    nearest: Annotated[Candidate | None, "Where none does, the one that came nearest; None where none can be made."]
    rival: Annotated[Candidate | None, "What would be recommended of its kind: of its provider or any, or on machines."]

    @property
    def winner(self) -> Candidate | None:
        """The build that would be recommended."""
        return self.order[0] if self.order else None


class Decider:
    """Decides deployments on one rule base: the one place where the check calls the engine; latest answers are kept."""

    def __init__(self, advisor: Advisor) -> None:
        self.advisor = advisor
        self.decide = lru_cache(MOST_KEPT)(self._decide)
        self.obstacles = lru_cache(MOST_KEPT)(self._obstacles)
        self.lacking = lru_cache(MOST_KEPT)(self._lacking)
        self._search = lru_cache(1)(lambda asked: advisor.decide(understand(asked, advisor.base)))

    def _decide(self, requirements: Requirements, choice: Choice) -> Decision:
        """Answer the requirements and judge the choice; raise InputError for what is not known."""
        answer = self._search(requirements)
        chosen, best, nearest = self._judged(requirements, choice)
        rivals, hosted = answer.order, best is not None and best.engine.id == HOSTED
        provider = names.provider_id(choice.engine, self.advisor.base) if hosted and choice.engine else None
        if best and rivals and (provider or hosted != (rivals[0].engine.id == HOSTED)):
            rivals = answer.of_lane(hosted=hosted, provider=provider)
        return Decision(answer.need, answer.order, chosen, best, nearest, next(iter(rivals), None))

    def _judged(self, requirements: Requirements, choice: Choice) -> tuple[Chosen, Candidate | None, Candidate | None]:
        """Return the choice by id, its best build, and the nearest one where none qualifies.

        The choice is searched alone: the model by a hard limit, the rest as wishes, which earn no points. Where nothing
        of it qualifies, the nearest is the refused build that came nearest; failing that, the model as it was stopped.
        """
        base = self.advisor.base
        model = base.models[names.model_id(choice.model, base)]
        asked = choice.quantization
        engine = names.engine_id(choice.engine, base) if choice.engine else None
        tags = engine is not None and "ollama" in base.engines[engine].loads  # there a plain tag is one build
        named = partial(names.named_build, choice.model, model, plain_tags=tags)
        chosen = Chosen(model, frozenset(names.quantization_ids(asked, base) if asked else named()), engine)
        only = (requirements.only or Only()).model_copy(update={"models": (model.id,)})
        hosted_by = choice.engine if choice.engine and names.provider_id(choice.engine, base) else None
        wished = {"only": only, "engine": hosted_by or engine, "quantization": asked}
        need = understand(requirements.model_copy(update=wished), base)
        if not asked and chosen.quantizations:
            need = replace(need, quantizations_wished=chosen.quantizations)
        found = self.advisor.search.run(need)
        best = min(filter(chosen.includes, found.qualified), key=best_first, default=None)
        nearest = None
        if best is None:
            refused = [build for build in (*found.refused, *found.excluded) if chosen.includes(build)]
            stopped = [build for build in found.excluded if build.model.id == model.id and build.stage == 0]
            nearest = min(refused or [build for build in stopped if build.fails], key=nearness, default=None)
        return chosen, best, nearest

    def _lacking(self, requirements: Requirements, choice: Choice, context_tokens: int) -> str:
        """Say what keeps the choice from another context on its machine; nothing where it holds, or is not known."""
        _, best, nearest = self._judged(requirements.model_copy(update={"context_tokens": context_tokens}), choice)
        fails = nearest.fails if best is None and nearest else ()
        told = (fail.text for fail in fails if getattr(fail.rule.rule.then, "rule_out", "") in {"memory", "context"})
        return next(told, "")

    def _obstacles(self, requirements: Requirements) -> str:
        """Say what rules all models out where nothing fits, and the first change that was checked to help."""
        found = self._search(requirements)
        first = [decisive(build, self.advisor.base).rule.rule.then for build in found.excluded]
        kinds = sorted({then.rule_out for then in first if isinstance(then, RuleOut)})
        text = f"no model meets these requirements ({', '.join(kinds)})"
        if way := next(ways_round(found, self.advisor), None):
            then, changes = way.shown.then, ", ".join(map(_changed, way.shown.changes))
            form = "as a hosted service" if then.engine == HOSTED else f"as {then.quantization}"
            text += f"; {changes}, {then.model} {form} would do"
        return text


def _changed(change: Change) -> str:
    """Return a change in words; what is dropped is changed to nothing."""
    if change.to is None:
        return f"without {change.field} {_plain(change.from_)}"
    return f"with {change.field} {_plain(change.to)}" + f" instead of {_plain(change.from_)}" * (
        change.from_ is not None
    )


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def decided(item: Deployed, decider: Decider) -> Decision | CheckFinding:
    """Decide one deployment, or say what of it is not understood."""
    requirements = item.deployment.requirements
    if not requirements.use_cases and requirements.inputs is None:
        return item.finding("LA908", ("requirements",), "state at least a use case or the inputs")
    try:
        return decider.decide(requirements, item.deployment.choice)
    except InputError as error:
        match = _FIELD.match(str(error))
        field = match[0].split(".") if match else [""]
        if field[0] in WISHES:  # requirements have none of these, so it is the choice that names what is not known
            text = str(error).removeprefix(f"{field[0]}: ")
            return item.finding("LA905", ("choice", field[0]), text, of_a_name=True)
        known = field[0] in type(requirements).model_fields
        place = ("requirements", *(field if known else ()))
        return item.finding("LA908", place, str(error), of_a_name=True)


def in_words(build: Candidate) -> str:
    """Return a build in words."""
    if build.place.offer:
        return f"{build.model.id} at {build.place.offer.provider}"
    machine = build.machine
    place = f", {machine_used(machine, 1).name}" if machine else ""
    return f"{build.model.id} as {build.quantization.id} on {build.engine.id}{place}"
