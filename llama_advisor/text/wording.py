"""Pydantic's findings reworded: where, what, and the nearest valid thing, in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import BaseModel

from llama_advisor.text.errors import nearest
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from pydantic import ValidationError

_QUOTED = re.compile(r"'([^']*)'")
LONGEST = 60
_TYPES = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text (put it in quotes)",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "missing": "is missing",
    "too_short": "needs at least one entry",
}


class Problem(NamedTuple):
    """One thing wrong: where, in words, and pydantic's name for its kind."""

    loc: tuple[Any, ...]
    what: str
    kind: str


def problem(error: ValidationError, schema: type[BaseModel]) -> tuple[tuple[Any, ...], str]:
    """Return the place and the wording of the first thing wrong."""
    return _reworded(max(error.errors(include_url=False), key=_telling), schema)[:2]


def problems(error: ValidationError, schema: type[BaseModel], most: int) -> list[Problem]:
    """Return the first `most` things wrong, in order; of the branches of a union the most telling."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for found in error.errors(include_url=False):
        loc = found["loc"]
        branch = next((index for index, key in enumerate(loc) if _is_branch(key)), len(loc))
        groups.setdefault(loc[:branch], []).append(found)
    made = [_reworded(max(group, key=_telling), schema) for group in list(groups.values())[:most]]
    return [item for item in made if item.kind != "too_short" or not _below(item, made)]


def _below(item: Problem, others: list[Problem]) -> bool:
    """Tell whether anything in a list is wrong: what is refused is not counted, so the list seems too short."""
    return any(len(other.loc) > len(item.loc) and other.loc[: len(item.loc)] == item.loc for other in others)


def _reworded(found: Any, schema: type[BaseModel]) -> Problem:
    """Return place, wording and pydantic's word for the kind of one thing wrong."""
    loc = tuple(key for key in found["loc"] if not _is_branch(key))
    name = loc[-1] if loc else "value"
    kind, given = found["type"], found.get("input")
    if kind == "extra_forbidden":
        return Problem(loc, f"unknown key {str(name)!r}{nearest(str(name), _fields(schema, loc[:-1]))}", kind)
    if kind == "literal_error":
        choices = _QUOTED.findall(str(found["ctx"]["expected"]))
        return Problem(loc, f"{_named(loc)}: unknown value {_quoted(given)}{nearest(str(given), choices)}", kind)
    if kind in _TYPES:
        got = "" if kind == "missing" else f", not {_quoted(given)}"
        return Problem(loc, f"{_named(loc)} {_TYPES[kind]}{got}", kind)
    message = str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return Problem(loc, f"{_named(loc)}: {message[:1].lower()}{message[1:]}, not {_quoted(given)}", kind)


def _telling(found: Any) -> tuple[bool, int]:
    return found["type"] in {"extra_forbidden", "literal_error"}, len(found["loc"])


def _quoted(value: object) -> str:
    text = printable(value)
    return repr(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _is_branch(key: object) -> bool:
    """Pydantic adds the branch of a union to the place; it is not part of the user's file."""
    return isinstance(key, str) and (key[:1].isupper() or "[" in key or key in {"str", "int", "float", "bool", "none"})


def _named(loc: tuple[Any, ...]) -> str:
    text = ""
    for key in loc:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "value"


def _fields(schema: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    current: type[BaseModel] | None = schema
    for key in loc:
        if current is None:
            return []
        if isinstance(key, int) or key not in current.model_fields:
            continue
        current = _model_in(current.model_fields[key].annotation)
    return list(current.model_fields) if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
