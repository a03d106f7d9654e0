"""Every model against a need: its builds judged, the best one kept, or the nearest excuse."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Found, Judged
from llama_advisor.engine.facts import BUILD, MODEL, PLACEMENT, SCENARIO, VARIANT, Scope
from llama_advisor.engine.score import Judge, Outcome
from llama_advisor.sizing import quality
from llama_advisor.sizing.cost import hosted_cost, retired
from llama_advisor.sizing.layouts import Estimator, Plan
from llama_advisor.sizing.outlay import affordable, memory_gib, rent, tuning
from llama_advisor.sizing.support import HOSTED, official_build, support

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from llama_advisor.hardware import Catalogue
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.price import HostedPrice
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.figures import Speed

    Variant = tuple[Scope, tuple[Engine, ...], list[Outcome]]

MOST_MACHINES = 256
HOPELESS = 2
"""Weights of so many times a machine's memory are not tried on it."""


class Search:
    """Judges builds for one rule base; keeps sizes and proofs that recur."""

    def __init__(self, base: RuleBase, catalogue: Catalogue, as_of: date) -> None:
        self.base = base
        self.catalogue = catalogue
        self.as_of = as_of
        self.sizes = Estimator(base)
        self.loads = {
            engine.id: frozenset(item.quantization for item in engine.quantizations) for engine in base.engines.values()
        }
        self._machines: dict[tuple[str, str, str], tuple[Machine, ...]] = {}

    def run(self, need: Need, among: frozenset[str] | None = None) -> Found:
        """Judge every candidate model, or those `among` them; order as in the rule base, ranking comes later."""
        engines = candidates.engines(need, self.base)
        at_home = need.self_hosted_considered and any(engine.id != HOSTED for engine in engines)
        machines = self.machines(need) if at_home else ()
        owned = bool(machines) and all(machine.owned for machine in machines)
        priced = need.hosted_considered or any(machine.offer for machine in machines)
        judge = Judge(self.base, Scope(need), owned=owned, priced=priced)
        qualified: list[Judged] = []
        excluded: list[Judged] = []
        failures: set[str] = set()
        ruled_out: list[Judged] = []
        for model in candidates.models(need, self.base):
            if among is not None and model.id not in among:
                continue
            builds = list(self._builds(model, need, engines, machines, judge))
            fitting = [build for build in builds if not build.fails]
            qualified.extend(fitting)
            ruled_out.extend(build for build in builds if build.fails)
            if not fitting:
                excluded.append(min(builds, key=Judged.nearness))
                failures.update(kind for build in builds for kind in build.bottlenecks)
        refused = tuple(build for build in ruled_out if build.wished(need))
        return Found(tuple(qualified), tuple(excluded), machines, frozenset(failures), refused, tuple(ruled_out))

    def machines(self, need: Need) -> tuple[Machine, ...]:
        """Return the candidate machines; the same objects for the same question, so that their sizes are kept."""
        key = (repr(need.scenario.hardware), need.target, need.accelerator)
        if key not in self._machines:
            if len(self._machines) >= MOST_MACHINES:
                self._machines.clear()
            self._machines[key] = candidates.machines(need, self.base, self.catalogue)
        return self._machines[key]

    def _builds(
        self, model: Model, need: Need, engines: tuple[Engine, ...], machines: tuple[Machine, ...], judge: Judge
    ) -> Iterator[Judged]:
        scope = self.model_scope(model, need)
        outcomes = judge.constrain(scope, range(SCENARIO, MODEL + 1))
        local = tuple(engine for engine in engines if engine.id != HOSTED)
        if any(outcome.state == "fails" for outcome in outcomes):
            yield self._stopped(model, need, scope, engines, outcomes)
            return
        made = False
        for build in self._at_home(model, need, scope, local, machines, judge, outcomes):
            made = True
            yield build
        hosted = next((engine for engine in engines if engine.id == HOSTED), None)
        if hosted is not None:
            made = True
            yield from self._hosted(model, need, scope, hosted, judge, outcomes)
        if not made:
            yield self._stopped(model, need, scope, tuple(self.base.engines.values()), outcomes)

    def model_scope(self, model: Model, need: Need) -> Scope:
        """Return what is known of a model for this work."""
        return Scope(
            need,
            model=model,
            model_quality=quality.model_quality(model, need.cases, self.base),
            floor_gap=quality.floor_gap(model, need.cases, self.base),
            estimated=quality.estimated_benchmarks(model, need.cases, self.base),
            tool_score=quality.tool_score(model, self.base),
            named_quality=self._named_quality(need),
        )

    def _stopped(
        self, model: Model, need: Need, scope: Scope, engines: Iterable[Engine], outcomes: list[Outcome]
    ) -> Judged:
        """A model ruled out before any build was made; its commonest build stands for it."""
        known = tuple(engines) or tuple(self.base.engines.values())
        choices = candidates.quantizations(model, need, self.base, known) or tuple(self.base.quantizations.values())
        engine = max(known, key=lambda item: (item.maturity, item.id))
        return Judged(scope.at(quantization=choices[0], engine=engine), None, tuple(outcomes), ())

    def _named_quality(self, need: Need) -> float | None:
        return quality.model_quality(self.base.models[need.model], need.cases, self.base) if need.model else None

    def _at_home(
        self,
        model: Model,
        need: Need,
        scope: Scope,
        engines: tuple[Engine, ...],
        machines: tuple[Machine, ...],
        judge: Judge,
        before: list[Outcome],
    ) -> Iterator[Judged]:
        """Judge every quantization machine by machine; assumed machines only until one holds the model in comfort."""
        variants = list(self.variants(model, need, scope, engines, judge, before))
        for machine, tried in self.tries(variants, machines, need):
            builds = [self._placed(*variant, machine, judge) for variant in tried]
            yield from builds
            if not need.hardware_stated and any(map(self.comfortable, builds)):
                break

    def tries(
        self, variants: list[Variant], machines: tuple[Machine, ...], need: Need
    ) -> Iterator[tuple[Machine, list[Variant]]]:
        """Yield each machine with the variants worth trying on it."""
        largest = max(machines, key=lambda machine: (machine.device.memory_gib or inf) * machine.devices, default=None)
        for machine in machines:
            tried = variants if affordable(machine, need, self.base) else extremes(variants, self.sizes)
            if machine is not largest:
                tried = [variant for variant in tried if not self._hopeless(variant[0], machine)]
            yield machine, tried

    def _hopeless(self, variant: Scope, machine: Machine) -> bool:
        """Tell whether the weights alone are far more than all its memory; a larger machine says it better."""
        assert variant.model is not None
        assert variant.quantization is not None
        weights = self.sizes.weights(variant.model.id, variant.quantization.id)
        return weights > HOPELESS * memory_gib(machine) * 2**30

    def comfortable(self, build: Judged) -> bool:
        """Tell whether an assumed machine holds the build well: nothing tight or offloaded, enough bits and speed."""
        criteria, memory, speed = self.base.criteria, build.scope.memory, build.scope.speed
        held = not any(outcome.state != "unknown" for outcome in build.outcomes) and not (
            memory and memory.offloaded_gib
        )
        quick = speed is None or speed.decode_tokens_per_s.mid >= criteria.comfortable_tokens_per_s
        precise = "precise_reading" in build.scope.need.needs
        bits = criteria.comfortable_bits_precise if precise else criteria.comfortable_bits
        return held and quick and build.quantization.bits >= bits

    def variants(
        self,
        model: Model,
        need: Need,
        scope: Scope,
        engines: tuple[Engine, ...],
        judge: Judge,
        before: list[Outcome],
    ) -> Iterator[Variant]:
        """Yield each quantization's scope, the engines that load it, and what the rules said so far."""
        for quantization in candidates.quantizations(model, need, self.base, engines):
            official = official_build(model, quantization)
            variant = scope.at(
                quantization=quantization,
                official=official,
                quality=quality.build_quality(model, quantization, official, need.cases, self.base),
            )
            outcomes = [*before, *judge.constrain(variant, range(VARIANT, VARIANT + 1))]
            loading = tuple(engine for engine in engines if quantization.id in self.loads[engine.id])
            yield variant, loading, outcomes

    def _placed(
        self, variant: Scope, engines: tuple[Engine, ...], before: list[Outcome], machine: Machine, judge: Judge
    ) -> Judged:
        """Place a variant on a machine with the best trodden engine that takes it there, an old version last."""
        least: Judged | None = None
        for scope in self.places(variant, engines, machine):
            outcomes = (*before, *judge.constrain(scope, range(PLACEMENT, PLACEMENT + 1)))
            build = Judged(scope, None, outcomes, ())
            if not build.fails:
                return self._sized(scope, machine, judge, outcomes)
            if least is None or len(build.fails) < len(least.fails):
                least = build
        assert least is not None, "some engine loads every quantization that is tried"
        return least

    def places(self, variant: Scope, engines: tuple[Engine, ...], machine: Machine) -> Iterator[Scope]:
        """Yield the variant on a machine under each engine, the best trodden that takes it first."""
        assert variant.model is not None
        assert variant.quantization is not None
        model, quantization, target = variant.model, variant.quantization, variant.need.target
        for taken, engine in self.sizes.options(engines, model, quantization, machine, target):
            yield variant.at(engine=engine, machine=machine, support=taken)

    def _sized(self, scope: Scope, machine: Machine, judge: Judge, before: tuple[Outcome, ...]) -> Judged:
        return min(self.built(scope, machine, judge, before), key=self.layout_order)

    @staticmethod
    def layout_order(build: Judged) -> tuple[int, float, float]:
        """Order the ways to lay a build out: fewest failures, then score, then footprint."""
        return len(build.fails), -build.score, build.footprint_gib

    def built(self, scope: Scope, machine: Machine, judge: Judge, before: tuple[Outcome, ...]) -> list[Judged]:
        """Judge every way to lay a placed variant out."""
        model, quantization, engine = scope.model, scope.quantization, scope.engine
        assert model is not None
        assert quantization is not None
        assert engine is not None
        sized = scope.at(
            cost=rent(machine, scope.need, self.base),
            training=tuning(model, quantization, machine, scope.need, self.sizes),
        )
        laid = self.sizes.laid_out(model, quantization, engine, machine, scope.need.workload)
        return [self._built(sized, plan, speed, judge, before) for plan, speed in laid]

    def _built(
        self, scope: Scope, plan: Plan, speed: Speed | None, judge: Judge, before: tuple[Outcome, ...]
    ) -> Judged:
        sized = scope.at(machine=plan.machine, kv_cache_type=plan.kv_cache_type, memory=plan.memory, speed=speed)
        outcomes = (*before, *judge.constrain(sized, range(BUILD, BUILD + 1)))
        failed = any(outcome.state == "fails" for outcome in outcomes)
        parts = () if failed else judge.score(sized)
        return Judged(sized, plan, outcomes, parts, judge.weights)

    def _hosted(
        self, model: Model, need: Need, scope: Scope, engine: Engine, judge: Judge, before: list[Outcome]
    ) -> Iterator[Judged]:
        for build in self.offered(model, need, scope, engine, judge, before):
            yield build
            if not build.fails:
                return

    def offered(
        self, model: Model, need: Need, scope: Scope, engine: Engine, judge: Judge, before: list[Outcome]
    ) -> Iterator[Judged]:
        """Judge every offer of a model, in the order in which they are taken."""
        quantization = self.base.quantizations[engine.quantizations[0].quantization]
        for offer in candidates.offers(model, need, self.base, self.as_of) or (None,):
            yield self._offered(model, need, scope, engine, quantization, offer, judge, before)

    def _offered(
        self,
        model: Model,
        need: Need,
        scope: Scope,
        engine: Engine,
        quantization: Quantization,
        offer: HostedPrice | None,
        judge: Judge,
        before: list[Outcome],
    ) -> Judged:
        hosted = scope.at(
            quantization=quantization,
            quality=quality.build_quality(model, quantization, None, need.cases, self.base),
            engine=engine,
            support=support(engine, model, quantization, None, need.target),
            hosted=offer,
            served=offer is not None,
            retired=offer is not None and retired(offer, self.as_of),
            speed=self.sizes.stand_in_speed(model, engine, need.workload, self.catalogue) if offer else None,
            cost=hosted_cost(offer, need.tokens_per_month, self._prompt_share(need)) if offer else None,
        )
        outcomes = (*before, *judge.constrain(hosted, range(VARIANT, BUILD + 1)))
        failed = any(outcome.state == "fails" for outcome in outcomes)
        parts = () if failed else judge.score(hosted)
        return Judged(hosted, None, outcomes, parts, judge.weights)

    @staticmethod
    def _prompt_share(need: Need) -> float:
        return need.prompt_tokens / (need.prompt_tokens + need.output_tokens)


def extremes(variants: list[Variant], sizes: Estimator) -> list[Variant]:
    """Return the first variant and the smallest: enough to say what a machine beyond the budget lacks."""

    def size(variant: Variant) -> int:
        scope = variant[0]
        assert scope.model is not None
        assert scope.quantization is not None
        return sizes.weights(scope.model.id, scope.quantization.id)

    least = min(variants, key=size, default=None)
    return [*variants[:1], *([least] if least is not None and least is not variants[0] else [])]
