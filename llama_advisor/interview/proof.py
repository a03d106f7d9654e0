"""Proof that an answer is settled: every combination of open options comes to the same model and verdict.

Options that change candidates, sizes or weights are enumerated; of those that only rules read, all combinations are
judged at once, with bounds (`open_search`). Where the bounds do not decide, one more question is enumerated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any

from llama_advisor.engine import candidates
from llama_advisor.engine.candidate import Found
from llama_advisor.engine.rank import is_wished
from llama_advisor.engine.words import closing_scope
from llama_advisor.interview.open_score import Opening, changed_fields, for_rules_alone
from llama_advisor.interview.open_search import OpenSearch, Possible
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.scenario.need import understand
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.decide import Outcome
    from llama_advisor.interview.answers_cache import Outlook
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.need import Need

MOST_RUNS = 10
"""Runs of the search that one proof may take; what needs more counts as not proved."""
SOMETHING_FITS = ("recommended", "recommended_with_caveats")
Sets = dict[str, Any]


@dataclass
class Proof:
    """One attempt; counts its runs."""

    outlook: Outlook
    expected: Outcome
    runs: int = 0

    def holds(self, stated: Sets, choices: tuple[tuple[Sets, ...], ...]) -> bool:
        """Tell whether all combinations of the choices come to what is expected; False also where it is not proved."""
        cells = list(islice(self._cells(stated, choices), MOST_RUNS + 1))
        if len(cells) > MOST_RUNS:
            return False
        return all(self._cell(base, openings) for base, openings in cells)

    def holds_at_once(self, stated: Sets, choices: tuple[tuple[Sets, ...], ...]) -> bool:
        """Tell the same of choices that rules alone can see, by one search; False where that does not show it."""
        need = self._need(stated)
        return bool(choices) and need is not None and self._at_once(stated, need, choices)

    def _cells(
        self, stated: Sets, choices: tuple[tuple[Sets, ...], ...]
    ) -> Iterator[tuple[Sets, tuple[tuple[Sets, ...], ...]]]:
        """Yield combinations of what must be enumerated, each with the choices that rules alone can see."""
        if not choices:
            yield stated, ()
            return
        first, *rest = choices
        kept, moved = self._split(stated, first)
        for base, openings in self._cells(stated, tuple(rest)):
            yield base, ((kept, *openings) if len(kept) > 1 else openings)
        for option in moved:
            yield from self._cells(stated | option, tuple(rest))

    def _split(self, stated: Sets, options: tuple[Sets, ...]) -> tuple[tuple[Sets, ...], list[Sets]]:
        need = self._need(stated)
        kept: list[Sets] = []
        moved: list[Sets] = []
        for option in options:
            other = self._need(stated | option)
            alone = need is not None and other is not None and self._rules_alone(need, (need, other))
            (kept if alone else moved).append(option)
        return tuple(kept), moved

    def _rules_alone(self, need: Need, others: tuple[Need, ...]) -> bool:
        changed = frozenset().union(*(changed_fields(need, other) for other in others))
        return all(for_rules_alone(changed, other, self.outlook.base) for other in (need, *others))

    def _need(self, stated: Sets) -> Need | None:
        """Return what is needed; None where the answers do not go together."""
        try:
            return understand(validated(stated, None, {}), self.outlook.base)
        except InputError:
            return None

    def _cell(self, stated: Sets, openings: tuple[tuple[Sets, ...], ...]) -> bool:
        """Prove one cell: at once, else option by option of its first open question."""
        need = self._need(stated)
        if need is None:
            return True
        if self.runs >= MOST_RUNS:
            return False
        self.runs += 1
        if self.outlook.outcome(stated) != self.expected:
            return False
        if not openings or self._at_once(stated, need, openings):
            return True
        if len(openings[0]) > MOST_RUNS - self.runs:
            return False
        first, *rest = openings
        return all(self._cell(stated | option, tuple(rest)) for option in first)

    def _at_once(self, stated: Sets, need: Need, openings: tuple[tuple[Sets, ...], ...]) -> bool:
        """Judge all combinations of what rules alone can see, with bounds."""
        if self.expected.verdict not in SOMETHING_FITS:
            return False
        opened = []
        for options in openings:
            needs = tuple(other for option in options if (other := self._need(stated | option)) is not None)
            if not self._rules_alone(need, needs):
                return False
            opened.append(Opening(needs, frozenset().union(*(changed_fields(need, other) for other in needs))))
        if need.engine is not None and not candidates.engines(need, self.outlook.base):
            need = need.on_any_engine()
        search = OpenSearch(self.outlook.advisor, need, tuple(opened))
        return _same(search, search.run(), self.expected, self.outlook)


def _same(search: OpenSearch, builds: tuple[Possible, ...], expected: Outcome, outlook: Outlook) -> bool:
    """Tell whether the expected model leads, with the expected verdict, whatever the open questions come to."""
    margin = outlook.base.criteria.wish_margin
    needs = (search.need, *(need for opening in search.openings for need in opening.needs))
    mine = [build for build in builds if build.build.model.id == expected.model]
    low = max((build.low for build in mine if build.sure), default=-inf)
    if low > -inf:
        wished = frozenset().union(*(need.quantizations_wished for need in needs))
        near = [build for build in mine if build.high >= low - margin and build.build.quantization.id in wished]
        low = max(low - margin, min([low, *(build.low for build in near)]))
    failed = any(not need.symptoms.isdisjoint(outlook.base.criteria.failed_symptoms) for need in needs)
    heeded = () if failed else (expected.model,)
    others = [build for build in builds if build.build.model.id != expected.model]
    if low == -inf or not all(_leads(need, low, others, heeded, outlook.base) for need in needs):
        return False
    best = [build for build in mine if build.high >= low]
    caveats = {_with_caveat(search, build, outlook) for build in best}
    return caveats == {expected.verdict == "recommended_with_caveats"}


def _leads(need: Need, low: float, others: list[Possible], heeded: tuple[str | None, ...], base: RuleBase) -> bool:
    """Compare the lowest score with the others' best under one wish; a wish for a model in `heeded` helps it."""
    high = max((build.high for build in others), default=-inf)
    if need.model is None:
        return low > high
    margin = base.criteria.wish_margin
    if need.model in heeded:
        return low >= high - margin
    wished = max((build.high for build in others if is_wished(build.build, need, base)), default=-inf)
    return low > high and wished < low - margin


def _with_caveat(search: OpenSearch, possible: Possible, outlook: Outlook) -> bool | None:
    """Tell whether the verdict would be one with caveats; None where that is open."""
    if possible.caveat is not False:
        return possible.caveat
    found = Found((), (), search.machines)
    heavy: set[bool] = set()
    for rule in outlook.advisor.heavy:
        names = facts_read(rule.condition)
        if "answer.bottlenecks" in names or any(name.startswith("named.") for name in names):
            return None
        scope = closing_scope(possible.build, search.need, found, outlook.base)
        scopes = search.judge.scopes(scope, search.judge.touching(rule))
        results = {bool(rule.condition.decide(item.lookup)) for item in scopes}
        if results == {True}:
            return True
        heavy |= results
    return None if True in heavy else False
