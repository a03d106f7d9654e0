"""The same answers for Python programs: `from llama_advisor import Scenario, recommend, estimate, load_rules`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from llama_advisor.engine.advice import Advice
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.why import explained
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.read import validated
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import problem

__all__ = ["Scenario", "estimate", "load_rules", "recommend"]


def recommend(
    scenario: Scenario | Mapping[str, Any],
    rules: RuleBase | None = None,
    *,
    as_of: date | None = None,
    why: bool = False,
) -> Advice:
    """Rank every build for a scenario, an object or its fields by name; `why` adds what the answer hangs on.

    `rules` are the shipped ones unless given, `as_of` is today. Raises InputError for what is unknown or wrong.
    """
    asked = scenario if isinstance(scenario, Scenario) else validated(dict(scenario), None, {})
    advisor = Advisor(rules or load_rules(), as_of or datetime.now().astimezone().date())
    return explained(asked, advisor).advice if why else advisor.advise(asked)


def estimate(model: str | EstimateRequest, rules: RuleBase | None = None, **fields: Any) -> Estimate:
    """Size one build: memory in GiB, fit, speed, cost; `fields` are those of a batch line.

    Raises InputError for what is unknown or wrong.
    """
    if isinstance(model, EstimateRequest):
        return Sizer(rules or load_rules()).estimate(model)
    try:
        asked = EstimateRequest.model_validate({"model": model, **fields})
    except ValidationError as error:
        loc, what = problem(error, EstimateRequest)
        raise InputError(f"{'.'.join(map(str, loc))}: {what}" if loc else what) from error
    return Sizer(rules or load_rules()).estimate(asked)
