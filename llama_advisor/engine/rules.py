"""The rule base as the engine reads it: its conditions test the engine's facts."""

from __future__ import annotations

from pathlib import Path

from llama_advisor.engine import facts  # noqa: F401  (it fills the table of facts)
from llama_advisor.engine.fact import FACTS
from llama_advisor.hardware import check_machines
from llama_advisor.knowledge.base import RuleBase, check_links, read_rules


def load_rules(*extra: str | Path) -> RuleBase:
    """Load the shipped rule base with the layers in `extra` over it, last on top.

    Names that lead nowhere are looked for where there are layers; in the shipped rules the tests do so.
    """
    base = read_rules(FACTS, *extra)
    if extra:
        check_links(base)
        check_machines(base)
    return base
