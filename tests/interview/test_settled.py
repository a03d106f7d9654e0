"""Settled means settled: what is proved holds for every combination, and what the proof relies on is so."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.interview.proof import Proof

if TYPE_CHECKING:
    from types import ModuleType

    from llama_advisor.interview.answers_cache import Outlook

DIALOGUES = 300
PARTS = 6


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
