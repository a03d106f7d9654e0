"""How many small faults in the rules, one at a time, are noticed: limits moved, tests negated, rules dropped.

A fault in a condition is for the rule's own examples to notice. They go with a rule that is dropped: that one must be
missed by an answer to the questions whose outcome is written down, or by a lint.
Run by hand: python tests/benchmarks/rule_mutants.py [RULE ...]
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
sys.path.insert(2, str(Path(__file__).resolve().parents[1] / "scenarios"))

import capture
import test_audit
import test_explains
import test_must_explain
import test_rules_at_work
import test_scenarios

from llama_advisor.engine.decide import Advisor, Answer
from llama_advisor.engine.fact import FACTS
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Condition, Junction, Test
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.knowledge.upkeep_entries import Misunderstanding, Statement
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.upkeep.lint import NEAR, WORDS, run_examples, statement_told, unread_findings

AS_OF = date(2026, 11, 24)
LIMITS = ("above", "below", "at_least", "at_most")


class Question(NamedTuple):
    """A scenario, and what must come out, written down by a person."""

    name: str
    scenario: dict[str, Any]
    holds: Callable[[Answer], bool]
    names: frozenset[str] = frozenset()  # rules that the outcome names


def questions(base: RuleBase) -> Iterator[Question]:
    """Yield all questions whose outcome is written down; captured answers are not among them."""
    for case in test_must_explain.CASES:
        marks = frozenset(mark for line in case["lines"] for mark in line["said"])
        yield Question(case["id"], case["scenario"], partial(_explained, marks), marks)
    asked, lines = capture.questions(), defaultdict(list)
    for line in test_explains.SAID:
        lines[line["case"]].append(line)
    for case in test_scenarios.CASES:
        named = frozenset(name for line in lines[case["id"]] for name in line["rules"])
        yield Question(case["id"], case["scenario"], partial(_answered, case, lines[case["id"]]), named)
    for row in test_scenarios.MATRIX["rows"]:
        yield Question(row["row"], row["scenario"], partial(_row_holds, row, base))
    for item in test_scenarios.MATRIX["against"]:
        name = f"against: {item['name']}"
        yield Question(name, asked[name], partial(_stands, item, name))
    for name, said, there, absent in test_audit.SENTENCES:
        if "on" not in said:
            yield Question(name, said, partial(_worded, there, absent))
    for case in test_rules_at_work.CASES:
        rule = case["rule"]
        yield Question(f"at work: {rule}", case["scenario"], partial(_works, rule), frozenset({rule}))


def _works(rule: str, answer: Answer) -> bool:
    return rule in test_rules_at_work.at_work(answer)


def _explained(marks: frozenset[str], answer: Answer) -> bool:
    spoke, told = set(test_must_explain.rules_of(answer.advice)), answer.advice.model_dump()
    return all(mark in spoke or test_must_explain.found(told, mark) for mark in marks)


def _answered(case: dict[str, Any], lines: list[Any], answer: Answer) -> bool:
    told: dict[str, str] = defaultdict(str)
    for name, text in test_explains.said(answer.advice):
        told[name] += f"\n{text}"
    said = (
        told.keys() >= set(line["rules"]) and any(re.search(line.get("says", ""), told[name]) for name in line["rules"])
        for line in lines
    )
    return ("known" in case or not test_scenarios.wrong(case, answer.advice)) and all(said)


def _stands(item: dict[str, Any], name: str, answer: Answer) -> bool:
    try:
        test_scenarios.test_facts_against_a_row_change_the_pick_for_the_reason(item, {name: answer.advice})
    except AssertionError:
        return False
    return True


def _worded(there: str, absent: str, answer: Answer) -> bool:
    text = test_audit.told(answer.advice)
    return bool(re.search(there, text)) and not (absent and re.search(absent, text))


def _row_holds(row: dict[str, Any], base: RuleBase, answer: Answer) -> bool:
    build = answer.advice.recommendation
    cited = {part.rule for part in build.contributions} if build else set()
    return build is not None and base.models[build.model].family == row["family"] and row["rule"] in cited


def steps(test: Test) -> Iterator[Test]:
    """Yield a limit moved by one step, down and up: one of what is counted, else a fiftieth."""
    if test.operator in LIMITS and test.other is None:
        counted = FACTS[test.fact].unit in WORDS["counted"]
        step = max(1, round(abs(test.operand) * NEAR)) if counted else abs(test.operand) * NEAR or NEAR
        for sign in (-1, 1):
            yield test._replace(operand=test.operand + sign * step, says=f"{test.says} moved by {sign * step:g}")


def faults(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield a condition with one limit moved, and with one of its tests negated."""
    if isinstance(condition, Test):
        yield from ((moved.says, moved) for moved in steps(condition))
        yield f"not {condition.says}", Junction("not", (condition,), condition.level)
        return
    for place, part in enumerate(condition.parts):
        for told, fault in faults(part):
            parts = (*condition.parts[:place], fault, *condition.parts[place + 1 :])
            yield told, condition._replace(parts=parts)


def mutants(rule: CompiledRule) -> Iterator[tuple[str, str, CompiledRule | None]]:
    """Yield each fault of a rule: its kind, what it is, and the rule with it; None where the rule is dropped."""
    yield "dropped", "the rule", None
    for name, condition in (("condition", rule.condition), ("tight", rule.tight)):
        for told, fault in faults(condition) if condition else ():
            kind = "limit moved" if " moved by " in told else "test negated"
            yield kind, f"{name}: {told}", rule._replace(**{name: fault})


def links(base: RuleBase) -> set[Any]:
    """Return what lints find of misunderstandings and statements, which rules answer."""
    misunderstood, statements = (
        base.entries(kind, schema)
        for kind, schema in (("misunderstandings", Misunderstanding), ("statements", Statement))
    )
    told = (item for statement in statements.values() for item in statement_told(statement, base))
    return {*told, *unread_findings(base, misunderstood)}


class Judge:
    """What is held against a rule base with a fault in it."""

    def __init__(self, base: RuleBase) -> None:
        self.base, self.findings = base, links(base)
        self.questions: dict[str, list[Question]] = defaultdict(list)
        advisor = Advisor(base, AS_OF)
        for question in questions(base):
            answer = advisor.answer(Scenario.model_validate(question.scenario))
            assert question.holds(answer), question.name
            for name in test_rules_at_work.at_work(answer):
                self.questions[name].append(question)

    def noticed_by(self, rule: str, fault: CompiledRule | None) -> str | None:
        """Return what notices the fault; None where nothing does."""
        if fault:
            failed = any(not result.passed for result in run_examples(self.base.with_rules({rule: fault})))
            return "an example of its own" if failed else None
        base = self.base.with_rules({name: kept for name, kept in self.base.rules.items() if name != rule})
        advisor = Advisor(base, AS_OF)
        for question in sorted(self.questions[rule], key=lambda question: rule not in question.names):
            if not question.holds(advisor.answer(Scenario.model_validate(question.scenario))):
                return question.name
        return None if links(base) <= self.findings else "a lint"


def main() -> None:
    """Print each fault that nothing notices, then the share noticed by folder and kind."""
    base = load_rules()
    judge = Judge(base)
    counts: Counter[tuple[str, str, bool]] = Counter()
    for rule in base.rules.values():
        if sys.argv[1:] and rule.id not in sys.argv[1:]:
            continue
        for kind, told, fault in mutants(rule):
            noticed = judge.noticed_by(rule.id, fault) is not None
            counts[rule.folder, kind, noticed] += 1
            if not noticed:
                print(f"{rule.folder}/{rule.id}: {kind}: {told}", flush=True)
    for folder, kind in sorted({(folder, kind) for folder, kind, _ in counts}):
        noticed, missed = (counts[folder, kind, state] for state in (True, False))
        print(f"{folder:12} {kind:12} {noticed:5} of {noticed + missed:5} noticed")
    noticed = sum(number for (*_, state), number in counts.items() if state)
    print(f"in all {noticed} of {counts.total()} noticed: {noticed / counts.total():.1%}")


if __name__ == "__main__":
    main()
