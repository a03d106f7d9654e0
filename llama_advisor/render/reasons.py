"""The parts of a score on a terminal: what each says and cites, and, asked why, what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.advice import Change
from llama_advisor.render.screen import bullets, columns, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from llama_advisor.engine.advice import Build, Contribution, TippingPoint
    from llama_advisor.knowledge.base import RuleBase


def reasons(out: Console, build: Build, base: RuleBase, *, every: bool) -> None:
    """Write the parts of the score; `every` adds the figures and tests behind each."""
    heading(out, f"Why: {build.score:.2f} points")
    rows = []
    for part in build.contributions:
        label = part.rule or part.criterion
        cited = f" [{', '.join(part.source)}]" if part.source and (every or part.rule) else ""
        text = f"{part.text}{cited}{decided_by(part.layer, base)}"
        rows.append((f"{part.points:+.2f}" if part.rule else f"{part.points:.2f}", label, text))
        if every:
            rows.extend(("", "", reading) for reading in readings(part))
    columns(out, ("points", "from", "reading"), rows, frozenset({0}))


def decided_by(layer: str | None, base: RuleBase) -> str:
    """Say which layer a rule comes from, where it is not the shipped one."""
    return f" (rule of {layer})" if layer not in {None, base.layers[0].label} else ""


def readings(part: Contribution) -> Iterator[str]:
    """Yield how the points come about: value times weight, then each figure and what was asked of it."""
    yield f"= {part.value:g} x {part.weight:g}"
    for read in part.reads or ():
        value = f"{read.value:,.4g}" if isinstance(read.value, float) else value_text(read.value)
        if read.worth is None:
            yield f"{read.says} (is {value})" if value not in read.says else read.says
        else:
            share = f" x {read.share:g}" if read.share != 1 else ""
            yield f"{read.fact} {value} {read.unit}".rstrip() + f": {read.worth:g}{share} ({read.says})"


def value_text(value: object) -> str:
    """Return a field's value as it is read."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(part)}" for name, part in value.items())
    if isinstance(value, (int, float)):
        return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return str(value)


def changes_text(changes: Iterable[Change]) -> str:
    """Return what is changed from what to what."""
    return ", ".join(map(change_text, changes))


def change_text(change: Change) -> str:
    """Return a change as `field from this to that`."""
    if change.to is None:
        return f"{change.field} (drop {value_text(change.from_)})"
    return f"{change.field} from {value_text(change.from_)} to {value_text(change.to)}"


def turns(out: Console, points: Sequence[TippingPoint], base: RuleBase) -> None:
    """Write where the answer turns, a line for each move."""
    heading(out, "What would change it" if points else "Nothing changes it when one requirement moves alone")
    bullets(out, [turn_text(point, base) for point in points])


def turn_text(point: TippingPoint, base: RuleBase) -> str:
    """Return what is moved, what is recommended then, and why."""
    then = base.models[point.then.model].name if point.then else "nothing fits"
    change = Change(field=point.field, from_=point.from_, to=point.to)
    return f"{change_text(change)}: {point.text if point.text.startswith(then) else f'{then}; {point.text}'}"
