"""What pydantic finds, in the user's words: where, what, and the nearest valid thing."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from llama_advisor.knowledge.judgement import Rule
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.record import model_of
from llama_advisor.text.wording import problem


def found(data: Any, schema: Any = Scenario) -> tuple[tuple[Any, ...], str]:
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(data)
    return problem(caught.value, schema)


@pytest.mark.parametrize(
    ("data", "loc", "what"),
    [
        ({"use_case": ["chat"]}, ("use_case",), "unknown key 'use_case'; nearest: use_cases"),
        ({"contxt_tokens": 1}, ("contxt_tokens",), "unknown key 'contxt_tokens'; nearest: context_tokens"),
        ({"only": {"model": ["x"]}}, ("only", "model"), "unknown key 'model'; nearest: models"),
        ({"priorities": {"qualty": 3}}, ("priorities", "qualty"), "unknown key 'qualty'; nearest: quality"),
        ({"hardware": {"devcie": "x"}}, ("hardware", "devcie"), "unknown key 'devcie'; nearest: device"),
        ({"target": "phon"}, ("target",), "target: unknown value 'phon'; nearest: phone"),
        ({"inputs": ["text", "imgae"]}, ("inputs", 1), "inputs[1]: unknown value 'imgae'; nearest: image"),
        ({"accelerator": "tpu"}, ("accelerator",), "accelerator: unknown value 'tpu'; nearest: npu"),
        ({"tool_calling": "multi"}, ("tool_calling",), "tool_calling: unknown value 'multi'; nearest: multi_step"),
        ({"fine_tuning": ["qlor"]}, ("fine_tuning", 0), "fine_tuning[0]: unknown value 'qlor'; nearest: qlora"),
        ({"symptoms": ["oom"]}, ("symptoms", 0), "symptoms[0]: unknown value 'oom'"),
        (
            {"concurrent_requests": "many"},
            ("concurrent_requests",),
            "concurrent_requests must be a whole number, not 'many'",
        ),
        ({"concurrent_requests": 1.5}, ("concurrent_requests",), "must be a whole number, not '1.5'"),
        ({"memory_budget_gib": "big"}, ("memory_budget_gib",), "memory_budget_gib must be a number, not 'big'"),
        ({"min_tokens_per_s": "x"}, ("min_tokens_per_s",), "must be a number, not 'x'"),
        ({"memory_budget_gib": float("inf")}, ("memory_budget_gib",), "must be"),
        ({"memory_budget_gib": float("nan")}, ("memory_budget_gib",), "must be"),
        ({"memory_budget_gib": -1}, ("memory_budget_gib",), "memory_budget_gib: must be greater than 0, not '-1'"),
        (
            {"context_tokens": 0},
            ("context_tokens",),
            "context_tokens: must be greater than or equal to 1, not '0'",
        ),
        ({"priorities": {"speed": 6}}, ("priorities", "speed"), "priorities.speed: must be less than or equal to 5"),
        ({"offline": "perhaps"}, ("offline",), "offline must be true or false, not 'perhaps'"),
        ({"model": 3.1}, ("model",), "model must be text (put it in quotes), not '3.1'"),
        ({"model": ["a"]}, ("model",), "model must be text (put it in quotes)"),
        ({"only": "x"}, ("only",), "only must be a mapping, not 'x'"),
        ({"languages": {"en": 1}}, ("languages",), "languages must be a list"),
        ({"domicile": " "}, ("domicile",), "domicile is empty"),
        (
            {"memory_budget_gib": "8 apples"},
            ("memory_budget_gib",),
            "must be a number of GiB, e.g. 8 GiB, not '8 apples'",
        ),
        ({"context_tokens": "8GB"}, ("context_tokens",), "must be a number of tokens, e.g. 32k, not '8GB'"),
        ({"budget_usd_per_month": "200 EUR"}, ("budget_usd_per_month",), "must be a number of US dollars a month"),
        ({"users": "20 GiB"}, ("users",), "users: must be a number, e.g. 5 or 2k, not '20 GiB'"),
        ({"context_tokens": "32.768"}, ("context_tokens",), "thousands are written 32768 or with a comma"),
        ({"budget_usd_per_month": "1,50"}, ("budget_usd_per_month",), "decimals are written with a point"),
        ({"users": "2.4"}, ("users",), "users: must be a whole number"),
        ({"users": "1e400"}, ("users",), "must be a smaller number"),
        ({"context_tokens": "9" * 400 + "k"}, ("context_tokens",), "must be a smaller number"),
    ],
)
def test_scenario_errors_are_reworded(data: dict[str, Any], loc: tuple[Any, ...], what: str) -> None:
    place, said = found(data)
    assert place == loc
    assert what in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("data", "jargon"),
    [
        ({"hardware": 3}, "pydantic"),
        ({"hardware": [3]}, "HardwareSpec"),
        ({"hardware": {"count": "x"}}, "HardwareSpec"),
        ({"hardware": [{"count": 0}]}, "function-"),
    ],
)
def test_branches_of_a_union_are_no_part_of_the_place(data: dict[str, Any], jargon: str) -> None:
    place, said = found(data)
    assert place[0] == "hardware"
    assert all(key == "hardware" or isinstance(key, int) or key == "count" for key in place)
    assert jargon not in said


def test_a_misspelt_key_is_told_before_a_missing_one() -> None:
    place, said = found({"id": "x", "titel": "y"}, model_of(Rule))
    assert place == ("titel",)
    assert said == "unknown key 'titel'; nearest: title"


def test_what_is_missing_is_named() -> None:
    place, said = found({"id": "x"}, model_of(Rule))
    assert said == f"{place[0]} is missing"


def test_hostile_values_are_shown_short_and_plain() -> None:
    _, said = found({"target": "\x1b[31m" + "x" * 500})
    assert said.isprintable()
    assert len(said) < 250


def test_a_word_said_again_says_nothing_more() -> None:
    said = Scenario.model_validate({"use_cases": ["chat", "Chat", "coding"] * 9, "inputs": ["text", "text"]})
    assert (said.use_cases, said.inputs) == (("chat", "coding"), ("text",))
