"""The first screen of an answer: all that a busy person needs in 24 rows of 80 columns, in plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.advice import HangsOn, ShortBuild
from llama_advisor.render.advice import advice_text
from llama_advisor.render.formats import View
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.decide import Advisor

QUESTIONS: dict[str, dict[str, Any]] = {
    "cards": {"use_cases": ["coding"], "hardware": "2x RTX 3090", "context_tokens": 32768},
    "laptop": {"use_cases": ["chat"], "hardware": "MacBook Air M2 8GB"},
    "phone": {"use_cases": ["mobile-assistant"], "target": "phone"},
    "browser": {"use_cases": ["chat"], "target": "browser"},
    "hosted": {"use_cases": ["rag"], "target": "hosted"},
    "EU vision": {"use_cases": ["ocr-documents"], "domicile": "FR", "hardware": "RTX 4090"},
    "too little": {"use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4},
    "too fast": {"use_cases": ["chat"], "hardware": "RTX 4090", "min_tokens_per_s": 100_000},
    "tuning": {"use_cases": ["fine-tuning-base"], "fine_tuning": ["qlora"], "hardware": "RTX 4090"},
    "fleet": {"use_cases": ["rag"], "target": "server", "users": 2000, "offline": True},
    "processor": {"use_cases": ["summarization"], "hardware": "EPYC 9654 256GB"},
    "named": {"use_cases": ["coding"], "hardware": "RTX 3060 12GB", "model": "70b", "symptoms": ["out_of_memory"]},
    "vision": {"use_cases": ["image-captioning"], "hardware": "2x RTX 4090"},
    "nothing": {"hardware": "RTX 4090"},
}
every = pytest.mark.parametrize("name", QUESTIONS)
JARGON = ("maturity", "decision matrix", "row 3", "points", "score ", "class", " - \n", "?", "None", "[seed")
VERDICTS = {
    "recommended": "\nRecommended: ",
    "recommended_with_caveats": "\nRecommended, with caveats: ",
    "change_requirement": "\nA requirement has to change: ",
    "no_fit": "\nNo fit: ",
    "need_input": "\nMore is needed: ",
}


@pytest.fixture(scope="module")
def told(advisor: Advisor) -> dict[str, Advice]:
    return {name: advisor.advise(Scenario.model_validate(fields)) for name, fields in QUESTIONS.items()}


def shown(advice: Advice, advisor: Advisor, **view: Any) -> str:
    return advice_text(advice, advisor.base, View(**view))


def first_screen(text: str) -> str:
    """Return the rows above the first heading of what stands below."""
    return re.split(r"\n\n(?=[A-Z])", text)[0] + "\n"


@every
def test_the_answer_is_one_screen_in_plain_words(name: str, told: dict[str, Advice], advisor: Advisor) -> None:
    screen = first_screen(shown(told[name], advisor))
    assert len(screen.splitlines()) <= 24
    assert VERDICTS[told[name].verdict] in screen
    plain = screen.replace("Close call?", "").replace("${DATASET:?", "").replace("classification", "")
    assert not [word for word in JARGON if word in plain]


@every
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_it_has_no_colour_and_no_marks_where_none_are_taken(
    name: str, width: int, told: dict[str, Advice], advisor: Advisor
) -> None:
    text = shown(told[name], advisor, width=width, unicode=False)
    assert text.isascii()
    rest = re.sub(r"(?ms)^  run .*?^  (mind|assumed)", "", text)  # no word of a command is broken
    rest = re.sub(r"(?ms)^Run it\n.*?\n\n", "", rest)
    assert max(map(len, rest.splitlines())) <= width
    coloured = shown(told[name], advisor, width=width, unicode=False, colour=True)
    assert re.sub(r" *\x1b\[[\d;]*m *$|\x1b\[[\d;]*m", "", coloured, flags=re.MULTILINE) == text


def test_each_verdict_has_a_colour_of_its_own(told: dict[str, Advice], advisor: Advisor) -> None:
    colours = {}
    for advice in told.values():
        match = re.search(r"\n\x1b\[([\d;]+)m(?=\w[^\n]*: )", shown(advice, advisor, colour=True))
        assert match
        colours[advice.verdict] = match[1]
    assert len(set(colours.values())) == len(colours) == len(VERDICTS)


@every
def test_figures_that_are_told_twice_agree(name: str, told: dict[str, Advice], advisor: Advisor) -> None:
    advice = told[name]
    text = shown(advice, advisor)
    if not advice.ranking:
        return
    row = next(line for line in text.splitlines() if line.startswith("  1  "))
    for pattern in (r"memory   ([\d.,]+ of [\d.,]+) GiB", r"speed    ([\d.,]+) \(", r"cost     ([\d.,]+) USD/month"):
        if found := re.search(pattern, text):
            assert f" {found[1]} " in f"{row} "


def test_the_reason_is_told_against_the_models_that_one_expects(told: dict[str, Advice], advisor: Advisor) -> None:
    said = " ".join(shown(told["named"], advisor).split())
    assert (
        "Recommended: The largest that fits. 3.1 70B in 4 bits (q4_k_m) needs 41.0 GiB on a device with 12.0 GiB for it"
    ) in said
    assert re.search(r"3\.2 3B answers sooner .* but scores lower \(HumanEval 58 \(estimated\) against 72\.6\)", said)
    assert said.index("The build you asked about") < said.index("Ranking")
    assert "3.2 11B" not in said.partition("Ranking")[0]  # the same text model as 8B


def test_a_model_that_is_ahead_in_what_counts_less_is_told_with_that(told: dict[str, Advice], advisor: Advisor) -> None:
    said = " ".join(shown(told["processor"], advisor).split())
    assert re.search(r"3\.1 70B scores higher \(IFEval 87\.5 against 80\.4\) but is \d\.\d times slower", said)


def test_what_has_to_change_comes_first(told: dict[str, Advice], advisor: Advisor) -> None:
    assert shown(told["too fast"], advisor).startswith("Only if you change min_tokens_per_s from 100,000 to ")


def test_where_nothing_fits_what_does_it_instead_stands_at_the_top(told: dict[str, Advice], advisor: Advisor) -> None:
    text = shown(told["EU vision"], advisor)
    assert "\n  instead  chain: two steps: an OCR" in first_screen(text)
    assert "Ways round" not in text


def test_what_was_not_said_and_would_change_it_has_its_flag(told: dict[str, Advice], advisor: Advisor) -> None:
    then = ShortBuild(model="llama-3.2-3b-instruct", quantization="q8_0", engine="vllm", machine=None)
    hangs = (
        HangsOn(field="concurrent_requests", value=4000, then=then),
        HangsOn(field="domicile", value="FR", then=None),
    )
    text = shown(told["cards"]._replace(hangs_on=hangs), advisor)
    assert "\n  hangs on --concurrency 4,000: then Llama 3.2 3B Instruct, q8_0\n" in text
    assert "\n           --domicile FR: nothing fits then\n" in text


def test_reasons_in_points_and_rules_come_with_why_alone(told: dict[str, Advice], advisor: Advisor) -> None:
    assert "Why: " not in shown(told["cards"], advisor)
    text = shown(advisor.advise(Scenario.model_validate(QUESTIONS["cards"]), why=True), advisor, why=True)
    assert re.search(r"\nWhy: [\d.]+ points\n", text)
    assert "[seed-article" in text
    assert "\nAssumed\n" in text
