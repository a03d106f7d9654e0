"""A grid of answers: every combination of some fields' values, each answered in full."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from llama_advisor import __version__
from llama_advisor.engine.advice import RuleBaseShown, ShortBuild
from llama_advisor.explain.exploration import Cell, Grid
from llama_advisor.explain.grid_changes import Place, turn
from llama_advisor.explain.options import options
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llama_advisor.engine.advice import Advice, Build, Excluded
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.exploration import Turn
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.scenario.vary import Axis

At = tuple[int, ...]


def vary(
    scenario: Scenario,
    axes: tuple[Axis, ...],
    advisor: Advisor,
    nearest: Callable[[Advice], Excluded | None],
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> Grid:
    """Answer the scenario for every combination of the axes' values; `told` hears of each answer.

    `nearest` picks the miss that stands for a cell where nothing fits.
    """
    places: dict[At, Place] = {}
    cells = []
    spots = list(product(*(range(len(axis.values)) for axis in axes)))
    for done, at in enumerate(spots, 1):
        answer = advisor.answer(_scenario_at(scenario, axes, at))
        if answer.found is None:
            raise InputError(f"whatif: state at least one of: {', '.join(answer.advice.missing)}")
        cell = _cell(at, answer.advice, nearest(answer.advice))
        cells.append(cell)
        places[at] = Place(cell, options(answer.found, advisor.base))
        told(done, len(spots))
    return Grid(
        as_of=advisor.as_of,
        scenario=_without(scenario, axes),
        axes=axes,
        cells=tuple(cells),
        turns=tuple(_turns(places, axes, advisor)),
        rulebase=RuleBaseShown(
            version=__version__,
            hash=advisor.base.hash,
            layers=tuple(layer.label for layer in advisor.base.layers[1:]),
        ),
    )


def _scenario_at(scenario: Scenario, axes: tuple[Axis, ...], at: At) -> Scenario:
    data = scenario.model_dump(exclude_defaults=True)
    for axis, place in zip(axes, at, strict=True):
        data = with_value(data, axis.field, axis.values[place])
    return type(scenario).model_validate(data)


def with_value(data: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Return plain scenario data with one field set; None leaves it out, mappings are merged."""
    name, _, inner = field.partition(".")
    if inner:
        return data | {name: with_value(data.get(name, {}), inner, value)}
    if value is None:
        return {key: item for key, item in data.items() if key != name}
    if isinstance(value, dict) and isinstance(data.get(name), dict):
        value = data[name] | value
    return data | {name: value}


def _without(scenario: Scenario, axes: tuple[Axis, ...]) -> dict[str, Any]:
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    for axis in axes:
        data = with_value(data, axis.field, None)
    return data


def _cell(at: At, advice: Advice, missed: Excluded | None) -> Cell:
    """Return one answer in short; a build that needs a requirement changed is no winner."""
    fits = advice.verdict in {"recommended", "recommended_with_caveats"}
    build = advice.recommendation if fits else None
    return Cell(
        at=at,
        verdict=advice.verdict,
        winner=_short(build) if build else None,
        provider=build.provider if build else None,
        score=build.score if build else None,
        total_gib=build.memory.total_gib if build and build.memory else None,
        tokens_per_s=build.speed.decode_tokens_per_s.mid if build and build.speed else None,
        usd_per_month=round(build.cost.usd_per_month, 2) if build and build.cost else None,
        excuse=missed.excuse if missed and not build else None,
        changes=advice.changes,
    )


def _short(build: Build) -> ShortBuild:
    machine = build.machine.name if build.machine else None
    return ShortBuild(model=build.model, quantization=build.quantization, engine=build.engine, machine=machine)


def _turns(places: dict[At, Place], axes: tuple[Axis, ...], advisor: Advisor) -> Iterator[Turn]:
    """Compare every cell with the next one along each axis."""
    for index, axis in enumerate(axes):
        for at, place in places.items():
            after = (*at[:index], at[index] + 1, *at[index + 1 :])
            if after in places and (found := turn(place, places[after], index, axis.field, advisor.base)):
                yield found
