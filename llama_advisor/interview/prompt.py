"""The prompt, a pure function of the log: what leads, the question, its options; plain lines of any width."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from itertools import chain

from llama_advisor.engine.decide import Outcome
from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Log, as_flags, picked, prompts, stated
from llama_advisor.interview.next_question import CompiledQuestion, following, open_questions, options_of, telling
from llama_advisor.interview.typed import asks_for_hardware, label
from llama_advisor.knowledge.judgement import MOST_OPTIONS
from llama_advisor.scenario.read import validated
from llama_advisor.sizing.figures import machine_used
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

HELLO = "Say what it is for in your own words, with hardware and people if you know them, or choose."
NOTHING = "Too little is said yet to name a model."
LIST = "Does any of these matter to you?"
MATTERING = 0.5
"""About the part of the open questions that can change the answer; for the estimate of how many follow alone."""
OFFER_AFTER = 6  # Questions after which an interview that is not settled offers to stop.
NARROWEST = 20
_WORDS = table(__file__)


def prompt(log: Log, outlook: Outlook, machine: str | None, width: int) -> Iterator[str]:
    """Yield the text shown before an answer is typed, as it is found: what leads, then what is left to ask."""
    leads = outlook.outcome(stated(log))
    leading = f"Leads now: {named(leads, outlook)}."
    if leads is not None and leads.model is None:
        leading = "Nothing fits so far." if leads.verdict != "need_input" else NOTHING if log else HELLO
    yield wrapped([*_noted(log, outlook), leading], width)
    asked = following(log, outlook)
    item = next(asked, None)
    if item is None:
        return
    second = next(asked, None)
    place = prompts(log) + 1
    if second is None:
        yield wrapped([f"Question {place}. {item.question.text}", *_options(item, log, outlook, machine)], width)
        words = f"a number, or words such as {item.question.example}"
    else:
        yield wrapped([f"Question {place}. {LIST}"], width)
        for line, member in enumerate(chain((item, second), asked), 1):
            yield wrapped([f"  {line}  {member.question.listed}"], width)
        yield wrapped(["  s  none of these, the default"], width)
        words = f"all numbers that apply, or words such as {item.question.example}, {second.question.example}"
    everything = tuple(following(log, outlook))
    shows = "? help and all uses" if item.question.free == "use_cases" else "? help"
    last = [f"{words[0].upper()}{words[1:]}. {shows}, b back, s skip, e end, q save and leave."]
    offered = [offer(log, outlook), ""] if prompts(log) >= OFFER_AFTER else []
    more = expected_more(log, everything, outlook)
    left = f"About {more} more after this." if more > 1 else "One more after this, or none."
    yield "\n" + wrapped([*offered, left, *last], width)


def _noted(log: Log, outlook: Outlook) -> list[str]:
    """Say how the last answer was read, so that nothing is misread unseen."""
    if not log:
        return []
    last = log[-1]
    lines = [f"Noted: {shlex.join(as_flags(validated(last.sets, None, {})) or [])}"] if last.sets else []
    lines = [*last.heard] or lines
    lines += [f"Not read: {', '.join(last.unread)}."] if last.unread else []
    if "hardware" in last.sets:
        machines = outlook.advisor.search.machines(outlook.need(stated(log)))
        shown = ("; ".join((machine_used(item, 1).name, *item.assumptions)) for item in machines)
        lines.append(f"Read as: {' or '.join(shown)}.")
    if last.picks:
        lines.append(f"To be asked: {', '.join(last.picks)}.")
    return lines or ["Skipped."]


def expected_more(log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> int:
    """Estimate how many prompts follow this one, from how often people have something to say to each question."""
    left = [item for item in open_questions(log, outlook) if item not in asked]
    waiting = sum(item.id in picked(log) for item in left)
    others = [item for item in left if item.id not in picked(log) and not item.question.first]
    members = [*others, *(asked if len(asked) > 1 else ())]
    chosen = sum(item.share for item in members if item.question.options[1:])
    first = sum(item.question.first for item in left)
    return round(waiting + MATTERING * (first + chosen + len(others) / MOST_OPTIONS))


def named(outcome: Outcome | None, outlook: Outlook) -> str:
    """Return an outcome in words."""
    if outcome is None:
        return "these answers do not go together"
    if outcome.model is None:
        return str(_WORDS["verdicts"][outcome.verdict])
    return f"{outlook.base.models[outcome.model].name} ({_WORDS['verdicts'][outcome.verdict]})"


def _options(item: CompiledQuestion, log: Log, outlook: Outlook, machine: str | None) -> list[str]:
    """Return the answers to choose from, and what skipping means, with the figure that is then assumed."""
    options, need = enumerate(options_of(item, stated(log), outlook), 1), outlook.need(stated(log))
    found = [(label(place, option, item), option.text) for place, option in options]
    if machine and asks_for_hardware(item) and need.target not in {"phone", "edge"}:
        found.append(("m", f"this machine: {machine}"))
    assumed = next((part.value for part in need.assumptions if part.field == item.question.free), None)
    listed = assumed if isinstance(assumed, list) else [f"{assumed:,}" if isinstance(assumed, int) else assumed]
    figure = f" ({', '.join(map(str, listed))})" if assumed is not None and item.question.free != "use_cases" else ""
    found.append(("s", f"skip, the default: {item.question.skipped}{figure}"))
    width = max(len(name) for name, _ in found)
    return [f"  {name:<{width}}  {text}" for name, text in found]


def offer(log: Log, outlook: Outlook) -> str:
    """Offer to stop: what is likely, and what could still change it."""
    likely = named(outlook.outcome(stated(log)), outlook)
    return f"Enough? e ends here. Likely {likely}; could still change with: {_changing(log, outlook)}."


def _changing(log: Log, outlook: Outlook) -> str:
    names = [item.id for item in telling(open_questions(log, outlook), stated(log), outlook)]
    return ", ".join(names) or "several answers together"


def closing(log: Log, outlook: Outlook) -> str:
    """Say why no further question is asked: nothing open changes the answer, or the user has had enough."""
    found, leads = open_questions(log, outlook), outlook.outcome(stated(log))
    if leads is None or leads.verdict == "need_input":
        return "Nothing is known yet: a use, what it must read or a model has to be said."
    if any(following(log, outlook)):
        return f"Not settled: it could still change with {_changing(log, outlook)}."
    if leads.model is None:
        return "Nothing fits, and no answer to a question left changes that alone."
    count, spared = prompts(log), f" Not asked: {', '.join(item.id for item in found)}." if found else ""
    after = f"Settled after {count} question{'s' * (count != 1)}"
    return f"{after}: nothing left to ask changes model or verdict.{spared}"


def explained(log: Log, outlook: Outlook, width: int) -> str:
    """Return the help on the prompt: why it matters, and what each answer would do."""
    asked, said = tuple(following(log, outlook)), stated(log)
    leads = outlook.outcome(said)
    if len(asked) == 1:
        lines = [asked[0].question.why, "", "What each answer would do now:"]
        for place, option in enumerate(options_of(asked[0], said, outlook), 1):
            lines += [f"  {label(place, option, asked[0])}  {named(outlook.outcome(said | option.sets), outlook)}"]
        if asked[0].question.free == "use_cases":
            lines += ["", "All uses; type the names, or a sentence:"]
            lines += [f"  {case.id}  {case.says}" for case in outlook.base.use_cases.values()]
    else:
        lines = ["What you choose is asked next. What the answers could lead to:"]
        for place, item in enumerate(asked, 1):
            options = sorted(options_of(item, said, outlook), key=lambda option: -option.share)  # the commonest first
            outcomes = dict.fromkeys(outlook.outcome(said | option.sets) for option in options)
            others = [named(outcome, outlook) for outcome in outcomes if outcome != leads]
            lines += [f"  {place}  {item.question.why}", f"     {'; '.join(others) or 'No answer alone changes it'}."]
    lines += [
        f"  s  {named(leads, outlook)}",
        "",
        "Fields that no question asks for can be said at any prompt as flags, e.g. --output-tokens 500.",
    ]
    return wrapped(lines, width)


def wrapped(lines: list[str], width: int) -> str:
    """Return the lines wrapped, the text of an option under its start."""
    made = []
    for line in map(printable, lines):
        indent = " " * 5 if line.startswith("  ") else ""
        made.append(textwrap.fill(line, max(NARROWEST, width), subsequent_indent=indent, break_on_hyphens=False))
    return "\n".join(made) + "\n"


def in_ascii(text: str) -> str:
    """Return the text for a terminal that knows ASCII alone."""
    return "".join(_WORDS["ascii"].get(char, char) for char in text).encode("ascii", "replace").decode("ascii")
