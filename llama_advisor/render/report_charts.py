"""The charts of the HTML report, each with its key and a table of the same figures."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.explain.options import front, quality_and_cost, quality_and_speed
from llama_advisor.render import charts
from llama_advisor.render.html import details, table, text
from llama_advisor.render.page_style import CHART
from llama_advisor.render.screen import number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.explain.options import Figures, Option
    from llama_advisor.explain.report import Report
    from llama_advisor.knowledge.base import RuleBase

MOST_BARS = 6
MARKS = (
    "Filled marks and the dashed line are the Pareto front, rings qualify too; numbers are places in the ranking, "
    "the diamond is the first of them. Crosses on the right are ruled out, in a column for each reason."
)
IMAGES = "image cache"
PARTS = ("weights", "KV cache", IMAGES, "overhead")


class Trade(NamedTuple):
    """Two figures that are weighed against each other."""

    name: str
    title: str
    label: str
    unit: str
    figures: Callable[[Option], Figures | None]


SPEED = Trade("speed", "Quality and speed", "tokens/s per user", "tokens/s", quality_and_speed)
COST = Trade("cost", "Quality and cost", "USD a month", "USD a month", quality_and_cost)


FRONTS = (("speed", quality_and_speed), ("cost", quality_and_cost))


def trade_figure(trade: Trade, report: Report, base: RuleBase) -> str:
    """Return the chart of all builds that qualify, those ruled out beside it; nothing where no figure is known."""
    known = [(found, item) for item in report.options if item.excuse is None and (found := trade.figures(item))]
    known = [(found, item) for found, item in known if found[1]]
    if not known:
        return ""
    best = front((item for _, item in known), trade.figures)
    places = {_key(item): build.rank for build in report.advice.ranking for _, item in known if _same(item, build)}
    points = [
        charts.Point(abs(found[1]), found[0], places.get(_key(item)), any(item is other for other in best))
        for found, item in known
    ]
    out = [
        (item.excuse.bottleneck, item.quality) for item in report.options if item.excuse and item.quality is not None
    ]
    drawn = charts.scatter(points, out, f"{trade.label}, logarithmic", "quality for this work, 0 to 100")
    says = f"{len(known)} builds qualify, {len(best)} of them beaten by no other in both; {len(out)} are ruled out."
    svg = charts.coloured(charts.svg(drawn, trade.name, trade.title, f"{says} The table below has them all."), CHART)
    ranked = sorted(((places[_key(item)], item) for _, item in known if _key(item) in places), key=itemgetter(0))
    key = "".join(f'<li value="{place}">{text(_keyed(item, trade, base))}</li>\n' for place, item in ranked)
    return f"<figure>\n{svg}<figcaption>\n<p>{text(says)} {MARKS}</p>\n<ol>\n{key}</ol>\n</figcaption>\n</figure>\n"


def _key(item: Option) -> tuple[str | None, ...]:
    return item.model, item.quantization, item.engine, item.machine, item.provider


def _same(item: Option, build: Build) -> bool:
    machine = build.machine.name if build.machine else None
    return _key(item) == (build.model, build.quantization, build.engine, machine, build.provider)


def _keyed(item: Option, trade: Trade, base: RuleBase) -> str:
    found = trade.figures(item)
    assert found is not None
    return f"{option_name(item, base)}: quality {found[0]:.0f}, {number(abs(found[1]))} {trade.unit}"


def option_name(item: Option, base: RuleBase) -> str:
    """Return `model, quantization, engine on machine`."""
    model = base.models[item.model].name.removeprefix("Llama ")
    if item.provider:
        return f"{model}, hosted by {item.provider}"
    where = f" on {item.machine}" if item.machine else ""
    return f"{model}, {item.quantization}, {base.engines[item.engine].name}{where}"


def options_table(options: Sequence[Option], base: RuleBase) -> str:
    """Return every build judged, with its figures or what rules it out."""
    fronts = [(name, front(options, figures)) for name, figures in FRONTS]
    heads = ("build", "quality", "tok/s", "USD/month", "GiB", "score", "on the front of", "ruled out because")
    rows = [
        (
            option_name(item, base),
            _figure(item.quality),
            _figure(item.tokens_per_s),
            _figure(item.usd_per_month),
            _figure(item.total_gib),
            "-" if item.score is None else f"{item.score:.2f}",
            ", ".join(name for name, best in fronts if any(item is other for other in best)) or "-",
            item.excuse.text if item.excuse else "-",
        )
        for item in options
    ]
    caption = "Every build that was judged: those that qualify, best first, then the nearest misses"
    made = table(caption, heads, rows, frozenset({1, 2, 3, 4, 5}))
    return details(f"All {len(options)} builds as a table", made)


def _figure(value: float | None) -> str:
    return "-" if value is None else number(value)


def memory_figure(advice: Advice, base: RuleBase) -> str:
    """Return the memory of the best builds as bars; nothing where none of them takes any of one's own."""
    builds = [build for build in advice.ranking if build.memory][:MOST_BARS]
    if advice.recommendation and advice.recommendation.memory and not builds:
        builds = [advice.recommendation]
    if not builds:
        return ""
    drawn = charts.bars([_bar(build, base) for build in builds], "GiB")
    says = "Memory of each model's best build by part, and what its machine has for it"
    svg = charts.coloured(charts.svg(drawn, "memory", "Memory", f"{says}; the table below has the figures."), CHART)
    images = any(build.memory and build.memory.image_cache_gib for build in builds)
    key = "".join(
        f'<li><span class="part-{place}" aria-hidden="true"></span>{name}</li>'
        for place, name in enumerate(PARTS, 1)
        if images or name != IMAGES
    )
    key += '<li><span class="bar" aria-hidden="true"></span>there for it</li>'
    return (
        f'<figure>\n{svg}<figcaption>\n<p>{says}.</p>\n<ul class="key">{key}</ul>\n</figcaption>\n</figure>\n'
        + details("Memory as a table", _memory_table(builds, base))
    )


def _bar(build: Build, base: RuleBase) -> charts.Bar:
    assert build.memory is not None
    memory = build.memory
    parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
    return charts.Bar(_build_name(build, base), parts, memory.available_gib)


def _build_name(build: Build, base: RuleBase) -> str:
    where = f" on {build.machine.name}" if build.machine else ""
    return f"{base.models[build.model].name.removeprefix('Llama ')}, {build.quantization}{where}"


def _memory_table(builds: Sequence[Build], base: RuleBase) -> str:
    rows = []
    for build in builds:
        memory = build.memory
        assert memory is not None
        parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
        there = "-" if memory.available_gib is None else f"{memory.available_gib:.2f}"
        rows.append((_build_name(build, base), *(f"{part:.2f}" for part in parts), f"{memory.total_gib:.2f}", there))
    heads = ("build", *PARTS, "in all", "there")
    return table("Memory, GiB", heads, rows, frozenset(range(1, len(heads))))
