"""A grid of answers, every combination of some fields' values, and why neighbouring answers differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import product
from operator import attrgetter
from typing import Annotated, Any, Literal

from llama_advisor.engine.advice import Advice, Change, Excuse, RuleBaseShown, ShortBuild, Verdict
from llama_advisor.engine.decide import Advisor
from llama_advisor.explain.options import Option, nearest_excuse, options
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.flags import Axis
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import Record

At = tuple[int, ...]
Kind = Literal["ruled_out", "qualifies", "outscored", "other"]
_named = attrgetter(*ShortBuild._fields)
_ALIKE = (
    attrgetter("model", "quantization", "engine", "provider", "machine"),
    attrgetter("model", "quantization", "engine", "provider"),
    attrgetter("model"),
)
"""What makes two builds the same, the closest first."""


class Cell(Record):
    """One answer of a grid."""

    at: Annotated[tuple[int, ...], "Place on each axis, from 0."]
    verdict: Annotated[Verdict, "The verdict."]
    winner: Annotated[ShortBuild | None, "The build recommended as asked; null where nothing fits."]
    provider: Annotated[str | None, "Provider, where the winner is hosted."]
    score: Annotated[float | None, "Its score."]
    total_gib: Annotated[float | None, "Memory it takes; null for hosted models."]
    tokens_per_s: Annotated[float | None, "Its generation per user."]
    usd_per_month: Annotated[float | None, "Its money; null for owned hardware."]
    excuse: Annotated[Excuse | None, "The nearest miss, where nothing fits."]
    changes: Annotated[tuple[Change, ...], "What would have to change, where nothing fits as asked."]


class Turn(Record):
    """Two neighbouring cells with different winners, and why."""

    axis: Annotated[int, "Axis along which they are neighbours, from 0."]
    before: Annotated[tuple[int, ...], "Place of the one cell."]
    after: Annotated[tuple[int, ...], "Place of the other."]
    kind: Annotated[
        Kind, "The earlier winner is ruled out; the later one qualifies only now; the score turned; none of these."
    ]
    rule: Annotated[str | None, "Rule that decides, where one does."]
    criterion: Annotated[str | None, "Criterion that turned, where the score did."]
    text: Annotated[str, "Sentence."]


class Grid(Record):
    """How the answer moves with some fields."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    scenario: Annotated[dict[str, Any], "The scenario without the fields varied."]
    axes: Annotated[tuple[Axis, ...], "What is varied."]
    cells: Annotated[tuple[Cell, ...], "One answer for each combination; the last axis moves fastest."]
    turns: Annotated[tuple[Turn, ...], "Where neighbouring cells differ."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]


@dataclass
class Place:
    """A cell with all builds judged for it, the best first; listed only where a neighbour has another winner."""

    cell: Cell
    listed: Callable[[], tuple[Option, ...]]

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """All builds judged."""
        return self.listed()

    @property
    def winner(self) -> Option | None:
        """The winner as it was judged."""
        short = self.cell.winner
        qualified = (item for item in self.options if item.excuse is None) if short else ()
        return next((item for item in qualified if _named(item) == _named(short)), None)

    def counterpart(self, build: Option | None) -> Option | None:
        """The same build here, on the same machine if it is tried, else its best; else the model's best or nearest."""
        pairs = ((same, item) for same in _ALIKE for item in self.options)
        return next((item for same, item in pairs if build and same(item) == same(build)), None)


def vary(scenario: Scenario, axes: tuple[Axis, ...], advisor: Advisor, told: Callable[[int, int], None]) -> Grid:
    """Answer the scenario for every combination of the axes' values; `told` hears of each answer."""
    base = advisor.base
    stated = scenario.model_dump(exclude_defaults=True)
    shown = scenario.model_dump(mode="json", exclude_defaults=True)
    places: dict[At, Place] = {}
    spots = list(product(*(range(len(axis.values)) for axis in axes)))
    for done, at in enumerate(spots, 1):
        data = stated
        for axis, index in zip(axes, at, strict=True):
            data = with_value(data, axis.field, axis.values[index])
        answer = advisor.answer(type(scenario).model_validate(data))
        if answer.found is None:
            raise InputError(f"whatif: state at least one of: {', '.join(answer.advice.missing)}")
        places[at] = Place(_cell(at, answer.advice), partial(options, answer.found, base))
        told(done, len(spots))
    turns = []
    for index, axis in enumerate(axes):  # each cell with the next one along each axis
        shown = with_value(shown, axis.field, None)
        for at, place in places.items():
            after = places.get((*at[:index], at[index] + 1, *at[index + 1 :]))
            if after and (found := turn(place, after, index, axis.field, base)):
                turns.append(found)
    return Grid(
        as_of=advisor.as_of,
        scenario=shown,
        axes=axes,
        cells=tuple(place.cell for place in places.values()),
        turns=tuple(turns),
        rulebase=advisor.rulebase_shown(),
    )


def with_value(data: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Set one field of plain scenario data; None leaves it out, mappings are merged."""
    name, _, inner = field.partition(".")
    if inner:
        return data | {name: with_value(data.get(name, {}), inner, value)}
    if value is None:
        return {key: item for key, item in data.items() if key != name}
    if isinstance(value, dict) and isinstance(data.get(name), dict):
        value = data[name] | value
    return data | {name: value}


def _cell(at: At, advice: Advice) -> Cell:
    """One answer in short; a build that needs a requirement changed is no winner."""
    fits = advice.verdict in {"recommended", "recommended_with_caveats"}
    build, missed = advice.recommendation if fits else None, nearest_excuse(advice)
    winner = None
    if build:
        machine = build.machine.name if build.machine else None
        winner = ShortBuild(model=build.model, quantization=build.quantization, engine=build.engine, machine=machine)
    return Cell(
        at=at,
        verdict=advice.verdict,
        winner=winner,
        provider=build.provider if build else None,
        score=build.score if build else None,
        total_gib=build.memory.total_gib if build and build.memory else None,
        tokens_per_s=build.speed.decode_tokens_per_s.mid if build and build.speed else None,
        usd_per_month=round(build.cost.usd_per_month, 2) if build and build.cost else None,
        excuse=missed.excuse if missed and not build else None,
        changes=advice.changes,
    )


def turn(before: Place, after: Place, axis: int, field: str, base: RuleBase) -> Turn | None:
    """Say why the winner is another one; None where it is the same, hardware that is varied apart."""
    one, other = before.cell.winner, after.cell.winner
    if one and other and field == "hardware":
        other = other._replace(machine=one.machine)
    if one == other and before.cell.provider == after.cell.provider:
        return None

    def told(kind: Kind, text: str, rule: str | None = None, criterion: str | None = None) -> Turn:
        at = {"before": before.cell.at, "after": after.cell.at}
        return Turn(axis=axis, **at, kind=kind, rule=rule, criterion=criterion, text=text)

    old, new = before.winner, after.winner  # in turn: the old one is ruled out, the new one was, the score turned
    lost = after.counterpart(old)
    if lost and lost.excuse:
        return told("ruled_out", lost.excuse.text, lost.excuse.rule)
    gained = before.counterpart(new)
    if new and gained and gained.excuse:
        text = f"{name(new, base)} qualifies now; before: {gained.excuse.text}"
        return told("qualifies", text, gained.excuse.rule)
    if old and new and lost and gained and lost != new and gained != old:
        criterion, text = _outscored((old, gained), (lost, new), base)
        return told("outscored", text, criterion=criterion)
    return told("other", "other builds are tried")


def _outscored(before: tuple[Option, Option], after: tuple[Option, Option], base: RuleBase) -> tuple[str | None, str]:
    """Name the criterion that moved most towards the new winner, of the old and the new winner in both cells."""

    def lead(pair: tuple[Option, Option], criterion: str) -> float:
        old, new = pair
        return new.points.get(criterion, 0.0) - old.points.get(criterion, 0.0)

    was, now = ((new.score or 0.0) - (old.score or 0.0) for old, new in (before, after))
    loser, winner = (name(build, base) for build in after)
    if now <= 0:
        how = "has as many points as" if now == 0 else "stands within the margin of a wish of"
        return None, f"{winner} {how} {loser}, {was:+.2f} before"
    criteria = dict.fromkeys(criterion for build in (*before, *after) for criterion in build.points)
    turned = max(criteria, key=lambda criterion: lead(after, criterion) - lead(before, criterion))
    moved = f"{turned} {lead(before, turned):+.2f} to {lead(after, turned):+.2f}"
    return turned, f"{winner} leads {loser} by {now:+.2f} points, {was:+.2f} before; most of it {moved}"


def name(build: Option, base: RuleBase) -> str:
    """A build's name without its machine."""
    model = base.models[build.model].name.removeprefix("Llama ")
    return f"{model} {build.quantization}" if build.machine else f"{model} at {build.provider}"
