"""What conditions can come to, over all values of their facts: possible, implied, idle."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import Condition, Junction, Test, facts_read

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUE: frozenset[bool | None] = frozenset({True})
FALSE: frozenset[bool | None] = frozenset({False})
NOT_TRUE: frozenset[bool | None] = frozenset({False, None})
NOT_FALSE: frozenset[bool | None] = frozenset({True, None})
MOST_WAYS = 4000
RELATIONS = {
    "is": "=",
    "is_not": "<>",
    "above": ">",
    "below": "<",
    "at_least": "=>",
    "at_most": "<=",
}
OTHER_VALUE = "\0some other value"


class Literal(NamedTuple):
    """A test that must come to an outcome."""

    test: Test
    outcome: bool | None


Way = frozenset[Literal]


class TooManyWaysError(Exception):
    """The condition has more ways than are worth following."""


def ways(condition: Condition, outcomes: frozenset[bool | None]) -> set[Way]:
    """Return the alternatives, each a set of literals, in which the condition comes to one of `outcomes`."""
    if isinstance(condition, Test):
        return {frozenset({Literal(condition, outcome)}) for outcome in outcomes}
    if condition.kind == "not":
        return ways(condition.parts[0], frozenset(None if item is None else not item for item in outcomes))
    every = (condition.kind == "all") is (True in outcomes)
    parts = [ways(part, outcomes) for part in condition.parts]
    return joined(parts) if every else set().union(*parts)


def joined(parts: Iterable[set[Way]]) -> set[Way]:
    """Return every combination of one way of each part; raise TooManyWaysError past MOST_WAYS."""
    found: set[Way] = {frozenset()}
    for part in parts:
        if len(found) * len(part) > MOST_WAYS:
            raise TooManyWaysError
        found = {before | way for before, way in product(found, part) if possible(before | way)}
    return found


def can_be(condition: Condition, outcomes: frozenset[bool | None], *given: Condition) -> bool:
    """Tell whether it can come to one of `outcomes` while all of `given` are true; True when too many to tell."""
    try:
        return bool(joined([*(ways(other, TRUE) for other in given), ways(condition, outcomes)]))
    except TooManyWaysError:
        return True


def implies(first: Condition, second: Condition) -> bool:
    """Tell whether the second is true whenever the first is; a condition over other facts says nothing of it."""
    if facts_read(first).isdisjoint(facts_read(second)):
        return not can_be(second, NOT_TRUE)
    return not can_be(second, NOT_TRUE, first)


def idle(part: Condition, rest: Condition, kind: str) -> bool:
    """Tell whether `rest` alone, of an `all` or `any`, always comes to what it does with `part`."""
    try:
        if kind == "all":
            pairs = ((ways(rest, TRUE), ways(part, NOT_TRUE)), (ways(part, FALSE), ways(rest, NOT_FALSE)))
        else:
            pairs = ((ways(part, TRUE), ways(rest, NOT_TRUE)), (ways(rest, FALSE), ways(part, NOT_FALSE)))
        return not any(joined(pair) for pair in pairs)
    except TooManyWaysError:
        return False


def without(junction: Junction, index: int) -> Condition:
    """Return the junction without one part."""
    rest = tuple(part for place, part in enumerate(junction.parts) if place != index)
    return rest[0] if len(rest) == 1 else Junction(junction.kind, rest, max(part.level for part in rest))


def possible(way: Way) -> bool:
    """Tell whether some values of the facts give every literal its outcome."""
    plain: dict[str, list[Literal]] = {}
    related: dict[tuple[str, str], str] = {}
    for literal in way:
        test = literal.test
        if test.other is None:
            plain.setdefault(test.fact, []).append(literal)
        elif literal.outcome is not None and not _relate(related, test, holds=literal.outcome):
            return False
    return all(any(_satisfied(group, value) for value in _values(fact, group)) for fact, group in plain.items())


def _satisfied(group: list[Literal], value: Any) -> bool:
    return all(literal.test.prove(lambda _: value).outcome is literal.outcome for literal in group)


def _relate(related: dict[tuple[str, str], str], test: Test, *, holds: bool) -> bool:
    """Narrow how two facts may compare; False when nothing is left."""
    allowed = RELATIONS[test.operator]
    left = "".join(sign for sign in "<=>" if (sign in allowed) is holds)
    pair = (test.fact, str(test.other))
    if pair[::-1] in related or pair[0] > pair[1]:
        pair, left = pair[::-1], left.translate(str.maketrans("<>", "><"))
    related[pair] = "".join(sign for sign in related.get(pair, "<=>") if sign in left)
    return bool(related[pair])


def _values(fact: str, group: list[Literal]) -> list[Any]:
    """Return values that stand for all that the fact may have, as far as the group can tell them apart."""
    kind = FACTS[fact].kind
    named = [item for literal in group for item in _operands(literal.test)]
    if kind == "flag":
        return [None, True, False]
    if kind == "number":
        return [None, *_numbers(sorted(set(named)))]
    if kind == "text":
        return [None, *sorted(FACTS[fact].choices or {*named, OTHER_VALUE})]
    barred = {item for literal in group for item in _operands(literal.test) if _bars(literal)}
    return [None, frozenset({*named, *(FACTS[fact].choices or {OTHER_VALUE})} - barred), frozenset()]


def _numbers(named: list[float]) -> list[float]:
    if not named:
        return [0]
    between = [(low + high) / 2 for low, high in pairwise(named)]
    return [named[0] - 1, *named, *between, named[-1] + 1]


def _operands(test: Test) -> tuple[Any, ...]:
    if test.operator == "known":
        return ()
    return test.operand if isinstance(test.operand, tuple) else (test.operand,)


def _bars(literal: Literal) -> bool:
    """Tell whether a literal keeps its operands out of a set."""
    positive = literal.test.operator in {"has", "has_any"}
    return literal.outcome is not None and positive is not literal.outcome
