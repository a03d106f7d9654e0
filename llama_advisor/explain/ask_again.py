"""What would be recommended if one requirement were another: asked of the engine, never derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.engine.relax import changed
from llama_advisor.engine.words import decisive
from llama_advisor.scenario.need import understand
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.engine.search import Found
    from llama_advisor.scenario.scenario import Scenario

Changes = tuple[tuple[str, Any], ...]


class Picker:
    """Answers one scenario with requirements changed; answers that recur are kept."""

    def __init__(self, advisor: Advisor, scenario: Scenario) -> None:
        self.advisor = advisor
        self.scenario = scenario
        self._made: dict[str, Found | None] = {}

    def today(self) -> Found:
        """Return the pick for the scenario as it stands."""
        pick = self.at(())
        assert pick is not None, "the scenario was answered before it is explained"
        return pick

    def at(self, changes: Changes, among: frozenset[str] | None = None) -> Found | None:
        """Return the pick with the changes applied; None where they make no valid scenario.

        `among` judges these models alone, which is enough to tell them apart.
        """
        key = repr((changes, sorted(among) if among is not None else None))
        if key not in self._made:
            self._made[key] = self._pick(changes, among)
        return self._made[key]

    def wins(self, changes: Changes, model: str) -> bool:
        """Tell whether the model is recommended with the changes applied."""
        pick = self.at(changes)
        return pick is not None and pick.model == model

    def _pick(self, changes: Changes, among: frozenset[str] | None) -> Found | None:
        try:
            scenario = self.scenario
            for field, value in changes:
                scenario = changed(scenario, field, value)
            return self.advisor.decide(understand(scenario, self.advisor.base), among)
        except (InputError, ValidationError):
            return None


def turned(before: str | None, after: Found, picker: Picker) -> str:
    """Say why `before` is no longer recommended: what rules it out, or where the new pick is ahead."""
    base = picker.advisor.base
    if before is None:
        return f"{after.order[0].model.name} fits then"
    out = after.nearest(before)
    if out is not None:
        return decisive(out, base).text
    mine, best = after.best(before), after.order[0] if after.order else None
    if mine is None or best is None:
        return f"{base.models[before].name} is no longer among the models ranked"
    if best.score <= mine.score:
        return f"{best.model.name} is within the margin of a wish then"
    name, points = max(gaps(best, mine).items(), key=lambda item: item[1])
    return f"{best.model.name} is ahead by {best.score - mine.score:.1f} points, most of all in {name} ({points:+.1f})"


def gaps(first: Candidate, second: Candidate) -> dict[str, float]:
    """Return by how many points the first is ahead of the second, by criterion."""
    found: dict[str, float] = {}
    for build, sign in ((first, 1), (second, -1)):
        for part in build.parts:
            name = part.criterion.id
            found[name] = found.get(name, 0.0) + sign * part.points
    return {name: round(points, 2) + 0.0 for name, points in found.items()}
