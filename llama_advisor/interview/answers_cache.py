"""What an answer would come to, by the engine; kept by scenario, as an interview asks the same again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.decide import Advisor
from llama_advisor.interview.noting import noting
from llama_advisor.scenario.need import Need, understand
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Outcome
    from llama_advisor.knowledge.conditions import Lookup


class Outlook:
    """Outcomes of scenarios on one rule base."""

    def __init__(self, advisor: Advisor) -> None:
        self.base = noting(advisor.base)
        self.advisor = Advisor(self.base, advisor.as_of)
        self.advisor.search.sizes = advisor.search.sizes
        self._kept: dict[str, Outcome | None] = {}
        self._sound: dict[str, bool] = {}
        self.settled: dict[str, bool] = {}
        """Proofs by state of the interview."""

    def outcome(self, stated: dict[str, Any]) -> Outcome | None:
        """Return model and verdict; None for answers that do not go together."""
        key = repr(sorted(stated.items()))
        if key not in self._kept:
            try:
                self._kept[key] = self.advisor.outcome(validated(stated, None, {}))
            except InputError:
                self._kept[key] = None
        return self._kept[key]

    def need(self, stated: dict[str, Any]) -> Need:
        """Return the scenario with its gaps filled."""
        return understand(validated(stated, None, {}), self.base)

    def needed(self, stated: dict[str, Any]) -> Need | None:
        """Return the same; None for answers that do not go together."""
        try:
            return self.need(stated)
        except InputError:
            return None

    def lookup(self, stated: dict[str, Any]) -> Lookup:
        """Return the facts of the scenario, for the conditions of questions."""
        return Candidate(self.need(stated)).lookup

    def check(self, stated: dict[str, Any]) -> None:
        """Raise InputError for answers that do not go together, or hardware that cannot be read."""
        need = self.need(stated)
        if need.scenario.hardware is not None:
            self.advisor.search.machines(need)

    def goes_together(self, stated: dict[str, Any]) -> bool:
        """Tell whether the answers can all be given."""
        key = repr(sorted(stated.items()))
        if key not in self._sound:
            try:
                self.check(stated)
            except InputError:
                self._sound[key] = False
            else:
                self._sound[key] = True
        return self._sound[key]
