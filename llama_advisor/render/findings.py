"""Findings in each format: one registry; whatever the format, the same findings in the same order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.render.json_text import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind

    Kinds = dict[str, FindingKind]
    Screen = tuple[bool, int]

_LOGGING_COMMAND = re.compile(r"##(?=[\w.\-]*\[)")
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")


def rendered(format_: str, result: Findings, kinds: Kinds, screen: Screen) -> str:
    """Return a result in one of `FORMATS`."""
    return _renderer(format_)(result, kinds, screen)


def _renderer(format_: str) -> Callable[[Findings, Kinds, Screen], str]:
    """Load a format when it is asked for: none needs the others."""
    if format_ == "text":
        from llama_advisor.render.findings_text import findings_text

        return findings_text
    if format_ in {"json", "sarif", "gitlab"}:
        return lambda result, kinds, _: quiet_json(_json(format_, result, kinds))
    if format_ == "junit":
        from llama_advisor.render.findings_junit import findings_junit

        return findings_junit
    if format_ == "github":
        from llama_advisor.render.findings_github import findings_github

        return findings_github
    from llama_advisor.render.findings_markdown import findings_markdown

    return findings_markdown


def _json(format_: str, result: Findings, kinds: Kinds) -> str:
    if format_ == "sarif":
        from llama_advisor.render.findings_sarif import findings_sarif

        return findings_sarif(result, kinds)
    if format_ == "gitlab":
        from llama_advisor.render.findings_gitlab import findings_gitlab

        return findings_gitlab(result, kinds)
    return to_json(result)


def quiet(text: str) -> str:
    """Return text in which a build server sees no logging command: `##[error]` is one anywhere in a line."""
    return _LOGGING_COMMAND.sub("#?", text)


def quiet_json(text: str) -> str:
    """Return the same JSON without two hashes in a row, which only a string can hold."""
    return text.replace("##", "#\\u0023") + "\n"
