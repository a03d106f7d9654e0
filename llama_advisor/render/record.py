"""A decision record in Markdown, to be committed: context, options, decision, consequences, how to check again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.advice_text import (
    alternative_lines,
    cost_line,
    described,
    excluded_lines,
    memory_line,
    nearest_excuse,
    range_text,
    ranking_row,
    reason_line,
    relaxed_line,
)
from llama_advisor.render.json_text import as_file
from llama_advisor.render.markdown import fence, items, table, text
from llama_advisor.render.reasons import change_text, decided_by, turn_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.explain.report import Report
    from llama_advisor.knowledge.base import RuleBase

STATUS = {
    "recommended": "recommended",
    "recommended_with_caveats": "recommended, with caveats",
    "change_requirement": "proposed: needs a requirement changed",
    "no_fit": "nothing fits as asked",
}


def record(report: Report, base: RuleBase, command: str) -> str:
    """Return the whole record; `command` prints it again."""
    advice, build = report.advice, report.advice.recommendation
    title = described(build, base) if build else "no Llama 3.1 or 3.2 build fits"
    lines = [f"# Decision: {text(title)}", "", *items(_head(advice))]
    parts = (
        ("Context", _context(report)),
        ("Options considered", _options(advice, base)),
        ("Decision", _decision(advice, build, base)),
        ("Consequences", _consequences(advice, build, base)),
        ("What would change it", items([turn_text(point, base) for point in advice.tipping_points or ()])),
        ("Assumptions", _assumptions(advice)),
        (
            "Sources",
            table(
                ("id", "source", "kind", "read on"),
                [(item.id, item.text, item.kind, item.read) for item in report.sources],
            ),
        ),
        ("How to check again", _again(report, command)),
    )
    for heading, body in parts:
        lines += ["", f"## {heading}", "", *(body or ["None."])]
    return "\n".join(lines) + "\n"


def _head(advice: Advice) -> Iterator[str]:
    base = advice.rulebase
    yield f"Status: {STATUS[advice.verdict]}"
    yield f"Answered for: {advice.as_of}"
    layers = f", with {', '.join(base.layers)} over it" if base.layers else ""
    yield f"By: llama-advisor {base.version}, rule base {base.hash}{layers}"


def _context(report: Report) -> list[str]:
    rows = [(field, value_text(value)) for field, value in report.stated.items()]
    return ["What was asked:", "", *table(("field", "value"), rows)] if rows else []


def _options(advice: Advice, base: RuleBase) -> list[str]:
    lines: list[str] = []
    if advice.ranking:
        heads = ("#", "model", "build", "GiB", "tokens/s", "USD/month", "score")
        lines = table(heads, [ranking_row(build, base) for build in advice.ranking], frozenset({0, 3, 4, 5, 6}))
    if advice.excluded:
        lines += [*([""] if lines else []), "Ruled out:", "", *items(excluded_lines(advice, base))]
    return lines


def _decision(advice: Advice, build: Build | None, base: RuleBase) -> list[str]:
    if build is None:
        missed = nearest_excuse(advice)
        return [text(f"None. The nearest miss: {missed.excuse.text}.")] if missed else ["None."]
    rows = [
        (
            f"{part.points:+.2f}" if part.rule else f"{part.points:.2f}",
            part.rule or part.criterion,
            part.text + decided_by(part.layer, base),
            ", ".join(part.source) or "-",
        )
        for part in build.contributions
    ]
    lines = [f"**{text(described(build, base))}**", "", text(_capital(reason_line(advice, build, base))), ""]
    lines += [text(f"Its {build.score:.2f} points are the sum of:"), ""]
    lines += table(("points", "from", "reading", "source"), rows, frozenset({0}))
    if advice.robustness:
        stands = advice.robustness
        share = f"leads under {stands.share_of_weightings_won:.0%} of all weightings"
        lines += ["", text(f"Against the next model it has {stands.margin:+.2f} points; it {share}.")]
    if build.commands:
        lines += ["", "To run it:", "", *fence(build.commands, "sh")]
    return lines


def _capital(said: str) -> str:
    return said[0].upper() + said[1:]


def _consequences(advice: Advice, build: Build | None, base: RuleBase) -> list[str]:
    lines = [f"change: {change_text(change)}" for change in advice.changes]
    if build:
        lines += _figures(build)
    lines += [f"caveat: {caveat.text}{decided_by(caveat.layer, base)}" for caveat in advice.caveats]
    lines += [
        f"wish, {wish.field} {wish.asked}: {wish.outcome.replace('_', ' ')}; {wish.text}" for wish in advice.wishes
    ]
    lines += [f"would help: {relaxed_line(item.changes, item.then.model, base)}" for item in advice.relaxations]
    lines += [f"way round, {route.kind.replace('_', ' ')}: {route.text}" for route in advice.routes]
    lines += [f"instead, hosted: {line}" for line in alternative_lines(advice, base, hosted=True)]
    lines += [f"instead, on rented hardware: {line}" for line in alternative_lines(advice, base, hosted=False)]
    return items(lines)


def _figures(build: Build) -> list[str]:
    lines = []
    if build.memory:
        lines.append(f"memory: {memory_line(build)}")
    if build.speed:
        speed = range_text(build.speed.decode_tokens_per_s)
        lines.append(f"speed: {speed} tokens/s per user, first token after {range_text(build.speed.first_token_s)} s")
    if build.training:
        lines.append(f"tuning: {build.training.method}, {build.training.total_gib:.1f} GiB in all")
    if build.cost:
        lines.append(f"cost: {cost_line(build)}")
    return lines


def _assumptions(advice: Advice) -> list[str]:
    rows = [(item.field, value_text(item.value), item.why) for item in advice.assumptions]
    return table(("field", "value", "why"), rows) if rows else []


def _again(report: Report, command: str) -> list[str]:
    base = report.advice.rulebase
    return [
        *fence([command], "sh"),
        "",
        text(f"With llama-advisor {base.version} and rule base {base.hash} it prints this page, byte for byte."),
        "Another rule base may answer otherwise; the difference of the two pages shows what moved.",
        "",
        "The scenario as it was stated, as a file (scenario.yaml above, where it came by standard input):",
        "",
        *fence(as_file(report.stated), "yaml"),
    ]
