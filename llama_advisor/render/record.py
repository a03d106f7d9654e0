"""A decision record in Markdown, to be committed: it needs no templates, and what a scenario or rule says is text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.explain.options import nearest_excuse
from llama_advisor.explain.why import Report
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View, as_file
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

WORDS = table(__file__)
_MARKS = re.compile(r"([\\`*\[\]|~#$])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BACKTICKS = re.compile(r"`+")
_ADDRESS = re.compile(r"(https://[\w./%+@-]*\w)")
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")


def record(report: Report, base: RuleBase, view: View) -> str:
    """Write the whole record."""
    advice, build = report.advice, report.advice.recommendation
    title = say.described(build, base) if build else "no Llama 3.1 or 3.2 build fits"
    shown = advice.rulebase
    layers = f", with {', '.join(shown.layers)} over it" if shown.layers else ""
    head = (
        f"Status: {WORDS['status'][advice.verdict]}",
        f"Answered for: {advice.as_of}",
        f"By: llama-advisor {shown.version}, rule base {shown.hash}{layers}",
    )
    stated = [(field, say.value_text(value)) for field, value in report.stated.items()]
    assumed = [(item.field, say.value_text(item.value), item.why) for item in advice.assumptions]
    sources = [(item.id, item.text, item.kind, item.read) for item in report.sources]
    heads = ("#", "model", "build", "GiB", "tokens/s", "USD/month", "score")
    ranked = say.ranking_rows(advice, base)
    options = _table(heads, ranked, frozenset({0, 3, 4, 5, 6})) if ranked else []
    if advice.excluded:
        options += [*([""] if options else []), "Ruled out:", "", *_items(say.excluded_lines(advice, base))]
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
        ("Options considered", options),
        ("Decision", _decision(advice, build, base)),
        ("Consequences", _items(_consequences(advice, build, base))),
        ("What would change it", _items(say.turn_lines(advice.tipping_points or (), base))),
        ("Assumptions", _table(("field", "value", "why"), assumed) if assumed else []),
        ("Sources", _table(("id", "source", "kind", "read on"), sources, write=_linked)),
        ("How to check again", again),
    )
    lines = [f"# Decision: {_text(title)}", "", *_items(head)]
    for heading, body in parts:
        lines += ["", f"## {heading}", "", *(body or ["None."])]
    return "\n".join(lines) + "\n"


def _decision(advice: Advice, build: Build | None, base: RuleBase) -> list[str]:
    if build is None:
        missed = nearest_excuse(advice)
        return [_text(f"None. The nearest miss: {missed.excuse.text}.")] if missed else ["None."]
    rows = [say.part_row(part, base) for part in build.contributions]
    said = say.reason_line(advice, build, base)
    lines = [f"**{_text(say.described(build, base))}**", "", _text(said[0].upper() + said[1:]), ""]
    lines += [_text(f"Its {build.score:.2f} points are the sum of:"), ""]
    lines += _table(("points", "from", "reading", "source"), rows, frozenset({0}))
    if advice.robustness:
        margin, share = say.firm_text(advice.robustness)
        lines += ["", _text(f"Against the next model it has {margin}; it {share}.")]
    if build.commands:
        lines += ["", "To run it:", "", *_fence(say.command_lines(build.commands), "sh")]
    return lines


def _consequences(advice: Advice, build: Build | None, base: RuleBase) -> Iterator[str]:
    for change in advice.changes:
        yield f"change: {say.change_text(change)}"
    if build and build.memory:
        yield f"memory: {say.memory_line(build.memory)}"
    if build and build.speed:
        first = say.range_text(build.speed.first_token_s)
        yield f"speed: {say.range_text(build.speed.decode_tokens_per_s)} tokens/s per user, first token after {first} s"
    if build and build.capacity:
        yield f"serves: {say.serves(build.capacity)}"
    if build and build.training:
        yield f"tuning: {build.training.method}, {build.training.total_gib:.1f} GiB in all"
    if build and build.cost:
        yield f"cost: {say.cost_line(build.cost)}"
    beside = say.beside(advice, base)
    for heading, prefix in WORDS["beside"].items():
        yield from (prefix + line for line in beside[heading])


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
