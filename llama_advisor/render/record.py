"""A decision record in Markdown, to be committed: it needs no templates, and what a scenario or rule says is text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from llama_advisor.engine.advice import Command
from llama_advisor.explain.why import Report
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.document import Block, sections
from llama_advisor.render.formats import View, fence
from llama_advisor.text.yaml_file import printable

_MARKS = re.compile(r"([\\`*\[\]|~#$])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ADDRESS = re.compile(r"(https://[\w./%+@-]*\w)")
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")


def record(report: Report, base: RuleBase, view: View) -> str:
    """Write the whole record."""
    advice = report.advice
    head = (f"Status: {say.VERDICTS[advice.verdict].lower()}", f"Answered for: {advice.as_of}")
    lines = [f"# Decision: {_text(say.title(advice, base))}", "", *_items(head)]
    for title, blocks in sections(report, base, view):
        lines += ["", f"## {title}"]
        for block in blocks:
            lines += [*(["", f"{_text(block.title)}:"] if block.title else []), "", *_written(block)]
    return "\n".join(lines) + "\n"


def _written(block: Block) -> list[str]:
    match block.kind:
        case "table" | "fields" | "sources":
            return _table(block.body, _linked if block.kind == "sources" else _text)
        case "code" | "steps":
            return _fence(block.body if block.kind == "code" else _steps(block.body), block.language)
        case "links":
            return [f"- {_text(name)}: <{address}>" for name, address in block.body]
        case "figures":
            return _items(f"{name}: {'; '.join(told)}" for name, told in block.body.items())
        case "items":
            return _items(block.body)
        case _:
            return [_text(block.body)]


def _steps(commands: Iterable[Command]) -> list[str]:
    steps = (item.run if item.language == "sh" else f"# in {item.language}:\n{item.run}" for item in commands)
    return "\n".join(steps).splitlines()


def _text(value: object) -> str:
    """Return a value as text on one line; marks of Markdown and HTML are escaped, no address becomes a link."""
    plain = printable(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _MARKS.sub(lambda match: f"\\{match[0]}", plain)
    return _LINKS.sub(lambda match: f"{match[1]}&#{ord(match[2])};", marked)


def _linked(value: object) -> str:
    """Return a value as text in which plain addresses are links."""
    return "".join(f"<{part}>" if _ADDRESS.fullmatch(part) else _text(part) for part in _ADDRESS.split(str(value)))


def _items(values: Iterable[object]) -> list[str]:
    return [f"- {_text(value)}" for value in values]


def _table(table: say.Table, write: Callable[[object], str]) -> list[str]:
    rule = ["---:" if place in table.right else "---" for place in range(len(table.heads))]
    body = [[write(cell) for cell in row] for row in table.rows]
    return [f"| {' | '.join(row)} |" for row in ([_text(head) for head in table.heads], rule, *body)]


def _fence(lines: Sequence[str], language: str) -> list[str]:
    """Return a code block whose fence is longer than any inside it."""
    plain = [printable(line) for line in lines]
    mark = fence("\n".join(plain), 3)
    return [f"{mark}{language}", *plain, mark]
