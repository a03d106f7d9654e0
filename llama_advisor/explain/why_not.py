"""Why a model is not the answer: what rules it out or what it loses against the winner, and what would make it win."""

from __future__ import annotations

from datetime import date
from itertools import combinations, islice, pairwise
from typing import Annotated, Any, Literal

from llama_advisor.engine.advice import Change, Excuse, RuleBaseShown, ShortBuild
from llama_advisor.engine.contributions import contributions
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.relax import current, plain, steps_for, whole
from llama_advisor.engine.score import excuse
from llama_advisor.engine.words import decisive, short
from llama_advisor.explain.why import Picker, ends, gaps, other_values
from llama_advisor.knowledge.judgement import NumberMove
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.record import Record

Moved = tuple[str, Any]

PROBES = 12  # Values tried on the way to each end of a number, evenly by ratio.
MOST_PAIRS = 40
Standing = Literal["recommended", "qualifies", "excluded", "not_ranked"]


class Failed(Record):
    """A constraint that rules the model's nearest build out."""

    excuse: Annotated[Excuse, "Sentence, figure read, limit, unit, bottleneck."]
    slack: Annotated[
        float | None, "How far the limit is missed, negative, in its unit; null where figure and limit are no numbers."
    ]


class Against(Record):
    """One criterion of the model beside the winner's."""

    criterion: Annotated[str, "Criterion id."]
    points: Annotated[float, "Points of this model less those of the winner."]
    mine: Annotated[str, "What was read of this model."]
    theirs: Annotated[str, "What was read of the winner."]


class Way(Record):
    """Requirements changed so that the model wins; checked by applying them."""

    changes: Annotated[tuple[Change, ...], "What to change."]
    then: Annotated[ShortBuild, "The model's build then."]


class Explanation(Record):
    """Where a model stands for a scenario, and what would make it win."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    model: Annotated[str, "Model id."]
    standing: Annotated[
        Standing,
        "Whether it is recommended, qualifies behind another, is excluded, or is not ranked for this scenario.",
    ]
    rank: Annotated[int | None, "Its place, where it qualifies."]
    build: Annotated[ShortBuild | None, "Its best build; the nearest one where it is excluded."]
    winner: Annotated[ShortBuild | None, "The build recommended; null where nothing fits."]
    failed: Annotated[tuple[Failed, ...], "What rules its nearest build out, the decisive one first."]
    behind: Annotated[float | None, "Points behind the winner, where it qualifies; negative where a wish decided."]
    against: Annotated[tuple[Against, ...], "Criterion by criterion, largest gain first."]
    wins_if: Annotated[
        tuple[Way, ...],
        "Smallest single changes that make it win, easiest kind first; a pair where no single one\n"
        "does; of the changes that moves.yaml and relaxations.yaml list.",
    ]
    scenario: Annotated[dict[str, Any], "The normalised scenario."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]


def why_not(model: str, scenario: Scenario, advisor: Advisor, *, ways: bool = True) -> Explanation:
    """Explain where a model, by id, stands, and the `ways` in which it would win; InputError for what is not known."""
    advisor.advise(scenario)  # it reads hardware that the decision alone may not need, and refuses what it cannot read
    picker = Picker(advisor, scenario)
    today, base = picker.today, advisor.base
    mine, nearest, winner = today.best(model), today.nearest(model), today.winner
    build = mine or nearest
    standing: Standing = "qualifies" if mine else "excluded" if nearest else "not_ranked"
    failed = []
    if nearest:
        first = decisive(nearest, base)
        for outcome in (first, *(outcome for outcome in nearest.fails if outcome != first)):
            item, slack = excuse(outcome), None
            value, limit = item.value, item.limit
            if not isinstance(value, (bool, str, type(None))) and not isinstance(limit, (bool, str, type(None))):
                slack = -round(abs(limit - value), 3) + 0.0
            failed.append(Failed(excuse=item, slack=slack))
    behind, against = None, []
    if winner and mine and mine is not winner:
        behind = round(winner.score - mine.score, 2)
        here, there = ({p.criterion: p.text for p in contributions(b) if p.rule is None} for b in (mine, winner))
        for name, points in sorted(gaps(mine, winner).items(), key=lambda item: (-item[1], item[0])):
            against.append(Against(criterion=name, points=points, mine=here.get(name, ""), theirs=there.get(name, "")))
    return Explanation(
        as_of=advisor.as_of,
        model=model,
        standing="recommended" if today.model == model else standing,
        rank=today.order.index(mine) + 1 if mine else None,
        build=short(build) if build else None,
        winner=short(winner) if winner else None,
        failed=tuple(failed),
        behind=behind,
        against=tuple(against),
        wins_if=ways_to_win(model, picker) if ways and today.model != model else (),
        scenario=today.need.normalised(),
        rulebase=advisor.rulebase_shown(),
    )


def ways_to_win(model: str, picker: Picker) -> tuple[Way, ...]:
    """The single changes that make the model win; where there is none, the first pair that does.

    Kinds of change come in the order of moves.yaml. Of a number the value nearest to today's is given, exact to its
    unit as far as the model keeps winning between that value and the first one found to work.
    """
    today = picker.today
    singles: list[Moved] = []
    for number in picker.base.moves.numbers:
        value = current(today.need, number.field)
        if value is None:
            continue
        start = round(value / number.unit)
        found = [near for end in ends(number, today) if (near := _nearest(number, start, end, model, picker))]
        if found:
            nearest = min(found, key=lambda units: max(units, start) / max(1, min(units, start)))
            singles.append((number.field, whole(nearest, number.unit)))
    for choice in picker.base.moves.choices:
        tried = ((choice.field, other) for other in other_values(choice, current(today.need, choice.field), picker))
        singles += [*islice((change for change in tried if picker.wins(model, change)), 1)]
    ways = [_way(model, picker, change) for change in singles] or [_pair(model, picker)]
    return tuple(filter(None, ways))


def _way(model: str, picker: Picker, *changes: Moved) -> Way | None:
    """The changes as a way, if the model wins with them."""
    found = picker.at(*changes)
    if found is None or found.model != model or found.winner is None:
        return None
    today = picker.today.need
    told = tuple(Change(field=field, from_=plain(current(today, field)), to=plain(value)) for field, value in changes)
    return Way(changes=told, then=short(found.winner))


def _nearest(number: NumberMove, start: int, end: int, model: str, picker: Picker) -> int | None:
    """The units nearest to `start`, on the way to `end`, with which the model wins; probed evenly by ratio."""

    def wins(units: int) -> bool:
        return picker.wins(model, (number.field, whole(units, number.unit)))

    first, ratio = max(start, 1), max(end, 1) / max(start, 1)
    probes = dict.fromkeys((start, *(round(first * ratio ** (step / PROBES)) for step in range(1, PROBES)), end))
    lost, won = next(((lost, probe) for lost, probe in pairwise(probes) if wins(probe)), (start, None))
    while won is not None and abs(won - lost) > 1:
        middle = (lost + won) // 2
        lost, won = (lost, middle) if wins(middle) else (middle, won)
    return won


def _pair(model: str, picker: Picker) -> Way | None:
    """The first two changes that together make the model win, numbers taken back as far as they may be."""
    today = picker.today.need
    softest: list[Moved] = []  # every kind of change at its softest, and every other value of a choice
    for item in picker.base.relaxations.relaxations:
        steps = steps_for(today, item, picker.base)
        if steps and "supported" not in item.steps:
            softest.append((item.field, steps[-1]))
    for choice in picker.base.moves.choices:
        softest.extend((choice.field, other) for other in other_values(choice, current(today, choice.field), picker))
    pairs = (pair for pair in combinations(softest, 2) if pair[0][0] != pair[1][0])
    alone = ((pair, picker.at(*pair, among=frozenset({model}))) for pair in pairs)
    qualifying = (pair for pair, found in alone if found and found.order)
    for one, other in islice(qualifying, MOST_PAIRS):
        if picker.wins(model, one, other):
            first = one[0], _least(one, other, model, picker)
            return _way(model, picker, first, (other[0], _least(other, first, model, picker)))
    return None


def _least(change: Moved, beside: Moved, model: str, picker: Picker) -> Any:
    """The step of a listed change, softened as little as the model still wins with beside another change."""
    field, softest = change
    kinds = {item.field: item for item in picker.base.relaxations.relaxations}
    steps = steps_for(picker.today.need, kinds[field], picker.base) if field in kinds else []
    return next(s for s in (steps if softest in steps else [softest]) if picker.wins(model, (field, s), beside))
