"""`[tool.llama-advisor]` in pyproject.toml: what `check` does where no flag says otherwise."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from llama_advisor.text.strict import Strict

FailOn = Literal["error", "warning", "never"]


class Settings(Strict):
    """Settings of the check."""

    model_config = ConfigDict(populate_by_name=True)

    paths: tuple[str, ...] = ()
    """Project files and folders to check."""
    select: tuple[str, ...] = ()
    """Codes, or beginnings of codes, that are reported; all where none are named."""
    ignore: tuple[str, ...] = ()
    """Codes, or beginnings of codes, that are not."""
    fail_on: FailOn | None = Field(default=None, alias="fail-on")
    """Severity from which findings fail the check."""
    rules: tuple[str, ...] = ()
    """Folders of own rules, laid over the shipped ones."""
