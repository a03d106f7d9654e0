"""What was typed at a prompt: a command, an option, words for the question's field, or flags."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llama_advisor.documents import printable
from llama_advisor.errors import InputError, nearest
from llama_advisor.flags import FLAGS, nested
from llama_advisor.questionnaire.choosing import options_of
from llama_advisor.questionnaire.log import SAID, Answer, Log, stated
from llama_advisor.schema.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.compiled import CompiledQuestion
    from llama_advisor.flags import Flag
    from llama_advisor.questionnaire.outlook import Outlook
    from llama_advisor.rulebase import RuleBase

Command = Literal["back", "help", "leave", "end"]
COMMANDS: dict[str, Command] = {"b": "back", "?": "help", "q": "leave", "e": "end"}
SKIP = frozenset({"", "s"})
MACHINE = "m"
YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
_LISTS = frozenset({"use_cases", "inputs", "languages", "fine_tuning", "symptoms"})
_NUMBERS = frozenset(
    name
    for name, field in Scenario.model_fields.items()
    if "int" in str(field.annotation) or "float" in str(field.annotation)
)
_AND = re.compile(r"\s*(?:,|;|\band\b)\s*")


class Here(NamedTuple):
    """Where a line was typed."""

    question: CompiledQuestion
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
    item = here.question
    if line.casefold() in SKIP:
        return Answer(question=item.id)
    if line.startswith("--"):
        return Answer(question=SAID, said=line, sets=_flags(line))
    if line.casefold() == MACHINE and here.machine and item.question.free == "hardware":
        return Answer(question=item.id, said=line, sets={"hardware": here.machine})
    options = options_of(item, stated(here.log), outlook)
    if line.isdecimal() and 1 <= int(line) <= len(options):
        return Answer(question=item.id, said=line, sets=options[int(line) - 1].sets)
    for option in options:
        if line.casefold() in {option.id.casefold(), option.text.casefold()}:
            return Answer(question=item.id, said=line, sets=option.sets)
    return Answer(
        question=item.id, said=line, sets={item.question.free: _value(line, item.question.free, outlook.base)}
    )


def _value(line: str, field: str, base: RuleBase) -> Any:
    """Read words as a field's value; the scenario's own reading does the rest."""
    if field in _LISTS:
        words = [word for word in _AND.split(line) if word]
        return [_language(word, base) for word in words] if field == "languages" else words
    if field in {"structured_output", "offline"}:
        if line.casefold() not in YES_NO:
            raise InputError(f"{printable(line)!r} is neither yes nor no")
        return YES_NO[line.casefold()]
    if field in _NUMBERS:
        return re.sub(r"(?<=\d),(?=\d{3})", "", line.lstrip("$"))
    return line


def _language(word: str, base: RuleBase) -> str:
    codes = {name.casefold(): code for code, name in base.regions.languages.items()}
    return codes.get(word.casefold(), word)


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
