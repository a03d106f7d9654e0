"""The prompt, a pure function of the log: what leads, the question, its options; plain lines of any width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from llama_advisor.questionnaire.choosing import options_of, standing
from llama_advisor.questionnaire.log import SAID, Log, stated

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledQuestion
    from llama_advisor.engine import Outcome
    from llama_advisor.questionnaire.choosing import Standing
    from llama_advisor.questionnaire.outlook import Outlook

OFFER_AFTER = 6
"""Questions after which an interview that is not settled offers to stop."""
NARROWEST = 20
VERDICTS = {
    "recommended": "recommended",
    "recommended_with_caveats": "recommended, with caveats",
    "change_requirement": "only if a requirement changes",
    "no_fit": "nothing fits",
    "need_input": "more is needed",
}
_ASCII = {"×": "x", "–": "-", "—": "-", "…": "...", "→": "->", "·": "-", "≥": ">=", "≤": "<=", "•": "*"}


def prompt(log: Log, outlook: Outlook, machine: str | None, width: int) -> str:
    """Return the text shown before an answer is typed; empty once nothing is left to ask."""
    stands = standing(log, outlook)
    if stands.next is None:
        return ""
    lines = [_counted(log, stands), _leading(stands.leads, outlook), "", stands.next.question.text]
    lines += _options(stands.next, log, outlook, machine)
    if questions_seen(log) >= OFFER_AFTER:
        lines += ["", offer(stands, outlook)]
    said = stands.next.question.example
    lines += ["", f"A number, or words such as {said}. ? help, b back, s skip, q save and leave."]
    return wrapped(lines, width)


def questions_seen(log: Log) -> int:
    """Return how many questions were answered or skipped."""
    return sum(answer.question != SAID for answer in log)


def _counted(log: Log, stands: Standing) -> str:
    place = questions_seen(log) + 1
    more = len(stands.changing) - 1
    if stands.leads is None or stands.leads.verdict == "need_input" or more < 0:
        return f"Question {place}."
    return (
        f"Question {place}, the last as it looks." if not more else f"Question {place}, about {more} more as it looks."
    )


def named(outcome: Outcome | None, outlook: Outlook) -> str:
    """Return an outcome in words."""
    if outcome is None:
        return "these answers do not go together"
    if outcome.model is None:
        return VERDICTS[outcome.verdict]
    return f"{outlook.base.models[outcome.model].name} ({VERDICTS[outcome.verdict]})"


def _leading(leads: Outcome | None, outlook: Outlook) -> str:
    if leads is not None and leads.verdict == "need_input":
        return "Nothing leads yet."
    return f"Leads now: {named(leads, outlook)}."


def _options(item: CompiledQuestion, log: Log, outlook: Outlook, machine: str | None) -> list[str]:
    found = options_of(item, stated(log), outlook)
    lines = [f"  {place}  {option.text}" for place, option in enumerate(found, 1)]
    if machine and item.question.free == "hardware":
        lines.append(f"  m  this machine: {machine}")
    return [*lines, f"  s  skip, the default: {_assumed(item, log, outlook)}"]


def _assumed(item: CompiledQuestion, log: Log, outlook: Outlook) -> str:
    """Say what skipping means, with the figure that is then assumed."""
    fields = outlook.need(stated(log)).assumptions
    found = next((part.value for part in fields if part.field == item.question.free), None)
    if found is None or item.question.free == "use_cases":
        return item.question.skipped
    shown = ", ".join(map(str, found)) if isinstance(found, list) else f"{found:,}" if isinstance(found, int) else found
    return f"{item.question.skipped} ({shown})"


def offer(stands: Standing, outlook: Outlook) -> str:
    """Offer to stop: what is likely, and what could still change it."""
    names = ", ".join(item.id for item in stands.changing)
    could = f"could still change with: {names}" if names else "no single answer changes it, but several together might"
    return f"Enough? e ends here. Likely {named(stands.leads, outlook)}; {could}."


def explained(log: Log, outlook: Outlook, width: int) -> str:
    """Return the help on the question: why it matters, and what each answer would do."""
    item = standing(log, outlook).next
    assert item is not None
    said = stated(log)
    lines = [item.question.why, "", "What each answer would do now:"]
    for place, option in enumerate(options_of(item, said, outlook), 1):
        lines.append(f"  {place}  {named(outlook.outcome(said | option.sets), outlook)}")
    lines.append(f"  s  {named(outlook.outcome(said), outlook)}")
    lines += ["", "Fields that no question asks for can be said at any prompt as flags, e.g. --output-tokens 500."]
    return wrapped(lines, width)


def wrapped(lines: list[str], width: int) -> str:
    """Return the lines wrapped, the text of an option under its start."""
    made = []
    for line in lines:
        indent = " " * 5 if line.startswith("  ") else ""
        made.append(textwrap.fill(line, max(NARROWEST, width), subsequent_indent=indent, break_on_hyphens=False))
    return "\n".join(made) + "\n"


def in_ascii(text: str) -> str:
    """Return the text for a terminal that knows ASCII alone."""
    return "".join(_ASCII.get(char, char) for char in text).encode("ascii", "replace").decode("ascii")
