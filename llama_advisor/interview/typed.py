"""What was typed at a prompt: a command, an option, flags, a bare value of the question's field, or a sentence."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, Log, as_flags, stated
from llama_advisor.interview.next_question import CompiledQuestion, fields_of, open_questions, options_of, words_of
from llama_advisor.interview.sentence import NUMBERS, amount, read_sentence
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Option
from llama_advisor.scenario.flags import FLAGS, PAIRS, nested
from llama_advisor.scenario.names import country_code, language_code
from llama_advisor.scenario.read import validated
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

Sets = dict[str, Any]
_WORDS = table(__file__)
"""Words of answers; `none` skips, too, where it is no answer, and `unsure` a single question."""
YES_NO = dict.fromkeys(_WORDS["yes"], True) | dict.fromkeys(_WORDS["no"], False)
SEVERAL = frozenset(flag.field for flag in FLAGS if flag.kind == "many") - {"hardware", *PAIRS}
"""Fields that take several values; several machines mean one of them."""
SWITCHES = frozenset(flag.field for flag in FLAGS if flag.kind == "yes")  # Fields that are yes or no.
AND = re.compile(r"\s*(?:,(?!(?<=\d,)\d{3}\b)|;|&|\band\b|\bor\b)\s*")
"""What stands between several answers; a comma before thousands does not."""
PLACE = re.compile(r"#?(\d{1,3})[.)]?")
_RANGE = re.compile(r"(\d{1,2})\s*(?:-|to)\s*(\d{1,2})")
_HEAD = re.compile(r"#?(\d)[.)]?\s*(?:,|:|\band\b|\bwith\b)\s*(.+)")
_OWN = re.compile(r"^(?:(?:my|our|a|an|the|own)\s+)+")
Command = Literal["back", "help", "leave", "end"]
COMMANDS: dict[str, Command] = {word: name for name, words in _WORDS["commands"].items() for word in words}
SKIP = frozenset({"", "s", "skip"})
MACHINE = "m"
MOST_TYPED = 500
_SAYS_MUCH = 4  # Shortest word that may stand for the line of a list in which it occurs.


class Here(NamedTuple):
    """Where a line was typed."""

    asked: tuple[CompiledQuestion, ...]  # The question, or those of a list; none before the first.
    log: Log
    machine: str | None  # This computer as hardware, where it was found.


def read_line(text: str, here: Here, outlook: Outlook) -> Answer | Command:
    """Return the command or the answer; raise InputError for what is not understood or does not go with the rest."""
    line = text.strip()
    if printable(line) != line or not line.isprintable():
        raise InputError("this is no plain text")
    if len(line) > MOST_TYPED:
        raise InputError(f"this is longer than {MOST_TYPED} characters")
    if (command := COMMANDS.get(line.casefold())) is not None:
        return command
    if line.casefold() in SKIP:
        answer = Answer(questions=tuple(item.id for item in here.asked))
    elif line.startswith("--"):
        answer = Answer(said=line, sets=_flags(line))
    elif " --" in line:
        raise InputError("flags go on a line of their own")
    elif len(here.asked) == 1:
        try:
            answer = Answer(questions=(here.asked[0].id,), said=line, sets=_of_one(line, here, outlook))
        except InputError as error:
            answer = _in_sentence(line, here, outlook)
            if not (answer.heard or answer.offers):
                raise error from None
    else:
        answer = _of_list(line, here, outlook)
    check_hardware(answer.sets, stated(here.log), outlook)
    outlook.check(stated((*here.log, answer)))
    return answer


def _of_one(line: str, here: Here, outlook: Outlook) -> Sets:
    """Return what a line says of the one question that was asked; raise InputError where it is no answer to it."""
    item, said, folded = here.asked[0], stated(here.log), line.casefold()
    options = tuple(options_of(item, said, outlook))
    if folded == MACHINE and here.machine and asks_for_hardware(item):
        sets: Sets = {"hardware": here.machine}
    elif (chosen := chosen_option(line, item, options)) is not None:
        sets = chosen
    elif folded in _WORDS["none"] and item.question.free not in SWITCHES:
        sets = next((option.sets for option in options if option.id == "no"), {})
    elif folded in _WORDS["unsure"]:
        sets = {}
    elif folded in YES_NO and item.question.free not in SWITCHES:
        raise InputError("say which: a number, or words")
    else:
        sets = in_words(line, item, outlook)
    check_hardware(sets, said, outlook)
    outlook.check(said | sets)
    return sets


def _of_list(line: str, here: Here, outlook: Outlook) -> Answer:
    """Read numbers and lines of a list, and a sentence of the rest; it closes all that it does not mention."""
    names = tuple(item.id for item in here.asked)
    if line.casefold() in _WORDS["none"]:
        return Answer(questions=names)
    picked: list[CompiledQuestion] = []
    rest: list[str] = []
    for part in [line] if _line_of(line, here, outlook) else parts_of(line):
        place = PLACE.fullmatch(part)
        if place and here.asked and not 1 <= int(place[1]) <= len(here.asked):
            raise InputError(f"{part} is no number of the list")
        item = here.asked[int(place[1]) - 1] if place and here.asked else _line_of(part, here, outlook)
        picked, rest = ([*picked, item], rest) if item else (picked, [*rest, part])
    answer = _in_sentence(", ".join(rest) if picked else line, here, outlook) if rest else Answer()
    for word in answer.unread:  # a word of one line alone stands for it
        found = [item for item in here.asked if word.casefold() in _listed(item)] if len(word) >= _SAYS_MUCH else []
        picked += found if len(found) == 1 else []
    sets = merged((answer.sets, *(item.question.options[0].sets for item in picked if not item.question.options[1:])))
    picks = tuple(dict.fromkeys(item.id for item in picked if sets.keys().isdisjoint(fields_of(item))))
    if not (sets or picks or answer.heard or answer.offers):
        raise InputError(
            f"nothing in {printable(line)!r} is understood; a number needs its unit, what is not needed goes unsaid"
        )
    closed = tuple(name for name in names if name not in picks)
    return answer.model_copy(update={"questions": closed, "picks": picks, "said": line, "sets": sets})


def _listed(item: CompiledQuestion) -> list[str]:
    return re.findall(r"[\w-]+", item.question.listed.casefold())


def _line_of(part: str, here: Here, outlook: Outlook) -> CompiledQuestion | None:
    """Return the question that was chosen by its id or its text, in the list or beyond it."""
    items = (*here.asked, *open_questions(here.log, outlook, skipped=True))
    return next((item for item in items if part.casefold() in {item.id, item.question.listed.casefold()}), None)


def _in_sentence(line: str, here: Here, outlook: Outlook) -> Answer:
    """Return what a sentence says."""
    said, asked = stated(here.log), here.asked[0].question.free if len(here.asked) == 1 else ""
    found = read_sentence(line, outlook.base, asked, for_use="use_cases" not in said and asked in {"", "use_cases"})
    use: Sets = {"use_cases": list(found.uses.taken)} if found.uses.taken else {}
    sets = merged(part.sets for part in found.parts) | use
    heard = tuple(f"Read {part.words}: {_spelled(part.sets)}{part.why}" for part in found.parts)
    heard = (f"Read {found.use}: {_spelled(use)}", *heard) if use else heard
    no_place = "target" in sets or not all(part.sets for part in found.parts)  # there is no hardware yet
    closed = (
        item.id
        for item in here.asked
        if (no_place and asks_for_hardware(item)) or not sets.keys().isdisjoint(words_of(item))
    )
    told = {"heard": heard, "unread": found.unread, "offers": found.uses.near}
    return Answer(questions=tuple(closed), said=line, sets=sets, **told)


def _spelled(sets: Sets) -> str:
    """Return what is stated in the words of flags."""
    return shlex.join(as_flags(validated(sets, None, {})) or []) or "not stated"


def _flags(line: str) -> Sets:
    """Read flags as `recommend` takes them."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"{printable(line)!r}: {error}") from error
    known = {flag.flag: flag for flag in FLAGS}
    known |= {flag.flag.replace("--", "--no-", 1): flag for flag in FLAGS if flag.kind == "yes"}
    said: Sets = {}
    while words:
        name, joined, value = words.pop(0).partition("=")
        flag = known.get(name)
        if flag is None:
            raise InputError(f"unknown flag {printable(name)!r}{nearest(name, known)}")
        if flag.kind == "yes":
            if joined:
                raise InputError(f"{name} takes no value; {flag.flag} or --no-{flag.flag[2:]}")
            said[flag.field] = name == flag.flag
            continue
        if not joined and not words:
            raise InputError(f"{flag.flag} needs a value")
        value = value if joined else words.pop(0)
        if flag.kind == "many":
            said[flag.field] = [*said.get(flag.field, ()), value]
        elif said.setdefault(flag.field, value) != value:
            raise InputError(f"{flag.flag}: {printable(said[flag.field])} or {printable(value)}? say one")
    return nested(said)


def label(place: int, option: Option, item: CompiledQuestion) -> str:
    """Return what chooses an option: its place, or its value where numbers are values."""
    return option.id if item.question.free in NUMBERS else str(place)


def asks_for_hardware(item: CompiledQuestion) -> bool:
    """Tell whether a question can be answered with hardware."""
    return "hardware" in words_of(item)


def chosen_option(line: str, item: CompiledQuestion, options: tuple[Option, ...]) -> Sets | None:
    """Return what an option states, chosen by its label, id or text; several where the field takes several."""
    named = {label(place, option, item).casefold(): option for place, option in enumerate(options, 1)}
    named |= {text.casefold(): option for option in options for text in (option.id, option.text)}
    if (option := named.get(line.casefold())) is not None:
        return option.sets
    head = _HEAD.fullmatch(line)
    if head and item.question.otherwise and head[1] in named:
        return {**named[head[1]].sets, item.question.otherwise: head[2]}
    # The number of a part that is a place counts without its mark.
    parts = [(match[1] if (match := PLACE.fullmatch(part)) else part).casefold() for part in parts_of(line)]
    if item.question.free in SEVERAL and parts and all(part in named for part in parts):
        return merged(named[part].sets for part in parts)
    return None


def parts_of(line: str) -> list[str]:
    """Split several answers; numbers alone at blanks, too, and ranges; raise InputError where nothing is left."""

    def between(match: re.Match[str]) -> str:
        first, last = sorted((int(match[1]), int(match[2])))
        return " ".join(map(str, range(first, last + 1)))

    words = AND.sub(" ", _RANGE.sub(between, line)).split()
    parts = words if words and all(map(PLACE.fullmatch, words)) else [part for part in AND.split(line) if part]
    if not parts:
        raise InputError("nothing is said")
    return parts


def merged(found: Iterable[Sets]) -> Sets:
    """Return several answers in one; lists are put together, and two values of another field are refused."""
    sets: Sets = {}
    for said in found:
        for field, value in said.items():
            if field in SEVERAL:
                sets[field] = list(dict.fromkeys([*sets.get(field, ()), *value]))
            elif sets.setdefault(field, value) != value:
                raise InputError(f"{printable(sets[field])} or {printable(value)}? say one")
    return sets


def in_words(line: str, item: CompiledQuestion, outlook: Outlook) -> Sets:
    """Read words as the field of the question, else as its other field, else as both."""
    free, otherwise = item.question.free, item.question.otherwise
    if otherwise is None:
        return {free: _value(line, free, outlook.base)}
    head, comma, tail = (part.strip() for part in line.partition(","))
    tries: list[tuple[str, Sets]] = [(head, {otherwise: tail})] if comma and tail else []
    for words, rest in (*tries, (line, {})):
        with suppress(ValidationError):
            sets = {free: _OWN.sub("", words)}
            Scenario.model_validate(sets)
            return sets | rest
    return {otherwise: line}


def check_hardware(sets: Sets, said: Sets, outlook: Outlook) -> None:
    """Refuse hardware of which neither a device nor memory was read: it would say nothing."""
    if not isinstance(sets.get("hardware"), str) or not outlook.goes_together(said | sets):
        return
    machine = outlook.advisor.search.machines(outlook.need(said | sets))[0]
    if machine.device.id.startswith("generic") and (machine.device.memory_gib is None or machine.memory_assumed):
        raise InputError(f"{printable(sets['hardware'])!r} names neither a device nor its memory, e.g. 16GB RAM")


def _value(line: str, field: str, base: RuleBase) -> Any:
    """Read words as a field's value; the scenario's own reading does the rest."""
    if field == "languages":
        return [language_code(word, base) for word in parts_of(line.replace("/", ","))]
    if field in SEVERAL:
        words = parts_of(line)
        return [word.replace(" ", "_") for word in words] if field == "symptoms" else words
    if field in SWITCHES:
        if line.casefold() not in YES_NO:
            raise InputError(f"{printable(line)!r} is neither yes nor no")
        return YES_NO[line.casefold()]
    if field == "tool_calling":
        return line.replace(" ", "_")
    return country_code(line, base) if field == "domicile" else amount(line, field) if field in NUMBERS else line
