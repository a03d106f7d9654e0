"""Why two neighbouring answers differ: read off the excuses and the points of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from llama_advisor.explain.exploration import Turn

if TYPE_CHECKING:
    from llama_advisor.explain.exploration import Cell, Option
    from llama_advisor.knowledge.base import RuleBase

Kind = Literal["ruled_out", "qualifies", "outscored", "other"]
Variant = tuple[str, str, str, "str | None"]


class Place(NamedTuple):
    """A cell with all builds judged for it, the best first."""

    cell: Cell
    options: tuple[Option, ...]

    @property
    def winner(self) -> Option | None:
        """The winner as it was judged."""
        short = self.cell.winner
        if short is None:
            return None
        wanted = (short.model, short.quantization, short.engine, short.machine)
        return next(item for item in self.options if item.excuse is None and _named(item) == wanted)

    def like(self, build: Option) -> Option | None:
        """The same model, quantization and engine here: on the same machine if it is tried, else its best."""
        same = [item for item in self.options if _variant(item) == _variant(build)]
        return next((item for item in same if item.machine == build.machine), same[0] if same else None)

    def of_model(self, build: Option) -> Option | None:
        """The best build of the same model here, or its nearest miss."""
        return next((item for item in self.options if item.model == build.model), None)


def _named(item: Option) -> Variant:
    return item.model, item.quantization, item.engine, item.machine


def _variant(item: Option) -> Variant:
    return item.model, item.quantization, item.engine, item.provider


def turn(before: Place, after: Place, axis: int, field: str, base: RuleBase) -> Turn | None:
    """Say why the winner is another one; None where it is the same, hardware that is varied apart."""
    old, new = before.winner, after.winner
    if old is None and new is None:
        return None
    if old and new and _variant(old) == _variant(new) and (field == "hardware" or old.machine == new.machine):
        return None
    why = _why(before, after, old, new, base)
    return Turn(axis=axis, before=before.cell.at, after=after.cell.at, **why._asdict())


class Why(NamedTuple):
    """What decides, and the sentence that says so."""

    kind: Kind
    rule: str | None
    criterion: str | None
    text: str


def _why(before: Place, after: Place, old: Option | None, new: Option | None, base: RuleBase) -> Why:
    """Try in turn: the old winner is ruled out, the new one was, the score turned."""
    lost = (after.like(old) or after.of_model(old)) if old else None
    if lost and lost.excuse:
        return Why("ruled_out", lost.excuse.rule, None, lost.excuse.text)
    gained = (before.like(new) or before.of_model(new)) if new else None
    if new and gained and gained.excuse:
        text = f"{name(new, base)} qualifies now; before: {gained.excuse.text}"
        return Why("qualifies", gained.excuse.rule, None, text)
    if old and new and lost and gained and lost != new and gained != old:
        return _outscored(Pair(old, gained), Pair(lost, new), base)
    return Why("other", None, None, "other builds are tried")


class Pair(NamedTuple):
    """The old and the new winner in one of the cells."""

    old: Option
    new: Option

    def lead(self, criterion: str) -> float:
        """Points of the new one over the old one."""
        return self.new.points.get(criterion, 0.0) - self.old.points.get(criterion, 0.0)

    @property
    def total(self) -> float:
        """Points of the new one over the old one, over all criteria."""
        return (self.new.score or 0.0) - (self.old.score or 0.0)


def _outscored(before: Pair, after: Pair, base: RuleBase) -> Why:
    """Name the criterion that moved most towards the new winner."""
    criteria = list(dict.fromkeys((*before.old.points, *before.new.points, *after.old.points, *after.new.points)))
    if after.total <= 0:
        how = "has as many points as" if after.total == 0 else "stands within the margin of a wish of"
        text = f"{name(after.new, base)} {how} {name(after.old, base)}, {before.total:+.2f} before"
        return Why("outscored", None, None, text)
    turned = max(criteria, key=lambda criterion: after.lead(criterion) - before.lead(criterion))
    ahead = f"{name(after.new, base)} leads {name(after.old, base)} by {after.total:+.2f} points, {before.total:+.2f}"
    moved = f"{turned} {before.lead(turned):+.2f} to {after.lead(turned):+.2f}"
    return Why("outscored", None, turned, f"{ahead} before; most of it {moved}")


def name(build: Option, base: RuleBase) -> str:
    """Return a build's name without its machine."""
    model = base.models[build.model].name.removeprefix("Llama ")
    return f"{model} {build.quantization}" if build.machine else f"{model} at {build.provider}"
