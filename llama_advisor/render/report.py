"""A report as a page: its sections, with charts of what there is to choose from and of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.explain.options import Figures, Option, front, quality_and_cost, quality_and_speed
from llama_advisor.explain.reason import brief
from llama_advisor.explain.why import Report
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.document import Block, sections
from llama_advisor.render.formats import View
from llama_advisor.render.page import grid_blocks, page
from llama_advisor.render.svg import Bar, Point, bars, scatter
from llama_advisor.text.numbers import number

MOST_BARS = 6
IMAGES = "image cache"
MARKS = (
    "Filled marks, joined by the dashed line, are beaten by no other in both figures (the Pareto front); rings qualify "
    "too. Numbers are places in the ranking, the diamond is the first. Crosses are ruled out, a column for each reason."
)
PARTS = ("weights", "KV cache", IMAGES, "overhead")


class Trade(NamedTuple):
    """Two figures that are weighed against each other."""

    name: str
    title: str
    label: str
    unit: str
    figures: Callable[[Option], Figures | None]


TRADES = (
    Trade("speed", "Quality and speed", "tokens/s per user", "tokens/s", quality_and_speed),
    Trade("cost", "Quality and cost", "USD a month", "USD a month", quality_and_cost),
)


def report_html(report: Report, base: RuleBase, view: View) -> str:
    """Write the whole page."""
    trades = [chart for trade in TRADES if (chart := _trade(trade, report, base))]
    drawn = [
        ("What there is to choose from", [*trades, *_options(report.options, base)]),
        ("Memory", _memory(report.advice, base)),
    ]
    varied = grid_blocks(report.grid, base, folded=True) if report.grid else ()
    advice = report.advice
    return page(advice.as_of, say.title(advice, base), advice.verdict, sections(report, base, view, varied, drawn))


def _trade(trade: Trade, report: Report, base: RuleBase) -> Block | None:
    """Return the chart of all builds that qualify, those ruled out beside it; None where no figure is known."""
    fitting = (item for item in report.options if item.excuse is None)
    known = [(found, item) for item in fitting if (found := trade.figures(item)) and found[1]]
    if not known:
        return None
    best = front((item for _, item in known), trade.figures)
    places = {_key(build): build.rank for build in report.advice.ranking}
    points, ranked = [], []
    for (quality, other), item in known:
        place = places.get(_key(item))
        label = brief(base.models[item.model]) if place else ""
        points.append(Point(abs(other), quality, place, any(item is one for one in best), label))
        if place:
            ranked.append((place, f"{_named(item, base)}: quality {quality:.1f}, {number(abs(other))} {trade.unit}"))
    missed = ((item.excuse, item.quality) for item in report.options)
    out = [(excuse.bottleneck, quality) for excuse, quality in missed if excuse and quality is not None]
    says = f"{len(known)} builds qualify, {len(best)} of them beaten by no other in both; {len(out)} are ruled out."
    axes = (f"{trade.label}, logarithmic", "quality for this work, 0 to 100")
    chart = scatter(trade.name, (trade.title, f"{says} The table below has them all."), points, out, axes)
    drawn = {"svg": chart, "says": f"{says} {MARKS}", "ranked": sorted(ranked, key=itemgetter(0))}
    return Block("chart", drawn, trade.title)


def _key(build: Build | Option) -> tuple[str | None, ...]:
    """Return what makes a build of the ranking and one of the options the same."""
    machine = build.machine if isinstance(build, Option) else build.machine.name if build.machine else None
    return build.model, build.quantization, build.engine, machine, build.provider


def _named(item: Option, base: RuleBase) -> str:
    if item.provider:
        return f"{brief(base.models[item.model])}, hosted by {base.providers[item.provider].name}"
    where = f" on {item.machine}" if item.machine else ""
    return f"{brief(base.models[item.model])}, {item.quantization}, {base.engines[item.engine].name}{where}"


def _options(options: Sequence[Option], base: RuleBase) -> Iterator[Block]:
    """Yield how many builds are ruled out by what, and every build judged, with its figures or what rules it out."""
    fronts = [(trade.name, front(options, trade.figures)) for trade in TRADES]
    rows = [
        (
            _named(item, base),
            *map(number, (item.quality, item.tokens_per_s, item.usd_per_month, item.total_gib)),
            "" if item.score is None else f"{item.score:.2f}",
            ", ".join(name for name, best in fronts if any(item is other for other in best)),
            item.excuse.text if item.excuse else "",
        )
        for item in options
    ]
    if out := Counter(sorted(item.excuse.bottleneck for item in options if item.excuse)):
        said = ", ".join(f"{kind} {count}" for kind, count in out.most_common())
        yield Block("text", f"{out.total()} of {len(options)} builds are ruled out, by: {said}.")
    heads = ("build", "quality", "tok/s", "USD/month", "GiB", "score", "on the front of", "ruled out because")
    yield Block("table", say.filled(heads, rows, {1, 2, 3, 4, 5}), f"All {len(options)} builds as a table", folded=True)


def _memory(advice: Advice, base: RuleBase) -> list[Block]:
    """Return the memory of the best builds as bars and rows; nothing where none of them takes any of one's own."""
    drawn, rows = [], []
    builds = advice.ranking or filter(None, [advice.recommendation])
    for build, memory in [(build, build.memory) for build in builds if build.memory][:MOST_BARS]:
        where = f" on {build.machine.name}" if build.machine else ""
        name = f"{brief(base.models[build.model])}, {build.quantization}{where}"
        parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
        drawn.append(Bar(name, parts, memory.available_gib))
        rows.append((name, *map(number, (*parts, memory.total_gib, memory.available_gib))))
    if not drawn:
        return []
    says = "Memory of each model's best build by part, and what its machine has for it"
    used = [any(item.parts_gib[place] for item in drawn) or name != IMAGES for place, name in enumerate(PARTS)]
    key = [(place, name) for place, name in enumerate(PARTS, 1) if used[place - 1]]
    svg = bars("memory", ("Memory", f"{says}; the table below has the figures."), drawn, "GiB")
    chart = {"svg": svg, "says": f"{says}.", "key": key}
    table = say.filled(("build", *PARTS, "in all", "there"), rows, {1, 2, 3, 4, 5, 6})
    return [Block("chart", chart), Block("table", table, "Memory as a table, GiB", folded=True)]
