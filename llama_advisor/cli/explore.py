"""explain, compare, whatif: what a name stands for, models side by side, answers over a grid of values."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import (
    AsOf,
    File,
    Format,
    Output,
    Rules,
    count,
    day,
    layers,
    named,
    screen,
    with_flags,
    write,
)
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.formats import COMPARISON, EXPLANATION, GRID, to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.names import model_id
from llama_advisor.scenario.read import read_scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable

IN_FIRST_PLACE, IN_ANOTHER = 0, 1
FITS, FITS_NOT = 0, 1
LONGEST_NAME = 60
if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase

    GridFormat = str
else:
    GridFormat = Literal[tuple(GRID)]


@with_flags((*FLAGS, DEPLOYMENT))
def explain(
    said: dict[str, Any],
    name: Annotated[str, named("NAME", HELP["explain"]["name"], "models", "rules", "finding_kinds")],
    scenario: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["explain"]["scenario"])] = None,
    format_: Format = "text",
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Explain a name; exit code 1 where it is a model that is not the one recommended."""
    today = day(as_of)
    base = load_rules(*layers(scenario, rules))
    entry = _entry(name, format_, base)
    if entry is not None:
        if scenario is not None or said:
            raise InputError(f"explain {name}: only a model is explained for a scenario; leave the scenario out")
        sys.stdout.write(entry)
        return 0
    try:
        model = model_id(name, base)
    except InputError as error:
        known = [*base.models, *base.rules, *(item.id for item in base.criteria.criteria), *base.finding_kinds]
        hint = nearest(name, known)
        hint = hint if hint.startswith("; nearest") else "; see models list, rules list and docs/findings"
        asked = printable(name)[:LONGEST_NAME]
        raise InputError(f"no model, rule, criterion or code is called {asked!r}{hint}") from error
    if scenario is None and not said:
        raise InputError(f"explain {model}: a model is explained for a scenario; give --scenario FILE, or its flags")
    from llama_advisor.explain.why_not import why_not

    explanation = why_not(model, read_scenario(scenario, said), Advisor(base, today))
    write(EXPLANATION[format_].writer()(explanation, base, screen(None)), None)
    return IN_FIRST_PLACE if explanation.standing == "recommended" else IN_ANOTHER


def _entry(name: str, format_: str, base: RuleBase) -> str | None:
    """Write a rule, a criterion or a kind of finding; None where the name is none of these."""
    from llama_advisor.check.findings import code_page
    from llama_advisor.cli.lists import rule_entry
    from llama_advisor.render import listing

    criterion = next((item for item in base.criteria.criteria if item.id == name), None)
    kind = base.finding_kinds.get(name.upper())
    if name not in base.rules and criterion is None and kind is None:
        return None
    entry = rule_entry(name, base) if name in base.rules else plain(criterion or kind, exclude_defaults=True)
    if format_ == "json":
        return to_json(entry) + "\n"
    if kind:
        return code_page(kind)
    if name in base.rules:
        from llama_advisor.render.explain import rule_text

        return rule_text(base.rules[name], base, screen(None))
    return listing.render("rules", entry, screen(None))


@with_flags((*FLAGS, DEPLOYMENT))
def compare(
    said: dict[str, Any],
    models: Annotated[list[str], named("MODEL MODEL ...", "Any names of two models or more.", "models")],
    scenario: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["compare"]["scenario"])] = None,
    format_: Format = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print the models side by side."""
    from llama_advisor.explain.compare import compare as compared

    today = day(as_of)
    read = read_scenario(scenario, said)
    advisor = Advisor(load_rules(*layers(scenario, rules)), today)
    comparison = compared(tuple(models), read, advisor)
    write(COMPARISON[format_].writer()(comparison, advisor.base, screen(output)), output)
    return 0


@with_flags((*FLAGS, DEPLOYMENT))
def whatif(
    said: dict[str, Any],
    file: File = None,
    varied: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="FIELD=VALUE,...",
            help="A field and its values; may repeat. Semicolons part values that hold commas, - leaves the field out.",
        ),
    ] = None,
    format_: Annotated[GridFormat, typer.Option("--format", "-f", help="How to print the result.")] = "text",
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Print the grid of answers; exit code 1 where nothing fits in any of them."""
    from llama_advisor.explain.grid import vary
    from llama_advisor.scenario.flags import read_axes

    today = day(as_of)
    axes = read_axes(varied or ())
    scenario = read_scenario(file, said)
    advisor = Advisor(load_rules(*layers(file, rules)), today)
    grid = vary(scenario, axes, advisor, count)
    write(GRID[format_].writer()(grid, advisor.base, screen(output)), output)
    return FITS if any(cell.winner for cell in grid.cells) else FITS_NOT
