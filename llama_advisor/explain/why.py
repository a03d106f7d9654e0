"""What an answer rests on, how firmly its winner stands, where it turns; and a report of all that.

How far each requirement may move, alone, before another model is recommended is asked of the engine, never derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count, islice
from math import ceil, floor, log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from llama_advisor.engine.advice import Advice, Robustness, TippingPoint, WeightRange
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.contributions import points_of
from llama_advisor.engine.decide import Advisor, Answer
from llama_advisor.engine.relax import changed, current, plain, stated_value, whole
from llama_advisor.engine.search import Found
from llama_advisor.engine.words import decisive, short
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import ChoiceMove, NumberMove, Source
from llama_advisor.scenario.defaults import spelled
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.figures import machine_name
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import CriterionId

if TYPE_CHECKING:
    from llama_advisor.explain.grid import Grid
    from llama_advisor.explain.options import Option

Values = dict[CriterionId, float]
Change = tuple[str, Any]
Turn = tuple[int, int, Found]
"""The last value that keeps the answer, the first that changes it, in units, and the decision then."""

WEIGHTINGS = 500
RATIO = 2
"""A number is tried step by step, each so many times the last: a turn and its return in between go unseen."""
ONE_BY_ONE = 4  # Up to so many units every value is tried.


def explained(scenario: Scenario, advisor: Advisor) -> Answer:
    """Answer with reasons, robustness and tipping points; raises InputError for what it does not know."""
    answer = advisor.answer(scenario, why=True)
    if answer.found is None:
        return answer
    winner = answer.found.winner
    advice = answer.advice._replace(
        tipping_points=tipping_points(Picker(advisor, scenario)),
        robustness=robustness(winner, answer.found.qualified, winner.weights) if winner else None,
    )
    return answer._replace(advice=advice)


def robustness(
    winner: Candidate, qualified: tuple[Candidate, ...], weights: Mapping[CriterionId, float]
) -> Robustness | None:
    """Compare the winner with every build of every other model; None where it has no rival."""
    rivals = [build for build in qualified if build.model.id != winner.model.id]
    if not rivals:
        return None
    counted = {name: weight for name, weight in weights.items() if weight > 0}
    mine = values(winner, counted)
    gaps = [{name: mine[name] - theirs[name] for name in counted} for theirs in (values(r, counted) for r in rivals)]
    ranges = []
    # A weight moves alone, the others keeping their proportions; then every score is linear in it, and the
    # range in which the winner leads follows in closed form from each rival.
    for name, weight in counted.items():
        low, high = 0.0, 1.0
        for gap in gaps:
            others = sum(counted[other] * gap[other] for other in counted if other != name)
            rest = others / (1 - weight) if weight < 1 else 0
            slope = gap[name] - rest
            if slope > 0:
                low = max(low, -rest / slope)
            elif slope < 0:
                high = min(high, -rest / slope)
            elif rest < 0:
                low, high = weight, weight
        low, high = min(low, weight), max(high, weight)
        ranges.append(WeightRange(criterion=name, weight=round(weight, 3), low=round(low, 3), high=round(high, 3)))
    return Robustness(
        margin=round(winner.score - max(build.score for build in rivals), 2),
        share_of_weightings_won=share_won(gaps, list(counted)),
        weights=tuple(ranges),
    )


def values(build: Candidate, weights: Mapping[CriterionId, float]) -> Values:
    """The build's value per criterion, rules included: its points over the weight."""
    points = points_of(build)
    return {name: points.get(name, 0.0) / weight if weight else 0.0 for name, weight in weights.items()}


def share_won(gaps: list[Values], names: list[CriterionId]) -> float:
    """The share of weightings, spread evenly over all that sum to 1, under which the winner leads."""
    # Multiples of the roots of primes, one prime per criterion, modulo 1, fill the unit cube evenly.
    primes = (number for number in count(2) if all(number % divisor for divisor in range(2, number)))
    roots = [sqrt(prime) for prime in islice(primes, len(names))]
    won = 0
    for place in range(1, WEIGHTINGS + 1):
        raw = [-log(1 - place * root % 1) for root in roots]
        won += all(sum(weight * gap[name] for weight, name in zip(raw, names, strict=True)) >= 0 for gap in gaps)
    return round(won / WEIGHTINGS, 3)


class Picker:
    """Decides one scenario with requirements changed; decisions are memoized."""

    def __init__(self, advisor: Advisor, scenario: Scenario) -> None:
        self.advisor, self.base, self.scenario = advisor, advisor.base, scenario
        self._decided: dict[str, Found | None] = {}

    @cached_property
    def today(self) -> Found:
        """The decision for the scenario as it stands."""
        return self.advisor.decide(understand(self.scenario, self.base))

    def at(self, *changes: Change, among: frozenset[str] | None = None) -> Found | None:
        """The decision with the changes applied, `among` these models alone; None where they make no scenario."""
        key = repr((changes, sorted(among) if among is not None else None))
        if key not in self._decided:
            try:
                scenario = self.scenario
                for field, value in changes:
                    scenario = changed(scenario, field, value)
                self._decided[key] = self.advisor.decide(understand(scenario, self.base), among)
            except (InputError, ValidationError):
                self._decided[key] = None
        return self._decided[key]

    def wins(self, model: str, *changes: Change) -> bool:
        """Whether the model is recommended with the changes applied; if it does not qualify alone, it is not."""
        alone = self.at(*changes, among=frozenset({model}))
        found = self.at(*changes) if alone and alone.order else None
        return found is not None and found.model == model


def tipping_points(picker: Picker) -> tuple[TippingPoint, ...]:
    """Every turn of the answer, numbers first, in the order of moves.yaml."""
    today, moves = picker.today, picker.base.moves
    points = []

    def add(field: str, value: Any, holds: Any, to: Any, found: Found) -> None:
        moved = {"from_": plain(value), "to": plain(to), "holds_to": plain(holds)}
        then = short(found.winner) if found.winner else None
        points.append(TippingPoint(field=field, **moved, then=then, text=_turned(today.model, found, picker.base)))

    for number in moves.numbers:  # where the answer turns when it falls, and when it rises
        value = current(today.need, number.field)
        if value is None or not (number.assumed or stated_value(picker.scenario, number.field)):
            continue
        units = value / number.unit
        low, high = ends(number, today)
        for start, end in ((ceil(units - 1e-9), low), (floor(units + 1e-9), high)):
            if turn := _turn(number, start, end, picker):
                last, first, found = turn
                holds = value if last == start else whole(last, number.unit)
                add(number.field, value, holds, whole(first, number.unit), found)
    for choice in (choice for choice in moves.choices if not choice.wins_only):
        value = current(today.need, choice.field)
        for other in other_values(choice, value, picker):
            then = picker.at((choice.field, other))
            if then is not None and then.model != today.model:
                add(choice.field, value, value, other, then)
    return tuple(points)


def _turned(before: str | None, after: Found, base: RuleBase) -> str:
    """Say why `before` is no longer recommended: what rules it out, or where the new pick is ahead."""
    if before is None:
        return f"{after.order[0].model.name} fits then"
    out = after.nearest(before)
    if out is not None:
        return decisive(out, base).text
    mine, best = after.best(before), after.winner
    if mine is None or best is None:
        return f"{base.models[before].name} is no longer among the models ranked"
    if best.score <= mine.score:
        return f"{best.model.name} is within the margin of a wish then"
    name, points = max(gaps(best, mine).items(), key=lambda item: item[1])
    return f"{best.model.name} is ahead by {best.score - mine.score:.1f} points, most of all in {name} ({points:+.1f})"


def gaps(first: Candidate, second: Candidate) -> dict[str, float]:
    """By how many points the first is ahead of the second, by criterion."""
    mine, theirs = points_of(first), points_of(second)
    return {name: round(mine.get(name, 0.0) - theirs.get(name, 0.0), 2) + 0.0 for name in mine | theirs}


def ends(number: NumberMove, today: Found) -> tuple[int, int]:
    """The ends of a number in units; an answer lies within its context."""
    low, high = round(number.low / number.unit), round(number.high / number.unit)
    if number.field == "context_tokens" and today.need.scenario.output_tokens:
        low = max(low, today.need.output_tokens)
    if number.field == "output_tokens":
        high = min(high, today.need.context_tokens)
    return low, high


def _turn(number: NumberMove, start: int, end: int, picker: Picker) -> Turn | None:
    """Find the first value, away from `start`, at which another model is recommended; exact to the unit.

    Between a value that keeps the model and one that does not, halving judges the models at both ends alone. The last
    value before the turn is then checked against all models, and where a third one wins it, halved again.
    """
    today = picker.today.model

    def at(units: int, among: frozenset[str] | None = None) -> Found | None:
        return picker.at((number.field, whole(units, number.unit)), among=among)

    holds = start
    for turns in probes(start, end):
        found = at(turns)
        if found is None:
            return None
        if found.model != today:
            break
        holds = turns
    else:
        return None
    while True:
        among = frozenset(model for model in (today, found.model) if model)
        near, far = holds, turns
        while abs(far - near) > 1:
            middle = (near + far) // 2
            trial = at(middle, among)
            near, far = (middle, far) if trial is not None and trial.model == today else (near, middle)
        for checked in (near, far):
            full = at(checked) if checked != start else None
            if full is not None and full.model != today:
                break
        else:
            return None
        if checked == far:
            return near, far, full
        turns, found = near, full


def probes(start: int, end: int) -> Iterator[int]:
    """Yield the units tried from `start`, exclusive, to `end`."""
    while start < end:
        yield (start := min(end, start + 1 if start < ONE_BY_ONE else start * RATIO))
    while start > end:
        yield (start := max(end, start - 1 if start <= ONE_BY_ONE else start // RATIO))


def other_values(choice: ChoiceMove, value: Any, picker: Picker) -> Iterator[Any]:
    """Yield the other values of a choice."""
    stated = stated_value(picker.scenario, choice.field)
    if choice.stated and stated in (None, ()):
        return
    yield from (other for other in choice.to if other not in (value, stated))
    listed = list(value) if isinstance(value, (list, tuple)) else []
    yield from ([*listed, item] for item in choice.add if item not in listed)
    yield from _resized(choice, picker)
    if choice.drop and stated not in (None, ()):
        several = isinstance(stated, (list, tuple)) and len(stated) > 1
        yield from ([item for item in stated if item != left] for left in stated) if several else (None,)


def _resized(choice: ChoiceMove, picker: Picker) -> Iterator[str]:
    """Yield the machine stated with more or fewer devices, where the number stays whole."""
    machines = picker.today.machines
    if len(machines) != 1 or machines[0].memory_assumed or machines[0].device.kind not in choice.kinds:
        return
    given = picker.scenario.hardware
    said = given[0] if isinstance(given, tuple) else given
    assert said is not None
    machine = read_hardware(spelled(said), catalogue_of(picker.base), picker.today.need.target)
    host = f" + {machine.ram_gib:g}GB RAM" if machine.ram_gib and not machine.device.unified_memory else ""
    for devices in (machine.count * factor for factor in choice.devices):
        if devices and devices == int(devices):
            yield f"{machine_name(machine.device.name, int(devices), machine.nodes)}{host}"


class Report(NamedTuple):
    """All that a report shows."""

    stated: dict[str, Any]  # The scenario as it was stated, plain data.
    advice: Advice
    options: tuple[Option, ...]
    grid: Grid | None
    sources: tuple[Source, ...]


def report(scenario: Scenario, advisor: Advisor, told: Callable[[int, int], None], *, varied: bool) -> Report:
    """Answer with reasons; `varied` adds how the answer moves with context and users."""
    from llama_advisor.explain.grid import vary
    from llama_advisor.explain.options import options
    from llama_advisor.scenario.flags import Axis

    advice, need, found, _ = explained(scenario, advisor)
    if found is None:
        raise InputError(f"recommend: state at least one of: {', '.join(advice.missing)}")
    axes = []
    for field in ("context_tokens", "concurrent_requests"):
        value = max(2, getattr(need, field))  # half, as it is, and twice; one request has no half, so four instead
        values = (value // 2, value, value * 2)
        axes.append(Axis(field=field, labels=tuple(f"{item:,}" for item in values), values=values))
    grid = vary(scenario, tuple(axes), advisor, told) if varied else None
    stated = scenario.model_dump(mode="json", exclude_defaults=True)
    base, sources = advisor.base, set[str]()  # every source that the answer rests on, by id
    for build in filter(None, (*advice.ranking, advice.recommendation)):
        sources.update(*(part.source for part in build.contributions), *base.models[build.model].sources.values())
        for offers in (base.rentals, base.hosted):
            if build.cost and build.cost.offer in offers:
                sources.add(offers[build.cost.offer].source)
    sources.update(*(caveat.source for caveat in advice.caveats), *(route.source for route in advice.routes))
    for excluded in advice.excluded:
        sources.update(citation.id for citation in base.rules[excluded.excuse.rule].rule.sources)
    cited = tuple(base.sources[name] for name in sorted(sources) if name in base.sources)
    return Report(stated, advice, options(found, base), grid, cited)
