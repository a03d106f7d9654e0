"""Words to fields: an option by its label or text, else the question's field, else its other field, or both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.interview.amounts import NUMBERS, amount
from llama_advisor.scenario.flags import FLAGS
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.interview.answers_cache import Outlook
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.question import Option
    from llama_advisor.scenario.questions import CompiledQuestion

Sets = dict[str, Any]
YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
SEVERAL = frozenset(flag.field for flag in FLAGS if flag.kind == "many") - {"hardware", "priorities"}
"""Fields that take several values; several machines mean one of them."""
SWITCHES = frozenset(flag.field for flag in FLAGS if flag.kind == "yes")
"""Fields that are yes or no."""
AND = re.compile(r"\s*(?:,(?!(?<=\d,)\d{3}\b)|;|&|\band\b|\bor\b)\s*")
"""What stands between several answers; a comma before thousands does not."""
PLACE = re.compile(r"#?(\d{1,3})[.)]?")
_RANGE = re.compile(r"(\d{1,2})\s*(?:-|to)\s*(\d{1,2})")
_HEAD = re.compile(r"#?(\d)[.)]?\s*(?:,|:|\band\b|\bwith\b)\s*(.+)")
_OWN = re.compile(r"^(?:(?:my|our|a|an|the|own)\s+)+")
_SHORT = 4
"""Longest word for which the nearest name would be a guess."""


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
    parts = [_bare(part).casefold() for part in parts_of(line)]
    if item.question.free in SEVERAL and parts and all(part in named for part in parts):
        return merged(named[part].sets for part in parts)
    return None


def parts_of(line: str) -> list[str]:
    """Split several answers; numbers alone at blanks, too, and ranges; raise InputError where nothing is left."""
    spread = _RANGE.sub(lambda match: " ".join(map(str, _between(int(match[1]), int(match[2])))), line)
    words = [word for word in AND.sub(" ", spread).split() if word]
    parts = words if words and all(map(PLACE.fullmatch, words)) else [part for part in AND.split(line) if part]
    if not parts:
        raise InputError("nothing is said")
    return parts


def _between(one: int, other: int) -> range:
    return range(min(one, other), max(one, other) + 1)


def _bare(part: str) -> str:
    """Return the number of a part that is a place, without its mark."""
    match = PLACE.fullmatch(part)
    return match[1] if match else part


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
    if comma and tail and _fits({free: _OWN.sub("", head)}):
        return {free: _OWN.sub("", head), otherwise: tail}
    return {free: _OWN.sub("", line)} if _fits({free: _OWN.sub("", line)}) else {otherwise: line}


def _fits(sets: Sets) -> bool:
    """Tell whether fields have values that they can have."""
    try:
        Scenario.model_validate(sets)
    except ValidationError:
        return False
    return True


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
        return [_code(word, base.regions.languages) for word in parts_of(line.replace("/", ","))]
    if field in SEVERAL:
        words = parts_of(line)
        return [word.replace(" ", "_") for word in words] if field == "symptoms" else words
    if field == "domicile":
        return _code(line, base.regions.countries | {"EU": "European Union"}, base.regions.also)
    if field in SWITCHES:
        if line.casefold() not in YES_NO:
            raise InputError(f"{printable(line)!r} is neither yes nor no")
        return YES_NO[line.casefold()]
    if field == "tool_calling":
        return line.replace(" ", "_")
    return amount(line, field) if field in NUMBERS else line


def _code(word: str, names: dict[str, str], also: dict[str, str] | None = None) -> str:
    """Return the code of what was named; raise InputError where nothing has that name."""
    folded = re.sub(r"^(in )?(the )?", "", word.strip().casefold())
    known = {name.casefold(): code for code, name in names.items()} | {code.casefold(): code for code in names}
    known |= {name.casefold(): code for name, code in (also or {}).items()}
    if folded not in known:
        raise InputError(
            f"{printable(word)!r} is not known by this name; say its two-letter code{_near(folded, known)}"
        )
    return known[folded]


def _near(folded: str, known: dict[str, str]) -> str:
    hint = nearest(folded, known) if len(folded) > _SHORT else ""
    return hint if "nearest" in hint else ""
