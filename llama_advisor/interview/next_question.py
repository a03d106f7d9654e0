"""Questions, and which comes next: the one that tells most, or a list of those that may matter; none once settled.

Most people have something to say about a few questions only. Asked one by one, the others would be skipped one by one;
in a list, one answer closes all that it says nothing about. While a person reads a question, what follows from each
answer is worked out and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from math import log2
from threading import Thread
from typing import Any, NamedTuple

from pydantic import ValidationError

from llama_advisor.engine.decide import Outcome
from llama_advisor.interview.answers_cache import Outlook, StoppedError
from llama_advisor.interview.log import Answer, Log, asked, picked, stated
from llama_advisor.interview.proof import Proof
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Condition, ConditionError, Fact, Lookup, compile_condition
from llama_advisor.knowledge.judgement import MOST_OPTIONS, Option, Question
from llama_advisor.knowledge.layers import Origin
from llama_advisor.scenario.need import NEEDED
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import nearest
from llama_advisor.text.wording import problem

Facts = Mapping[str, Fact]
Sets = dict[str, Any]
RESERVED = frozenset({"b", "back", "?", "help", "q", "quit", "e", "end", "s", "skip", "m", ""})
"""What is no id of an option, as it means something else when typed."""
WISHES = frozenset({"model", "symptoms", "quantization"})  # Fields that earn no points.


class CompiledQuestion(NamedTuple):
    """A question with its conditions checked."""

    question: Question
    condition: Condition | None
    conditions: tuple[Condition | None, ...]  # Of its options, in their order.

    @property
    def id(self) -> str:
        """The question's id."""
        return self.question.id

    @property
    def share(self) -> float:
        """How many people state it."""
        return self.question.stated.count / self.question.stated.of

    def applies(self, lookup: Lookup) -> bool:
        """Whether it is to be asked."""
        return _may_hold(self.condition, lookup)

    def options(self, lookup: Lookup) -> tuple[Option, ...]:
        """The options offered for a scenario."""
        pairs = zip(self.question.options, self.conditions, strict=True)
        return tuple(option for option, condition in pairs if _may_hold(condition, lookup))


def _may_hold(condition: Condition | None, lookup: Lookup) -> bool:
    return condition is None or condition.prove(lookup).outcome is not False


def questions(base: RuleBase) -> tuple[CompiledQuestion, ...]:
    """What the questionnaire may ask, in the order of their places; RuleBaseError at what is wrong in a question."""
    return base.kept(_compiled)


def _compiled(base: RuleBase) -> tuple[CompiledQuestion, ...]:
    found = []
    for question in base.entries("questions", Question).values():
        origin = base.origin("questions", question.id)
        _check_fields(question, origin)
        parts: list[tuple[tuple[Any, ...], Any]] = [((), question)]
        parts += [(("options", index), option) for index, option in enumerate(question.options)]
        own, *inner = (_scenario_condition(part.when, origin, (*place, "when"), base.facts) for place, part in parts)
        found.append(CompiledQuestion(question, own, tuple(inner)))
    return tuple(sorted(found, key=lambda item: (item.question.place, item.id)))


def _scenario_condition(raw: Any, origin: Origin, place: tuple[Any, ...], facts: Facts) -> Condition | None:
    if raw is None:
        return None
    try:
        condition = compile_condition(raw, facts, place)
    except ConditionError as error:
        raise origin.error(error.loc, error.what) from error
    if condition.level > 0:
        raise origin.error(place, "a question is asked before any model is looked at: test facts of the scenario alone")
    return condition


def _check_fields(question: Question, origin: Origin) -> None:
    known = Scenario.model_fields
    for key, name in (("free", question.free), ("otherwise", question.otherwise)):
        if name is not None and name not in known:
            raise origin.error((key,), f"unknown field {name!r}{nearest(name, known)}")
    if question.stated.count > question.stated.of:
        raise origin.error(("stated", "count"), "more state it than were looked at")
    ids = [option.id for option in question.options]
    for index, option in enumerate(question.options):
        if option.id in ids[:index]:
            raise origin.error(("options", index, "id"), f"duplicate id {option.id!r}")
        if option.id in RESERVED:
            raise origin.error(("options", index, "id"), f"{option.id!r} is a command of the interview")
        try:
            Scenario.model_validate(option.sets)
        except ValidationError as error:
            loc, what = problem(error, Scenario)
            raise origin.error(("options", index, "sets", *loc), what) from error


def following(log: Log, outlook: Outlook) -> Iterator[CompiledQuestion]:
    """Yield what to ask next, each as soon as it is found: a question, or those of a list; none once it is settled."""
    if log and log[-1].offers:
        about = next(item for item in questions(outlook.base) if item.question.free == "use_cases")
        cases = [outlook.base.use_cases[name] for name in log[-1].offers]
        options = tuple(
            Option(id=case.id, text=f"{case.name}: {case.says}", sets={"use_cases": [case.id]}) for case in cases
        )
        asking = about.question._replace(text="Which of these is nearest to what it is for?", options=options)
        yield about._replace(question=asking, conditions=(None,) * len(options))
        return
    said, found = stated(log), open_questions(log, outlook)
    leads = outlook.outcome(said)
    if leads is None or not found:
        return
    first = [item for item in found if item.question.first]
    if leads.verdict == "need_input" and said.keys().isdisjoint(NEEDED):
        yield from [item for item in found if item.question.free in NEEDED][:1]
    elif (item := next(telling(first, said, outlook), None)) is not None:
        yield item
    elif chosen := [item for item in found if item.id in picked(log)]:
        yield max(chosen, key=lambda item: bits(item, said, outlook))
    else:
        # a list: those that matter by their outermost option, then those not shown to be without effect; where nothing
        # fits, which more demands do not change, those alone of which an answer does
        found, listed = tuple(sorted(found, key=lambda item: -item.share)), []
        fits = leads.model is not None
        for item in islice(telling(found, said, outlook, outermost=fits), MOST_OPTIONS):
            listed.append(item)
            yield item
        if not fits or (not listed and proved(log, leads, outlook)):
            return
        quiet = _quiet_wishes(found, said, outlook) if listed else ()
        yield from islice((item for item in found if item not in (*listed, *quiet)), MOST_OPTIONS - len(listed))


def telling(
    items: Sequence[CompiledQuestion], said: Sets, outlook: Outlook, *, outermost: bool = False
) -> Iterator[CompiledQuestion]:
    """Yield the questions of which an answer, alone, changes the outcome; `outermost` tries their last option alone."""
    leads = outlook.outcome(said)
    quiet = () if outermost else _quiet_wishes(items, said, outlook)
    for item in items:
        options = () if item in quiet else tuple(options_of(item, said, outlook))[::-1]
        tried = options[:1] if outermost else options
        if any(outlook.outcome(said | option.sets) != leads for option in tried):
            yield item


def _quiet_wishes(items: Sequence[CompiledQuestion], said: Sets, outlook: Outlook) -> tuple[CompiledQuestion, ...]:
    """Return the questions about wishes, where it is proved at once that none of them changes the outcome."""
    wishes = tuple(item for item in items if fields_of(item) <= WISHES)
    key = repr((sorted(said.items()), [item.id for item in wishes]))
    if key not in outlook.settled:
        leads = outlook.outcome(said)
        options = tuple(({}, *(option.sets for option in options_of(item, said, outlook))) for item in wishes)
        outlook.settled[key] = leads is not None and Proof(outlook, leads).holds(said, options)
    return wishes if outlook.settled[key] else ()


def bits(item: CompiledQuestion, said: Sets, outlook: Outlook) -> float:
    """Return the entropy of the outcome over the question's options and skipping it, by their shares."""
    options, share = tuple(options_of(item, said, outlook)), item.share
    whole = sum(option.share for option in options)
    masses: dict[Outcome | None, float] = {outlook.outcome(said): 1 - share}
    for option in options:
        outcome = outlook.outcome(said | option.sets)
        masses[outcome] = masses.get(outcome, 0.0) + share * option.share / whole
    return -sum(mass * log2(mass) for mass in masses.values() if mass > 0) if len(masses) > 1 else 0.0


def open_questions(log: Log, outlook: Outlook, *, skipped: bool = False) -> tuple[CompiledQuestion, ...]:
    """Return the questions that apply and of which nothing was said; those that were `skipped` among them, or not."""
    said = stated(log)
    lookup = outlook.lookup(said)
    left = _left(outlook.base, said, frozenset() if skipped else asked(log))
    return tuple(item for item in left if item.applies(lookup))


def _left(base: RuleBase, said: Sets, done: frozenset[str]) -> list[CompiledQuestion]:
    """Return the questions neither closed, nor said otherwise, nor skipped with one that takes the same words."""
    open_ones = [item for item in questions(base) if said.keys().isdisjoint(words_of(item))]
    through = {item.question.otherwise for item in open_ones if item.id in done}
    return [item for item in open_ones if item.id not in done and item.question.free not in through]


def words_of(item: CompiledQuestion) -> frozenset[str]:
    """Return the fields as whose values an answer in words is read."""
    return frozenset({item.question.free, item.question.otherwise or item.question.free})


def fields_of(item: CompiledQuestion) -> frozenset[str]:
    """Return the scenario fields that a question is about."""
    return words_of(item).union(*(option.sets for option in item.question.options))


def options_of(item: CompiledQuestion, said: Sets, outlook: Outlook) -> Iterator[Option]:
    """Yield the options that apply, say nothing that was said otherwise, and go together with what was said."""
    return _further(item.options(outlook.lookup(said)), said, outlook)


def _further(options: Iterable[Option], said: Sets, outlook: Outlook) -> Iterator[Option]:
    fresh = (option for option in options if said.keys().isdisjoint(option.sets))
    return (option for option in fresh if outlook.goes_together(said | option.sets))


def proved(log: Log, leads: Outcome, outlook: Outlook) -> bool:
    """Tell whether every combination of what is open comes to what leads."""
    said = stated(log)
    key = repr((sorted(said.items()), sorted(asked(log))))
    if key not in outlook.settled:
        outlook.settled[key] = Proof(outlook, leads).holds(said, choices(log, outlook))
    return outlook.settled[key]


def choices(log: Log, outlook: Outlook) -> tuple[tuple[Sets, ...], ...]:
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
        ({}, *(option.sets for option in _further(item.options(either), said, outlook)))
        for item in left
        if item.applies(either)
    )


class Ahead:
    """Works in the background, and never at the same time as whoever uses the outlook next: `close` waits."""

    def __init__(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        self._stop = outlook.stop
        self._thread = Thread(target=self._look, args=(log, asked, outlook), daemon=True)
        self._thread.start()

    def _look(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        """Work out the likeliest answers first; skipping is the likeliest of all."""
        names = tuple(item.id for item in asked)
        answers = [Answer(questions=names)]
        if len(asked) > 1:
            answers += [Answer(questions=tuple(n for n in names if n != name), picks=(name,)) for name in names]
        else:
            options = sorted(options_of(asked[0], stated(log), outlook), key=lambda option: -option.share)
            answers += [Answer(questions=names, sets=option.sets) for option in options]
        with suppress(StoppedError):
            for answer in answers:
                tuple(following((*log, answer), outlook))

    def close(self) -> None:
        """Stop, and wait for the look in hand."""
        self._stop.set()
        self._thread.join()
        self._stop.clear()
