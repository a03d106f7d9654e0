"""What is said with an answer, worked out by hand on the made-up knowledge: notes, commands, other ways."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from made_questions import CARD, CLOUD, MIDDLE, ONLY_LARGE, PAGED, named, picked, ranking

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.words import close_call
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Answer
    from llama_advisor.knowledge.base import RuleBase

    Answered = Callable[..., Answer]

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


def test_work_that_another_model_does_brings_it_beside(answer: Answered) -> None:
    """Of a guard no score is known, so its fastest form is best that fits beside the 5 of 8 GiB of middle."""
    advice = answer(**CARD, use_cases=["talk", "guarding"]).advice
    assert advice.notes[-1].text == "Guard as w2: for guarding take a guard: Guard"
    assert ranking(advice) == ["middle w4 paged", "small w4 paged"]


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
