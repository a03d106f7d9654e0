"""Advice for a terminal: the answer, why, memory, ranking, the excluded, assumptions, caveats."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from llama_advisor.render.reasons import changes_text, decided_by, reasons, turns, value_text
from llama_advisor.render.screen import bar, bullets, columns, console, heading, line, number, written

if TYPE_CHECKING:
    from rich.console import Console

    from llama_advisor.engine.advice import Advice, Build, Change, Excluded, Robustness
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.sizing.figures import Range

BAR = 40
BAR_KEY = "  w weights k KV i image o overhead"
WIDE = 80
SHOWN_MODELS = 5
VERDICTS = {
    "recommended": "recommended",
    "recommended_with_caveats": "recommended, with caveats",
    "change_requirement": "nothing fits as asked; with one change this does",
    "no_fit": "nothing fits",
    "need_input": "more is needed to answer",
}


def advice_text(advice: Advice, base: RuleBase, *, why: bool, top: int, colour: bool, width: int) -> str:
    """Return the whole answer as text."""
    out = console(colour=colour, width=width)
    build = advice.recommendation
    if build is None:
        _without_build(out, advice)
    else:
        _answer(out, advice, build, base)
        reasons(out, build, base, every=why)
        _figures(out, build, advice)
        _ranking(out, advice, base, top)
        if advice.robustness:
            _firmness(out, advice.robustness)
    if advice.tipping_points is not None:
        turns(out, advice.tipping_points, base)
    _rest(out, advice, base)
    return written(out)


def _without_build(out: Console, advice: Advice) -> None:
    if advice.verdict == "need_input":
        line(out, "More is needed to answer: say what it is for.", "bold")
        line(out, "State at least one of --use-case, --input or --model; --help lists every field.")
        return
    line(out, "No Llama 3.1 or 3.2 build fits this scenario.", "bold red")
    nearest = nearest_excuse(advice)
    if nearest:
        line(out, f"The nearest miss: {nearest.excuse.text}.")


def nearest_excuse(advice: Advice) -> Excluded | None:
    """Return what stands against the build that a change lets fit; where none does, the model that came nearest.

    Nearest is by how far it got, then by how far it missed.
    """
    build = advice.recommendation
    mine = [item for item in advice.excluded if build and item.model == build.model]
    if mine:
        return mine[0]
    return min(advice.excluded, key=lambda item: (-item.nearest.stage, _far(item), _missed(item)), default=None)


def _far(item: Excluded) -> int:
    """Order what was missed before anything was sized: what cannot read the input is farthest."""
    return 1 if item.excuse.bottleneck == "modality" else 0


def _missed(item: Excluded) -> float:
    value, limit = item.excuse.value, item.excuse.limit
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(limit, (int, float)):
        return 0.0
    return abs(log(value / limit)) if value > 0 and limit > 0 else 0.0


def _answer(out: Console, advice: Advice, build: Build, base: RuleBase) -> None:
    line(out, described(build, base), "bold green" if advice.verdict != "change_requirement" else "bold yellow")
    line(out, reason_line(advice, build, base))


def reason_line(advice: Advice, build: Build, base: RuleBase) -> str:
    """Return the verdict and what carries it, one sentence."""
    if advice.changes:
        return f"only if you change {changes_text(advice.changes)}: {because(advice)}."
    return f"{VERDICTS[advice.verdict]}: {because_of(advice, build, base)}."


def described(build: Build, base: RuleBase) -> str:
    """Return `model, quantization, on engine, on machine`."""
    name = base.models[build.model].name
    engine = base.engines[build.engine].name
    version = f" ({build.engine_version})" if build.engine_version else ""
    if build.machine is None:
        return f"{name}, hosted by {build.provider}"
    copies = f", {build.machine.replicas} copies" if build.machine.replicas > 1 else ""
    return f"{name}, {build.quantization}, {engine}{version} on {build.machine.name}{copies}"


def because(advice: Advice) -> str:
    """Say what stands against the build as asked: its own model's excuse."""
    nearest = nearest_excuse(advice)
    return nearest.excuse.text if nearest else "nothing qualifies as asked"


def because_of(advice: Advice, build: Build, base: RuleBase) -> str:
    """Name what carries the pick against the next model, else its largest part."""
    rules = [part for part in build.contributions if part.rule and part.points > 0]
    said = [max(rules, key=lambda part: part.points).text] if rules else []
    if len(advice.ranking) > 1:
        rival = advice.ranking[1]
        gains = sorted(((_gap(build, rival, name), name) for name in _criteria(build)), reverse=True)
        ahead = [name for gap, name in gains if gap > 0][:2]
        if ahead:
            said.append(f"ahead of {base.models[rival.model].name} in {' and '.join(ahead)}")
    elif not said:
        said.append("the only model that qualifies")
    return "; ".join(said) or "the best score of all builds that qualify"


def _criteria(build: Build) -> list[str]:
    return list(dict.fromkeys(part.criterion for part in build.contributions))


def _gap(build: Build, rival: Build, criterion: str) -> float:
    mine = sum(part.points for part in build.contributions if part.criterion == criterion)
    return mine - sum(part.points for part in rival.contributions if part.criterion == criterion)


def _figures(out: Console, build: Build, advice: Advice) -> None:
    heading(out, "What it takes")
    rows = []
    if build.memory:
        rows.append(("memory", memory_line(build)))
    if build.speed:
        context = advice.scenario.get("context_tokens")
        at = f" at {context:,} tokens" if isinstance(context, int) else ""
        rows.append(("speed", f"{range_text(build.speed.decode_tokens_per_s)} tokens/s per user{at}"))
        rows.append(("", f"first token of a usual prompt after {range_text(build.speed.first_token_s)} s"))
        rows.append(("", build.speed.basis))
    elif build.machine:
        rows.append(("speed", "not known for this device"))
    if build.training:
        rows.append(
            (
                "tuning",
                f"{build.training.method}: {build.training.total_gib:.1f} GiB in all; {build.training.optimizer}",
            )
        )
    if build.cost:
        rows.append(("cost", cost_line(build)))
    columns(out, ("", ""), rows)
    if build.memory and build.memory.available_gib:
        line(
            out,
            f"  {_bar(build, out.width)}{BAR_KEY}" if out.width >= WIDE else f"  {_bar(build, out.width)}\n{BAR_KEY}",
        )
    if build.commands:
        heading(out, "Run it")
        bullets(out, build.commands, "$")


def memory_line(build: Build) -> str:
    """Return the memory of a build with its parts."""
    memory = build.memory
    assert memory is not None
    image = f" + image cache {memory.image_cache_gib:.2f}" if memory.image_cache_gib else ""
    there = "of unknown memory" if memory.available_gib is None else f"of {memory.available_gib:.2f} GiB"
    caches = f"KV cache {memory.kv_cache_gib:.2f}{image}"
    parts = f"weights {memory.weights_gib:.2f} + {caches} + overhead {memory.overhead_gib:.2f}"
    split = f"; {memory.offloaded_gib:.1f} GiB of it in host memory" if memory.offloaded_gib else ""
    return f"{memory.total_gib:.2f} GiB {there}: {parts}{split}"


def _bar(build: Build, width: int) -> str:
    memory = build.memory
    assert memory is not None
    parts = (
        ("w", memory.weights_gib),
        ("k", memory.kv_cache_gib),
        ("i", memory.image_cache_gib),
        ("o", memory.overhead_gib),
    )
    return bar(parts, max(memory.available_gib or 0.0, memory.total_gib), min(BAR, width - 4))


def range_text(figures: Range) -> str:
    """Return `mid (low to high)`."""
    return f"{number(figures.mid)} ({number(figures.low)} to {number(figures.high)})"


def cost_line(build: Build) -> str:
    """Return what a build costs, with the day and the offer of the price."""
    cost = build.cost
    assert cost is not None
    month = f"{number(cost.usd_per_month)} USD/month"
    hour = f", {number(cost.usd_per_hour)} USD/hour" if cost.usd_per_hour else ""
    tokens = f", {number(cost.usd_per_million_tokens)} USD per million tokens" if cost.usd_per_million_tokens else ""
    dated = f"price of {cost.as_of}" if cost.as_of else "price undated"
    return f"{month}{hour}{tokens} ({dated}, {cost.offer})"


def _ranking(out: Console, advice: Advice, base: RuleBase, top: int) -> None:
    if not advice.ranking:
        return
    heading(out, "Ranking")
    rows = [ranking_row(build, base) for build in advice.ranking[:top]]
    columns(out, ("#", "model", "build", "GiB", "tok/s", "USD/mo", "score"), rows, frozenset({0, 3, 4, 5, 6}))
    if len(advice.ranking) > top:
        line(out, f"  and {len(advice.ranking) - top} more; --top shows them")


def ranking_row(build: Build, base: RuleBase) -> tuple[str, ...]:
    """Return one row of the ranking table."""
    where = f"{build.quantization}, {build.engine}" if build.machine else f"hosted, {build.provider}"
    return (
        str(build.rank),
        base.models[build.model].name.removeprefix("Llama "),
        where,
        number(build.memory.total_gib) if build.memory else "-",
        number(build.speed.decode_tokens_per_s.mid) if build.speed else "-",
        number(build.cost.usd_per_month) if build.cost else "-",
        f"{build.score:.2f}",
    )


def _firmness(out: Console, stands: Robustness) -> None:
    heading(out, "How firm")
    line(
        out, f"  {stands.margin:+.2f} points ahead; leads under {stands.share_of_weightings_won:.0%} of all weightings"
    )
    rows = [(item.criterion, f"{item.weight:.2f}", f"{item.low:.2f} to {item.high:.2f}") for item in stands.weights]
    columns(out, ("weight of", "today", "leads from"), rows, frozenset({1, 2}))


def _rest(out: Console, advice: Advice, base: RuleBase) -> None:
    sections = (
        ("Excluded", excluded_lines(advice, base)),
        (
            "Wishes",
            [f"{wish.field} {wish.asked}: {wish.outcome.replace('_', ' ')}; {wish.text}" for wish in advice.wishes],
        ),
        ("Caveats", [caveat.text + decided_by(caveat.layer, base) for caveat in advice.caveats]),
        ("What would help", [relaxed_line(item.changes, item.then.model, base) for item in advice.relaxations]),
        ("Ways round", [f"{route.kind.replace('_', ' ')}: {route.text}" for route in advice.routes]),
        ("Hosted instead", alternative_lines(advice, base, hosted=True)),
        ("On rented hardware instead", alternative_lines(advice, base, hosted=False)),
        ("Assumed", [f"{item.field} = {value_text(item.value)} ({item.why})" for item in advice.assumptions]),
    )
    for title, items in sections:
        if items:
            heading(out, title)
            bullets(out, items)


def alternative_lines(advice: Advice, base: RuleBase, *, hosted: bool) -> list[str]:
    """Return the builds of the lane that was not ranked, with their cost."""
    shown = [item for item in advice.alternatives if item.cost and (item.provider is not None) is hosted]
    return [f"{described(item, base)}: {cost_line(item)}" for item in shown]


def excluded_lines(advice: Advice, base: RuleBase) -> list[str]:
    """Return one line per reason, the models that share it together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in advice.excluded:
        name = base.models[item.model].name
        text = item.excuse.text.replace(name, "{}") + decided_by(item.excuse.layer, base)
        groups.setdefault((item.excuse.rule, text), []).append(name)
    return [_said_of(names, text) for (_, text), names in groups.items()]


def _said_of(names: list[str], text: str) -> str:
    if len(names) == 1 and text.startswith("{}"):
        return text.replace("{}", names[0])
    rest = text.removeprefix("{}").removeprefix(":").strip()
    return f"{', '.join(names)}: {rest.replace('{}', 'it')}"


def relaxed_line(changes: tuple[Change, ...], model: str, base: RuleBase) -> str:
    """Return a change that would help and the model that then fits."""
    return f"{changes_text(changes)}: then {base.models[model].name}"
