"""Why this build, in figures: against the next larger model, the next smaller, and the one asked about."""

from __future__ import annotations

from collections.abc import Iterator

from llama_advisor.engine.advice import Advice, Build
from llama_advisor.explain.options import nearest_excuse
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.model import Model
from llama_advisor.scenario.names import use_case_id
from llama_advisor.sizing.quality import Score, kept_share, of_this_work, score
from llama_advisor.text.numbers import number
from llama_advisor.text.tables import table

FELT = 1.1  # Factor below which two figures are told to be alike.
NOTABLE = 1  # Points of a published score from which on two models are told apart by it.
WHOLE_FROM = 10
WORDS: dict[str, tuple[str, str]] = table(__file__)
"""How another build is better, and how it is worse, by fact."""


def reason(advice: Advice, base: RuleBase) -> str:
    """Say why, in a few sentences; what rules the nearest build out, where none qualifies as asked."""
    said = _sentences(advice, base)
    return " ".join(f"{text if advice.changes else _opened(text)}." for text in said)


def _opened(text: str) -> str:
    """Begin a sentence; a name keeps its own letters: `vLLM`."""
    first = text.split(maxsplit=1)[0]
    return f"{text[0].upper()}{text[1:]}" if first == first.lower() else text


def brief(model: Model) -> str:
    """Name a model as short as people do: `3.1 70B`."""
    return model.name.removeprefix("Llama ").removesuffix(" Instruct")


def _sentences(advice: Advice, base: RuleBase) -> Iterator[str]:
    build, ranked = advice.recommendation, {item.model: item for item in advice.ranking}
    if build is None or not ranked:
        missed = nearest_excuse(advice)
        yield missed.excuse.text if missed else "nothing qualifies as asked"
        return
    mine, out = base.models[build.model], {item.model: item for item in advice.excluded}
    peers = sorted((base.models[name] for name in {*ranked, *out}), key=lambda model: (model.parameters, model.id))
    peers = [peer for peer in peers if peer.id in ranked or out[peer.id].excuse.bottleneck != "modality"]
    named = (advice.asked and advice.asked.build, advice.close_call and advice.close_call.other)
    beside, known = {short.model for short in named if short}, {mine.id, *(peer.id for peer in peers)}
    # a model with the text weights of another is no other model where nothing but text is asked for
    peers = [peer for peer in peers if peer.id in beside or peer.text_scores_from not in known]
    # of a model before and after it learned to follow instructions, the one of the same kind is told
    peers = [peer for peer in peers if peer.kind == mine.kind or peer.sibling not in known]
    larger = [peer for peer in peers if peer.parameters > mine.parameters]
    if len(ranked) == 1:
        yield "the only model that qualifies"
    elif larger and not any(peer.id in ranked for peer in larger):
        room = {out[peer.id].excuse.bottleneck for peer in larger} == {"memory"}
        yield f"the largest that {'fits' if room else 'qualifies'}"
    best = base.models[max(advice.ranking, key=lambda item: item.score).model]
    if best.id != mine.id:
        ahead = max(item.score for item in advice.ranking) - build.score
        near = " by little" if ahead <= base.criteria.wish_margin else ""
        yield f"it was asked for; {brief(best)} leads it{near}"
    smaller = [peer for peer in peers if peer.parameters < mine.parameters]
    told = {peer.id: peer for peer in (*(peer for peer in peers if peer.id in beside), *larger[:1], *smaller[-1:])}
    for peer in told.values():
        if peer.id in ranked:
            stored = base.quantizations[ranked[peer.id].quantization]
            few = f" in {stored.bits} bits ({stored.id})" if stored.bits < base.criteria.comfortable_bits else ""
            if (machine := ranked[peer.id].machine) and build.machine and machine.name != build.machine.name:
                few += f" on {machine.name}"
            if differs := " but ".join(_differs(build, ranked[peer.id], advice, base)):
                yield f"{brief(peer)}{few} {differs}"
        else:
            stored = base.quantizations[out[peer.id].nearest.quantization]
            text = out[peer.id].excuse.text.replace(f"as {stored.id} ", f"in {stored.bits} bits ({stored.id}) ")
            yield text.replace(peer.name, brief(peer)) if peer.name in text else f"{brief(peer)}: {text}"


def _differs(mine: Build, other: Build, advice: Advice, base: RuleBase) -> Iterator[str]:
    """Yield in what the other build is better, by most points, and in what it is worse."""
    gains = sorted(_gains(mine, other, advice, base))
    yield from (said for gain, said in gains[:1] if gain < 0)
    yield from (said for gain, said in gains[-1:] if gain > 0)


def _gains(mine: Build, other: Build, advice: Advice, base: RuleBase) -> Iterator[tuple[float, str]]:
    """Yield each figure in which two builds differ, with the points that the first is ahead by it."""
    ours, theirs = _figures(mine), _figures(other)
    parts = {part.criterion: part for part in mine.contributions if part.rule is None}
    if mine.training and other.training:  # how fast it answers afterwards is another question
        saved = other.training.total_gib - mine.training.total_gib
        said = WORDS["training.total_gib"][saved > 0]
        yield saved, said.format(theirs=number(other.training.total_gib), mine=number(mine.training.total_gib))
    for criterion in () if mine.training else base.criteria.criteria:
        part = parts.get(criterion.id)
        for measure in criterion.measures if part else ():
            one, two = ours.get(measure.fact), theirs.get(measure.fact)
            if part and one and two and max(one, two) >= FELT * min(one, two):
                gain = part.weight * measure.share * (measure.worth(one) - measure.worth(two))
                times = max(one, two) / min(one, two)
                said = WORDS[measure.fact][gain > 0].format(
                    times=f"{times:,.{int(times < WHOLE_FROM)}f}", mine=number(one), theirs=number(two)
                )
                yield gain, said
    behind = next((part.points for part in other.contributions if (part.criterion, part.rule) == ("quality", None)), 0)
    gain = parts["quality"].points - behind if "quality" in parts else 0
    for name in benchmarks(advice, base) if gain else ():  # the weightiest benchmark that says the same
        first, second = (scored(build, name, base) for build in (mine, other))
        ahead = first.value - second.value if first and second else 0
        if first and second and abs(ahead) >= NOTABLE and ahead * gain > 0:
            shown = [f"{found.value:g}{' (estimated)' * found.estimated}" for found in (first, second)]
            said = WORDS["build.quality"][gain > 0]
            yield gain, said.format(name=base.benchmarks[name].name, mine=shown[0], theirs=shown[1])
            return
    if gain > 0:
        form = base.quantizations[other.quantization]
        yield gain, f"keeps {kept_share(base.models[other.model], form, base):.0%} of its scores in {form.bits} bits"


def scored(build: Build, benchmark: str, base: RuleBase) -> Score | None:
    """Return the score of a build: its model's, of which few bits leave an estimated share."""
    model, stored = base.models[build.model], base.quantizations[build.quantization]
    own = f"{benchmark}-base"  # base models have series of their own
    found = score(model, own if model.kind == "base" and own in base.benchmarks else benchmark, base)
    if found is None or stored.bits >= base.criteria.comfortable_bits:
        return found
    return Score(round(found.value * kept_share(model, stored, base), 1), estimated=True)


def benchmarks(advice: Advice, base: RuleBase) -> list[str]:
    """Return the benchmarks that stand for this work, the weightiest first."""
    shares: dict[str, float] = {}
    for case in advice.scenario.get("use_cases") or ("general",):
        for name, share in base.use_cases[use_case_id(case, base)].benchmarks.items():
            shares[name] = shares.get(name, 0) + share
    weightiest = sorted(shares, key=lambda name: (-shares[name], name))
    return of_this_work(weightiest, advice.scenario.get("inputs", ()), base)


def _figures(build: Build) -> dict[str, float | None]:
    speed, cost, memory = build.speed, build.cost, build.memory
    return {
        "speed.decode_tokens_per_s": speed.decode_tokens_per_s.mid if speed else None,
        "speed.first_token_s": speed.first_token_s.mid if speed else None,
        "cost.usd_per_month": cost.usd_per_month if cost else None,
        "memory.fleet_gib": memory.total_gib if memory else None,
    }
