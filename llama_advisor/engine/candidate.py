"""A build with what the rules said of it, and what came of all models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.contributions import contribution
from llama_advisor.engine.score import Outcome, Part, missed_by, total
from llama_advisor.knowledge.judgement import RuleOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Contribution
    from llama_advisor.engine.facts import Scope
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.layouts import Plan
    from llama_advisor.text.strict import CriterionId


@dataclass(frozen=True)
class Judged:
    """One build with what the rules said of it; it qualifies when nothing failed."""

    scope: Scope
    plan: Plan | None
    outcomes: tuple[Outcome, ...]
    parts: tuple[Part, ...]
    weights: dict[CriterionId, float] = field(default_factory=dict)  # What each criterion counted.

    @cached_property
    def fails(self) -> tuple[Outcome, ...]:
        """Constraints that rule it out."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "fails")

    @property
    def bottlenecks(self) -> frozenset[str]:
        """What its failed constraints are about."""
        kinds = (outcome.rule.rule.then for outcome in self.fails)
        return frozenset(then.rule_out for then in kinds if isinstance(then, RuleOut))

    @cached_property
    def score(self) -> float:
        """Sum of the parts."""
        return total(self.parts)

    def stripped(self, leave_out: Callable[[Outcome], bool]) -> Judged:
        """Return the build without some of what the rules said of it."""
        return replace(self, outcomes=tuple(outcome for outcome in self.outcomes if not leave_out(outcome)))

    def contributions(self, *, why: bool = False) -> tuple[Contribution, ...]:
        """Return the parts as they are shown; `why` adds what each rests on."""
        return tuple(contribution(part, self.scope, why=why) for part in self.parts)

    @property
    def model(self) -> Model:
        """Its model."""
        assert self.scope.model is not None
        return self.scope.model

    @property
    def quantization(self) -> Quantization:
        """Its quantization."""
        assert self.scope.quantization is not None
        return self.scope.quantization

    @property
    def engine(self) -> Engine:
        """Its engine."""
        assert self.scope.engine is not None
        return self.scope.engine

    @property
    def footprint_gib(self) -> float:
        """Memory it takes, for ties; hosted builds take none of the user's."""
        return self.scope.memory.total_gib if self.scope.memory else 0.0

    @property
    def stage(self) -> int:
        """How far it got: 0 the model, 1 the place, 2 sized."""
        return 2 if self.scope.memory or self.scope.hosted else 1 if self.scope.support else 0

    def wished(self, need: Need) -> bool:
        """Tell whether it has the quantization or the engine asked for."""
        return self.quantization.id in need.quantizations_wished or self.engine.id == need.engine

    def nearness(self) -> tuple[Any, ...]:
        """Order of excuses: how far it got, how many constraints failed, how far they were missed."""
        short = sum(missed_by(outcome, self.scope) for outcome in self.fails)
        return (-self.stage, len(self.fails), short, self.quantization.id, self.engine.id)


@dataclass(frozen=True)
class Found:
    """What came of all models."""

    qualified: tuple[Judged, ...]
    excluded: tuple[Judged, ...]
    machines: tuple[Machine, ...] = ()
    failures: frozenset[str] = frozenset()  # What ruled builds out, over all builds of the excluded models.
    refused: tuple[Judged, ...] = ()  # Builds ruled out that have the quantization or the engine wished for.
    ruled_out: tuple[Judged, ...] = ()  # All builds ruled out, of every model.
