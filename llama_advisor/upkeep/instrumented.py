"""Which rules come true while a scenario is answered: conditions that remember, on a copy of the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from llama_advisor.knowledge.conditions import Condition, Decide, Junction, Lookup, Proof

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase


@dataclass
class Watch:
    """Rules seen at work since it was last emptied."""

    fired: set[str] = field(default_factory=set)  # Rules whose condition was true for some build.
    touched: set[str] = field(default_factory=set)
    """Rules that came to anything but false, so that removing them may change the answer."""


@dataclass(frozen=True)
class Watched(Junction):
    """A condition that notes in `watch` what it came to."""

    rule: str
    watch: Watch
    main: bool

    def prove(self, lookup: Lookup) -> Proof:
        """Evaluate the condition inside, and remember."""
        proof = self.parts[0].prove(lookup)
        self._note(outcome=proof.outcome)
        return proof

    @cached_property
    def decide(self) -> Decide:
        """The same, for the outcome alone."""
        inner = self.parts[0].decide

        def decide(lookup: Lookup) -> bool | None:
            outcome = inner(lookup)
            self._note(outcome=outcome)
            return outcome

        return decide

    def _note(self, *, outcome: bool | None) -> None:
        if outcome is not False:
            self.watch.touched.add(self.rule)
            if self.main and outcome:
                self.watch.fired.add(self.rule)


def watched(base: RuleBase, watch: Watch) -> RuleBase:
    """Return the rule base with conditions that report to `watch`."""

    def eye(rule: str, condition: Condition, *, main: bool) -> Watched:
        return Watched("all", (condition,), condition.level, rule, watch, main)

    return base.with_rules(
        {
            name: replace(
                rule,
                condition=eye(name, rule.condition, main=True),
                tight=eye(name, rule.tight, main=False) if rule.tight else None,
            )
            for name, rule in base.rules.items()
        }
    )
