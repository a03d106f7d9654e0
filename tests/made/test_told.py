"""What is said with an answer, worked out by hand on the made-up knowledge: notes, facts, commands, other ways."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.facts import FACTS
from llama_advisor.engine.words import close_call
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Answer
    from llama_advisor.knowledge.base import RuleBase

    Answered = Callable[..., Answer]

CARD: dict[str, Any] = {"hardware": "card"}
CLOUD: dict[str, Any] = {"target": "cloud", "offline": True}
MIDDLE: dict[str, Any] = CARD | {"model": "middle"}
PAGED: dict[str, Any] = MIDDLE | {"quantization": "w4", "engine": "paged"}
ONLY_LARGE: dict[str, Any] = {"only": {"models": ["large"]}}
ONLY_W2: dict[str, Any] = {"only": {"models": ["large"], "quantizations": ["w2"]}}
COARSE: dict[str, Any] = CARD | {"model": "large", "quantization": "w2"}


def named(build: Any) -> str:
    return f"{build.model} {build.quantization} {build.engine}"


def ranking(advice: Advice) -> list[str]:
    return [named(build) for build in advice.ranking]


def picked(answer: Answer) -> Candidate:
    assert answer.build is not None
    return answer.build


# Of caveats and notes two each are told, of routes too; by rank, then id.
TOLD = [
    (CARD, [], ["Middle beside Large: MMLU 60 against 80", "Large as w4 would fit on 4x Card"], ["rent"]),
    (CARD | {"commercial": True}, ["warned more", "warned"], ["noted", "Middle beside Large: MMLU 60 against 80"], ["rent"]),
    (PAGED | {"context_tokens": 20480, "commercial": True}, ["warned more", "tight"],
     ["noted", "Middle beside Large: MMLU 60 against 80"], ["rent"]),
    (MIDDLE, [], ["Middle beside Large: MMLU 60 against 80", "Large as w4 would fit on 4x Card"], ["rent"]),
    # In a language with scores of its own the second of the ranking stands beside the pick.
    (CARD | {"languages": ["de"]}, [],
     ["Middle beside Small: Questions in German 50 against 30, MMLU 60 against 40", "Large as w4 would fit on 4x Card"], ["rent"]),
    # Asked about itself, it is not told again; and beside the pick stands what was asked about.
    (CARD | {"model": "large"}, [], ["Middle beside Large: MMLU 60 against 80"], ["rent"]),
    (CARD | {"model": "small", "tool_calling": "single"}, [], ["Middle beside Small: MMLU 60 against 40, Tools 60 against 40"], ["rent"]),
    (CARD | ONLY_LARGE, [], [], ["smaller", "rent"]),
    # 730 USD of rent buy 52 million tokens at 14 a million; none is larger to stand beside.
    ({}, [], ["from 52000000 tokens on"], []),
    (CLOUD, [], [], []),
]  # fmt: skip


@pytest.mark.parametrize(("said", "caveats", "notes", "routes"), TOLD)
def test_what_is_told_beside(
    said: dict[str, Any], caveats: list[str], notes: list[str], routes: list[str], answer: Answered
) -> None:
    advice = answer(**said).advice
    assert [item.text for item in advice.caveats] == caveats
    assert [item.text for item in advice.notes] == notes
    assert [item.text for item in advice.routes] == routes


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


DOCKER = (
    "docker run --rm --gpus all --ipc=host -p 8000:8000 -e HF_TOKEN "
    '-v "$HOME/.cache/huggingface:/root/.cache/huggingface" --entrypoint /bin/paged made/paged:1.0 {}'
)
RUN = [
    (CARD, ["paged made/middle --four --context 8192 --requests 1"]),
    # On a rack it comes in a container.
    ({"hardware": "rack"}, ["install paged==1.0", DOCKER.format("made/large --four --context 8192 --requests 1")]),
    # 32 + 32 GiB take two nodes: layers divided by 2, 33 of 65 in each node.
    ({"hardware": "2 nodes of 2x rack", "context_tokens": 32768, "quantization": "w16", "model": "large"},
     ["install paged==1.0", DOCKER.format("made/large --context 32768 --requests 1 --split 2 --stages 2 --first")]),
    ({"hardware": "4x card"}, ["paged made/large --four --context 8192 --requests 1 --split 4"]),
    # Slots share the context: so many times as much is set.
    (CARD | {"engine": "slots", "model": "small", "concurrent_requests": 2, "only": {"models": ["small"]}},
     ["slots made/small-gguf:W4 --file small.gguf --context 16384",
      "measure small w4 slots small-gguf 2048+512 x2 of 8 on card at 8000"]),
    # One copy on each of two cards, with two slots, told apart by its port.
    ({"hardware": "2x card", "engine": "slots", "only": {"models": ["small"]}, "concurrent_requests": 4, "quantization": "w4"},
     ["for d in 0 1; do DEVICES=$d slots made/small-gguf:W4 --file small.gguf --context 16384 --port $((8000+${d%%,*}/1))"
      " & done; wait", "measure small w4 slots small-gguf 2048+512 x4 of 16 on '2x card' at 8080"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "lines"), RUN)
def test_what_to_type(said: dict[str, Any], lines: list[str], answer: Answered) -> None:
    build = answer(**said).advice.recommendation
    assert build is not None
    assert [command.run for command in build.commands if command.step != "request"] == lines


BODY = '"messages": [{"role": "user", "content": "Say hello."}],\n "max_tokens": 64}'


@pytest.mark.parametrize(
    ("said", "request_"),
    [
        (CARD, f'curl \'{{"model": "made/middle",\n {BODY}\''),
        ({"target": "hosted"}, None),
    ],
)
def test_what_to_ask_it_first(said: dict[str, Any], request_: str | None, answer: Answered) -> None:
    build = answer(**said).advice.recommendation
    assert build is not None
    assert next((command.run for command in build.commands if command.step == "request"), None) == request_


ALTERNATIVES = [
    (CARD, []),  # a device of one's own: services are a way round
    (CLOUD, []),
    ({}, ["middle service hosted", "small service hosted"]),
    ({"target": "hosted"}, ["large w4 paged", "middle w4 paged"]),
    ({"target": "hosted", "model": "small"}, ["small w16 paged", "large w4 paged"]),  # the one named first
    ({"budget_usd_per_month": 729}, []),  # no rack is within it
    ({"budget_usd_per_month": 730}, ["middle service hosted", "small service hosted"]),
    ({"fine_tuning": "lora"}, []),
]


@pytest.mark.parametrize(("said", "order"), ALTERNATIVES)
def test_the_other_lane(said: dict[str, Any], order: list[str], answer: Answered) -> None:
    advice = answer(**said).advice
    assert [named(build) for build in advice.alternatives] == order
    assert [build.rank for build in advice.alternatives] == [*range(1, len(order) + 1)]


def test_further_builds_of_each_model(made: RuleBase, advisor: Advisor) -> None:
    """Middle: w4 55.45, w2 37.68. Small: w4 48.11, w16 45.91, w2 38.03."""
    asked = Scenario.model_validate({"use_cases": ["talk"]} | CARD)

    def further(most: int) -> list[tuple[str, int]]:
        builds = Advisor(made, advisor.as_of, builds=most).advise(asked).builds
        return [(named(build), build.rank) for build in builds or ()]

    assert further(1) == []
    assert further(2) == [("middle w2 slots", 1), ("small w16 paged", 2)]
    assert further(9) == [("middle w2 slots", 1), ("small w16 paged", 2), ("small w2 slots", 2)]
    assert advisor.advise(asked).builds is None


CLOSE = [
    # From its slowest to its fastest middle scores 54.3 to 57.7, small 44.3 to 52.4.
    (CARD, None),
    # Large 64.5 to 67.5, middle 58.9 to 65.
    (CLOUD, ("middle w4 paged", 2.75)),
    (MIDDLE | {"context_tokens": 32768}, ("small w16 paged", -2.85)),
    # Services tell no speed: 69.89 and 56.66 are what they are.
    ({"target": "hosted"}, None),
]


@pytest.mark.parametrize(("said", "close"), CLOSE)
def test_a_close_call(said: dict[str, Any], close: tuple[str, float] | None, answer: Answered) -> None:
    found = answer(**said).advice.close_call
    assert (found and (named(found.other), found.margin)) == close


def test_what_an_answer_hangs_on(answer: Answered) -> None:
    """Nothing was said of place or money: on a card, or offline and so at home, it is middle; two are told."""
    told = answer().advice.hangs_on
    assert [(item.field, item.value, item.then and named(item.then)) for item in told] == [
        ("target", "workstation", "middle w4 paged"),
        ("offline", True, "middle w4 paged"),
    ]
    assert answer(**CARD).advice.hangs_on == ()


def test_nothing_said_asks_for_what_is_needed(advisor: Advisor) -> None:
    answer = advisor.answer(Scenario())
    assert (answer.advice.verdict, answer.found, answer.build) == ("need_input", None, None)
    assert answer.advice.missing == ("use_cases", "inputs", "model")
    assert advisor.outcome(Scenario()) == (None, "need_input")
    # a kind of input alone tells neither what it is for nor where
    vague = advisor.answer(Scenario(inputs=("text",)))
    assert (vague.advice.verdict, vague.advice.missing) == ("need_input", ("use_cases", "hardware", "target"))
    assert [size.model for size in vague.advice.sizes] == ["small", "middle", "large"]
    assert [item.field for item in vague.advice.hangs_on] == ["target", "offline"]
    assert advisor.outcome(Scenario(inputs=("text",))) == (None, "need_input")
    assert advisor.answer(Scenario(inputs=("text",), hardware="card")).advice.verdict == "recommended"


@pytest.mark.parametrize(
    ("said", "told"), [(CARD | {"context_tokens": 16385}, True), (CARD | {"context_tokens": 16384}, False)]
)
def test_sizes_are_told_beside_a_long_context(said: dict[str, Any], told: bool, answer: Answered) -> None:
    sizes = answer(**said).advice.sizes
    assert bool(sizes) is told
    assert answer(**said, model="small").advice.sizes == ()
    if told:
        assert [(size.model, dict(size.weights_gib), size.kv_kib_per_token, size.kv_cache_gib) for size in sizes] == [
            ("small", {"w16": 2.0, "w4": 0.5}, 128.0, 2.0),
            ("middle", {"w16": 8.0, "w4": 2.0}, 256.0, 4.0),
            ("large", {"w16": 32.0, "w4": 8.0}, 1024.0, 16.0),
        ]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-11-30", ()),  # 60 days after the price
        ("2026-12-01", ("the price made/one is of 2026-10-01, 61 days old; such rows are good for 60 days",)),
        ("2027-03-31", (
            "what is known of Paged 1.0 is of 2026-10-01, 181 days old; such rows are good for 180 days",
            "the price made/one is of 2026-10-01, 181 days old; such rows are good for 60 days",
        )),
    ],
)  # fmt: skip
def test_what_is_past_its_time(day: str, told: tuple[str, ...], made: RuleBase) -> None:
    advice = Advisor(made, date.fromisoformat(day)).advise(Scenario.model_validate({"use_cases": ["talk"]} | CLOUD))
    assert advice.expired == told
    assert advice.as_of == date.fromisoformat(day)


def test_what_has_no_shelf_life_does_not_age(made: RuleBase) -> None:
    assert made.expired("sources", "made", date(2099, 1, 1)) is None


def test_tuning_is_told_by_what_each_method_takes(answer: Answered) -> None:
    """12 + 1 + 0.28 GiB in full; divided over two cards 6, with two layers and the embedding whole 0.25 more."""
    said = CARD | {"model": "small", "fine_tuning": ["full"], "tuning": {"sample_tokens": 2048}}
    asked = answer(**said).advice.asked
    assert asked is not None
    assert [(form.method, form.quantization, form.need_gib, form.fits, form.machine) for form in asked.forms] == [
        ("full", "w16", 13.3, False, "2x Card"),
        ("lora", "w16", 3.4, True, None),
        ("qlora", "w4", 1.9, True, None),
    ]
    assert [(c.field, c.from_, c.to) for way in asked.would_fit for c in way.changes] == [
        ("fine_tuning", "full", "lora"),
        ("hardware", "card", "2x Card"),
    ]
    assert asked.text == (
        "full tuning of Small does not fit Card: up to 13.3 GiB needed, 8.0 there",
        "it would fit by lora (3.4 GiB), or on 2x Card",
        "full tuning takes in all 13 GiB with AdamW, 13 GiB with AdamW",
    )


def test_work_that_another_model_does_brings_it_beside(answer: Answered) -> None:
    """Of a guard no score is known, so its fastest form is best that fits beside the 5 of 8 GiB of middle."""
    advice = answer(**CARD, use_cases=["talk", "guarding"]).advice
    assert advice.notes[-1].text == "Guard as w2: for guarding take a guard: Guard"
    assert ranking(advice) == ["middle w4 paged", "small w4 paged"]


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


def test_two_as_good_as_each_other_are_a_close_call_however_sure(answer: Answered) -> None:
    build = picked(answer(target="hosted"))
    found = close_call((build, build))
    assert found is not None
    assert found.margin == 0
    assert close_call((build,)) is None


def test_what_was_not_judged_has_no_builds(answer: Answered) -> None:
    found = answer(**CARD).found
    assert found is not None
    assert (found.builds("guard"), found.best("large"), found.nearest("small")) == ((), None, None)
    assert {build.model.id for build in found.builds("large")} == {"large"}
    assert found.failures == {"memory"}


def test_facts_of_other_builds_say_whose_they_are() -> None:
    assert FACTS["asked.memory.fits"].says.startswith("Of the build asked about: ")
    assert FACTS["other.model.id"].says.startswith("Of the best build of the other lane, hosted or at home: ")


EACH_LARGE = "each 1,000 tokens of a sequence take 0.98 GiB of 16-bit KV cache, {}, beside {} GiB of weights"
# Fits, room, what was stated, whether it qualifies, rent; forms (need, fits, cache, tokens/s, what would hold it);
# ways with the build that comes of them; sentences.
ASKED_FURTHER: list[tuple[dict[str, Any], tuple[Any, ...], list[tuple[Any, ...]], list[tuple[Any, ...]], list[str]]] = [
    # Of a Mac's memory three quarters are the GPU's: 18 of 24 hold 8 + 8 + 1, 48 of 64 hold 32 + 8 + 1.
    ({"hardware": "mac", "model": "large", "quantization": "w4"},
     (False, -5.0, ("model", "quantization", "hardware"), False, None),
     [("w16", 41.0, False, "f16", None, "64 GB of memory"), ("w4", 17.0, False, "f16", None, "24 GB of memory"),
      ("w2", 9.2, True, "q8_0", 9.62, None)],
     [("context_tokens", 8192, 3072, "w4 paged Mac"), ("quantization", "w4", "w2", "w2 slots Mac"),
      ("hardware", "mac", "24 GB of memory", "w4 paged 24 GB of memory")],
     ["Large as w4 does not fit Mac: up to 17.0 GiB needed, 12.0 there; the weights alone are 8.0 GiB",
      "it would fit with a context of 3,072 tokens, or as w2 (9.2 GiB), or in 24 GB of memory",
      EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    # An eighth of 32 + 32 on each of eight racks.
    ({"hardware": "8x rack", "model": "large", "quantization": "w16", "context_tokens": 32768},
     (True, 23.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 9.0, True, "f16", 39.8, None), ("w4", 6.0, True, "f16", 98.5, None)], [],
     ["Large as w16 fits 8x Rack: up to 9.0 of 32.0 GiB on each device", EACH_LARGE.format("32,768 take 32.0", "32.0")]),
    # 8 GiB of cache take 4.25 in 8 bits; 13 - 8 GiB lie in host memory, where the cache has 16.
    ({"hardware": "card + 16GB RAM", "model": "large", "quantization": "w2", "engine": "slots"},
     (False, -1.25, ("model", "quantization", "engine", "hardware"), True, None),
     [("w16", 37.2, False, "q8_0", None, None), ("w4", 13.2, False, "q8_0", None, "2x Card"),
      ("w2", 9.2, False, "q8_0", 6.37, "2x Card")],
     [("context_tokens", 8192, 5120, "w2 slots Card"), ("hardware", "card + 16GB RAM", "2x Card", "w2 slots 2x Card")],
     ["Large as w2 does not fit Card: up to 9.2 GiB needed, its KV cache in q8_0, 8.0 there; the weights alone are 4.0 GiB",
      "with 5.0 of 12.5 GiB in host memory it runs, at about 6.37 tokens/s",
      "it would fit with a context of 5,120 tokens, or on 2x Card", EACH_LARGE.format("8,192 take 8.0", "4.0")]),
    # (8 + 4.25) x 33/65 + 1; 13.79 GiB hold 5,927 tokens beside the weights, or 11,156 in 8 bits.
    ({"hardware": "2x card", "model": "large", "quantization": "w4", "engine": "slots"},
     (True, 0.78, ("model", "quantization", "engine", "hardware"), True, None),
     [("w16", 19.4, False, "q8_0", None, None), ("w4", 7.2, True, "q8_0", 5.44, None)], [],
     ["Large as w4 fits 2x Card: up to 7.2 of 8.0 GiB on each device, its KV cache in q8_0",
      "with a 16-bit KV cache a context of up to 5,120 tokens fits, 10,240 with a q8_0 KV cache",
      "as w16, the next finer, it needs 19.4 GiB on each device and does not fit",
      EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    # All that the model reads fit in 8 bits: 8 x 17/32 of 5 GiB.
    (CARD | {"model": "middle", "engine": "slots"}, (True, 3.0, ("model", "engine", "hardware"), True, None),
     [("w16", 10.1, False, "q8_0", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB",
      "with a 16-bit KV cache a context of up to 20,480 tokens fits, 32,768 with a q8_0 KV cache",
      "as w16, the next finer, it needs 10.1 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # All that the model reads fits plainly: 2 + 8 + 1 of 12; so do 8 + 2 + 1.
    ({"hardware": "mac", "model": "middle", "quantization": "w4"},
     (True, 7.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 11.0, True, "f16", 5.84, None), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Mac: up to 5.0 of 12.0 GiB",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # Half of 8 + 0.25 on each of two; 3 GiB are left on each, for 24,576 tokens; so little cache is not worth a word.
    ({"hardware": "2x card", "model": "middle", "quantization": "w16", "context_tokens": 1024},
     (True, 2.88, ("model", "quantization", "hardware"), True, None),
     [("w16", 5.1, True, "f16", 12.3, None), ("w4", 2.1, True, "f16", 47.1, None)], [],
     ["Middle as w16 fits 2x Card: up to 5.1 of 8.0 GiB on each device",
      "with a 16-bit KV cache a context of up to 24,576 tokens fits"]),
    # Assumed racks are rented; two hold half of 32 + 30 and 1 each.
    (CLOUD | {"model": "large"}, (True, 15.0, ("model",), True, 730.0),
     [("w16", 41.0, False, "f16", None, "2x Rack"), ("w4", 17.0, True, "f16", 19.5, None)], [],
     ["Large as w4 fits Rack: up to 17.0 of 32.0 GiB", EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    (CLOUD | {"model": "large", "quantization": "w16", "context_tokens": 32768},
     (False, -1.0, ("model", "quantization"), False, 1460.0),
     [("w16", 33.0, False, "f16", None, "4x Rack"), ("w4", 21.0, True, "f16", 24.6, None)],
     [("context_tokens", 32768, 30720, "w16 paged 2x Rack"), ("quantization", "w16", "w4", "w4 paged 2x Rack"),
      ("hardware", "2x rack", "4x Rack", "w16 paged 4x Rack")],
     ["Large as w16 does not fit 2x Rack: up to 33.0 GiB on each device needed, 32.0 there; the weights alone are 32.0 GiB",
      "it would fit with a context of 30,720 tokens, or as w4 (21.0 GiB on each device), or on 4x Rack",
      EACH_LARGE.format("32,768 take 32.0", "32.0")]),
    # What was tried is asked about as what is named.
    (CARD | {"tried": {"model": "middle", "quantization": "w4"}},
     (True, 3.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 11.0, False, "f16", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB", "with a 16-bit KV cache a context of up to 20,480 tokens fits",
      "as w16, the next finer, it needs 11.0 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # It fits, but is too slow.
    (PAGED | {"min_tokens_per_s": 100}, (True, 3.0, ("model", "quantization", "engine", "hardware"), False, None),
     [("w16", 11.0, False, "f16", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB", "39 of 100 tokens/s",
      "with a 16-bit KV cache a context of up to 20,480 tokens fits",
      "as w16, the next finer, it needs 11.0 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # What is ruled out before it is sized.
    (CARD | {"model": "small", "context_tokens": 40000}, (None, None, ("model", "hardware"), False, None), [], [],
     ["Small as w16: 40,000 of 32,768 tokens"]),
    (CARD | {"model": "middle", "quantization": "w16", "target": "laptop"},
     (None, None, ("model", "quantization", "hardware"), False, None), [], [], ["Middle as w16: Paged is not used there"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "stand", "forms", "ways", "text"), ASKED_FURTHER)
def test_the_build_asked_about_at_its_borders(
    said: dict[str, Any],
    stand: tuple[Any, ...],
    forms: list[tuple[Any, ...]],
    ways: list[tuple[Any, ...]],
    text: list[str],
    answer: Answered,
) -> None:
    asked = answer(**said).advice.asked
    assert asked is not None
    rent = asked.cost and asked.cost.usd_per_month
    assert (asked.fits, asked.by_gib, asked.stated, asked.qualifies, rent) == stand
    told = [(f.quantization, f.need_gib, f.fits, f.kv_cache_type, f.tokens_per_s, f.machine) for f in asked.forms]
    assert told == forms
    changes = [
        (c.field, c.from_, c.to, f"{way.then.quantization} {way.then.engine} {way.then.machine}")
        for way in asked.would_fit
        if way.then
        for c in way.changes
    ]
    assert changes == ways
    assert [*asked.text] == text


# Of middle: 8 GiB, 12 bytes for 1/100 of 4 Gi parameters, 1 GiB besides and 0.5625 of a sample. Of large 16 x 12 GiB
# in full, 1 and 1.3125; an eighth of it and two layers in eight racks.
TUNING_ASKED = [
    (CARD | {"model": "small", "fine_tuning": ["qlora"]}, (True, 6.1),
     [("full", "w16", 13.3, False, "2x Card"), ("lora", "w16", 3.4, True, None), ("qlora", "w4", 1.9, True, None)], [],
     ["qlora tuning of Small fits Card: up to 1.9 of 8.0 GiB"]),
    (CARD | {"model": "middle", "fine_tuning": ["lora"]}, (False, -2.04),
     [("full", "w16", 49.6, False, None), ("lora", "w16", 10.0, False, "2x Card"), ("qlora", "w4", 4.0, True, None)],
     [("fine_tuning", "lora", "qlora"), ("hardware", "card", "2x Card")],
     ["lora tuning of Middle does not fit Card: up to 10.0 GiB needed, 8.0 there",
      "it would fit by qlora (4.0 GiB), or on 2x Card"]),
    ({"hardware": "rack", "model": "large", "fine_tuning": ["full"]}, (False, -162.31),
     [("full", "w16", 194.3, False, "2 nodes of 4x Rack"), ("lora", "w16", 36.2, False, "2x Rack"),
      ("qlora", "w4", 12.2, True, None)],
     [("fine_tuning", "full", "qlora"), ("hardware", "rack", "2 nodes of 4x Rack")],
     ["full tuning of Large does not fit Rack: up to 194.3 GiB needed, 32.0 there",
      "it would fit by qlora (12.2 GiB), or on 2 nodes of 4x Rack, at the latency of the network between them",
      "full tuning takes in all 194 GiB with AdamW, 194 GiB with AdamW"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "room", "forms", "ways", "text"), TUNING_ASKED)
def test_tuning_that_is_asked_about(
    said: dict[str, Any],
    room: tuple[bool, float],
    forms: list[tuple[Any, ...]],
    ways: list[tuple[Any, ...]],
    text: list[str],
    answer: Answered,
) -> None:
    asked = answer(**said, tuning={"sample_tokens": 2048}).advice.asked
    assert asked is not None
    assert ((asked.fits, asked.by_gib), asked.speed) == (room, None)
    assert [(f.method, f.quantization, f.need_gib, f.fits, f.machine) for f in asked.forms] == forms
    assert [(c.field, c.from_, c.to) for way in asked.would_fit for c in way.changes] == ways
    assert [*asked.text] == text


APPS = [
    {"id": "desk", "name": "Desk", "aliases": ["The Desk"], "engines": ["slots"], "sources": ["made"]},
    {"id": "front", "name": "Front", "engines": [], "sources": ["made"]},
    {"id": "odd", "name": "Odd", "engines": [], "known": False, "sources": ["made"]},
]
LEADS = "Small is the pick, as it was named with how it runs, or alone; Middle leads it"
WISHED: list[tuple[dict[str, Any], list[tuple[Any, ...]]]] = [
    (CARD | {"engine": "The Desk"},
     [("engine", "The Desk", "kept", 1, "the pick uses Slots, one of the engines in Desk")]),
    (CARD | {"engine": "Front"},
     [("engine", "Front", "not_known", None,
       "Front runs no model itself: point it at the address of what serves the pick")]),
    (CARD | {"engine": "Odd"}, [("engine", "Odd", "not_known", None, "nothing is known here of Odd")]),
    (CLOUD | {"engine": "Desk"}, [("engine", "Desk", "impossible", None, "Slots is not used there")]),
    # A provider that is named as an engine is one.
    ({"engine": "first", "model": "small"},
     [("model", "small", "kept", 1, LEADS), ("provider", "first", "kept", 1, "the pick uses first")]),
    ({"target": "hosted", "engine": "hosted"}, [("engine", "hosted", "kept", 1, "the pick is hosted")]),
    ({"target": "hosted", "provider": "nobody at all"},
     [("provider", "nobody at all", "not_known", None, "nothing is known here of nobody at all")]),
    (CARD | {"quantization": "w2"},
     [("quantization", "w2", "better_exists", 1, "Middle as w2 on Slots qualifies, at about 32.0 tokens/s")]),
    (CARD | {"quantization": "w2", "model": "small"},
     [("model", "small", "kept", 1, LEADS),
      ("quantization", "w2", "better_exists", 1, "Small as w2 on Slots qualifies, at about 94.1 tokens/s")]),
    # What the pick lacks is told before the one that has it.
    ({"hardware": "rack", "quantization": "w16"},
     [("quantization", "w16", "better_exists", 2,
       "Large as w16 needs 41 GiB of 32; Middle as w16 on Paged qualifies, at about 23.4 tokens/s")]),
    (CARD | {"quantization": "w2", "model": "large"},
     [("model", "large", "impossible", None, "Large as w4 needs 17 GiB of 8"),
      ("quantization", "w2", "impossible", None, "Large as w2 needs 9.25 GiB of 8")]),
    (CARD | {"quantization": "w2", "engine": "paged"},
     [("quantization", "w2", "impossible", None, "no build that qualifies uses w2"),
      ("engine", "paged", "kept", 1, "the pick uses paged")]),
    (CARD | {"model": "guard"}, [("model", "guard", "kept", 1, "Guard is the pick")]),
    # What is not ranked is not judged; of services it is told what there is.
    (CARD | {"model": "old"}, [("model", "old", "impossible", None, "Old is not among the models ranked")]),
    ({"target": "hosted", "model": "old"},
     [("model", "old", "impossible", None,
       "Old is not among the models ranked; no other offer of it is confirmed")]),
    (CARD | {"model": "small", "quantization": "w16"},
     [("model", "small", "kept", 1, LEADS), ("quantization", "w16", "kept", 1, "the pick uses w16")]),
    ({"target": "hosted", "provider": "first", "model": "middle", "service_region": "eu-1"},
     [("model", "middle", "impossible", None, "not in eu-1"), ("provider", "first", "impossible", None, "not in eu-1")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def with_apps(vary: Callable[..., RuleBase]) -> Advisor:
    return Advisor(vary({"lists.yaml": {"apps": APPS}}), date(2026, 11, 24))


@pytest.mark.parametrize(("said", "told"), WISHED)
def test_what_became_of_each_wish(said: dict[str, Any], told: list[tuple[Any, ...]], with_apps: Advisor) -> None:
    wishes = with_apps.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).wishes
    assert [(wish.field, wish.asked, wish.outcome, wish.rank, wish.text) for wish in wishes] == told


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


@pytest.fixture(scope="module")
def elsewhere(made_files: dict[str, Any], vary: Callable[..., RuleBase]) -> Advisor:
    """An advisor on further devices of 8 GiB, of which a phone or a host gives half; First serves middle in w4."""
    card, hosted = made_files["lists.yaml"]["devices"][0], made_files["lists.yaml"]["hosted"]
    further = [
        card | {"id": "phone", "name": "Phone", "kind": "phone", "usable_share": 0.5},
        card | {"id": "slice", "name": "Slice", "alone": True},
        card | {"id": "unsaid", "name": "Unsaid", "vendor": "generic"},
        card | {"id": "host", "name": "Host", "kind": "cpu", "memory_gib": None, "usable_share": 0.5},
    ]
    lists = {
        "devices": made_files["lists.yaml"]["devices"] + further,
        "hosted": [item | {"precision": "w4"} if item["id"] == "first/middle" else item for item in hosted],
    }
    kinds = ["consumer-gpu", "datacentre-gpu", "apple-silicon", "phone", "cpu"]
    paged = {
        "hardware": [{"kinds": kinds, "vendors": ["maker"]}],
        "targets": ["cloud", "server", "workstation", "laptop", "phone"],
    }
    return Advisor(vary({"lists.yaml": lists, "engines/paged.yaml": paged}), date(2026, 11, 24))


LARGER: list[tuple[dict[str, Any], tuple[bool | None, float | None], list[str | None], list[str]]] = [
    # Half of 12 hold 2 + 2 + 1, half of 24 8 + 2 + 1; 1 GiB of cache is left for 4,096 tokens.
    ({"hardware": "phone", "model": "middle", "quantization": "w4"}, (False, -1.0), ["24 GB of memory", "12 GB of memory"],
     ["Middle as w4 does not fit Phone: up to 5.0 GiB needed, 4.0 there; the weights alone are 2.0 GiB",
      "it would fit with a context of 4,096 tokens, or in 12 GB of memory"]),
    # It fills the device.
    ({"hardware": "phone", "model": "small", "quantization": "w16", "target": "phone"}, (True, 0.0), [None, None],
     ["Small as w16 fits Phone: up to 4.0 of 4.0 GiB", "with a 16-bit KV cache a context of up to 8,192 tokens fits"]),
    # Slices do not work together.
    ({"hardware": "slice", "model": "large", "quantization": "w4"}, (False, -9.0), ["48 GB of memory", "18 GB of memory"],
     ["Large as w4 does not fit Slice: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit in 18 GB of memory"]),
    # Cards that were not named stand in nodes only where machines are rented: 40 GiB x 33/65 / 4 and 1.
    ({"hardware": "unsaid", "model": "large", "quantization": "w4"}, (False, -9.0), [None, "4x Unsaid"],
     ["Large as w4 does not fit Unsaid: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit on 4x Unsaid"]),
    ({"hardware": "unsaid", "model": "large", "quantization": "w4", "target": "cloud"}, (False, -9.0),
     ["2 nodes of 4x Unsaid", "4x Unsaid"],
     ["Large as w4 does not fit Unsaid: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit on 4x Unsaid"]),
    # A processor has the memory of its host.
    ({"hardware": "host + 8GB RAM", "model": "middle", "quantization": "w16"}, (False, -7.0),
     ["24 GB of memory", "12 GB of memory"],
     ["Middle as w16 does not fit Host: up to 11.0 GiB needed, 4.0 there; the weights alone are 8.0 GiB",
      "it would fit in 24 GB of memory"]),
    ({"hardware": "host", "model": "middle", "quantization": "w16"}, (None, None), [None, None],
     ["Middle as w16 needs 11.0 GiB; the memory of Host is not known"]),
    # A laptop has one.
    ({"hardware": "card", "model": "middle", "quantization": "w16", "target": "laptop"}, (False, -3.0), [None, None],
     ["Middle as w16 does not fit Card: up to 11.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit as w4 (5.0 GiB)"]),
    # 64 GiB x 33/65 and 1 in the first node; 61.06 GiB hold 29,757 tokens beside the weights.
    ({"hardware": "2 nodes of rack", "model": "large", "quantization": "w16", "context_tokens": 32768}, (False, -1.49),
     ["4x Rack", None],
     ["Large as w16 does not fit 2 nodes of Rack: up to 33.5 GiB on each device needed, 32.0 there; the weights alone"
      " are 32.0 GiB",
      "it would fit with a context of 29,696 tokens, or as w4 (21.3 GiB on each device), or on 4x Rack"]),
    ({"target": "hosted", "model": "middle"}, (None, None), [], ["Middle at First qualifies", "First serves it in w4"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "room", "larger", "text"), LARGER)
def test_what_would_hold_it(
    said: dict[str, Any],
    room: tuple[bool | None, float | None],
    larger: list[str | None],
    text: list[str],
    elsewhere: Advisor,
) -> None:
    asked = elsewhere.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).asked
    assert asked is not None
    assert (asked.fits, asked.by_gib) == room
    assert [form.machine for form in asked.forms] == larger
    assert [line for line in asked.text if not line.startswith("each 1,000 tokens")] == text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CARD, "Large as w4 would fit on 4x Card"),
        ({"hardware": "slice"}, "Large as w4 would fit in 18 GB of memory"),
        ({"hardware": "phone"}, "Middle as w4 would fit in 12 GB of memory"),
        ({"hardware": "rack"}, None),  # it fits
        ({"hardware": "2x card"}, None),  # it fits in two bits
        (CARD | {"fine_tuning": ["lora"]}, None),
        (CARD | {"only": {"models": ["small"]}}, None),  # it is not memory that rules it out
    ],
)
def test_what_would_hold_the_next_larger_model(said: dict[str, Any], told: str | None, elsewhere: Advisor) -> None:
    notes = elsewhere.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).notes
    assert next((note.text for note in notes if note.rule == "next-larger"), None) == told
