"""A need against its plan: builds placed, sized, tested and scored, as far as what is asked for hangs on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from math import inf
from operator import attrgetter, itemgetter

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.plan import ModelPlan, OnMachine, Plan, Spot, Variant, memory_gib, rent
from llama_advisor.engine.rank import best_of, ranked
from llama_advisor.engine.ruling import States
from llama_advisor.engine.score import counted_weights, nearness
from llama_advisor.hardware import catalogue_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.judgement import RuleOut
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.scenario.need import Need
from llama_advisor.sizing.capacity import served
from llama_advisor.sizing.cost import hosted_cost
from llama_advisor.sizing.figures import Cost, Training
from llama_advisor.sizing.layouts import Sizes, laid_out

HOPELESS_BYTES = 2 * 2**30
"""Bytes of weights for each GiB of a machine's memory beyond which a build is not tried on it."""
MOST_KEPT = 256
"""Plans, and readings of hardware, that are kept."""

score_of = attrgetter("score")


class Search:
    """Answers needs on one rule base; plans and machines that recur are kept."""

    def __init__(self, base: RuleBase, as_of: date, sizes: Sizes | None = None) -> None:
        self.base, self.as_of = base, as_of
        self.sizes = sizes or Sizes(base)
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._machines: dict[tuple[object, ...], tuple[Machine, ...]] = {}

    def run(self, need: Need, among: frozenset[str] | None = None, *, served: bool = True) -> Found:
        """Judge all models, or those `among` them, as far as what is asked of the result needs it.

        Where services compete that tell no speed, it does not count, unless none is known to serve (`served`).
        """
        engines = candidates.engines(need, self.base)
        local = any(engine.id != HOSTED for engine in engines)
        machines = self.machines(need) if need.self_hosted_considered and local else ()
        owned = bool(machines) and all(machine.owned for machine in machines)
        priced = need.hosted_considered or any(machine.offer for machine in machines)
        untold = served and not need.speed_asked and any(engine.id == HOSTED for engine in engines)
        key = (*need.kind, candidates.named_alone(need, self.base), owned, priced, untold)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MOST_KEPT:
                self._plans.clear()
            weights = counted_weights(need.weights, self.base, owned=owned, priced=priced, untold=untold)
            plan = self._plans[key] = Plan(self.base, self.sizes, self.as_of, need, weights, owned=owned)
        return Found(plan, need, machines, among)

    def machines(self, need: Need) -> tuple[Machine, ...]:
        """Return the candidate machines; the same objects for the same question, so that what is settled is kept."""
        key = (repr(need.scenario.hardware), need.target, need.accelerator, need.bought)
        if key not in self._machines:
            if len(self._machines) >= MOST_KEPT:
                self._machines.clear()
            self._machines[key] = candidates.machines(need, self.base, catalogue_of(self.base))
        return self._machines[key]


def _too_slow(build: Candidate) -> bool:
    """Whether a build that fits is ruled out by its speed and by nothing else."""
    failed = [rule.rule.then for rule, state in build.states if state == "fails"]
    return bool(failed) and all(isinstance(then, RuleOut) and then.rule_out == "speed" for then in failed)


class Found:
    """What came of all models, judged when it is asked for."""

    def __init__(self, plan: Plan, need: Need, machines: tuple[Machine, ...], among: frozenset[str] | None) -> None:
        self.plan, self.need, self.machines = plan, need, machines
        models = (model for model in plan.models if among is None or model.place.model.id in among)
        self._models = [ModelSearch(self, model) for model in models]
        self._costs: dict[int, Cost | None] = {}
        self.fleets = need.target in plan.base.criteria.fleet_targets

    @cached_property
    def order(self) -> tuple[Candidate, ...]:
        """The best build of each model that qualifies, best model first."""
        best = (model.best for model in self._models)
        return ranked(tuple(build for build in best if build), self.need, self.plan.base)

    def of_lane(self, *, hosted: bool, provider: str | None = None) -> tuple[Candidate, ...]:
        """The best build of each model that qualifies as a service, of one provider or any, or on an assumed machine.

        The best model comes first.
        """
        need, margin = self.need, self.plan.base.criteria.wish_margin

        def within(build: Candidate) -> bool:
            of_it = not provider or (build.place.offer is not None and build.place.offer.provider == provider)
            return of_it and (build.engine.id == HOSTED) == hosted

        lanes = (list(filter(within, model.fitting)) for model in self._models)
        return ranked(tuple(best_of(builds, need, margin) for builds in lanes if builds), need, self.plan.base)

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

    def builds(self, model: str) -> tuple[Candidate, ...]:
        """Return all builds judged of a model; none where it is not ranked."""
        return next((item.builds for item in self._models if item.model.place.model.id == model), ())

    def nearest(self, model: str) -> Candidate | None:
        """Return the nearest build of a model that does not qualify."""
        return next((build for build in self.excluded if build.model.id == model), None)

    @cached_property
    def qualified(self) -> tuple[Candidate, ...]:
        """All builds that qualify."""
        return tuple(build for model in self._models for build in model.builds if not build.failures)

    @cached_property
    def excluded(self) -> tuple[Candidate, ...]:
        """The nearest build of each model that has none."""
        return tuple(model.nearest for model in self._models if model.best is None)

    @cached_property
    def failures(self) -> frozenset[str]:
        """What ruled builds out, over all builds of the excluded models."""
        builds = (build for model in self._models if model.best is None for build in model.builds)
        fails = (rule.rule.then for build in builds for rule, state in build.states if state == "fails")
        return frozenset(then.rule_out for then in fails if isinstance(then, RuleOut))

    @cached_property
    def ruled_out(self) -> tuple[Candidate, ...]:
        """All builds ruled out, of every model."""
        return tuple(build for model in self._models for build in model.builds if build.failures)

    @property
    def refused(self) -> tuple[Candidate, ...]:
        """Builds ruled out that have the quantization or the engine wished for."""
        return tuple(build for build in self.ruled_out if build.wished())

    def rent(self, machine: Machine) -> Cost | None:
        """Return the price of a rented machine at the volume; None where it is owned or has no price."""
        if id(machine) not in self._costs:
            rented = not machine.owned and machine.offer is not None
            volume = self.need.tokens_per_month if rented else None
            self._costs[id(machine)] = rent(machine, self.plan.base, volume)
        return self._costs[id(machine)]

    def affordable(self, machine: Machine) -> bool:
        """Return whether a machine is within the budget; of one that is not, few builds are needed to say so."""
        paid = self.rent(machine)
        return paid is None or (most := self.need.budget_usd_per_month) is None or paid.usd_per_month <= most


class ModelSearch:
    """The builds of one model under one need."""

    def __init__(self, found: Found, model: ModelPlan) -> None:
        self.found, self.model = found, model
        self.need, self.base, self.sizes = found.need, found.plan.base, found.plan.sizes
        self._sized_at: dict[int, Candidate] = {}

    @cached_property
    def states(self) -> States:
        """Constraints of the model that do not plainly hold."""
        return self.model.checks.states(Candidate(self.need, self.model.place))

    @cached_property
    def best(self) -> Candidate | None:
        """The model's best build; None where none qualifies.

        On machines that were given, builds are sized in the order of a bound of their score, until no other can
        come near. Of assumed machines the first that holds the model well ends the search, so all on it are sized.
        """
        need, margin = self.need, self.base.criteria.wish_margin
        if any(state == "fails" for _, state in self.states):
            return None
        if not need.hardware_stated:
            return best_of(self.fitting, need, margin) if self.fitting else None
        fitting = [build for build in self._hosted(blocked=False) if not build.failures]
        sized: list[tuple[int, Candidate]] = []
        leader = max(fitting, key=score_of, default=None)
        least = -inf  # Below it no build can be the best: of one in doubt there may be others to take instead.
        for spot, place, variant in self._open_spots():
            if leader is not None:
                least = leader.score - (margin if need.quantizations_wished or leader.states else 0.0)
            if spot.known_bound < least:
                break
            if spot.failing or spot.bound < least:
                continue
            build = self._sized(spot, variant)
            if not build.failures:
                sized.append((place, build))
                leader = max(leader or build, build, key=score_of)
        fitting = [build for _, build in sorted(sized, key=itemgetter(0))] + fitting
        return best_of(fitting, need, margin) if fitting else None

    @cached_property
    def fitting(self) -> list[Candidate]:
        """Builds on assumed machines and services that qualify."""
        builds = (*self._at_home(blocked=False), *self._hosted(blocked=False))
        return [build for build in builds if not build.failures]

    def _open_spots(self) -> list[tuple[Spot, int, Variant]]:
        """Return the places that may hold a build, in the order of their bounds, with their own order."""
        found: list[tuple[Spot, int, Variant]] = []
        place = 0
        for on, tried in self._tries():
            for variant in tried:
                place += 1
                front = variant.front(on)
                if front is not None and not passes(front, self.need):
                    taken = self._spot(variant, on, blocked=False)
                    front = taken if isinstance(taken, Spot) else None
                if front is not None:
                    found.append((front, place, variant))
        found.sort(key=lambda item: -item[0].known_bound)
        return found

    def _before(self, variant: Variant) -> States:
        """Return the states of the model and the variant."""
        if not variant.checks.settled and not variant.checks.left:
            return self.states
        return (*self.states, *variant.checks.states(Candidate(self.need, variant.place)))

    @cached_property
    def nearest(self) -> Candidate:
        """The build that came nearest, of a model that has none; what cannot come nearer is not sized."""
        if any(state == "fails" for _, state in self.states):
            return self.builds[0]
        taken = []
        for on, tried in self._tries():
            taken += [(self._spot(variant, on), variant) for variant in tried]
        places = [(item, variant) for item, variant in taken if isinstance(item, Spot)]
        reached = [(nearness(build), place, build) for place, build in enumerate(self._hosted())]
        first = itemgetter(0, 1)
        for place, (spot, variant) in sorted(enumerate(places), key=lambda item: item[1][0].floor):
            if reached and spot.floor > min(reached, key=first)[0]:
                continue
            build = self._sized(spot, variant)
            reached.append((nearness(build), place, build))
        if not places:  # what was sized got further than what found no place
            others = [item for item, _ in taken if isinstance(item, Candidate)]
            reached += [(nearness(build), place - len(others), build) for place, build in enumerate(others)]
        return min(reached, key=first)[-1] if reached else self.builds[0]

    @cached_property
    def builds(self) -> tuple[Candidate, ...]:
        """All builds judged; where none was made, what became of it at a provider named, else the commonest, stands."""
        every = tuple(self.base.engines.values())
        if any(state == "fails" for _, state in self.states):
            named = self._hosted() if self.need.provider else ()
            return (*named,) or (self._stopped(self.found.plan.engines or every),)
        return (*self._at_home(), *self._hosted()) or (self._stopped(every),)

    def _stopped(self, engines: tuple[Engine, ...]) -> Candidate:
        """A model ruled out before any build was made."""
        stopped = Candidate(self.need, self.model.standing_for(engines))
        stopped.states = self.states
        return stopped

    def _at_home(self, *, blocked: bool = True) -> Iterator[Candidate]:
        """Judge every quantization machine by machine; assumed machines only until one holds the model in comfort."""
        for on, tried in self._tries():
            taken = [(self._spot(variant, on, blocked=blocked), variant) for variant in tried]
            builds = [
                self._sized(item, variant) if isinstance(item, Spot) else item
                for item, variant in taken
                if item is not None and (blocked or (isinstance(item, Spot) and not item.failing))
            ]
            yield from builds
            if not self.need.hardware_stated and any(map(self.comfortable, builds)):
                break

    def _tries(self) -> Iterator[tuple[OnMachine, tuple[Variant, ...]]]:
        """Yield each machine with the variants worth trying on it."""
        machines = self.found.machines
        largest = max(machines, key=lambda machine: (machine.device.memory_gib or inf) * machine.devices, default=None)
        for machine in machines:
            tried = self.model.variants
            if not self.found.affordable(machine) and len(tried) > 1:  # the first and the smallest say what it lacks
                tried = tuple(dict.fromkeys((tried[0], min(tried, key=lambda variant: variant.weights_bytes))))
            if machine is not largest:
                most = HOPELESS_BYTES * memory_gib(machine)
                tried = tuple(variant for variant in tried if variant.weights_bytes <= most)
            yield self.found.plan.on(machine), tried

    def comfortable(self, build: Candidate) -> bool:
        """Return whether an assumed machine holds the build well: nothing tight or offloaded, enough bits and speed."""
        criteria, memory, speed = self.base.criteria, build.memory, build.speed
        if build.capacity and build.capacity.machines > 1:
            return False
        held = all(state == "unknown" for _, state in build.states) and not (memory and memory.offloaded_gib)
        quick = speed is None or speed.decode_tokens_per_s.mid >= criteria.comfortable_tokens_per_s
        precise = "precise_reading" in self.need.needs
        bits = criteria.comfortable_bits_precise if precise else criteria.comfortable_bits
        return held and quick and build.quantization.bits >= bits

    def _spot(self, variant: Variant, on: OnMachine, *, blocked: bool = True) -> Spot | Candidate | None:
        """Place a variant on a machine with the most mature engine that takes it there, an old version last.

        Where none does, the place that fails the fewest constraints stands for it; None where `blocked` places, which
        fail whatever the load, are not looked at.
        """
        need, before = self.need, self._before(variant)
        failed = any(state == "fails" for _, state in before)
        front = None if failed else variant.front(on)
        if front is not None and passes(front, need):
            return front
        least: Candidate | None = None
        for spot in variant.spots(on):
            if spot.ruling.blocked and not blocked:
                continue
            candidate = Candidate(need, spot.place)
            states = spot.ruling.checks.states(candidate)
            if not failed and not any(state == "fails" for _, state in states):
                return spot
            candidate.states = (*before, *states)
            if least is None or candidate.failures < least.failures:
                least = candidate
        return least

    def _sized(self, spot: Spot, variant: Variant) -> Candidate:
        """Judge the ways to lay a placed variant out: fewest failures, then score, then footprint."""
        if id(spot) not in self._sized_at:
            place, load = spot.place, self.need.workload
            assert place.machine is not None
            cost = self.found.rent(place.machine)
            training = self._tuning(place.model, place.quantization, place.machine)
            before = (*self._before(variant), *spot.ruling.checks.states(Candidate(self.need, place)))
            made: list[Candidate] = []
            for every in (False, True):  # what misses a pace that was stated may keep it with a smaller cache
                if every and not (self.need.min_tokens_per_s and all(map(_too_slow, made))):
                    break
                for layout, measured in laid_out(spot.groups, load, every=every)[len(made) :]:
                    sized, speed, capacity = served(
                        layout, load, measured, fleet=cost is not None and self.found.fleets
                    )
                    if sized.fits is False:
                        speed = None
                    paid = cost and cost.for_machines(capacity.machines)
                    candidate = Candidate(self.need, place, layout, sized, speed, paid, training, capacity)
                    made.append(self._judged(spot, before, candidate))
            self._sized_at[id(spot)] = min(made, key=lambda build: (build.failures, -build.score, build.footprint_gib))
        return self._sized_at[id(spot)]

    def _judged(self, spot: Spot, before: States, candidate: Candidate) -> Candidate:
        """Test the constraints of a build, and score it where none fails."""
        candidate.states = states = (*before, *spot.ruling.build_checks.states(candidate))
        candidate.weights = self.found.plan.weights
        if not any(state == "fails" for _, state in states):
            candidate.criteria = spot.ruling.criteria
            candidate.score = round(sum([terms.points_of(candidate) for terms in spot.ruling.criteria]), 2)
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
                training = self.sizes.training(model, method, machine, need.tuning)
                if training.fits is not False:
                    return training
                tried.append(training)
        return min(tried, key=lambda training: training.per_device.need_gib, default=None)

    def _hosted(self, *, blocked: bool = True) -> Iterator[Candidate]:
        """Judge the offers in their order until one qualifies; those `blocked` whatever the load only if asked for."""
        need = self.need
        prompt_share = need.prompt_tokens / (need.prompt_tokens + need.output_tokens)
        for spot in self.model.offers(self.need):
            if spot.ruling.blocked and not blocked:
                continue
            place, day = spot.place, self.model.plan.as_of
            cost = hosted_cost(place.offer, need.tokens_per_month, prompt_share, day) if place.offer else None
            candidate = Candidate(need, place, cost=cost)
            built = self._judged(spot, (*self.states, *spot.ruling.checks.states(candidate)), candidate)
            yield built
            if not built.failures:
                return


def passes(spot: Spot, need: Need) -> bool:
    """Return whether no constraint of the place fails under the need; what settles is known not to."""
    left = spot.ruling.checks.left
    if not left:
        return True
    candidate = Candidate(need, spot.place)
    return all(test(candidate) != "fails" for _, _, test in left)
