"""What the questionnaire asks: one entry a question, with its options and how often people state it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from llama_advisor.knowledge.judgement import Citation
from llama_advisor.text.record import Record

MOST_OPTIONS = 8


class Option(Record):
    """One answer that can be chosen by number."""

    id: Annotated[str, "Short id; may be typed instead of the number."]
    text: Annotated[str, "The answer in words."]
    sets: Annotated[dict[str, Any], "Scenario fields it states, as a scenario file has them.", Field(min_length=1)]
    share: Annotated[
        float, "How often it is chosen, relative to the other options, among those who state anything.", Field(gt=0)
    ] = 1
    when: Annotated[Any, "Condition over facts of the scenario; not offered where it is false."] = None


class Stated(Record):
    """How often people state it unasked."""

    count: Annotated[int, "Questions that state it.", Field(ge=0)]
    of: Annotated[int, "Questions looked at.", Field(ge=1)]


class Question(Record):
    """One question, the scenario fields it is about, and what skipping it means."""

    id: Annotated[str, "Id, shown where the questionnaire says what could still change the answer."]
    place: Annotated[
        int, "Order of questions that are stated equally often; while the use is unknown, the order alone decides."
    ]
    first: Annotated[
        bool, "Asked before any that is not marked so, in the order of their places, as long as its answer can matter."
    ] = False
    text: Annotated[str, "The question."]
    listed: Annotated[str, "What it is about, as a line of a list of several questions at once."]
    why: Annotated[str, "Why it matters, in a sentence or two."]
    free: Annotated[str, "Scenario field that free text is read as."]
    otherwise: Annotated[str | None, "Scenario field that free text is read as where `free` does not take it."] = None
    example: Annotated[str, "Free text that is understood."]
    options: Annotated[tuple[Option, ...], "Answers to choose from.", Field(min_length=1, max_length=MOST_OPTIONS)]
    skipped: Annotated[str, "What is assumed where it is skipped."]
    stated: Annotated[Stated, "Prior: the share of people who state it; the others count as skipping."]
    when: Annotated[Any, "Condition over facts of the scenario; asked only where it is not false."] = None
    sources: Annotated[tuple[Citation, ...], "What the shares rest on.", Field(min_length=1)]
