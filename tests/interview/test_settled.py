"""Settled means settled: what is proved holds for every combination, and what the proof relies on is so."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.facts import FACTS
from llama_advisor.interview.open_score import OPENABLE, READ_BY_RULES, reads
from llama_advisor.interview.proof import Proof
from llama_advisor.scenario.need import understand
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from types import ModuleType

    from llama_advisor.engine.decide import Advisor
    from llama_advisor.interview.answers_cache import Outlook

DIALOGUES = 300
PARTS = 6
SEARCHES = ("search", "quality", "candidates", "estimates", "build_choice", "support", "outlay")


@pytest.fixture(scope="module")
def dialogues() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dialogues", Path(__file__).parent / "dialogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(PARTS))
def test_what_is_proved_holds_for_every_combination(outlook: Outlook, dialogues: ModuleType, seed: int) -> None:
    proofs = 0
    for said, choices in dialogues.sampled(DIALOGUES // PARTS, seed, outlook):
        if dialogues.proved(said, choices, outlook):
            proofs += 1
            assert dialogues.changing(said, choices, outlook) == [], (said, choices)
    assert proofs >= DIALOGUES // PARTS // 10, "a proof that never succeeds shows nothing"


def test_a_difference_is_never_proved_away(outlook: Outlook, dialogues: ModuleType) -> None:
    said = {"use_cases": ["image-understanding"], "hardware": "RTX 4070 SUPER 12GB"}
    choices = (({}, {"domicile": "US"}, {"domicile": "EU"}),)
    assert dialogues.changing(said, choices, outlook)
    assert not dialogues.proved(said, choices, outlook)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ({"use_cases": ["classification"], "hardware": "1x L4"}, {"languages": ["de"]}),
        ({"use_cases": ["moderation"], "hardware": "RTX 4090"}, {"languages": ["hi", "th"]}),
        ({"use_cases": ["extraction"], "hardware": "16GB RAM"}, {"languages": ["de"]}),
    ],
)
def test_scores_that_change_places_are_never_proved_away(
    said: dict[str, Any], option: dict[str, Any], outlook: Outlook
) -> None:
    leads = outlook.outcome(said)
    assert leads is not None
    assert outlook.outcome(said | option) != leads
    assert not Proof(outlook, leads).holds_at_once(said, (({}, option),))


def test_what_changes_nothing_is_proved(outlook: Outlook, dialogues: ModuleType) -> None:
    said = {"use_cases": ["coding"], "hardware": "RTX 3090 24GB", "domicile": "US"}
    choices = (({}, {"languages": ["en"]}), ({}, {"tokens_per_month": 10**8}))
    assert dialogues.changing(said, choices, outlook) == []
    assert dialogues.proved(said, choices, outlook)


class Watched:
    """A need that writes down which of its fields are read."""

    def __init__(self, need: Any, seen: set[str]) -> None:
        self.need, self.seen = need, seen

    def __getattr__(self, name: str) -> Any:
        self.seen.add(name)
        return getattr(self.need, name)


@pytest.mark.parametrize(
    "fields",
    [
        {"use_cases": ["rag"], "hardware": "1x L4", "min_tokens_per_s": 5, "max_answer_s": 60, "max_first_token_s": 9},
        {"use_cases": ["agents"], "target": "cloud", "budget_usd_per_month": 900, "model": "llama3.1:8b"},
        {"use_cases": ["fine-tuning-base"], "hardware": "RTX 3090", "fine_tuning": ["qlora"], "languages": ["ja"]},
    ],
)
def test_each_fact_reads_only_the_fields_it_is_known_to_read(fields: dict[str, Any], advisor: Advisor) -> None:
    need = understand(Scenario.model_validate(fields), advisor.base)
    found, need = advisor.decide(need)
    for build in found.qualified + found.excluded:
        for name, fact in FACTS.items():
            seen: set[str] = set()
            scope = replace(build.scope, need=Watched(build.scope.need, seen))  # type: ignore[arg-type]
            fact.compute(scope)
            assert seen & OPENABLE <= reads(name), name


def test_the_search_itself_reads_none_of_the_fields_left_to_rules(root: Path) -> None:
    read_on_purpose = {"outlay": {"budget_usd_per_month"}}
    for module in SEARCHES:
        text = (root / "llama_advisor" / f"{module}.py").read_text("utf-8")
        found = {field for field in READ_BY_RULES if f"need.{field}" in text}
        assert found <= read_on_purpose.get(module, set()), module
