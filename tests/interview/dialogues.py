"""Sampled dialogues with few questions open, and all combinations of what these may come to."""

from __future__ import annotations

import random
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from llama_advisor.interview.next_question import questions
from llama_advisor.interview.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.interview.answers_cache import Outlook

MOST_COMBINATIONS = 40
STARTS = (
    {"use_cases": ["rag"], "hardware": "1x L4"},
    {"use_cases": ["chat"], "hardware": "8GB RAM", "target": "laptop"},
    {"use_cases": ["coding"], "hardware": "RTX 3090 24GB"},
    {"use_cases": ["image-understanding"], "hardware": "RTX 4070 SUPER 12GB"},
    {"use_cases": ["extraction"], "target": "hosted"},
    {"use_cases": ["mobile-assistant"], "target": "phone"},
    {"use_cases": ["agents"], "hardware": "8x H100 80GB", "engine": "vllm"},
    {"use_cases": ["chat"], "target": "browser"},
    {"use_cases": ["summarization"], "target": "cloud", "budget_usd_per_month": 500},
    {"use_cases": ["classification"], "hardware": "1x L4"},
    {"use_cases": ["moderation"], "hardware": "RTX 4090"},
    {"use_cases": ["extraction"], "hardware": "16GB RAM"},
    {"use_cases": ["chat"], "hardware": "M2 16GB", "model": "llama-3.1-8b-instruct"},
)


def sampled(count: int, seed: int, outlook: Outlook) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
    """Yield what was said and what a few open questions may come to."""
    draw = random.Random(seed)  # noqa: S311
    while count:
        said = dict(draw.choice(STARTS))
        left = [item for item in questions(outlook.base) if said.keys().isdisjoint({item.question.free})]
        draw.shuffle(left)
        for item in left[: draw.randrange(4)]:
            answer = draw.choice(item.question.options).sets
            said |= answer if outlook.goes_together(said | answer) else {}
        chosen = [item for item in left if item.question.free not in said][-draw.randrange(1, 4) :]
        choices = tuple(({}, *(option.sets for option in item.question.options)) for item in chosen)
        if outlook.goes_together(said) and 1 < prod(map(len, choices)) <= MOST_COMBINATIONS:
            count -= 1
            yield said, choices


def proved(said: dict[str, Any], choices: tuple[Any, ...], outlook: Outlook) -> bool:
    """Tell whether it is proved that nothing open changes the outcome."""
    leads = outlook.outcome(said)
    return leads is not None and Proof(outlook, leads).holds(said, choices)


def changing(said: dict[str, Any], choices: tuple[Any, ...], outlook: Outlook) -> list[dict[str, Any]]:
    """Return, by enumeration, the combinations that come to something else."""
    leads = outlook.outcome(said)
    found = []
    for parts in product(*choices):
        whole = dict(said)
        for part in parts:
            whole |= part
        if outlook.outcome(whole) not in {None, leads}:
            found.append(whole)
    return found
