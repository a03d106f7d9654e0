"""Why a model is not the answer: the JSON contract of `explain MODEL --scenario FILE`."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from llama_advisor.engine.advice import Change, Excuse, RuleBaseShown, ShortBuild
from llama_advisor.text.strict import Strict

Standing = Literal["recommended", "qualifies", "excluded", "not_ranked"]


class Failed(Strict):
    """A constraint that rules the model's nearest build out."""

    excuse: Excuse
    """Sentence, figure read, limit, unit, bottleneck."""
    slack: float | None
    """How far the limit is missed, negative, in its unit; null where figure and limit are no numbers."""


class Against(Strict):
    """One criterion of the model beside the winner's."""

    criterion: str
    """Criterion id."""
    points: float
    """Points of this model less those of the winner."""
    mine: str
    """What was read of this model."""
    theirs: str
    """What was read of the winner."""


class Way(Strict):
    """Requirements changed so that the model wins; checked by applying them."""

    changes: tuple[Change, ...]
    """What to change."""
    then: ShortBuild
    """The model's build then."""


class Explanation(Strict):
    """Where a model stands for a scenario, and what would make it win."""

    schema_version: int = 1
    """Version of this contract."""
    as_of: date
    """Day for which it was asked."""
    model: str
    """Model id."""
    standing: Standing
    """Whether it is recommended, qualifies behind another, is excluded, or is not ranked for this scenario."""
    rank: int | None
    """Its place, where it qualifies."""
    build: ShortBuild | None
    """Its best build; the nearest one where it is excluded."""
    winner: ShortBuild | None
    """The build recommended; null where nothing fits."""
    failed: tuple[Failed, ...]
    """What rules its nearest build out, the decisive one first."""
    behind: float | None
    """Points behind the winner, where it qualifies; negative where a wish decided."""
    against: tuple[Against, ...]
    """Criterion by criterion, largest gain first."""
    wins_if: tuple[Way, ...]
    """Smallest single changes that make it win, easiest kind first; a pair where no single one
    does; of the changes that moves.yaml and relaxations.yaml list."""
    scenario: dict[str, Any]
    """The normalised scenario."""
    rulebase: RuleBaseShown
    """Which rule base answered."""
