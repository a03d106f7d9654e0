"""Facts of the pick, of other builds and of the model named, worked out by hand on the made-up knowledge."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from made_questions import CARD, CLOUD, picked, ranking

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.facts import FACTS
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Answer
    from llama_advisor.knowledge.base import RuleBase

    Answered = Callable[..., Answer]

# Facts of the pick, as rules and sentences read them. Middle in w4: weights 2, cache 2, overhead 0.5 or 1 GiB.
FACTS_OF = [
    (CARD, {
        "memory.total_gib": 4.5, "memory.fleet_gib": 4.5, "memory.weights_gib": 2.0, "memory.kv_cache_gib": 2.0,
        "memory.device_need_gib": 5.0, "memory.free_gib": 3.0, "memory.slack_share": 0.375, "memory.offloaded_share": 0.0,
        "memory.free_without_others_gib": 3.0, "memory.budget_slack_gib": None, "memory.devices_filled": 0.5625,
        "memory.sixteen_bit_need_gib": 11.0, "memory.sixteen_bit_share": 1.375, "memory.roomy_gib": None,
        "memory.wired_need_gib": None, "memory.wired_limit_gib": None, "layout.divides_by": None, "layout.stages": None,
        "layout.undivided_devices": None, "speed.meets_decode": True, "speed.meets_answer": True, "speed.meets_load": True,
        "speed.most_tokens_per_s": 50.0, "speed.read_gb": 2.147483648, "speed.read_tokens": 2048,
        "speed.seen_of_usual": None, "cost.usd_per_month": None, "cost.budget_share": None, "capacity.requests_per_s": 0.0906,
        "build.context_tokens": 32768, "build.gated": False, "build.published": True, "build.quality": 54.0,
        "model.quality": 60.0, "model.tool_score": 60.0, "model.bf16_gib": 8.0, "model.parameters_b": 4.294967296,
        "model.named": False, "model.allowed": True, "model.floor_gap": None, "model.supports_languages": True,
        "model.unsupported_languages": frozenset(), "model.languages": frozenset({"en"}), "model.multimodal": False,
        "model.reads_inputs": True, "model.unread_inputs": frozenset(), "model.stronger_than_tried": None,
        "quantization.kept_percent": 90, "quantization.allowed": True, "quantization.tunes_as_asked": True,
        "engine.hosted": False, "engine.asked": False, "engine.batches": True, "engine.allowed": True, "engine.called": "Paged",
        "engine.quantization_support": "native", "engine.needs_pin": False, "engine.fp8": "no", "engine.tool_flags": None,
        "engine.structured_output": False, "machine.step": None, "machine.place": "here", "machine.used": "Card",
        "machine.ram_gib": None, "machine.owned": True, "machine.accelerator": "gpu", "machine.has_npu": False,
        "scenario.prompt_share": 0.8, "scenario.tokens_per_s": None, "scenario.form_stated": False,
        "hosted.provider_matches": False, "hosted.end_announced": False, "model.prompt_logits_gib": 1024 * 2 * 8192 / 2**30,
    }),
    # Other programs take 2 GiB: 6 - 5 are free; without them 3. Requests that arrive twice as fast as can be take the
    # four places there are, with 4 x 2,560 tokens of 8,192: a cache of 2.5 GiB, so the 5 that may be taken are.
    (CARD | {"reserved_gib": 2, "memory_budget_gib": 5, "languages": ["en", "de"], "requests_per_second": 0.05,
             "max_answer_s": 60, "max_first_token_s": 0.1}, {
        "memory.free_gib": 1.0, "memory.free_without_others_gib": 3.0, "memory.budget_slack_gib": 0.0,
        "memory.slack_share": 1 / 6, "memory.devices_filled": 5 / 6, "memory.sixteen_bit_share": 11 / 6,
        "model.unsupported_languages": frozenset({"de"}), "model.supports_languages": False,
        # 2,560 tokens a request; 512 of them take 512 x (2 + 4 x 0.5625) / 50 = 44 s, up to twice that
        "scenario.tokens_per_s": 128.0, "scenario.prompt_tokens_per_s": 102.4, "speed.meets_answer": None,
        "speed.meets_first_token": None, "speed.meets_decode": True,
    }),
    # On a rack that is rented: 730 of 1,000 USD; the first of the machines assumed.
    (CLOUD | {"budget_usd_per_month": 1000}, {
        "cost.usd_per_month": 730.0, "cost.budget_share": 0.73, "machine.step": 0, "machine.place": "on Rack",
        "machine.owned": False, "machine.ram_gib": None, "model.id": "large", "build.quality": 71.0, "model.quality": 80.0,
    }),
    # 8 of 16 GiB of RAM; what is left of 4 GiB too much, less half of the host's 4, may lie there: 9 of 65 parts.
    ({"hardware": "card + 16GB RAM"}, {"machine.ram_gib": 16.0, "machine.files_of_ram": 0.5}),
    ({"target": "hosted"}, {
        "engine.hosted": True, "hosted.provider_matches": True, "machine.step": 0, "memory.fleet_gib": 0.0,
        "build.context_tokens": 16384, "hosted.provider": "First", "hosted.end_announced": False, "hosted.ended": False,
        "cost.usd_per_month": 14.0, "hosted.roomy": "First (16,384)", "hosted.untold": frozenset(), "build.published": True,
        # 5 and 15 USD are cheaper than 10 and 30, in doubt
        "hosted.cheaper": "Second at 5/15 USD per million tokens in/out: only litellm lists it",
        "hosted.elsewhere": "no other offer of it is confirmed",
    }),
    ({"target": "hosted", "tool_calling": "single", "structured_output": True},
     {"hosted.untold": frozenset({"tools", "schema"}), "hosted.lacks": frozenset()}),
    (CARD | {"model": "small", "symptoms": ["slow"], "tried": {"tokens_per_s": 4.88}}, {
        "model.stronger_than_tried": True, "model.lighter_than_tried": False, "speed.seen_of_usual": 0.5,
    }),
    # Of a Mac's 16 GiB the GPU has 12: 8 + 4 + 1 fit with a cache in 8 bits, plainly from a limit of 13 GiB on.
    ({"hardware": "mac", "engine": "slots", "context_tokens": 16384, "only": {"models": ["middle"], "quantizations": ["w16"]}}, {
        "build.kv_cache_type": "q8_0", "memory.device_need_gib": 11.125, "memory.device_available_gib": 12.0,
        "memory.wired_need_gib": 13.0, "memory.wired_limit_gib": 13, "memory.wired_limit_mb": 13312,
        "memory.left_to_system_gib": 3, "memory.roomy_gib": 16 * 11.125 / 12 / 0.8, "machine.unified_memory": True,
    }),
    # Where 12 hold it plainly no limit is told.
    ({"hardware": "mac", "engine": "slots", "context_tokens": 12288, "only": {"models": ["middle"], "quantizations": ["w16"]}},
     {"build.kv_cache_type": "f16", "memory.slack_share": 0.0, "memory.wired_need_gib": None, "memory.wired_limit_gib": None}),
    ({"target": "hosted", "provider": "first", "tool_calling": "single", "only": {"models": ["small"]}}, {
        "hosted.condition": "tools are called only where the answer is not streamed", "hosted.untold": frozenset(),
        "hosted.serves": "serves Middle, Small"}),
    # Three cards: 32 heads divide by 2, 4 and 8, not by 3; two work together, one is left.
    ({"hardware": "3x card", "engine": "paged"}, {"layout.divides_by": "2 or 4", "layout.undivided_devices": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "facts"), FACTS_OF)
def test_facts_of_the_pick(said: dict[str, Any], facts: dict[str, Any], answer: Answered) -> None:
    build = picked(answer(**said))
    found = {name: build.lookup(name) for name in facts}
    assert found == {
        name: pytest.approx(value, rel=1e-3) if isinstance(value, float) else value for name, value in facts.items()
    }


def test_a_region_asked_for_is_reached_directly_or_through_a_profile(answer: Answered) -> None:
    here, there = (answer(target="hosted", service_region=region) for region in ("us-1", "eu-1"))
    assert ranking(here.advice) == ["middle service hosted", "small service hosted"]
    assert picked(here).lookup("hosted.reach") == "there"
    assert ranking(there.advice) == ["small service hosted"]
    assert (picked(there).lookup("hosted.reach"), picked(there).lookup("hosted.profile")) == ("there", "eu.small")
    (out,) = [item for item in there.advice.excluded if item.model == "middle"]
    assert out.excuse.text == "not in eu-1"
    assert there.found is not None
    assert there.found.builds("middle")[0].lookup("hosted.roomy") is None
    served = picked(there).lookup("hosted.regions")
    assert served == {"us-1", "eu-1"}


def test_what_stands_in_the_place_of_an_ended_offer(answer: Answered) -> None:
    """What replaced it has ended too, so what replaced that is told."""
    found = answer(target="hosted", provider="second", model="large").found
    assert found is not None
    assert found.builds("large")[0].lookup("hosted.replaced_by") == "largest"
    assert found.builds("large")[0].lookup("hosted.serves") == (
        "serves none of these models that 2 lists confirm; the last, Large, ended on 2026-07-31"
    )


def test_facts_of_other_builds_say_whose_they_are() -> None:
    assert FACTS["asked.memory.fits"].says.startswith("Of the build asked about: ")
    assert FACTS["other.model.id"].says.startswith("Of the best build of the other lane, hosted or at home: ")


NAMED = {
    "id": "named",
    "title": "",
    "why": "",
    "sources": [{"id": "made"}],
    "confidence": "low",
    "examples": {"fires": [{}], "silent": [{}]},
    "when": {"fact": "named.outcome", "known": True},
    "then": {"caveat": "note", "rank": 1},
    "say": "{named.name} {named.outcome} [[{named.fp8_gib:g}]] [[{named.full_gib:.2f} {named.lora_gib:.2f}"
    " {named.qlora_gib:.2f}]] [[{named.qlora_fits}]]",
}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CARD, None),
        (CARD | {"model": "middle"}, "Middle kept"),
        (CARD | {"model": "small"}, "Small better_exists 1.5"),  # its maker's own build
        (CARD | {"model": "large"}, "Large impossible"),
        # 12 bytes of 1 Gi parameters; 2 or a half, and 12 for a hundredth; 1 GiB and 0.28 of a sample of 2,048 tokens
        (CARD | {"model": "small", "fine_tuning": ["qlora"]}, "Small kept 1.5 13.28 3.40 1.90 yes"),
        ({"target": "cloud", "offline": True, "model": "small", "fine_tuning": ["qlora"]},
         "Small kept 1.5 13.28 3.40 1.90"),  # no machine was stated for it to fit
    ],
)  # fmt: skip
def test_what_is_known_of_the_model_named(
    said: dict[str, Any], told: str | None, vary: Callable[..., RuleBase]
) -> None:
    own = {"quantization": "fp8", "hf_repo": "made/small-fp8", "weights_bytes": 3 * 2**29}
    base = vary({"models/small.yaml": {"official_builds": [own]}, "caveats/named.yaml": NAMED})
    scenario = Scenario.model_validate({"use_cases": ["talk"], "tuning": {"sample_tokens": 2048}} | said)
    if not said.get("fine_tuning"):
        scenario = scenario.model_copy(update={"tuning": None})
    notes = Advisor(base, date(2026, 11, 24)).advise(scenario).notes
    assert next((" ".join(note.text.split()) for note in notes if note.rule == "named"), None) == told
