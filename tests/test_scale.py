"""A batch of rows is answered as the lines of `recommend --batch` are, here and on the workers of Ray."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from llama_advisor import load_rules, recommend_batch
from llama_advisor.api import COLUMNS
from llama_advisor.text.errors import InputError

sys.path.insert(0, str(Path(__file__).resolve().parent / "benchmarks"))
import scale

DAY = date(2026, 11, 27)
GRID, LOCAL, SWEEP = scale.commands()
ODD: list[dict[str, Any]] = [
    {"id": "a", "use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4},
    {"id": "b", "use_cases": ["codng"], "hardware": "L4"},
    {"id": {"nested": 1}, "use_cases": "chat", "hardware": "RTX 9999"},
    {"id": "d", "use_cases": "chat", "context_tokens": "32k", "budget_usd_per_month": "$200"},
    {"id": "e", "use_cases": "chat", "context_tokens": "much"},
    {"id": "f", "use_cases": "chat", "hardware": {"device": "L4", "count": 2}, "only": {"engines": ["vllm"]}},
    {"id": "g", "use_cases": "chat", "hardware": {"device": "L4", "number": 2}},
    {"id": "h", "use_cases": "chat", "hardware": ["L4", "H100"], "bandwith": 1},
    {"id": "i", "use_cases": "image-understanding", "inputs": ["text", "image"], "target": "hosted"},
    {"id": "j", "use_cases": "chat", "hardware": []},
    {"id": "k", "use_cases": [None]},
    {"id": "l", "use_cases": "chat", "tool_calling": True, "priorities": {"quality": 9}},
    {"id": "m", "use_cases": "fine-tuning-base", "hardware": "RTX 4090", "fine_tuning": "qlora"},
    {"id": "n", "model": "70b", "hardware": "RTX 4090", "context_tokens": 0},
    {"id": "o", "model": "70b", "hardware": "RTX 4090"},
    {"id": "p", "use_cases": "chat", "target": "cloud", "tokens_per_month": 10**9},
    {"id": "q", "use_cases": ["chat"], "domicile": "Atlantis"},
    {"id": "r", "use_cases": "legal", "languages": ["de", "xx"], "offline": True, "hardware": "M2 Air 16GB"},
    {"id": "s"},
    {},
]


needs = {
    name: pytest.mark.skipif(find_spec(name) is None, reason="needs the extra `ray`") for name in ("pyarrow", "ray")
}


def grid(folder: Path, rows: int) -> list[dict[str, Any]]:
    """Write the scripts of the page and the grid of one of them."""
    for name, text in scale.scripts().items():
        (folder / name).write_text(text, encoding="utf-8")
    scale.measured(GRID.replace("1000", str(rows)), folder)
    return [json.loads(line) for line in (folder / "grid.jsonl").read_text(encoding="utf-8").splitlines()]


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
def test_a_row_is_answered_as_a_line_is(tmp_path: Path) -> None:
    rows = grid(tmp_path, 30) + ODD
    (tmp_path / "grid.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    scale.measured(LOCAL, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    columns = columns_of(rows)
    results = recommend_batch(columns, as_of=DAY, answer=True)
    answers = results.pop("answer")
    assert rows_of(results) == [scale.in_columns(line) for line in lines]
    assert {"recommended", "no_fit", "need_input", None} <= set(results["verdict"])
    told = [answer and {"id": row.get("id")} | json.loads(answer) for row, answer in zip(rows, answers, strict=True)]
    assert told == [None if "error" in line else line for line in lines]
    parts = [{name: cells[at : at + 7] for name, cells in columns.items()} for at in range(0, len(rows), 7)]
    assert [row for part in parts for row in rows_of(recommend_batch(part, as_of=DAY))] == rows_of(results)


def test_what_is_missing_in_a_table_says_nothing() -> None:
    given = {"use_cases": ["chat", None], "hardware": ["L4", float("nan")], "context_tokens": [8192.0, float("nan")]}
    results = recommend_batch(given, load_rules(), as_of=DAY)
    assert (results["error"], results["verdict"]) == ([None, None], ["recommended", "need_input"])
    assert list(results) == [name for name in COLUMNS if name != "answer"]
    assert recommend_batch({}, as_of=DAY) == {name: [] for name in results}
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    odd = (b"\xff", object(), date(2026, 1, 1), 1j, {1: 2}, range(3), "\ud800", 10**400, nested)
    assert set(recommend_batch({"use_cases": ["chat"] * len(odd), "tuning": odd}, as_of=DAY)["exit_code"]) == {2}


@pytest.mark.parametrize(
    "batch", [["chat"], "chat", {"use_cases": "chat"}, {"id": 1}, {"id": [1, 2], "hardware": ["L4"]}]
)
def test_only_what_is_no_batch_is_refused(batch: Any) -> None:
    with pytest.raises(InputError, match="batch"):
        recommend_batch(batch)


@needs["pyarrow"]
def test_a_table_has_the_same_columns_whatever_its_rows_are() -> None:
    arrow = import_module("pyarrow")
    rows = [row for row in ODD if isinstance(row.get("id"), str) and not {"hardware", "context_tokens"} & row.keys()]
    table = arrow.table({name: cells for name, cells in columns_of(rows).items() if name != "use_cases"})
    whole = recommend_batch(table, as_of=DAY)
    assert whole.to_pydict() == recommend_batch(table.to_pydict(), as_of=DAY)
    for part in (*table.to_batches(max_chunksize=1), table.slice(0, 0)):
        assert recommend_batch(part, as_of=DAY).schema == whole.schema


@needs["ray"]
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_row(tmp_path: Path) -> None:
    grid(tmp_path, 600)
    scale.measured(LOCAL, tmp_path)
    scale.measured(SWEEP, tmp_path, kill=True)
    assert scale.unlike(scale.results(tmp_path), tmp_path / "answers.jsonl") is None


@needs["ray"]
@pytest.mark.slow
def test_a_grid_may_be_parquet(tmp_path: Path) -> None:
    rows = grid(tmp_path, 20)
    scale.measured(LOCAL, tmp_path)
    import_module("pyarrow.parquet").write_table(
        import_module("pyarrow").Table.from_pylist(rows), tmp_path / "grid.parquet"
    )
    scale.measured(SWEEP.replace("jsonl", "parquet"), tmp_path)
    assert scale.unlike(scale.results(tmp_path), tmp_path / "answers.jsonl") is None
