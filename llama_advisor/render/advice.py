"""Advice for a terminal: the answer, why, memory, ranking, the excluded, assumptions, caveats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render import sentences as say
from llama_advisor.render.screen import Screen, bar

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.render.formats import View

BAR = 40
BAR_KEY = "  w weights k KV i image o overhead"
WIDE = 80


def advice_text(advice: Advice, base: RuleBase, view: View) -> str:
    """Write the whole answer as text."""
    out = Screen(colour=view.colour, width=view.width)
    build = advice.recommendation
    if build:
        out.line(say.described(build, base), "bold yellow" if advice.verdict == "change_requirement" else "bold green")
        out.line(say.reason_line(advice, build, base))
        _reasons(out, build, base, every=view.why)
        _figures(out, build, advice)
        _ranking(out, advice, base, view.top)
        if advice.robustness:
            out.heading("How firm")
            margin, share = say.firm_text(advice.robustness)
            out.line(f"  {margin} ahead; {share}")
            weights = advice.robustness.weights
            rows = [(item.criterion, f"{item.weight:.2f}", f"{item.low:.2f} to {item.high:.2f}") for item in weights]
            out.columns(("weight of", "today", "leads from"), rows, frozenset({1, 2}))
    elif advice.verdict == "need_input":
        out.line("More is needed to answer: say what it is for.", "bold")
        out.line("State at least one of --use-case, --input or --model; --help lists every field.")
    else:
        out.line("No Llama 3.1 or 3.2 build fits this scenario.", "bold red")
        nearest = say.nearest_excuse(advice)
        if nearest:
            out.line(f"The nearest miss: {nearest.excuse.text}.")
    if advice.tipping_points is not None:
        turns = say.turn_lines(advice.tipping_points, base)
        out.heading("What would change it" if turns else "Nothing changes it when one requirement moves alone")
        out.bullets(turns)
    _rest(out, advice, base)
    return out.text()


def _reasons(out: Screen, build: Build, base: RuleBase, *, every: bool) -> None:
    """Write the parts of the score; `every` adds the sources, figures and tests behind each."""
    out.heading(f"Why: {build.score:.2f} points")
    rows = []
    for part in build.contributions:
        cited = f" [{', '.join(part.source)}]" if part.source and (every or part.rule) else ""
        said = f"{part.text}{cited}{say.decided_by(part.layer, base)}"
        rows.append((say.points_text(part), part.rule or part.criterion, said))
        if every:
            rows.extend(("", "", reading) for reading in say.readings(part))
    out.columns(("points", "from", "reading"), rows, frozenset({0}))


def _figures(out: Screen, build: Build, advice: Advice) -> None:
    out.heading("What it takes")
    rows = []
    if build.memory:
        rows.append(("memory", say.memory_line(build)))
    if build.speed:
        context = advice.scenario.get("context_tokens")
        at = f" at {context:,} tokens" if isinstance(context, int) else ""
        rows.append(("speed", f"{say.range_text(build.speed.decode_tokens_per_s)} tokens/s per user{at}"))
        rows.append(("", f"first token of a usual prompt after {say.range_text(build.speed.first_token_s)} s"))
        rows.append(("", build.speed.basis))
    elif build.machine:
        rows.append(("speed", "not known for this device"))
    if build.training:
        tuning = build.training
        rows.append(("tuning", f"{tuning.method}: {tuning.total_gib:.1f} GiB in all; {tuning.optimizer}"))
    if build.cost:
        rows.append(("cost", say.cost_line(build)))
    out.columns(("", ""), rows)
    memory = build.memory
    if memory and memory.available_gib:
        parts = (
            ("w", memory.weights_gib),
            ("k", memory.kv_cache_gib),
            ("i", memory.image_cache_gib),
            ("o", memory.overhead_gib),
        )
        drawn = bar(parts, max(memory.available_gib, memory.total_gib), min(BAR, out.width - 4))
        out.line(f"  {drawn}{BAR_KEY}" if out.width >= WIDE else f"  {drawn}\n{BAR_KEY}")
    if build.commands:
        out.heading("Run it")
        out.bullets(build.commands, "$")


def _ranking(out: Screen, advice: Advice, base: RuleBase, top: int) -> None:
    if not advice.ranking:
        return
    out.heading("Ranking")
    rows = [say.ranking_row(build, base) for build in advice.ranking[:top]]
    out.columns(("#", "model", "build", "GiB", "tok/s", "USD/mo", "score"), rows, frozenset({0, 3, 4, 5, 6}))
    if len(advice.ranking) > top:
        out.line(f"  and {len(advice.ranking) - top} more; --top shows them")


def _rest(out: Screen, advice: Advice, base: RuleBase) -> None:
    sections = (
        ("Excluded", say.excluded_lines(advice, base)),
        ("Wishes", say.wish_lines(advice)),
        ("Caveats", say.caveat_lines(advice, base)),
        ("What would help", say.relaxed_lines(advice, base)),
        ("Ways round", say.route_lines(advice)),
        ("Hosted instead", say.alternative_lines(advice, base, hosted=True)),
        ("On rented hardware instead", say.alternative_lines(advice, base, hosted=False)),
        ("Assumed", [f"{item.field} = {say.value_text(item.value)} ({item.why})" for item in advice.assumptions]),
    )
    for title, items in sections:
        if items:
            out.heading(title)
            out.bullets(items)
