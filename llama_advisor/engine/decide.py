"""advise(scenario, rule base) -> Advice: pure, deterministic, the whole answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from llama_advisor import __version__
from llama_advisor.engine import candidates
from llama_advisor.engine.advice import Advice, Build, HangsOn, ModelSize, RuleBaseShown, Verdict
from llama_advisor.engine.asked import asked, asked_candidate, next_larger
from llama_advisor.engine.candidate import Candidate, Named
from llama_advisor.engine.model_sizes import model_sizes
from llama_advisor.engine.rank import best_first, is_wished
from llama_advisor.engine.relax import Way, ways_round
from llama_advisor.engine.search import Found, Search
from llama_advisor.engine.words import (
    caveats,
    close_call,
    closing,
    engines_now,
    excluded,
    expired,
    routes,
    short,
    shown,
    wishes,
)
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.need import NEEDED, Need
from llama_advisor.scenario.scenario import Assumption, Scenario
from llama_advisor.scenario.understand import says_nothing, understand
from llama_advisor.sizing.quality import model_quality

OTHER_LANE = 2
MOST_TOLD = 2
TOO_LITTLE = ("use_cases", "hardware", "target")
HELD_BESIDE = ("hardware", "target", "accelerator", "inputs", "languages", "domicile", "offline")
"""Fields that hold for a model that goes beside as well."""


class Answer(NamedTuple):
    """The advice, the need it answers, what came of every build, and the one it is about; None where none was."""

    advice: Advice
    need: Need
    found: Found | None
    build: Candidate | None


class Outcome(NamedTuple):
    """What an answer comes to."""

    model: str | None
    verdict: Verdict


class Advisor:
    """Answers scenarios on one rule base; what recurs between answers is kept."""

    def __init__(self, base: RuleBase, as_of: date, builds: int | None = None) -> None:
        self.base = base
        self.as_of = as_of
        self.builds = builds  # of each model that an answer ranks; None for its best alone
        self.search = Search(base, as_of)

    def advise(self, scenario: Scenario, *, why: bool = False) -> Advice:
        """Rank every build, best first; `why` adds what a score rests on. InputError for what it does not know."""
        return self.answer(scenario, why=why).advice

    def answer(self, scenario: Scenario, *, why: bool = False) -> Answer:
        """Return the advice together with every build that was judged for it.

        Where nothing fits it has the nearest excuses, what change would help, and the ways round.
        """
        base = self.base
        need = understand(scenario, base)
        if says_nothing(scenario):
            return Answer(self._lacking(need, NEEDED), need, None, None)
        found = self.decide(need)
        order = found.order
        hangs_on = () if need.settled or not order else tuple(islice(self._hangs_on(found), MOST_TOLD))
        if need.too_little:
            return Answer(self._lacking(need, TOO_LITTLE, hangs_on), need, None, None)
        ways = () if order else tuple(ways_round(found, self))
        counted = next((way for way in ways if way.counts), None)
        told = counted.build if counted else next(iter(order), None)
        tried, others = self._tried(found), self._other_lane(found)
        mine = asked_candidate(tried)
        ending = self._ending(found, told, mine, others, counted)
        warnings, notes = caveats(told, ending, self.caveats, base.criteria)
        verdict: Verdict = "change_requirement" if counted else "no_fit"
        ranking = tuple(shown(build, place, base, why=why) for place, build in enumerate(order, 1))
        advice = self._advice(
            found.need,
            self._verdict(order[0], ending) if order else verdict,
            found.machines if found.need.hardware_stated else (),
            recommendation=shown(counted.build, 1, base) if counted else next(iter(ranking), None),
            changes=counted.changes if counted else (),
            ranking=ranking,
            builds=self._further(found, self.builds) if self.builds else None,
            excluded=excluded(found, base, mine, told),
            wishes=wishes(found, base, told),
            caveats=warnings,
            notes=notes,
            asked=mine and asked(tried, mine, self.search.sizes),
            close_call=close_call(order),
            hangs_on=hangs_on,
            sizes=() if mine else self._sizes(need),
            expired=expired(told, base, self.as_of) if told else (),
            alternatives=tuple(
                shown(build, place, base)
                for place, build in enumerate(others, 1)
                if need.target in base.engines[HOSTED].targets  # beside a device of one's own it is a way round
                if need.engine in {None, HOSTED}
            ),
            relaxations=tuple(way.shown for way in ways),
            routes=routes(ending, found.need, base),
        )
        return Answer(advice, found.need, found, told)

    def _lacking(self, need: Need, missing: tuple[str, ...], hangs_on: tuple[HangsOn, ...] = ()) -> Advice:
        """Ask for what is missing, and tell what the models take."""
        sizes = model_sizes(need, self.search.sizes)
        return self._advice(need, "need_input", missing=missing, hangs_on=hangs_on, sizes=sizes)

    def _sizes(self, need: Need) -> tuple[ModelSize, ...]:
        """Tell what the models take beside a long context, or where nothing was said of a machine."""
        long = need.context_tokens > self.base.criteria.sizes_above_context and "context_tokens" in need.stated
        told = (long or not need.settled) and need.self_hosted_considered
        return model_sizes(need, self.search.sizes) if told else ()

    def _ending(
        self,
        found: Found,
        told: Candidate | None,
        mine: Candidate | None,
        others: tuple[Candidate, ...],
        counted: Way | None,
    ) -> Candidate:
        """Return what an answer tells of, with what is known once all was judged."""
        base = self.base
        return closing(
            told,
            found,
            base,
            named=self._named(found),
            asked=mine,
            companion=self._companion(found.need, told),
            other=next(iter(others), None),
            engines_now=engines_now(told, base),
            larger=next_larger(found, told, mine, self.search.sizes),
            changes=frozenset(change.field for change in counted.changes) if counted else frozenset(),
        )

    def outcome(self, scenario: Scenario) -> Outcome:
        """Return the model and the verdict alone, as `advise` gives them; quicker, as nothing is worded."""
        need = understand(scenario, self.base)
        if says_nothing(scenario) or need.too_little:
            return Outcome(None, "need_input")
        found = self.decide(need)
        if not found.order:
            way = next((way for way in ways_round(found, self) if way.counts), None)
            return Outcome(way.build.model.id, "change_requirement") if way else Outcome(None, "no_fit")
        winner = found.order[0]
        if winner.states:
            return Outcome(winner.model.id, "recommended_with_caveats")
        return Outcome(
            winner.model.id,
            self._verdict(winner, closing(winner, found, self.base, named=self._named(found))),
        )

    def _verdict(self, winner: Candidate, ending: Candidate) -> Verdict:
        heavy = bool(winner.states) or any(rule.test(ending) for rule in self.heavy)
        return "recommended_with_caveats" if heavy else "recommended"

    @cached_property
    def caveats(self) -> tuple[CompiledRule, ...]:
        """Rules that warn."""
        return tuple(self.base.in_folder("caveats"))

    @cached_property
    def heavy(self) -> tuple[CompiledRule, ...]:
        """Caveats that make a verdict one with caveats."""
        return tuple(rule for rule in self.caveats if getattr(rule.rule.then, "caveat", "") == "heavy")

    def decide(self, need: Need, among: frozenset[str] | None = None) -> Found:
        """Judge all models, or those `among` them; an engine that is not of the lane asked for is not looked for.

        Where a service was named and none qualifies beside machines, these are judged; and once more where no service
        turns out to compete: then the speed of machines counts. No lesser model of a provider is
        taken for one named with it.
        """
        if need.engine is not None and not candidates.engines(need, self.base):
            need = need.on_engine(None)
        found = self.search.run(need, among)
        if need.either_lane and not found.order:
            need = need.on_engine(None)
            found = self.search.run(need, among)
        only_hosted = need.provider and not need.self_hosted_considered
        if only_hosted and need.model and found.order and all(map(self._falls_short, found.order)):
            need = replace(need, lesser=frozenset(build.model.id for build in found.order))
            found = self.search.run(need, among)
        if not need.hosted_considered or not found.order or any(build.engine.id == HOSTED for build in found.order):
            return found
        return self.search.run(need, among, served=False)

    def _falls_short(self, build: Candidate) -> bool:
        """Whether a model is clearly weaker than the one named: where a provider lacks that, another comes first."""
        models = (build.model, self.base.models[build.need.model or build.model.id])
        mine, named = (model_quality(model, build.need.cases, self.base) or 0.0 for model in models)
        return named - mine > self.base.checking.better_margin

    def _hangs_on(self, found: Found) -> Iterator[HangsOn]:
        """Yield what was not said and would change the answer, each applied alone."""
        for told in self.base.criteria.hangs_on:
            need = understand(found.need.scenario.model_copy(update=told), self.base)
            other = self.decide(need).winner
            if other is None or other.model is not found.order[0].model:
                ((field, value),) = told.items()
                yield HangsOn(field=field, value=value, then=short(other) if other else None)

    def _tried(self, found: Found) -> Found:
        """Judge the engine and the form that were tried, where nothing else is wished for."""
        need, engine = found.need, found.need.tried_engine
        if need.engine or need.quantizations_wished or not (engine or need.quantizations_asked):
            return found
        return self.search.run(replace(need, quantizations_wished=need.quantizations_asked).on_engine(engine))

    def _named(self, found: Found) -> Named | None:
        """Size the model that the user named, for what is said of it."""
        need = found.need
        if need.model is None:
            return None
        model = self.base.models[need.model]
        machine = found.machines[0] if found.machines and need.hardware_stated else None
        methods = self.base.criteria.tuning_order if need.wants_tuning else ()
        tuned = {method: self.search.sizes.training(model, method, machine, need.tuning) for method in methods}
        gib = {method: training.total_gib for method, training in tuned.items()}
        official = next((build for build in model.official_builds if build.quantization == "fp8"), None)
        place = next((index for index, build in enumerate(found.order) if is_wished(build, need, self.base)), None)
        return Named(
            model=model,
            outcome="impossible" if place is None else "better_exists" if place else "kept",
            fp8_gib=official.weights_bytes / 2**30 if official else None,
            full_gib=gib.get("full"),
            lora_gib=gib.get("lora"),
            qlora_gib=gib.get("qlora"),
            qlora_fits=tuned["qlora"].fits if "qlora" in tuned else None,
        )

    def _companion(self, need: Need, pick: Candidate | None) -> Candidate | None:
        """Size the model made for work that the ranked ones do not do, beside the pick; the first that qualifies."""
        said, beside = need.scenario, pick.memory.per_device.need_gib if pick and pick.memory else 0.0
        for case in need.beside or need.cases:
            for model in case.answered_by.models if case.answered_by else ():
                held = {field: getattr(said, field) for field in HELD_BESIDE}
                held |= {"use_cases": (case.id,), "model": model}
                if need.hardware_stated and beside and pick is not None and pick.model.id != model:
                    held["reserved_gib"] = (said.reserved_gib or 0.0) + beside
                order = self.decide(understand(Scenario(**held), self.base), frozenset({model})).order
                if order:
                    return order[0]
        return None

    def _other_lane(self, found: Found) -> tuple[Candidate, ...]:
        """The best builds of the lane that the pick is not of, hosted or at home; that of the model named first."""
        need = found.need
        if need.offline or need.only_engines or need.wants_tuning:
            return ()
        if need.hosted_considered and need.self_hosted_considered:
            order = found.of_lane(hosted=found.order[0].engine.id != HOSTED) if found.order else ()
        else:
            order = self.search.run(_turned(need)).order
        return tuple(sorted(order, key=lambda build: build.model.id != need.model)[:OTHER_LANE])

    def _further(self, found: Found, most: int) -> tuple[Build, ...]:
        """The builds of each model that qualify beside its best, best first, up to `most` of a model in all."""
        made: list[Build] = []
        for rank, best in enumerate(found.order, 1):
            others = sorted((build for build in found.qualified if build.model is best.model), key=best_first)
            named = {_named_as(build): build for build in (*others[::-1], best)}
            del named[_named_as(best)]
            made += [shown(build, rank, self.base) for build in [*named.values()][::-1][: most - 1]]
        return tuple(made)

    def rulebase_shown(self) -> RuleBaseShown:
        """Return which rule base answers."""
        layers = tuple(layer.label for layer in self.base.layers[1:])
        return RuleBaseShown(version=__version__, hash=self.base.hash, layers=layers)

    def _advice(self, need: Need, verdict: Verdict, given: tuple[Machine, ...] = (), **parts: Any) -> Advice:
        """Put an answer together, what reading the hardware as given took for granted among its assumptions."""
        nothing = "changes ranking excluded wishes caveats notes alternatives relaxations routes"
        empty: dict[str, Any] = dict.fromkeys(nothing.split(), ())
        read = ((machine.label, why) for machine in given for why in machine.assumptions)
        return Advice(
            as_of=self.as_of,
            verdict=verdict,
            scenario=need.normalised(),
            assumptions=(*need.assumptions, *(Assumption(field="hardware", value=name, why=why) for name, why in read)),
            rulebase=self.rulebase_shown(),
            **({"recommendation": None} | empty | parts),
        )


def _named_as(build: Candidate) -> tuple[str, ...]:
    """By what builds of a model differ in a ranking."""
    return build.quantization.id, build.engine.id, build.place.offer.provider if build.place.offer else ""


def _turned(need: Need) -> Need:
    """The same need in the other lane: hosted, or on rented machines."""
    hosted = not need.hosted_considered
    return replace(
        need.on_engine(None),
        hosted_considered=hosted,
        self_hosted_considered=not hosted,
        hardware_stated=False,
        provider=None if hosted else need.provider,
        target="hosted" if hosted else "cloud",
    )
