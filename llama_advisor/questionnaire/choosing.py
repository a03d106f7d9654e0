"""Which question comes next: the one that tells most about the answer; none once the answer is settled."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.questionnaire.log import Log, asked, stated
from llama_advisor.questionnaire.proving import Proof

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledQuestion
    from llama_advisor.engine import Outcome
    from llama_advisor.questionnaire.outlook import Outlook
    from llama_advisor.schema.question import Option


class Worth(NamedTuple):
    """What a question may change."""

    question: CompiledQuestion
    bits: float
    """Expected information about model and verdict, the other open questions at their assumptions."""


class Standing(NamedTuple):
    """Where an interview stands."""

    leads: Outcome | None
    """What the answer is if nothing more is said."""
    settled: bool
    """Whether nothing still open can change it."""
    next: CompiledQuestion | None
    """The question to ask; none once it is settled, or when nothing is left to ask."""
    changing: tuple[CompiledQuestion, ...]
    """Open questions of which an answer, alone, changes the outcome; the most telling first."""


def open_questions(log: Log, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
    """Return the questions that apply and are neither answered, skipped nor said otherwise."""
    said = stated(log)
    done = asked(log)
    lookup = outlook.lookup(said)
    return tuple(
        item
        for item in outlook.base.questions
        if item.id not in done and said.keys().isdisjoint(fields_of(item)) and item.applies(lookup)
    )


def fields_of(item: CompiledQuestion) -> frozenset[str]:
    """Return the scenario fields that a question is about."""
    return frozenset({item.question.free}.union(*(option.sets for option in item.question.options)))


def options_of(item: CompiledQuestion, said: dict[str, Any], outlook: Outlook) -> tuple[Option, ...]:
    """Return the options that apply and go together with what was said."""
    offered = item.options(outlook.lookup(said))
    return tuple(option for option in offered if outlook.goes_together(said | option.sets))


def standing(log: Log, outlook: Outlook) -> Standing:
    """Say what leads, whether it is settled, and what to ask next."""
    said = stated(log)
    leads = outlook.outcome(said)
    found = open_questions(log, outlook)
    if leads is None or not found:
        return Standing(leads, settled=True, next=None, changing=())
    if leads.verdict == "need_input":
        return Standing(leads, settled=False, next=found[0], changing=found)
    early = [item for item in found if item.question.first]
    if early and any(outlook.outcome(said | option.sets) != leads for option in options_of(early[0], said, outlook)):
        return Standing(leads, settled=False, next=early[0], changing=())
    worths = [Worth(item, _bits(item, said, leads, outlook)) for item in found]
    telling = sorted((worth for worth in worths if worth.bits > 0), key=lambda worth: -worth.bits)
    if telling:
        return Standing(
            leads, settled=False, next=telling[0].question, changing=tuple(worth.question for worth in telling)
        )
    if proved(log, leads, outlook):
        return Standing(leads, settled=True, next=None, changing=())
    return Standing(leads, settled=False, next=found[0], changing=())


def _bits(item: CompiledQuestion, said: dict[str, Any], leads: Outcome, outlook: Outlook) -> float:
    """Return the entropy of the outcome over the question's options and skipping it, by their shares."""
    options = options_of(item, said, outlook)
    share = item.question.stated.count / item.question.stated.of
    whole = sum(option.share for option in options)
    masses: dict[Outcome | None, float] = {leads: 1 - share}
    for option in options:
        outcome = outlook.outcome(said | option.sets)
        masses[outcome] = masses.get(outcome, 0.0) + share * option.share / whole
    return -sum(mass * log2(mass) for mass in masses.values() if mass > 0) if len(masses) > 1 else 0.0


def proved(log: Log, leads: Outcome, outlook: Outlook) -> bool:
    """Tell whether every combination of what is open comes to what leads."""
    said = stated(log)
    done = asked(log)
    key = repr((sorted(said.items()), sorted(done)))
    if key not in outlook.settled:
        outlook.settled[key] = Proof(outlook, leads).holds(said, choices(log, outlook))
    return outlook.settled[key]


def choices(log: Log, outlook: Outlook) -> tuple[tuple[dict[str, Any], ...], ...]:
    """Return what each open question may still come to, skipping it first; also those that others may bring up."""
    said, done = stated(log), asked(log)
    left = [q for q in outlook.base.questions if q.id not in done and said.keys().isdisjoint(fields_of(q))]
    here = outlook.lookup(said)
    others = [
        outlook.lookup(said | option.sets)
        for item in left
        for option in item.question.options
        if outlook.goes_together(said | option.sets)
    ]

    def either(fact: str) -> Any:
        """Return a fact that no open answer changes; None for the others."""
        value = here(fact)
        return value if all(other(fact) == value for other in others) else None

    return tuple(
        ({}, *(option.sets for option in item.options(either) if outlook.goes_together(said | option.sets)))
        for item in left
        if item.applies(either)
    )
