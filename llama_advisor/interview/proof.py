"""Proof that an answer is settled: every combination of what is open comes to the same model and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Outcome
    from llama_advisor.interview.answers_cache import Outlook

MOST_RUNS = 200
"""Combinations that one proof may try; what needs more counts as not proved."""
Sets = dict[str, Any]


@dataclass
class Proof:
    """One attempt."""

    outlook: Outlook
    expected: Outcome

    def holds(self, stated: Sets, choices: tuple[tuple[Sets, ...], ...]) -> bool:
        """Tell whether all combinations of the choices come to what is expected; False also where it is not proved."""
        if prod(map(len, choices)) > MOST_RUNS:
            return False
        combined = (
            stated | {name: value for part in parts for name, value in part.items()} for parts in product(*choices)
        )
        return all(self.outlook.outcome(said) in {None, self.expected} for said in combined)

    holds_at_once = holds
