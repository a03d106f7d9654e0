"""Which rules come true while a scenario is answered: instrumented rules, on a copy of the rule base."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.fact import BUILD
from llama_advisor.knowledge.conditions import OPEN
from llama_advisor.knowledge.rule import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase

    Tested = Callable[[Any], "bool | str | None"]


@dataclass
class Watch:
    """Rules seen at work since it was last emptied."""

    fired: set[str] = field(default_factory=set)  # rules whose condition was true for some build
    touched: set[str] = field(default_factory=set)  # rules that came to anything but false

    def noting(self, rule: str, test: Tested, *, main: bool = True) -> Any:
        """Return the same test that notes what it comes to."""

        def noted(candidate: Any) -> bool | str | None:
            outcome = test(candidate)
            if outcome is not False and outcome is not OPEN:
                self.touched.add(rule)
                if main and outcome:
                    self.fired.add(rule)
            return outcome

        return noted


@dataclass(frozen=True)
class WatchedRule(CompiledRule):
    """A rule that notes in `watch` what it comes to."""

    watch: Watch

    @cached_property
    def test(self) -> Callable[[Any], bool | None]:
        """The condition, noted."""
        noted: Callable[[Any], bool | None] = self.watch.noting(self.id, super().test)
        return noted

    @cached_property
    def tight_test(self) -> Callable[[Any], bool | None] | None:
        """The condition under which it barely holds, noted."""
        test = super().tight_test
        return self.watch.noting(self.id, test, main=False) if test else None

    # A plan evaluates early at every level, to drop rules; what counts is the level at which the outcome is used.

    @cached_property
    def _early(self) -> list[Tested]:
        used = BUILD if self.folder == "preferences" else self.level
        return [
            self.watch.noting(self.id, test) if level == used else test for level, test in enumerate(super()._early)
        ]

    @cached_property
    def _early_tight(self) -> list[Tested | None]:
        return [
            self.watch.noting(self.id, test, main=False) if test and level == self.level else test
            for level, test in enumerate(super()._early_tight)
        ]


def watched(base: RuleBase, watch: Watch) -> RuleBase:
    """Return the rule base with rules that report to `watch`."""
    return base.with_rules(
        {
            name: WatchedRule(**{item.name: getattr(rule, item.name) for item in fields(rule)}, watch=watch)
            for name, rule in base.rules.items()
        }
    )
