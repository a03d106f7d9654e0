"""A scenario read and its gaps filled: what it names resolved, what it does not say assumed and listed."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any, get_args

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import UseCase
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.scenario.defaults import TOOL_ORDER, Defaults
from llama_advisor.scenario.need import AS_STATED, DEFAULTS, DEVICE_TARGETS, NEEDED, NO_LIMITS, SECONDS_PER_MONTH, Need
from llama_advisor.scenario.scenario import Only, Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import CriterionId, Target
from llama_advisor.text.yaml_file import printable

SIXTEEN = 16


def says_nothing(scenario: Scenario) -> bool:
    """Whether none of the fields is stated of which one must be."""
    return all(getattr(scenario, field) == DEFAULTS[field] for field in NEEDED)


def understand(scenario: Scenario, base: RuleBase) -> Need:
    """Resolve names, and fill gaps from the use cases' defaults; raise InputError for what is unknown."""
    scenario = _in_codes(scenario, base)
    fill = Defaults(scenario, base)
    cases, inputs, target = fill.cases, fill.inputs(), fill.target()
    # Hosted competes unless the machine, the place or privacy settle that it runs at home.
    local = scenario.hardware is not None or scenario.memory_budget_gib is not None or target in DEVICE_TARGETS
    local = local or scenario.target == "server"
    tuned = bool(scenario.fine_tuning or scenario.tuning)
    at_home = scenario.offline or local or scenario.accelerator not in {None, "any"} or tuned
    said = {name: getattr(scenario, name) for name in AS_STATED}
    usual = (default.tool_calling for default in fill.defaults)
    found: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, tuple) else value for name, value in said.items()
    }
    found |= {
        "scenario": scenario,
        "cases": cases,
        "weights": _weights(scenario, cases),
        "beside": fill.beside,
        "use_cases": frozenset(case.id for case in (*cases, *fill.beside)),
        "tags": frozenset(tag for case in cases for tag in case.tags),
        "needs": (needs := frozenset(need for case in cases for need in case.needs)),
        "stated": (
            stated := frozenset(name for name in scenario.model_fields_set if getattr(scenario, name) != DEFAULTS[name])
        ),
        "settled": not stated.isdisjoint(base.criteria.settled_by),
        "inputs": inputs,
        "target": target,
        "accelerator": scenario.accelerator or "any",
        **_load(fill, target),
        "images_per_prompt": fill.images(inputs),
        "tool_calling": fill.take("tool_calling", max(usual, key=TOOL_ORDER.index), fill.why),
        "structured_output": bool(scenario.structured_output),
        "wants_tuning": (wanted := tuned or "tuning" in needs),
        "tuning": names.tuning_of(scenario.tuning, scenario.context_tokens, base, fill.assumptions if wanted else []),
        "offline": bool(scenario.offline),
        "hardware_stated": scenario.hardware is not None,
        **_wished(scenario, base),
        **_tried(scenario, base),
        "domicile_in_eu": _in_eu(scenario.domicile, base),
        "domicile_name": base.regions.countries.get(scenario.domicile or "", scenario.domicile),
        "end_users_in_eu": _in_eu(scenario.end_user_region, base),
        **_limits(scenario.only or NO_LIMITS, base),
        "hosted_considered": target == "hosted" or not at_home,
        "self_hosted_considered": target != "hosted",
        "assumptions": (),
        "criteria": base.criteria,
    }
    if found["provider_named"] and found["hosted_considered"] and not scenario.engine:
        found["engines_asked"] = (HOSTED,)  # a provider that is named filters as an engine does
    need = Need(**found)
    _follow(fill, need)
    _agree(need)
    return replace(need, assumptions=tuple(fill.assumptions))


def _load(fill: Defaults, target: Target) -> dict[str, Any]:
    """Lengths, and what comes of them; a stated limit takes the place of the floor, and for a batch no one waits."""
    scenario, usual, (context, output) = fill.scenario, fill.defaults, fill.lengths(target)
    arriving, batch = fill.arriving(), scenario.batch_hours
    follows = any(said is not None for said in (arriving, scenario.tokens_per_month, batch))
    reserved = scenario.reserved_gib
    if reserved is None and (reserved := max(d.reserved_gib for d in usual)):
        fill.assume("reserved_gib", reserved, fill.why)
    requests = max(d.concurrent_requests for d in usual)  # the least of them where they follow from what arrives
    if scenario.concurrent_requests is not None or not follows:
        requests = fill.take("concurrent_requests", requests, fill.why)
    own_pace = batch or scenario.min_tokens_per_s
    own_wait = batch or scenario.max_first_token_s or scenario.max_answer_s
    return {
        "reserved_gib": reserved or 0.0,
        "context_tokens": context,
        "prompt_stated": scenario.prompt_tokens,
        "prompt_share": max(d.prompt_share for d in usual),
        "shared_stated": scenario.shared_prefix_tokens,
        "shared_share": min(d.shared_share for d in usual),
        "output_tokens": output,
        "concurrent_requests": requests,
        "concurrency_stated": scenario.concurrent_requests is not None,
        "arriving": arriving,
        "from_people": scenario.users is not None,
        "volume": scenario.tokens_per_month,
        "pace_tokens_per_s": fill.base.constants.speed.pace_tokens_per_s,
        "usable_tokens_per_s": 0.0 if own_pace else max(d.usable_tokens_per_s for d in usual),
        "usable_first_token_s": inf if own_wait else min(d.usable_first_token_s for d in usual),
    }


def _wished(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """Model, quantization, engine and provider that are named."""
    model = names.model_id(scenario.model, base) if scenario.model else None
    named = base.models[model] if model else None
    wished = names.quantization_ids(scenario.quantization, base) if scenario.quantization else ()
    if scenario.model and named and not wished:
        wished = names.named_build(scenario.model, named)
    engines = names.engine_ids(scenario.engine, base) if scenario.engine else ()
    engine = scenario.engine if scenario.engine and names.provider_id(scenario.engine, base) else None
    hosted_by = (scenario.provider or "").strip() or engine
    if scenario.provider is not None and not scenario.provider.strip():
        raise InputError("provider: is empty")
    if scenario.provider and engine and names.provider_id(scenario.provider, base) != names.provider_id(engine, base):
        raise InputError(f"provider: {printable(scenario.provider)} and engine: {printable(engine)} are two providers")
    provider = names.provider_id(hosted_by, base) if hosted_by else None
    return {
        "engines_asked": engines,
        "quantizations_wished": frozenset(wished),
        "quantization": wished[0] if wished else None,
        "model": model,
        "model_family": named.family if named else None,
        "model_parameters_b": named.parameters / 1e9 if named else None,
        "model_reads_images": "image" in named.inputs if named else None,
        "provider": provider,
        "provider_named": base.providers[provider].name if provider else hosted_by,
        "provider_unlisted": hosted_by is not None and provider is None,
        "service_region": scenario.service_region,
        "regions_meant": (meant := names.regions_meant(scenario.service_region, base)),
        "region_unlisted": not meant <= base.kept(names.known_regions),
        "region_in_eu": any(r.id in meant and r.country in base.regions.eu for r in base.cloud_regions.values()),
    }


def _tried(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """What was tried, and what was seen of it."""
    known = [(item, names.model_id(item.model, base, "tried.model") if item.model else None) for item in scenario.tried]
    stored = (item.quantization for item in scenario.tried if item.quantization)
    ids = frozenset(name for text in stored for name in names.quantization_ids(text, base, "tried.quantization"))
    said = [(name, field) for item in scenario.tried for field in ("engine", "app") if (name := getattr(item, field))]
    engines = [engine for name, field in said for engine in names.engine_ids(name, base, f"tried.{field}")]
    symptoms = frozenset(scenario.symptoms).union(*(item.symptoms for item in scenario.tried))
    model = next((model for _, model in known if model), None)
    seen = (item.tokens_per_s for item in scenario.tried if item.tokens_per_s)
    named = (scenario.engine, *(name for name, _ in said))
    return {
        "app": next((app for name in named if name and (app := names.app_named(name, base))), None),
        "symptoms": symptoms,
        "tried_named": model,
        "tried_named_b": base.models[model].parameters / 1e9 if model else None,
        "tried_engine": next(iter(engines), None),
        "tried_tokens_per_s": next(seen, None),
        "quantizations_tried": ids,
    }


def _limits(only: Only, base: RuleBase) -> dict[str, Any]:
    """What may be chosen at all."""
    listed = (names.quantization_ids(name, base, "only.quantizations") for name in only.quantizations)
    allowed = frozenset(item for ids in listed for item in ids)
    families = {model.family for model in base.models.values()} if only.families else ()
    return {
        "max_parameters_b": only.max_parameters_b,
        "sixteen_bit_only": bool(allowed) and all(base.quantizations[item].bits == SIXTEEN for item in allowed),
        "only_models": frozenset(names.model_id(name, base, "only.models") for name in only.models),
        "only_families": frozenset(names.one_of(name, families, "only.families", "family") for name in only.families),
        "only_engines": frozenset(names.engine_id(name, base, "only.engines") for name in only.engines),
        "only_quantizations": allowed,
    }


def _follow(fill: Defaults, need: Need) -> None:
    """Note what of the load follows from the rest."""
    scenario = fill.scenario
    if scenario.prompt_tokens is None:
        fill.assume("prompt_tokens", need.prompt_tokens, f"{need.prompt_share:.0%} of the context, {fill.why}")
    shared = need.shared_prefix_tokens
    if scenario.shared_prefix_tokens is None:
        fill.assume("shared_prefix_tokens", shared, f"{need.shared_share:.0%} of the prompt, {fill.why}")
    elif shared > need.prompt_tokens:
        raise InputError(f"shared_prefix_tokens: {shared} is more than the prompt of {need.prompt_tokens} tokens")
    if scenario.tokens_per_month is None:
        why = "volume at which costs are compared"
        if need.arriving is not None:
            hours = f"{need.criteria.busy_hours_per_month:g} hours a month" if need.from_people else "all month"
            why = f"{need.arriving:,.5g} requests/s {hours}"
        elif need.tokens_per_month != need.criteria.assumed_tokens_per_month:
            why = f"{need.concurrent_requests} in flight, {need.criteria.busy_hours_per_month:g} hours a month"
        fill.assume("tokens_per_month", need.tokens_per_month, why)


def _agree(need: Need) -> None:
    """Raise InputError where other tokens a month are stated than an hour to a month of the stated requests come to."""
    if need.volume is None or need.arriving is None:
        return
    hourly = need.arriving * (need.prompt_tokens + need.output_tokens) * 3600
    if not hourly <= need.volume <= hourly * SECONDS_PER_MONTH / 3600 * 1.01:
        said = f"{need.arriving:,.5g} requests/s come to {hourly:,.0f} tokens an hour"
        raise InputError(f"tokens_per_month: {said}; {need.volume:,} a month do not go with that")


def _in_eu(code: str | None, base: RuleBase) -> bool | None:
    return None if code is None else code == "EU" or code in base.regions.eu


def _in_codes(scenario: Scenario, base: RuleBase) -> Scenario:
    """Languages and countries by their codes; raise InputError for unknown ones."""
    found: dict[str, Any] = {}
    for field in ("languages", "domicile", "end_user_region"):
        said = getattr(scenario, field)
        try:
            if field == "languages":
                made: Any = tuple(dict.fromkeys(names.language_code(name, base) for name in said))
            else:
                made = said and names.country_code(said, base)
        except InputError as error:
            raise InputError(f"{field}: {error}") from error
        found |= {field: made} if made != said else {}
    return scenario.model_copy(update=found) if found else scenario


def _weights(scenario: Scenario, cases: tuple[UseCase, ...]) -> dict[CriterionId, float]:
    """Mean over the use cases × priority multiplier, normalised to 1."""
    priorities = scenario.priorities
    raw = {
        name: sum(case.weights.get(name, 0) for case in cases)
        / len(cases)
        * (getattr(priorities, name) if priorities else 1)
        * (name != "speed" or scenario.batch_hours is None)  # of a batch no one waits for
        for name in get_args(CriterionId)
    }
    total = sum(raw.values())
    if total <= 0:
        raise InputError("priorities: at least one criterion must count")
    return {name: value / total for name, value in raw.items()}
