"""Why a model is not the answer: what rules it out, or what it wins and loses against the winner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.contributions import contributions
from llama_advisor.engine.score import excuse
from llama_advisor.engine.words import decisive, short
from llama_advisor.explain.ask_again import Picker, gaps
from llama_advisor.explain.explanation import Against, Explanation, Failed
from llama_advisor.explain.smallest_change import ways_to_win

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Excuse
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.engine.search import Found
    from llama_advisor.explain.explanation import Standing
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario


def why_not(model: str, scenario: Scenario, advisor: Advisor, *, ways: bool = True) -> Explanation:
    """Explain where a model stands for a scenario; `model` is an id, `ways` looks for what would make it win.

    Raises InputError for what it does not know.
    """
    advisor.advise(scenario)
    picker = Picker(advisor, scenario)
    today = picker.today()
    mine, nearest = today.best(model), today.nearest(model)
    winner = today.winner
    behind = round(winner.score - mine.score, 2) if winner and mine and winner is not mine else None
    build = mine or nearest
    return Explanation(
        as_of=advisor.as_of,
        model=model,
        standing=_standing(model, today),
        rank=today.order.index(mine) + 1 if mine else None,
        build=short(build) if build else None,
        winner=short(winner) if winner else None,
        failed=_failed(nearest, advisor.base) if nearest else (),
        behind=behind,
        against=_against(mine, winner) if mine and winner and winner is not mine else (),
        wins_if=ways_to_win(model, picker) if ways and today.model != model else (),
        scenario=today.need.normalised(),
        rulebase=advisor.rulebase_shown(),
    )


def _standing(model: str, today: Found) -> Standing:
    if today.model == model:
        return "recommended"
    if today.best(model):
        return "qualifies"
    return "excluded" if today.nearest(model) else "not_ranked"


def _failed(build: Candidate, base: RuleBase) -> tuple[Failed, ...]:
    """Return every failed constraint of the nearest build, the decisive one first."""
    first = decisive(build, base)
    order = [first, *(outcome for outcome in build.fails if outcome != first)]
    told = (excuse(outcome) for outcome in order)
    return tuple(Failed(excuse=item, slack=_slack(item)) for item in told)


def _slack(item: Excuse) -> float | None:
    value, limit = item.value, item.limit
    if isinstance(value, (bool, str)) or isinstance(limit, (bool, str)) or value is None or limit is None:
        return None
    return -round(abs(limit - value), 3) + 0.0


def _against(mine: Candidate, winner: Candidate) -> tuple[Against, ...]:
    """Return criterion by criterion what the model gains and loses."""
    here = {part.criterion: part.text for part in contributions(mine) if part.rule is None}
    there = {part.criterion: part.text for part in contributions(winner) if part.rule is None}
    found = sorted(gaps(mine, winner).items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Against(criterion=name, points=points, mine=here.get(name, ""), theirs=there.get(name, ""))
        for name, points in found
    )
