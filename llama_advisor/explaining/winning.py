"""The smallest changes of requirement that make a given model win, each checked by applying it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from llama_advisor.explaining.tipping import ends, options, value_of
from llama_advisor.relaxing import current, plain, softer
from llama_advisor.schema.advice import Change
from llama_advisor.schema.explanation import Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.explaining.picks import Changes, Picker
    from llama_advisor.schema.moves import NumberMove

PROBES = 12
"""Values tried on the way to each end of a number, evenly by ratio."""
MOST_PAIRS = 80


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
    if pick is None or pick.model != model or pick.build is None:
        return None
    today = picker.today().need
    told = tuple(Change(field=field, from_=plain(current(today, field)), to=plain(value)) for field, value in changes)
    return Way(changes=told, then=pick.build)


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
    """Return the first two changes that together make the model win, each taken back as far as it may be."""
    today = picker.today().need
    found = picker.advisor.base.relaxations.relaxations
    steps = {item.field: softer(current(today, item.field), item) for item in found}
    fields = [field for field in steps if steps[field]]
    for one, other in list(combinations(fields, 2))[:MOST_PAIRS]:
        first, second = steps[one], steps[other]
        if not picker.wins(((one, first[-1]), (other, second[-1])), model):
            continue
        at = next(step for step in first if picker.wins(((one, step), (other, second[-1])), model))
        to = next(step for step in second if picker.wins(((one, at), (other, step)), model))
        return _way(((one, at), (other, to)), model, picker)
    return None
