"""Order: by score, then footprint, then id; a wish decides near ties only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from llama_advisor.engine.rank import best_first, is_wished, ranked
from llama_advisor.scenario.need import Need
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand

if TYPE_CHECKING:
    from llama_advisor.engine.search import Judged
    from llama_advisor.knowledge.base import RuleBase


@dataclass(frozen=True)
class Named:
    """What has an id."""

    id: str


@dataclass(frozen=True)
class Build:
    """As much of a judged build as ranking reads."""

    model: Named
    score: float
    footprint_gib: float = 1.0
    quantization: Named = field(default_factory=lambda: Named("q4_k_m"))
    engine: Named = field(default_factory=lambda: Named("vllm"))
    memory: None = None
    states: tuple[Any, ...] = (("memory-fits", "tight"),)


SMALL, MIDDLE, LARGE = "llama-3.2-1b-instruct", "llama-3.1-8b-instruct", "llama-3.1-70b-instruct"


def build(model: str, score: float, **more: Any) -> Judged:
    named = {name: Named(value) if isinstance(value, str) else value for name, value in more.items()}
    return cast("Judged", Build(Named(model), score, **named))


def need(base: RuleBase, **fields: Any) -> Need:
    return understand(Scenario.model_validate({"use_cases": ["chat"]} | fields), base)


def order(builds: list[Judged], base: RuleBase, **fields: Any) -> list[str]:
    return [found.model.id for found in ranked(tuple(builds), need(base, **fields), base)]


def test_models_rank_by_their_best_build(base: RuleBase) -> None:
    builds = [build(SMALL, 50), build(MIDDLE, 40), build(MIDDLE, 60), build(LARGE, 55)]
    assert order(builds, base) == [MIDDLE, LARGE, SMALL]
    assert order(builds[::-1], base) == [MIDDLE, LARGE, SMALL]


def test_ties_go_to_the_smaller_then_to_the_first_id() -> None:
    builds = [
        build(SMALL, 50, footprint_gib=2.0),
        build(LARGE, 50, footprint_gib=1.0),
        build(MIDDLE, 50, footprint_gib=1.0, quantization="q8_0"),
        build(MIDDLE, 50, footprint_gib=1.0, quantization="q4_k_m", engine="vllm"),
        build(MIDDLE, 50, footprint_gib=1.0, quantization="q4_k_m", engine="ollama"),
    ]
    found = [(item.model.id, item.quantization.id, item.engine.id) for item in sorted(builds, key=best_first)]
    assert found == [
        (LARGE, "q4_k_m", "vllm"),
        (MIDDLE, "q4_k_m", "ollama"),
        (MIDDLE, "q4_k_m", "vllm"),
        (MIDDLE, "q8_0", "vllm"),
        (SMALL, "q4_k_m", "vllm"),
    ]


@pytest.mark.parametrize(("behind", "leads"), [(0.0, True), (1.0, True), (-0.01, False)])
def test_the_model_wished_for_leads_within_the_margin(behind: float, leads: bool, base: RuleBase) -> None:
    margin = base.criteria.wish_margin
    builds = [build(LARGE, 60), build(MIDDLE, 59.9), build(SMALL, 60 - margin + behind)]
    expected = [SMALL, LARGE, MIDDLE] if leads else [LARGE, MIDDLE, SMALL]
    assert order(builds, base, model=SMALL) == expected


def test_a_wish_earns_no_points(base: RuleBase) -> None:
    builds = (build(LARGE, 60), build(SMALL, 59))
    found = ranked(builds, need(base, model=SMALL), base)
    assert [(item.model.id, item.score) for item in found] == [(SMALL, 59), (LARGE, 60)]


def test_a_model_that_has_failed_its_user_is_no_wish(base: RuleBase) -> None:
    builds = [build(LARGE, 60), build(SMALL, 59)]
    for symptom in base.criteria.failed_symptoms:
        assert order(builds, base, model=SMALL, symptoms=[symptom]) == [LARGE, SMALL]
    assert order(builds, base, model=SMALL, symptoms=["out_of_memory"]) == [SMALL, LARGE]


def test_the_quantization_wished_for_wins_within_the_margin(base: RuleBase) -> None:
    margin = base.criteria.wish_margin
    near = [build(SMALL, 60, quantization="q8_0"), build(SMALL, 60 - margin, quantization="q4_k_m")]
    far = [near[0], build(SMALL, 60 - margin - 0.01, quantization="q4_k_m")]

    def picked(builds: list[Judged], **fields: Any) -> str:
        return ranked(tuple(builds), need(base, **fields), base)[0].quantization.id

    assert picked(near) == "q8_0"
    assert picked(near, quantization="q4_k_m") == "q4_k_m"
    assert picked(far, quantization="q4_k_m") == "q8_0"
    assert picked(near, quantization="q4_k_m", symptoms=["out_of_memory"]) == "q8_0"  # tight, and it has failed


def test_a_base_model_counts_as_the_wish_for_its_sibling_only_in_tuning(base: RuleBase) -> None:
    tuned = build("llama-3.1-8b", 50)
    assert is_wished(tuned, need(base, model=MIDDLE, fine_tuning="lora"), base)
    assert not is_wished(tuned, need(base, model=MIDDLE), base)
    assert is_wished(build(MIDDLE, 50), need(base, model=MIDDLE), base)
    assert not is_wished(build(MIDDLE, 50), need(base), base)


def test_nothing_to_rank_is_an_empty_order(base: RuleBase) -> None:
    assert order([], base, model=SMALL) == []
