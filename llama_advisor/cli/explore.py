"""explain, compare, whatif: what a name stands for, models side by side, answers over a grid of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import File, Run, command, count, named, named_file
from llama_advisor.engine.decide import Advisor
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.formats import COMPARISON, EXPLANATION, GRID
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.names import model_id
from llama_advisor.scenario.read import read_scenario
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import plain
from llama_advisor.text.yaml_file import printable

LONGEST_NAME = 60


@command("format_ rules as_of", (*FLAGS, DEPLOYMENT))
def explain(
    run: Run,
    said: dict[str, Any],
    name: Annotated[str, named("NAME", HELP["explain"]["name"], "models", "rules", "finding_kinds")],
    scenario: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["explain"]["scenario"])] = None,
) -> int:
    """Explain a name; exit code 1 where it is a model that is not the one recommended."""
    base = run.base(scenario)
    asked = read_scenario(scenario, said) if scenario is not None or said else None
    data, text, code = explanation(name, asked, base, run)
    run.show(data, text)
    return code


def explanation(name: str, asked: Scenario | None, base: RuleBase, run: Run) -> tuple[Any, Callable[[], str], int]:
    """Return what explains a name, a model for the scenario asked, then what writes it, and the exit code."""
    if (entry := _entry(name, run, base)) is not None:
        if asked is not None:
            raise InputError(f"explain {name}: only a model is explained for a scenario; leave the scenario out")
        return *entry, 0
    try:
        model = model_id(name, base)
    except InputError as error:
        known = [*base.models, *base.rules, *(item.id for item in base.criteria.criteria), *base.finding_kinds]
        hint = nearest(name, known)
        hint = hint if hint.startswith("; nearest") else "; see models list, rules list and docs/findings"
        raise InputError(
            f"no model, rule, criterion or code is called {printable(name)[:LONGEST_NAME]!r}{hint}"
        ) from error
    if asked is None:
        raise InputError(f"explain {model}: a model is explained for a scenario; give --scenario FILE, or its flags")
    from llama_advisor.explain.why_not import why_not

    made = why_not(model, asked, Advisor(base, run.today))
    return made, lambda: EXPLANATION.writer()(made, base, run.view), int(made.standing != "recommended")


def _entry(name: str, run: Run, base: RuleBase) -> tuple[Any, Callable[[], str]] | None:
    """Return a rule, a criterion or a kind of finding, and what writes it; None where the name is none of these."""
    from llama_advisor.check.findings import code_page
    from llama_advisor.cli.lists import rule_entry
    from llama_advisor.render import listing

    criterion = next((item for item in base.criteria.criteria if item.id == name), None)
    kind = base.finding_kinds.get(name.upper())
    if name not in base.rules and criterion is None and kind is None:
        return None
    entry = rule_entry(name, base) if name in base.rules else plain(criterion or kind, exclude_defaults=True)
    if kind:
        return entry, lambda: code_page(kind)
    if name in base.rules:
        from llama_advisor.render.explain import rule_text

        return entry, lambda: rule_text(base.rules[name], base, run.view)
    return entry, lambda: listing.render("rules", entry, run.view)


@command("format_ output rules as_of", (*FLAGS, DEPLOYMENT), COMPARISON)
def compare(
    run: Run,
    said: dict[str, Any],
    models: Annotated[list[str], named("MODEL MODEL ...", "Any names of two models or more.", "models")],
    scenario: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["compare"]["scenario"])] = None,
) -> int:
    """Print the models side by side."""
    from llama_advisor.explain.compare import compare as compared

    written = COMPARISON[run.format].writer()
    read = read_scenario(scenario, said)
    advisor = Advisor(run.base(scenario), run.today)
    comparison = compared(tuple(models), read, advisor)
    command = run.again(("compare", *models, *named_file(scenario, "--scenario")), said, run.format)
    run.write(written(comparison, advisor.base, run.view._replace(command=command)))
    return 0


@command("format_ output rules as_of", (*FLAGS, DEPLOYMENT), GRID)
def whatif(
    run: Run,
    said: dict[str, Any],
    file: File = None,
    vary: Annotated[list[str] | None, typer.Option(metavar="FIELD=VALUE,...", help=HELP["whatif"]["vary"])] = None,
) -> int:
    """Print the grid of answers; exit code 1 where nothing fits in any of them."""
    from llama_advisor.explain.grid import vary as answered
    from llama_advisor.scenario.flags import read_axes

    axes, written = read_axes(vary or ()), GRID[run.format].writer()
    scenario = read_scenario(file, said)
    advisor = Advisor(run.base(file), run.today)
    grid = answered(scenario, axes, advisor, count)
    varied = (word for item in vary or () for word in ("--vary", item))
    command = run.again(("whatif", *named_file(file)), said, run.format, *varied)
    run.write(written(grid, advisor.base, run.view._replace(command=command)))
    return int(not any(cell.winner for cell in grid.cells))
