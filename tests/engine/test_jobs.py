"""Work of another kind is answered by naming what does it; a change that gives the job up is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase

OWN = {"hardware": "RTX 4090"}


def routes(advice: Advice) -> set[str]:
    """Ids of the ways round."""
    return {route.rule for route in advice.routes}


def test_work_of_another_kind_is_answered_by_that_kind(advise: Callable[..., Advice], base: RuleBase) -> None:
    for case in base.use_cases.values():
        if case.answered_by:
            advice = advise(use_cases=[case.id], **OWN)
            assert (advice.verdict, advice.recommendation) == ("no_fit", None)
            assert {item.excuse.rule for item in advice.excluded} >= {"another-kind-of-model"}
            assert routes(advice) & {"another-kind-of-model-instead", "guard-instead", "guard-out-of-reach"}, case.id


def test_beside_chat_the_pick_stays_and_a_guard_that_fits_goes_beside(advise: Callable[..., Advice]) -> None:
    alone = advise(use_cases=["chat"], **OWN)
    both = advise(use_cases=["chat", "moderation", "embeddings"], **OWN)
    assert both.recommendation == alone.recommendation
    assert "guard-beside" in {note.rule for note in both.notes}
    assert "other-kinds-beside" in {caveat.rule for caveat in both.caveats}


def test_a_guard_that_is_named_is_the_answer_to_moderation_and_to_nothing_else(advise: Callable[..., Advice]) -> None:
    answer = advise(use_cases=["moderation"], model="llama-guard-3-8b", **OWN)
    assert answer.recommendation is not None
    assert answer.recommendation.model == "llama-guard-3-8b"
    assert answer.asked is not None
    assert answer.asked.fits
    other = advise(use_cases=["chat"], model="llama-guard-3-8b", **OWN)
    assert other.recommendation is not None
    assert other.recommendation.model != "llama-guard-3-8b"


def test_the_guard_that_reads_images_has_its_limits(advise: Callable[..., Advice]) -> None:
    said: dict[str, Any] = {"use_cases": ["moderation"], "inputs": ["text", "image"]}
    assert "guard-with-image-limits" in {caveat.rule for caveat in advise(**said, domicile="US").caveats}
    assert "guard-out-of-reach" in routes(advise(**said, domicile="DE"))


@pytest.mark.parametrize(
    "said",
    [
        {"use_cases": ["translation"], "languages": ["ja", "en"]},
        {"use_cases": ["ocr-documents"], "languages": ["de"]},
        {"use_cases": ["ocr-documents", "medical"], "languages": ["fr", "en"]},
        {"use_cases": ["agents"], "target": "browser", "memory_budget_gib": 2},
    ],
)
def test_a_change_that_gives_the_job_up_is_none(said: dict[str, Any], advise: Callable[..., Advice]) -> None:
    advice = advise(**said)
    assert (advice.verdict, advice.recommendation) == ("no_fit", None)
    assert not {change.field for way in advice.relaxations for change in way.changes} & {"languages", "inputs"}


@pytest.mark.parametrize("hardware", [{"ram_gb": 1.5}, {"ram_gb": 3}])
def test_hardware_that_one_has_is_not_dropped(hardware: dict[str, Any], advise: Callable[..., Advice]) -> None:
    said = {"use_cases": ["chat"], "target": "phone", "only": {"models": ["3.1 8b"]}}
    advice = advise(**said, hardware=hardware)
    told = {change.field: change.to for way in advice.relaxations for change in way.changes}
    assert advise(**said, hardware=told["hardware"]).recommendation is not None


@pytest.mark.parametrize("use", ["chat", "summarization"])
def test_a_language_beyond_the_list_takes_tuning(use: str, advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=[use], languages=["sw"])
    assert advice.verdict == "change_requirement"
    assert [(change.field, change.to) for change in advice.changes] == [("fine_tuning", ["lora", "qlora"])]


@pytest.mark.parametrize("use_cases", [["agents"], ["mobile-assistant", "agents"]])
def test_fewer_steps_give_an_agent_up(use_cases: list[str], advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=use_cases, tool_calling="multi_step", target="phone", hardware={"ram_gb": 6})
    assert (advice.verdict, advice.changes) == ("no_fit", ())
    assert advice.routes
