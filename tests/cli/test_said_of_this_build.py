"""Each sentence of an answer speaks of the build, machine and engine that it names, and says its thing once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.render.advice import advice_text
from llama_advisor.render.formats import View
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor

SMALL = "llama-3.2-3b-instruct"
BIG = "llama-3.1-70b-instruct"
VISION = "llama-3.2-11b-vision-instruct"
CHAT, PICTURES = {"use_cases": ["chat"]}, {"use_cases": ["image-understanding"], "inputs": ["text", "image"]}
LAPTOP = {"memory_gb": 2, "ram_gb": 12}
SAID: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "facts of another build are filled in": (
        CHAT | {"hardware": "MacBook M1 8GB", "model": "llama-3.1-8b-instruct", "symptoms": ["slow"]},
        ("hosted: Llama 3.",),
        ("{",),
    ),
    "a name keeps its letters": (CHAT | {"hardware": "10x Tesla P40", "engine": "vllm"}, ("as asked, vLLM does",), ()),
    "an engine that the changed build uses is no cause": (
        CHAT | {"target": "phone", "context_tokens": 131072, "engine": "llama.cpp", "model": SMALL},
        ("engine llama.cpp: kept",),
        ("llama.cpp: impossible",),
    ),
    "memory beside that of the host is a card's": (
        CHAT | {"target": "laptop", "hardware": LAPTOP, "engine": "ollama", "model": SMALL},
        ("GiB in host memory it runs",),
        ("without a usable GPU", "No fit"),
    ),
    "engines offered instead run on this machine": (
        PICTURES | {"hardware": "2x A100 80GB", "engine": "vllm", "model": VISION},
        ("pin vllm==0.10.2, or take an engine that does: SGLang or Transformers",),
        ("MLX", "vLLM vllm"),
    ),
    "no engine of a phone reads images": (
        CHAT | {"hardware": "Samsung Galaxy S23 8GB"},
        ("Vision Instruct: does not run on llama.cpp, nor on any other engine of Samsung",),
        ("ExecuTorch",),
    ),
    "a form is no cause where no other runs either": (
        CHAT | {"hardware": "RX 580 8GB", "engine": "vllm"},
        ("vLLM does not run awq-int4 on RX 580 8 GB (gcn4), nor any other form",),
        (),
    ),
    "a wish is told in speed, not in points": (
        CHAT
        | {"hardware": "2x RTX 3090", "model": "llama-3.1-8b-instruct", "quantization": "int8", "symptoms": ["slow"]},
        ("int8 on vLLM qualifies, at about",),
        ("points",),
    ),
    "the form asked about is the one that is excluded": (
        {"use_cases": ["rag"], "hardware": "RTX A6000", "model": BIG, "quantization": "awq", "max_first_token_s": 2},
        ("3.1 70B in 4 bits (awq-int4) needs",),
        ("3.1 70B in 4 bits (nf4)",),
    ),
    "what cannot be read is said of the model asked about": (
        {"use_cases": ["image-understanding"], "inputs": ["text", "multiple_images"], "model": VISION},
        ("No fit: Llama 3.2 11B Vision Instruct cannot read multiple images",),
        ("as awq-int4",),
    ),
    "another cache type is said": (
        {
            "use_cases": ["general"],
            "hardware": "24GB VRAM",
            "context_tokens": 80000,
            "model": "3.1 8b",
            "engine": "ollama",
        },
        ("f16, q8_0 KV cache",),
        (),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str, advisor: Advisor) -> None:
    fields, there, not_there = SAID[name]
    advice = advisor.advise(Scenario.model_validate(fields))
    text = re.sub(r"\s+", " ", advice_text(advice, advisor.base, View()))
    assert [part for part in there if part not in text] == []
    assert [part for part in not_there if part in text] == []


def test_a_model_in_few_bits_has_an_estimated_score(advisor: Advisor) -> None:
    fields = CHAT | {"hardware": "Samsung Galaxy S23 8GB"}
    text = advice_text(advisor.advise(Scenario.model_validate(fields)), advisor.base, View())
    assert re.search(r"3\.1 8B +q2_k, llama\.cpp .* ~70\.\d\n", text)
