"""The scenario with its gaps filled: what is needed, and what that takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from llama_advisor.knowledge.engine import App
from llama_advisor.knowledge.judgement import Criteria, UseCase
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.scenario import HOURS_PER_MONTH, Assumption, Only, Scenario, Tuning, Workload
from llama_advisor.text.strict import CriterionId, Target

NEEDED = ("use_cases", "inputs", "model")  # Fields of which at least one must be said.
_LEFT_OPEN = """
    stated prompt_stated shared_stated concurrency_stated arriving from_people volume requests_per_second
    tokens_per_month batch_hours min_tokens_per_s max_first_token_s max_answer_s languages domicile domicile_in_eu
    end_users_in_eu monthly_active_users commercial licence_policy organisation tool_calling structured_output
    budget_usd_per_month
    quantizations_wished quantization model model_family model_parameters_b model_reads_images symptoms tuning
    domicile_name app tried_named tried_named_b tried_engine tried_tokens_per_s quantizations_tried region_unlisted
    region_in_eu lesser
"""
LEFT_OPEN = tuple(_LEFT_OPEN.split())
"""Fields that neither candidates nor sizes nor weights hang on: rules read them, through facts, and the ranking.

A model or quantization that is a candidate only as it is named makes another kind.
"""
DEVICE_TARGETS = frozenset({"workstation", "laptop", "edge", "phone", "browser"})
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
NO_LIMITS = Only()


@dataclass(frozen=True)
class Need:
    """A complete requirement; None means not stated and not assumed."""

    scenario: Scenario
    cases: tuple[UseCase, ...]
    beside: tuple[UseCase, ...]
    assumptions: tuple[Assumption, ...]
    use_cases: frozenset[str]
    tags: frozenset[str]
    needs: frozenset[str]
    stated: frozenset[str]
    settled: bool  # whether anything is said of hardware, place, volume, money or privacy
    inputs: frozenset[str]
    target: Target
    accelerator: str
    memory_budget_gib: float | None
    reserved_gib: float
    context_tokens: int
    prompt_stated: int | None
    prompt_share: float
    shared_stated: int | None
    shared_share: float
    output_tokens: int
    concurrent_requests: int
    concurrency_stated: bool
    arriving: float | None
    from_people: bool
    volume: int | None
    batch_hours: float | None
    images_per_prompt: int
    pace_tokens_per_s: float
    usable_tokens_per_s: float
    usable_first_token_s: float
    min_tokens_per_s: float | None
    max_first_token_s: float | None
    max_answer_s: float | None
    languages: frozenset[str]
    domicile: str | None
    domicile_in_eu: bool | None
    domicile_name: str | None
    end_users_in_eu: bool | None
    monthly_active_users: int | None
    commercial: bool | None
    licence_policy: str | None
    organisation: str | None
    tool_calling: str
    structured_output: bool
    fine_tuning: frozenset[str]
    wants_tuning: bool
    tuning: Tuning
    offline: bool
    budget_usd_per_month: float | None
    engines_asked: tuple[str, ...]  # the usual one first
    app: App | None  # named or tried for an engine
    quantizations_wished: frozenset[str]
    quantization: str | None
    model: str | None
    model_family: str | None
    model_parameters_b: float | None
    model_reads_images: bool | None
    provider: str | None
    provider_named: str | None
    provider_unlisted: bool
    service_region: str | None
    regions_meant: frozenset[str]
    region_unlisted: bool
    region_in_eu: bool
    symptoms: frozenset[str]
    tried_named: str | None
    tried_named_b: float | None
    tried_engine: str | None
    tried_tokens_per_s: float | None
    quantizations_tried: frozenset[str]
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
    criteria: Criteria
    lesser: frozenset[str] = frozenset()  # models that are no answer, where a provider lacks the one named

    @property
    def prompt_tokens(self) -> int:
        """Tokens of a typical prompt: as stated, else the share of the context that this work fills."""
        if self.prompt_stated is not None:
            return self.prompt_stated
        usual = round(self.context_tokens * self.prompt_share)
        return max(1, min(usual, self.context_tokens - self.output_tokens))

    @property
    def shared_prefix_tokens(self) -> int:
        """Tokens of a prompt that the one before had too."""
        if self.shared_stated is not None:
            return self.shared_stated
        return round(self.prompt_tokens * self.shared_share)

    @property
    def engine(self) -> str | None:
        """The engine asked for; of those inside an app the usual one."""
        return next(iter(self.engines_asked), None)

    @property
    def tried_model(self) -> str | None:
        """The model tried: the one said to be, else the one named beside a symptom."""
        return self.tried_named or (self.model if self.symptoms else None)

    @property
    def tried_parameters_b(self) -> float | None:
        """Its parameters, in billions."""
        return self.tried_named_b if self.tried_named else self.model_parameters_b if self.symptoms else None

    @property
    def quantizations_asked(self) -> frozenset[str]:
        """The forms that the question is about: those wished for, else those tried."""
        return self.quantizations_wished or self.quantizations_tried

    @property
    def asked_model(self) -> str | None:
        """The model that the question is about: the one wished for, else the one tried."""
        return self.model or self.tried_model

    @property
    def names_build(self) -> bool:
        """Whether a model is named with its form, its engine or how it is tuned, or alone: a question of its own."""
        named = self.quantizations_wished or self.engines_asked or self.fine_tuning or self.vague
        return self.model is not None and bool(named)

    @property
    def either_lane(self) -> bool:
        """Whether a service was named where machines may take its place."""
        return self.engine == HOSTED and self.self_hosted_considered

    @property
    def bought(self) -> bool:
        """Whether a machine not there yet is bought: at home nothing is rented, unless money is by the month."""
        at_home = (self.offline and self.target != "cloud") or self.scenario.target == "server"
        return at_home and self.budget_usd_per_month is None

    @property
    def vague(self) -> bool:
        """Whether what the work is was not said."""
        return all("unspecific" in case.tags for case in self.cases)

    @property
    def too_little(self) -> bool:
        """Whether neither that is said nor what the work is."""
        return self.vague and self.model is None and not self.settled

    @property
    def speed_asked(self) -> bool:
        """Whether speed was asked for: a limit, or more weight for it."""
        limits = (self.min_tokens_per_s, self.max_first_token_s, self.max_answer_s)
        priorities = self.scenario.priorities
        return any(limit is not None for limit in limits) or (priorities is not None and priorities.speed > 1)

    @property
    def tokens_per_month(self) -> int:
        """As stated, else those of the requests that arrive or are in flight, else a volume to compare costs at."""
        each, criteria = self.prompt_tokens + self.output_tokens, self.criteria
        if self.volume is not None:
            return self.volume
        if self.arriving is not None:
            seconds = criteria.busy_hours_per_month * 3600 if self.from_people else SECONDS_PER_MONTH
            return max(1, round(self.arriving * each * seconds))
        if self.concurrency_stated and self.concurrent_requests > 1:
            answer_s = self.output_tokens / self.pace_tokens_per_s
            return round(self.concurrent_requests / answer_s * each * criteria.busy_hours_per_month * 3600)
        return criteria.assumed_tokens_per_month

    @property
    def requests_per_second(self) -> float | None:
        """Requests to finish per second: those arriving, or the volume over the hours there are; None: not stated."""
        volume = self.volume if self.batch_hours is None else self.tokens_per_month
        return rate(self.arriving, volume, self.prompt_tokens + self.output_tokens, self.batch_hours)

    @cached_property
    def kind(self) -> tuple[Any, ...]:
        """All but the numbers: needs of one kind share a plan."""
        there = tuple(getattr(self, name) is not None for name in NUMBERS if name not in LEFT_OPEN)
        cases = tuple(case.id for case in (*self.cases, *self.beside))
        own = tuple(getattr(self, name) for name in KIND)
        return (cases, tuple(self.weights.items()), there, self.images_per_prompt > 0, own)

    @cached_property
    def workload(self) -> Workload:
        """What a build must hold and do."""
        arriving = self.requests_per_second
        return Workload(
            context_tokens=self.context_tokens,
            prompt_tokens=self.prompt_tokens,
            output_tokens=self.output_tokens,
            concurrent_requests=self.concurrent_requests,
            images_per_prompt=self.images_per_prompt,
            shared_prefix_tokens=self.shared_prefix_tokens,
            requests_per_second=arriving,
            in_flight_follows=arriving is not None,
            reserved_gib=self.reserved_gib,
            least_tokens_per_s=max(self.min_tokens_per_s or 0.0, self.usable_tokens_per_s),
        )

    def on_engine(self, engine: str | None) -> Need:
        """The same need with this engine asked for, or none."""
        return replace(self, engines_asked=(engine,) if engine else ())

    def normalised(self) -> dict[str, Any]:
        """The scenario as decided upon: what was stated, then what was assumed, by field."""
        stated = self.scenario.model_dump(mode="json", exclude_defaults=True)
        return stated | {item.field: item.value for item in self.assumptions}


def rate(arriving: float | None, volume: float | None, each: int, batch_hours: float | None) -> float | None:
    """Return requests to finish per second: those arriving, or a volume, of `each` tokens, over the time there is."""
    if batch_hours is None and (volume is None or arriving is not None):
        return arriving
    return None if volume is None else volume / max(1, each) / seconds_of(batch_hours)


def seconds_of(batch_hours: float | None) -> float:
    """Return the seconds in which the tokens of a month must be done."""
    return SECONDS_PER_MONTH if batch_hours is None else batch_hours * 3600


NUMBERS = tuple(field.name for field in fields(Need) if str(field.type).startswith(("int", "float")))
"""Fields that leave the kind of a need as it is: whether they are there counts, their value does not."""
_FOLLOWING = {"scenario", "cases", "beside", "use_cases", "tags", "needs", "assumptions", "weights", "criteria"}
KIND = tuple(field.name for field in fields(Need) if field.name not in {*NUMBERS, *LEFT_OPEN, *_FOLLOWING})
"""Fields that make the kind of a need, beside its use cases and weights."""
DEFAULTS = {name: field.default for name, field in Scenario.model_fields.items()}
"""What a scenario holds that says nothing."""
AS_STATED = [field.name for field in fields(Need) if field.name in DEFAULTS]
"""Fields of a need that are as stated, where nothing else is made of them."""
