"""Schemas in words: what fields mean, and what pydantic finds wrong: where, what, and the nearest valid thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from llama_advisor.text.errors import nearest
from llama_advisor.text.record import is_record, model_of
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

_QUOTED = re.compile(r"'([^']*)'")
LONGEST = 60
_TYPES: dict[str, str] = table(__file__)
"""What is said of each of pydantic's kinds of error."""


def field_descriptions(schema: type[BaseModel]) -> dict[str, str]:
    """Return what each field of `schema` means: the text in its `Annotated`."""
    return {
        name: next((item for item in field.metadata if isinstance(item, str)), "")
        for name, field in schema.model_fields.items()
    }


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a model or a kind of record, every field described."""
    schema: type[BaseModel] = model_of(kind) if is_record(kind) else kind
    known, todo = {schema.__name__: schema}, [schema]
    while todo:
        for field in todo.pop().model_fields.values():
            below = {found.__name__: found for found in _models_in(field.annotation) if found.__name__ not in known}
            known |= below
            todo += below.values()
    made = schema.model_json_schema(by_alias=True)
    for name, part in (*made.get("$defs", {}).items(), (schema.__name__, made)):
        if name not in known:
            continue
        for field_name, text in field_descriptions(known[name]).items():
            shown = known[name].model_fields[field_name].alias or field_name
            if text and shown in part.get("properties", {}):
                part["properties"][shown]["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    parts = get_args(annotation)  # Python 3.10 takes tuple[int] for a type
    if not parts and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in parts:
        yield from _models_in(part)


class Problem(NamedTuple):
    """One thing wrong: where, in words, and pydantic's name for its kind."""

    loc: tuple[Any, ...]
    what: str
    kind: str


def problem(error: ValidationError, schema: type[BaseModel]) -> tuple[tuple[Any, ...], str]:
    """Return the place and the wording of the first thing wrong."""
    return _reworded(max(error.errors(include_url=False), key=_telling), schema)[:2]


def by_flag(loc: tuple[Any, ...], what: str, flags: Mapping[str, str]) -> str:
    """Say what is wrong after the flag of its field, if it has one; the flag names the field."""
    names = [key for key in loc if isinstance(key, str)]
    for field in (".".join(names[:2]), ".".join(names[:1])):
        if flag := flags.get(field):
            told = what.removeprefix(_named(loc)).removeprefix(":") if field.split(".") == names else what
            return f"{flag}: {printable(told.strip())}"
    return printable(what)


def problems(error: ValidationError, schema: type[BaseModel], most: int) -> list[Problem]:
    """Return the first `most` things wrong, in order; of the branches of a union the most telling."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for found in error.errors(include_url=False):
        loc = found["loc"]
        branch = next(
            (index for index, key in enumerate(loc) if _is_branch(key) and not _refused(found, index)), len(loc)
        )
        groups.setdefault(loc[:branch], []).append(found)
    made = [_reworded(max(group, key=_telling), schema) for group in list(groups.values())[:most]]
    # What is refused in a list is not counted, so that the list seems too short.
    refused = {other.loc[:length] for other in made for length in range(len(other.loc))}
    return [item for item in made if item.kind != "too_short" or item.loc not in refused]


def _reworded(found: Any, schema: type[BaseModel]) -> Problem:
    """Return place, wording and pydantic's word for the kind of one thing wrong."""
    loc = tuple(key for index, key in enumerate(found["loc"]) if not _is_branch(key) or _refused(found, index))
    name = loc[-1] if loc else "value"
    kind, given = found["type"], found.get("input")
    if kind == "extra_forbidden":
        return Problem(loc, f"unknown key {str(name)!r}{nearest(str(name), _fields(schema, loc[:-1]))}", kind)
    if kind == "literal_error":
        choices = _QUOTED.findall(str(found["ctx"]["expected"]))
        return Problem(loc, f"{_named(loc)}: unknown value {_quoted(given)}{nearest(str(given), choices)}", kind)
    if kind in _TYPES:
        got = "" if kind in {"missing", "string_too_short"} else f", not {_quoted(given)}"
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


def _refused(found: Any, index: int) -> bool:
    """Tell whether the step at this index is an unknown key of the user's file, however it is written."""
    return found["type"] == "extra_forbidden" and index == len(found["loc"]) - 1


def _named(loc: tuple[Any, ...]) -> str:
    text = ""
    for key in loc:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "value"


def _fields(schema: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """Return the fields that the value at `loc` has."""
    current = schema
    for key in loc:
        if key in current.model_fields:  # a number is a place in a list
            inside = next(_models_in(current.model_fields[key].annotation), None)
            if inside is None:
                return []
            current = inside
    return list(current.model_fields)
