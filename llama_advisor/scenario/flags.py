"""One flag per scenario field, read off the fields themselves: name, kind and meaning are said once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from llama_advisor.scenario.scenario import Only, Priorities, Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import field_descriptions
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

SPELLED = {
    "use_cases": "--use-case",
    "inputs": "--input",
    "context_tokens": "--context",
    "concurrent_requests": "--concurrency",
    "languages": "--language",
    "only.models": "--only-model",
    "only.families": "--only-family",
    "only.engines": "--only-engine",
    "only.quantizations": "--only-quantization",
    "only.max_parameters_b": "--max-parameters-b",
    "symptoms": "--symptom",
    "priorities": "--priority",
}
"""Fields whose flag is not their own name: a list is given one at a time, and some names are shorter."""


class Flag(NamedTuple):
    """How one field is spelled on the command line."""

    flag: str
    field: str
    kind: str  # one: given once; many: may be repeated; yes: a switch.
    doc: str

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
            yield Flag(flag, field, _kind(info.annotation), docs[name])


def _kind(annotation: Any) -> str:
    """Lists and `criterion=number` pairs are given one at a time, a bool is a switch."""
    if get_origin(annotation) is tuple or annotation is Priorities:
        return "many"
    kinds = {_kind(part) for part in get_args(annotation)}
    return "many" if "many" in kinds else "yes" if annotation is bool or "yes" in kinds else "one"


FLAGS = tuple(flags_of(Scenario))
DEPLOYMENT = Flag(
    "--deployment", "deployment", "one", "Deployment of a project file whose requirements are the scenario."
)
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
        elif field == "priorities":
            made[field] = dict(_weight(text) for text in value)
        elif field == "hardware":
            made[field] = value[0] if len(value) == 1 else value
        else:
            made[field] = value
    return made


def _weight(text: str) -> tuple[str, str]:
    criterion, equals, number = text.partition("=")
    if not equals:
        raise InputError(f"--priority: write criterion=number, e.g. quality=3, not {printable(text)!r}")
    return criterion.strip(), number.strip()
