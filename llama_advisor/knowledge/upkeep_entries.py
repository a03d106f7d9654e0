"""Entries that keep the rule base honest: kinds of finding, misunderstandings, statements of the seed, sampling."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from llama_advisor.knowledge.judgement import Citation
from llama_advisor.text.strict import Strict

Severity = Literal["error", "warning", "note"]


class FindingKind(Strict):
    """What a finding's code stands for; the one place where it is defined."""

    id: str
    """Stable code, e.g. LR101."""
    title: str
    """What was found, in one line."""
    explanation: str
    """Why it matters and what to do about it."""
    severity: Severity
    """Errors make the command fail."""
    fix: str = ""
    """What to do, in one sentence; part of the explanation where it is empty."""
    example: str = ""
    """A project file, or a part of one, that brings it."""
    malformed: bool = False
    """Whether it says that the input itself is wrong: exit code 2, and no filter hides it."""


class Misunderstanding(Strict):
    """Something people believe that is not so."""

    id: str
    """Id that rules name under `corrects`."""
    claim: str
    """What is believed."""
    truth: str
    """What is so."""
    sources: tuple[Citation, ...] = Field(min_length=1)
    """What the truth rests on."""


class Statement(Strict):
    """One statement of the seed article and what became of it."""

    id: str
    """Id that rules name under `seed`."""
    section: str
    """Where the article says it."""
    text: str
    """What it says, in our words."""
    outcome: Literal["carried", "corrected", "no_claim"]
    """Carried by rules, corrected by them, or nothing that a choice could rest on."""
    rules: tuple[str, ...] = ()
    """Rules that carry or correct it."""
    also: tuple[str, ...] = ()
    """Criteria and use cases that carry it, as `criteria/ID` or `use_cases/ID`."""
    corrected_by: tuple[str, ...] = ()
    """Sources that say otherwise."""
    note: str = ""
    """What holds at the level of a variant, or why it makes no claim."""


class SampledField(Strict):
    """A field of the scenario as sampling fills it."""

    field: str
    """Scenario field, `only.` for a hard limit."""
    share: float = Field(ge=0, le=1)
    """Share of scenarios in which it is stated."""
    values: tuple[Any, ...] = Field(min_length=1)
    """Values, each as likely; a list of scalars for a list field is one value."""
    when: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    """Stated only where these fields have one of these values."""


class Sampling(Strict):
    """sampling.yaml: how scenarios are drawn to measure coverage."""

    second_use_case: float = Field(ge=0, le=1)
    """Share of scenarios with two use cases."""
    named_model: float = Field(ge=0, le=1)
    """Share of scenarios that name a model."""
    fields: tuple[SampledField, ...]
    """Fields, drawn in this order."""
