"""Runs the examples that every rule carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.fact import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule

EXPECTED = {"fires": True, "silent": False, "unknown": None}


class ExampleResult(NamedTuple):
    """One example and what came of it."""

    rule: str
    kind: str
    place: int
    passed: bool
    got: bool | None
    example: dict[str, Any]


def run_examples(base: RuleBase) -> Iterator[ExampleResult]:
    """Yield the result of every example of every rule."""
    for rule in base.rules.values():
        yield from _run(rule)


def _run(rule: CompiledRule) -> Iterator[ExampleResult]:
    for kind, expected in EXPECTED.items():
        for index, example in enumerate(getattr(rule.rule.examples, kind)):
            got = rule.condition.prove(example_facts(example).get).outcome
            yield ExampleResult(rule.id, kind, index, got is expected, got, example)


def example_facts(example: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of an example as conditions read them."""
    return {
        name: frozenset(value) if FACTS[name].kind == "set" and value is not None else value
        for name, value in example.items()
    }
