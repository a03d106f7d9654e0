"""What is said of a symptom holds of what was tried; licence, formats and money are told as computed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.decide import Advisor

LARGE = {"use_cases": ["chat"], "model": "llama-3.1-70b-instruct"}
CAUSES = {
    "hardware-is-ample",
    "form-may-be-the-cause",
    "first-device-fills",
    "slow-by-offload",
    "slow-by-paging",
    "slow-by-reading",
    "slow-by-bandwidth",
    "seen-below-usual",
    "seen-is-usual",
    "samples-fill-memory",
    "tuning-fails-at-load",
    "tell-what-was-tried",
}


def advice(advisor: Advisor, **fields: Any) -> Advice:
    return advisor.advise(Scenario.model_validate(fields))


def test_an_engine_that_has_ended_says_so_and_what_took_its_place(advisor: Advisor) -> None:
    answer = advice(advisor, use_cases=["chat"], engine="tgi", hardware="A100 80GB")
    assert answer.verdict == "recommended_with_caveats"
    text = told(answer)["engine-has-ended"]
    assert "2026-03-21" in text
    assert "vLLM" in text
    assert "engine-has-ended" not in told(advice(advisor, use_cases=["chat"], engine="vllm", hardware="A100 80GB"))


def told(answer: Advice) -> dict[str, str]:
    return {item.rule: item.text for item in (*answer.caveats, *answer.notes)}


@pytest.mark.parametrize(
    ("fields", "causes"),
    [
        (LARGE | {"hardware": "1x A100 80GB", "quantization": "bf16", "symptoms": ["out_of_memory"]}, set()),
        (
            LARGE | {"hardware": "8x A100 80GB", "quantization": "bf16", "engine": "vllm", "symptoms": ["wont_load"]},
            {"hardware-is-ample", "first-device-fills"},
        ),
        (
            LARGE | {"hardware": "RTX 4090 + 64GB RAM", "quantization": "q4_k_m", "symptoms": ["slow"]},
            {"slow-by-offload"},
        ),
        (
            LARGE | {"hardware": "RTX 4090 + 16GB RAM", "quantization": "q4_k_m", "symptoms": ["slow"]},
            {"slow-by-paging"},
        ),
        (
            LARGE | {"hardware": "2x RTX 3090", "quantization": "q4_k_m", "engine": "llama.cpp", "symptoms": ["slow"]},
            {"slow-by-bandwidth"},
        ),
        (
            {
                "use_cases": ["chat"],
                "hardware": "RTX 3060 12GB",
                "tried": {"model": "llama3.1:8b", "quantization": "q4_k_m", "engine": "ollama", "tokens_per_s": 4},
            },
            {"seen-below-usual"},
        ),
        (LARGE | {"symptoms": ["slow"], "target": "server"}, {"tell-what-was-tried"}),
        (
            {"use_cases": ["fine-tuning-base"], "hardware": "RTX 3090", "model": "llama-3.1-8b", "fine_tuning": "qlora"}
            | {"symptoms": ["out_of_memory"]},
            {"samples-fill-memory", "tuning-fails-at-load"},
        ),
    ],
)
def test_a_cause_is_that_of_what_was_tried(advisor: Advisor, fields: dict[str, Any], causes: set[str]) -> None:
    assert set(told(advice(advisor, **fields))) & CAUSES == causes


def test_a_speed_inside_the_range_is_no_fault(advisor: Advisor) -> None:
    tried = {"model": "llama-3.1-70b-instruct", "quantization": "q4_k_m", "engine": "llama.cpp", "tokens_per_s": 16}
    said = told(advice(advisor, use_cases=["chat"], hardware="2x RTX 3090", tried=tried))
    assert said["seen-is-usual"].startswith("16 tokens/s are what RTX 3090 gives with Llama 3.1 70B Instruct as q4_k_m")


def test_the_engine_tried_is_the_one_that_is_sized(advisor: Advisor) -> None:
    tried = {"model": "llama-3.1-8b-instruct", "engine": "ollama"}
    answer = advice(advisor, use_cases=["chat"], hardware="RTX 4090", tried=tried)
    assert answer.asked is not None
    assert answer.asked.build.engine == "ollama"


def test_an_open_source_licence_leaves_no_build_and_a_way(advisor: Advisor) -> None:
    answer = advice(advisor, use_cases=["chat"], hardware="RTX 4090", licence_policy="open-source")
    assert answer.verdict == "no_fit"
    assert {item.excuse.rule for item in answer.excluded} == {"licence-open-source"}
    assert any("Apache-2.0" in route.text for route in answer.routes)


def test_ungated_files_are_taken_where_these_alone_are_allowed(advisor: Advisor) -> None:
    free, ungated = (
        advice(advisor, use_cases=["chat"], hardware="RTX 4090", licence_policy=policy).recommendation
        for policy in ("any", "ungated")
    )
    assert free is not None
    assert ungated is not None
    assert (free.artifact.gated, ungated.artifact.gated) == (True, False)


@pytest.mark.parametrize(("organisation", "verdict"), [("military", "no_fit"), ("public", "recommended")])
def test_what_the_use_policy_forbids_is_the_use(advisor: Advisor, organisation: str, verdict: str) -> None:
    assert advice(advisor, use_cases=["chat"], hardware="RTX 4090", organisation=organisation).verdict == verdict


def test_an_engine_that_a_card_is_too_old_for_says_so(advisor: Advisor) -> None:
    (wish,) = advice(advisor, use_cases=["chat"], hardware="10x Tesla P40", engine="vllm").wishes
    assert wish.text == "vLLM does not run on P40: it needs compute capability 7.5, this has 6.1"


def test_renting_pays_only_where_a_machine_makes_the_tokens(advisor: Advisor) -> None:
    small = told(advice(advisor, **LARGE, tokens_per_month=10**8))["renting-against-the-service"]
    assert "times as much: rent or buy for privacy or weights of your own" in small
    assert "tokens a month on" not in small  # a saturated machine makes a token dearer than the service


def test_what_a_provider_has_left_is_told(advisor: Advisor) -> None:
    assert advisor.as_of >= date(2026, 8, 16)
    said = told(advice(advisor, **LARGE, target="hosted", provider="groq"))["provider-serves-else"]
    assert said.startswith("Groq serves none of these models that 2 lists confirm; the last, Llama 3.1 8B Instruct,")
