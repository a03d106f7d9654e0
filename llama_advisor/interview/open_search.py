"""The search while some fields are open: every build that their values may bring up, with bounds of its score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llama_advisor.engine import candidates
from llama_advisor.engine.facts import MODEL, PLACEMENT, SCENARIO, Scope
from llama_advisor.interview.open_score import OpenJudge, OpenOutcome
from llama_advisor.sizing.support import HOSTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.candidate import Judged
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.engine.score import Outcome
    from llama_advisor.engine.search import Search
    from llama_advisor.interview.open_score import Opening
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.scenario.need import Need

Variant = tuple[Scope, tuple["Engine", ...], "list[Outcome]"]


@dataclass(frozen=True)
class Possible:
    """A build that may qualify."""

    build: Judged
    sure: bool  # Whether it is there and qualifies whatever the open questions come to.
    low: float
    high: float

    @property
    def caveat(self) -> bool | None:
        """Whether constraints leave a caveat where it qualifies; None where that is open."""
        sure, never = False, True
        for outcome in self.build.outcomes:
            states = outcome.states - {"fails"} if isinstance(outcome, OpenOutcome) else frozenset({outcome.state})
            sure = sure or None not in states
            never = never and states <= {None}
        return True if sure else False if never else None


class OpenSearch:
    """Walks the same way as the search, and takes both ways wherever an open question decides."""

    def __init__(self, advisor: Advisor, need: Need, openings: tuple[Opening, ...]) -> None:
        self.search: Search = advisor.search
        self.need, self.openings = need, openings
        self.engines = candidates.engines(need, advisor.base)
        at_home = need.self_hosted_considered and any(engine.id != HOSTED for engine in self.engines)
        self.machines: tuple[Machine, ...] = self.search.machines(need) if at_home else ()
        owned = bool(self.machines) and all(machine.owned for machine in self.machines)
        priced = need.hosted_considered or any(machine.offer for machine in self.machines)
        self.judge = OpenJudge(advisor.base, Scope(need), openings, owned=owned, priced=priced)
        self.budgets = tuple(other.budget_usd_per_month for item in openings for other in item.needs)

    def run(self) -> tuple[Possible, ...]:
        """Return all builds that may qualify."""
        models = candidates.models(self.need, self.search.base)
        return tuple(found for model in models for found in self._builds(model))

    def _builds(self, model: Model) -> Iterator[Possible]:
        scope = self.search.model_scope(model, self.need)
        before = self.judge.constrain(scope, range(SCENARIO, MODEL + 1))
        if _failed(before):
            return
        local = tuple(engine for engine in self.engines if engine.id != HOSTED)
        yield from self._at_home(model, scope, local, before)
        hosted = next((engine for engine in self.engines if engine.id == HOSTED), None)
        if hosted is not None:
            for built in self.search.offered(model, self.need, scope, hosted, self.judge, before):
                yield from self._possible(built, sure=True)
                if not built.fails and not _open(built.outcomes):
                    return

    def _at_home(
        self, model: Model, scope: Scope, engines: tuple[Engine, ...], before: list[Outcome]
    ) -> Iterator[Possible]:
        variants: list[Variant] = list(self.search.variants(model, self.need, scope, engines, self.judge, before))
        sure = True
        for machine, tried in self.search.tries(variants, self.machines, self._richest()):
            comfort: bool | None = False
            for variant in tried:
                found, at_ease = self._placed(variant, machine, sure=sure)
                yield from found
                comfort = True if comfort or at_ease else None if comfort is None or at_ease is None else False
            if not self.need.hardware_stated and comfort is True and sure:
                return
            sure = sure and (self.need.hardware_stated or comfort is False)

    def _richest(self) -> Need:
        """The need with the largest budget: what no budget allows is ruled out whatever is tried."""
        if not self.budgets:
            return self.need
        known = [budget for budget in self.budgets if budget is not None]
        return replace(self.need, budget_usd_per_month=None if None in self.budgets else max(known))

    def _placed(self, variant: Variant, machine: Machine, *, sure: bool) -> tuple[list[Possible], bool | None]:
        """Place a variant with each engine that may be the first to take it; tell whether it is at ease there."""
        scope, engines, before = variant
        made: list[Possible] = []
        comfort: bool | None = False
        first = True
        if _failed(before):
            return made, comfort
        for place in self.search.places(scope, engines, machine):
            at_place = self.judge.constrain(place, range(PLACEMENT, PLACEMENT + 1))
            if _failed(at_place):
                continue
            outcomes = (*before, *at_place)
            built = self.search.built(place, machine, self.judge, outcomes)
            at_ease = self._comfort(built)
            comfort = at_ease if first else None if comfort is None or at_ease is not False else comfort
            made += [found for build in built for found in self._possible(build, sure=sure)]
            if not _open(at_place):
                break
            sure = first = False
            comfort = None if comfort else comfort
        return made, comfort

    def _comfort(self, built: list[Judged]) -> bool | None:
        """Tell whether the layout that is taken is at ease; None where that is open."""
        if not any(_open(build.outcomes) or len(set(self._bounds(build))) > 1 for build in built):
            return self.search.comfortable(min(built, key=self.search.layout_order))
        settled = [build.stripped(lambda outcome: outcome.state == "open") for build in built]
        return None if any(map(self.search.comfortable, settled)) else False

    def _bounds(self, build: Judged) -> tuple[float, float]:
        return (0.0, 0.0) if build.fails else self.judge.bounds(build.scope)

    def _possible(self, build: Judged, *, sure: bool) -> Iterator[Possible]:
        if not build.fails:
            certain = sure and not any("fails" in item.states for item in _open(build.outcomes))
            yield Possible(build, certain, *self._bounds(build))


def _failed(outcomes: list[Outcome]) -> bool:
    return any(outcome.state == "fails" for outcome in outcomes)


def _open(outcomes: list[Outcome] | tuple[Outcome, ...]) -> list[OpenOutcome]:
    return [outcome for outcome in outcomes if isinstance(outcome, OpenOutcome)]
