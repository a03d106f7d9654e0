"""A need against its plan: builds placed, sized, tested and scored, as far as what is asked for hangs on them."""

from __future__ import annotations

from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.plan import Plan, memory_gib, run_checks
from llama_advisor.engine.rank import ranked
from llama_advisor.engine.score import counted_weights, nearness
from llama_advisor.hardware import catalogue_of
from llama_advisor.sizing.cost import hosted_cost, self_hosted_cost
from llama_advisor.sizing.layouts import Sizes, laid_out
from llama_advisor.sizing.support import HOSTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.engine.plan import ModelPlan, Spot, States, Variant
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.figures import Cost, Training

LONGEST_SAMPLE = 4096
"""Tokens of the longest sample that tuning is sized for."""
HOPELESS_BYTES = 2 * 2**30
"""Bytes of weights for each GiB of a machine's memory beyond which a build is not tried on it."""
MOST_KEPT = 256
"""Plans, and readings of hardware, that are kept."""


class Search:
    """Answers needs on one rule base; plans and machines that recur are kept."""

    def __init__(self, base: RuleBase, as_of: date, sizes: Sizes | None = None) -> None:
        self.base, self.as_of = base, as_of
        self.sizes = sizes or Sizes(base)
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._machines: dict[tuple[str, str, str], tuple[Machine, ...]] = {}

    def run(self, need: Need, among: frozenset[str] | None = None) -> Found:
        """Judge all models, or those `among` them, as far as what is asked of the result needs it."""
        local = any(engine.id != HOSTED for engine in candidates.engines(need, self.base))
        machines = self.machines(need) if need.self_hosted_considered and local else ()
        owned = bool(machines) and all(machine.owned for machine in machines)
        priced = need.hosted_considered or any(machine.offer for machine in machines)
        key = (*need.kind, owned, priced)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_KEPT:
                self._plans.clear()
            weights = counted_weights(need.weights, self.base, owned=owned, priced=priced)
            plan = self._plans[key] = Plan(self.base, self.sizes, self.as_of, need, weights)
        return Found(plan, need, machines, among)

    def machines(self, need: Need) -> tuple[Machine, ...]:
        """Return the candidate machines; the same objects for the same question, so that what is settled is kept."""
        key = (repr(need.scenario.hardware), need.target, need.accelerator)
        if key not in self._machines:
            if len(self._machines) >= MOST_KEPT:
                self._machines.clear()
            self._machines[key] = candidates.machines(need, self.base, catalogue_of(self.base))
        return self._machines[key]


class Found:
    """What came of all models, judged when it is asked for."""

    def __init__(self, plan: Plan, need: Need, machines: tuple[Machine, ...], among: frozenset[str] | None) -> None:
        self.plan, self.need, self.machines = plan, need, machines
        self._models = [
            ModelSearch(self, model) for model in plan.models if among is None or model.place.model.id in among
        ]
        self._costs: dict[int, Cost | None] = {}

    @cached_property
    def order(self) -> tuple[Candidate, ...]:
        """The best build of each model that qualifies, best model first."""
        return ranked(self.qualified, self.need, self.plan.base)

    @property
    def winner(self) -> Candidate | None:
        """The build recommended; None where nothing fits."""
        return self.order[0] if self.order else None

    @property
    def model(self) -> str | None:
        """The model recommended; None where nothing fits."""
        return self.order[0].model.id if self.order else None

    def best(self, model: str) -> Candidate | None:
        """Return the best build of a model that qualifies."""
        return next((build for build in self.order if build.model.id == model), None)

    def nearest(self, model: str) -> Candidate | None:
        """Return the nearest build of a model that does not qualify."""
        return next((build for build in self.excluded if build.model.id == model), None)

    @cached_property
    def qualified(self) -> tuple[Candidate, ...]:
        """All builds that qualify."""
        return tuple(build for model in self._models for build in model.qualified)

    @cached_property
    def excluded(self) -> tuple[Candidate, ...]:
        """The nearest build of each model that has none."""
        return tuple(min(model.builds, key=nearness) for model in self._models if not model.qualified)

    @cached_property
    def failures(self) -> frozenset[str]:
        """What ruled builds out, over all builds of the excluded models."""
        out = (model.builds for model in self._models if not model.qualified)
        return frozenset(kind for builds in out for build in builds for kind in build.bottleneck_kinds())

    @cached_property
    def ruled_out(self) -> tuple[Candidate, ...]:
        """All builds ruled out, of every model."""
        return tuple(build for model in self._models for build in model.builds if build.failures)

    @property
    def refused(self) -> tuple[Candidate, ...]:
        """Builds ruled out that have the quantization or the engine wished for."""
        return tuple(build for build in self.ruled_out if build.wished())

    def rent(self, machine: Machine) -> Cost | None:
        """Return the price of a rented machine; None where it is owned or has no price."""
        if id(machine) not in self._costs:
            rented = not machine.owned and machine.offer is not None
            volume, rentals = self.need.tokens_per_month, self.plan.base.rentals
            cost = self_hosted_cost(rentals[str(machine.offer)], machine, volume) if rented else None
            self._costs[id(machine)] = cost
        return self._costs[id(machine)]

    def affordable(self, machine: Machine) -> bool:
        """Return whether a machine is within the budget; of one that is not, few builds are needed to say so."""
        paid, budget = self.rent(machine), self.need.budget_usd_per_month
        return paid is None or budget is None or paid.usd_per_month <= budget


class ModelSearch:
    """The builds of one model under one need."""

    def __init__(self, found: Found, model: ModelPlan) -> None:
        self.found, self.model = found, model
        self.need, self.base, self.sizes = found.need, found.plan.base, found.plan.sizes

    @cached_property
    def builds(self) -> tuple[Candidate, ...]:
        """All builds judged; where none was made, the commonest stands for the model."""
        model, need, plan = self.model, self.need, self.found.plan
        states = run_checks(model.checks, Candidate(need, model.place))
        every = tuple(self.base.engines.values())
        if any(state == "fails" for _, state in states):
            return (self._stopped(plan.engines or every, states),)
        made = (*self._at_home(states), *self._hosted(states))
        return made or (self._stopped(every, states),)

    @cached_property
    def qualified(self) -> tuple[Candidate, ...]:
        """Builds that no constraint rules out."""
        return tuple(build for build in self.builds if not build.failures)

    def _stopped(self, engines: tuple[Engine, ...], states: States) -> Candidate:
        """A model ruled out before any build was made."""
        stopped = Candidate(self.need, self.model.standing_for(engines))
        stopped.states = states
        return stopped

    def _at_home(self, before: States) -> Iterator[Candidate]:
        """Judge every quantization machine by machine; assumed machines only until one holds the model in comfort."""
        machines = self.found.machines
        largest = max(machines, key=lambda machine: (machine.device.memory_gib or inf) * machine.devices, default=None)
        for machine in machines:
            tried = self.model.variants
            if not self.found.affordable(machine):
                tried = extremes(tried)
            if machine is not largest:
                most = HOPELESS_BYTES * memory_gib(machine)
                tried = tuple(variant for variant in tried if variant.weights_bytes <= most)
            builds = [self._placed(variant, before, machine) for variant in tried]
            yield from builds
            if not self.need.hardware_stated and any(map(self.comfortable, builds)):
                break

    def comfortable(self, build: Candidate) -> bool:
        """Return whether an assumed machine holds the build well: nothing tight or offloaded, enough bits and speed."""
        criteria, memory, speed = self.base.criteria, build.memory, build.speed
        held = all(state == "unknown" for _, state in build.states) and not (memory and memory.offloaded_gib)
        quick = speed is None or speed.decode_tokens_per_s.mid >= criteria.comfortable_tokens_per_s
        precise = "precise_reading" in self.need.needs
        bits = criteria.comfortable_bits_precise if precise else criteria.comfortable_bits
        return held and quick and build.quantization.bits >= bits

    def _placed(self, variant: Variant, before: States, machine: Machine) -> Candidate:
        """Place a variant on a machine with the most mature engine that takes it there, an old version last."""
        need = self.need
        before = (*before, *run_checks(variant.checks, Candidate(need, variant.place)))
        failed = sum(state == "fails" for _, state in before)
        least: Candidate | None = None
        for spot in variant.spots(machine, need):
            candidate = Candidate(need, spot.place)
            states = (*before, *run_checks(spot.checks, candidate))
            if not failed and not any(state == "fails" for _, state in states):
                return self._sized(spot, states)
            candidate.states = states
            if least is None or candidate.failures < least.failures:
                least = candidate
        assert least is not None, "some engine loads every quantization that is tried"
        return least

    def _sized(self, spot: Spot, before: States) -> Candidate:
        """Judge the ways to lay a placed variant out: fewest failures, then score, then footprint."""
        place = spot.place
        assert place.machine is not None
        cost = self.found.rent(place.machine)
        training = self._tuning(place.model, place.quantization, place.machine)
        load = self.need.workload
        made = []
        for layout, sized in laid_out(spot.groups, load):
            speed = None if sized.fits is False else layout.speed(load, sized)
            made.append(self._judged(spot, before, Candidate(self.need, place, layout, sized, speed, cost, training)))
        return min(made, key=lambda build: (build.failures, -build.score, build.footprint_gib))

    def _judged(self, spot: Spot, before: States, candidate: Candidate) -> Candidate:
        """Test the constraints of a build, and score it where none fails."""
        candidate.states = states = (*before, *run_checks(spot.build_checks, candidate))
        candidate.weights = self.found.plan.weights
        if not any(state == "fails" for _, state in states):
            candidate.parts = tuple(part for terms in spot.criteria for part in terms.parts_of(candidate))
            candidate.score = round(sum(part.points for part in candidate.parts), 2)
        return candidate

    def _tuning(self, model: Model, quantization: Quantization, machine: Machine) -> Training | None:
        """Size the first acceptable tuning method that fits; where none does, the one that needs least."""
        need, order = self.need, self.base.criteria.tuning_order
        if not need.wants_tuning:
            return None
        possible = set(quantization.tunes) if "tuning" in need.needs else set(order)
        acceptable = possible & set(need.fine_tuning) if need.fine_tuning else possible
        tried = []
        for method in order:
            if method in acceptable:
                training = self.sizes.training(model, method, machine, min(need.context_tokens, LONGEST_SAMPLE))
                if training.fits is not False:
                    return training
                tried.append(training)
        return min(tried, key=lambda training: training.per_device.need_gib, default=None)

    def _hosted(self, before: States) -> Iterator[Candidate]:
        """Judge the offers in their order until one qualifies."""
        need, load = self.need, self.need.workload
        prompt_share = need.prompt_tokens / (need.prompt_tokens + need.output_tokens)
        for spot, checks in self.model.offers:
            place, speed, cost = spot.place, None, None
            if place.offer is not None:
                speed = self.sizes.stand_in_speed(place.model, place.engine, load)
                cost = hosted_cost(place.offer, need.tokens_per_month, prompt_share)
            candidate = Candidate(need, place, speed=speed, cost=cost)
            states = (*before, *run_checks(checks, candidate), *run_checks(spot.checks, candidate))
            built = self._judged(spot, states, candidate)
            yield built
            if not built.failures:
                return


def extremes(variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
    """Return the first variant and the smallest: enough to say what a machine beyond the budget lacks."""
    least = min(variants, key=lambda variant: variant.weights_bytes, default=None)
    return (*variants[:1], *([least] if least is not None and least is not variants[0] else []))
