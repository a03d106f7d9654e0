"""How far each requirement may move, alone, before another model is recommended."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.engine.advice import TippingPoint
from llama_advisor.engine.relax import current, plain, stated_value, whole
from llama_advisor.engine.words import short
from llama_advisor.explain.ask_again import turned
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario.defaults import spelled
from llama_advisor.sizing.figures import machine_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.advice import ShortBuild
    from llama_advisor.engine.search import Found
    from llama_advisor.explain.ask_again import Picker
    from llama_advisor.knowledge.judgement import ChoiceMove, NumberMove

RATIO = 2
"""A number is tried step by step, each so many times the last: a turn and its return in between go unseen."""
ONE_BY_ONE = 4
"""Up to so many units every value is tried."""


class Turn(NamedTuple):
    """The last value that keeps the answer, the first that changes it, in units, and what comes then."""

    holds: int
    turns: int
    pick: Found


def tipping_points(picker: Picker) -> tuple[TippingPoint, ...]:
    """Return every turn of the answer, numbers first, in the order of moves.yaml."""
    moves = picker.advisor.base.moves
    points = [point for number in moves.numbers for point in number_points(number, picker)]
    points.extend(point for choice in moves.choices if not choice.wins_only for point in choice_points(choice, picker))
    return tuple(points)


def number_points(number: NumberMove, picker: Picker) -> Iterator[TippingPoint]:
    """Yield where the answer turns when a number falls, and when it rises."""
    today = picker.today()
    value = current(today.need, number.field)
    if value is None or not (number.assumed or stated_value(picker.scenario, number.field)):
        return
    units = value / number.unit
    low, high = ends(number, today)
    for start, end in ((ceil(units - 1e-9), low), (floor(units + 1e-9), high)):
        turn = _turn(number, start, end, picker) if start != end else None
        if turn is None:
            continue
        holds = value if turn.holds == start else value_of(number, turn.holds)
        yield TippingPoint(
            field=number.field,
            from_=value,
            to=value_of(number, turn.turns),
            holds_to=holds,
            then=_short(turn.pick),
            text=turned(today.model, turn.pick, picker),
        )


def _short(pick: Found) -> ShortBuild | None:
    return short(pick.winner) if pick.winner else None


def ends(number: NumberMove, today: Found) -> tuple[int, int]:
    """Return the ends in units; an answer lies within its context."""
    low, high = round(number.low / number.unit), round(number.high / number.unit)
    if number.field == "context_tokens" and today.need.scenario.output_tokens:
        low = max(low, today.need.output_tokens)
    if number.field == "output_tokens":
        high = min(high, today.need.context_tokens)
    return low, high


def value_of(number: NumberMove, units: int) -> float:
    """Return so many units as a value of the field."""
    return whole(units, number.unit)


def _turn(number: NumberMove, start: int, end: int, picker: Picker) -> Turn | None:
    """Find the first value, away from `start`, at which another model is recommended; exact to the unit.

    Between a value that keeps the model and one that does not, halving is done among the models at both ends alone;
    the last value before the turn is then checked against all models, and where a third one wins it, halved again.
    """
    today = picker.today().model
    holds, turns = start, None
    for probe in probes(start, end):
        pick = _at(number, probe, picker)
        if pick is None:
            return None
        if pick.model != today:
            turns = probe
            break
        holds = probe
    if turns is None:
        return None
    while True:
        pick = _at(number, turns, picker)
        assert pick is not None
        among = frozenset(model for model in (today, pick.model) if model)
        near, far = holds, turns
        while abs(far - near) > 1:
            middle = (near + far) // 2
            trial = _at(number, middle, picker, among)
            near, far = (middle, far) if trial is not None and trial.model == today else (near, middle)
        for checked in (near, far):
            full = _at(number, checked, picker) if checked != start else None
            if full is not None and full.model != today:
                break
        else:
            return None
        if checked == far:
            return Turn(near, far, full)
        turns = near


def probes(start: int, end: int) -> Iterator[int]:
    """Yield the units tried from `start`, exclusive, to `end`."""
    value = start
    while value != end:
        if end > start:
            value = min(end, value + 1 if value < ONE_BY_ONE else value * RATIO)
        else:
            value = max(end, value - 1 if value <= ONE_BY_ONE else value // RATIO)
        yield value


def _at(number: NumberMove, units: int, picker: Picker, among: frozenset[str] | None = None) -> Found | None:
    return picker.at(((number.field, value_of(number, units)),), among)


def choice_points(choice: ChoiceMove, picker: Picker) -> Iterator[TippingPoint]:
    """Yield the other values of a choice that change the answer."""
    today = picker.today()
    value = current(today.need, choice.field)
    for other in options(choice, value, picker):
        pick = picker.at(((choice.field, other),))
        if pick is not None and pick.model != today.model:
            yield TippingPoint(
                field=choice.field,
                from_=plain(value),
                to=plain(other),
                holds_to=plain(value),
                then=_short(pick),
                text=turned(today.model, pick, picker),
            )


def options(choice: ChoiceMove, value: Any, picker: Picker) -> Iterator[Any]:
    """Yield the other values of a choice."""
    stated = stated_value(picker.scenario, choice.field)
    if choice.stated and stated in (None, ()):
        return
    yield from (other for other in choice.to if other not in (value, stated))
    listed = list(value) if isinstance(value, (list, tuple)) else []
    yield from ([*listed, item] for item in choice.add if item not in listed)
    yield from _resized(choice, picker)
    if choice.drop and stated not in (None, ()):
        if isinstance(stated, (list, tuple)) and len(stated) > 1:
            yield from ([item for item in stated if item != left] for left in stated)
        else:
            yield None


def _resized(choice: ChoiceMove, picker: Picker) -> Iterator[str]:
    """Yield the machine stated with more or fewer devices, where the number stays whole."""
    today = picker.today()
    machines = today.machines
    if len(machines) != 1 or machines[0].memory_assumed or machines[0].device.kind not in choice.kinds:
        return
    given = picker.scenario.hardware
    said = given[0] if isinstance(given, tuple) else given
    assert said is not None
    machine = read_hardware(spelled(said), catalogue_of(picker.advisor.base), today.need.target)
    host = f" + {machine.ram_gib:g}GB RAM" if machine.ram_gib and not machine.device.unified_memory else ""
    for factor in choice.devices:
        count = machine.count * factor
        if count and count == int(count):
            name = machine_name(machine.device.name, int(count), machine.nodes)
            yield f"{name}{host}"
