"""A page: one HTML file that needs nothing else, as `templates/report.html` lays it out; of a grid, of a comparison."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from llama_advisor.explain.compare import Comparison, Row
from llama_advisor.explain.grid import Grid
from llama_advisor.explain.reason import brief
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.document import Block, Section, again, assumptions, telling
from llama_advisor.render.explain import WORDS, cell_text
from llama_advisor.render.formats import View
from llama_advisor.render.grid import (
    FIGURES_OF,
    MOST_LINES,
    field_name,
    labels,
    lettered,
    panels,
    placed,
    turn_texts,
)
from llama_advisor.render.sentences import Table, filled, value_text
from llama_advisor.render.svg import CELLS, ON_CELLS
from llama_advisor.text.numbers import number
from llama_advisor.text.yaml_file import printable

MISSED = "nothing fits"
DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")


def page(as_of: date, title: str, verdict: str, sections: Iterable[Section]) -> str:
    """Write a page; what stands after the first ` · ` of its title is a line of its own."""
    environment = Environment(
        loader=PackageLoader("llama_advisor.render"),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else printable(value),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    told = {
        "as_of": as_of,
        "title": title,
        "verdict": verdict,
        "sections": list(sections),
        "cells": CELLS,
        "on_cells": ON_CELLS,
        "dated": DATE.split,
    }
    return environment.get_template("report.html").render(told)


class Shown(NamedTuple):
    """One cell of a grid: the winning model with its colour, from 1, or none where nothing fits; and its build."""

    colour: int | None
    model: str
    build: str


def _winners(grid: Grid, base: RuleBase) -> dict[tuple[int, ...], str]:
    """Name the winner of each cell, as short as people do."""
    letters, key = lettered(grid, base, brief)
    return {at: key.get(letter, MISSED) for at, letter in letters.items()}


def grid_blocks(grid: Grid, base: RuleBase, *, folded: bool = False) -> Iterator[Block]:
    """Yield the winners as tables in colours, and why they change; a sentence where it is the same everywhere."""
    names = _winners(grid, base)
    models = list(dict.fromkeys(name.partition(", ")[0] for name in names.values() if name != MISSED))
    if len(set(names.values())) == 1:
        spans = (f"{field_name(axis.field)} {', '.join(labels(axis))}" for axis in grid.axes)
        (same,) = set(names.values())
        yield Block("text", f"{'Nothing fits' if same == MISSED else f'Always {same}'} with any of {'; '.join(spans)}.")
        return
    shown = {}
    for at, name in names.items():
        model, _, build = name.partition(", ")
        shown[at] = Shown(None if name == MISSED else models.index(model) % len(CELLS) + 1, model, build)
    down, *over = grid.axes[-2:]
    columns = [placed(over[0], place) for place in range(len(over[0].labels))] if over else ["winner"]
    heads = [field_name(down.field), *columns]
    for panel in panels(grid):
        title = panel.title or f"By {' and '.join(field_name(axis.field) for axis in grid.axes[-2:])}"
        rows = panel.rows(labels(down), shown)
        yield Block("grid", Table(heads, rows), title)
    turns = turn_texts(grid, names)
    table = Table(("where", "from", "to", "because"), turns)
    yield Block("table", table if turns else None, "Why it changes", folded=folded or len(turns) > MOST_LINES)


def grid_html(grid: Grid, base: RuleBase, view: View) -> str:
    """Write a page about a grid: what is varied, the winners, each answer in figures, why it changes."""
    names, fields = _winners(grid, base), [field_name(axis.field) for axis in grid.axes]
    asked = [(name, value_text(value)) for name, value in grid.scenario.items()]
    asked += [(axis.field, f"varied: {'; '.join(labels(axis))}") for axis in grid.axes]
    rows = []
    for cell in grid.cells:
        at = (labels(axis)[place] for axis, place in zip(grid.axes, cell.at, strict=True))
        machine = cell.winner.machine if cell.winner else ""
        missed = cell.excuse.text if cell.excuse else ""
        rows.append((*at, names[cell.at], machine or "", *map(number, FIGURES_OF(cell)), missed))
    heads = (*fields, "winner", "machine", "score", "GiB", "tok/s", "USD/month", "nearest miss")
    first = len(fields) + 2
    figures = filled(heads, rows, set(range(first, first + 4)))
    counted = Counter(name.partition(", ")[0] for name in names.values()).most_common()
    said = f"{len(grid.cells)} answers: {', '.join(f'{name} in {times}' for name, times in counted)}."
    found: tuple[Section, ...] = (
        ("What was asked", [Block("fields", Table(("field", "value"), asked), "As it was stated")]),
        (
            "The answers",
            [
                Block("text", said),
                *grid_blocks(grid, base),
                Block("table", figures, "Every answer in figures", folded=True),
            ],
        ),
        ("How to check again", again(grid.rulebase, view)),
    )
    verdict = "recommended" if any(cell.winner for cell in grid.cells) else "no_fit"
    return page(grid.as_of, f"Which Llama, by {' and '.join(fields)}", verdict, telling(found))


def comparison_html(comparison: Comparison, base: RuleBase, view: View) -> str:
    """Write a page about models side by side: what differs, what is the same, what cannot be compared."""
    names = [brief(base.models[model.model]) for model in comparison.models]

    def told(row: Row) -> tuple[str, ...]:
        return ", ".join(filter(None, (row.label, row.unit))), *map(cell_text, row.values)

    def table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], *, folded: bool = False) -> Block:
        return Block("compared", Table(heads, rows) if rows else None, title, folded=folded)

    differing = [
        table(title, ("", *names), [told(row) for row in comparison.rows if row.differs and row.group == group])
        for group, title in WORDS["groups"].items()
    ]
    alike = [told(row)[:2] for row in comparison.rows if not row.differs]
    assumed = assumptions(comparison.assumptions)
    asked = [(name, value_text(value)) for name, value in comparison.scenario.items()]
    asked = [item for item in asked if item[0] not in {taken.field for taken in comparison.assumptions}]
    series = ", ".join(comparison.not_comparable)
    found: tuple[Section, ...] = (
        ("What was asked", [Block("fields", Table(("field", "value"), asked) if asked else None, "As it was stated")]),
        ("What differs", differing),
        ("What is the same", [table(f"{len(alike)} facts", ("", "all of them"), alike, folded=True)]),
        ("What is not compared", [Block("text", series and f"Published for some of them only: {series}.")]),
        ("What was assumed", [assumed]),
        ("How to check again", again(comparison.rulebase, view)),
    )
    title = f"{', '.join(names[:-1])} and {names[-1]}, side by side"
    return page(comparison.as_of, title, "recommended", telling(found))
