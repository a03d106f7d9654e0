"""How many questions an interview takes, how long the next one is in coming, and whether settled means settled.

python tests/benchmarks/questionnaire.py [--dialogues 10000] [--pause 3]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from llama_advisor.documents import parse
from llama_advisor.engine import Advisor
from llama_advisor.questionnaire.ahead import Ahead
from llama_advisor.questionnaire.choosing import open_questions, proved, standing
from llama_advisor.questionnaire.log import Log, stated
from llama_advisor.questionnaire.outlook import Outlook
from llama_advisor.rulebase import RuleBase, load_rules

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS / "questionnaire"))

from dialogues import changing, sampled  # noqa: E402
from dialogues import proved as proved_of  # noqa: E402
from people import truthful, unasked  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.compiled import CompiledQuestion

AS_OF = date(2026, 11, 24)
OFFER = 6


def told(scenario: dict[str, Any], outlook: Outlook, following: Any) -> tuple[Log, list[float]]:
    """Answer truthfully; return the log and the seconds that each question was in coming."""
    extra = unasked(scenario, outlook)
    log: Log = (extra,) if extra.sets else ()
    seconds = []
    while True:
        start = time.perf_counter()
        item = following(log, outlook)
        seconds.append(time.perf_counter() - start)
        if item is None:
            return log, seconds
        log = (*log, truthful(item, scenario))


def in_order(order: Callable[[list[CompiledQuestion]], list[CompiledQuestion]]) -> Any:
    """Return the next question of a fixed order, until the same proof says that it is settled."""

    def following(log: Log, outlook: Outlook) -> CompiledQuestion | None:
        left = order(list(open_questions(log, outlook)))
        leads = outlook.outcome(stated(log))
        if leads is None or (leads.verdict != "need_input" and proved(log, leads, outlook)):
            return None
        return left[0] if left else None

    return following


def shuffled(seed: int) -> Callable[[list[CompiledQuestion]], list[CompiledQuestion]]:
    """Return a random order, the same for the whole interview."""
    return lambda items: sorted(items, key=lambda item: random.Random(f"{seed}{item.id}").random())  # noqa: S311


def asked(log: Log) -> int:
    return sum(answer.question != "" for answer in log)


def spread(counts: list[int]) -> str:
    low, _, high = quantiles(counts, n=4)
    return f"median {median(counts):g}, quartiles {low:g} to {high:g}, from {min(counts)} to {max(counts)}"


def questions(base: RuleBase) -> None:
    cases = parse((TESTS / "scenarios" / "cases.yaml").read_text("utf-8"), "cases.yaml").data["cases"]
    ways: dict[str, Any] = {
        "adaptive": lambda log, outlook: standing(log, outlook).next,
        "fixed order": in_order(lambda items: items),
        "random order": in_order(shuffled(1)),
    }
    for name, following in ways.items():
        counts, waits, same, likely = [], [], 0, 0
        for case in cases:
            outlook = Outlook(Advisor(base, AS_OF))
            log, seconds = told(case["scenario"], outlook, following)
            full = outlook.outcome(case["scenario"])
            counts.append(asked(log))
            waits += seconds
            same += outlook.outcome(stated(log)) == full
            early = log[: OFFER + len(log) - asked(log)]
            likely += outlook.outcome(stated(early)) == full
        print(f"{name}: {spread(counts)} questions until settled")
        print(f"  model and verdict of the full scenario: {same} of {len(cases)}; after {OFFER} questions {likely}")
        print(f"  next question after {median(waits) * 1000:.0f} ms (median), {max(waits) * 1000:.0f} ms (most)")


def thinking(base: RuleBase, pause_s: float) -> None:
    """Time the next question where each answer takes a while, as people's do."""
    cases = parse((TESTS / "scenarios" / "cases.yaml").read_text("utf-8"), "cases.yaml").data["cases"]
    waits = []
    for case in cases[::6]:
        outlook = Outlook(Advisor(base, AS_OF))
        log: Log = ()
        item = standing(log, outlook).next
        while item is not None and len(log) < 2 * OFFER:
            ahead = Ahead(log, item, outlook)
            time.sleep(pause_s)
            start = time.perf_counter()
            ahead.close()
            log = (*log, truthful(item, case["scenario"]))
            item = standing(log, outlook).next
            waits.append(time.perf_counter() - start)
    told_ms = f"{median(waits) * 1000:.0f} ms (median), {max(waits) * 1000:.0f} ms (most)"
    print(f"next question where each answer takes {pause_s:g} s: {told_ms}")


def dialogues(base: RuleBase, count: int) -> None:
    outlook = Outlook(Advisor(base, AS_OF))
    proofs = wrong = missed = 0
    for said, choices in sampled(count, 7, outlook):
        held = proved_of(said, choices, outlook)
        others = changing(said, choices, outlook)
        proofs += held
        wrong += held and bool(others)
        missed += not held and not others
    print(f"{count} dialogues: {proofs} proved settled, {wrong} counterexamples, {missed} settled but not proved")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0)
    given = parser.parse_args()
    rules = load_rules()
    if given.dialogues:
        dialogues(rules, given.dialogues)
    elif given.pause:
        thinking(rules, given.pause)
    else:
        questions(rules)
