"""Lines that experts look for in an answer are said with their figures, and only where they bear on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor

L70, L8 = {"model": "llama-3.1-70b-instruct"}, {"model": "llama-3.1-8b-instruct"}
CHAT, RAG = {"use_cases": ["chat"]}, {"use_cases": ["rag"]}
PHOTOS = {"use_cases": ["image-understanding"], "inputs": ["text", "image"], "hardware": "1x L40S"}
MAC = CHAT | L70 | {"hardware": "MacBook Pro M4 Max 64GB", "engine": "llama.cpp", "context_tokens": 8192}
HEADS = CHAT | L70 | {"engine": "vllm", "target": "server"}
FORGETS = CHAT | L8 | {"hardware": "RTX 3060 12GB", "symptoms": ["forgets_context"]}
EMBEDS = RAG | L8 | {"hardware": "RTX 3060 12GB", "engine": "llama.cpp", "quantization": "q8_0"}
LABELS = {"use_cases": ["classification"], "hardware": "1x L4", "prompt_tokens": 600}
POSTS = {"use_cases": ["moderation"], "hardware": "1x L40S"}


def told(advisor: Advisor, fields: dict[str, Any]) -> dict[str, str]:
    answer = advisor.advise(Scenario.model_validate(fields))
    return {item.rule: item.text for item in (*answer.caveats, *answer.notes, *answer.routes)}


@pytest.mark.parametrize(
    ("fields", "rule", "says"),
    [
        (PHOTOS | {"domicile": "Norway"}, "eu-limit-names-the-union", "Norway is not in it"),
        (
            PHOTOS | {"domicile": "ES", "organisation": "person"},
            "copies-grant-no-rights",
            "private use are no exception",
        ),
        (CHAT | {"hardware": "Ryzen 7 8845HS 32GB", "target": "laptop"}, "bandwidth-is-the-ceiling", "at 90 GB/s 3"),
        (CHAT | {"hardware": "Ryzen 7 8845HS 32GB", "target": "laptop"}, "parts-share-the-memory", "prompts faster"),
        (MAC | {"min_tokens_per_s": 15}, "slow-by-bandwidth", "at best"),
        (CHAT | {"hardware": "2x L40S", "languages": ["th"]}, "figures-against", "MMLU in Thai 72.95 against 50.32"),
        (HEADS | {"hardware": "3x RTX 3090", "quantization": "awq"}, "heads-do-not-divide", "takes 2 or 4; 3 stages"),
        (HEADS | {"hardware": "6x L40S"}, "heads-do-not-divide", "2 of the devices stay unused"),
        (MAC | {"quantization": "q6_k"}, "mac-limit-can-be-raised", "wired_limit_mb=57344"),
        (MAC | {"quantization": "q8_0", "hardware": "Mac Studio M2 Max 96GB"}, "mac-limit-can-be-raised", "mb=75776"),
        (CHAT | L8 | {"hardware": "RTX 3060 12GB", "reserved_gib": 3}, "memory-kept-for-others", "3 GiB are kept free"),
        (FORGETS | {"engine": "llama.cpp"}, "context-forgotten", "exceed_context_size_error"),
        (FORGETS | {"engine": "LM Studio"}, "context-forgotten", "Context Overflow"),
        (FORGETS | {"tried": [{"app": "GPT4All"}]}, "context-forgotten", "GPT4All allocates 2,048 tokens"),
        (POSTS | {"languages": ["de"]}, "guard-languages", "all that was stated"),
        (POSTS | {"languages": ["pl"]}, "guard-lacks-the-language", "no guard qualifies for pl"),
        (EMBEDS | {"context_tokens": 16384}, "embeddings-do-not-fit-beside", "stay free beside the pick"),
        (EMBEDS | {"context_tokens": 4096}, "retrieval-takes-embeddings", "both fit in the"),
        (CHAT | L70 | {"target": "hosted", "domicile": "FR"}, "data-protection-is-apart", "GDPR"),
        (
            RAG | L8 | {"hardware": "A100 80GB MIG 3g.40gb"},
            "a-slice-is-a-share",
            "3 of 7 parts of the compute and 4 of 8",
        ),
        (RAG | L8 | {"target": "hosted", "context_tokens": 32768}, "provider-limits-the-window", "listed at"),
        (CHAT | {"hardware": "Samsung Galaxy S25 Ultra 12GB", "accelerator": "npu"}, "npu-engines", "Qualcomm AI Hub"),
        (LABELS | {"requests_per_second": 50, "output_tokens": 5}, "reading-is-the-load", "30,000 prompt tokens/s"),
    ],
)
def test_it_is_said(advisor: Advisor, fields: dict[str, Any], rule: str, says: str) -> None:
    assert says in told(advisor, fields).get(rule, "")


@pytest.mark.parametrize(
    ("fields", "rule", "says"),
    [
        (PHOTOS | {"domicile": "FR"}, "eu-limit-names-the-union", ""),
        (HEADS | {"hardware": "4x L40S"}, "heads-do-not-divide", ""),
        (
            HEADS | {"hardware": "3x RTX 3090", "quantization": "awq", "symptoms": ["wont_load"]},
            "first-device-fills",
            "",
        ),
        (MAC | {"quantization": "q4_k_m"}, "mac-limit-can-be-raised", ""),
        (MAC | {"quantization": "q8_0"}, "mac-limit-can-be-raised", ""),
        (FORGETS | {"engine": "Open WebUI"}, "context-forgotten", "exceed_context_size_error"),
        (FORGETS | {"engine": "Jan"}, "context-forgotten", "whole window"),
        (CHAT | {"hardware": "2x L40S", "languages": ["en"]}, "figures-against", ""),
        (CHAT | {"hardware": "Intel Core Ultra 7 155H 32GB", "accelerator": "npu"}, "npu-engines", "Gaudi"),
        (LABELS | {"requests_per_second": 50, "output_tokens": 300}, "reading-is-the-load", ""),
    ],
)
def test_it_is_not_said(advisor: Advisor, fields: dict[str, Any], rule: str, says: str) -> None:
    said = told(advisor, fields)
    assert rule not in said or (says and says not in said[rule])
