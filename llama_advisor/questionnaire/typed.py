"""What was typed at a prompt: a command, an option, words for the question's field, or flags."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import ValidationError

from llama_advisor.documents import printable
from llama_advisor.errors import InputError, nearest
from llama_advisor.flags import FLAGS, nested
from llama_advisor.questionnaire.choosing import open_questions, options_of
from llama_advisor.questionnaire.log import Answer, Log, stated
from llama_advisor.schema.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledQuestion
    from llama_advisor.flags import Flag
    from llama_advisor.questionnaire.outlook import Outlook
    from llama_advisor.rulebase import RuleBase

Command = Literal["back", "help", "leave", "end"]
COMMANDS: dict[str, Command] = {"b": "back", "?": "help", "q": "leave", "e": "end"}
SKIP = frozenset({"", "s"})
NONE = frozenset({"none", "none of these", "no", "n"})
"""What skips a list, too; for a single question `no` may be an answer."""
MACHINE = "m"
YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
Sets = dict[str, Any]
_LISTS = frozenset({"use_cases", "inputs", "languages", "fine_tuning", "symptoms"})
_NUMBERS = frozenset(
    name
    for name, field in Scenario.model_fields.items()
    if "int" in str(field.annotation) or "float" in str(field.annotation)
)
_AND = re.compile(r"\s*(?:,|;|\band\b)\s*")


class Here(NamedTuple):
    """Where a line was typed."""

    asked: tuple[CompiledQuestion, ...]
    """The question, or those of a list."""
    log: Log
    machine: str | None
    """This computer as hardware, where it was found."""


def read_line(text: str, here: Here, outlook: Outlook) -> Answer | Command:
    """Return the command or the answer; raise InputError for what is not understood or does not go with the rest."""
    line = text.strip()
    if line.casefold() in COMMANDS:
        return COMMANDS[line.casefold()]
    answer = _answer(line, here, outlook)
    outlook.check(stated((*here.log, answer)))
    return answer


def _answer(line: str, here: Here, outlook: Outlook) -> Answer:
    if line.casefold() in (SKIP | NONE if len(here.asked) > 1 else SKIP):
        return Answer(questions=tuple(item.id for item in here.asked))
    if line.startswith("--"):
        return Answer(said=line, sets=_flags(line))
    if len(here.asked) > 1:
        return _of_list(line, here, outlook)
    item = here.asked[0]
    if line.casefold() == MACHINE and here.machine and asks_for_hardware(item):
        return Answer(questions=(item.id,), said=line, sets={"hardware": here.machine})
    options = tuple(options_of(item, stated(here.log), outlook))
    if line.isdecimal() and 1 <= int(line) <= len(options):
        return Answer(questions=(item.id,), said=line, sets=options[int(line) - 1].sets)
    return Answer(questions=(item.id,), said=line, sets=_in_words(line, item, stated(here.log), outlook))


def asks_for_hardware(item: CompiledQuestion) -> bool:
    """Tell whether a question can be answered with hardware."""
    return "hardware" in {item.question.free, item.question.otherwise}


def _in_words(line: str, item: CompiledQuestion, said: Sets, outlook: Outlook) -> Sets:
    """Read words as an option, else as the field of the question, else as its other field, else as both."""
    for option in options_of(item, said, outlook):
        if line.casefold() in {option.id.casefold(), option.text.casefold()}:
            return option.sets
    free, otherwise = item.question.free, item.question.otherwise
    if otherwise is None:
        return {free: _value(line, free, outlook.base)}
    head, comma, tail = (part.strip() for part in line.partition(","))
    if comma and _fits({free: head}):
        return {free: head, otherwise: tail}
    return {free: line} if _fits({free: line}) else {otherwise: line}


def _fits(sets: Sets) -> bool:
    """Tell whether fields have values that they can have."""
    try:
        Scenario.model_validate(sets)
    except ValidationError:
        return False
    return True


def _of_list(line: str, here: Here, outlook: Outlook) -> Answer:
    """Read numbers of a list, and words for what its questions are about; it closes all that it does not mention."""
    picks: list[str] = []
    sets: Sets = {}
    for part in [line] if _line_of(line, here) else _parts(line):
        item = _line_of(part, here)
        if item is not None and item.question.options[1:]:
            picks.append(item.id)
            continue
        for field, value in (item.question.options[0].sets if item else _about(part, here, outlook)).items():
            sets[field] = [*sets[field], *value] if field in _LISTS and field in sets else value
    closed = tuple(item.id for item in here.asked if item.id not in picks)
    return Answer(questions=closed, picks=tuple(dict.fromkeys(picks)), said=line, sets=sets)


def _parts(line: str) -> list[str]:
    """Split at commas and `and`; numbers alone at blanks, too."""
    words = line.replace(",", " ").split()
    return words if all(map(str.isdecimal, words)) else [part for part in _AND.split(line) if part]


def _line_of(part: str, here: Here) -> CompiledQuestion | None:
    """Return the question of a list that was chosen by its number, its id or its text."""
    for place, item in enumerate(here.asked, 1):
        if part.casefold() in {str(place), item.id.casefold(), item.question.listed.casefold()}:
            return item
    return None


def _about(part: str, here: Here, outlook: Outlook) -> Sets:
    """Return what words say of one question, of those in the list or else of the other open ones."""
    others = tuple(item for item in open_questions(here.log, outlook) if item not in here.asked)
    for items in (here.asked, others):
        found = {item.question.free: sets for item in items if (sets := _taken(part, item, here, outlook))}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            flags = ", ".join(flag.flag for flag in FLAGS if flag.field in found)
            raise InputError(f"{printable(part)!r} could mean several of these; say which with {flags}")
    raise InputError(f"{printable(part)!r} is neither a number of the list nor about anything in it")


def _taken(part: str, item: CompiledQuestion, here: Here, outlook: Outlook) -> Sets:
    """Return what words say of a question; nothing where they are no answer to it."""
    try:
        sets = _in_words(part, item, stated(here.log), outlook)
        outlook.check(stated(here.log) | sets)
    except InputError:
        return {}
    return sets


def _value(line: str, field: str, base: RuleBase) -> Any:
    """Read words as a field's value; the scenario's own reading does the rest."""
    if field in _LISTS:
        words = _parts(line)
        return [_code(word, base.regions.languages) for word in words] if field == "languages" else words
    if field == "domicile":
        return _code(line, base.regions.countries | {"EU": "European Union"})
    if field in {"structured_output", "offline"}:
        if line.casefold() not in YES_NO:
            raise InputError(f"{printable(line)!r} is neither yes nor no")
        return YES_NO[line.casefold()]
    if field in _NUMBERS:
        return re.sub(r"(?<=\d),(?=\d{3})", "", line.lstrip("$") if field == "budget_usd_per_month" else line)
    return line


def _code(word: str, names: dict[str, str]) -> str:
    """Return the code of what was named; the word itself where no code has that name."""
    folded = word.casefold().removeprefix("the ")
    return next((code for code, name in names.items() if name.casefold() == folded), word)


def _flags(line: str) -> dict[str, Any]:
    """Read flags as `recommend` takes them."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"{printable(line)!r}: {error}") from error
    known = {flag.flag: flag for flag in FLAGS}
    said: dict[str, Any] = {}
    while words:
        name, _, joined = words.pop(0).partition("=")
        plain = name.replace("--no-", "--", 1)
        flag = known.get(name) or known.get(plain)
        if flag is None:
            raise InputError(f"unknown flag {printable(name)!r}{nearest(name, known)}")
        _say(flag, name, joined, words, said)
    return nested(said)


def _say(flag: Flag, name: str, joined: str, words: list[str], said: dict[str, Any]) -> None:
    if flag.kind == "yes":
        said[flag.field] = name == flag.flag
        return
    if not joined and not words:
        raise InputError(f"{flag.flag} needs a value")
    value = joined or words.pop(0)
    if flag.kind == "many":
        said[flag.field] = [*said.get(flag.field, ()), value]
    else:
        said[flag.field] = value
