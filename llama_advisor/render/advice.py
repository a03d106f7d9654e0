"""Advice for a terminal: the answer, why, memory, ranking, the excluded, assumptions, caveats."""

from __future__ import annotations

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.explain.options import nearest_excuse
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen, bar

BAR = 40
BAR_KEY = "  w weights k KV i image o overhead"
WIDE = 80


def advice_text(advice: Advice, base: RuleBase, view: View) -> str:
    """Write the whole answer as text."""
    out = Screen(colour=view.colour, width=view.width)
    build = advice.recommendation
    if build:
        _build(out, advice, build, base, view)
    elif advice.verdict == "need_input":
        out.line("More is needed to answer: say what it is for.", "bold")
        out.line(
            f"--use-case takes {', '.join(base.use_cases)}; `llama-advisor use-cases list` says what they are for."
        )
        out.line("Or state --input or --model.")
        return out.text()
    else:
        out.line("No Llama 3.1 or 3.2 build fits this scenario.", "bold red")
        nearest = nearest_excuse(advice)
        if nearest:
            out.line(f"The nearest miss: {nearest.excuse.text}.")
    if advice.tipping_points is not None:
        turns = say.turn_lines(advice.tipping_points, base)
        out.heading("What would change it" if turns else "Nothing changes it when one requirement moves alone")
        out.bullets(turns)
    for title, items in (
        ("Excluded", say.excluded_lines(advice, base)),
        *say.beside(advice, base).items(),
        ("Assumed", [f"{item.field} = {say.value_text(item.value)} ({item.why})" for item in advice.assumptions]),
    ):
        if items:
            out.heading(title)
            out.bullets(items)
    return out.text()


def _build(out: Screen, advice: Advice, build: Build, base: RuleBase, view: View) -> None:
    """Write the build recommended: why, what it takes, the ranking; `--why` adds what is behind each part."""
    out.line(say.described(build, base), "bold yellow" if advice.verdict == "change_requirement" else "bold green")
    out.line(say.reason_line(advice, build, base))
    out.heading(f"Why: {build.score:.2f} points")
    rows = []
    for part in build.contributions:
        cited = f" [{', '.join(part.source)}]" if part.source and (view.why or part.rule) else ""
        points, name, _, _ = say.part_row(part, base)
        rows.append((points, name, f"{part.text}{cited}{say.decided_by(part.layer, base)}"))
        if view.why:
            rows.extend(("", "", reading) for reading in say.readings(part))
    out.columns(("points", "from", "reading"), rows, frozenset({0}))
    _figures(out, build)
    if build.commands:
        out.heading("Run it")
        shortest = say.shortest(build.commands)
        if not shortest:
            out.line("how it is run is not known here", indent=2)
        for item in shortest:
            out.command(item.run, item.language)
        if build.capacity and build.capacity.machines > 1:
            out.line(f"on each of {build.capacity.machines:,} machines, requests shared among them", indent=2)
        out.line("--print run: every step; llama-advisor deploy: a script or a manifest", "dim", indent=2)
    if advice.ranking:
        out.heading("Ranking")
        ranking = say.ranking_rows(advice, base, view.top)
        out.columns(("#", "model", "build", "GiB", "tok/s", "USD/mo", "score"), ranking, frozenset({0, 3, 4, 5, 6}))
        if len(advice.ranking) > view.top:
            out.line(f"  and {len(advice.ranking) - view.top} more; --top {len(advice.ranking)} shows them")
    if advice.robustness:
        out.heading("How firm")
        margin, share = say.firm_text(advice.robustness)
        out.line(f"  {margin} ahead; {share}")
        weights = advice.robustness.weights
        ranges = [(item.criterion, f"{item.weight:.2f}", f"{item.low:.2f} to {item.high:.2f}") for item in weights]
        out.columns(("weight of", "today", "leads from"), ranges, frozenset({1, 2}))


def _figures(out: Screen, build: Build) -> None:
    out.heading("What it takes")
    rows = []
    if build.memory:
        rows.append(("memory", say.memory_line(build.memory)))
    if build.speed:
        speed, at, context = build.speed, build.speed.at_tokens, build.speed.context_tokens
        at_full = f"; {say.number(speed.at_full_context_tokens_per_s)} when all {context:,} are full"
        fast = f"{say.range_text(speed.decode_tokens_per_s)} tokens/s per user at {at:,} tokens"
        first = f"a prompt of {speed.prompt_tokens:,} tokens after {say.range_text(speed.first_token_s)} s"
        rows += [("speed", fast + (at_full if at < context else ""))]
        rows += [("", f"first token of {first}"), ("", speed.basis)]
    else:
        why = " for this device" if build.machine else ": none is recorded here; measure it, network included"
        rows.append(("speed", f"not known{why}"))
    if build.capacity:
        rows.append(("serves", say.serves(build.capacity)))
    if build.training:
        rows.append(("tuning", f"{build.training.method}: {build.training.total_gib:.1f} GiB in all"))
        rows += [("", told) for told in say.tuning_lines(build.training)]
    if build.cost:
        rows.append(("cost", say.cost_line(build.cost)))
    out.columns(("", ""), rows)
    memory = build.memory
    if memory and memory.available_gib:
        sizes = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
        drawn = bar(
            tuple(zip("wkio", sizes, strict=True)), max(memory.available_gib, memory.total_gib), min(BAR, out.width - 4)
        )
        out.line(f"  {drawn}{BAR_KEY}" if out.width >= WIDE else f"  {drawn}\n{BAR_KEY}")
