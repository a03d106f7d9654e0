"""The scenario with its gaps filled: what is needed, and what that takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any, get_args

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption, HardwareSpec, Only, Scenario, Tuning, Workload
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.strict import CriterionId
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import UseCase
    from llama_advisor.text.strict import Target

NEEDED = ("use_cases", "inputs", "model")
"""Fields of which at least one must be said."""
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
    "tuning",
)
"""Fields that neither candidates nor sizes nor weights hang on: rules read them, through facts, and the ranking.

A model or quantization that is a candidate only as it is named makes another kind.
"""
DEVICE_TARGETS = frozenset({"workstation", "laptop", "edge", "phone", "browser"})
GENERAL = "general"
TOOL_ORDER = ("none", "single", "multi_step")
SECONDS_PER_MONTH = 730 * 3600
NEAREST_FIRST = ("phone", "browser", "edge", "laptop", "workstation", "server", "cloud", "hosted")
NO_LIMITS = Only()
SIXTEEN = 16


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
    tuning: Tuning
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


NUMBERS = tuple(field.name for field in fields(Need) if str(field.type).startswith(("int", "float")))
"""Fields that leave the kind of a need as it is: whether they are there counts, their value does not."""
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


class Defaults:
    """Takes what was stated, else a default of the use cases, and notes each default taken as an assumption."""

    def __init__(self, scenario: Scenario, base: RuleBase) -> None:
        self.scenario, self.base = scenario, base
        self.assumptions: list[Assumption] = []
        self.cases = tuple(base.use_cases[names.use_case_id(name, base)] for name in scenario.use_cases)
        if not self.cases:
            self.cases = (base.use_cases[GENERAL],)
            self._assume("use_cases", (GENERAL,), "no use case was stated")
        self.defaults = [case.defaults for case in self.cases]
        self.why = f"default of {', '.join(case.id for case in self.cases)}"

    def _take(self, name: str, default: Any, why: str) -> Any:
        value = getattr(self.scenario, name)
        return value if value is not None and value != () else self._assume(name, default, why)

    def _assume(self, name: str, value: Any, why: str) -> Any:
        shown = list(value) if isinstance(value, tuple) else value
        self.assumptions.append(Assumption(field=name, value=shown, why=why))
        return value

    def inputs(self) -> frozenset[str]:
        """All that the use cases read; a vision model named alone means images."""
        scenario = self.scenario
        usual: set[str] = {item for case in self.cases for item in case.inputs}
        if scenario.images_per_prompt:
            usual.add("image")
        if not scenario.use_cases and scenario.model:
            usual |= {"image"}.intersection(self.base.models[names.model_id(scenario.model, self.base)].inputs)
        return frozenset(self._take("inputs", tuple(sorted(usual)), self.why))

    def target(self) -> Target:
        """Where it runs: stated, else told by hardware, provider or privacy, else the default."""
        scenario, base = self.scenario, self.base
        target: Target
        if scenario.target:
            return scenario.target
        if scenario.hardware is not None:  # the first device stated tells
            given = scenario.hardware
            first = given if isinstance(given, (str, HardwareSpec)) else next(iter(given or ("",)))
            machine = read_hardware(spelled(first), catalogue_of(base), None)
            by_kind = base.criteria.target_of_kind.get(machine.device.kind, "server")
            target = "laptop" if "laptop" in machine.device.id else machine.target or by_kind
            why = f"where a {machine.device.kind.replace('-', ' ')} usually stands"
        elif scenario.provider or (scenario.engine or "").strip().lower() == "hosted":
            target, why = "hosted", "a hosted service was named"
        elif scenario.offline:
            target, why = "workstation", "data may not leave"
        else:
            target, why = min((d.target for d in self.defaults), key=NEAREST_FIRST.index), self.why
        self._assume("target", target, why)
        return target

    def lengths(self, target: Target) -> tuple[int, int]:
        """Context and answer; an answer never takes more than half of a stated context."""
        context, output = self.scenario.context_tokens, self.scenario.output_tokens
        wanted, why, criteria = output or max(d.output_tokens for d in self.defaults), self.why, self.base.criteria
        if context is None:
            usual = max(d.context_tokens for d in self.defaults)
            most = criteria.assumed_context.get(target)
            if most is not None and most < usual <= criteria.ordinary_context:
                usual, why = most, f"{why}, kept short on a {target}"
            context = self._assume("context_tokens", max(usual, 2 * wanted), why)
        if output is None:
            output = self._assume("output_tokens", max(1, min(wanted, context // 2)), why)
        if output > context:
            raise InputError(f"output_tokens: {output} is more than the context of {context} tokens that holds it")
        return context, output

    def fill_share(self, context: int) -> float:
        """How much of the context a usual prompt fills; one beyond the ordinary is what the work is about."""
        criteria = self.base.criteria
        return criteria.usual_fill if context <= criteria.ordinary_context else 1.0

    def concurrency(self) -> int:
        """Sequences at a time: stated, else what the arriving requests keep busy, else the default."""
        usual, criteria = max(d.concurrent_requests for d in self.defaults), self.base.criteria
        arriving = self.scenario.requests_per_second
        if arriving is not None and self.scenario.concurrent_requests is None:
            busy = min(ceil(arriving * criteria.assumed_answer_s), criteria.most_assumed_concurrency)
            said = f"{arriving:g} requests/s of about {criteria.assumed_answer_s:g} s each"
            return int(self._assume("concurrent_requests", max(usual, busy), said))
        return int(self._take("concurrent_requests", usual, self.why))

    def images(self, inputs: frozenset[str]) -> int:
        """Images in a prompt."""
        if inputs.isdisjoint({"image", "multiple_images", "video"}):
            return 0
        if self.scenario.images_per_prompt:
            return self.scenario.images_per_prompt
        count = 1 if inputs.isdisjoint({"multiple_images", "video"}) else 2
        return int(self._assume("images_per_prompt", count, "not stated"))

    def tool_calling(self) -> str:
        """Tool calls: stated, else the most demanding default."""
        usual = max((d.tool_calling for d in self.defaults), key=TOOL_ORDER.index)
        return str(self._take("tool_calling", usual, self.why))

    def volume(self, context: int, output: int) -> int:
        """Tokens per month: stated, else those of the arriving requests, else a volume for comparison."""
        arriving = self.scenario.requests_per_second
        if arriving is not None and self.scenario.tokens_per_month is None:
            prompt = (context - output) * self.fill_share(context)
            tokens = round(arriving * (prompt + output) * SECONDS_PER_MONTH)
            return int(self._assume("tokens_per_month", tokens, f"{arriving:g} requests/s all month"))
        usual = self.base.criteria.assumed_tokens_per_month
        return int(self._take("tokens_per_month", usual, "volume at which costs are compared"))


def understand(scenario: Scenario, base: RuleBase) -> Need:
    """Resolve names, and fill gaps from the use cases' defaults; raise InputError for what is unknown."""
    fill = Defaults(scenario, base)
    cases, inputs, target = fill.cases, fill.inputs(), fill.target()
    context, output = fill.lengths(target)
    model = names.model_id(scenario.model, base) if scenario.model else None
    # Hosted competes unless the machine, the place or privacy settle that it runs at home.
    local = scenario.hardware is not None or scenario.memory_budget_gib is not None or target in DEVICE_TARGETS
    tuned = bool(scenario.fine_tuning or scenario.tuning)
    at_home = scenario.offline or local or scenario.accelerator not in {None, "any"} or tuned
    weights = _weights(scenario, cases)
    wants_tuning = tuned or any("tuning" in case.needs for case in cases)
    named = base.models[model] if model else None
    wished = names.quantization_ids(scenario.quantization, base) if scenario.quantization else ()
    if scenario.model and named and not wished:
        wished = names.named_build(scenario.model, named)
    engine = names.engine_id(scenario.engine, base) if scenario.engine else None
    domicile_in_eu, end_users_in_eu = _in_eu(scenario, base)
    provider, only = scenario.provider, scenario.only or NO_LIMITS
    if provider:
        provider = names.one_of(provider, {offer.provider for offer in base.hosted.values()}, "provider", "provider")
    listed = (names.quantization_ids(name, base, "only.quantizations") for name in only.quantizations)
    allowed = frozenset(item for ids in listed for item in ids)
    families = {model.family for model in base.models.values()} if only.families else ()
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
        wants_tuning=wants_tuning,
        tuning=names.tuning_of(
            scenario.tuning, scenario.context_tokens, base, fill.assumptions if wants_tuning else []
        ),
        offline=bool(scenario.offline),
        tokens_per_month=fill.volume(context, output),
        symptoms=frozenset(scenario.symptoms),
        hardware_stated=scenario.hardware is not None,
        weights=weights,
        **{name: getattr(scenario, name) for name in AS_STATED},
        engine=engine,
        quantizations_wished=frozenset(wished),
        quantization=wished[0] if wished else None,
        model=model,
        model_family=named.family if named else None,
        model_parameters_b=named.parameters / 1e9 if named else None,
        model_reads_images="image" in named.inputs if named else None,
        languages=frozenset(scenario.languages),
        domicile=scenario.domicile,
        domicile_in_eu=domicile_in_eu,
        end_users_in_eu=end_users_in_eu,
        provider=provider or None,
        max_parameters_b=only.max_parameters_b,
        sixteen_bit_only=bool(allowed) and all(base.quantizations[item].bits == SIXTEEN for item in allowed),
        only_models=frozenset(names.model_id(name, base, "only.models") for name in only.models),
        only_families=frozenset(names.one_of(name, families, "only.families", "family") for name in only.families),
        only_engines=frozenset(names.engine_id(name, base, "only.engines") for name in only.engines),
        only_quantizations=allowed,
        hosted_considered=target == "hosted" or not at_home,
        self_hosted_considered=target != "hosted",
        assumptions=tuple(fill.assumptions),
    )


def spelled(item: str | HardwareSpec) -> str | dict[str, Any]:
    """Hardware as the reader of names takes it."""
    return item if isinstance(item, str) else item.model_dump(exclude_none=True)


def _in_eu(scenario: Scenario, base: RuleBase) -> tuple[bool | None, bool | None]:
    """Whether the licensee and the end users are in the EU; raise InputError for unknown languages and countries."""
    regions = base.regions
    for code in scenario.languages:
        if code not in regions.languages:
            hint = nearest(code, [*regions.languages, *regions.languages.values()])
            raise InputError(f"languages: unknown language {printable(code)!r}; use an ISO 639-1 code{hint}")
    found: list[bool | None] = []
    for field in ("domicile", "end_user_region"):
        code = getattr(scenario, field)
        if code is not None and code != "EU" and code not in regions.countries:
            hint = nearest(code, regions.countries)
            raise InputError(f"{field}: unknown country {printable(code)!r}; use an ISO 3166-1 code or EU{hint}")
        found.append(None if code is None else code == "EU" or code in regions.eu)
    return found[0], found[1]


def _weights(scenario: Scenario, cases: tuple[UseCase, ...]) -> dict[CriterionId, float]:
    """Mean over the use cases × priority multiplier, normalised to 1."""
    priorities = scenario.priorities
    raw = {
        name: sum(case.weights.get(name, 0) for case in cases)
        / len(cases)
        * (getattr(priorities, name) if priorities else 1)
        for name in get_args(CriterionId)
    }
    total = sum(raw.values())
    if total <= 0:
        raise InputError("priorities: at least one criterion must count")
    return {name: value / total for name, value in raw.items()}
