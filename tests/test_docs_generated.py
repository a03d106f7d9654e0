"""The pages of docs/ that follow from rules/ are current."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from docs_generate import DOCS, pages

from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.flags import FLAGS

PAGES = pages(load_rules())


@cache
def written(name: str) -> str:
    return "\n".join(PAGES[name]())


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    kept = (DOCS / name).read_text(encoding="utf-8")
    assert kept == written(name), f"docs/{name} is out of date: run python tests/docs_generate.py --write"


def test_no_page_of_a_code_or_a_model_is_left_over() -> None:
    kept = {f"{folder}/{path.name}" for folder in ("findings", "models") for path in (DOCS / folder).iterdir()}
    assert kept == {name for name in PAGES if "/" in name}


def test_every_rule_stands_on_a_line_of_its_own() -> None:
    lines = written("rules.md").splitlines()
    for name in load_rules().rules:
        assert sum(line.startswith(f"- **`{name}`**") for line in lines) == 1


def test_no_table_is_broken_by_a_cell() -> None:
    rows = [line for line in written("seed-coverage.md").splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


def test_every_device_source_and_field_has_its_place() -> None:
    base = load_rules()
    assert written("devices.md").count("](sources.md#") >= len(base.devices)
    for device in base.devices.values():
        assert f"| {device.name} |" in written("devices.md")
    for flag in FLAGS:
        assert f"| `{flag.field}` | `{flag.flag}` |" in written("scenario-fields.md")


def test_what_runs_nowhere_fits_nowhere() -> None:
    """An estimate sizes what no engine of a machine runs; a card of a model must not call that a fit."""
    places = written("models/llama-3.2-11b-vision-instruct.md").partition("## Where it fits")[2]
    assert "| phone | none of them |" in places
    assert re.search(
        r"\| SpinQuant INT4 \| ExecuTorch \| [\d.]+ \| [\d.]+ \| - \| - \|", written("models/llama-3.2-1b-instruct.md")
    )


def test_the_page_of_facts_has_each_kind_and_each_offer_that_counts_or_is_doubted() -> None:
    base, page = load_rules(), written("facts.md")
    counts, doubts = page.split("## Hosted offers", 1)[1].split("## Doubtful offers")
    for offer in base.hosted.values():
        state = offer.state(max(other.as_of for other in base.hosted.values()), base.criteria.witnesses_needed)
        assert (f"| {offer.id} |" in counts) == (state == "counts")
        assert (f"| {offer.id} |" in doubts) == state.startswith("doubtful")
    assert f"| devices | {len(base.devices)} | " in page
