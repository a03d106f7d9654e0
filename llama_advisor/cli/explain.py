"""explain: a model against a scenario, or what a rule, criterion or code stands for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.check.explain_code import explain_code
from llama_advisor.cli.own_layer import with_own_layer
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.why_not import why_not
from llama_advisor.render.json_text import as_json, to_json
from llama_advisor.scenario import names
from llama_advisor.scenario.read import read_scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase

IN_FIRST_PLACE, IN_ANOTHER = 0, 1
LONGEST_NAME = 60


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    name: str
    scenario: str | None
    json: bool
    rules: tuple[str, ...]
    as_of: date
    said: dict[str, Any]
    screen: tuple[bool, int]


def run(request: Request) -> int:
    """Explain and return the exit code: 1 where the model is not the one recommended."""
    base = load_rules(*with_own_layer(request.scenario, request.rules))
    entry = _entry(request.name, base)
    if entry is not None and (request.scenario is not None or request.said):
        raise InputError(f"explain {request.name}: only a model is explained for a scenario; leave the scenario out")
    if entry is not None:
        sys.stdout.write(_entry_text(entry, request, base))
        return 0
    model = _model(request.name, base)
    if request.scenario is None and not request.said:
        raise InputError(f"explain {model}: a model is explained for a scenario; give --scenario FILE, or its flags")
    scenario = read_scenario(request.scenario, request.said)
    explanation = why_not(model, scenario, Advisor(base, request.as_of))
    if request.json:
        text = to_json(explanation) + "\n"
    else:
        from llama_advisor.render.explanation_text import explanation_text

        colour, width = request.screen
        text = explanation_text(explanation, base, colour=colour, width=width)
    sys.stdout.write(text)
    return IN_FIRST_PLACE if explanation.standing == "recommended" else IN_ANOTHER


def _model(name: str, base: RuleBase) -> str:
    """Resolve a model; say what else could have been meant."""
    try:
        return names.model_id(name, base)
    except InputError as error:
        known = [*base.models, *base.rules, *(item.id for item in base.criteria.criteria), *base.finding_kinds]
        hint = nearest(name, known)
        hint = hint if hint.startswith("; nearest") else "; see models list, rules list and docs/findings"
        said = printable(name)[:LONGEST_NAME]
        raise InputError(f"no model, rule, criterion or code is called {said!r}{hint}") from error


def _entry(name: str, base: RuleBase) -> dict[str, Any] | None:
    """Return a rule, a criterion or a kind of finding by its name."""
    if name in base.rules:
        from llama_advisor.cli.inspect import ENTRIES

        return ENTRIES["rules"](name, base)
    criterion = next((item for item in base.criteria.criteria if item.id == name), None)
    if criterion is not None:
        shown: dict[str, Any] = plain(criterion, exclude_defaults=True)
        return shown
    kind = base.finding_kinds.get(name.upper())
    return plain(kind, exclude_defaults=True) if kind else None


def _entry_text(entry: dict[str, Any], request: Request, base: RuleBase) -> str:
    if request.json:
        return as_json(entry) + "\n"
    if request.name.upper() in base.finding_kinds:
        return explain_code(request.name, base)
    if request.name in base.rules:
        from llama_advisor.render.rule_text import rule_text

        colour, width = request.screen
        return rule_text(base.rules[request.name], base, colour=colour, width=width)
    from llama_advisor.render import listing

    colour, width = request.screen
    return listing.render("rules", entry, colour=colour, width=width)
