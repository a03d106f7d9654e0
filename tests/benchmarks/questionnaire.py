"""How many questions an interview takes, how long the next one is in coming, and whether settled means settled.

python tests/benchmarks/questionnaire.py [--dialogues 10000 [--seed 7]] [--pause 3]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Log, prompts, stated
from llama_advisor.interview.next_question import Ahead, following, open_questions, proved
from llama_advisor.interview.prompt import expected_more
from llama_advisor.text.yaml_file import parse

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS / "interview"))

from dialogues import changing, sampled  # noqa: E402
from dialogues import proved as proved_of  # noqa: E402
from people import truthful, unasked  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.interview.next_question import CompiledQuestion
    from llama_advisor.knowledge.base import RuleBase

AS_OF = date(2026, 11, 24)
OFFER = 6
PROMPT_S = 0.15


class Told(NamedTuple):
    """One interview, held truthfully."""

    log: Log
    shown_s: list[float]
    """Seconds from each answer to what leads now."""
    asked_s: list[float]
    """Seconds from each answer to the whole next prompt."""
    estimated: list[int]
    """How many prompts were said to follow, at each."""


def told(scenario: dict[str, Any], outlook: Outlook, way: Any, *, words: bool) -> Told:
    """Answer truthfully until nothing is left to ask."""
    extra = unasked(scenario, outlook)
    held = Told((extra,) if extra.sets else (), [], [], [])
    while True:
        start = time.perf_counter()
        outlook.outcome(stated(held.log))
        held.shown_s.append(time.perf_counter() - start)
        asked = way(held.log, outlook)
        held.asked_s.append(time.perf_counter() - start)
        if not asked:
            return held
        held.estimated.append(expected_more(held.log, asked, outlook))
        held = held._replace(log=(*held.log, truthful(asked, scenario, held.log, outlook, words=words)))


def in_order(order: Callable[[list[CompiledQuestion]], list[CompiledQuestion]]) -> Any:
    """Return the next question of a fixed order, one by one, until the same proof says that it is settled."""

    def way(log: Log, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
        left = order(list(open_questions(log, outlook)))
        leads = outlook.outcome(stated(log))
        if leads is None or (leads.verdict != "need_input" and proved(log, leads, outlook)):
            return ()
        return tuple(left[:1])

    return way


def shuffled(seed: int) -> Callable[[list[CompiledQuestion]], list[CompiledQuestion]]:
    """Return a random order, the same for the whole interview."""
    return lambda items: sorted(items, key=lambda item: random.Random(f"{seed}{item.id}").random())  # noqa: S311


def spread(counts: list[int]) -> str:
    low, _, high = quantiles(counts, n=4)
    return f"median {median(counts):g}, quartiles {low:g} to {high:g}, from {min(counts)} to {max(counts)}"


def milliseconds(waits: list[float]) -> str:
    within = sum(wait < PROMPT_S for wait in waits)
    return (
        f"{median(waits) * 1000:.0f} ms (median), {quantiles(waits, n=20)[-1] * 1000:.0f} ms (19 of 20), "
        f"{max(waits) * 1000:.0f} ms (most), {within} of {len(waits)} within {PROMPT_S * 1000:.0f} ms"
    )


def asked_next(log: Log, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
    return tuple(following(log, outlook))


def scenarios() -> list[dict[str, Any]]:
    cases = parse((TESTS / "scenarios" / "cases.yaml").read_text("utf-8"), "cases.yaml").data["cases"]
    return [case["scenario"] for case in cases]


def questions(base: RuleBase) -> None:
    ways: dict[str, tuple[Any, bool]] = {
        "lists answered with numbers": (asked_next, False),
        "lists answered in words": (asked_next, True),
        "one by one, fixed order": (in_order(lambda items: items), False),
        "one by one, random order": (in_order(shuffled(1)), False),
    }
    for name, (way, words) in ways.items():
        counts, shown, waits, same, likely, off = [], [], [], 0, 0, []
        for scenario in scenarios():
            outlook = Outlook(Advisor(base, AS_OF))
            held = told(scenario, outlook, way, words=words)
            full = outlook.outcome(scenario)
            count = prompts(held.log)
            counts.append(count)
            shown += held.shown_s
            waits += held.asked_s
            off += [abs(said - (count - place)) for place, said in enumerate(held.estimated, 1)]
            same += outlook.outcome(stated(held.log)) == full
            early = held.log[: OFFER + len(held.log) - count]
            likely += outlook.outcome(stated(early)) == full
        print(f"{name}: {spread(counts)} questions until settled")
        print(f"  model and verdict of the full scenario: {same} of {len(counts)}; after {OFFER} questions {likely}")
        if way is asked_next:
            print(f"  'about N more' is off by {sum(off) / len(off):.1f} (mean)")
        print(f"  what leads now after {milliseconds(shown)}")
        print(f"  the whole next prompt after {milliseconds(waits)}")


def thinking(base: RuleBase, pause_s: float) -> None:
    """Time the next question where each answer takes a while, as people's do."""
    waits = []
    for scenario in scenarios()[::3]:
        outlook = Outlook(Advisor(base, AS_OF))
        log: Log = ()
        while asked := asked_next(log, outlook):
            ahead = Ahead(log, asked, outlook)
            time.sleep(pause_s)
            start = time.perf_counter()
            ahead.close()
            log = (*log, truthful(asked, scenario, log, outlook, words=False))
            asked_next(log, outlook)
            waits.append(time.perf_counter() - start)
    print(f"the whole next prompt where each answer takes {pause_s:g} s: after {milliseconds(waits)}")


def dialogues(base: RuleBase, count: int, seed: int) -> None:
    outlook = Outlook(Advisor(base, AS_OF))
    proofs = wrong = missed = 0
    for said, choices in sampled(count, seed, outlook):
        held = proved_of(said, choices, outlook)
        others = changing(said, choices, outlook)
        proofs += held
        wrong += held and bool(others)
        missed += not held and not others
    print(f"{count} dialogues: {proofs} proved settled, {wrong} counterexamples, {missed} settled but not proved")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pause", type=float, default=0)
    given = parser.parse_args()
    rules = load_rules()
    if given.dialogues:
        dialogues(rules, given.dialogues, given.seed)
    elif given.pause:
        thinking(rules, given.pause)
    else:
        questions(rules)
