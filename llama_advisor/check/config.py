"""Settings of the check from the pyproject.toml of the current folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.check.files import file_text
from llama_advisor.check.settings import Settings
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "pyproject.toml"
TABLE = "llama-advisor"


def read_settings(folder: Path) -> Settings:
    """Return the settings of a folder; none where there is no such file or table."""
    path = folder / FILE
    if not path.exists():
        return Settings()
    try:
        data = _loaded(file_text(path))
    except InputError as error:
        raise InputError(f"{FILE}: {error}") from error
    tools = data.get("tool")
    table = tools.get(TABLE, {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise InputError(f"{FILE}: [tool.{TABLE}] must be a table")
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise InputError(f"{FILE}: [tool.{TABLE}] {printable(problem(error, Settings)[1])}") from error


def _loaded(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        loaded: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"not valid TOML: {printable(error)[:200]}") from error
    return loaded


def known_prefixes(wanted: Iterable[str], codes: Iterable[str], flag: str) -> tuple[str, ...]:
    """Return codes and beginnings of codes as they are written in findings; one that begins none is an error."""
    known = sorted(codes)
    made = []
    for text in wanted:
        for part in text.split(","):
            prefix = part.strip().upper()
            if not prefix or not any(code.startswith(prefix) for code in known):
                raise InputError(f"{flag}: {printable(part)!r} begins no code{nearest(prefix, known)}")
            made.append(prefix)
    return tuple(made)
