"""Charts as SVG text: the one place that draws, through matplotlib, an extra. Same input, same bytes."""

from __future__ import annotations

import io
import re
from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONT_PT = 10
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": FONT_PT,
    "axes.unicode_minus": False,
}
INK, MUTED, LINE, SURFACE = "#010101", "#010102", "#010103", "#010104"
GOOD, PICK = "#010105", "#010106"
PARTS = ("#010107", "#010108", "#010109", "#01010a")
"""Colours that stand for roles until `coloured` puts a page's own in their place."""
ROLES = {
    INK: "ink",
    MUTED: "muted",
    LINE: "line",
    SURFACE: "surface",
    GOOD: "good",
    PICK: "pick",
    **{part: f"part-{place}" for place, part in enumerate(PARTS, 1)},
}
MANY_TIMES = 100
"""Between figures so far apart, only powers of ten are written on a logarithmic scale."""
_NAMED = re.compile(r'(id="|href="#|url\(#)([^")]+)')
_FAMILY = re.compile(r" font-family: [^;\"]*;")
_HEAD = re.compile(r"<svg [^>]*>")
_STYLE = re.compile(r" *<defs>\s*<style.*?</style>\s*</defs>\n", re.DOTALL)
_METADATA = re.compile(r" *<metadata>.*?</metadata>\n", re.DOTALL)


def needed_for(format_: str) -> None:
    """Raise InputError where the library of the extra is not installed."""
    try:
        import matplotlib  # noqa: F401, ICN001
    except ImportError as error:
        raise InputError(f"--format {format_} draws charts: pip install 'llama-advisor[report]'") from error


def figure(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """Return an empty chart in the roles' colours."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(SETTINGS):
        made = Figure(figsize=(width_in, height_in), layout="constrained")
        made.patch.set_alpha(0)
        axes = made.subplots()
    calm(axes)
    return made, axes


def calm(axes: Axes) -> None:
    """Give the axes the roles' colours, and no more lines than needed."""
    axes.patch.set_alpha(0)
    axes.tick_params(colors=MUTED, which="both", length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.set_axisbelow(True)


def svg(made: Figure, name: str, title: str, says: str) -> str:
    """Return the chart as one `<svg>` element; `name` keeps its ids apart from those of other charts."""
    from matplotlib import rc_context

    out = io.StringIO()
    with rc_context(SETTINGS | {"svg.hashsalt": name}):
        made.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = _METADATA.sub("", text[text.index("<svg ") :], count=1)
    text = _FAMILY.sub("", _NAMED.sub(rf"\1{name}-\2", text))
    box = re.search(r'viewBox="([^"]*)"', text)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="{box[1] if box else ""}" role="img" aria-labelledby="{name}-title {name}-desc" class="chart"'
        ' stroke-linejoin="round" stroke-linecap="butt" font-family="DejaVu Sans, Verdana, sans-serif">\n'
        f'<title id="{name}-title">{escaped(title)}</title>\n<desc id="{name}-desc">{escaped(says)}</desc>'
    )
    return _HEAD.sub(lambda _: head, _STYLE.sub("", text, count=1), count=1).strip() + "\n"


def coloured(text: str, colours: dict[str, str]) -> str:
    """Put the colours of a page or picture in the place of the roles."""
    for mark, role in ROLES.items():
        text = text.replace(mark, colours[role])
    return text


def escaped(text: object) -> str:
    """Return text that is only text in SVG and HTML."""
    from html import escape

    return escape(printable(text))


class Point(NamedTuple):
    """One build that qualifies."""

    x: float
    y: float
    place: int | None = None  # Its place in the ranking, where it is a model's best build.
    front: bool = False  # Whether it is on the Pareto front.


def scatter(points: Sequence[Point], out: Sequence[tuple[str, float]], x_label: str, y_label: str) -> Figure:
    """Draw builds over two figures, x on a logarithmic scale; beside it what is `out`, in a column for each reason."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    reasons = [name for name, _ in Counter(name for name, _ in sorted(out)).most_common()]
    with rc_context(SETTINGS):
        made = Figure(figsize=(5.2, 4.1), layout="constrained")
        made.patch.set_alpha(0)
        widths = [3.0, 0.25 * len(reasons) + 0.15] if reasons else [1]
        left, *right = made.subplots(1, len(widths), sharey=True, squeeze=False, width_ratios=widths)[0]
    _qualifying(left, points)
    left.set_xlabel(x_label, color=INK)
    left.set_ylabel(y_label, color=INK)
    if right:
        _ruled_out(right[0], out, reasons)
    return made


def _qualifying(axes: Axes, points: Sequence[Point]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    calm(axes)
    axes.set_xscale("log")
    figures = [point.x for point in points]
    wide = max(figures) > MANY_TIMES * min(figures)
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(color=LINE, linewidth=0.6)
    best = sorted((point.x, point.y) for point in points if point.front)
    axes.plot([x for x, _ in best], [y for _, y in best], color=GOOD, linewidth=1, linestyle=(0, (4, 3)))
    for point in sorted(points, key=lambda item: (-(item.place or inf), item)):
        ring = PICK if point.place == 1 else GOOD
        axes.scatter(
            [point.x],
            [point.y],
            s=150 if point.place else 24,
            marker="D" if point.place == 1 else "o",
            facecolors=ring if point.front else SURFACE,
            edgecolors=ring,
            linewidths=1.3,
            zorder=4 if point.place else 3,
        )
        if point.place:
            axes.annotate(
                str(point.place),
                (point.x, point.y),
                color=SURFACE if point.front else ring,
                ha="center",
                va="center_baseline",
                fontsize=FONT_PT - 1,
                weight="bold",
                zorder=5,
            )


def _ruled_out(axes: Axes, out: Sequence[tuple[str, float]], reasons: Sequence[str]) -> None:
    calm(axes)
    axes.scatter(
        [reasons.index(name) for name, _ in out], [y for _, y in out], marker="x", color=MUTED, s=20, linewidths=1.1
    )
    axes.set_xlim(-0.6, len(reasons) - 0.4)
    axes.set_xticks(range(len(reasons)), list(reasons), rotation=90)
    axes.tick_params(axis="y", left=False)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_title("ruled out", color=MUTED, fontsize=FONT_PT)


class Bar(NamedTuple):
    """Memory of one build: its parts, and what there is."""

    label: str
    parts_gib: tuple[float, ...]
    available_gib: float | None


def bars(items: Sequence[Bar], x_label: str) -> Figure:
    """Draw stacked bars, one a build, with a mark at what there is."""
    made, axes = figure(5.0, 0.7 + 0.55 * len(items))
    for place, item in enumerate(items):
        left = 0.0
        for size, colour in zip(item.parts_gib, PARTS, strict=False):
            axes.barh(place, size, left=left, height=0.42, color=colour, edgecolor=SURFACE, linewidth=0.8)
            left += size
        if item.available_gib is not None:
            axes.plot([item.available_gib] * 2, [place - 0.26, place + 0.26], color=INK, linewidth=2)
        axes.text(0, place - 0.3, printable(item.label), color=INK, fontsize=FONT_PT - 1, va="bottom", parse_math=False)
    axes.set_ylim(len(items) - 0.5, -0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.set_xlabel(x_label, color=INK)
    return made


class Table(NamedTuple):
    """A table of coloured cells."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[tuple[str, str], ...], ...]  # Letter and colour of each cell.


LONGEST_LABEL = 24
ROW_IN, COLUMN_IN, KEY_IN = 0.46, 1.25, 0.22


def tables(items: Sequence[Table], heading: str, key: Sequence[str]) -> Figure:
    """Draw tables of cells, one under another, and below them what the letters mean."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    wide = max(4.6, 2.4 + COLUMN_IN * max(len(item.columns) for item in items))
    heights = [ROW_IN * len(item.rows) + 0.75 for item in items]
    below = KEY_IN * (len(key) + 1)
    with rc_context(SETTINGS):
        made = Figure(figsize=(wide, sum(heights) + below + 0.4), layout="constrained")
        made.patch.set_facecolor(SURFACE)
        grid = made.subplots(len(items) + 1, 1, squeeze=False, height_ratios=[*heights, below])[:, 0]
    made.suptitle(printable(heading), color=INK, fontsize=FONT_PT + 1)
    for axes, item in zip(grid, items, strict=False):
        _table(axes, item)
    grid[-1].axis("off")
    for place, text in enumerate(key):
        grid[-1].text(0, 1 - (place + 0.5) / len(key), text, color=INK, va="center", parse_math=False)
    return made


def _table(axes: Axes, item: Table) -> None:
    from matplotlib.patches import Rectangle

    for row, cells in enumerate(item.cells):
        for column, (letter, colour) in enumerate(cells):
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, edgecolor=SURFACE, linewidth=2))
            axes.text(column + 0.5, row + 0.5, letter, ha="center", va="center", color=INK, weight="bold")
    axes.set_xlim(0, len(item.columns))
    axes.set_ylim(len(item.rows), 0)
    axes.set_xticks([place + 0.5 for place in range(len(item.columns))], [_cut(text) for text in item.columns])
    axes.set_yticks([place + 0.5 for place in range(len(item.rows))], [_cut(text) for text in item.rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=INK)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_parse_math(False)
    axes.set_title(printable(item.title), color=INK, fontsize=FONT_PT, loc="left", parse_math=False)
    axes.spines[:].set_visible(False)


def _cut(text: str) -> str:
    said = printable(text)
    return said if len(said) <= LONGEST_LABEL else f"{said[: LONGEST_LABEL - 1]}…"
