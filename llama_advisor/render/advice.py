"""Advice for a terminal: the answer on one screen, below it what else there is to say; `--why` adds every reason."""

from __future__ import annotations

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen, bar

BAR = 26
MINDED, ASSUMED = 3, 3
ASKED = "The build you asked about"
MOST_ROWS = 5  # Of the command on the first screen.
STYLES = {
    "recommended": "bold green",
    "recommended_with_caveats": "bold yellow",
    "change_requirement": "bold magenta",
    "no_fit": "bold red",
    "need_input": "bold cyan",
}


def advice_text(advice: Advice, base: RuleBase, view: View) -> str:
    """Write the whole answer as text."""
    out = Screen(colour=view.colour, width=view.width, unicode=view.unicode)
    beside = say.beside(advice, base)
    if long := _first_screen(out, advice, base, beside):
        out.heading("Run it")
        out.lines += long
    if view.why:
        _reasons(out, advice, base)
    if say.is_pick(advice):
        _ranking(out, advice, base, view)
    if asked := beside.pop(ASKED):
        out.heading(ASKED if advice.asked else "What you asked for")
        out.bullets(asked)
    if advice.asked and advice.asked.forms:
        out.columns(*say.forms(advice.asked, base))
    if not say.is_pick(advice):
        _ranking(out, advice, base, view)
    for heading, lines in beside.items():
        if lines:
            out.heading(heading)
            out.bullets(lines)
    if view.why:
        out.heading("Assumed")
        out.bullets([f"{item.field} = {say.value_text(item.value)} ({item.why})" for item in advice.assumptions])
    return out.text()


def _first_screen(out: Screen, advice: Advice, base: RuleBase, beside: dict[str, list[str]]) -> list[str]:
    """Write the answer, take from `beside` what is said in full; return the command where it is too long for here."""
    verdict = say.VERDICTS[advice.verdict]
    out.line(say.title(advice, base), "bold")
    out.line(f"{verdict}: {say.why(advice, base)}", STYLES[advice.verdict], lead=len(verdict))
    if close := say.close_text(advice, base):
        out.line(close)
    out.lines.append("")
    long = _build(out, advice.recommendation) if advice.recommendation else []
    if not advice.recommendation:
        out.row("instead", *beside.pop("Ways round"))
        out.row("change", *beside.pop("What would help"))
    if out.short("mind", beside["Caveats"][:MINDED]) and len(beside["Caveats"]) <= MINDED:
        del beside["Caveats"]
    out.row("hangs on", *say.hanging(advice, base))
    if not advice.missing:
        out.row("assumed", "; ".join((*say.assumed(advice, ASSUMED), "every assumption and reason: --why")))
    return long


def _build(out: Screen, build: Build) -> list[str]:
    """Write what the build recommended takes, and how it is run; return the command where it is too long for here."""
    memory, serving = build.memory, build.capacity
    for name, lines in say.figures(build).items():
        if name == "memory" and memory and memory.available_gib:
            used, most = (("█", memory.total_gib),), max(memory.available_gib, memory.total_gib)
            lines[0] += f"  {bar(used, most, BAR, '·')}"
        out.row(name, *lines)
    commands, before = say.shortest(build.commands), len(out.lines)
    for place, item in enumerate(commands):
        out.command(item.run, item.language, "" if place else "run")
    long = out.lines[before:] if len(out.lines) - before > MOST_ROWS else []
    if long or not commands:
        del out.lines[before:]
        out.row("run", f"{len(long)} lines, below; --print run: every step" if long else "not known here")
    if serving and serving.machines > 1:
        out.row("", f"on each of {serving.machines:,} machines, requests shared among them")
    return long


def _ranking(out: Screen, advice: Advice, base: RuleBase, view: View) -> None:
    if advice.ranking:
        out.heading("Ranking")
        out.columns(*say.ranking(advice, advice.ranking[: view.top], base, why=view.why))
        if len(advice.ranking) > view.top:
            out.line(f"  and {len(advice.ranking) - view.top} more; --top {len(advice.ranking)} shows them")


def _reasons(out: Screen, advice: Advice, base: RuleBase) -> None:
    """Write what every point rests on, how firm that is, and what would change the answer."""
    if build := advice.recommendation:
        out.heading(f"Why: {build.score:.2f} points")
        rows = []
        for part in build.contributions:
            points, name, text, sources = say.part_row(part, base)
            rows.append((points, name, f"{text} [{sources}]" if sources else text))
            rows.extend(("", "", reading) for reading in say.readings(part))
        out.columns(("points", "from", "reading"), rows, frozenset({0}))
        if build.speed:
            out.line(f"The speed rests on {build.speed.basis}.", indent=2)
    if advice.robustness:
        out.heading("How firm")
        margin, share = say.firm_text(advice.robustness)
        out.line(f"  {margin} ahead; {share}")
        weights = advice.robustness.weights
        ranges = [(item.criterion, f"{item.weight:.2f}", f"{item.low:.2f} to {item.high:.2f}") for item in weights]
        out.columns(("weight of", "today", "leads from"), ranges, frozenset({1, 2}))
    if advice.tipping_points is not None:
        turns = say.turn_lines(advice.tipping_points, base)
        out.heading("What would change it" if turns else "Nothing changes it when one requirement moves alone")
        out.bullets(turns)
