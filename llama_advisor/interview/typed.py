"""What was typed at a prompt: a command, an option, words for the question's field, or flags."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, Log, stated
from llama_advisor.interview.next_question import CompiledQuestion, open_questions, options_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Option
from llama_advisor.scenario.flags import FLAGS, PAIRS, nested
from llama_advisor.scenario.names import code_of, country_code
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

Sets = dict[str, Any]
_WORDS = table(__file__)
"""Words of answers; `none` skips, too, where it is no answer, and `unsure` a single question."""
YES_NO = dict.fromkeys(_WORDS["yes"], True) | dict.fromkeys(_WORDS["no"], False)
SEVERAL = frozenset(flag.field for flag in FLAGS if flag.kind == "many") - {"hardware", *PAIRS}
"""Fields that take several values; several machines mean one of them."""
SWITCHES = frozenset(flag.field for flag in FLAGS if flag.kind == "yes")
"""Fields that are yes or no."""
AND = re.compile(r"\s*(?:,(?!(?<=\d,)\d{3}\b)|;|&|\band\b|\bor\b)\s*")
"""What stands between several answers; a comma before thousands does not."""
PLACE = re.compile(r"#?(\d{1,3})[.)]?")
_RANGE = re.compile(r"(\d{1,2})\s*(?:-|to)\s*(\d{1,2})")
_HEAD = re.compile(r"#?(\d)[.)]?\s*(?:,|:|\band\b|\bwith\b)\s*(.+)")
_OWN = re.compile(r"^(?:(?:my|our|a|an|the|own)\s+)+")
NUMBERS = frozenset(
    name for name, field in Scenario.model_fields.items() if re.search(r"\b(int|float)\b", str(field.annotation))
)
"""Scenario fields that are numbers."""
LEAST_CONTEXT = 256
"""A shorter context is taken for thousands whose `k` was forgotten."""
_UNITS: dict[str, str] = _WORDS["units"]
"""Patterns of what tells, in a list, that a number is of this field."""

Command = Literal["back", "help", "leave", "end"]
COMMANDS: dict[str, Command] = {word: name for name, words in _WORDS["commands"].items() for word in words}
SKIP = frozenset({"", "s", "skip"})
MACHINE = "m"
MOST_TYPED = 500
_WITH_UNIT = re.compile(r"\$?[\d.,]+ \S+.*")
_SAYS_MUCH = 4
"""Shortest word that may stand for the line of a list in which it occurs."""


class Here(NamedTuple):
    """Where a line was typed."""

    asked: tuple[CompiledQuestion, ...]  # The question, or those of a list.
    log: Log
    machine: str | None  # This computer as hardware, where it was found.


def read_line(text: str, here: Here, outlook: Outlook) -> Answer | Command:
    """Return the command or the answer; raise InputError for what is not understood or does not go with the rest."""
    line = text.strip()
    if printable(line) != line or not line.isprintable():
        raise InputError("this is no plain text")
    if len(line) > MOST_TYPED:
        raise InputError(f"this is longer than {MOST_TYPED} characters")
    if line.casefold() in COMMANDS:
        return COMMANDS[line.casefold()]
    if line.casefold() in SKIP:
        answer = Answer(questions=tuple(item.id for item in here.asked))
    elif line.startswith("--"):
        answer = Answer(said=line, sets=_flags(line))
        check_hardware(answer.sets, stated(here.log), outlook)
    elif " --" in line:
        raise InputError("flags go on a line of their own")
    elif len(here.asked) > 1:
        answer = _of_list(line, here, outlook)
    else:
        try:
            answer = Answer(questions=(here.asked[0].id,), said=line, sets=_of_one(line, here, outlook))
        except InputError as error:
            answer = _of_another(line, here, outlook, error)
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


def _of_another(line: str, here: Here, outlook: Outlook, error: InputError) -> Answer:
    """Read a line as being about another question, of which nothing was said; the one that was asked stands."""
    if line[:1].isdigit() and not _WITH_UNIT.fullmatch(line):
        raise error
    try:
        read = [pair for part in parts_of(line) for pair in _read_part(part, here._replace(asked=()), outlook)]
        sets = merged(said for _, said in read)
    except InputError:
        raise error from None
    if not sets or len(sets) < len(read):
        raise error
    return Answer(said=line, sets=sets)


def _of_list(line: str, here: Here, outlook: Outlook) -> Answer:
    """Read numbers of a list, and words for what questions are about; it closes all that it does not mention."""
    names = tuple(item.id for item in here.asked)
    if line.casefold() in _WORDS["none"]:
        return Answer(questions=names)
    parts = [line] if _line_of(line, here.asked) else parts_of(line)
    read = [pair for part in parts for pair in _read_part(part, here, outlook)]
    sets = merged(said for _, said in read)
    picks = tuple(dict.fromkeys(item.id for item, said in read if not said and item.question.free not in sets))
    return Answer(questions=tuple(name for name in names if name not in picks), picks=picks, said=line, sets=sets)


def _read_part(part: str, here: Here, outlook: Outlook) -> list[tuple[CompiledQuestion, Sets]]:
    """Return the questions that a part of the line is about, with what it says of each; nothing for one to be asked."""
    if part in _WORDS["fillers"]:
        raise InputError(f"{part!r} says nothing")
    if any(word in _WORDS["negations"] for word in part.casefold().split()):
        raise InputError(f"{printable(part)!r} is not understood; what is not needed need not be said")
    try:
        return [_about(part, here, outlook)]
    except InputError:  # what is not understood whole is read word by word, and each of the words must be
        words = [word for word in part.split() if word.casefold() not in _WORDS["fillers"]]
        if words in ([], [part]) or _WITH_UNIT.fullmatch(part):
            raise
        with suppress(InputError):
            return [_about(word, here, outlook) for word in words]
        raise


def _line_of(part: str, items: tuple[CompiledQuestion, ...]) -> CompiledQuestion | None:
    """Return the question that was chosen by its id or its text."""
    return next((item for item in items if part.casefold() in {item.id, item.question.listed.casefold()}), None)


def _about(part: str, here: Here, outlook: Outlook) -> tuple[CompiledQuestion, Sets]:
    """Return the one question that words are about: of those in the list, else of all about which nothing was said."""
    others = tuple(item for item in open_questions(here.log, outlook, skipped=True) if item not in here.asked)
    if place := PLACE.fullmatch(part):
        if not 1 <= int(place[1]) <= len(here.asked):
            raise InputError(f"{part} is no number of the list")
        return _whole(here.asked[int(place[1]) - 1])
    if item := _line_of(part, here.asked) or _line_of(part, others):
        return _whole(item)
    for items in (here.asked, others):
        read = [(item, sets) for item in items if (sets := _taken(part, item, here, outlook))]
        if len(read) == 1:
            return read[0]
        if read:
            fields = {field for _, sets in read for field in sets}
            flags = ", ".join(flag.flag for flag in FLAGS if flag.field in fields)
            raise InputError(f"{printable(part)!r} could mean several of these; say which with {flags}")
    word = part.casefold()
    found = [item for item in here.asked if word in re.findall(r"[\w-]+", item.question.listed.casefold())]
    if len(part) >= _SAYS_MUCH and len(found) == 1:
        return _whole(found[0])
    hint = "; a number needs its unit, or say it with a flag" if part[:1].isdigit() else ""
    raise InputError(f"{printable(part)!r} is neither a number of the list nor about anything in it{hint}")


def _whole(item: CompiledQuestion) -> tuple[CompiledQuestion, Sets]:
    """Return a chosen question, with its answer where it has only one."""
    options = item.question.options
    return item, ({} if options[1:] else options[0].sets)


def _taken(part: str, item: CompiledQuestion, here: Here, outlook: Outlook) -> Sets:
    """Return what words say of a question; nothing where they are no answer to it, or too short a one."""
    field = item.question.free
    if field in SWITCHES or (field in NUMBERS and not could_be(part, field)):
        return {}
    said = stated(here.log)
    texts = {option.text.casefold(): option.sets for option in options_of(item, said, outlook)}
    try:
        sets = texts.get(part.casefold()) or in_words(part, item, outlook)
        outlook.check(said | sets)
        check_hardware(sets, said, outlook)
    except InputError:
        return {}
    return sets


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
    return "hardware" in {item.question.free, item.question.otherwise}


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
        return [code_of(word, base.regions.languages) for word in parts_of(line.replace("/", ","))]
    if field in SEVERAL:
        words = parts_of(line)
        return [word.replace(" ", "_") for word in words] if field == "symptoms" else words
    if field == "domicile":
        return country_code(line, base)
    if field in SWITCHES:
        if line.casefold() not in YES_NO:
            raise InputError(f"{printable(line)!r} is neither yes nor no")
        return YES_NO[line.casefold()]
    if field == "tool_calling":
        return line.replace(" ", "_")
    return amount(line, field) if field in NUMBERS else line


def could_be(text: str, field: str) -> bool:
    """Tell whether a number among words is of this field, by its unit or scale."""
    return re.fullmatch(_UNITS.get(field, "$^"), text.strip().casefold()) is not None


def amount(text: str, field: str) -> str:
    """Return the number as the field reads it; raise InputError for what could mean two things."""
    match = re.fullmatch(r"(\d+)( tokens)?", text.strip().casefold())
    if field == "context_tokens" and match and 0 < int(match[1]) < LEAST_CONTEXT:
        plain = match[1]
        raise InputError(f"{plain} tokens are too short for anything; {plain}k, or --context {plain} if it is meant so")
    try:
        value = getattr(Scenario.model_validate({field: text}), field)
    except ValidationError as error:
        raise InputError(problem(error, Scenario)[1]) from error
    return f"{value:.15g}"
