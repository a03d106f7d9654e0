"""Scenarios from files, standard input and flags; errors say where."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from llama_advisor.hardware import HERE
from llama_advisor.hardware.detect import describe, detect
from llama_advisor.scenario.flags import FLAG_OF, nested
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import named_bytes
from llama_advisor.text.wording import by_flag, problem
from llama_advisor.text.yaml_file import Document, parse, printable

THIS = frozenset({"this", "auto", "this computer"})
"""Words for the hardware of the computer that is asked."""


def read_scenario(file: str | None, said: dict[str, Any]) -> Scenario:
    """The scenario of a file, or of the deployment said of a project file, with flags over it; errors say where."""
    name = said.get("deployment")
    flags = nested({field: value for field, value in said.items() if field != "deployment"})
    document = read_document(file) if file else None
    data = document.data if document else {}
    if not isinstance(data, dict):
        raise InputError(f"{file}: a scenario is a mapping of fields to values")
    place: tuple[Any, ...] = ()
    if document is not None and "deployments" in data:
        place, data = _deployment(document, name)
    elif name is not None:
        raise InputError(f"--deployment {printable(name)}: {printable(file) if file else 'there'} is no project file")
    if isinstance(data.get("only"), dict) and "only" in flags:
        flags["only"] = data["only"] | flags["only"]
    return validated(on_this_computer(data | flags), document, flags, place)


def chosen(file: str, name: str | None) -> dict[str, Any]:
    """Return the choice of a deployment of a project file as hard limits, by field; nothing for a scenario."""
    document = read_document(file)
    if not isinstance(document.data, dict) or "deployments" not in document.data:
        return {}
    place, _ = _deployment(document, name)
    choice = document.data["deployments"][place[1]].get("choice")
    said = choice if isinstance(choice, dict) else {}
    limits = {f"only.{field}s": [said[field]] for field in ("model", "quantization", "engine") if said.get(field)}
    return limits | ({"model": said["model"]} if said.get("model") else {})


def _deployment(document: Document, name: str | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The place and the requirements of the deployment named, or of the only one."""
    listed = document.data["deployments"]
    known = [item.get("name") for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    if name is None and len(known) == 1:
        name = known[0]
    if name is None or name not in known:
        told = ", ".join(map(printable, known))
        asked = "--deployment NAME says which" if name is None else f"no deployment is called {printable(name)!r}"
        raise InputError(document.error(("deployments",), f"{asked}; there are: {told}"))
    place = ("deployments", known.index(name), "requirements")
    found = listed[known.index(name)].get("requirements")
    if not isinstance(found, dict):
        raise InputError(document.error(place[:2], "`requirements` must be a mapping of fields to values"))
    return place, found


def on_this_computer(data: dict[str, Any]) -> dict[str, Any]:
    """Put what this computer has in place of the hardware `this`; raise InputError where it cannot be told."""
    given = data.get("hardware")
    items = given if isinstance(given, (list, tuple)) else [given]
    if not any(isinstance(item, str) and item.strip().casefold() in THIS for item in items):
        return data
    found = describe(detect())
    if found is None:
        raise InputError('hardware: nothing can be told of this computer; state it, e.g. "RTX 4090 + 64GB RAM"')
    made = [HERE + found if isinstance(item, str) and item.strip().casefold() in THIS else item for item in items]
    return data | {"hardware": made if isinstance(given, (list, tuple)) else made[0]}


def validated(
    data: dict[str, Any], document: Document | None, flags: dict[str, Any], place: tuple[Any, ...] = ()
) -> Scenario:
    """Check the fields; name the flag or the place in the file of what is wrong."""
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        loc, what = problem(error, Scenario)
    if document is None or (loc and loc[0] in flags):
        raise InputError(by_flag(loc, what, FLAG_OF))
    raise InputError(document.error((*place, *loc), what))


def read_document(file: str) -> Document:
    """Read a YAML or JSON file, or standard input for `-`."""
    try:
        text = named_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{printable(file)}: not UTF-8 text (byte {error.start})") from error
    except InputError as error:
        word = isinstance(error.__cause__, FileNotFoundError) and file.isidentifier()
        hint = "; what it is for is said by --use-case, and a file has an ending" if word else ""
        raise InputError(f"{printable(file)}: {error}{hint}") from error
    return parse(text, "<stdin>" if file == "-" else file)
