"""A small solver: which outcomes conditions can have over all values of their facts; satisfiable, implied, idle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, product
from typing import Any, NamedTuple

from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import Condition, Junction, Test, facts_read

TRUE: frozenset[bool | None] = frozenset({True})
FALSE: frozenset[bool | None] = frozenset({False})
NOT_TRUE: frozenset[bool | None] = frozenset({False, None})
NOT_FALSE: frozenset[bool | None] = frozenset({True, None})
MOST_WAYS = 4000
RELATIONS = {"is": "=", "is_not": "<>", "above": ">", "below": "<", "at_least": "=>", "at_most": "<="}
OTHER_VALUE = "\0some other value"


class Literal(NamedTuple):
    """A test that must have an outcome."""

    test: Test
    outcome: bool | None


Way = frozenset[Literal]


class TooManyWaysError(Exception):
    """The condition has more ways than are worth following."""


def ways(condition: Condition, outcomes: frozenset[bool | None]) -> set[Way]:
    """Return the disjunctive normal form of `condition has one of these outcomes`: a set of sets of literals."""
    if isinstance(condition, Test):
        return {frozenset({Literal(condition, outcome)}) for outcome in outcomes}
    if condition.kind == "not":
        return ways(condition.parts[0], frozenset(None if item is None else not item for item in outcomes))
    every = (condition.kind == "all") is (True in outcomes)
    parts = [ways(part, outcomes) for part in condition.parts]
    return joined(parts) if every else set().union(*parts)


def joined(parts: Iterable[set[Way]]) -> set[Way]:
    """Return every satisfiable combination of one way of each part; raise TooManyWaysError past MOST_WAYS."""
    found: set[Way] = {frozenset()}
    for part in parts:
        if len(found) * len(part) > MOST_WAYS:
            raise TooManyWaysError
        found = {before | way for before, way in product(found, part) if possible(before | way)}
    return found


def together(*asked: tuple[Condition, frozenset[bool | None]]) -> bool:
    """Whether conditions can each have one of their outcomes at once; True when too many to tell."""
    try:
        return bool(joined(ways(condition, outcomes) for condition, outcomes in asked))
    except TooManyWaysError:
        return True


def can_be(condition: Condition, outcomes: frozenset[bool | None], *given: Condition) -> bool:
    """Whether it can have one of `outcomes` while all of `given` are true; True when too many to tell."""
    return together(*((other, TRUE) for other in given), (condition, outcomes))


def implies(first: Condition, second: Condition) -> bool:
    """Whether the second is true whenever the first is; a condition over other facts says nothing of it."""
    if facts_read(first).isdisjoint(facts_read(second)):
        return not can_be(second, NOT_TRUE)
    return not can_be(second, NOT_TRUE, first)


def vouched(condition: Condition, vouches: Callable[[Literal], bool]) -> bool:
    """Whether some literal vouches in every way that the condition comes true; True when too many to tell."""
    try:
        return all(any(map(vouches, way)) for way in ways(condition, TRUE))
    except TooManyWaysError:
        return True


def idle(part: Condition, rest: Condition, kind: str) -> bool:
    """Whether `rest` alone, of an `all` or `any`, always has the outcome that it has with `part`."""
    kept, other = (rest, part) if kind == "all" else (part, rest)
    return not (together((kept, TRUE), (other, NOT_TRUE)) or together((other, FALSE), (kept, NOT_FALSE)))


def without(junction: Junction, index: int) -> Condition:
    """Return the junction without one part."""
    rest = tuple(part for place, part in enumerate(junction.parts) if place != index)
    return rest[0] if len(rest) == 1 else Junction(junction.kind, rest, max(part.level for part in rest))


def walked(
    condition: Condition, loc: tuple[Any, ...], inside: Junction | None = None, index: int = 0
) -> Iterator[tuple[tuple[Any, ...], Condition, Junction | None, int]]:
    """Yield a condition, then all its parts: each with its place in the file, what it is in, and where."""
    yield loc, condition, inside, index
    if isinstance(condition, Junction):
        for number, part in enumerate(condition.parts):
            place = (*loc, "not") if condition.kind == "not" else (*loc, condition.kind, number)
            yield from walked(part, place, condition, number)


def possible(way: Way) -> bool:
    """Whether some values of the facts satisfy every literal."""
    plain: dict[str, list[Literal]] = {}
    related: dict[tuple[str, str], str] = {}
    for literal in way:
        test = literal.test
        if test.other is None:
            plain.setdefault(test.fact, []).append(literal)
        elif literal.outcome is not None:
            # Narrow how the two facts may compare.
            pair, allowed = (test.fact, str(test.other)), RELATIONS[test.operator]
            left = "".join(sign for sign in "<=>" if (sign in allowed) is literal.outcome)
            if pair[0] > pair[1]:
                pair, left = pair[::-1], left.translate(str.maketrans("<>", "><"))
            related[pair] = "".join(sign for sign in related.get(pair, "<=>") if sign in left)
            if not related[pair]:
                return False

    def satisfies(group: list[Literal], value: Any) -> bool:
        return all(literal.test.prove(lambda _: value).outcome is literal.outcome for literal in group)

    return all(any(satisfies(group, value) for value in _values(fact, group)) for fact, group in plain.items())


def _values(fact: str, group: list[Literal]) -> list[Any]:
    """Return values that stand for all that the fact may have, as far as the group can tell them apart."""
    kind, choices = FACTS[fact].kind, FACTS[fact].choices
    named = {item for literal in group for item in operands(literal.test)}
    if kind == "flag":
        return [None, True, False]
    if kind == "number":
        numbers = sorted(named) or [0]
        between = [(low + high) / 2 for low, high in pairwise(numbers)]
        return [None, numbers[0] - 1, *numbers, *between, numbers[-1] + 1]
    if kind == "text":
        return [None, *sorted(choices or {*named, OTHER_VALUE})]
    barred: set[Any] = set()
    for test, outcome in group:
        if outcome is not None and (test.operator in {"has", "has_any"}) is not outcome:
            barred.update(operands(test))
    return [None, frozenset({*named, *(choices or {OTHER_VALUE})} - barred), frozenset()]


def operands(test: Test) -> tuple[Any, ...]:
    """Return the values that a test names."""
    if test.operator == "known":
        return ()
    return test.operand if isinstance(test.operand, tuple) else (test.operand,)
