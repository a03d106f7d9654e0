"""Why a model is not the answer: the JSON contract of `explain MODEL --scenario FILE`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from llama_advisor.engine.advice import Change, Excuse, RuleBaseShown, ShortBuild
from llama_advisor.text.record import Record

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
