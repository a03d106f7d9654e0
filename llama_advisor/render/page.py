"""A report as one HTML file that needs nothing else: answer, charts, reasons, what-if, sources."""

from __future__ import annotations

from collections import Counter
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
from llama_advisor.render.html import code, details, figures, items, page, paragraph, section, table, text
from llama_advisor.render.json_text import as_file
from llama_advisor.render.page_style import style
from llama_advisor.render.panels import NONE, field_name, label, letters, placed, turn_texts, winner_of, winner_text
from llama_advisor.render.reasons import decided_by, readings, turn_text, value_text
from llama_advisor.render.report_charts import COST, SPEED, memory_figure, options_table, trade_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.explain.grid import Cell, Grid
    from llama_advisor.explain.report import Report
    from llama_advisor.knowledge.base import RuleBase

NO_FIGURES = "No build that qualifies has a known speed or price, so there is no chart."
NOTHING_FITS = "No build qualifies as asked, so there is none to chart; the table says what rules out each of them."
NO_BUILD = "No Llama 3.1 or 3.2 build fits this scenario"


def report_html(report: Report, base: RuleBase, command: str) -> str:
    """Return the whole page; `command` prints it again."""
    advice = report.advice
    build = advice.recommendation
    title = described(build, base) if build else NO_BUILD
    parts = (
        ("answer", "The answer", _answer(advice, base)),
        ("why", "Why", _why(build, base) if build else ""),
        ("trade", "What there is to choose from", _trade(report, base)),
        ("memory-bars", "Memory", memory_figure(advice, base)),
        ("ranking", "Ranking", _ranking(advice, base)),
        ("out", "What excluded the rest", _excluded(report, base)),
        ("whatif", "What if", _whatif(report.grid, base) if report.grid else ""),
        ("turns", "What would change it", _list([turn_text(point, base) for point in advice.tipping_points or ()])),
        ("caveats", "Caveats", _list([caveat.text + decided_by(caveat.layer, base) for caveat in advice.caveats])),
        ("ways", "Ways round", _ways(advice, base)),
        ("assumed", "What was asked, and what was assumed", _asked(report)),
        ("sources", "Sources", _sources(report)),
        ("again", "Check again", _again(report, command)),
    )
    main = "".join(section(name, heading, body) for name, heading, body in parts if body)
    over = f"Which Llama to deploy · answered for {advice.as_of}"
    header = f'<p class="over">{text(over)}</p>\n<h1>{text(title)}</h1>\n{paragraph(_subtitle(advice, build, base))}'
    footer = paragraph("Advice about licences is not legal advice. Speeds are predictions with a range.")
    return page(f"{title} - llama-advisor report", style(), header, main, footer)


def _subtitle(advice: Advice, build: Build | None, base: RuleBase) -> str:
    if build:
        said = reason_line(advice, build, base)
        return said[0].upper() + said[1:]
    missed = nearest_excuse(advice)
    return f"The nearest miss: {missed.excuse.text}." if missed else "Nothing was judged."


def _list(lines: Sequence[str]) -> str:
    return items(lines) if lines else ""


def _answer(advice: Advice, base: RuleBase) -> str:
    build = advice.recommendation
    if build is None:
        return _list([relaxed_line(item.changes, item.then.model, base) for item in advice.relaxations])
    pairs = [("score", f"{build.score:.2f} of 100")]
    if build.memory:
        pairs.append(("memory", memory_line(build)))
    if build.speed:
        pairs.append(("speed per user", f"{range_text(build.speed.decode_tokens_per_s)} tokens/s"))
        pairs.append(("first token", f"after {range_text(build.speed.first_token_s)} s"))
    if build.training:
        pairs.append(("tuning", f"{build.training.method}: {build.training.total_gib:.1f} GiB in all"))
    if build.cost:
        pairs.append(("cost", cost_line(build)))
    if advice.robustness:
        stands = advice.robustness
        share = f"leads under {stands.share_of_weightings_won:.0%} of all weightings"
        pairs.append(("how firm", f"{stands.margin:+.2f} points ahead; {share}"))
    run = f"<h3>Run it</h3>\n{code(build.commands)}" if build.commands else ""
    wishes = [f"{wish.field} {wish.asked}: {wish.outcome.replace('_', ' ')}; {wish.text}" for wish in advice.wishes]
    return figures(pairs) + _list(wishes) + run


def _why(build: Build, base: RuleBase) -> str:
    rows = [
        (
            part.rule or part.criterion,
            f"{part.points:+.2f}" if part.rule else f"{part.points:.2f}",
            part.text + decided_by(part.layer, base),
            ", ".join(part.source) or "-",
        )
        for part in build.contributions
    ]
    made = table(
        "The parts of the score; they add up to it", ("from", "points", "reading", "source"), rows, frozenset({1})
    )
    read = "".join(
        f"<h3>{text(part.rule or part.criterion)}</h3>\n{items(readings(part))}" for part in build.contributions
    )
    return made + details("The figures and tests behind each part", read)


def _trade(report: Report, base: RuleBase) -> str:
    drawn = "".join(
        f"<h3>{text(trade.title)}</h3>\n{chart}"
        for trade in (SPEED, COST)
        if (chart := trade_figure(trade, report, base))
    )
    if not drawn:
        fits = any(item.excuse is None for item in report.options)
        drawn = paragraph(NO_FIGURES if fits else NOTHING_FITS)
    return drawn + options_table(report.options, base)


def _ranking(advice: Advice, base: RuleBase) -> str:
    if not advice.ranking:
        return ""
    found = (ranking_row(build, base) for build in advice.ranking)
    rows = [(f"{place}. {model}", *rest) for place, model, *rest in found]
    heads = ("model", "build", "GiB", "tok/s", "USD/month", "score")
    return table("Each model by its best build", heads, rows, frozenset({2, 3, 4, 5}))


def _excluded(report: Report, base: RuleBase) -> str:
    out = [item.excuse for item in report.options if item.excuse]
    counted = Counter(excuse.bottleneck for excuse in out)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
    intro = paragraph(f"{len(out)} builds are ruled out, by: {told}.") if out else ""
    models = _list(excluded_lines(report.advice, base))
    return intro + (f"<h3>Models without any build</h3>\n{models}" if models else "")


def _whatif(grid: Grid, base: RuleBase) -> str:
    down, across = grid.axes
    known = letters(grid)
    cells = {cell.at: cell for cell in grid.cells}
    rows = [
        (
            label(down, row),
            *(_cell(cells[row, column], base) for column in range(len(across.values))),
        )
        for row in range(len(down.values))
    ]
    heads = (field_name(down.field), *(placed(across, place) for place in range(len(across.labels))))
    key = _list([f"{sign}: {winner_text(winner, base)}" for winner, sign in known.items()])
    made = table("The winner at other contexts and with other numbers of requests at a time", heads, rows, style="grid")
    turns = [f"{where}: {why}" for where, why in turn_texts(grid)]
    if not turns:
        return made + paragraph("The winner stays the same." if known else "Nothing fits in any of them.")
    return f"{made}<h3>Why it changes</h3>\n{_list(turns)}<p>The letters:</p>\n{key}"


def _cell(cell: Cell, base: RuleBase) -> str:
    winner = winner_of(cell)
    if winner is None:
        return f"{NONE} nothing fits"
    model, quantization, _, provider = winner
    return f"{base.models[model].name.removeprefix('Llama ')}, {provider or quantization}"


def _ways(advice: Advice, base: RuleBase) -> str:
    lines = [
        *(f"{route.kind.replace('_', ' ')}: {route.text}" for route in advice.routes),
        *(f"hosted instead: {line}" for line in alternative_lines(advice, base, hosted=True)),
        *(f"on rented hardware instead: {line}" for line in alternative_lines(advice, base, hosted=False)),
    ]
    return _list(lines)


def _asked(report: Report) -> str:
    rows = [
        *((field, value_text(value), "stated") for field, value in report.stated.items()),
        *((item.field, value_text(item.value), f"assumed: {item.why}") for item in report.advice.assumptions),
    ]
    return table("The scenario as it was decided upon", ("field", "value", "origin"), rows)


def _sources(report: Report) -> str:
    rows = [(source.id, source.text, source.kind, str(source.read)) for source in report.sources]
    return table("What the answer rests on", ("id", "source", "kind", "read on"), rows)


def _again(report: Report, command: str) -> str:
    base = report.advice.rulebase
    layers = f", with {', '.join(base.layers)} over it" if base.layers else ""
    said = f"Answered by llama-advisor {base.version} with rule base {base.hash}{layers}. To print this page again:"
    scenario = details("The scenario as it was stated, as a file", code(as_file(report.stated)))
    return paragraph(said) + code([command]) + scenario
