"""`[tool.llama-advisor]` in pyproject.toml: what `check` does where no flag says otherwise."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from llama_advisor.text.strict import Strict

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
