"""Records: plain frozen classes, cheap to define, that turn into pydantic only where data come in or schemas go out."""

from __future__ import annotations

import sys
from datetime import date
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints

from typing_extensions import dataclass_transform

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import Self

EMPTY: Any = {}
"""Default of a mapping; shared by all records, so never changed."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """Base of records: annotated fields, passed by keyword; never changed, compared by value.

    An annotation is `Annotated[type, "what it means.", *constraints]` and stays text until `model_of` reads it.
    A field with a trailing underscore is written without it: `from_` is `from`. A method `check` may raise
    ValueError where fields contradict each other; it is asked when data are validated.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _field_defaults: ClassVar[dict[str, Any]] = {}
    _names: ClassVar[frozenset[str]] = frozenset()
    _values: ClassVar[Any]  # Getter of all values at once, to compare and hash by.

    def __init_subclass__(cls) -> None:
        own = cls.__annotations__
        cls._fields = (*cls._fields, *own)
        cls._names = frozenset(cls._fields)
        cls._field_defaults = cls._field_defaults | {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        names = cls._fields
        alone = staticmethod(lambda record: tuple(getattr(record, name) for name in names))
        cls._values = attrgetter(*names) if len(names) > 1 else alone

    def __init__(self, **values: Any) -> None:
        if len(values) != len(self._fields):
            values = self._field_defaults | values
        if values.keys() != self._names:
            wrong = sorted(values.keys() ^ self._names)
            raise TypeError(f"{type(self).__name__}: missing or unknown: {', '.join(wrong)}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._values(self) == other._values(other))

    def __hash__(self) -> int:
        return hash(self._values(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

    def _asdict(self) -> dict[str, Any]:
        """Fields by name, values as they are; named as in `NamedTuple`."""
        return dict(zip(self._fields, self._values(self), strict=True))

    def model_dump(self, *, mode: str = "json", by_alias: bool = True) -> dict[str, Any]:
        """Data as JSON has them, for programs that know results as pydantic models; only this mode is offered."""
        if mode != "json" or not by_alias:
            raise ValueError("results are given as JSON has them: mode='json', by_alias=True")
        data: dict[str, Any] = plain(self)
        return data

    def _replace(self, **changes: Any) -> Self:
        """A copy with other values; named as in `NamedTuple`."""
        values = self._asdict()
        if wrong := changes.keys() - values.keys():
            raise TypeError(f"{type(self).__name__}: unknown: {', '.join(sorted(wrong))}")
        made = object.__new__(type(self))
        made.__dict__.update(values, **changes)
        return made


Kind = TypeVar("Kind")


def is_record(kind: object) -> bool:
    """Whether a class is one of records, `Record` or `NamedTuple`."""
    return isinstance(kind, type) and hasattr(kind, "_fields") and hasattr(kind, "_field_defaults")


def model_of(kind: type[Any]) -> type[BaseModel]:
    """The pydantic model with the same name, docstring and fields, which validates and prints the schema."""
    if kind in _MODEL_OF:
        return _MODEL_OF[kind]
    from pydantic import Field, create_model, model_validator

    from llama_advisor.text.strict import Strict

    names = _Names(vars(sys.modules[kind.__module__]))
    says = {
        name: text for base in reversed(kind.__mro__) for name, text in getattr(base, "__annotations__", {}).items()
    }
    hints = get_type_hints(
        SimpleNamespace(__annotations__={name: says[name] for name in kind._fields}), names, names, include_extras=True
    )
    fields: dict[str, Any] = {}
    for name in kind._fields:
        options: dict[str, Any] = {"alias": name[:-1]} if name.endswith("_") else {}
        if name in kind._field_defaults:
            default = kind._field_defaults[name]
            options |= {"default_factory": dict} if default is EMPTY else {"default": default}
        fields[name] = (hints[name], Field(**options))
    check = getattr(kind, "check", None)
    validators: Any = {"check": model_validator(mode="after")(lambda model: check(model) or model)} if check else {}
    told: Any = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__validators__": validators}
    made: type[BaseModel] = create_model(kind.__name__, __base__=Strict, **told, **fields)
    _MODEL_OF[kind], _RECORD_OF[made] = made, kind
    return made


_MODEL_OF: dict[type[Any], type[BaseModel]] = {}
_RECORD_OF: dict[type[BaseModel], type[Any]] = {}


class _Names(dict[str, Any]):
    """Names of a module as annotations see them, with a model in place of each record."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return model_of(value) if is_record(value) else value


def validate(kind: type[Kind], data: Any) -> Kind:
    """The record that `data` describe; raises pydantic's ValidationError."""
    made: Kind = _unmodelled(model_of(kind).model_validate(data))
    return made


def _unmodelled(value: Any) -> Any:
    if kind := _RECORD_OF.get(type(value)):
        return kind(**{name: _unmodelled(getattr(value, name)) for name in kind._fields})
    if isinstance(value, tuple):
        return tuple(map(_unmodelled, value))
    if isinstance(value, dict):
        return {key: _unmodelled(item) for key, item in value.items()}
    return value


_ATOMS = frozenset({str, int, float, bool, type(None)})
_SERIES = frozenset({tuple, list, set, frozenset})


def plain(value: Any, *, exclude_defaults: bool = False) -> Any:
    """Data as JSON has them: records as mappings in the order of their fields, days as text, sets in order."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind in _SERIES:
        items = value if kind is tuple or kind is list else sorted(value)
        return [plain(item, exclude_defaults=exclude_defaults) for item in items]
    if is_record(kind):
        defaults = value._field_defaults if exclude_defaults else {}
        return {
            name.removesuffix("_"): item
            if type(item) in _ATOMS  # most are: no call for each
            else plain(item, exclude_defaults=exclude_defaults)
            for name, item in value._asdict().items()
            if name not in defaults or item != defaults[name]
        }
    if isinstance(value, dict):
        return {key: plain(item, exclude_defaults=exclude_defaults) for key, item in value.items()}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=exclude_defaults)
    return value.isoformat() if isinstance(value, date) else value
