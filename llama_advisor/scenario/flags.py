"""One flag per scenario field, read off the fields themselves; and fields to vary, named so: `context=8k,32k`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from math import prod
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ValidationError

from llama_advisor.scenario.scenario import Only, Priorities, Scenario, Tuning
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table
from llama_advisor.text.wording import field_descriptions, problem
from llama_advisor.text.yaml_file import printable

_TABLE: dict[str, dict[str, Any]] = table(__file__)
SPELLED: dict[str, str] = _TABLE["spelled"]
"""Fields whose flag is not their own name: a list is given one at a time, and some names are shorter."""
GROUPS: tuple[str, ...] = (*_TABLE["groups"], "Options")
"""Headings of help, in their order."""
_GROUPS: dict[str, str] = {field: group for group, fields in _TABLE["groups"].items() for field in fields}
PAIRS = {
    "priorities": "criterion=number, e.g. quality=3",
    "tuning": "setting=value, e.g. sample_tokens=8k",
    "tried": "what=value, e.g. model=llama3.1:70b,symptoms=slow",
}
"""Mappings that are given pair by pair, and how a pair is written."""
LEFT_OUT = "-"
MOST_CELLS = 400


class Flag(NamedTuple):
    """How one field is spelled on the command line."""

    flag: str
    field: str
    kind: str  # one: given once; many: may be repeated; yes: a switch.
    doc: str
    value: str = "NAME"  # What stands for the value in help.
    choices: tuple[str, ...] = ()  # All values, where they are a closed set of words.

    @property
    def group(self) -> str:
        """Heading of help under which it stands."""
        return _GROUPS.get(self.field, GROUPS[-1])

    @property
    def listed(self) -> str | None:
        """Part of the rule base that lists the values."""
        found: str | None = _TABLE["listed"].get(self.field)
        return found

    @property
    def parameter(self) -> str:
        """Name of the function's parameter."""
        return self.flag.removeprefix("--").replace("-", "_")


def flags_of(schema: type[BaseModel], prefix: str = "") -> Iterator[Flag]:
    """Yield one flag for each field, in their order; `only` has one for each of its own fields."""
    docs = field_descriptions(schema)
    for name, info in schema.model_fields.items():
        field = prefix + name
        if field == "only":
            yield from flags_of(Only, "only.")
        else:
            flag = SPELLED.get(field) or f"--{name.replace('_', '-')}"
            typed = tuple(_parts(info.annotation))
            reads = (part.func for part in typed if isinstance(part, BeforeValidator))
            units = [read.keywords["unit"] for read in reads if isinstance(read, partial)]
            value = next(iter(units), _TABLE["values"].get(field, flag.rpartition("-")[2].upper()))
            choices = tuple(word for part in typed if get_origin(part) is Literal for word in get_args(part))
            yield Flag(flag, field, _kind(info.annotation), docs[name], value, choices)


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield what a type is made of, the marks on it too."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _kind(annotation: Any) -> str:
    """Lists and `criterion=number` pairs are given one at a time, a bool is a switch."""
    if get_origin(annotation) is tuple or annotation in {Priorities, Tuning}:
        return "many"
    kinds = {_kind(part) for part in get_args(annotation)}
    return "many" if "many" in kinds else "yes" if annotation is bool or "yes" in kinds else "one"


FLAGS = tuple(flags_of(Scenario))
_OF_PROJECT = "Deployment of a project file whose requirements are the scenario."
DEPLOYMENT = Flag("--deployment", "deployment", "one", _OF_PROJECT)
FLAG_OF = {flag.field: flag.flag for flag in FLAGS}


def spelled(flag: Flag, value: Any) -> list[str]:
    """The words that state a field: a switch, or the flag before each value."""
    if isinstance(value, bool):
        return [flag.flag if value else f"--no-{flag.flag[2:]}"]
    return [word for item in (value if isinstance(value, (list, tuple)) else [value]) for word in (flag.flag, item)]


def nested(said: dict[str, Any]) -> dict[str, Any]:
    """Flags as scenario keys: dotted fields nested, `quality=3` pairs as a mapping."""
    made: dict[str, Any] = {}
    for field, value in said.items():
        owner, _, name = field.rpartition(".")
        if owner:
            made.setdefault(owner, {})[name] = value
        elif field in PAIRS:
            made[field] = {}
            pairs = [item.replace(",", " ").split() if item.count("=") > 1 else [item] for item in value]
            for text in chain.from_iterable(pairs):
                name, equals, part = text.partition("=")
                if not equals:
                    raise InputError(f"{FLAG_OF[field]}: write {PAIRS[field]}, not {printable(text)!r}")
                made[field][name.strip().replace("-", "_")] = part.strip()
        elif field == "hardware":
            made[field] = value[0] if len(value) == 1 else value
        else:
            made[field] = value
    return made


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
    if flag := next((flag for flag in FLAGS if wanted in {flag.parameter, flag.field}), None):
        return flag
    known = [flag.parameter.replace("_", "-") for flag in FLAGS]
    raise InputError(f"--vary: unknown field {printable(name)!r}{nearest(name, known, see='whatif --help')}")


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
