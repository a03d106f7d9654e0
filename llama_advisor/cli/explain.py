"""explain: a model against a scenario, or what a rule, criterion or code stands for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llama_advisor.check.findings import explain_code
from llama_advisor.cli.listings import rule_entry
from llama_advisor.cli.options import AsOf, Format, Rules, day, layers, with_flags
from llama_advisor.cli.streams import screen
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.explain.why_not import why_not
from llama_advisor.render.json_text import as_json, to_json
from llama_advisor.scenario import names
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.read import read_scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase

IN_FIRST_PLACE, IN_ANOTHER = 0, 1
LONGEST_NAME = 60


@with_flags((*FLAGS, DEPLOYMENT), "Scenario")
def explain(
    said: dict[str, Any],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Model, rule, criterion, or code of a finding.")],
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="FILE", help="Scenario for which a model is explained; flags lie over it."),
    ] = None,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Explain a name; exit code 1 where it is a model that is not the one recommended."""
    today = day(as_of)
    in_json = format_ == "json"
    base = load_rules(*layers(scenario, rules))
    entry = _entry(name, base)
    if entry is not None:
        if scenario is not None or said:
            raise InputError(f"explain {name}: only a model is explained for a scenario; leave the scenario out")
        sys.stdout.write(as_json(entry) + "\n" if in_json else _entry_text(name, entry, base))
        return 0
    model = _model(name, base)
    if scenario is None and not said:
        raise InputError(f"explain {model}: a model is explained for a scenario; give --scenario FILE, or its flags")
    explanation = why_not(model, read_scenario(scenario, said), Advisor(base, today))
    if in_json:
        text = to_json(explanation) + "\n"
    else:
        from llama_advisor.render.explain import explanation_text

        colour, width = screen(None)
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
        return rule_entry(name, base)
    criterion = next((item for item in base.criteria.criteria if item.id == name), None)
    entry: dict[str, Any] | None = plain(criterion or base.finding_kinds.get(name.upper()), exclude_defaults=True)
    return entry


def _entry_text(name: str, entry: dict[str, Any], base: RuleBase) -> str:
    colour, width = screen(None)
    if name.upper() in base.finding_kinds:
        return explain_code(name, base)
    if name in base.rules:
        from llama_advisor.render.explain import rule_text

        return rule_text(base.rules[name], base, colour=colour, width=width)
    from llama_advisor.render import listing

    return listing.render("rules", entry, colour=colour, width=width)
