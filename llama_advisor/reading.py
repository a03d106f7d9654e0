"""Scenarios from files, standard input and flags; errors say where."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.documents import Document, parse, printable
from llama_advisor.errors import InputError
from llama_advisor.flags import FLAG_OF, nested
from llama_advisor.schema.scenario import Scenario
from llama_advisor.validation import problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


def read_scenario(file: str | None, said: dict[str, Any]) -> Scenario:
    """Return the scenario of a file with flags over it; raise InputError with file, line and column."""
    document = read_document(file) if file else None
    data = document.data if document else {}
    if not isinstance(data, dict):
        raise InputError(f"{file}: a scenario is a mapping of fields to values")
    flags = nested(said)
    if isinstance(data.get("only"), dict) and "only" in flags:
        flags["only"] = data["only"] | flags["only"]
    return validated(data | flags, document, flags)


def validated(data: dict[str, Any], document: Document | None, flags: dict[str, Any]) -> Scenario:
    """Check the fields; name the flag or the place in the file of what is wrong."""
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        loc, what = problem(error, Scenario)
    if document is None or (loc and loc[0] in flags):
        raise InputError(f"{_flag(loc)}{printable(what)}")
    raise InputError(document.error(loc, what))


def _flag(loc: tuple[Any, ...]) -> str:
    names = [part for part in loc if isinstance(part, str)]
    flag = FLAG_OF.get(".".join(names[:2])) or FLAG_OF.get(names[0] if names else "")
    return f"{flag}: " if flag else ""


def read_document(file: str) -> Document:
    """Read a YAML or JSON file, or standard input for `-`."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{printable(file)}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise InputError(f"{printable(file)}: {error.strerror or error}") from error
    return parse(text, "<stdin>" if file == "-" else file)


def batch_lines(stream: TextIO) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Yield (line number, object or what is wrong with the line), one at a time; blank lines are skipped."""
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, InputError(f"line {number}: not valid JSON: {printable(error)[:120]}")
            continue
        yield number, data if isinstance(data, dict) else InputError(f"line {number}: not a JSON object")


def folder_beside(file: str | None, name: str) -> str | None:
    """Return the folder of that name beside a file, if there is one; standard input has no place."""
    if file is None or file == "-":
        return None
    folder = Path(file).parent / name
    return str(folder) if folder.is_dir() else None


def same_folder(one: str, other: str) -> bool:
    """Tell whether two names lead to the same folder."""
    return Path(one).resolve() == Path(other).resolve()
