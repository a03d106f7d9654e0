"""A plan: all of the search that reads no number of the scenario, made once for a kind of need and kept.

Rules are dropped as soon as what is settled makes them false, and settled where nothing open is left in them; what
remains is tested for each need. Variants and places are opened when they are first visited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, cached_property
from itertools import islice
from math import inf
from typing import Any, NamedTuple

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Candidate, Outcome, Place
from llama_advisor.engine.fact import BUILD, FACTS, MODEL, PLACEMENT, SCENARIO, VARIANT
from llama_advisor.engine.offers import features_needed, standings
from llama_advisor.engine.ruling import Rules, Ruling
from llama_advisor.engine.score import missed_by
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED, Feature
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.scenario.need import Need
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import quality
from llama_advisor.sizing.cost import self_hosted_cost
from llama_advisor.sizing.figures import Cost
from llama_advisor.sizing.layouts import Groups, Sizes, laid_out
from llama_advisor.sizing.memory import memory
from llama_advisor.sizing.support import Support, device_traits, official_build, support
from llama_advisor.text.strict import CriterionId

Traits = tuple[Any, ...]
"""What is read of a machine whatever the load."""
MOST_MACHINES = 64
"""Machines of which a plan keeps the places."""
SIZED, FITS = 2, 3
"""Stages of a candidate that was sized, and that fits."""
SMALLEST = Workload(1, 1, 1)
"""Whatever else a load is, it needs more memory than this."""


class Spot:
    """A variant on an engine and a machine, or an offer: what is judged once a load is known."""

    def __init__(self, plan: Plan, ruling: Ruling, place: Place, need: Need) -> None:
        self.plan, self.ruling, self.place, self._need = plan, ruling, place, need

    @cached_property
    def failing(self) -> int:
        """Number of constraints of the build that fail whatever the load.

        Of a place that holds not even the smallest load no larger one needs to be sized.
        """
        smallest = self._smallest
        if smallest.memory is None or smallest.memory.fits is not False:
            return self.ruling.build_checks.fails
        return len(self.ruling.failing(smallest))

    @cached_property
    def floor(self) -> tuple[int, int, bool, float]:
        """How near it comes whatever the load, as `nearness` has it."""
        smallest, criteria = self._smallest, self.plan.base.criteria
        coarse = self.place.quantization.bits < criteria.comfortable_bits
        if smallest.memory is None or smallest.memory.fits is not False:
            return -FITS, self.failing, coarse, 0.0
        settled = {rule.id for rule, _ in self.ruling.build_checks.settled}
        open_ones = [rule for rule in self.ruling.failing(smallest) if rule.id not in settled]
        return -SIZED, self.failing, coarse, sum(missed_by(Outcome(rule, "fails", smallest)) for rule in open_ones)

    @cached_property
    def _smallest(self) -> Candidate:
        layout, measured = laid_out(self.groups, SMALLEST)[0]
        return Candidate(self._need, self.place, layout, memory(layout.memory_terms, measured, SMALLEST))

    @property
    def known_bound(self) -> float:
        """The closer bound where it was needed before, else the rough one."""
        return self.bound if "bound" in self.__dict__ else self.ruling.bound

    @cached_property
    def bound(self) -> float:
        """A closer bound: what the score would be under the smallest load, on the best part of the machine."""
        machine, criteria = self.place.machine, self.ruling.criteria
        assert machine is not None
        # the first group has every part of one node; those across nodes stand in groups of their own
        groups = self.groups if machine.nodes > 1 else islice(self.groups, 1)
        parts = {layout.part: layout for group in groups for layout in group}
        cost = rent(machine, self.plan.base)
        scores = []
        for layout in parts.values():
            measured = layout.measure(SMALLEST)
            speed = layout.speed_of(SMALLEST, 1, measured)
            smallest = memory(layout.memory_terms, measured, SMALLEST)
            candidate = Candidate(self._need, self.place, layout, smallest, speed, cost)
            scores.append(sum(terms.most_of(candidate) for terms in criteria))
        return max(scores)

    @cached_property
    def groups(self) -> Groups:
        """Layouts in the groups of the ladder."""
        plan, place, machine = self.plan, self.place, self.place.machine
        assert machine is not None
        return plan.sizes.groups(place.model, place.quantization, place.engine, machine, with_image=plan.with_image)


class Variant:
    """A model in a quantization, with the engines that load it."""

    def __init__(self, plan: Plan, place: Place, need: Need, rules: Rules, engines: tuple[Engine, ...]) -> None:
        self.plan, self.place, self.need, self.engines = plan, place, need, engines
        candidate = Candidate(need, place)
        self.checks = rules.checks(candidate, VARIANT)
        self.blocked = self.checks.fails > 0
        self.rules = rules.narrowed(candidate, VARIANT)
        stored = place.model, place.quantization.id
        self.weights_bytes = min(plan.sizes.weights(*stored, engine) for engine in (*engines, None))
        self._kinds: dict[tuple[str, Support, Traits], Ruling] = {}
        self._rulings: dict[Traits, tuple[list[Ruling], Iterator[Ruling]]] = {}
        self._fronts: dict[Traits, Ruling | None] = {}

    def spots(self, on: OnMachine) -> Iterator[Spot]:
        """Yield the places on a machine, opened when visited: the most mature engine that takes it there first."""
        return (self._spot(ruling, on) for ruling in self._ruled(on))

    def front(self, on: OnMachine) -> Spot | None:
        """Return the first place on a machine where nothing fails whatever the load."""
        if self.blocked:
            return None
        if on.device not in self._fronts:
            self._fronts[on.device] = next((ruling for ruling in self._ruled(on) if not ruling.blocked), None)
        ruling = self._fronts[on.device]
        return None if ruling is None else self._spot(ruling, on)

    def _spot(self, ruling: Ruling, on: OnMachine) -> Spot:
        spot = on.spots.get(id(ruling))
        if spot is None:
            place = ruling.place._replace(machine=on.machine)
            spot = on.spots[id(ruling)] = Spot(self.plan, ruling, place, self.need)
        return spot

    def _ruled(self, on: OnMachine) -> Iterator[Ruling]:
        if on.device not in self._rulings:
            self._rulings[on.device] = [], self._opened(on)
        kept, further = self._rulings[on.device]
        yield from kept
        for ruling in further:
            kept.append(ruling)
            yield ruling

    def _opened(self, on: OnMachine) -> Iterator[Ruling]:
        """Open the place on each engine, the most mature that takes it there first."""
        plan, model, quantization = self.plan, self.place.model, self.place.quantization
        taking = [
            (support(engine, model, quantization, on.machine.device, plan.target), engine) for engine in self.engines
        ]
        for taken, engine in sorted(taking, key=lambda item: (item[0].reasons_against, -item[1].maturity, item[1].id)):
            kind = engine.id, taken, on.traits
            if kind not in self._kinds:
                placed = self.place._replace(engine=engine, machine=on.machine, support=taken)
                self._kinds[kind] = Ruling(plan.weighed, placed, self.need, self.rules, PLACEMENT)
            yield self._kinds[kind]


class OnMachine(NamedTuple):
    """A machine with the places opened on it."""

    machine: Machine
    traits: Traits  # what rules and criteria read of it
    device: Traits  # that, and what engines read of it
    spots: dict[int, Spot]  # by the identity of their ruling


class ModelPlan:
    """A model with what is settled of it, its variants and its offers."""

    def __init__(self, plan: Plan, place: Place, need: Need, rules: Rules) -> None:
        self.plan, self.place, self.need = plan, place, need
        candidate = Candidate(need, place)
        self.checks = rules.checks(candidate, SCENARIO, MODEL)
        self.rules = rules.narrowed(candidate, MODEL)
        self._offers: dict[tuple[Feature, ...], tuple[Spot, ...]] = {}

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Quantizations that some engine of one's own loads."""
        plan, place, need = self.plan, self.place, self.need
        model: Model = place.model
        found = []
        for quantization in candidates.quantizations(model, need, plan.base, plan.local):
            official = official_build(model, quantization)
            made = quality.build_quality(model, quantization, official, need.cases, plan.base, in_full=plan.owned)
            loading = tuple(engine for engine in plan.local if quantization.id in engine.by_quantization)
            variant = place._replace(quantization=quantization, official=official, quality=made)
            found.append(Variant(plan, variant, need, self.rules, loading))
        return tuple(found)

    def offers(self, need: Need) -> tuple[Spot, ...]:
        """Return the hosted offers in the order in which they are taken, kept by what is needed of them."""
        needed = features_needed(need)
        if needed not in self._offers:
            self._offers[needed] = self._judged(needed)
        return self._offers[needed]

    def _judged(self, needed: tuple[Feature, ...]) -> tuple[Spot, ...]:
        plan, need = self.plan, self.need
        service = plan.service
        if service is None:
            return ()
        model: Model = self.place.model
        quantization = plan.base.quantizations[service.quantizations[0].quantization]
        hosted = self.place._replace(
            quantization=quantization, engine=service, support=support(service, model, quantization, None, need.target)
        )
        found = []
        for offer, standing in standings(model, need, needed, plan.base, plan.as_of):
            stored = plan.base.quantizations[offer.precision] if offer and offer.precision else quantization
            made = quality.build_quality(model, stored, None, need.cases, plan.base)
            place = hosted._replace(offer=offer, standing=standing, quality=made)
            found.append(Spot(plan, Ruling(plan.weighed, place, need, self.rules, VARIANT, PLACEMENT), place, need))
        return tuple(found)

    def standing_for(self, known: tuple[Engine, ...]) -> Place:
        """Return the first quantization on the most mature of these engines."""
        base = self.plan.base
        choices = candidates.quantizations(self.place.model, self.need, base, known)
        first: Quantization = (choices or tuple(base.quantizations.values()))[0]
        return self.place._replace(quantization=first, engine=max(known, key=lambda item: (item.maturity, item.id)))


class Plan:
    """What a kind of need comes to on a rule base, whatever its numbers."""

    def __init__(
        self, base: RuleBase, sizes: Sizes, as_of: date, need: Need, weights: dict[CriterionId, float], *, owned: bool
    ) -> None:
        self.owned = owned
        self.base, self.sizes, self.as_of, self.weights = base, sizes, as_of, weights
        self.weighed = base, weights
        self.target = need.target
        self.with_image = need.images_per_prompt > 0
        self.engines = candidates.engines(need, base)
        self.local = tuple(engine for engine in self.engines if engine.id != HOSTED)
        self.service = next((engine for engine in self.engines if engine.id == HOSTED), None)
        rules = Rules(tuple(base.in_folder("constraints")), tuple(base.in_folder("preferences")))
        self.rules = rules.narrowed(Candidate(need), SCENARIO)
        self._need, self._traits = need, self._facts_of_machines()
        self._machines: dict[int, OnMachine] = {}
        cases = need.cases
        qualities = cache(lambda model: quality.model_quality(base.models[model], cases, base))

        places = (
            Place(
                model=model,
                model_quality=qualities(model.id),
                floor_gap=quality.floor_gap(model, cases, base),
                tool_score=quality.tool_score(model, base),
                qualities=qualities,
                estimated=quality.estimated_benchmarks(model, cases, base),
            )
            for model in candidates.models(need, base)
        )
        self.models = tuple(ModelPlan(self, place, need, self.rules) for place in places)

    def _facts_of_machines(self) -> tuple[Callable[[Any], Any], ...]:
        """Return the facts of machines that rules at work or criteria read and that no load or layout changes."""
        read = {measure.fact for criterion in self.base.criteria.criteria for measure in criterion.measures}
        for rule in (*self.rules.constraints, *self.rules.preferences):
            read |= rule.facts_read
        facts = [FACTS[name] for name in sorted(read)]
        return tuple(fact.compute for fact in facts if fact.owner == "machine" and fact.settles <= BUILD)

    def on(self, machine: Machine) -> OnMachine:
        """Return a machine with the places opened on it before."""
        found = self._machines.get(id(machine))
        if found is None:
            if len(self._machines) >= MOST_MACHINES:
                self._machines.clear()
            candidate = Candidate(self._need, Place(machine=machine))
            traits = tuple(read(candidate) for read in self._traits)
            device = (*device_traits(machine.device), *traits)
            found = self._machines[id(machine)] = OnMachine(machine, traits, device, {})
        return found


def memory_gib(machine: Machine) -> float:
    """Return the memory of all devices and hosts, GiB; endless where it is not known."""
    memory = machine.device.memory_gib
    if memory is None and machine.ram_gib is None:
        return inf
    others = sum((device.memory_gib or 0.0) * count for device, count in machine.others)
    return machine.nodes * ((memory or 0.0) * machine.count + others + (machine.ram_gib or 0.0))


def rent(machine: Machine, base: RuleBase, tokens_per_month: float | None = None) -> Cost | None:
    """Return the price of a rented machine; None where it is owned or has no price."""
    if machine.owned or machine.offer is None:
        return None
    return self_hosted_cost(base.rentals[machine.offer], machine, tokens_per_month)
