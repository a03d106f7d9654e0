"""Keeps what every schema promises, a line a field; `--write` takes over what breaks no one who relies on it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_advisor import __version__
from llama_advisor.cli.rules import schema_of, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = Path(__file__).parent / "data" / "schemas.json"
PROGRAM = ".".join(__version__.split(".")[: 2 if __version__.startswith("0.") else 1])
"""The version of kinds that have none of their own: up to the number that moves where something breaks."""
PARTS = {"items": "[]", "additionalProperties": "{}"}
Fields = dict[str, str]  # From the path of a field to its types, `!` first where it is always there.


def branches(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the alternatives of a node."""
    if isinstance(node, dict):
        several = [part for word in ("anyOf", "oneOf") for part in node.get(word, ())]
        for part in several:
            yield from branches(part)
        if not several:
            yield node


def types(node: Any, defs: dict[str, Any]) -> set[str]:
    """Return the words for what may stand there: types, values as JSON, definitions in angle brackets."""
    made: set[str] = set()
    for branch in branches(node):
        name = branch.get("$ref", "").removeprefix("#/$defs/")
        inside = [(mark, branch[word]) for word, mark in PARTS.items() if isinstance(branch.get(word), dict)]
        if name:
            made |= (
                {f"<{name}>"} if any("properties" in part for part in branches(defs[name])) else types(defs[name], defs)
            )
        elif "enum" in branch or "const" in branch:
            made |= {json.dumps(value) for value in branch.get("enum", [branch.get("const")])}
        elif inside and "properties" not in branch:
            made |= {word + mark for mark, part in inside for word in types(part, defs)}
        else:
            made.add(branch.get("type", "any"))
    return made


def fields(node: Any, defs: dict[str, Any], prefix: str = "") -> Fields:
    """Return the fields of a node and of what is written out within it; several alternatives are taken together."""
    made: Fields = {}
    objects = [branch for branch in branches(node) if "properties" in branch]
    for name in dict.fromkeys(name for branch in objects for name in branch["properties"]):
        parts = [branch["properties"][name] for branch in objects if name in branch["properties"]]
        must = all(name in branch.get("required", ()) for branch in objects)
        known = sorted(set().union(*(types(part, defs) for part in parts)))
        made |= {prefix + name: "! " * must + " | ".join(known)}
        for part in parts:
            made |= fields(part, defs, f"{prefix}{name}.")
    for branch in branches(node):
        for word in PARTS:
            made |= fields(branch.get(word), defs, prefix)
    return made


def snapshot() -> dict[str, Any]:
    """Return of each kind its version, and the fields of each of its definitions; its own stand under its name."""
    made: dict[str, Any] = {}
    for kind in schemas():
        shown = schema_of(kind)
        known, defs = shown["properties"], shown.get("$defs", {})
        version = known.get("schema_version", {}).get("default") or known.get("version", {}).get("const") or PROGRAM
        parts = {kind: shown} | {f"<{name}>": part for name, part in defs.items()}
        told = {name: found for name, part in parts.items() if (found := fields(part, defs))}
        made[kind] = {"version": str(version), "fields": told}
    return made


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what would break one who relies on the old: what a file may say, what a result is sure to hold."""
    told: list[str] = [f"{kind}: is gone" for kind in old if kind not in new]
    for kind in old:
        if kind in new and new[kind]["version"] == old[kind]["version"]:
            of = old[kind]["fields"], new[kind]["fields"]
            told += _broken(kind, (kind, kind), of, set(), result="schema_version" in of[0][kind])
    return told


def _broken(
    path: str, names: tuple[str, str], of: tuple[dict[str, Fields], ...], seen: set[tuple[str, str]], *, result: bool
) -> Iterator[str]:
    if names in seen:
        return
    seen.add(names)
    old, new = (part.get(name, {}) for part, name in zip(of, names, strict=True))
    if not result:
        yield from (f"{path}.{name}: is required now" for name in new if new[name][0] == "!" and name not in old)
    for name, before in old.items():
        place, after = f"{path}.{name}", new.get(name)
        if after is None:
            yield f"{place}: is gone"
            continue
        must, musts = before[0] == "!", after[0] == "!"
        if must != musts and must == result:
            yield f"{place}: is {'no longer always there' if result else 'required now'}"
        was, now = (sorted(said.removeprefix("! ").split(" | ")) for said in (before, after))
        lost, added = (set(map(_plain, a)) - set(map(_plain, b)) for a, b in ((was, now), (now, was)))
        wrong = sorted(word for word in added if word[0] != '"') if result else sorted(lost)
        old_parts, new_parts = ([word.rstrip("[]{}") for word in said if "<" in word] for said in (was, now))
        if len(new_parts) > len(old_parts) if result else len(new_parts) < len(old_parts):
            wrong.append("as many kinds of object")
        if wrong:
            yield f"{place}: {'may be' if result else 'may no longer be'} {', '.join(wrong)}{' now' * result}"
        for pair in zip(old_parts, new_parts, strict=False):
            yield from _broken(place, pair, of, seen, result=result)


def _plain(word: str) -> str:
    return re.sub("<.*>", "object", word)


if __name__ == "__main__":
    now = snapshot()
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/schemas.py --write")
    if KEPT.exists() and (wrong := breaks(json.loads(KEPT.read_text("utf-8")), now)):
        sys.exit("\n".join([*wrong, "these break readers; move the version of their kind first (docs/api.md)"]))
    KEPT.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
