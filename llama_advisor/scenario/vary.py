"""Fields to vary, as the command line names them: `context=8k,32k`."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import ValidationError

from llama_advisor.scenario.flags import FLAGS, Flag, nested
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

LEFT_OUT = "-"
MOST_CELLS = 400


class Axis(NamedTuple):
    """A field that is varied."""

    field: Annotated[str, "Scenario field."]
    labels: Annotated[tuple[str, ...], "Values as they were written."]
    values: Annotated[tuple[Any, ...], "Values as they were read; null leaves the field out."]


def read_axes(texts: Iterable[str]) -> tuple[Axis, ...]:
    """Read every `FIELD=VALUE,VALUE…`; the same field again adds values. Raise InputError in the user's words."""
    written: dict[str, tuple[Flag, list[str]]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise InputError(f"--vary {printable(text)}: write field=value,value")
        flag = _flag(name)
        parts = [part.strip() for part in values.split(";" if ";" in values else ",")]
        if not any(parts):
            raise InputError(f"--vary {printable(name)}: no values")
        written.setdefault(flag.field, (flag, []))[1].extend(filter(None, parts))
    if not written:
        raise InputError("whatif: say what to vary, e.g. --vary context=8k,32k")
    axes = []
    for flag, labels in written.values():
        read: dict[str, tuple[str, Any]] = {}  # a value written twice counts once
        for label in labels:
            value = None if label == LEFT_OUT else _value(flag, label)
            read.setdefault(repr(value), (label, value))
        axes.append(Axis(flag.field, *zip(*read.values(), strict=True)))
    sizes = [len(axis.values) for axis in axes]
    if prod(sizes) > MOST_CELLS:
        told = " x ".join(map(str, sizes))
        raise InputError(f"--vary: {told} makes {prod(sizes):,} cells; at most {MOST_CELLS} are answered at once")
    return tuple(axes)


def _flag(name: str) -> Flag:
    """Find a field by its flag or its own name."""
    wanted = name.strip().removeprefix("--").replace("-", "_").lower()
    for flag in FLAGS:
        if wanted in {flag.parameter, flag.field}:
            return flag
    known = [flag.parameter.replace("_", "-") for flag in FLAGS]
    raise InputError(f"--vary: unknown field {printable(name)!r}{nearest(name, known)}")


def _value(flag: Flag, text: str) -> Any:
    """One value as plain data, checked as the scenario's own."""
    many = flag.kind == "many"
    raw = [part.strip() for part in text.split("+")] if many and flag.field != "hardware" else [text] if many else text
    try:
        scenario = Scenario.model_validate(nested({flag.field: raw}))
    except ValidationError as error:
        _, what = problem(error, Scenario)
        raise InputError(f"--vary {flag.parameter.replace('_', '-')}={printable(text)}: {printable(what)}") from error
    value: Any = scenario.model_dump(mode="json", exclude_unset=True)
    for part in flag.field.split("."):
        value = value[part]
    return value
