"""Advice for a terminal: the answer on one screen, below it what else there is to say; `--why` adds every reason."""

from __future__ import annotations

from operator import attrgetter

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen

MINDED, ASSUMED = 3, 3
ASKED = "The build you asked about"
ROWS = 24  # Of the first screen.
BUILT = attrgetter("model", "quantization", "engine")


def advice_text(advice: Advice, base: RuleBase, view: View) -> str:
    """Write the whole answer as text."""
    out = Screen(colour=view.colour, width=view.width, unicode=view.unicode)
    beside = say.beside(advice, base)
    long = _first_screen(out, advice, base, beside)
    if long and advice.recommendation:
        out.heading("Run it")
        _commands(out, advice.recommendation)
    if view.why:
        _reasons(out, advice, base)
    build, named = advice.recommendation, advice.asked and advice.asked.build
    is_pick = build and named and BUILT(build) == BUILT(named)
    if is_pick:
        _ranking(out, advice, base, view)
    out.bullets(beside.pop(ASKED), ASKED if advice.asked else "What you asked for")
    if advice.asked and advice.asked.forms:
        out.columns(*say.forms(advice.asked, base))
    if not is_pick:
        _ranking(out, advice, base, view)
    for heading, lines in beside.items():
        out.bullets(lines, heading)
    if view.why:
        out.heading("Assumed")
        out.bullets(f"{item.field} = {say.value_text(item.value)} ({item.why})" for item in advice.assumptions)
    return out.text()


def _first_screen(out: Screen, advice: Advice, base: RuleBase, beside: dict[str, list[str]]) -> bool:
    """Write the answer, take from `beside` what is said in full; tell whether the command is too long for here."""
    verdict, build, hanging = say.VERDICTS[advice.verdict], advice.recommendation, say.hanging(advice, base)
    out.line(say.title(advice, base), "bold")
    out.line(f"{verdict}: {say.why(advice, base)}", say.STYLES[advice.verdict], lead=len(verdict))
    if close := say.close_text(advice, base):
        out.line(close)
    out.lines.append("")
    after = min(len(beside["Caveats"]), MINDED) + len(hanging) + ASSUMED
    long = bool(build and _build(out, build, ROWS - after))
    if not build:
        out.row("instead", *beside.pop("Ways round"))
        out.row("change", *beside.pop("What would help"))
    if out.short("mind", beside["Caveats"][:MINDED]) and len(beside["Caveats"]) <= MINDED:
        del beside["Caveats"]
    out.row("hangs on", *hanging)
    if "use_cases" in advice.missing:
        out.row("uses", ", ".join(base.use_cases))
    if not advice.missing:
        out.row("assumed", "; ".join((*say.assumed(advice, ASSUMED), "every assumption and reason: --why")))
    return long


def _build(out: Screen, build: Build, rows: int) -> bool:
    """Write what the build recommended takes, and how it is run; tell whether that is too long for so many rows."""
    for name, told in say.figures(build, drawn=True).items():
        out.row(name, *told)
    machines = build.capacity.machines if build.capacity else 1
    before = len(out.lines)
    _commands(out, build, "run")
    lines = len(out.lines) - before
    over = sum(len(line) // (out.width + 1) for line in out.lines[before + 1 :])  # words too long for a row
    long = len(out.lines) + over + (machines > 1) > rows
    if long or not lines:
        del out.lines[before:]
        out.row("run", f"{lines} lines, below; --print run: every step" if lines else "not known here")
    if machines > 1:
        out.row("", f"on each of {machines:,} machines, requests shared among them")
    return long


def _commands(out: Screen, build: Build, name: str | None = None) -> None:
    for item in say.shortest(build.commands):
        out.command(item.run, item.language, name)
        name = name and ""


def _ranking(out: Screen, advice: Advice, base: RuleBase, view: View) -> None:
    if advice.ranking:
        out.heading("Ranking")
        out.columns(*say.ranking(advice, advice.ranking[: view.top], base, why=view.why))
        if (more := len(advice.ranking) - view.top) > 0:
            out.line(f"  and {more} more; --top {len(advice.ranking)} shows them")
    if advice.sizes:
        out.heading("What the models take")
        out.columns(*say.sizes(advice, base))


def _reasons(out: Screen, advice: Advice, base: RuleBase) -> None:
    """Write what every point rests on, how firm that is, and what would change the answer."""
    if build := advice.recommendation:
        out.heading(f"Why: {build.score:.2f} points")
        out.columns(*say.points(build, base))
        if build.speed:
            out.line(f"The speed rests on {build.speed.basis}.", indent=2)
    if advice.robustness:
        out.heading("How firm")
        margin, share = say.firm_text(advice.robustness)
        out.line(f"  {margin} ahead; {share}")
        weights = [(w.criterion, f"{w.weight:.2f}", f"{w.low:.2f} to {w.high:.2f}") for w in advice.robustness.weights]
        out.columns(("weight of", "today", "leads from"), weights, frozenset({1, 2}))
    if advice.tipping_points is not None:
        turns = list(say.turn_lines(advice.tipping_points, base))
        out.heading("What would change it" if turns else "Nothing changes it when one requirement moves alone")
        out.bullets(turns)
