"""What the questionnaire asks: one entry a question, with its options and how often people state it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from llama_advisor.knowledge.judgement import Citation
from llama_advisor.text.strict import Strict

MOST_OPTIONS = 8


class Option(Strict):
    """One answer that can be chosen by number."""

    id: str
    """Short id; may be typed instead of the number."""
    text: str
    """The answer in words."""
    sets: dict[str, Any] = Field(min_length=1)
    """Scenario fields it states, as a scenario file has them."""
    share: float = Field(default=1, gt=0)
    """How often it is chosen, relative to the other options, among those who state anything."""
    when: Any = None
    """Condition over facts of the scenario; not offered where it is false."""


class Stated(Strict):
    """How often people state it unasked."""

    count: int = Field(ge=0)
    """Questions that state it."""
    of: int = Field(ge=1)
    """Questions looked at."""


class Question(Strict):
    """One question, the scenario fields it is about, and what skipping it means."""

    id: str
    """Id, shown where the questionnaire says what could still change the answer."""
    place: int
    """Order of questions that are stated equally often; while the use is unknown, the order alone decides."""
    first: bool = False
    """Asked before any that is not marked so, in the order of their places, as long as its answer can matter."""
    text: str
    """The question."""
    listed: str
    """What it is about, as a line of a list of several questions at once."""
    why: str
    """Why it matters, in a sentence or two."""
    free: str
    """Scenario field that free text is read as."""
    otherwise: str | None = None
    """Scenario field that free text is read as where `free` does not take it."""
    example: str
    """Free text that is understood."""
    options: tuple[Option, ...] = Field(min_length=1, max_length=MOST_OPTIONS)
    """Answers to choose from."""
    skipped: str
    """What is assumed where it is skipped."""
    stated: Stated
    """Prior: the share of people who state it; the others count as skipping."""
    when: Any = None
    """Condition over facts of the scenario; asked only where it is not false."""
    sources: tuple[Citation, ...] = Field(min_length=1)
    """What the shares rest on."""
