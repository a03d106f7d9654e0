"""What a scenario states, resolved to ids, and its gaps filled from use cases, target and hardware."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption, HardwareSpec, Only
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.text.strict import Target

GENERAL = "general"
TOOL_ORDER = ("none", "single", "multi_step")
SECONDS_PER_MONTH = 730 * 3600
NEAREST_FIRST = ("phone", "browser", "edge", "laptop", "workstation", "server", "cloud", "hosted")
NO_LIMITS = Only()
SIXTEEN = 16


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


def spelled(item: str | HardwareSpec) -> str | dict[str, Any]:
    """Hardware as the reader of names takes it."""
    return item if isinstance(item, str) else item.model_dump(exclude_none=True)


def wishes(scenario: Scenario, base: RuleBase, model: str | None) -> dict[str, Any]:
    """The engine, quantization and model named, by id."""
    named = base.models[model] if model else None
    wished = names.quantization_ids(scenario.quantization, base) if scenario.quantization else ()
    if scenario.model and named and not wished:
        wished = names.named_build(scenario.model, named)
    return {
        "engine": names.engine_id(scenario.engine, base) if scenario.engine else None,
        "quantizations_wished": frozenset(wished),
        "quantization": wished[0] if wished else None,
        "model": model,
        "model_family": named.family if named else None,
        "model_parameters_b": named.parameters / 1e9 if named else None,
        "model_reads_images": "image" in named.inputs if named else None,
    }


def people(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """Languages and countries, checked, and who is in the EU."""
    regions = base.regions
    for code in scenario.languages:
        if code not in regions.languages:
            hint = nearest(code, [*regions.languages, *regions.languages.values()])
            raise InputError(f"languages: unknown language {printable(code)!r}; use an ISO 639-1 code{hint}")
    in_eu: list[bool | None] = []
    for field in ("domicile", "end_user_region"):
        code = getattr(scenario, field)
        if code is not None and code != "EU" and code not in regions.countries:
            hint = nearest(code, regions.countries)
            raise InputError(f"{field}: unknown country {printable(code)!r}; use an ISO 3166-1 code or EU{hint}")
        in_eu.append(None if code is None else code == "EU" or code in regions.eu)
    return {
        "languages": frozenset(scenario.languages),
        "domicile": scenario.domicile,
        "domicile_in_eu": in_eu[0],
        "end_users_in_eu": in_eu[1],
    }


def limits(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """Hard limits, by id."""
    provider, only = scenario.provider, scenario.only or NO_LIMITS
    if provider:
        provider = names.one_of(provider, {offer.provider for offer in base.hosted.values()}, "provider", "provider")
    listed = (names.quantization_ids(name, base, "only.quantizations") for name in only.quantizations)
    allowed = frozenset(item for ids in listed for item in ids)
    families = {model.family for model in base.models.values()} if only.families else ()
    return {
        "provider": provider or None,
        "max_parameters_b": only.max_parameters_b,
        "sixteen_bit_only": bool(allowed) and all(base.quantizations[item].bits == SIXTEEN for item in allowed),
        "only_models": frozenset(names.model_id(name, base, "only.models") for name in only.models),
        "only_families": frozenset(names.one_of(name, families, "only.families", "family") for name in only.families),
        "only_engines": frozenset(names.engine_id(name, base, "only.engines") for name in only.engines),
        "only_quantizations": allowed,
    }
