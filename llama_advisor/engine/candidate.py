"""A candidate: what is judged, first as it stands whatever the load, then laid out and sized."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from llama_advisor.engine.fact import FACTS
from llama_advisor.engine.offers import Standing
from llama_advisor.knowledge.conditions import Proof
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.judgement import Criterion
from llama_advisor.knowledge.model import Model, OfficialBuild
from llama_advisor.knowledge.offer import Offer
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.knowledge.rule import CompiledRule, State
from llama_advisor.scenario.need import Need
from llama_advisor.sizing.figures import Capacity, Cost, Memory, Speed, Training
from llama_advisor.sizing.layouts import Layout
from llama_advisor.sizing.support import Support
from llama_advisor.text.strict import CriterionId
from llama_advisor.text.template import fill


class Place(NamedTuple):
    """What no load changes: a model, in a quantization, on an engine and a machine, as far as they are chosen."""

    model: Any = None  # Model
    model_quality: float | None = None
    floor_gap: float | None = None
    tool_score: float | None = None
    qualities: Any = None  # Callable[[str], float | None]: of all models, for this work
    estimated: tuple[str, ...] = ()
    quantization: Any = None  # Quantization
    official: OfficialBuild | None = None
    quality: float | None = None
    engine: Any = None  # Engine
    machine: Machine | None = None
    support: Support | None = None
    offer: Offer | None = None
    standing: Standing | None = None


NOWHERE = Place()


class Named(NamedTuple):
    """The model that the user named, sized for what the answer says of it."""

    model: Model
    outcome: str
    fp8_gib: float | None
    full_gib: float | None
    lora_gib: float | None
    qlora_gib: float | None
    qlora_fits: bool | None


class Part(NamedTuple):
    """A part of the score, rounded to 0.01: a criterion's value, or what a rule adds to it."""

    criterion: Criterion
    rule: CompiledRule | None
    points: float
    value: float  # 0-100 for the criterion; the points on that scale for a rule
    weight: float


class Scored(Protocol):
    """A criterion with the rules that move it."""

    def parts_of(self, candidate: Any) -> Iterable[Part]:
        """Return the parts of a candidate's score."""

    def points_of(self, candidate: Any) -> float:
        """Return their sum."""


class Outcome(NamedTuple):
    """A constraint that does not plainly hold for a candidate."""

    rule: CompiledRule
    state: State
    candidate: Candidate

    @property
    def text(self) -> str:
        """What the rule says of it."""
        rule = self.rule.rule
        said = {"unknown": rule.say_unknown, "tight": rule.say_tight}.get(self.state, rule.say)
        return fill(said, self.candidate.lookup)

    @property
    def proof(self) -> Proof:
        """Every value read, and what it came to."""
        condition = self.rule.tight if self.state == "tight" else self.rule.condition
        assert condition is not None
        return condition.prove(self.candidate.lookup)


class _Judged:
    """What becomes known of a candidate once it is judged."""

    states: tuple[tuple[CompiledRule, State], ...] = ()  # constraints that do not plainly hold
    criteria: tuple[Scored, ...] = ()  # what its score is made of; nothing where it is ruled out
    score = 0.0
    weights: Mapping[CriterionId, float] = MappingProxyType({})
    bottlenecks: frozenset[str] = frozenset()
    given: Machine | None = None
    named: Named | None = None
    asked: Candidate | None = None
    companion: Candidate | None = None
    other: Candidate | None = None
    figures: str | None = None
    engines_now: str | None = None
    larger: str | None = None
    unable: str | None = None
    changes: frozenset[str] = frozenset()
    qualifies = False


@dataclass(eq=False)
class Candidate(_Judged):
    """One build under one need; it qualifies when no constraint fails. Facts and rules read it."""

    need: Need
    place: Place = NOWHERE
    layout: Layout | None = None
    memory: Memory | None = None
    speed: Speed | None = None
    cost: Cost | None = None
    training: Training | None = None
    capacity: Capacity | None = None

    def __post_init__(self) -> None:
        self.machine: Machine | None = self.place.machine if self.layout is None else self.layout.machine

    def lookup(self, fact: str) -> Any:
        """Return a fact by name; None where it is not known."""
        return FACTS[fact].compute(self)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of its score; none where it is ruled out."""
        return tuple(part for terms in self.criteria for part in terms.parts_of(self))

    @property
    def model(self) -> Model:
        """Its model."""
        model: Model = self.place.model
        return model

    @property
    def quantization(self) -> Quantization:
        """Its quantization."""
        quantization: Quantization = self.place.quantization
        return quantization

    @property
    def engine(self) -> Engine:
        """Its engine."""
        engine: Engine = self.place.engine
        return engine

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Constraints that do not plainly hold."""
        return tuple(Outcome(rule, state, self) for rule, state in self.states)

    @property
    def fails(self) -> tuple[Outcome, ...]:
        """Constraints that rule it out."""
        return tuple(Outcome(rule, state, self) for rule, state in self.states if state == "fails")

    @property
    def failures(self) -> int:
        """Number of constraints that rule it out."""
        return sum(state == "fails" for _, state in self.states)

    @property
    def footprint_gib(self) -> float:
        """Memory it takes, for ties; hosted builds take none of the user's."""
        return self.memory.total_gib if self.memory else 0.0

    @property
    def stage(self) -> int:
        """How far it got: 0 the model, 1 the place, 2 sized, 3 it fits."""
        if self.memory or self.place.offer:
            return 2 if self.memory and self.memory.fits is False else 3
        return 1 if self.place.support else 0

    def wished(self) -> bool:
        """Return whether it has the quantization, the engine or the provider asked for."""
        need, offer = self.need, self.place.offer
        by_provider = offer is not None and offer.provider == need.provider
        return self.quantization.id in need.quantizations_wished or self.engine.id in need.engines_asked or by_provider

    def closing(self, need: Need, **known: Any) -> Candidate:
        """Return the candidate with what is known once all were judged."""
        other = replace(self, need=need)
        vars(other).update(known)
        return other
