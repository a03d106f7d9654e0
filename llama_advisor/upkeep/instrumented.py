"""Which rules come true while a scenario is answered: instrumented rules, on a copy of the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.fact import BUILD
from llama_advisor.knowledge.rule import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.conditions import Residue


@dataclass
class Watch:
    """Rules seen at work since it was last emptied."""

    fired: set[str] = field(default_factory=set)  # rules whose condition was true for some build
    touched: set[str] = field(default_factory=set)  # rules that came to anything but false

    def note(self, rule: str, outcome: Residue, *, main: bool = True) -> Any:
        """Note an outcome, or have what is left of a test note its own."""
        if callable(outcome):
            return lambda candidate: self.note(rule, outcome(candidate), main=main)
        if outcome is not False:
            self.touched.add(rule)
            if main and outcome:
                self.fired.add(rule)
        return outcome


class WatchedRule(CompiledRule):
    """A rule that notes in `watch` what it comes to.

    A plan settles at every level, to drop rules; what counts is the level at which the outcome is used.
    """

    watch: Watch

    @cached_property
    def test(self) -> Callable[[Any], bool | None]:
        """The condition, noted."""
        noted: Callable[[Any], bool | None] = self.watch.note(self.id, super().test)
        return noted

    @cached_property
    def tight_test(self) -> Callable[[Any], bool | None] | None:
        """The condition under which it barely holds, noted."""
        test = super().tight_test
        return self.watch.note(self.id, test, main=False) if test else None

    def settle(self, candidate: Any, level: int) -> Residue:
        """Evaluate as far as facts settle it, noted."""
        outcome = super().settle(candidate, level)
        used = BUILD if self.folder == "preferences" else self.level
        noted: Residue = self.watch.note(self.id, outcome) if level == used else outcome
        return noted

    def settle_tight(self, candidate: Any, level: int) -> Residue:
        """Evaluate likewise the condition under which it barely holds, noted."""
        outcome = super().settle_tight(candidate, level)
        if self.tight is None or level != self.level:
            return outcome
        noted: Residue = self.watch.note(self.id, outcome, main=False)
        return noted


def watched(base: RuleBase, watch: Watch) -> RuleBase:
    """Return the rule base with rules that report to `watch`."""
    return base.with_rules({name: WatchedRule(**rule._asdict(), watch=watch) for name, rule in base.rules.items()})
