"""A bare answer as the value of a field: numbers with their units, codes of languages and countries."""

from __future__ import annotations

import re
from typing import Any

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

_WORDS = table(__file__)
NUMBERS = frozenset(
    name for name, field in Scenario.model_fields.items() if re.search(r"\b(int|float)\b", str(field.annotation))
)
"""Scenario fields that are numbers."""
WHOLE = frozenset(name for name in NUMBERS if not re.search(r"\bfloat\b", str(Scenario.model_fields[name].annotation)))
"""Those that are whole numbers."""
LEAST_CONTEXT = 256
"""A shorter context is taken for thousands whose `k` was forgotten."""
_UNITS: dict[str, str] = _WORDS["units"]
"""Patterns of what may stand behind a number of a field."""
_AMOUNT = re.compile(r"(\$?)\s*(\d[\d.,]*)\s*(thousand|million|billion|[km](?![a-z]))?\s*(.*)")
_POINTS = re.compile(r"\d{1,3}(\.\d{3})+")
_COMMAS = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d+)?")
_SHORT = 4
"""Longest word for which the nearest name would be a guess."""


def amount(text: str, field: str) -> str:
    """Return the number as the field reads it; raise InputError for what could mean two things."""
    match = _AMOUNT.fullmatch(text.strip().casefold())
    if match is None:
        return text
    money, digits, scale, unit = (part or "" for part in match.groups())
    shown = printable(text)
    if not re.fullmatch(_UNITS.get(field, ""), unit.strip()) or (money and field != "budget_usd_per_month"):
        raise InputError(f"{shown!r} is not understood; a number is wanted")
    if _POINTS.fullmatch(digits):
        raise InputError(f"{shown!r}: thousands are written {digits.replace('.', '')} or with a comma")
    if not _COMMAS.fullmatch(digits):
        raise InputError(f"{shown!r} is not understood; decimals are written with a point")
    plain = digits.replace(",", "")
    if field == "context_tokens" and not scale and 0 < float(plain) < LEAST_CONTEXT:
        raise InputError(f"{plain} tokens are too short for anything; {plain}k, or --context {plain} if it is meant so")
    if field in WHOLE and scale in {"k", "m"}:
        return plain + scale
    value = float(plain) * _WORDS["scales"][scale]
    if field in WHOLE and value != round(value):
        raise InputError(f"{shown!r} is not understood; a whole number is wanted")
    return f"{value:.15g}"


def names(field: str, base: RuleBase) -> dict[str, str]:
    """Return the codes of languages, or of countries, by their names in lower case."""
    known = base.regions.languages if field == "languages" else base.regions.countries | {"EU": "European Union"}
    also = {} if field == "languages" else {name.casefold(): code for name, code in base.regions.also.items()}
    return {re.sub(r" \(.*|^modern ", "", name.casefold()): code for code, name in known.items()} | also


def code(word: str, field: str, base: RuleBase) -> str:
    """Return the code of what was named; raise InputError where nothing has that name."""
    folded = re.sub(r"^(in )?(the )?", "", word.strip().casefold())
    known = names(field, base)
    known |= {value.casefold(): value for value in known.values()}
    if folded in known:
        return known[folded]
    hint = nearest(folded, known) if len(folded) > _SHORT else ""
    hint = hint if "nearest" in hint else ""
    raise InputError(f"{printable(word)!r} is not known by this name; say its two-letter code{hint}")


def plain(line: str, field: str, base: RuleBase) -> Any:
    """Return words as a value of a field that takes one."""
    if field == "tool_calling":
        return line.replace(" ", "_")
    return code(line, field, base) if field == "domicile" else amount(line, field) if field in NUMBERS else line
