"""Findings as markdown for the summary of a job; what comes from files stands in code spans, where nothing links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.render.findings import quiet
from llama_advisor.render.findings_text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.check.findings import Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind


def findings_markdown(result: Findings, kinds: dict[str, FindingKind], screen: tuple[bool, int]) -> str:
    """Return a table of findings and what their codes mean."""
    del screen
    return "\n".join(_lines(result, kinds)) + "\n"


def _lines(result: Findings, kinds: dict[str, FindingKind]) -> Iterator[str]:
    yield f"### llama-advisor check: {'failed' if result.exit_code else 'passed'}\n"
    yield f"{counted(result)}, as of {result.as_of}.\n"
    if not result.findings:
        return
    yield "| | code | where | what |\n|---|---|---|---|"
    for item in result.findings:
        level = f"waived until {item.waived.expires}" if item.waived else item.severity
        yield f"| {level} | {item.code} | {_code(f'{item.file}:{item.line}:{item.column}')} | {_code(item.text)} |"
    yield ""
    for code in sorted({item.code for item in result.findings}):
        yield f"- **{code}** {kinds[code].title}. {kinds[code].fix}"


def _code(text: str) -> str:
    """Return text as a code span that ends where it should, also in a table."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {quiet(text)} {fence}".replace("\\", "\\\\").replace("|", "\\|")
