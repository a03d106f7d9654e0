"""What does not matter changes no pick: spelling, a little context, a neutral field."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.scenario.read import validated
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Advisor

    Usual = Callable[[str], tuple[str, str | None]]

HERE = Path(__file__).resolve().parent
CASES: list[dict[str, Any]] = parse((HERE / "cases.yaml").read_text(encoding="utf-8"), "cases.yaml").data["cases"]
BY_ID = {case["id"]: case["scenario"] for case in CASES}


def pick(advisor: Advisor, said: dict[str, Any]) -> tuple[str, str | None]:
    advice = advisor.advise(validated(said, None, {}))
    return advice.verdict, advice.recommendation.model if advice.recommendation else None


@pytest.fixture(scope="module")
def usual(advisor: Advisor) -> Callable[[str], tuple[str, str | None]]:
    """The pick of a case as it stands, worked out once."""
    return cache(lambda name: pick(advisor, BY_ID[name]))


def respelt(hardware: str) -> str:
    """Say the same in other letters and spaces."""
    return f"  {hardware.lower().replace(' gb', 'GB')}  "


@pytest.mark.parametrize("name", [name for name, said in BY_ID.items() if isinstance(said.get("hardware"), str)])
def test_another_spelling_of_the_hardware_changes_no_pick(name: str, advisor: Advisor, usual: Usual) -> None:
    said = BY_ID[name]
    assert pick(advisor, said | {"hardware": respelt(said["hardware"])}) == usual(name)


@pytest.mark.parametrize("name", [name for name, said in BY_ID.items() if said.get("context_tokens", 10**9) < 119_000])
def test_a_tenth_of_the_context_changes_no_pick(name: str, advisor: Advisor, usual: Usual) -> None:
    said = BY_ID[name]
    for share in (0.9, 1.1):
        moved = said | {"context_tokens": round(said["context_tokens"] * share)}
        assert pick(advisor, moved)[1] == usual(name)[1], share


@pytest.mark.parametrize("name", list(BY_ID))
def test_a_neutral_field_changes_no_pick(name: str, advisor: Advisor, usual: Usual) -> None:
    for neutral in ({"commercial": False}, {"monthly_active_users": 1000}, {"accelerator": "any"}):
        assert pick(advisor, neutral | BY_ID[name]) == usual(name), neutral
