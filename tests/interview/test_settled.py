"""Settled means settled: what is proved holds for every combination, and what the proof relies on is so."""

from __future__ import annotations

import importlib.util
import random
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.fact import FACTS, LOAD
from llama_advisor.interview.next_question import questions
from llama_advisor.interview.proof import Proof
from llama_advisor.scenario.need import LEFT_OPEN, Need
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand

if TYPE_CHECKING:
    from types import ModuleType

    from llama_advisor.interview.answers_cache import Outlook

DIALOGUES = 180
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
    choices: Any = (({}, {"domicile": "US"}, {"domicile": "EU"}),)
    assert dialogues.changing(said, choices, outlook)
    assert not dialogues.proved(said, choices, outlook)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ({"use_cases": ["summarization"], "hardware": "16GB RAM"}, {"languages": ["hi", "th"]}),
        ({"use_cases": ["extraction"], "hardware": "16GB RAM"}, {"languages": ["de"]}),
    ],
)
def test_scores_that_change_places_are_never_proved_away(
    said: dict[str, Any], option: dict[str, Any], outlook: Outlook
) -> None:
    leads = outlook.outcome(said)
    assert leads is not None
    assert outlook.outcome(said | option) != leads
    assert not Proof(outlook, leads).holds(said, (({}, option),))


def test_what_changes_nothing_is_proved(outlook: Outlook, dialogues: ModuleType) -> None:
    said = {"use_cases": ["coding"], "hardware": "RTX 3090 24GB", "domicile": "US"}
    choices: Any = (({}, {"languages": ["en"]}), ({}, {"tokens_per_month": 10**8}))
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
    "said",
    [
        {"use_cases": ["rag"], "hardware": "1x L4", "min_tokens_per_s": 5, "max_answer_s": 60, "max_first_token_s": 9},
        {"use_cases": ["agents"], "target": "cloud", "budget_usd_per_month": 900, "model": "llama3.1:8b"},
        {"use_cases": ["fine-tuning-base"], "hardware": "RTX 3090", "fine_tuning": ["qlora"], "languages": ["ja"]},
    ],
)
def test_no_fact_settles_on_what_plans_leave_open(said: dict[str, Any], advisor: Advisor) -> None:
    found = advisor.decide(understand(Scenario.model_validate(said), advisor.base))
    for build in found.qualified + found.excluded:
        need = build.need
        for name, fact in FACTS.items():
            seen: set[str] = set()
            build.need = Watched(need, seen)  # type: ignore[assignment]
            fact.compute(build)
            assert fact.settles >= LOAD or seen.isdisjoint(LEFT_OPEN), name
        build.need = need


OPEN_QUESTIONS = "model quantization symptom tools schema languages domicile budget speed volume context concurrency"


def test_a_kept_plan_answers_as_a_fresh_one(outlook: Outlook, dialogues: ModuleType) -> None:
    draw = random.Random(0)  # noqa: S311
    asked = [item for item in questions(outlook.base) if item.id in OPEN_QUESTIONS.split()]
    for start in dialogues.STARTS:
        kept = Advisor(outlook.base, outlook.advisor.as_of)
        kept.search.sizes = outlook.advisor.search.sizes
        for _ in range(4):
            said = dict(start)
            for item in draw.sample(asked, 3):
                said |= draw.choice(item.question.options).sets
            scenario = Scenario.model_validate(said)
            fresh = Advisor(outlook.base, outlook.advisor.as_of)
            fresh.search.sizes = outlook.advisor.search.sizes
            assert kept.outcome(scenario) == fresh.outcome(scenario), said


@pytest.mark.parametrize("seed", range(20))
def test_answers_that_make_no_other_candidates_are_apart(outlook: Outlook, seed: int, dialogues: ModuleType) -> None:
    draw = random.Random(seed)  # noqa: S311
    said = draw.choice(dialogues.STARTS)
    asked = [item for item in questions(outlook.base) if item.id in OPEN_QUESTIONS.split()]
    proof = Proof(outlook, outlook.outcome(said))  # type: ignore[arg-type]
    free = [item for item in asked if said.keys().isdisjoint({item.question.free, *item.question.options[0].sets})]
    choices = tuple(({}, *(option.sets for option in item.question.options)) for item in draw.sample(free, 5))
    need = outlook.need(said)
    cell = proof.cell(need, said, choices)
    for _ in range(40):
        combination = tuple(draw.randrange(len(options)) for options in choices)
        whole = dict(said)
        for options, place in zip(choices, combination, strict=True):
            whole |= options[place]
        real, made = understand(Scenario.model_validate(whole), outlook.base), cell.at(combination)
        differing = [item.name for item in fields(Need) if getattr(real, item.name) != getattr(made, item.name)]
        assert set(differing) <= {"scenario", "assumptions"}, whole
