"""The scenario with its gaps filled: what is needed, and what that takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any

from llama_advisor import names
from llama_advisor.errors import InputError
from llama_advisor.hardware_names import read_hardware
from llama_advisor.schema.advice import Assumption
from llama_advisor.schema.estimate import Workload
from llama_advisor.schema.scenario import HardwareSpec
from llama_advisor.stated import limits, people, wishes

if TYPE_CHECKING:
    from llama_advisor.rulebase import RuleBase
    from llama_advisor.schema.base import CriterionId, Target
    from llama_advisor.schema.judgement import Defaults, UseCase
    from llama_advisor.schema.scenario import Scenario

GENERAL = "general"
SECONDS_PER_MONTH = 730 * 3600
TOOL_ORDER = ("none", "single", "multi_step")
NEAREST_FIRST = ("phone", "browser", "edge", "laptop", "workstation", "server", "cloud", "hosted")
DEVICE_TARGETS = frozenset({"workstation", "laptop", "edge", "phone", "browser"})


@dataclass(frozen=True)
class Need:
    """A complete requirement; None means not stated and not assumed."""

    scenario: Scenario
    cases: tuple[UseCase, ...]
    assumptions: tuple[Assumption, ...]
    use_cases: frozenset[str]
    tags: frozenset[str]
    needs: frozenset[str]
    stated: frozenset[str]
    inputs: frozenset[str]
    target: Target
    accelerator: str
    memory_budget_gib: float | None
    context_tokens: int
    prompt_fill: float
    output_tokens: int
    concurrent_requests: int
    requests_per_second: float | None
    images_per_prompt: int
    min_tokens_per_s: float | None
    max_first_token_s: float | None
    max_answer_s: float | None
    languages: frozenset[str]
    domicile: str | None
    domicile_in_eu: bool | None
    end_users_in_eu: bool | None
    monthly_active_users: int | None
    commercial: bool | None
    tool_calling: str
    structured_output: bool
    fine_tuning: frozenset[str]
    wants_tuning: bool
    offline: bool
    budget_usd_per_month: float | None
    tokens_per_month: int
    engine: str | None
    quantizations_wished: frozenset[str]
    quantization: str | None
    model: str | None
    model_family: str | None
    model_parameters_b: float | None
    model_reads_images: bool | None
    provider: str | None
    symptoms: frozenset[str]
    hardware_stated: bool
    max_parameters_b: float | None
    only_models: frozenset[str]
    only_families: frozenset[str]
    only_engines: frozenset[str]
    only_quantizations: frozenset[str]
    sixteen_bit_only: bool
    hosted_considered: bool
    self_hosted_considered: bool
    weights: dict[CriterionId, float]

    @property
    def prompt_tokens(self) -> int:
        """Tokens of a usual prompt: all of a stated context but the answer, a share of an assumed one."""
        return max(1, round((self.context_tokens - self.output_tokens) * self.prompt_fill))

    @property
    def workload(self) -> Workload:
        """What one copy of a build must hold."""
        return Workload(
            context_tokens=self.context_tokens,
            prompt_tokens=self.prompt_tokens,
            output_tokens=self.output_tokens,
            concurrent_requests=self.concurrent_requests,
            images_per_prompt=self.images_per_prompt,
        )

    def on_any_engine(self) -> Need:
        """The same need without the engine wish."""
        return replace(self, engine=None)

    def normalised(self) -> dict[str, Any]:
        """The scenario as decided upon: what was stated, then what was assumed, by field."""
        stated = self.scenario.model_dump(mode="json", exclude_defaults=True)
        return stated | {item.field: item.value for item in self.assumptions}


class _Filler:
    """Takes what was stated, else a default, and writes down each default taken."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.assumptions: list[Assumption] = []

    def take(self, name: str, default: Any, why: str) -> Any:
        value = getattr(self.scenario, name)
        if value is not None and value != ():
            return value
        return self.assume(name, default, why)

    def assume(self, name: str, value: Any, why: str) -> Any:
        shown = list(value) if isinstance(value, tuple) else value
        self.assumptions.append(Assumption(field=name, value=shown, why=why))
        return value


def understand(scenario: Scenario, base: RuleBase) -> Need:
    """Check names, fill gaps from the use cases' defaults; raise InputError for what is unknown."""
    cases = tuple(base.use_cases[names.use_case_id(name, base)] for name in scenario.use_cases)
    fill = _Filler(scenario)
    if not cases:
        cases = (base.use_cases[GENERAL],)
        fill.assume("use_cases", (GENERAL,), "no use case was stated")
    why = f"default of {', '.join(case.id for case in cases)}"
    inputs = frozenset(fill.take("inputs", _united_inputs(cases, scenario, base), why))
    defaults = [case.defaults for case in cases]
    target = _target(fill, defaults, base, why)
    context, output = _lengths(fill, defaults, target, base, why)
    model = names.model_id(scenario.model, base) if scenario.model else None
    return Need(
        scenario=scenario,
        cases=cases,
        use_cases=frozenset(case.id for case in cases),
        tags=frozenset(tag for case in cases for tag in case.tags),
        needs=frozenset(need for case in cases for need in case.needs),
        stated=frozenset(scenario.model_dump(exclude_defaults=True)),
        inputs=inputs,
        target=target,
        accelerator=scenario.accelerator or "any",
        memory_budget_gib=scenario.memory_budget_gib,
        context_tokens=context,
        prompt_fill=_fill_share(scenario, context, base),
        output_tokens=output,
        concurrent_requests=_concurrency(fill, defaults, base, why),
        requests_per_second=scenario.requests_per_second,
        images_per_prompt=_images(fill, inputs),
        min_tokens_per_s=scenario.min_tokens_per_s,
        max_first_token_s=scenario.max_first_token_s,
        max_answer_s=scenario.max_answer_s,
        tool_calling=fill.take("tool_calling", max((d.tool_calling for d in defaults), key=TOOL_ORDER.index), why),
        structured_output=bool(scenario.structured_output),
        fine_tuning=frozenset(scenario.fine_tuning),
        wants_tuning=bool(scenario.fine_tuning) or any("tuning" in case.needs for case in cases),
        offline=bool(scenario.offline),
        budget_usd_per_month=scenario.budget_usd_per_month,
        tokens_per_month=_volume(fill, context, output, base),
        symptoms=frozenset(scenario.symptoms),
        hardware_stated=scenario.hardware is not None,
        weights=_weights(scenario, cases),
        commercial=scenario.commercial,
        monthly_active_users=scenario.monthly_active_users,
        **wishes(scenario, base, model),
        **people(scenario, base),
        **limits(scenario, base),
        **_lanes(scenario, target),
        assumptions=tuple(fill.assumptions),
    )


def _united_inputs(cases: tuple[UseCase, ...], scenario: Scenario, base: RuleBase) -> tuple[str, ...]:
    """All inputs that the use cases read; a vision model named alone means images."""
    found: set[str] = {item for case in cases for item in case.inputs}
    if scenario.images_per_prompt:
        found.add("image")
    if not scenario.use_cases and scenario.model:
        model = base.models[names.model_id(scenario.model, base)]
        found |= {"image"}.intersection(model.inputs)
    return tuple(sorted(found))


def _lengths(fill: _Filler, defaults: list[Defaults], target: Target, base: RuleBase, why: str) -> tuple[int, int]:
    """Context and answer; an answer never takes more than half of a stated context."""
    context = fill.scenario.context_tokens
    output = fill.scenario.output_tokens
    wanted = output or max(d.output_tokens for d in defaults)
    if context is None:
        usual = max(d.context_tokens for d in defaults)
        most = base.criteria.assumed_context.get(target)
        if most is not None and most < usual <= base.criteria.ordinary_context:
            usual, why = most, f"{why}, kept short on a {target}"
        context = fill.assume("context_tokens", max(usual, 2 * wanted), why)
    if output is None:
        output = fill.assume("output_tokens", max(1, min(wanted, context // 2)), why)
    if output > context:
        raise InputError(f"output_tokens: {output} is more than the context of {context} tokens that holds it")
    return context, output


def _fill_share(scenario: Scenario, context: int, base: RuleBase) -> float:
    """Return how much of the context a prompt fills; what the work is about fills it."""
    ordinary = context <= base.criteria.ordinary_context
    return base.criteria.assumed_fill if scenario.context_tokens is None and ordinary else 1.0


def _target(fill: _Filler, defaults: list[Defaults], base: RuleBase, why: str) -> Target:
    scenario = fill.scenario
    if scenario.target:
        return scenario.target
    if scenario.hardware is not None:
        return _where_it_stands(fill, base)
    if scenario.provider or (scenario.engine or "").strip().lower() == "hosted":
        return _assumed(fill, "hosted", "a hosted service was named")
    if scenario.offline:
        return _assumed(fill, "workstation", "data may not leave")
    return _assumed(fill, min((d.target for d in defaults), key=NEAREST_FIRST.index), why)


def _where_it_stands(fill: _Filler, base: RuleBase) -> Target:
    """Tell from the first device stated where it stands."""
    given = fill.scenario.hardware
    first = given if isinstance(given, (str, HardwareSpec)) else next(iter(given or ("",)))
    machine = read_hardware(spelled(first), base.catalogue, None)
    by_kind = base.criteria.target_of_kind.get(machine.device.kind, "server")
    target = "laptop" if "laptop" in machine.device.id else machine.target or by_kind
    return _assumed(fill, target, f"where a {machine.device.kind.replace('-', ' ')} usually stands")


def spelled(item: str | HardwareSpec) -> str | dict[str, Any]:
    """Return hardware as the reader of names takes it."""
    return item if isinstance(item, str) else item.model_dump(exclude_none=True)


def _assumed(fill: _Filler, target: Target, why: str) -> Target:
    fill.assume("target", target, why)
    return target


def _images(fill: _Filler, inputs: frozenset[str]) -> int:
    if inputs.isdisjoint({"image", "multiple_images", "video"}):
        return 0
    if fill.scenario.images_per_prompt:
        return fill.scenario.images_per_prompt
    count = 1 if inputs.isdisjoint({"multiple_images", "video"}) else 2
    return int(fill.assume("images_per_prompt", count, "not stated"))


def _concurrency(fill: _Filler, defaults: list[Defaults], base: RuleBase, why: str) -> int:
    """Return sequences at a time: stated, else what the arriving requests keep busy, else the default."""
    usual = max(d.concurrent_requests for d in defaults)
    arriving = fill.scenario.requests_per_second
    if arriving is not None and fill.scenario.concurrent_requests is None:
        busy = min(ceil(arriving * base.criteria.assumed_answer_s), base.criteria.most_assumed_concurrency)
        said = f"{arriving:g} requests/s of about {base.criteria.assumed_answer_s:g} s each"
        return int(fill.assume("concurrent_requests", max(usual, busy), said))
    return int(fill.take("concurrent_requests", usual, why))


def _volume(fill: _Filler, context: int, output: int, base: RuleBase) -> int:
    """Return tokens per month: stated, else what the arriving requests come to, else a volume for comparison."""
    arriving = fill.scenario.requests_per_second
    if arriving is not None and fill.scenario.tokens_per_month is None:
        prompt = (context - output) * _fill_share(fill.scenario, context, base)
        tokens = round(arriving * (prompt + output) * SECONDS_PER_MONTH)
        return int(fill.assume("tokens_per_month", tokens, f"{arriving:g} requests/s all month"))
    usual = base.criteria.assumed_tokens_per_month
    return int(fill.take("tokens_per_month", usual, "volume at which costs are compared"))


def _weights(scenario: Scenario, cases: tuple[UseCase, ...]) -> dict[CriterionId, float]:
    """Mean over the use cases × priority multiplier, normalised to 1."""
    criteria: tuple[CriterionId, ...] = ("quality", "speed", "cost", "footprint", "maturity")
    priorities = scenario.priorities
    raw = {
        name: sum(case.weights.get(name, 0) for case in cases)
        / len(cases)
        * (getattr(priorities, name) if priorities else 1)
        for name in criteria
    }
    total = sum(raw.values())
    if total <= 0:
        raise InputError("priorities: at least one criterion must count")
    return {name: value / total for name, value in raw.items()}


def _lanes(scenario: Scenario, target: Target) -> dict[str, Any]:
    """Hosted competes unless the machine, the place or privacy settle that it runs at home."""
    local = scenario.hardware is not None or scenario.memory_budget_gib is not None or target in DEVICE_TARGETS
    at_home = scenario.offline or local or scenario.accelerator not in {None, "any"} or bool(scenario.fine_tuning)
    hosted_only = target == "hosted"
    return {
        "hosted_considered": hosted_only or not at_home,
        "self_hosted_considered": not hosted_only,
    }
