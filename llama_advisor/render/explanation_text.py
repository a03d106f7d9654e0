"""Why not this model, for a terminal: the first line says where it stands, the second why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.reasons import changes_text, decided_by
from llama_advisor.render.screen import bullets, columns, console, heading, line, number, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.engine.advice import ShortBuild
    from llama_advisor.explain.why_not import Explanation, Failed, Way
    from llama_advisor.knowledge.base import RuleBase

SMALL = 0.005


def explanation_text(found: Explanation, base: RuleBase, *, colour: bool, width: int) -> str:
    """Return the whole explanation as text."""
    out = console(colour=colour, width=width)
    name = base.models[found.model].name
    line(out, f"{name} {_stands(found, base)}", "bold")
    line(out, f"{_because(found, base)}.")
    if found.failed:
        heading(out, f"What rules it out{_as(found.build)}")
        bullets(out, [_failed(item, base) for item in found.failed])
    if found.against:
        heading(out, f"Against {_named(found.winner, base)}")
        rows = [(f"{item.points:+.2f}", item.mine, item.theirs) for item in found.against]
        columns(out, ("points", "this model", "the winner"), rows, frozenset({0}))
    if found.standing != "recommended":
        heading(
            out, "It would win with" if found.wins_if else "None of the changes tried, alone or in pairs, makes it win"
        )
        bullets(out, _ways(found.wins_if, base))
    return written(out)


def _stands(found: Explanation, base: RuleBase) -> str:
    winner = _named(found.winner, base) if found.winner else "nothing"
    return {
        "recommended": "is what is recommended",
        "qualifies": f"comes in place {found.rank}; {winner} is recommended",
        "excluded": f"is ruled out; {winner} is recommended",
        "not_ranked": f"is not ranked for this scenario; {winner} is recommended",
    }[found.standing]


def _because(found: Explanation, base: RuleBase) -> str:
    if found.failed:
        return found.failed[0].excuse.text
    if found.standing == "recommended":
        return "recommend --why shows what it rests on and where it turns"
    if found.standing == "not_ranked":
        role = base.models[found.model]
        return "base models are ranked for tuning alone" if role.kind == "base" else "it stands beside others"
    if found.behind is not None and found.behind <= 0:
        return "it has as many points, but a wish decided"
    lost = [item for item in found.against if item.points < -SMALL]
    worst = lost[-1] if lost else None
    most = f", {-worst.points:.2f} of them in {worst.criterion}" if worst else ""
    return f"it is {found.behind:.2f} points behind{most}"


def _as(build: ShortBuild | None) -> str:
    return f", as {build.quantization} on {build.machine or build.engine}" if build else ""


def _named(build: ShortBuild | None, base: RuleBase) -> str:
    return base.models[build.model].name if build else "nothing"


def _failed(item: Failed, base: RuleBase) -> str:
    unit = f" {item.excuse.unit}" if item.excuse.unit else ""
    short = f" ({number(abs(item.slack))}{unit} off)" if item.slack else ""
    return f"{item.excuse.text}{short} [{item.excuse.rule}]{decided_by(item.excuse.layer, base)}"


def _ways(ways: Iterable[Way], base: RuleBase) -> list[str]:
    return [f"{changes_text(way.changes)}: then as {way.then.quantization} on {_where(way.then, base)}" for way in ways]


def _where(build: ShortBuild, base: RuleBase) -> str:
    engine = base.engines[build.engine].name
    return f"{engine}, {build.machine}" if build.machine else engine
