"""A decision record in Markdown, to be committed: it needs no templates, and what a scenario or rule says is text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from llama_advisor.engine.advice import Advice
from llama_advisor.explain.why import Report
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View, as_file
from llama_advisor.text.yaml_file import printable

_MARKS = re.compile(r"([\\`*\[\]|~#$])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BACKTICKS = re.compile(r"`+")
_ADDRESS = re.compile(r"(https://[\w./%+@-]*\w)")
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")


def record(report: Report, base: RuleBase, view: View) -> str:
    """Write the whole record."""
    advice, shown = report.advice, report.advice.rulebase
    layers = f", with {', '.join(shown.layers)} over it" if shown.layers else ""
    head = (
        f"Status: {say.VERDICTS[advice.verdict].lower()}",
        f"Answered for: {advice.as_of}",
        f"By: llama-advisor {shown.version}, rule base {shown.hash}{layers}",
    )
    stated = [(field, say.value_text(value)) for field, value in report.stated.items()]
    assumed = [(item.field, say.value_text(item.value), item.why) for item in advice.assumptions]
    sources = [(item.id, item.text, item.kind, item.read) for item in report.sources]
    beside = say.beside(advice, base)
    asked, excluded = _items(beside.pop("The build you asked about")), beside.pop("Excluded")
    if advice.asked and advice.asked.forms:
        asked += ["", *_table(*say.forms(advice.asked, base))]
    options = _table(*say.ranking(advice, advice.ranking, base, why=True)) if advice.ranking else []
    if excluded:
        options += [*([""] if options else []), "Ruled out:", "", *_items(excluded)]
    again = [
        *_fence([view.command], "sh"),
        "",
        _text(f"With llama-advisor {shown.version} and rule base {shown.hash} it prints this page, byte for byte."),
        "Another rule base may answer otherwise; the difference of the two pages shows what moved.",
        "",
        "The scenario as it was stated, as a file (scenario.yaml above, where it came by standard input):",
        "",
        *_fence(as_file(report.stated), "yaml"),
    ]
    parts = (
        ("Context", ["What was asked:", "", *_table(("field", "value"), stated)] if stated else []),
        ("Decision", _decision(advice, base)),
        *((("The build that was asked about", asked),) if asked else ()),
        ("Options considered", options),
        ("Consequences", _consequences(advice, beside)),
        ("What would change it", _items(say.turn_lines(advice.tipping_points or (), base))),
        ("Assumptions", _table(("field", "value", "why"), assumed) if assumed else []),
        ("Sources", _table(("id", "source", "kind", "read on"), sources, write=_linked)),
        ("How to check again", again),
    )
    lines = [f"# Decision: {_text(say.title(advice, base))}", "", *_items(head)]
    for heading, body in parts:
        lines += ["", f"## {heading}", "", *(body or ["None."])]
    return "\n".join(lines) + "\n"


def _decision(advice: Advice, base: RuleBase) -> list[str]:
    build, why = advice.recommendation, _text(say.why(advice, base))
    if build is None:
        return [why]
    lines = [f"**{_text(say.described(build, base))}**", "", why, ""]
    lines += [f"{close}\n"] if (close := say.close_text(advice, base)) else []
    lines += [f"- {_text(name)}: <{address}>" for name, address in say.links(build, base)]
    lines += ["", _text(f"Its {build.score:.2f} points are the sum of:"), ""]
    rows = [say.part_row(part, base) for part in build.contributions]
    lines += _table(*say.filled(("points", "from", "reading", "source"), rows, {0}))
    if advice.robustness:
        margin, share = say.firm_text(advice.robustness)
        lines += ["", _text(f"Against the next model it has {margin}; it {share}.")]
    if build.commands:
        lines += ["", "To run it:", "", *_fence(say.command_lines(build.commands), "sh")]
    return lines


def _consequences(advice: Advice, beside: dict[str, list[str]]) -> list[str]:
    build = advice.recommendation
    lines = _items(f"change: {say.change_text(change)}" for change in advice.changes)
    lines += _items(f"{name}: {line}" for name, told in (say.figures(build) if build else {}).items() for line in told)
    for heading, told in beside.items():
        if told:
            lines += [*([""] if lines else []), f"### {heading}", "", *_items(told)]
    return lines


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


def _table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: frozenset[int] = frozenset(),
    write: Callable[[object], str] = _text,
) -> list[str]:
    rule = ["---:" if place in numbers else "---" for place in range(len(heads))]
    body = [[write(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in ([_text(head) for head in heads], rule, *body)]


def _fence(lines: Sequence[str], language: str) -> list[str]:
    """Return a code block whose fence is longer than any inside it."""
    plain = [printable(line) for line in lines]
    longest = max((len(run) for line in plain for run in _BACKTICKS.findall(line)), default=0)
    mark = "`" * max(3, longest + 1)
    return [f"{mark}{language}", *plain, mark]
