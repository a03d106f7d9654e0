"""The same answers for Python programs: `from llama_advisor import recommend`, one by one or a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import import_module
from math import isnan
from typing import Any

from pydantic import ValidationError

from llama_advisor.engine.advice import EXIT_CODES, Advice
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.why import explained
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.formats import asked_for, to_json
from llama_advisor.scenario.read import validated
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import problem

__all__ = [
    "Advice",
    "Estimate",
    "InputError",
    "Scenario",
    "estimate",
    "load_rules",
    "recommend",
    "recommend_batch",
    "to_json",
]

BAD_ROW = 2
COLUMNS = {
    "error": "string",
    "exit_code": "int64",
    "verdict": "string",
    "model": "string",
    "quantization": "string",
    "engine": "string",
    "provider": "string",
    "machine": "string",
    "machines": "int64",
    "total_gib": "float64",
    "tokens_per_s_low": "float64",
    "tokens_per_s_mid": "float64",
    "tokens_per_s_high": "float64",
    "usd_per_month": "float64",
    "usd_per_million_tokens": "float64",
    "answer": "string",
}
"""Columns of a batch of results and their types in Arrow, the same in every batch, whatever its rows are."""


def recommend(
    scenario: Scenario | Mapping[str, Any],
    rules: RuleBase | None = None,
    *,
    as_of: date | None = None,
    why: bool = False,
) -> Advice:
    """Rank every build for a scenario, an object or its fields by name; `why` adds what the answer hangs on.

    `rules` are the shipped ones unless given, `as_of` is today. Raises InputError for what is unknown or wrong.
    """
    asked = scenario if isinstance(scenario, Scenario) else validated(dict(scenario), None, {})
    advisor = Advisor(rules or load_rules(), as_of or datetime.now().astimezone().date())
    return explained(asked, advisor).advice if why else advisor.advise(asked)


def recommend_batch(
    batch: Any, rules: RuleBase | None = None, *, as_of: date | None = None, answer: bool = False
) -> Any:
    """Answer each row of a batch as `recommend --batch` answers a line; the rows of the result are in the same order.

    A batch is a mapping of columns to lists, or an Arrow table or record batch; the result is a mapping or a table.
    A column is a key of a scenario, a cell without a value says nothing, `id` is copied. A row that is wrong has
    its `error` alone; only what is no batch raises InputError. `answer` adds the whole answer as JSON.
    """
    arrow = hasattr(batch, "to_pydict")
    if not arrow and not isinstance(batch, Mapping):
        raise InputError("a batch is a mapping of columns to lists, or an Arrow table or record batch")
    columns = {str(name): cells for name, cells in (batch.to_pydict() if arrow else batch).items()}
    if any(isinstance(cells, str) or not isinstance(cells, Iterable) for cells in columns.values()):
        raise InputError("a column of a batch is a list with a value for each row")
    columns = {name: list(cells) for name, cells in columns.items()}
    heights = {len(cells) for cells in columns.values()}
    if len(heights) > 1:
        raise InputError("the columns of a batch must be of one length")
    copied = {"id": batch["id"]} if columns.pop("id", None) is not None else {}
    advisor = _advisor(rules, as_of or datetime.now().astimezone().date())
    rows = [
        _row({name: cells[place] for name, cells in columns.items()}, advisor, answer=answer)
        for place in range(max(heights, default=0))
    ]
    told = {name: [row.get(name) for row in rows] for name in COLUMNS if answer or name != "answer"}
    if not arrow:
        return copied | told
    arrays = import_module("pyarrow")
    return arrays.table(copied | {name: arrays.array(cells, COLUMNS[name]) for name, cells in told.items()})


@lru_cache(maxsize=1)
def _advisor(rules: RuleBase | None, as_of: date) -> Advisor:
    """Keep what recurs from batch to batch in a process."""
    return Advisor(rules or load_rules(), as_of)


def _said(cell: Any) -> Any:
    """Return a cell as plain data; what is missing, as Arrow and NumPy have it, is None, or left out of a mapping."""
    cell = cell.tolist() if hasattr(cell, "tolist") else cell
    if isinstance(cell, Mapping):
        return {key: value for key, item in cell.items() if (value := _said(item)) is not None}
    if isinstance(cell, (list, tuple)):
        return [_said(item) for item in cell]
    return None if isinstance(cell, float) and isnan(cell) else cell


def _row(cells: dict[str, Any], advisor: Advisor, *, answer: bool) -> dict[str, Any]:
    """Return the cells of a result by column; those left out are empty."""
    try:
        advice = advisor.advise(validated(_said(cells), None, {}))
    except (InputError, RecursionError) as error:
        return {"error": str(error), "exit_code": BAD_ROW}
    row: dict[str, Any] = {}
    if build := advice.recommendation:
        speed = build.speed and build.speed.decode_tokens_per_s
        for part in (build, build.memory, build.capacity, build.cost):
            row |= part._asdict() if part else {}
        row |= {"machine": build.machine and build.machine.name}
        row |= {f"tokens_per_s_{name}": value for name, value in speed._asdict().items()} if speed else {}
    whole = to_json(asked_for(advice), indent=None) if answer else None
    return row | {"exit_code": EXIT_CODES[advice.verdict], "verdict": advice.verdict, "answer": whole}


def estimate(model: str | EstimateRequest, rules: RuleBase | None = None, **fields: Any) -> Estimate:
    """Size one build: memory in GiB, fit, speed, cost; `fields` are those of a batch line.

    Raises InputError for what is unknown or wrong.
    """
    if isinstance(model, EstimateRequest):
        return Sizer(rules or load_rules()).estimate(model)
    try:
        asked = EstimateRequest.model_validate({"model": model, **fields})
    except ValidationError as error:
        loc, what = problem(error, EstimateRequest)
        raise InputError(f"{'.'.join(map(str, loc))}: {what}" if loc else what) from error
    return Sizer(rules or load_rules()).estimate(asked)
