"""A bare answer as the value of a field: numbers with their units, codes of languages and countries."""

from __future__ import annotations

import re

from pydantic import ValidationError

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import problem

NUMBERS = frozenset(
    name for name, field in Scenario.model_fields.items() if re.search(r"\b(int|float)\b", str(field.annotation))
)
"""Scenario fields that are numbers."""
LEAST_CONTEXT = 256  # A shorter context is taken for thousands whose `k` was forgotten.
_SHORT = re.compile(r"\d+[km]?")


def amount(text: str, field: str) -> str:
    """Return the number as the field reads it; raise InputError for what could mean two things."""
    text = text.strip().casefold()
    match = re.fullmatch(r"(\d+)( tokens)?", text)
    if field == "context_tokens" and match and 0 < int(match[1]) < LEAST_CONTEXT:
        plain = match[1]
        raise InputError(f"{plain} tokens are too short for anything; {plain}k, or --context {plain} if it is meant so")
    try:
        value = getattr(Scenario.model_validate({field: text}), field)
    except ValidationError as error:
        raise InputError(problem(error, Scenario)[1]) from error
    return text if _SHORT.fullmatch(text) else f"{value:.15g}"


def names(field: str, base: RuleBase) -> dict[str, str]:
    """Return the codes of languages, or of countries, by their names in lower case."""
    known = base.regions.languages if field == "languages" else base.regions.countries | {"EU": "European Union"}
    also = {} if field == "languages" else {name.casefold(): code for name, code in base.regions.also.items()}
    return {re.sub(r" \(.*|^modern ", "", name.casefold()): code for code, name in known.items()} | also
