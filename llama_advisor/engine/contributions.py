"""Parts of a score as they are shown: what each says, cites, and rests on."""

from __future__ import annotations

from itertools import pairwise

from llama_advisor.engine.advice import Contribution, Reading
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.fact import FACTS
from llama_advisor.engine.score import plain
from llama_advisor.knowledge.judgement import Criterion, ValueMeasure
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.text.template import fill


def contributions(candidate: Candidate, *, why: bool = False) -> tuple[Contribution, ...]:
    """Return the parts of the score as they are shown; `why` adds what each rests on."""
    return tuple(
        Contribution(
            criterion=criterion.id,
            rule=rule.id if rule else None,
            points=points,
            value=round(value, 3),
            weight=round(weight, 4),
            text=fill(rule.rule.say, candidate.lookup) if rule else _reading(criterion, candidate, value),
            source=cited(rule) if rule else (),
            layer=rule.layer if rule else None,
            reads=(_tests(rule, candidate) if rule else _measured(criterion, candidate)) if why else None,
        )
        for criterion, rule, points, value, weight in candidate.parts
    )


def points_of(build: Candidate) -> dict[str, float]:
    """Return the points of a build by criterion, what rules add included."""
    points: dict[str, float] = {}
    for part in build.parts:
        points[part.criterion.id] = points.get(part.criterion.id, 0.0) + part.points
    return points


def _tests(rule: CompiledRule, candidate: Candidate) -> tuple[Reading, ...]:
    """Return the tests of a rule's condition that hold, as its proof has them."""
    return tuple(
        Reading(fact=leaf.fact, value=plain(leaf.value), unit=FACTS[leaf.fact].unit, says=leaf.says)
        for leaf in rule.condition.prove(candidate.lookup).leaves()
        if leaf.fact
    )


def _measured(criterion: Criterion, candidate: Candidate) -> tuple[Reading, ...]:
    """Return the figures of a criterion, each between its anchors."""
    return tuple(
        Reading(
            fact=measure.fact,
            value=plain(figure := candidate.lookup(measure.fact)),
            unit=FACTS[measure.fact].unit,
            says=_anchors(measure, figure),
            worth=round(float(criterion.unknown_value if figure is None else measure.worth(figure)), 2),
            share=measure.share,
        )
        for measure in criterion.measures
    )


def _anchors(measure: ValueMeasure, figure: float | None) -> str:
    """Say which anchors the figure lies between."""
    if figure is None:
        return "not known"
    first, last = measure.anchors[0], measure.anchors[-1]
    if figure <= first[0] or figure > last[0]:
        end, way = (first, "at most") if figure <= first[0] else (last, "at least")
        return f"{end[1]:g} for {way} {end[0]:g}"
    low, high = next(pair for pair in pairwise(measure.anchors) if figure <= pair[1][0])
    return f"{low[1]:g} at {low[0]:g}, {high[1]:g} at {high[0]:g}"


def cited(rule: CompiledRule) -> tuple[str, ...]:
    """Return the sources of a rule, by id."""
    return tuple(citation.id for citation in rule.rule.sources)


def _reading(criterion: Criterion, candidate: Candidate, value: float) -> str:
    figures = ((candidate.lookup(measure.fact), FACTS[measure.fact].unit) for measure in criterion.measures)
    read = ("not known" if figure is None else f"{figure:,.3g} {unit}".strip() for figure, unit in figures)
    return f"{criterion.name} {value:.0f} of 100 ({', '.join(read)})"
