"""What exploring returns: every build judged, models side by side, a grid of answers."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from llama_advisor.engine.advice import Build, Change, Excuse, RuleBaseShown, ShortBuild, Verdict
from llama_advisor.scenario.scenario import Assumption
from llama_advisor.scenario.vary import Axis
from llama_advisor.text.strict import Strict


class Option(Strict):
    """One build as it was judged: what it offers, or what rules it out."""

    model: str
    """Model id."""
    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    machine: str | None
    """How the machine is written; null for hosted models."""
    provider: str | None
    """Provider, for hosted models."""
    score: float | None
    """Sum of its points; null where it is ruled out."""
    points: dict[str, float]
    """Points by criterion, rules included; empty where it is ruled out."""
    quality: float | None
    """Quality for this work, 0-100: of the model, where it was ruled out before a quantization was tried."""
    tokens_per_s: float | None
    """Generation per user; null where it is not known."""
    usd_per_month: float | None
    """Money; null for owned hardware and where it was not reckoned."""
    total_gib: float | None
    """Memory in all; null where it was not sized."""
    available_gib: float | None
    """What there is; null when not known."""
    excuse: Excuse | None
    """What rules it out; null where it qualifies."""


class Compared(Strict):
    """One of the models compared."""

    model: str
    """Model id."""
    name: str
    """Name as people write it."""
    build: Build | None
    """Its best build for the scenario; null where it has none."""
    at_home: Build | None
    """Its best build on a machine of one's own or rented; null where it has none."""
    excuse: Excuse | None
    """What rules it out, where it has no build; null also where it is not ranked at all."""


class Row(Strict):
    """One fact of all models compared."""

    group: Literal["facts", "licence", "scenario", "benchmarks", "engines"]
    """What kind of fact."""
    label: str
    """What is compared."""
    unit: str
    """Unit of the values."""
    values: tuple[Any, ...]
    """One value for each model, in the order asked for; null where it is not known or does not apply."""
    differs: bool
    """Whether the values are not all the same."""


class Comparison(Strict):
    """Models side by side, for one scenario."""

    schema_version: int = 1
    """Version of this contract."""
    as_of: date
    """Day for which it was asked."""
    scenario: dict[str, Any]
    """The normalised scenario."""
    assumptions: tuple[Assumption, ...]
    """What was taken for granted."""
    models: tuple[Compared, ...]
    """The models, in the order asked for."""
    rows: tuple[Row, ...]
    """What is compared."""
    not_comparable: tuple[str, ...]
    """Benchmarks published for some of the models, but not for all."""
    rulebase: RuleBaseShown
    """Which rule base answered."""


class Cell(Strict):
    """One answer of a grid."""

    at: tuple[int, ...]
    """Place on each axis, from 0."""
    verdict: Verdict
    """The verdict."""
    winner: ShortBuild | None
    """The build recommended as asked; null where nothing fits."""
    provider: str | None
    """Provider, where the winner is hosted."""
    score: float | None
    """Its score."""
    total_gib: float | None
    """Memory it takes; null for hosted models."""
    tokens_per_s: float | None
    """Its generation per user."""
    usd_per_month: float | None
    """Its money; null for owned hardware."""
    excuse: Excuse | None
    """The nearest miss, where nothing fits."""
    changes: tuple[Change, ...]
    """What would have to change, where nothing fits as asked."""


class Turn(Strict):
    """Two neighbouring cells with different winners, and why."""

    axis: int
    """Axis along which they are neighbours, from 0."""
    before: tuple[int, ...]
    """Place of the one cell."""
    after: tuple[int, ...]
    """Place of the other."""
    kind: Literal["ruled_out", "qualifies", "outscored", "other"]
    """The earlier winner is ruled out; the later one qualifies only now; the score turned; none of these."""
    rule: str | None
    """Rule that decides, where one does."""
    criterion: str | None
    """Criterion that turned, where the score did."""
    text: str
    """Sentence."""


class Grid(Strict):
    """How the answer moves with some fields."""

    schema_version: int = 1
    """Version of this contract."""
    as_of: date
    """Day for which it was asked."""
    scenario: dict[str, Any]
    """The scenario without the fields varied."""
    axes: tuple[Axis, ...]
    """What is varied."""
    cells: tuple[Cell, ...]
    """One answer for each combination; the last axis moves fastest."""
    turns: tuple[Turn, ...]
    """Where neighbouring cells differ."""
    rulebase: RuleBaseShown
    """Which rule base answered."""
