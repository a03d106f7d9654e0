"""Numbers with a unit as people type them: `32k tokens`, `8 GiB`, `$200 a month`, `2 min`."""

from __future__ import annotations

import re
from math import isinf
from typing import Any

from llama_advisor.text.tables import table

_AMOUNT = re.compile(r"(us\$|\$|usd )?\s*(\d[\d.,]*(?:e[+-]?\d+)?)\s*(.*)")
_POINTS = re.compile(r"\d{1,3}(\.\d{3})+")
_COMMAS = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d*)?(e[+-]?\d+)?")
_POWERS = frozenset({1, 2, 4, 8, 16, 32, 64, 128})
_TABLE = table(__file__)
"""Scales, and for each unit of a field how a number in it is written and what else is turned into it, by factor."""


def read_amount(value: Any, unit: str, *, whole: bool) -> Any:
    """Return the number that a text says in `unit`, `32k` tokens as 32768; what is no such text is left as it is.

    Raises ValueError for a number in another unit, and for one that could mean two things.
    """
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004
    match = _AMOUNT.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    if match is None:
        return value
    money, digits, tail = (part or "" for part in match.groups())
    known = _TABLE["units"][unit]
    scales = {"": 1, **(_TABLE["scales"] if known.get("scaled") else {})}
    rests = (
        (scale, " ".join((money + tail.removeprefix(scale)).split())) for scale in scales if tail.startswith(scale)
    )
    read = ((s, by) for s, rest in rests for pattern, by in known["units"].items() if re.fullmatch(pattern, rest))
    scale, by = next(read, (None, 0))
    if scale is None:
        wanted = f" of {known['of']}" if "of" in known else ""
        raise ValueError(f"must be a number{wanted}, e.g. {known['eg']}")
    if whole and not scale and _POINTS.fullmatch(digits):
        raise ValueError(f"thousands are written {digits.replace('.', '')} or with a comma")
    if not _COMMAS.fullmatch(digits):
        raise ValueError("decimals are written with a point")
    number = float(digits.replace(",", ""))
    binary = scale == "k" and unit == "TOKENS" and number in _POWERS
    number *= (1024 if binary else scales[scale]) * by
    if isinf(number):
        raise ValueError("must be a smaller number")
    if not whole:
        return number
    if number != round(number):
        raise ValueError("must be a whole number")
    return round(number)
