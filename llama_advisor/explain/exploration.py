"""What exploring returns: every build judged, models side by side, a grid of answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from llama_advisor.engine.advice import Build, Change, Excuse, RuleBaseShown, ShortBuild, Verdict
from llama_advisor.scenario.scenario import Assumption
from llama_advisor.scenario.vary import Axis
from llama_advisor.text.record import Record


class Option(Record):
    """One build as it was judged: what it offers, or what rules it out."""

    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    machine: Annotated[str | None, "How the machine is written; null for hosted models."]
    provider: Annotated[str | None, "Provider, for hosted models."]
    score: Annotated[float | None, "Sum of its points; null where it is ruled out."]
    points: Annotated[dict[str, float], "Points by criterion, rules included; empty where it is ruled out."]
    quality: Annotated[
        float | None,
        "Quality for this work, 0-100: of the model, where it was ruled out before a quantization was tried.",
    ]
    tokens_per_s: Annotated[float | None, "Generation per user; null where it is not known."]
    usd_per_month: Annotated[float | None, "Money; null for owned hardware and where it was not reckoned."]
    total_gib: Annotated[float | None, "Memory in all; null where it was not sized."]
    available_gib: Annotated[float | None, "What there is; null when not known."]
    excuse: Annotated[Excuse | None, "What rules it out; null where it qualifies."]


class Compared(Record):
    """One of the models compared."""

    model: Annotated[str, "Model id."]
    name: Annotated[str, "Name as people write it."]
    build: Annotated[Build | None, "Its best build for the scenario; null where it has none."]
    at_home: Annotated[Build | None, "Its best build on a machine of one's own or rented; null where it has none."]
    excuse: Annotated[
        Excuse | None, "What rules it out, where it has no build; null also where it is not ranked at all."
    ]


class Row(Record):
    """One fact of all models compared."""

    group: Annotated[Literal["facts", "licence", "scenario", "benchmarks", "engines"], "What kind of fact."]
    label: Annotated[str, "What is compared."]
    unit: Annotated[str, "Unit of the values."]
    values: Annotated[
        tuple[Any, ...],
        "One value for each model, in the order asked for; null where it is not known or does not apply.",
    ]
    differs: Annotated[bool, "Whether the values are not all the same."]


class Comparison(Record):
    """Models side by side, for one scenario."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    scenario: Annotated[dict[str, Any], "The normalised scenario."]
    assumptions: Annotated[tuple[Assumption, ...], "What was taken for granted."]
    models: Annotated[tuple[Compared, ...], "The models, in the order asked for."]
    rows: Annotated[tuple[Row, ...], "What is compared."]
    not_comparable: Annotated[tuple[str, ...], "Benchmarks published for some of the models, but not for all."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]


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
        Literal["ruled_out", "qualifies", "outscored", "other"],
        "The earlier winner is ruled out; the later one qualifies only now; the score turned; none of these.",
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
