"""Findings for people at a terminal: place, sentence, the line with a caret under it, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from llama_advisor.render.findings import quiet
from llama_advisor.render.screen import console, written

if TYPE_CHECKING:
    from rich.console import Console

    from llama_advisor.check.findings import CheckFinding, Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
SHOWN_COLUMNS = 110
BEFORE = 60


def findings_text(result: Findings, kinds: dict[str, FindingKind], screen: tuple[bool, int]) -> str:
    """Return the findings that count, and a line of counts."""
    out = console(colour=screen[0], width=screen[1])
    for item in result.findings:
        if item.waived is None:
            _finding(out, item)
    del kinds
    _line(out, Text(counted(result)))
    return written(out)


def _finding(out: Console, item: CheckFinding) -> None:
    name = f"./{item.file}" if item.file.lstrip().startswith(":") else item.file
    head = Text(f"{quiet(name)}:{item.line}:{item.column}: ")
    head.append(f"{item.code} {item.severity}", style=STYLES[item.severity])
    head.append(f": {quiet(item.text)}")
    _line(out, head)
    number = str(item.line)
    pad = " " * len(number)
    if item.snippet.strip() and item.column <= len(item.snippet) + 1:
        line, carets = marked(item)
        _line(out, Text(f"  {number} | {line}"))
        _line(out, Text(f"  {pad} | {carets}", style=STYLES[item.severity]))
    if item.fix:
        _line(out, Text(f"  {pad} = {item.fix}", style="dim"))


def marked(item: CheckFinding) -> tuple[str, str]:
    """Return the part of the line around the value, and carets under it."""
    line = quiet(item.snippet).replace("\t", " ")
    start = item.column - 1
    end = item.end_column - 1 if item.end_line == item.line else len(line)
    cut = max(0, start - BEFORE) if len(line) > SHOWN_COLUMNS else 0
    shown = line[cut : cut + SHOWN_COLUMNS]
    before, value = shown[: start - cut], shown[start - cut : max(start - cut, end - cut)]
    return shown, " " * cell_len(before) + "^" * max(1, cell_len(value))


def counted(result: Findings) -> str:
    """Return the counts in words."""
    summary = result.summary
    parts = [_many(getattr(summary, level), level) for level in ("error", "warning", "note")]
    waived = f"; {_many(summary.waived, 'finding')} waived" if summary.waived else ""
    where = f"{_many(result.deployments, 'deployment')} in {_many(result.files, 'file')}"
    return f"{', '.join(parts)} in {where}{waived}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _line(out: Console, text: Text) -> None:
    out.print(text, soft_wrap=True)
