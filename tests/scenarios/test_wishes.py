"""What became of a wish is said with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice, Wish

    Advise = Callable[..., Advice]

EU_VISION = {"use_cases": ["image-understanding"], "inputs": ["text", "image"], "domicile": "EU", "engine": "ollama"}


def wish(advice: Advice, field: str) -> Wish:
    (found,) = [wish for wish in advice.wishes if wish.field == field]
    return found


def test_a_quantization_that_does_not_fit_the_pick_says_by_how_much(advise: Advise) -> None:
    advice = advise(use_cases=["chat"], hardware="RTX 3060 12GB", model="3.1 8b", quantization="bf16")
    found = wish(advice, "quantization")
    assert advice.recommendation is not None
    assert (found.outcome, advice.recommendation.model) == ("impossible", "llama-3.1-8b-instruct")
    assert found.text.startswith("Llama 3.1 8B Instruct as bf16 needs ")
    assert "on a device with" in found.text


@pytest.mark.parametrize("model", ["llama-3.2-11b-vision-instruct", "llama-3.2-90b-vision-instruct"])
def test_an_impossible_engine_is_told_with_the_model_named(model: str, advise: Advise) -> None:
    found = wish(advise(**EU_VISION, model=model), "engine")
    assert found.outcome == "impossible"
    assert "no rights for licensees domiciled in the EU" in found.text


def test_a_model_kept_against_the_points_says_what_the_wish_was_worth(advise: Advise, base: Any) -> None:
    scenario = {"use_cases": ["summarization"], "hardware": "RTX 3060 12GB", "context_tokens": 32768}
    free, wished = advise(**scenario), advise(**scenario, model="llama-3.2-3b-instruct")
    assert free.recommendation is not None
    assert wished.recommendation is not None
    behind = free.recommendation.score - wished.recommendation.score
    assert 0 < behind <= base.criteria.wish_margin
    text = "Llama 3.2 3B Instruct is the pick; Llama 3.1 8B Instruct leads it by less than a wish is worth"
    assert wish(wished, "model").text == text
    assert wish(advise(**scenario, model="llama-3.1-8b-instruct"), "model").text == "Llama 3.1 8B Instruct is the pick"


def test_a_quantization_named_with_a_model_is_kept_by_that_model_alone(advise: Advise) -> None:
    advice = advise(use_cases=["chat"], hardware="M3 Max 36GB", model="70b", quantization="q4_k_m")
    assert advice.recommendation is not None
    assert (advice.recommendation.model, advice.recommendation.quantization) == ("llama-3.1-8b-instruct", "q4_k_m")
    found = wish(advice, "quantization")
    assert found.outcome == "impossible"
    assert found.text.startswith("Llama 3.1 70B Instruct as q4_k_m needs ")
    kept = advise(use_cases=["chat"], hardware="M3 Max 36GB", model="8b", quantization="q4_k_m")
    assert wish(kept, "quantization").outcome == "kept"
