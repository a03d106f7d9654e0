"""`[tool.llama-advisor]` in pyproject.toml: what `check` does where no flag says otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from llama_advisor.check.files import file_text
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.strict import Strict
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "pyproject.toml"
TABLE = "llama-advisor"
FailOn = Literal["error", "warning", "never"]


class Settings(Strict):
    """Settings of the check."""

    model_config = ConfigDict(populate_by_name=True)

    paths: Annotated[tuple[str, ...], "Project files and folders to check."] = ()
    select: Annotated[
        tuple[str, ...], "Codes, or beginnings of codes, that are reported; all where none are named."
    ] = ()
    ignore: Annotated[tuple[str, ...], "Codes, or beginnings of codes, that are not."] = ()
    fail_on: Annotated[FailOn | None, "Severity from which findings fail the check."] = Field(
        default=None, alias="fail-on"
    )
    rules: Annotated[tuple[str, ...], "Folders of own rules, laid over the shipped ones."] = ()


def read_settings(folder: Path) -> Settings:
    """Return the settings of a folder; none where there is no such file or table."""
    path = folder / FILE
    if not path.exists():
        return Settings()
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data = tomllib.loads(file_text(path))
    except InputError as error:
        raise InputError(f"{FILE}: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{FILE}: not valid TOML: {printable(error)[:200]}") from error
    tools = data.get("tool")
    table = tools.get(TABLE, {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise InputError(f"{FILE}: [tool.{TABLE}] must be a table")
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise InputError(f"{FILE}: [tool.{TABLE}] {printable(problem(error, Settings)[1])}") from error


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
