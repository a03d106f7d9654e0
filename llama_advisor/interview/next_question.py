"""What comes next: the question that tells most, or a list of those that may matter; nothing once it is settled.

Most people have something to say about a few questions only. Asked one by one, the others would be skipped one by one;
in a list, one answer closes all that it says nothing about. While a person reads a question, what follows from each
answer is worked out and kept.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from math import log2
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, Log, asked, picked, stated
from llama_advisor.interview.proof import Proof
from llama_advisor.knowledge.judgement import MOST_OPTIONS
from llama_advisor.scenario.need import NEEDED
from llama_advisor.scenario.questions import questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_advisor.engine.decide import Outcome
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Option
    from llama_advisor.scenario.questions import CompiledQuestion


WISHES = frozenset({"model", "symptoms", "quantization"})
"""Fields that earn no points."""


class Standing(NamedTuple):
    """Where an interview stands."""

    leads: Outcome | None  # What the answer is if nothing more is said.
    next: tuple[CompiledQuestion, ...]
    """The question to ask, or several, of which the user says which matter; none once nothing open can change it."""


def standing(log: Log, outlook: Outlook) -> Standing:
    """Say what leads and what to ask next."""
    return Standing(outlook.outcome(stated(log)), tuple(following(log, outlook)))


def following(log: Log, outlook: Outlook) -> Iterator[CompiledQuestion]:
    """Yield what to ask next, each as soon as it is found: one question, or the members of a list."""
    said, found = stated(log), open_questions(log, outlook)
    leads = outlook.outcome(said)
    if leads is None or not found:
        return
    if leads.verdict == "need_input":
        yield from [item for item in found if item.question.free in NEEDED][:1]
        return
    first = [item for item in found if item.question.first]
    if (item := next(telling(first, said, outlook), None)) is not None:
        yield item
    elif chosen := [item for item in found if item.id in picked(log)]:
        yield max(chosen, key=lambda item: bits(item, said, outlook))
    else:
        yield from _listed(log, sorted(found, key=lambda item: -_share(item)), leads, outlook)


def _listed(
    log: Log, found: Sequence[CompiledQuestion], leads: Outcome, outlook: Outlook
) -> Iterator[CompiledQuestion]:
    """Yield those that matter by their outermost option, then those not shown to be without effect; none if settled."""
    said = stated(log)
    listed = []
    for item in islice(telling(found, said, outlook, outermost=True), MOST_OPTIONS):
        listed.append(item)
        yield item
    if not listed and proved(log, leads, outlook):
        return
    quiet = _quiet_wishes(found, said, outlook) if listed else ()
    others = [item for item in found if item not in (*listed, *quiet)]
    yield from others[: MOST_OPTIONS - len(listed)]


def telling(
    items: Sequence[CompiledQuestion], said: dict[str, Any], outlook: Outlook, *, outermost: bool = False
) -> Iterator[CompiledQuestion]:
    """Yield the questions of which an answer, alone, changes the outcome; `outermost` tries their last option alone."""
    leads = outlook.outcome(said)
    quiet = () if outermost else _quiet_wishes(items, said, outlook)
    for item in items:
        options = () if item in quiet else tuple(options_of(item, said, outlook))[::-1]
        tried = options[:1] if outermost else options
        if any(outlook.outcome(said | option.sets) != leads for option in tried):
            yield item


def _quiet_wishes(
    items: Sequence[CompiledQuestion], said: dict[str, Any], outlook: Outlook
) -> tuple[CompiledQuestion, ...]:
    """Return the questions about wishes, where it is proved at once that none of them changes the outcome."""
    wishes = tuple(item for item in items if fields_of(item) <= WISHES)
    key = repr((sorted(said.items()), [item.id for item in wishes]))
    if key not in outlook.settled:
        leads = outlook.outcome(said)
        options = tuple(({}, *(option.sets for option in options_of(item, said, outlook))) for item in wishes)
        outlook.settled[key] = leads is not None and Proof(outlook, leads).holds(said, options)
    return wishes if outlook.settled[key] else ()


def bits(item: CompiledQuestion, said: dict[str, Any], outlook: Outlook) -> float:
    """Return the entropy of the outcome over the question's options and skipping it, by their shares."""
    options = tuple(options_of(item, said, outlook))
    share = _share(item)
    whole = sum(option.share for option in options)
    masses: dict[Outcome | None, float] = {outlook.outcome(said): 1 - share}
    for option in options:
        outcome = outlook.outcome(said | option.sets)
        masses[outcome] = masses.get(outcome, 0.0) + share * option.share / whole
    return -sum(mass * log2(mass) for mass in masses.values() if mass > 0) if len(masses) > 1 else 0.0


def _share(item: CompiledQuestion) -> float:
    return item.question.stated.count / item.question.stated.of


def open_questions(log: Log, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
    """Return the questions that apply and are neither answered, skipped nor said otherwise."""
    lookup = outlook.lookup(stated(log))
    return tuple(item for item in _left(outlook.base, stated(log), asked(log)) if item.applies(lookup))


def unsaid(log: Log, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
    """Return the questions that apply and of which nothing was said, those that were skipped among them."""
    lookup = outlook.lookup(stated(log))
    return tuple(item for item in _left(outlook.base, stated(log), frozenset()) if item.applies(lookup))


def _left(base: RuleBase, said: dict[str, Any], done: frozenset[str]) -> list[CompiledQuestion]:
    """Return the questions neither closed, nor said otherwise, nor skipped with one that takes the same words."""
    open_ones = [item for item in questions(base) if said.keys().isdisjoint(_words_of(item))]
    through = {item.question.otherwise for item in open_ones if item.id in done}
    return [item for item in open_ones if item.id not in done and item.question.free not in through]


def _words_of(item: CompiledQuestion) -> frozenset[str]:
    return frozenset({item.question.free, item.question.otherwise or item.question.free})


def fields_of(item: CompiledQuestion) -> frozenset[str]:
    """Return the scenario fields that a question is about."""
    return _words_of(item).union(*(option.sets for option in item.question.options))


def options_of(item: CompiledQuestion, said: dict[str, Any], outlook: Outlook) -> Iterator[Option]:
    """Yield the options that apply, say nothing that was said otherwise, and go together with what was said."""
    offered = item.options(outlook.lookup(said))
    further = (option for option in offered if said.keys().isdisjoint(option.sets))
    return (option for option in further if outlook.goes_together(said | option.sets))


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
    left = _left(outlook.base, said, done)
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
        (
            {},
            *(
                option.sets
                for option in item.options(either)
                if said.keys().isdisjoint(option.sets) and outlook.goes_together(said | option.sets)
            ),
        )
        for item in left
        if item.applies(either)
    )


class StoppedError(Exception):
    """The person has answered."""


class Interruptible(Outlook):
    """The same outlook, what it keeps included; each look may be the last."""

    def __init__(self, outlook: Outlook, stop: Event) -> None:
        self.__dict__.update(outlook.__dict__)
        self.stop = stop

    def outcome(self, stated: dict[str, Any]) -> Outcome | None:
        """Return what the outlook returns, until stopped."""
        if self.stop.is_set():
            raise StoppedError
        return super().outcome(stated)


class Ahead:
    """Works in the background, and never at the same time as whoever uses the outlook next: `close` waits."""

    def __init__(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        self._stop = Event()
        self._thread = Thread(target=self._look, args=(log, asked, Interruptible(outlook, self._stop)), daemon=True)
        self._thread.start()

    def _look(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        """Work out the likeliest answers first; skipping is the likeliest of all."""
        names = tuple(item.id for item in asked)
        with suppress(StoppedError):
            standing((*log, Answer(questions=names)), outlook)
            for item in asked:
                said = stated(log)
                if len(asked) > 1:
                    others = tuple(name for name in names if name != item.id)
                    standing((*log, Answer(questions=others, picks=(item.id,))), outlook)
                    continue
                for option in sorted(options_of(item, said, outlook), key=lambda option: -option.share):
                    standing((*log, Answer(questions=names, sets=option.sets)), outlook)

    def close(self) -> None:
        """Stop, and wait for the look in hand."""
        self._stop.set()
        self._thread.join()
