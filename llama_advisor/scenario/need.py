"""The scenario with its gaps filled: what is needed, and what that takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llama_advisor.scenario import names
from llama_advisor.scenario.resolve import Defaults, limits, people, wishes
from llama_advisor.scenario.scenario import Scenario, Workload
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import UseCase
    from llama_advisor.scenario.scenario import Assumption
    from llama_advisor.text.strict import CriterionId, Target

NEEDED = ("use_cases", "inputs", "model")
"""Fields of which at least one must be said."""
NUMBERS = (
    "memory_budget_gib",
    "context_tokens",
    "prompt_fill",
    "output_tokens",
    "concurrent_requests",
    "requests_per_second",
    "images_per_prompt",
    "min_tokens_per_s",
    "max_first_token_s",
    "max_answer_s",
    "monthly_active_users",
    "budget_usd_per_month",
    "tokens_per_month",
    "max_parameters_b",
)
"""Fields that leave the kind of a need as it is: whether they are there counts, their value does not."""
AS_STATED = (
    "memory_budget_gib",
    "requests_per_second",
    "min_tokens_per_s",
    "max_first_token_s",
    "max_answer_s",
    "monthly_active_users",
    "commercial",
    "budget_usd_per_month",
)
"""Fields that are taken as they are stated."""
LEFT_OPEN = (
    "stated",
    "min_tokens_per_s",
    "max_first_token_s",
    "max_answer_s",
    "languages",
    "domicile",
    "domicile_in_eu",
    "end_users_in_eu",
    "monthly_active_users",
    "commercial",
    "tool_calling",
    "structured_output",
    "budget_usd_per_month",
    "quantizations_wished",
    "quantization",
    "model",
    "model_family",
    "model_parameters_b",
    "model_reads_images",
    "symptoms",
)
"""Fields that neither candidates nor sizes nor weights hang on: rules read them, through facts, and the ranking.

A model or quantization that is a candidate only as it is named makes another kind.
"""
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
        """Tokens of a usual prompt: a share of an ordinary context, all of a longer one but the answer."""
        return max(1, round((self.context_tokens - self.output_tokens) * self.prompt_fill))

    @cached_property
    def kind(self) -> tuple[Any, ...]:
        """All but the numbers: needs of one kind share a plan."""
        there = tuple(getattr(self, name) is not None for name in NUMBERS if name not in LEFT_OPEN)
        cases = tuple(case.id for case in self.cases)
        own = tuple(getattr(self, name) for name in KIND)
        return (cases, tuple(self.weights.items()), there, self.images_per_prompt > 0, own)

    @cached_property
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


KIND = tuple(
    field.name
    for field in fields(Need)
    if field.name
    not in {*NUMBERS, *LEFT_OPEN, "scenario", "cases", "use_cases", "tags", "needs", "assumptions", "weights"}
)
"""Fields that make the kind of a need, beside its use cases and weights."""


DEFAULTS = {name: field.default for name, field in Scenario.model_fields.items()}
"""What a scenario holds that says nothing."""


def says_nothing(scenario: Scenario) -> bool:
    """Whether none of the fields is stated of which one must be."""
    return all(getattr(scenario, field) == DEFAULTS[field] for field in NEEDED)


def understand(scenario: Scenario, base: RuleBase) -> Need:
    """Resolve names, and fill gaps from the use cases' defaults; raise InputError for what is unknown."""
    fill = Defaults(scenario, base)
    cases, inputs, target = fill.cases, fill.inputs(), fill.target()
    context, output = fill.lengths(target)
    model = names.model_id(scenario.model, base) if scenario.model else None
    # Hosted competes unless the machine, the place or privacy settle that it runs at home.
    local = scenario.hardware is not None or scenario.memory_budget_gib is not None or target in DEVICE_TARGETS
    at_home = scenario.offline or local or scenario.accelerator not in {None, "any"} or bool(scenario.fine_tuning)
    return Need(
        scenario=scenario,
        cases=cases,
        use_cases=frozenset(case.id for case in cases),
        tags=frozenset(tag for case in cases for tag in case.tags),
        needs=frozenset(need for case in cases for need in case.needs),
        stated=frozenset(name for name in scenario.model_fields_set if getattr(scenario, name) != DEFAULTS[name]),
        inputs=inputs,
        target=target,
        accelerator=scenario.accelerator or "any",
        context_tokens=context,
        prompt_fill=fill.fill_share(context),
        output_tokens=output,
        concurrent_requests=fill.concurrency(),
        images_per_prompt=fill.images(inputs),
        tool_calling=fill.tool_calling(),
        structured_output=bool(scenario.structured_output),
        fine_tuning=frozenset(scenario.fine_tuning),
        wants_tuning=bool(scenario.fine_tuning) or any("tuning" in case.needs for case in cases),
        offline=bool(scenario.offline),
        tokens_per_month=fill.volume(context, output),
        symptoms=frozenset(scenario.symptoms),
        hardware_stated=scenario.hardware is not None,
        weights=_weights(scenario, cases),
        **{name: getattr(scenario, name) for name in AS_STATED},
        **wishes(scenario, base, model),
        **people(scenario, base),
        **limits(scenario, base),
        hosted_considered=target == "hosted" or not at_home,
        self_hosted_considered=target != "hosted",
        assumptions=tuple(fill.assumptions),
    )


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
