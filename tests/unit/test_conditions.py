"""Structured predicates: Kleene's logic, every operator, errors with their place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.knowledge.conditions import (
    OPERATORS,
    ConditionError,
    compile_condition,
    evaluator,
    facts_read,
    settler,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Kind:
    """A fact's type."""

    kind: str
    level: int = 0
    choices: frozenset[str] | None = None


FACTS = {
    "a.flag": Kind("flag"),
    "b.flag": Kind("flag", 2),
    "a.number": Kind("number"),
    "b.number": Kind("number", 3),
    "a.text": Kind("text", 1),
    "a.choice": Kind("text", 0, frozenset({"red", "green"})),
    "a.set": Kind("set"),
    "c.set": Kind("set", 0, frozenset({"red", "green"})),
}
STATES = (True, False, None)


def outcome(raw: Any, **values: Any) -> bool | None:
    """Compile, prove and decide with facts spelled `a_flag`; both come to the same."""
    condition = compile_condition(raw, FACTS)

    def lookup(name: str) -> Any:
        return values.get(name.replace(".", "_"))

    proved = condition.prove(lookup).outcome
    assert evaluator(condition, reader)(lookup) is proved
    assert settler(condition, reader, lambda test: test.level <= condition.level)(lookup) is proved
    return proved


def reader(name: str) -> Callable[[Callable[[str], Any]], Any]:
    """Read a fact of a lookup."""
    return lambda lookup: lookup(name)


def flag(name: str) -> dict[str, Any]:
    return {"fact": name, "is": True}


def kleene_and(values: tuple[bool | None, ...]) -> bool | None:
    return False if False in values else None if None in values else True


def kleene_or(values: tuple[bool | None, ...]) -> bool | None:
    return True if True in values else None if None in values else False


@pytest.mark.parametrize(("left", "right"), list(product(STATES, STATES)))
def test_all_and_any_follow_kleene(left: bool | None, right: bool | None) -> None:
    parts = [flag("a.flag"), flag("b.flag")]
    assert outcome({"all": parts}, a_flag=left, b_flag=right) is kleene_and((left, right))
    assert outcome({"any": parts}, a_flag=left, b_flag=right) is kleene_or((left, right))


@pytest.mark.parametrize(("value", "negated"), [(True, False), (False, True), (None, None)])
def test_not_follows_kleene(value: bool | None, negated: bool | None) -> None:
    assert outcome({"not": flag("a.flag")}, a_flag=value) is negated


@given(st.lists(st.sampled_from(STATES), min_size=2, max_size=2))
def test_de_morgan_holds_in_three_values(values: list[bool | None]) -> None:
    known = dict(zip(("a_flag", "b_flag"), values, strict=True))
    parts = [flag("a.flag"), flag("b.flag")]
    negated = {"any": [{"not": part} for part in parts]}
    assert outcome({"not": {"all": parts}}, **known) is outcome(negated, **known)


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        ({"fact": "a.flag", "is": True}, True, True),
        ({"fact": "a.flag", "is_not": True}, True, False),
        ({"fact": "a.number", "is": 3}, 3.0, True),
        ({"fact": "a.number", "is_not": 3}, 4, True),
        ({"fact": "a.text", "is": "x"}, "x", True),
        ({"fact": "a.text", "is_not": "x"}, "x", False),
        ({"fact": "a.text", "in": ["x", "y"]}, "y", True),
        ({"fact": "a.text", "in": ["x", "y"]}, "z", False),
        ({"fact": "a.text", "not_in": ["x", "y"]}, "z", True),
        ({"fact": "a.number", "in": [1, 2]}, 2, True),
        ({"fact": "a.number", "above": 3}, 3, False),
        ({"fact": "a.number", "above": 3}, 3.01, True),
        ({"fact": "a.number", "below": 3}, 3, False),
        ({"fact": "a.number", "below": 3}, 2.99, True),
        ({"fact": "a.number", "at_least": 3}, 3, True),
        ({"fact": "a.number", "at_least": 3}, 2.99, False),
        ({"fact": "a.number", "at_most": 3}, 3, True),
        ({"fact": "a.number", "at_most": 3}, 3.01, False),
        ({"fact": "a.set", "has": "x"}, frozenset("xy"), True),
        ({"fact": "a.set", "has": "z"}, frozenset("xy"), False),
        ({"fact": "a.set", "has_any": ["z", "x"]}, frozenset("xy"), True),
        ({"fact": "a.set", "has_any": ["z"]}, frozenset("xy"), False),
        ({"fact": "a.set", "lacks": "z"}, frozenset("xy"), True),
        ({"fact": "a.set", "lacks": "x"}, frozenset("xy"), False),
        ({"fact": "a.set", "lacks_any": ["x", "z"]}, frozenset("xy"), False),
        ({"fact": "a.set", "lacks_any": ["z"]}, frozenset("xy"), True),
        ({"fact": "a.set", "has": "x"}, frozenset(), False),
        ({"fact": "a.flag", "known": True}, False, True),
        ({"fact": "a.flag", "known": False}, False, False),
        ({"fact": "a.number", "known": True}, 0, True),
    ],
)
def test_every_operator(test: dict[str, Any], value: Any, expected: bool) -> None:
    assert outcome(test, **{str(test["fact"]).replace(".", "_"): value}) is expected


def test_the_table_above_has_every_operator() -> None:
    (mark,) = [mark for mark in test_every_operator.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {next(key for key in case[0] if key != "fact") for case in mark.args[1]} == set(OPERATORS)


@pytest.mark.parametrize("operator", sorted(set(OPERATORS) - {"known"}))
def test_what_is_not_known_stays_not_known(operator: str) -> None:
    kind = OPERATORS[operator].kinds[-1]
    operand: Any = {"number": 3, "text": "x", "set": "x", "flag": True}[kind]
    listed = operator in {"in", "not_in", "has_any", "lacks_any"}
    assert outcome({"fact": f"a.{kind}", operator: [operand] if listed else operand}) is None


def test_known_is_never_unknown() -> None:
    assert outcome({"fact": "a.flag", "known": True}) is False
    assert outcome({"fact": "a.flag", "known": False}) is True


def test_two_facts_are_compared() -> None:
    raw = {"fact": "a.number", "above": {"fact": "b.number"}}
    assert outcome(raw, a_number=3, b_number=2) is True
    assert outcome(raw, a_number=2, b_number=2) is False
    assert outcome(raw, a_number=2) is None
    assert outcome(raw, b_number=2) is None


def test_the_proof_names_each_part_with_its_value() -> None:
    raw = {"all": [{"fact": "a.number", "above": 3}, {"not": {"fact": "a.text", "in": ["x", "y"]}}]}
    values = {"a.number": 5, "a.text": "x"}
    proof = compile_condition(raw, FACTS).prove(values.get)
    assert (proof.outcome, proof.says) == (False, "all")
    first, second = proof.parts
    assert (first.outcome, first.says, first.fact, first.value) == (True, "a.number above 3", "a.number", 5)
    assert (second.says, second.parts[0].says, second.parts[0].value) == ("not", "a.text in x, y", "x")


def test_every_part_is_proved_even_when_the_first_settles_it() -> None:
    proof = compile_condition({"any": [flag("a.flag"), flag("b.flag")]}, FACTS).prove(lambda _: True)
    assert len(proof.parts) == 2


def test_facts_read_and_level() -> None:
    raw = {"any": [{"not": flag("b.flag")}, {"fact": "a.number", "below": {"fact": "b.number"}}]}
    condition = compile_condition(raw, FACTS)
    assert facts_read(condition) == {"b.flag", "a.number", "b.number"}
    assert condition.level == 3


@pytest.mark.parametrize(
    ("raw", "loc", "what"),
    [
        ("x", (), "a condition is a mapping with `fact`, `all`, `any` or `not`"),
        ({}, (), "a condition is a mapping with `fact`, `all`, `any` or `not`"),
        ([], (), "a condition is a mapping with `fact`, `all`, `any` or `not`"),
        ({"al": []}, ("al",), "unknown condition 'al'; nearest: all"),
        ({"all": [], "any": []}, ("all",), "unknown condition 'all'"),
        ({"all": []}, ("all",), "`all` takes a list of conditions"),
        ({"any": flag("a.flag")}, ("any",), "`any` takes a list of conditions"),
        ({"all": [flag("a.flag"), 3]}, ("all", 1), "a condition is a mapping"),
        ({"not": {"fact": "a.flg", "is": True}}, ("not", "fact"), "unknown fact 'a.flg'; nearest: a.flag"),
        (
            {"all": [{"any": [flag("a.flag"), {"fact": "a.numbr", "is": 1}]}]},
            ("all", 0, "any", 1, "fact"),
            "unknown fact 'a.numbr'; nearest: a.number",
        ),
        ({"fact": "a.flag"}, (), "fact 'a.flag' takes exactly one operator; known: is"),
        ({"fact": "a.number", "above": 1, "below": 3}, (), "takes exactly one operator"),
        ({"fact": "a.number", "abov": 1}, ("abov",), "unknown operator 'abov'; nearest: above"),
        ({"fact": "a.flag", "above": 1}, ("above",), "`above` does not apply to 'a.flag', which is a flag"),
        ({"fact": "a.set", "is": "x"}, ("is",), "`is` does not apply to 'a.set', which is a set"),
        ({"fact": "a.text", "has": "x"}, ("has",), "`has` does not apply to 'a.text', which is a text"),
        ({"fact": "a.flag", "is": "yes"}, ("is",), "'a.flag' is a flag, not 'yes'"),
        ({"fact": "a.flag", "is": 1}, ("is",), "'a.flag' is a flag, not 1"),
        ({"fact": "a.number", "is": True}, ("is",), "'a.number' is a number, not True"),
        ({"fact": "a.number", "above": "3"}, ("above",), "'a.number' is a number, not '3'"),
        ({"fact": "a.text", "is": 3}, ("is",), "'a.text' is a text, not 3"),
        ({"fact": "a.text", "is": None}, ("is",), "'a.text' is a text, not None"),
        ({"fact": "a.text", "in": "x"}, ("in",), "`in` takes a list"),
        ({"fact": "a.text", "in": []}, ("in",), "`in` takes a list"),
        ({"fact": "a.set", "has": ["x"]}, ("has",), "'a.set' is a set, not ['x']"),
        ({"fact": "a.flag", "known": "yes"}, ("known",), "`known` takes true or false"),
        ({"fact": "a.choice", "is": "gren"}, ("is",), "'a.choice' is never 'gren'; nearest: green"),
        ({"fact": "c.set", "has_any": ["red", "blue"]}, ("has_any",), "'c.set' is never 'blue'; known: green, red"),
        ({"fact": "a.number", "above": {"fact": "b.numbr"}}, ("above",), "unknown fact 'b.numbr'; nearest: b.number"),
    ],
)
def test_errors_say_where_and_what(raw: Any, loc: tuple[Any, ...], what: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(raw, FACTS)
    assert caught.value.loc == loc
    assert what in caught.value.what


@pytest.mark.parametrize(
    "raw",
    [
        {"fact": "a.number", "above": {"fact": "a.text"}},
        {"fact": "a.number", "at_least": {"fact": "a.set"}},
        {"fact": "a.text", "is": {"fact": "a.number"}},
        {"fact": "a.text", "in": {"fact": "b.number"}},
    ],
)
def test_facts_of_different_kinds_are_not_compared(raw: Any) -> None:
    with pytest.raises(ConditionError):
        compile_condition(raw, FACTS)


@given(st.data())
def test_what_is_settled_early_stays_so_whatever_comes_later(data: st.DataObject) -> None:
    known = {"a.flag": data.draw(st.sampled_from(STATES))}
    later = {"b.flag": data.draw(st.sampled_from(STATES))}
    part = st.sampled_from([flag("a.flag"), flag("b.flag"), {"fact": "a.flag", "known": True}])
    joined = st.recursive(
        part,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda one: {"not": one}, inner),
        ),
        max_leaves=8,
    )
    condition = compile_condition(data.draw(joined), FACTS)
    early = settler(condition, reader, lambda test: test.level == 0)(known.get)
    full = condition.prove((known | later).get).outcome
    assert evaluator(condition, reader)((known | later).get) is full
    assert (early((known | later).get) if callable(early) else early) is full


def test_leaves_are_the_tests_that_carry_the_outcome() -> None:
    raw = {"all": [{"any": [flag("a.flag"), flag("b.flag")]}, {"not": {"fact": "a.number", "above": 5}}]}
    proof = compile_condition(raw, FACTS).prove({"a.flag": False, "b.flag": True, "a.number": 3}.get)
    assert [(leaf.fact, leaf.value) for leaf in proof.leaves()] == [("b.flag", True), ("a.number", 3)]
