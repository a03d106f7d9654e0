"""Charts as SVG text, written directly: builds over two figures, bars of memory, grids of answers.

Charts of the report take the colours of the page (`templates/report.css`); a picture of a grid stands on white.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import product
from math import ceil, dist, floor, inf, log10
from typing import NamedTuple

from llama_advisor.explain.grid import Grid
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.grid import NONE, field_name, labels, lettered, panels
from llama_advisor.text.yaml_file import printable

INK, MUTED, LINE, SURFACE, GOOD, PICK = (
    f"var(--{role})" for role in ("ink", "muted", "line", "surface", "good", "pick")
)
FONT = 10
LETTER = 6.2  # Room taken by a letter of that size: no font is measured, so this is the width of a broad one.
MANY_TIMES = 100  # Between figures so far apart, only powers of ten are written on a logarithmic scale.
TICKS = 5
MARK = 10.0  # Room that a numbered mark takes to each side.
DOT = 3.0  # And another one.
NEAREST = 1.5  # How many times nearer a name is to its own mark than to others.
CELLS = ("#a8d1f0", "#f7c98b", "#b5dfb0", "#e6b8d8", "#f2e394", "#c3c0ee", "#f3b3a6", "#a9ddd6")
EMPTY, ON_CELLS, WHITE = "#e4e4e4", "#1c2024", "#ffffff"
LONGEST_LABEL = 24
UPRIGHT = ' transform="rotate(-90 {x:.1f} {y:.1f})"'  # From bottom to top.


def _svg(name: str, title: str, says: str, size: tuple[float, float], parts: Sequence[str]) -> str:
    """Return a chart as one element; `name` keeps its ids apart from those of other charts."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:g} {size[1]:g}" role="img"'
        f' aria-labelledby="{name}-title {name}-desc" class="chart"'
        f' font-family="DejaVu Sans, Verdana, sans-serif" font-size="{FONT}">\n'
        f'<title id="{name}-title">{escape(printable(title))}</title>\n'
        f'<desc id="{name}-desc">{escape(printable(says))}</desc>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: object, colour: str = INK, anchor: str = "start", more: str = "") -> str:
    """Return text whose middle line is at `y`; `more` may turn it with `UPRIGHT`."""
    place, more = f'x="{x:.1f}" y="{y + 0.35 * FONT:.1f}"', more.format(x=x, y=y)
    return f'<text {place} fill="{colour}" text-anchor="{anchor}"{more}>{escape(printable(text))}</text>'


def _stroke(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def _rect(x: float, y: float, width: float, height: float, fill: str, edge: str, stroke: float) -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {box} fill="{fill}" stroke="{edge}" stroke-width="{stroke:g}"/>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def linear_ticks(low: float, high: float) -> list[int]:
    """Return round figures, whole ones, from below the least to above the greatest."""
    rough = max(1, (high - low) / TICKS)
    unit = 10 ** floor(log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    first = floor(low / step)
    return [step * place for place in range(first, max(first + 1, ceil(high / step)) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round figures of a logarithmic scale, from below the least to above the greatest."""
    steps = (1,) if high > MANY_TIMES * low else (1, 2, 5)
    powers = range(floor(log10(low)) - 1, ceil(log10(high)) + 2)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    first = max(place for place, tick in enumerate(ticks) if tick <= low)
    last = min(place for place, tick in enumerate(ticks) if tick >= high)
    return ticks[first : max(last, first + 1) + 1]


class Point(NamedTuple):
    """One build that qualifies."""

    x: float
    y: float
    place: int | None = None  # Its place in the ranking, where it is a model's best build.
    front: bool = False  # Whether it is on the Pareto front.
    label: str = ""  # Written beside it, where there is room.


Pair = tuple[str, str]


def scatter(name: str, texts: Pair, points: Sequence[Point], out: Sequence[tuple[str, float]], labels: Pair) -> str:
    """Draw builds over two figures, x on a logarithmic scale; beside it what is `out`, in a column for each reason."""
    width, height, left, beside, column = 374.0, 310.0, 46.0, 24.0, 18.0
    reasons = [reason for reason, _ in Counter(reason for reason, _ in sorted(out)).most_common()]
    right = width - 12 - (column * len(reasons) + beside if reasons else 0)
    top, bottom = 20.0, height - max(40.0, LETTER * max(map(len, reasons), default=0) + 12)
    xs = log_ticks(min(point.x for point in points), max(point.x for point in points))
    values = [*(point.y for point in points), *(y for _, y in out)]
    ys = linear_ticks(min(values), max(values))

    def across(x: float) -> float:
        return left + 8 + (right - left - 16) * log10(x / xs[0]) / log10(xs[-1] / xs[0])

    def up(y: float) -> float:
        return bottom - 8 - (bottom - top - 16) * (y - ys[0]) / (ys[-1] - ys[0])

    parts = []
    for tick, y in ((tick, up(tick)) for tick in ys):
        parts += [_stroke(f"M{left:.1f} {y:.1f}H{width - 12:.1f}", LINE, 0.6), _text(left - 5, y, tick, MUTED, "end")]
    widest = LETTER * max(len(f"{x:,g}") for x in xs)
    every = 1 + int(widest // ((right - left) / (len(xs) - 1)))
    for place, x in enumerate(xs):
        parts += [_stroke(f"M{across(x):.1f} {top:.1f}V{bottom:.1f}", LINE, 0.6)]
        if place % every == 0:
            parts += [_text(across(x), bottom + 9, f"{x:,g}", MUTED, "middle")]
    parts += [_stroke(f"M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}", LINE, 1)]
    parts += [_text((left + right) / 2, bottom + 25, labels[0], INK, "middle")]
    parts += [_text(12, (top + bottom) / 2, labels[1], INK, "middle", UPRIGHT)]
    best = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in sorted((p.x, p.y) for p in points if p.front))
    parts += [f'<polyline points="{best}" fill="none" stroke="{GOOD}" stroke-dasharray="4 3"/>']
    marks = _apart([point._replace(x=across(point.x), y=up(point.y)) for point in points])
    parts += [part for point, _ in reversed(marks) for part in _mark(point)]
    parts += _labels(marks, (left, top, right, bottom))
    crosses = ""
    for reason, y in out:
        x = right + beside + column * (reasons.index(reason) + 0.5)
        crosses += f"M{x - 2.2:.1f} {up(y) - 2.2:.1f}l4.4 4.4m0-4.4l-4.4 4.4"
    if reasons:
        parts += [_stroke(crosses, MUTED, 1.1)]
        parts += [_text(right + beside + column * len(reasons) / 2, 9, "ruled out", MUTED, "middle")]
    for place, reason in enumerate(reasons):
        parts += [_text(right + beside + column * (place + 0.5), bottom + 6, reason, MUTED, "end", UPRIGHT)]
    return _svg(name, *texts, (width, height), parts)


Mark = tuple[Point, list[Point]]  # What is drawn, and those of the ranking that it would hide.
Box = tuple[float, float, float, float]  # Left, top, right, bottom.


def _apart(points: Sequence[Point]) -> list[Mark]:
    """Return the marks that are drawn, the first of the ranking first."""
    marks: list[Mark] = []
    for point in sorted(points, key=lambda item: (item.place or inf, item)):
        over = next((hidden for other, hidden in marks if dist(point[:2], other[:2]) < MARK), None)
        if point.place and over is not None:
            over.append(point)
        else:
            marks.append((point, []))
    return marks


def _mark(point: Point) -> list[str]:
    """Draw a build: filled on the front, else a ring; with its number if it is ranked, in a diamond if it is first."""
    x, y = point.x, point.y
    ring = PICK if point.place == 1 else GOOD
    paint = f'fill="{ring if point.front else SURFACE}" stroke="{ring}" stroke-width="1.3"'
    if point.place is None:  # with an edge in the colour of the page, so that each of many is seen
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT}"'
        return [f'{dot} fill="{GOOD}" stroke="{SURFACE}" stroke-width="0.8"/>' if point.front else f"{dot} {paint}/>"]
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6.5" {paint}/>'
    if point.place == 1:
        shape = f'<path d="M{x:.1f} {y - 8.5:.1f}l8.5 8.5l-8.5 8.5l-8.5-8.5z" {paint}/>'
    ink = SURFACE if point.front else ring
    number = _text(x, y - 0.3, point.place, ink, "middle", ' font-size="9" font-weight="bold"')
    return [shape, number]


def _labels(marks: Sequence[Mark], within: Box) -> list[str]:
    """Name the marks of the ranking where a name covers no mark and no name and is clearly nearest to its own.

    What a mark hides is told in any case.
    """
    taken, told = [], []
    for point, _ in marks:
        room = MARK - 2 if point.place else DOT
        taken.append((point.x - room, point.y - room, point.x + room, point.y + room))
    ranked = [(point, hidden) for point, hidden in marks if point.place]
    for own, hidden in ranked:
        also = (f"{other.place}: {other.label}" if other.label else str(other.place) for other in hidden)
        text = ", ".join(filter(None, (own.label, *also)))
        others = [point for point, _ in ranked if point is not own]
        spots = _spots(own, 0.9 * LETTER * len(text))
        free = (
            spot
            for spot in spots
            if _within(spot.box, within)
            and not any(_meet(spot.box, one) for one in taken)
            and all(_off(one, spot.box) > NEAREST * _off(own, spot.box) for one in others)
        )
        if text and (spot := next(free, spots[0] if hidden else None)):
            taken.append(spot.box)
            halo = f' font-size="9" paint-order="stroke" stroke="{SURFACE}" stroke-width="3"'
            told.append(_text(spot.x, spot.box[1] + 5, text, INK, spot.anchor, halo))
    return told


class Spot(NamedTuple):
    """Where a name may stand."""

    x: float
    anchor: str
    box: Box


def _spots(point: Point, width: float) -> list[Spot]:
    """Return where a name of that width may stand beside a mark, the best first."""
    spots = []
    for down, (anchor, side, share) in product((0, -13, 13), (("start", 1, 0), ("end", -1, 1), ("middle", 0, 0.5))):
        if down or side:
            x, y = point.x + side * (3 if down else MARK), point.y + down
            spots.append(Spot(x, anchor, (x - share * width, y - 5, x + (1 - share) * width, y + 5)))
    return spots


def _off(point: Point, box: Box) -> float:
    nearest = (min(max(point.x, box[0]), box[2]), min(max(point.y, box[1]), box[3]))
    return dist(point[:2], nearest)


def _within(one: Box, other: Box) -> bool:
    return other[0] < one[0] and other[1] < one[1] and one[2] < other[2] and one[3] < other[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class Bar(NamedTuple):
    """Memory of one build: its parts, and what there is."""

    label: str
    parts_gib: tuple[float, ...]
    available_gib: float | None


def bars(name: str, texts: tuple[str, str], items: Sequence[Bar], x_label: str) -> str:
    """Draw stacked bars, one a build, with a mark at what there is."""
    width, row, left, right = 374.0, 40.0, 8.0, 358.0
    bottom = 8 + row * len(items)
    ticks = linear_ticks(0, max(max(sum(item.parts_gib), item.available_gib or 0) for item in items))
    scale = (right - left) / ticks[-1]
    parts = []
    for x, tick in ((left + scale * tick, tick) for tick in ticks):
        parts += [_stroke(f"M{x:.1f} 4V{bottom:.1f}", LINE, 0.6), _text(x, bottom + 9, f"{tick:,g}", MUTED, "middle")]
    parts += [_stroke(f"M{left:.1f} {bottom:.1f}H{right:.1f}", LINE, 1)]
    parts += [_text((left + right) / 2, bottom + 24, x_label, INK, "middle")]
    for place, item in enumerate(items):
        top, x = row * place + 17, left
        for number, size in enumerate(item.parts_gib, 1):
            if size:
                parts += [_rect(x, top, scale * size, 17, f"var(--part-{number})", SURFACE, 0.8)]
            x += scale * size
        if item.available_gib is not None:
            parts += [_stroke(f"M{left + scale * item.available_gib:.1f} {top - 3:.1f}v23", INK, 2)]
        parts += [_text(left, top - 8, item.label, INK, "start", ' font-size="9"')]
    return _svg(name, *texts, (width, bottom + 34), parts)


def grid_svg(grid: Grid, base: RuleBase, *_: object) -> str:
    """Draw a grid as a picture: a coloured cell and a letter for each winner, and below what the letters mean."""
    letters, winners = lettered(grid, base)
    colours = {letter: CELLS[place % len(CELLS)] for place, letter in enumerate(winners)}
    key = [f"{letter}  {winner}" for letter, winner in winners.items()]
    if any(cell.winner is None for cell in grid.cells):
        key.append(f"{NONE}  nothing fits")
    heading = " by ".join(field_name(axis.field) for axis in grid.axes)
    rows, *over = ([_cut(printable(text)) for text in labels(axis)] for axis in grid.axes[-2:])
    heads = over[0] if over else ["winner"]
    left = 16 + LETTER * max(map(len, rows))
    column, row = max(60, LETTER * max(map(len, heads)) + 12), 33
    tables = panels(grid)
    texts = [heading, *key, *(printable(panel.title) for panel in tables)]
    width = max(left + column * len(heads), 16 + LETTER * max(map(len, texts))) + 10
    middles = [left + column * (place + 0.5) for place in range(len(heads))]
    parts = [_text(width / 2, 14, heading, ON_CELLS, "middle", ' font-size="11"')]
    y = 28.0
    for panel in tables:
        if panel.title:
            parts += [_text(10, y + 8, panel.title, ON_CELLS)]
            y += 18
        parts += [_text(x, y + 8, head, ON_CELLS, "middle") for x, head in zip(middles, heads, strict=True)]
        y += 18
        for name, *cells in panel.rows(rows, letters):
            parts += [_text(left - 6, y + row / 2, name, ON_CELLS, "end")]
            for x, letter in zip(middles, cells, strict=True):
                parts += [_rect(x - column / 2, y, column, row, colours.get(letter, EMPTY), WHITE, 2)]
                parts += [_text(x, y + row / 2, letter, ON_CELLS, "middle", ' font-weight="bold"')]
            y += row
        y += 12
    for line in key:
        parts += [_text(10, y + 8, line, ON_CELLS, more=' xml:space="preserve"')]
        y += 16
    parts = [_rect(0, 0, width, y + 8, WHITE, WHITE, 0), *parts]
    says = f"{len(grid.cells)} answers; {'; '.join(key)}"
    return _svg("whatif", f"Recommended build: {heading}", says, (round(width, 1), y + 8), parts)
