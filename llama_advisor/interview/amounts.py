"""Numbers as people type them: with thousands, a scale, a unit."""

from __future__ import annotations

import re
from typing import NamedTuple

from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

NUMBERS = frozenset(
    name for name, field in Scenario.model_fields.items() if re.search(r"\b(int|float)\b", str(field.annotation))
)
"""Scenario fields that are numbers."""
LEAST_CONTEXT = 256
"""A shorter context is taken for thousands whose `k` was forgotten."""
WHOLE = frozenset(name for name in NUMBERS if not re.search(r"\bfloat\b", str(Scenario.model_fields[name].annotation)))
"""Those that are whole numbers."""
_AMOUNT = re.compile(r"(\$?)\s*(\d[\d.,]*)\s*(thousand|million|billion|[km](?![a-z]))?\s*(.*)")
_POINTS = re.compile(r"\d{1,3}(\.\d{3})+")
_COMMAS = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d+)?")
_SCALES = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "billion": 1_000_000_000}


class Spelling(NamedTuple):
    """What may stand behind a number of one field."""

    unit: str  # Pattern of its units.
    telling: str  # Pattern of what tells, in a list of questions, that a number is of this field.


_MONTH = r"(/|per|a)? ?(month|mo)?"
SPELLINGS = {
    "budget_usd_per_month": Spelling(
        rf"(usd|us dollars?|dollars?|\$)? ?{_MONTH}", r".*\$.*|.*(usd|dollars?)\b.*|(?!.*tok).*month"
    ),
    "context_tokens": Spelling(r"(tokens?)? ?(of )?(context)?", r".*(k|context)|(?!.*(month|/|per|m)).*tokens?"),
    "tokens_per_month": Spelling(rf"(tokens?)? ?{_MONTH}", r".*(m|million|billion)( ?tokens?)?|.*tokens?.*month"),
    "min_tokens_per_s": Spelling(r"((tok|tokens?|t) ?(/|per|a) ?s(ec|econd)?)?|tps", r".*(/ ?s|tps|per s|second).*"),
    "concurrent_requests": Spelling(
        r"(users?|requests?|people)?( at (a time|once))?", r".*(requests?|at (a time|once)).*"
    ),
    "users": Spelling(r"(users?|people)?( at (a time|once))?", r".*(users?|people)"),
    "memory_budget_gib": Spelling(r"(gib|gb)?", r".*g(ib|b)"),
}
_PLAIN = Spelling("", "$^")


def could_be(text: str, field: str) -> bool:
    """Tell whether a number among words is of this field, by its unit or scale."""
    return re.fullmatch(SPELLINGS.get(field, _PLAIN).telling, text.strip().casefold()) is not None


def amount(text: str, field: str) -> str:
    """Return the number as the field reads it; raise InputError for what could mean two things."""
    match = _AMOUNT.fullmatch(text.strip().casefold())
    if match is None:
        return text
    money, digits, scale, unit = (part or "" for part in match.groups())
    shown = printable(text)
    if not re.fullmatch(SPELLINGS.get(field, _PLAIN).unit, unit.strip()) or (money and field != "budget_usd_per_month"):
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
    value = float(plain) * _SCALES[scale]
    if field in WHOLE and value != round(value):
        raise InputError(f"{shown!r} is not understood; a whole number is wanted")
    return f"{value:.15g}"
