"""Answering truthfully comes to the same answer as the whole scenario, and ends by itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.interview.log import prompts, stated
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from types import ModuleType

    from llama_advisor.interview.answers_cache import Outlook

MOST_QUESTIONS = {False: 9, True: 6}
"""Far fewer than one by one, which takes 14 and more."""
HERE = Path(__file__).parent
CASES = parse((HERE.parent / "scenarios" / "cases.yaml").read_text("utf-8"), "cases.yaml").data["cases"]


@pytest.fixture(scope="module")
def people() -> ModuleType:
    spec = importlib.util.spec_from_file_location("people", HERE / "people.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "words"),
    [(case, bool(place % 2)) for place, case in enumerate(CASES)],
    ids=[f"{case['id']}-{('numbers', 'words')[place % 2]}" for place, case in enumerate(CASES)],
)
def test_truthful_answers_reach_the_answer_of_the_whole_scenario(
    case: dict[str, Any], outlook: Outlook, people: ModuleType, *, words: bool
) -> None:
    """Every other person answers in words."""
    log = people.interviewed(case["scenario"], outlook, words=words)
    assert outlook.outcome(stated(log)) == outlook.outcome(case["scenario"])
    assert prompts(log) <= MOST_QUESTIONS[words]
