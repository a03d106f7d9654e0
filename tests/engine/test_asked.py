"""The build asked about is answered for itself; what is said to let it fit does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.relax import changed
from llama_advisor.explain.reason import reason
from llama_advisor.render.sentences import close_text
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.knowledge.base import RuleBase

BIG = "llama-3.1-70b-instruct"
SMALL = "llama-3.1-8b-instruct"
ASKED: list[dict[str, Any]] = [
    {"model": BIG, "quantization": "bf16", "hardware": "2x L40S", "symptoms": ["out_of_memory"]},
    {"model": BIG, "quantization": "bf16", "hardware": "1x A100 80GB"},
    {"model": BIG, "quantization": "q4_k_m", "hardware": "M3 Max 36GB", "engine": "llama.cpp"},
    {"model": SMALL, "quantization": "bf16", "hardware": "MacBook Air M2 8GB"},
    {"model": SMALL, "quantization": "fp8", "hardware": "RTX 4070 12GB", "context_tokens": 65536, "engine": "vllm"},
    {"model": "llama-3.1-405b-instruct", "quantization": "fp8", "hardware": "4x A100 80GB", "context_tokens": 131072},
    {"model": SMALL, "fine_tuning": ["lora"], "hardware": "RTX 3090", "tuning": {"sample_tokens": 16384}},
    {"model": BIG, "fine_tuning": ["full"], "hardware": "2x H100 80GB"},
]


@pytest.mark.parametrize("said", ASKED, ids=lambda said: " ".join(map(str, said.values())))
def test_what_would_let_it_fit_does(said: dict[str, Any], advise: Callable[..., Advice], advisor: Advisor) -> None:
    asked = advise(use_cases=["chat"], **said).asked
    assert asked is not None
    assert asked.fits is False
    assert asked.by_gib is not None
    assert asked.by_gib < 0
    assert asked.would_fit
    scenario = Scenario.model_validate({"use_cases": ["chat"], **said})
    for way in asked.would_fit:
        (change,) = way.changes
        field, to = change.field, change.to
        if field == "hardware" and str(to).endswith("of memory"):
            continue  # another size of the same device, which the text alone cannot order
        then = advisor.advise(changed(scenario, field, [to] if field == "fine_tuning" else to)).asked
        assert then is not None
        assert then.fits, way


def test_its_forms_go_from_many_bits_to_few_and_agree_with_what_is_there(advise: Callable[..., Advice]) -> None:
    asked = advise(use_cases=["chat"], model=BIG, quantization="bf16", hardware="2x L40S").asked
    assert asked is not None
    weights = [form.weights_gib for form in asked.forms]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) >= 3
    for form in asked.forms:
        assert form.available_gib is not None
        assert form.fits == (form.need_gib <= form.available_gib)
        assert (form.machine is None) == form.fits
    assert asked.forms[0].machine == "4x L40S"


def test_it_is_the_model_tried_where_none_is_wished(advise: Callable[..., Advice]) -> None:
    tried = {"model": "llama3.1:70b", "quantization": "q4_k_m", "symptoms": ["slow"], "tokens_per_s": 1.5}
    advice = advise(use_cases=["chat"], hardware="RTX 4090 + 64GB RAM", tried=tried)
    assert advice.asked is not None
    assert (advice.asked.build.model, advice.asked.build.quantization) == (BIG, "q4_k_m")
    assert not [wish for wish in advice.wishes if wish.field == "model"]
    assert advice.recommendation is not None
    assert advice.recommendation.model != BIG


def test_without_a_model_nothing_is_asked_about(advise: Callable[..., Advice]) -> None:
    assert advise(use_cases=["chat"], hardware="RTX 4090").asked is None


def test_a_close_call_is_one_that_the_estimates_leave_open(advise: Callable[..., Advice]) -> None:
    found = [advise(use_cases=["chat"], hardware=name) for name in ("RTX 4090", "M2 16GB", "2x RTX 3090", "8GB RAM")]
    for advice in found:
        if advice.close_call:
            assert advice.close_call.other.model == advice.ranking[1].model
            assert advice.close_call.margin == round(advice.ranking[0].score - advice.ranking[1].score, 2)
            assert advice.close_call.margin < 5
    assert any(advice.close_call for advice in found)


def test_a_build_kept_because_it_was_named_is_told_to_be_behind(advise: Callable[..., Advice], base: RuleBase) -> None:
    advice = advise(use_cases=["chat"], hardware="RTX 4090", model="llama-3.2-1b-instruct", engine="vllm")
    first, second = advice.ranking[:2]
    assert (first.model, advice.close_call) == ("llama-3.2-1b-instruct", None)
    assert second.score - first.score > base.criteria.wish_margin
    assert close_text(advice, base) == ""
    assert "It was asked for; 3.1 8B leads it." in reason(advice, base)


def test_what_an_answer_hangs_on_changes_it(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["coding"])
    assert advice.verdict == "recommended_with_caveats"
    assert len(advice.hangs_on) == 2
    assert advice.recommendation is not None
    for item in advice.hangs_on:
        then = advise(use_cases=["coding"], **{item.field: item.value}).recommendation
        assert (then and then.model) == (item.then and item.then.model) != advice.recommendation.model
    assert advise(use_cases=["coding"], hardware="RTX 4090").hangs_on == ()


def test_vague_work_in_no_place_needs_more(advise: Callable[..., Advice]) -> None:
    assert advise(use_cases=["general"]).verdict == "need_input"
    assert advise(inputs=["text"]).verdict == "need_input"
    assert advise(use_cases=["general"], target="laptop").verdict != "need_input"
    alone = advise(model=SMALL)
    assert alone.recommendation is not None
    assert alone.recommendation.model == SMALL


@pytest.mark.parametrize(
    ("engine", "text"),
    [("Continue", "runs no model itself"), ("ExLlamaV2", "nothing is known here of ExLlamaV2")],
)
def test_what_runs_no_model_is_told(engine: str, text: str, advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["chat"], hardware="RTX 4090", engine=engine)
    assert advice.verdict == "recommended"
    assert [text in wish.text for wish in advice.wishes] == [True]


def test_an_app_stands_for_the_engines_inside(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["chat"], hardware="M4 Pro 24GB", engine="LM Studio")
    assert {build.engine for build in advice.ranking} <= {"llama.cpp", "mlx"}
    assert [wish.outcome for wish in advice.wishes] == ["kept"]


def test_an_engine_that_runs_nothing_here_has_to_give_way(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["chat"], hardware="2x Tesla P40", engine="vllm")
    assert advice.verdict == "change_requirement"
    assert [change.field for change in advice.changes] == ["engine"]


def test_a_server_of_ones_own_is_never_answered_with_a_host(advise: Callable[..., Advice]) -> None:
    for use in ("medical", "enterprise", "rag", "chat"):
        assert all(build.engine != "hosted" for build in advise(use_cases=[use], target="server").ranking)


def test_a_machine_that_is_bought_has_no_rent(advise: Callable[..., Advice]) -> None:
    for said in ({"offline": True}, {"target": "server"}):
        advice = advise(use_cases=["extraction", "medical"], **said)
        assert advice.ranking
        assert all(build.cost is None for build in advice.ranking)
    assert advise(use_cases=["extraction", "medical"], target="server", budget_usd_per_month=2000).ranking[0].cost


def test_pictures_are_told_by_their_own_benchmark(advise: Callable[..., Advice], base: RuleBase) -> None:
    """Beside work on text alone, whose benchmarks together weigh more."""
    said = {"use_cases": ["ocr-documents", "extraction", "medical"], "inputs": ["text", "image"], "offline": True}
    advice = advise(**said, model="llama-3.2-11b-vision-instruct")
    assert "DocVQA" in reason(advice, base)
    assert "MMLU" not in " ".join((reason(advice, base), *(note.text for note in (*advice.caveats, *advice.notes))))


def test_how_far_a_build_reaches_is_said(advise: Callable[..., Advice]) -> None:
    asked = advise(use_cases=["chat"], model=BIG, hardware="2x RTX 3090", engine="llama.cpp").asked
    assert asked is not None
    assert "with a 16-bit KV cache a context of up to 20,480 tokens fits, 69,632 with a q4_0 KV cache" in asked.text
    assert "as q5_k_m, the next finer, it needs 24.6 GiB on each device and does not fit" in asked.text


def test_full_tuning_is_told_by_optimizer(advise: Callable[..., Advice]) -> None:
    asked = advise(use_cases=["fine-tuning-base"], model=SMALL, fine_tuning=["full"], hardware="2x A100 80GB").asked
    assert asked is not None
    assert asked.text[-1].endswith("52 GiB with AdamW with 8-bit states, 97 GiB with AdamW with 32-bit states")


@pytest.mark.parametrize(
    ("hardware", "fits_on"),
    [
        ("GTX 980 Ti", None),  # no one builds eight, or nodes of them
        ("RTX 3090", "2x RTX 3090"),
        ("A40 48GB", None),
        ("4x A40 48GB", None),
    ],
)
def test_more_cards_are_of_a_number_that_is_built(
    hardware: str, fits_on: str | None, advise: Callable[..., Advice]
) -> None:
    asked = advise(use_cases=["chat"], model=BIG, quantization="q4_k_m", hardware=hardware).asked
    assert asked is not None
    form = next(form for form in asked.forms if form.quantization == "q4_k_m")
    assert (form.fits, form.machine) == (fits_on is None and hardware != "GTX 980 Ti", fits_on)


def test_of_a_service_the_precision_is_told_or_said_not_to_be_known(advise: Callable[..., Advice]) -> None:
    for model, provider, told in (
        (BIG, "bedrock", "in which precision Amazon Bedrock serves it is not known: ask it"),
        (SMALL, "cloudflare", "Cloudflare Workers AI serves it in fp8"),
    ):
        asked = advise(use_cases=["chat"], target="hosted", model=model, provider=provider).asked
        assert asked is not None
        assert told in asked.text


def test_memory_apart_from_ram_is_that_of_a_card(advise: Callable[..., Advice]) -> None:
    said = {"hardware": {"memory_gb": 2, "ram_gb": 12}, "target": "laptop", "engine": "ollama"}
    asked = advise(use_cases=["chat"], model="llama-3.2-3b-instruct", **said).asked
    assert asked is not None
    assert asked.fits is False
    assert asked.memory is not None
    assert asked.memory.offloaded_gib > 1
    assert not any(form.machine for form in asked.forms), "no second card is put into a laptop"


def test_sizes_of_all_models_are_told_where_too_little_was_said(advise: Callable[..., Advice]) -> None:
    sizes = {item.model: item for item in advise(use_cases=["general"]).sizes}
    assert sizes[BIG].weights_gib == {"bf16": 131.4, "fp8": 67.7, "q4_k_m": 39.6}
    assert sizes[BIG].kv_kib_per_token == 320
    assert not advise(use_cases=["chat"], hardware="2x RTX 3090", context_tokens=32768).sizes
    assert advise(use_cases=["chat"], hardware="2x RTX 3090", context_tokens=32769).sizes


def test_a_hosted_way_is_found_though_an_engine_was_wished_for(advise: Callable[..., Advice]) -> None:
    routes = advise(use_cases=["chat"], target="phone", hardware={"ram_gb": 1.5}, engine="llama.cpp").routes
    assert "hosted-instead" in {route.rule for route in routes}


def test_a_larger_model_is_told_of_only_within_reach(advise: Callable[..., Advice]) -> None:
    def larger(hardware: str) -> list[str]:
        return [note.text for note in advise(use_cases=["chat"], hardware=hardware).notes if "larger" in note.rule]

    assert larger("RTX 3060 12GB") == [
        "the next larger: Llama 3.1 70B Instruct as q4_k_m would fit on 4x RTX 3060 12 GB"
    ]
    assert not larger("1x RTX 3050 8GB"), "it takes more than four of them"
    assert not larger("Raspberry Pi 5 8GB")
