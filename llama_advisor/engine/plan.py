"""A plan: all of the search that reads no number of the scenario, made once for a kind of need and kept.

Rules are dropped as soon as what is settled makes them false, and settled where nothing open is left in them; what
remains is tested for each need. Variants and places are opened when they are first visited.
"""

from __future__ import annotations

from functools import cache, cached_property
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Candidate, Outcome, Place
from llama_advisor.engine.fact import BUILD, HOPELESS, MODEL, PLACEMENT, SCENARIO, VARIANT
from llama_advisor.engine.score import criterion_terms, missed_by
from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import quality
from llama_advisor.sizing.cost import retired, self_hosted_cost
from llama_advisor.sizing.layouts import laid_out
from llama_advisor.sizing.support import HOSTED, official_build, support

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from llama_advisor.engine.score import CriterionTerms
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.knowledge.rule import CompiledRule, State
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.figures import Cost
    from llama_advisor.sizing.layouts import Groups, Sizes
    from llama_advisor.text.strict import CriterionId

    States = tuple[tuple[CompiledRule, State], ...]


SMALLEST = Workload(1, 1, 1)
"""Whatever else a load is, it needs more memory than this."""


class Checks(NamedTuple):
    """Constraints of one level at one place, settled as far as the place does."""

    settled: States  # those that do not plainly hold, whatever the load
    left: tuple[tuple[int, CompiledRule, Callable[[Any], State | None]], ...]  # where among them it stands, its test

    @property
    def fails(self) -> int:
        """Number of constraints that fail whatever the load."""
        return sum(state == "fails" for _, state in self.settled)

    def states(self, candidate: Candidate) -> States:
        """Return the constraints that do not plainly hold, with their state, in the order of the rules."""
        if not self.left:
            return self.settled
        found = [(place, rule, state) for place, rule, test in self.left if (state := test(candidate))]
        if not found:
            return self.settled
        states = list(self.settled)
        for place, rule, state in reversed(found):
            states.insert(place, (rule, state))
        return tuple(states)


class Rules(NamedTuple):
    """Constraints and preferences that may still be at work."""

    constraints: tuple[CompiledRule, ...]
    preferences: tuple[CompiledRule, ...]

    def narrowed(self, candidate: Candidate, level: int) -> Rules:
        """Leave out what the facts up to a level make false."""
        return Rules(
            tuple(
                rule
                for rule in self.constraints
                if level not in rule.settles_at or rule.settle_state(candidate, level) is not None
            ),
            tuple(rule for rule in self.preferences if level not in rule.settles_at or rule.settle(candidate, level)),
        )

    def checks(self, candidate: Candidate, *levels: int) -> Checks:
        """Return the constraints of some levels, settled as far as the place does."""
        settled: list[tuple[CompiledRule, State]] = []
        left: list[tuple[int, CompiledRule, Callable[[Any], State | None]]] = []
        for level in levels:
            for rule in self.constraints:
                if rule.level != level:
                    continue
                state = rule.settle_state(candidate, level)
                if callable(state):
                    left.append((len(settled), rule, state))
                elif state is not None:
                    settled.append((rule, state))
        return Checks(tuple(settled), tuple(left))


class Spot:
    """A variant on an engine and a machine, or an offer: what is judged once a load is known."""

    def __init__(self, plan: Plan, place: Place, need: Need, rules: Rules, *levels: int) -> None:
        self.plan, self.place, self.rules = plan, place, rules
        candidate = Candidate(need, place)
        self.checks = rules.checks(candidate, *levels)
        self.blocked = self.checks.fails > 0
        self._first = candidate

    @cached_property
    def build_checks(self) -> Checks:
        """Constraints of the build, settled as far as the place does."""
        return self.rules.checks(self._first, BUILD)

    @cached_property
    def criteria(self) -> tuple[CriterionTerms, ...]:
        """The criteria that count, settled as far as the place does."""
        base, weights, candidate = self.plan.base, self.plan.weights, self._first
        fired: dict[str, list[tuple[CompiledRule, float, Callable[[Any], bool | None] | None]]] = {}
        for rule in self.rules.preferences:
            then = rule.rule.then
            if not isinstance(then, Adjust) or weights.get(then.criterion, 0.0) <= 0:
                continue
            outcome = rule.settle(candidate, BUILD)
            if outcome:
                fired.setdefault(then.criterion, []).append((rule, then.points, outcome if callable(outcome) else None))
        bound = base.criteria.preference_bound
        return tuple(
            criterion_terms(item, weights[item.id], bound, candidate, fired.get(item.id, ()))
            for item in base.criteria.criteria
            if weights.get(item.id, 0.0) > 0
        )

    @cached_property
    def floor(self) -> tuple[int, float]:
        """How far it is out whatever the load: constraints that fail, and by how much those on memory are missed.

        Of a place that holds not even the smallest load no larger one needs to be sized.
        """
        checks, need = self.build_checks, self._first.need
        layout, smallest = laid_out(self.groups, SMALLEST)[0]
        if smallest.fits is not False:
            return checks.fails, 0.0
        candidate = Candidate(need, self.place, layout, smallest)
        failing = [
            rule
            for rule in self.rules.constraints
            if rule.level == BUILD and rule.settle_state(candidate, HOPELESS) == "fails"
        ]
        settled = {rule.id for rule, _ in checks.settled}
        missed = sum(missed_by(Outcome(rule, "fails", candidate)) for rule in failing if rule.id not in settled)
        return len(failing), missed

    @cached_property
    def rough_bound(self) -> float:
        """A bound of the score, whatever the load."""
        return sum(terms.most for terms in self.criteria)

    @property
    def known_bound(self) -> float:
        """The closer bound where it was needed before, else the rough one."""
        return self.bound if "bound" in self.__dict__ else self.rough_bound

    @cached_property
    def bound(self) -> float:
        """A closer bound: what the score would be under the smallest load, on the best part of the machine."""
        machine = self.place.machine
        assert machine is not None
        # the first group has every part of one node; those across nodes stand in groups of their own
        groups = self.groups if machine.nodes > 1 else islice(self.groups, 1)
        parts = {layout.part: layout for group in groups for layout in group}
        cost = rent(machine, self.plan.base)
        scores = []
        for layout in parts.values():
            smallest = layout.memory(SMALLEST)
            speed = layout.speed(SMALLEST, smallest)
            candidate = Candidate(self._first.need, self.place, layout, smallest, speed, cost)
            scores.append(sum(terms.most_of(candidate) for terms in self.criteria))
        return max(scores)

    @cached_property
    def groups(self) -> Groups:
        """Layouts in the groups of the ladder."""
        place = self.place
        assert place.machine is not None
        return self.plan.sizes.groups(
            place.model, place.quantization, place.engine, place.machine, with_image=self.plan.with_image
        )


class Variant:
    """A model in a quantization, with the engines that load it."""

    def __init__(self, plan: Plan, place: Place, need: Need, rules: Rules, engines: tuple[Engine, ...]) -> None:
        self.plan, self.place, self.engines = plan, place, engines
        candidate = Candidate(need, place)
        self.checks = rules.checks(candidate, VARIANT)
        self.blocked = self.checks.fails > 0
        self.rules = rules.narrowed(candidate, VARIANT)
        self.weights_bytes = plan.sizes.weights(place.model.id, place.quantization.id)
        self._spots: dict[int, tuple[Machine, list[Spot], Iterator[Spot]]] = {}
        self._fronts: dict[int, Spot | None] = {}

    def spots(self, machine: Machine, need: Need) -> Iterator[Spot]:
        """Yield the places on a machine, opened when visited: the most mature engine that takes it there first."""
        if id(machine) not in self._spots:
            self._spots[id(machine)] = machine, [], self._opened(machine, need)
        _, kept, further = self._spots[id(machine)]
        yield from kept
        for spot in further:
            kept.append(spot)
            yield spot

    def front(self, machine: Machine, need: Need) -> Spot | None:
        """Return the first place on a machine where nothing fails whatever the load."""
        if self.blocked:
            return None
        if id(machine) not in self._fronts:
            self._fronts[id(machine)] = next((spot for spot in self.spots(machine, need) if not spot.blocked), None)
        return self._fronts[id(machine)]

    def _opened(self, machine: Machine, need: Need) -> Iterator[Spot]:
        place = self.place
        for taken, engine in self.plan.engines_on(self.engines, place.model, place.quantization, machine):
            placed = place._replace(engine=engine, machine=machine, support=taken)
            yield Spot(self.plan, placed, need, self.rules, PLACEMENT)


class ModelPlan:
    """A model with what is settled of it, its variants and its offers."""

    def __init__(self, plan: Plan, place: Place, need: Need, rules: Rules) -> None:
        self.plan, self.place, self.need = plan, place, need
        candidate = Candidate(need, place)
        self.checks = rules.checks(candidate, SCENARIO, MODEL)
        self.rules = rules.narrowed(candidate, MODEL)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Quantizations that some engine of one's own loads."""
        plan, place, need = self.plan, self.place, self.need
        model: Model = place.model
        found = []
        for quantization in candidates.quantizations(model, need, plan.base, plan.local):
            official = official_build(model, quantization)
            made = quality.build_quality(model, quantization, official, need.cases, plan.base)
            loading = tuple(engine for engine in plan.local if quantization.id in plan.loads[engine.id])
            variant = place._replace(quantization=quantization, official=official, quality=made)
            found.append(Variant(plan, variant, need, self.rules, loading))
        return tuple(found)

    @cached_property
    def offers(self) -> tuple[Spot, ...]:
        """Hosted offers in the order in which they are taken."""
        plan, need = self.plan, self.need
        service = plan.service
        if service is None:
            return ()
        model: Model = self.place.model
        quantization = plan.base.quantizations[service.quantizations[0].quantization]
        hosted = self.place._replace(
            quantization=quantization,
            quality=quality.build_quality(model, quantization, None, need.cases, plan.base),
            engine=service,
            support=support(service, model, quantization, None, need.target),
        )
        found = []
        for offer in candidates.offers(model, need, plan.base, plan.as_of) or (None,):
            place = hosted._replace(
                offer=offer, served=offer is not None, retired=offer is not None and retired(offer, plan.as_of)
            )
            found.append(Spot(plan, place, need, self.rules, VARIANT, PLACEMENT))
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
        self, base: RuleBase, sizes: Sizes, as_of: date, need: Need, weights: dict[CriterionId, float]
    ) -> None:
        self.base, self.sizes, self.as_of, self.weights = base, sizes, as_of, weights
        self.target = need.target
        self.with_image = need.images_per_prompt > 0
        self.engines = candidates.engines(need, base)
        self.local = tuple(engine for engine in self.engines if engine.id != HOSTED)
        self.service = next((engine for engine in self.engines if engine.id == HOSTED), None)
        self.loads = base.kept(_loads)
        rules = Rules(tuple(base.in_folder("constraints")), tuple(base.in_folder("preferences")))
        self.rules = rules.narrowed(Candidate(need), SCENARIO)
        cases = need.cases
        qualities = cache(lambda model: quality.model_quality(base.models[model], cases, base))
        self.models = tuple(
            ModelPlan(self, _place_of(model, need, base, qualities), need, self.rules)
            for model in candidates.models(need, base)
        )

    def engines_on(
        self, engines: tuple[Engine, ...], model: Model, quantization: Quantization, machine: Machine
    ) -> list[tuple[Any, Engine]]:
        """Return the engines with how each takes the model on the machine, the most mature that does first."""
        found = [(support(engine, model, quantization, machine.device, self.target), engine) for engine in engines]
        return sorted(found, key=lambda option: (option[0].reasons_against, -option[1].maturity, option[1].id))


def _loads(base: RuleBase) -> dict[str, frozenset[str]]:
    """Return the quantizations that each engine loads."""
    return {
        engine.id: frozenset(item.quantization for item in engine.quantizations) for engine in base.engines.values()
    }


def _place_of(model: Model, need: Need, base: RuleBase, qualities: Callable[[str], float | None]) -> Place:
    cases = need.cases
    return Place(
        model=model,
        model_quality=qualities(model.id),
        floor_gap=quality.floor_gap(model, cases, base),
        tool_score=quality.tool_score(model, base),
        qualities=qualities,
        estimated=quality.estimated_benchmarks(model, cases, base),
    )


def memory_gib(machine: Machine) -> float:
    """Return the memory of all devices and hosts, GiB; endless where it is not known."""
    memory = machine.device.memory_gib
    if memory is None and machine.ram_gib is None:
        return inf
    return machine.nodes * ((memory or 0.0) * machine.count + (machine.ram_gib or 0.0))


def rent(machine: Machine, base: RuleBase, tokens_per_month: float | None = None) -> Cost | None:
    """Return the price of a rented machine; None where it is owned or has no price."""
    if machine.owned or machine.offer is None:
        return None
    return self_hosted_cost(base.rentals[machine.offer], machine, tokens_per_month)
