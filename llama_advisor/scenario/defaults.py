"""What was stated, and what the use cases assume where nothing was; each default taken is noted."""

from __future__ import annotations

from typing import Any

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption, HardwareSpec, Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Target

GENERAL = "general"
TOOL_ORDER = ("none", "single", "multi_step")
NEAREST_FIRST = ("phone", "browser", "edge", "laptop", "workstation", "server", "cloud", "hosted")


class Defaults:
    """Takes what was stated, else a default of the use cases, and notes each default taken as an assumption."""

    def __init__(self, scenario: Scenario, base: RuleBase) -> None:
        self.scenario, self.base = scenario, base
        self.assumptions: list[Assumption] = []
        stated = tuple(base.use_cases[names.use_case_id(name, base)] for name in scenario.use_cases)
        own = tuple(case for case in stated if case.answered_by is None)
        self.cases = own or stated
        self.beside = tuple(case for case in stated if case.answered_by) if own else ()
        if not self.cases:
            self.cases = (base.use_cases[GENERAL],)
            self.assume("use_cases", (GENERAL,), "no use case was stated")
        self.defaults = [case.defaults for case in self.cases]
        self.why = f"default of {', '.join(case.id for case in self.cases)}"

    def take(self, name: str, default: Any, why: str) -> Any:
        """Return what was stated of a field, else a default, noted."""
        value = getattr(self.scenario, name)
        return value if value is not None and value != () else self.assume(name, default, why)

    def assume(self, name: str, value: Any, why: str) -> Any:
        """Note what a field is taken to be."""
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
        return frozenset(self.take("inputs", tuple(sorted(usual)), self.why))

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
        elif scenario.provider or (scenario.engine and HOSTED in names.engine_ids(scenario.engine, base)):
            target, why = "hosted", "a hosted service was named"
        else:
            target, why = min((d.target for d in self.defaults), key=NEAREST_FIRST.index), self.why
            if scenario.offline and target in {"cloud", "hosted"}:
                target, why = "workstation", "data may not leave"
        self.assume("target", target, why)
        return target

    def lengths(self, target: Target) -> tuple[int, int]:
        """Context and answer; an answer never takes more than half of a stated context."""
        context, output, prompt = (getattr(self.scenario, f"{name}_tokens") for name in ("context", "output", "prompt"))
        wanted, why, criteria = output or max(d.output_tokens for d in self.defaults), self.why, self.base.criteria
        if context is None:
            usual = max(d.context_tokens for d in self.defaults)
            most = criteria.assumed_context.get(target)
            if most is not None and most < usual <= criteria.ordinary_context:
                usual, why = most, f"{why}, kept short on a {target}"
            context = self.assume("context_tokens", max(usual, 2 * wanted, (prompt or 0) + wanted), why)
        if output is None:
            left = context - prompt if prompt else context // 2
            output = self.assume("output_tokens", max(1, min(wanted, left)), why)
        if output + (prompt or 0) > context:
            what = f"prompt_tokens: {prompt} with an answer of {output}" if prompt else f"output_tokens: {output}"
            raise InputError(f"{what} is more than the context of {context} tokens that holds it")
        return context, output

    def arriving(self) -> float | None:
        """Requests per second: stated, else those of the people stated."""
        users = self.scenario.users
        if users is None:
            return self.scenario.requests_per_second
        if self.scenario.requests_per_second is not None:
            raise InputError("users: requests_per_second says the same; state one of them")
        seconds = self.base.criteria.seconds_between_requests
        said = f"{users} people, each with a request every {seconds:g} s"
        return float(self.assume("requests_per_second", round(users / seconds, 4), said))

    def images(self, inputs: frozenset[str]) -> int:
        """Images in a prompt."""
        if inputs.isdisjoint({"image", "multiple_images", "video"}):
            return 0
        if self.scenario.images_per_prompt:
            return self.scenario.images_per_prompt
        count = 1 if inputs.isdisjoint({"multiple_images", "video"}) else 2
        return int(self.assume("images_per_prompt", count, "not stated"))


def spelled(item: str | HardwareSpec) -> str | dict[str, Any]:
    """Hardware as the reader of names takes it."""
    return item if isinstance(item, str) else item.model_dump(exclude_none=True)
