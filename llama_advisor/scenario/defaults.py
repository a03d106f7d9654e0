"""Gaps of a scenario filled from use cases, target and hardware; each default taken is written down."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption, HardwareSpec
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Defaults, UseCase
    from llama_advisor.scenario.scenario import Scenario
    from llama_advisor.text.strict import Target

SECONDS_PER_MONTH = 730 * 3600
NEAREST_FIRST = ("phone", "browser", "edge", "laptop", "workstation", "server", "cloud", "hosted")


class Filler:
    """Takes what was stated, else a default, and writes down each default taken."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.assumptions: list[Assumption] = []

    def take(self, name: str, default: Any, why: str) -> Any:
        """Return what was stated, else assume the default."""
        value = getattr(self.scenario, name)
        if value is not None and value != ():
            return value
        return self.assume(name, default, why)

    def assume(self, name: str, value: Any, why: str) -> Any:
        """Write down an assumption, and return its value."""
        shown = list(value) if isinstance(value, tuple) else value
        self.assumptions.append(Assumption(field=name, value=shown, why=why))
        return value


def united_inputs(cases: tuple[UseCase, ...], scenario: Scenario, base: RuleBase) -> tuple[str, ...]:
    """All inputs that the use cases read; a vision model named alone means images."""
    found: set[str] = {item for case in cases for item in case.inputs}
    if scenario.images_per_prompt:
        found.add("image")
    if not scenario.use_cases and scenario.model:
        model = base.models[names.model_id(scenario.model, base)]
        found |= {"image"}.intersection(model.inputs)
    return tuple(sorted(found))


def lengths(fill: Filler, defaults: list[Defaults], target: Target, base: RuleBase, why: str) -> tuple[int, int]:
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


def fill_share(context: int, base: RuleBase) -> float:
    """Return how much of the context a usual prompt fills; a context beyond the ordinary is what the work is about."""
    return base.criteria.usual_fill if context <= base.criteria.ordinary_context else 1.0


def where(fill: Filler, defaults: list[Defaults], base: RuleBase, why: str) -> Target:
    """Return where it runs: stated, else told by hardware, provider or privacy, else the default."""
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


def _where_it_stands(fill: Filler, base: RuleBase) -> Target:
    """Tell from the first device stated where it stands."""
    given = fill.scenario.hardware
    first = given if isinstance(given, (str, HardwareSpec)) else next(iter(given or ("",)))
    machine = read_hardware(spelled(first), catalogue_of(base), None)
    by_kind = base.criteria.target_of_kind.get(machine.device.kind, "server")
    target = "laptop" if "laptop" in machine.device.id else machine.target or by_kind
    return _assumed(fill, target, f"where a {machine.device.kind.replace('-', ' ')} usually stands")


def spelled(item: str | HardwareSpec) -> str | dict[str, Any]:
    """Return hardware as the reader of names takes it."""
    return item if isinstance(item, str) else item.model_dump(exclude_none=True)


def _assumed(fill: Filler, target: Target, why: str) -> Target:
    fill.assume("target", target, why)
    return target


def images(fill: Filler, inputs: frozenset[str]) -> int:
    """Return images in a prompt."""
    if inputs.isdisjoint({"image", "multiple_images", "video"}):
        return 0
    if fill.scenario.images_per_prompt:
        return fill.scenario.images_per_prompt
    count = 1 if inputs.isdisjoint({"multiple_images", "video"}) else 2
    return int(fill.assume("images_per_prompt", count, "not stated"))


def concurrency(fill: Filler, defaults: list[Defaults], base: RuleBase, why: str) -> int:
    """Return sequences at a time: stated, else what the arriving requests keep busy, else the default."""
    usual = max(d.concurrent_requests for d in defaults)
    arriving = fill.scenario.requests_per_second
    if arriving is not None and fill.scenario.concurrent_requests is None:
        busy = min(ceil(arriving * base.criteria.assumed_answer_s), base.criteria.most_assumed_concurrency)
        said = f"{arriving:g} requests/s of about {base.criteria.assumed_answer_s:g} s each"
        return int(fill.assume("concurrent_requests", max(usual, busy), said))
    return int(fill.take("concurrent_requests", usual, why))


def volume(fill: Filler, context: int, output: int, base: RuleBase) -> int:
    """Return tokens per month: stated, else what the arriving requests come to, else a volume for comparison."""
    arriving = fill.scenario.requests_per_second
    if arriving is not None and fill.scenario.tokens_per_month is None:
        prompt = (context - output) * fill_share(context, base)
        tokens = round(arriving * (prompt + output) * SECONDS_PER_MONTH)
        return int(fill.assume("tokens_per_month", tokens, f"{arriving:g} requests/s all month"))
    usual = base.criteria.assumed_tokens_per_month
    return int(fill.take("tokens_per_month", usual, "volume at which costs are compared"))
