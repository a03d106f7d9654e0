"""The smallest changes of requirement that make a given model win, each checked by applying it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from llama_advisor.engine.advice import Change
from llama_advisor.engine.relax import current, plain, softer
from llama_advisor.engine.words import short
from llama_advisor.explain.explanation import Way
from llama_advisor.explain.tipping_points import ends, options, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.explain.ask_again import Changes, Picker
    from llama_advisor.knowledge.judgement import NumberMove

PROBES = 12
"""Values tried on the way to each end of a number, evenly by ratio."""
MOST_PAIRS = 40


def ways_to_win(model: str, picker: Picker) -> tuple[Way, ...]:
    """Return the single changes that make the model win; where there is none, the first pair that does.

    Kinds of change come in the order of moves.yaml. Of a number the value nearest to today's is given, exact to its
    unit as far as the model keeps winning between that value and the first one found to work.
    """
    singles = [found for field, value in _singles(model, picker) if (found := _way(((field, value),), model, picker))]
    if singles:
        return tuple(singles)
    pair = _pair(model, picker)
    return (pair,) if pair else ()


def _way(changes: Changes, model: str, picker: Picker) -> Way | None:
    """Return the changes as a way, if the model wins with them."""
    pick = picker.at(changes)
    if pick is None or pick.model != model or pick.winner is None:
        return None
    today = picker.today().need
    told = tuple(Change(field=field, from_=plain(current(today, field)), to=plain(value)) for field, value in changes)
    return Way(changes=told, then=short(pick.winner))


def _singles(model: str, picker: Picker) -> Iterator[tuple[str, Any]]:
    """Yield, for each kind of change, the smallest value that makes the model win."""
    moves = picker.advisor.base.moves
    for number in moves.numbers:
        nearest = _smallest(number, model, picker)
        if nearest is not None:
            yield number.field, nearest
    for choice in moves.choices:
        for other in options(choice, current(picker.today().need, choice.field), picker):
            if picker.wins(((choice.field, other),), model):
                yield choice.field, other
                break


def _smallest(number: NumberMove, model: str, picker: Picker) -> Any:
    """Return the value nearest to today's with which the model wins, or None."""
    value = current(picker.today().need, number.field)
    if value is None:
        return None
    start = round(value / number.unit)
    found = [near for end in ends(number, picker.today()) if (near := _nearest(number, start, end, model, picker))]
    if not found:
        return None
    return value_of(number, min(found, key=lambda units: max(units, start) / max(1, min(units, start))))


def _nearest(number: NumberMove, start: int, end: int, model: str, picker: Picker) -> int | None:
    """Return the units nearest to `start`, on the way to `end`, with which the model wins."""

    def wins(units: int) -> bool:
        return picker.wins(((number.field, value_of(number, units)),), model)

    lost = start
    for probe in _steps(start, end):
        if wins(probe):
            near, far = lost, probe
            while abs(far - near) > 1:
                middle = (near + far) // 2
                near, far = (near, middle) if wins(middle) else (middle, far)
            return far
        lost = probe
    return None


def _steps(start: int, end: int) -> Iterator[int]:
    """Yield values from `start`, exclusive, to `end`, evenly by ratio."""
    before = start
    for step in range(1, PROBES + 1):
        value = end if step == PROBES else round(max(start, 1) * (max(end, 1) / max(start, 1)) ** (step / PROBES))
        if value != before:
            yield value
        before = value


def _pair(model: str, picker: Picker) -> Way | None:
    """Return the first two changes that together make the model win, numbers taken back as far as they may be.

    What lets the model alone qualify is looked at first: it is quick to tell, and nothing else can win.
    """
    alone = frozenset({model})
    tries = 0
    for one, other in combinations(list(_softest(picker)), 2):
        if one[0] == other[0]:
            continue
        pick = picker.at((one, other), alone)
        if pick is None or pick.model != model:
            continue
        tries += 1
        if tries > MOST_PAIRS:
            return None
        if picker.wins((one, other), model):
            return _taken_back(one, other, model, picker)
    return None


def _softest(picker: Picker) -> Iterator[tuple[str, Any]]:
    """Yield every kind of change at its softest, and every other value of a choice."""
    today = picker.today().need
    base = picker.advisor.base
    for item in base.relaxations.relaxations:
        steps = softer(current(today, item.field), item)
        if steps and steps[-1] != "supported":
            yield item.field, steps[-1]
    for choice in base.moves.choices:
        for other in options(choice, current(today, choice.field), picker):
            yield choice.field, other


def _taken_back(one: tuple[str, Any], other: tuple[str, Any], model: str, picker: Picker) -> Way | None:
    """Return the pair with each listed step softened as little as the model still wins with."""
    today = picker.today().need
    kinds = {item.field: item for item in picker.advisor.base.relaxations.relaxations}

    def least(change: tuple[str, Any], beside: tuple[str, Any]) -> tuple[str, Any]:
        field, softest = change
        kind = kinds.get(field)
        steps = softer(current(today, field), kind) if kind else []
        found = steps if softest in steps else [softest]
        return field, next(step for step in found if picker.wins(((field, step), beside), model))

    first = least(one, other)
    return _way((first, least(other, first)), model, picker)
