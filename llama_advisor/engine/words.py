"""Candidate builds in the words of the contract: builds, excuses, wishes, caveats, routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Literal

from llama_advisor.engine.advice import (
    Build,
    CaveatShown,
    CloseCall,
    Excluded,
    Excuse,
    Nearest,
    RouteShown,
    ShortBuild,
    SpeedShown,
    Wish,
)
from llama_advisor.engine.artifacts import artifact
from llama_advisor.engine.candidate import Candidate, Outcome
from llama_advisor.engine.contributions import cited, contributions
from llama_advisor.engine.launch import commands
from llama_advisor.engine.offers import elsewhere, ended_at
from llama_advisor.engine.rank import best_first, is_wished
from llama_advisor.engine.score import at_speed, excuse, nearness
from llama_advisor.engine.search import Found
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Caveat, Criteria, Route, RuleOut
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.scenario.names import app_named, engine_ids, provider_id
from llama_advisor.scenario.need import Need
from llama_advisor.sizing.cost import live_offers
from llama_advisor.sizing.figures import MachineUsed, machine_used
from llama_advisor.sizing.quality import of_this_work, score
from llama_advisor.sizing.support import runs_on
from llama_advisor.text.numbers import number
from llama_advisor.text.template import fill

CONSTRAINT_RANK = 10
FIGURES = 3
"""Scores set beside each other at most."""
PlainWish = Literal["quantization", "engine", "provider"]


def shown(build: Candidate, rank: int, base: RuleBase, *, why: bool = False) -> Build:
    """Return a candidate as the contract has it, figures rounded for reading."""
    place, layout, files = build.place, build.layout, artifact(build)
    return Build(
        rank=rank,
        model=build.model.id,
        quantization=build.quantization.id,
        engine=build.engine.id,
        engine_version=place.support.pinned_version if place.support else None,
        provider=place.offer.provider if place.offer else None,
        machine=_machine(build),
        kv_cache_type=layout.kv_cache_type if layout else None,
        artifact=files,
        score=build.score,
        contributions=contributions(build, why=why),
        memory=build.memory and build.memory.rounded(2),
        speed=speed_shown(build),
        capacity=build.capacity and build.capacity.rounded(3),
        training=build.training and build.training.rounded(2),
        cost=build.cost and build.cost.rounded(month=4),
        commands=commands(build, base),
    )


def short(build: Candidate) -> ShortBuild:
    """Return a build by name."""
    machine = _machine(build)
    return ShortBuild(
        model=build.model.id,
        quantization=build.quantization.id,
        engine=build.engine.id,
        machine=machine.name if machine else None,
    )


def _machine(build: Candidate) -> MachineUsed | None:
    if build.machine is None:
        return None
    return machine_used(build.machine, build.layout.replicas if build.layout else 1)


def speed_shown(build: Candidate) -> SpeedShown | None:
    """Return the speed of a build as the contract has it; None where it is not known."""
    if build.speed is None:
        return None
    figures, need = build.speed.rounded(3)._asdict(), build.need
    del figures["total_tokens_per_s"]  # the capacity has it
    return SpeedShown(
        **figures,
        context_tokens=need.context_tokens,
        prompt_tokens=need.prompt_tokens,
        at_tokens=min(need.context_tokens, need.prompt_tokens + need.output_tokens // 2),
    )


def close_call(order: tuple[Candidate, ...]) -> CloseCall | None:
    """Return the second model where what the two score overlaps, each from its slowest to its fastest estimate."""
    for first, other in pairwise(order[:2]):
        reaches = at_speed(other, best=True) >= at_speed(first, best=False)
        if reaches and at_speed(other, best=False) <= at_speed(first, best=True):
            return CloseCall(other=short(other), margin=round(first.score - other.score, 2))
    return None


def excluded(found: Found, base: RuleBase, mine: Candidate | None, told: Candidate | None) -> tuple[Excluded, ...]:
    """Return each model without a build, by size, with the decisive excuse of its build asked about, else nearest."""

    def meant(build: Candidate) -> Candidate:
        """Of engines that do not run a model at all, the one of the pick is told."""
        if mine and mine.failures and mine.model.id == build.model.id:
            return mine
        rule = decisive(build, base).rule
        alike = found.builds(build.model.id) if rule.rule.then == RuleOut(rule_out="engine") else ()
        same = (other for other in alike if told and other.engine is told.engine and decisive(other, base).rule is rule)
        return next(same, build)

    order = sorted(map(meant, found.excluded), key=lambda build: (build.model.parameters, build.model.id))
    return tuple(
        Excluded(
            model=build.model.id,
            nearest=Nearest(quantization=build.quantization.id, engine=build.engine.id, stage=build.stage),
            excuse=_told(build, base),
        )
        for build in order
    )


def _told(build: Candidate, base: RuleBase) -> Excuse:
    """Return the excuse of a model; where engines and forms were free, it holds of all of them."""
    outcome, need, support = decisive(build, base), build.need, build.place.support
    said, more = excuse(outcome), ""
    if support and build.machine and said.bottleneck == "engine" and not support.runs_model:
        more = "" if need.engines_asked or need.only_engines else f", nor on any other engine of {build.machine.label}"
    elif support and said.bottleneck == "hardware" and support.runs_on_machine and support.runs_quantization == "no":
        more = "" if need.quantizations_asked or need.only_quantizations else ", nor any other form"
    return said._replace(text=said.text + more)


def decisive(build: Candidate, base: RuleBase) -> Outcome:
    """Return the failed constraint that is told first, by the order of bottlenecks."""
    order = base.criteria.excuse_order

    def place(outcome: Outcome) -> tuple[int, str]:
        then = outcome.rule.rule.then
        assert isinstance(then, RuleOut)
        kind = then.told_as or then.rule_out
        return order.index(kind) if kind in order else len(order), outcome.rule.id

    return min(build.fails, key=place)


def wishes(found: Found, base: RuleBase, told: Candidate | None) -> tuple[Wish, ...]:
    """Say what became of the model, quantization, engine and provider named, where the answer tells of a build."""
    made = []
    need, scenario = found.need, found.need.scenario
    if scenario.model and need.model:
        made.append(_model_wish(scenario.model, found, base))
    if scenario.quantization:
        wished = need.quantizations_wished
        asked = scenario.quantization
        made.append(_plain_wish("quantization", asked, found, base, lambda b: _stored(b) in wished))
    if need.provider_named:
        asked = (scenario.provider or scenario.engine or "").strip()
        if need.provider_unlisted:
            listed = (
                name.casefold() for item in base.providers.values() for name in (item.id, item.name, *item.aliases)
            )
            close = get_close_matches(asked.casefold(), listed, 1, cutoff=0.8)
            text = f"nothing is known here of {asked}" + (f"; is {close[0]} meant?" if close else "")
            made.append(Wish(field="provider", asked=asked, outcome="not_known", rank=None, text=text))
        else:
            made.append(_plain_wish("provider", asked, found, base, lambda b: _hosted_by(b) == need.provider, told))
    if scenario.engine and not provider_id(scenario.engine, base):
        asked, engines = scenario.engine, engine_ids(scenario.engine, base)
        if engines:
            made.append(_plain_wish("engine", asked, found, base, lambda b: b.engine.id in engines, told))
        else:
            app = app_named(asked, base)
            text = f"nothing is known here of {asked}"
            if app and app.known:
                text = f"{app.name} runs no model itself: point it at the address of what serves the pick"
            made.append(Wish(field="engine", asked=asked, outcome="not_known", rank=None, text=text))
    return tuple(made)


def _stored(build: Candidate) -> str:
    """Return the quantization of a build, of a service the one that it is known to serve in."""
    return (build.place.offer.precision if build.place.offer else "") or build.quantization.id


def _hosted_by(build: Candidate) -> str | None:
    """Return the provider of a build; of a name that is not listed no build is."""
    return build.place.offer.provider if build.place.offer else ""


def _model_wish(asked: str, found: Found, base: RuleBase) -> Wish:
    need, order = found.need, found.order
    exact = next((index for index, build in enumerate(order, 1) if build.model.id == need.model), None)
    place = exact or next((index for index, build in enumerate(order, 1) if is_wished(build, need, base)), None)
    if place == 1:
        text, best = f"{order[0].model.name} is the pick", max(order, key=lambda build: build.score)
        behind = best.score - order[0].score
        if behind > base.criteria.wish_margin:
            text += f", as it was named with how it runs, or alone; {best.model.name} leads it"
        elif behind > 0:
            text += f"; {best.model.name} leads it by less than a wish is worth"
        return Wish(field="model", asked=asked, outcome="kept", rank=1, text=text)
    if place:
        build, best = order[place - 1], order[0]
        text = f"{_qualifies(build)}; {best.model.name} comes before it"
        return Wish(field="model", asked=asked, outcome="better_exists", rank=place, text=text)
    named = found.nearest(str(need.model))
    if named:
        reason = decisive(named, base).text
    else:
        model, day = str(need.model), found.plan.as_of
        ended = ended_at(model, need.provider, base, day)
        reason = f"{base.models[model].name} is not among the models ranked" + (f"; {ended}" if ended else "")
        if need.hosted_considered:
            reason += f"; {elsewhere(live_offers(model, base, day), need, base, day)}"
    return Wish(field="model", asked=asked, outcome="impossible", rank=None, text=reason)


def _plain_wish(
    field: PlainWish,
    asked: str,
    found: Found,
    base: RuleBase,
    match: Callable[[Candidate], bool],
    told: Candidate | None = None,
) -> Wish:
    order = found.order
    pick = order[0].model.id if order else found.need.model or (told and told.model.id)
    itself = True
    if field == "quantization" and found.need.model:  # another model in it is not what was asked for
        itself = bool(order) and is_wished(order[0], found.need, base)
        pick = pick if itself else found.need.model
        form, match = match, lambda build: build.model.id == pick and form(build)
    kept = order[0] if order and itself else None if order or field == "quantization" else told
    if kept and match(kept):
        app = app_named(asked, base) if field == "engine" else None
        uses = f"uses {kept.engine.name}, one of the engines in {app.name}" if app else f"uses {asked}"
        hosted = field == "engine" and kept.place.offer
        return Wish(
            field=field, asked=asked, outcome="kept", rank=1, text=f"the pick {'is hosted' if hosted else uses}"
        )
    others = sorted((build for build in found.qualified if match(build)), key=best_first)
    refused = sorted(
        (build for build in found.refused if match(build)), key=lambda build: (build.model.id != pick, nearness(build))
    )
    own = [build for build in others if build.model.id == pick]
    why = [decisive(build, base).text for build in refused if build.model.id == pick or not others]
    if not others:
        text = why[0] if why else f"no build that qualifies uses {asked}"
        if field == "provider" and not found.need.hosted_considered:
            text = "it runs on machines of one's own: the hardware, the place or privacy say so"
        return Wish(field=field, asked=asked, outcome="impossible", rank=None, text=text)
    best = (own or others)[0]
    text = _qualifies(best)
    if why and not own:
        text = f"{why[0]}; {text}"
    place = [build.model.id for build in order].index(best.model.id) + 1
    return Wish(field=field, asked=asked, outcome="better_exists", rank=place, text=text)


def _qualifies(build: Candidate) -> str:
    """Say that a build qualifies, and how fast it is or what it costs."""
    speed, cost, offer = build.speed, build.cost, build.place.offer
    where = "hosted" if offer else f"as {build.quantization.id} on {build.engine.name}"
    pace = f", at about {number(speed.decode_tokens_per_s.mid)} tokens/s" if speed else ""
    money = f", at {cost.usd_per_month:,.2f} USD a month" if cost and offer else ""
    return f"{build.model.name} {where} qualifies{pace}{money}"


def caveats(
    winner: Candidate | None, ending: Candidate, rules: Iterable[CompiledRule], criteria: Criteria
) -> tuple[tuple[CaveatShown, ...], tuple[CaveatShown, ...]]:
    """Return the warnings about the winner (or about the scenario, where nothing fits), weightiest first; and notes."""
    notes: list[tuple[int, CompiledRule, str]] = []
    said = [(CONSTRAINT_RANK, outcome.rule, outcome.text) for outcome in (winner.outcomes if winner else ())]
    for rule in rules:
        then = rule.rule.then
        if isinstance(then, Caveat) and rule.test(ending):
            told = notes if then.caveat == "note" else said
            told.append((then.rank, rule, fill(rule.rule.say, ending.lookup)))

    return _ordered(said)[: criteria.caveats_shown], _ordered(notes)[: criteria.notes_shown]


def _ordered(told: list[tuple[int, CompiledRule, str]]) -> tuple[CaveatShown, ...]:
    items = sorted(told, key=lambda item: (item[0], item[1].id))
    return tuple(CaveatShown(rule=rule.id, text=text, source=cited(rule), layer=rule.layer) for _, rule, text in items)


def expired(build: Candidate, base: RuleBase, as_of: date) -> tuple[str, ...]:
    """Say which rows that a build rests on are past their time, or undated."""
    engine = build.engine
    rows = [(f"what is known of {engine.name} {engine.version}".rstrip(), base.expired("engines", engine.id, as_of))]
    if build.cost:
        rows.append((f"the price {build.cost.offer}", base.expired("prices", build.cost.offer, as_of)))
    return tuple(f"{what} is {row}" for what, row in rows if row)


def closing(
    winner: Candidate | None,
    found: Found,
    base: RuleBase,
    **known: Any,
) -> Candidate:
    """Return the winner, or the scenario alone, with what is known once all was judged."""
    need = found.need
    given = found.machines[0] if found.machines and need.hardware_stated else None
    candidate = winner or Candidate(need)
    stated = candidate.need if candidate.need.stated == need.stated else replace(candidate.need, stated=need.stated)
    kinds = frozenset(
        then.rule_out for build in found.excluded if isinstance(then := decisive(build, base).rule.rule.then, RuleOut)
    )
    told = {
        "figures": figures(winner, known.get("asked"), found.order[1:2], base),
        "unable": _unable(need, winner, base),
    }
    return candidate.closing(stated, bottlenecks=kinds, given=given, qualifies=bool(found.order), **told, **known)


def figures(
    pick: Candidate | None, asked: Candidate | None, second: tuple[Candidate, ...], base: RuleBase
) -> str | None:
    """Set published scores for this work beside those of the model asked about, else of the next larger.

    In languages that have a series of their own the second of the ranking takes that place.
    """
    if pick is None:
        return None
    mine, need = pick.model, pick.need
    larger = (
        model
        for model in sorted(base.models.values(), key=lambda model: model.parameters)
        if model.role == "ranked" and model.kind == mine.kind and model.parameters > mine.parameters
        if ("image" in model.inputs) == ("image" in mine.inputs)
    )
    spoken = tuple(name for name, item in base.benchmarks.items() if item.language in need.languages)
    beside = next((b.model for b in (asked, *(second if spoken else ())) if b and b.model.id != mine.id), None)
    other = beside or next(larger, None)
    if other is None:
        return None
    usual = spoken or ("mmlu-5shot",)
    usual = (*usual, base.criteria.tool_benchmark) if need.tool_calling != "none" else usual
    said = []
    names = dict.fromkeys((*usual, *(name for case in need.cases for name in case.benchmarks)))
    for name in of_this_work(names, need.inputs, base):
        both = [score(model, name, base) for model in (mine, other)]
        if all(found and not found.estimated for found in both):
            said.append(
                f"{base.benchmarks[name].name} " + " against ".join(f"{found.value:g}" for found in both if found)
            )
    return f"{mine.name} beside {other.name}: {', '.join(said[:FIGURES])}" if said else None


def engines_now(pick: Candidate | None, base: RuleBase) -> str | None:
    """Name the engines whose current version runs the model of the pick on its machine."""
    if pick is None or pick.machine is None:
        return None
    device = pick.machine.device
    names = [
        engine.name
        for engine in base.engines.values()
        if engine.status != "archived" and runs_on(engine, device)
        if (known := engine.by_architecture.get(pick.model.architecture.kind)) and not known.until
        if any(not q.architectures or device.architecture in q.architectures for q in engine.quantizations)
    ]
    return " or ".join(names) or None


def _unable(need: Need, told: Candidate | None, base: RuleBase) -> str | None:
    """Name what does not run the model of an answer: of the engines asked for, else of those used on such a machine."""
    if told is None or told.machine is None:
        return None
    kind, device = told.model.architecture.kind, told.machine.device
    names = [
        engine.name
        for engine in base.engines.values()
        if kind not in engine.by_architecture
        if engine.id in need.engines_asked
        or (
            not need.engines_asked
            and need.target in engine.targets
            and any(device.kind in item.kinds and device.vendor in item.vendors for item in engine.hardware)
        )
    ]
    return ", ".join(sorted(names)) or None


def routes(ending: Candidate, need: Need, base: RuleBase) -> tuple[RouteShown, ...]:
    """Return the ways round that bear on the answer to a need as it was stated, the nearest at hand first."""
    ending = copy(ending)
    ending.need = need
    told = sorted(
        (then.rank, rule.id, rule, then.route)
        for rule in base.in_folder("routes")
        if isinstance(then := rule.rule.then, Route) and rule.test(ending)
    )
    return tuple(
        RouteShown(rule=rule.id, kind=kind, text=fill(rule.rule.say, ending.lookup), source=cited(rule))
        for _, _, rule, kind in told[: base.criteria.routes_shown]
    )
