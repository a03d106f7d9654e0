"""What an answer would come to, by the engine; kept by scenario, as an interview asks the same again and again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.decide import Advisor, Outcome
from llama_advisor.interview.noting import noting
from llama_advisor.scenario.need import Need, understand
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.conditions import Lookup

Made = TypeVar("Made")


class Outlook:
    """Outcomes of scenarios on one rule base."""

    def __init__(self, advisor: Advisor) -> None:
        self.base = noting(advisor.base)
        self.advisor = Advisor(self.base, advisor.as_of)
        self.advisor.search.sizes = advisor.search.sizes
        self._kept: dict[str, Outcome | None] = {}
        self._sound: dict[str, Need | None] = {}
        self.settled: dict[str, bool] = {}
        """Proofs by state of the interview."""

    def outcome(self, stated: dict[str, Any]) -> Outcome | None:
        """Return model and verdict; None for answers that do not go together."""
        return _once(self._kept, stated, lambda: self.advisor.outcome(validated(stated, None, {})))

    def need(self, stated: dict[str, Any]) -> Need:
        """Return the scenario with its gaps filled."""
        return understand(validated(stated, None, {}), self.base)

    def needed(self, stated: dict[str, Any]) -> Need | None:
        """Return the same; None for answers that do not go together."""
        with suppress(InputError):
            return self.need(stated)
        return None

    def lookup(self, stated: dict[str, Any]) -> Lookup:
        """Return the facts of the scenario, for the conditions of questions."""
        return Candidate(self.need(stated)).lookup

    def check(self, stated: dict[str, Any]) -> Need:
        """Return the same; raise InputError for answers that do not go together, or hardware that cannot be read."""
        need = self.need(stated)
        if need.scenario.hardware is not None:
            self.advisor.search.machines(need)
        return need

    def goes_together(self, stated: dict[str, Any]) -> bool:
        """Tell whether the answers can all be given."""
        return _once(self._sound, stated, lambda: self.check(stated)) is not None


def _once(kept: dict[str, Made | None], stated: dict[str, Any], make: Callable[[], Made]) -> Made | None:
    """Return what was made of answers once, and is kept; None where they do not go together."""
    key = repr(sorted(stated.items()))
    if key not in kept:
        made = None
        with suppress(InputError):
            made = make()
        kept[key] = made
    return kept[key]
