"""Names that lead from one entry of the rule base to another: each must lead somewhere."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from llama_advisor.text.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from llama_advisor.knowledge.base import RuleBase

LINKS = {
    "rules": (("sources.*.id", "source", "refused"),),
    "use_cases": (
        ("benchmarks.keys", "benchmark", "refused"),
        ("floor?.benchmark", "benchmark", "refused"),
        ("sources.*.id", "source", "refused"),
        ("companion?", "model", "refused"),
    ),
    "models": (
        ("text_scores_from?", "model", "refused"),
        ("sibling?", "model", "fine"),
        ("scores.keys", "benchmark", "refused"),
        ("sources.*.*", "source", "unknown"),
        ("official_builds.*.quantization", "quantization", "unknown"),
    ),
    "engines": (("quantizations.*.quantization", "quantization", "unknown"), ("sources.*", "source", "refused")),
    "instances": (("device", "device", "refused"), ("offer?", "price", "refused")),
    "rentals": (("device", "device", "refused"),),
    "hosted": (("model", "model", "fine"),),
    "criteria": (("criteria.*.measures.*.fact", "fact", "unknown"),),
    "reference": (("reference.*.*.offer?", "price", "refused"),),
}
"""Where names stand in entries, what they name, and what holds of a name that a layer removed.

`*` is every item, `keys` every key of a mapping, `?` follows a field that may say nothing. A removed name is refused at
the place of its removal, unknown as any other, or fine.
"""
_FILES = {"criteria": "criteria.yaml", "reference": "hardware/reference.yaml"}
_TARGETS = {
    "source": "sources",
    "benchmark": "benchmarks",
    "model": "models",
    "quantization": "quantizations",
    "device": "devices",
    "price": "rentals",
    "fact": "facts",
}


class Reference(NamedTuple):
    """A name in an entry, at a place, that must be among those known."""

    kind: str
    entry: str
    loc: tuple[Any, ...]
    what: str
    name: str
    known: Collection[str]
    target: Annotated[str, "Kind of entry it leads to, where a layer may have removed it."] = ""


def check_links(base: RuleBase) -> None:
    """Raise RuleBaseError at the first name that leads nowhere."""
    for found in references(base):
        if found.name in found.known:
            continue
        if gone := base.removed.get((found.target, found.name)):
            raise gone.error((), f"removed, but {found.entry} names it")
        what = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
        raise base.origin(found.kind, found.entry).error(found.loc, what)


def references(base: RuleBase) -> Iterator[Reference]:
    """Yield every name that leads elsewhere."""
    for attribute, links in LINKS.items():
        held = getattr(base, attribute)
        if attribute in _FILES:
            entries = [("", _FILES[attribute], held)]
        elif attribute == "rules":
            entries = [(rule.folder, rule.id, rule.rule) for rule in held.values()]
        else:
            entries = [(attribute, name, entry) for name, entry in held.items()]
        for (kind, name, entry), (path, what, removed) in product(entries, links):
            target = _TARGETS[what]
            for loc, named in _named(entry, path.split("."), ()):
                if removed != "fine" or (target, named) not in base.removed:
                    told = "" if removed == "unknown" else target
                    yield Reference(kind, name, loc, what, named, getattr(base, target), told)


def _named(value: Any, path: list[str], loc: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield the names at a path below a value, each with its place."""
    step, *further = path or [""]
    if step == "*":
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _named(item, further, (*loc, key))
    elif step == "keys":
        yield from (((*loc, key), key) for key in value)
    elif not step:
        yield loc, value
    else:
        field = step.removesuffix("?")
        if (inner := getattr(value, field)) or field == step:
            yield from _named(inner, further, (*loc, field))
