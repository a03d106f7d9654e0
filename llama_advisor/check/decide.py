"""What the engine says of a deployment: all builds in order, and the choice judged by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.rank import best_first
from llama_advisor.engine.score import nearness
from llama_advisor.scenario import names
from llama_advisor.scenario.need import Need, understand
from llama_advisor.scenario.scenario import Only
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.engine.search import Found
    from llama_advisor.knowledge.model import Model
    from llama_advisor.scenario.project_file import Choice, Requirements

MOST_KEPT = 200


class UnknownNameError(InputError):
    """A name in the choice that the rule base does not hold."""

    def __init__(self, field: str, error: InputError) -> None:
        super().__init__(str(error).removeprefix(f"{field}: "))
        self.field = field


@dataclass(frozen=True)
class Chosen:
    """A choice by id."""

    model: Model
    quantizations: frozenset[str]  # Quantizations that its name may mean; empty where none was chosen.
    engine: str | None


@dataclass(frozen=True)
class Decision:
    """All builds for the requirements, and what came of the choice."""

    need: Need
    order: tuple[Candidate, ...]  # The best build of each model that qualifies, best first.
    chosen: Chosen
    best: Candidate | None  # The best build of the choice that qualifies.
    nearest: Candidate | None  # Where none does, the one that came nearest; None where no such build can be made.

    @property
    def winner(self) -> Candidate | None:
        """The build that would be recommended."""
        return self.order[0] if self.order else None

    @property
    def margin(self) -> float | None:
        """Points that the winner is ahead of the next model."""
        return round(self.order[0].score - self.order[1].score, 2) if len(self.order) > 1 else None


def resolved(choice: Choice, advisor: Advisor) -> Chosen:
    """Look the names of a choice up; raise UnknownNameError for one that is not known."""
    base = advisor.base
    try:
        field = "model"
        model = base.models[names.model_id(choice.model, base)]
        field = "quantization"
        asked = choice.quantization
        held = names.quantization_ids(asked, base) if asked else names.named_build(choice.model, model)
        field = "engine"
        engine = names.engine_id(choice.engine, base) if choice.engine else None
    except InputError as error:
        raise UnknownNameError(field, error) from error
    return Chosen(model, frozenset(held), engine)


class Decider:
    """Decides deployments on one rule base; the same question is answered once."""

    def __init__(self, advisor: Advisor) -> None:
        self.advisor = advisor
        self._asked: dict[Requirements, tuple[Need, tuple[Candidate, ...]]] = {}
        self._judged: dict[tuple[Requirements, Choice], tuple[Chosen, Candidate | None, Candidate | None]] = {}
        self._advised: dict[Requirements, Advice] = {}
        self._last: tuple[Requirements, Found] | None = None

    def decide(self, requirements: Requirements, choice: Choice) -> Decision:
        """Answer the requirements and judge the choice; raise InputError for what is not known."""
        _keep_small(self._asked, self._judged)
        chosen = resolved(choice, self.advisor)
        if requirements not in self._asked:
            need = understand(requirements, self.advisor.base)
            found = self.advisor.decide(need)
            self._asked[requirements] = found.need, found.order
            self._last = requirements, found
        if (requirements, choice) not in self._judged:
            judged = self._seen(requirements, chosen) or self._judge(requirements, choice, chosen)
            self._judged[requirements, choice] = (chosen, *judged)
        need, order = self._asked[requirements]
        return Decision(need, order, *self._judged[requirements, choice])

    def _seen(self, requirements: Requirements, chosen: Chosen) -> tuple[Candidate, None] | None:
        """Return the best build of the choice if the search of all builds has just judged one that qualifies.

        That search keeps the best engine of each quantization on a machine, so it has seen all builds of a choice
        without an engine, and the one build of a whole choice on one stated machine.
        """
        one_build = len(chosen.quantizations) == 1 and isinstance(requirements.hardware, str)
        if self._last is None or self._last[0] is not requirements or (chosen.engine is not None and not one_build):
            return None
        fitting = [build for build in self._last[1].qualified if _is(build, chosen)]
        return (min(fitting, key=best_first), None) if fitting else None

    def advice(self, requirements: Requirements) -> Advice:
        """Return the whole answer, for what would help where nothing fits."""
        if requirements not in self._advised:
            _keep_small(self._advised)
            self._advised[requirements] = self.advisor.advise(requirements)
        return self._advised[requirements]

    def _judge(
        self, requirements: Requirements, choice: Choice, chosen: Chosen
    ) -> tuple[Candidate | None, Candidate | None]:
        """Search the choice alone: the model by a hard limit, the rest as wishes, which earn no points."""
        only = (requirements.only or Only()).model_copy(update={"models": (chosen.model.id,)})
        asked = {"only": only, "engine": chosen.engine, "quantization": choice.quantization}
        need = understand(requirements.model_copy(update=asked), self.advisor.base)
        if not choice.quantization and chosen.quantizations:
            need = replace(need, quantizations_wished=chosen.quantizations)
        found = self.advisor.search.run(need)
        fitting = [build for build in found.qualified if _is(build, chosen)]
        if fitting:
            return min(fitting, key=best_first), None
        return None, _nearest(found, chosen)


def _nearest(found: Found, chosen: Chosen) -> Candidate | None:
    """Return the refused build of the choice that came nearest; failing that, the model as it was stopped."""
    refused = [build for build in (*found.refused, *found.excluded) if _is(build, chosen)]
    stopped = [build for build in found.excluded if build.model.id == chosen.model.id and build.stage == 0]
    return min(refused or [build for build in stopped if build.fails], key=nearness, default=None)


def _is(build: Candidate, chosen: Chosen) -> bool:
    """Tell whether a build is one of the choice."""
    return (
        build.model.id == chosen.model.id
        and (not chosen.quantizations or build.quantization.id in chosen.quantizations)
        and chosen.engine in {None, build.engine.id}
    )


def _keep_small(*kept: dict[Any, Any]) -> None:
    """Forget answers before they fill the memory."""
    for answers in kept:
        if len(answers) >= MOST_KEPT:
            answers.clear()
