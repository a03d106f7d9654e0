"""deploy: the recommended build, or the chosen one, as commands and manifests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from llama_advisor.cli.options import AsOf, Output, Rules, day, layers, with_flags, write
from llama_advisor.deploy.server import Plan
from llama_advisor.deploy.targets import TARGETS
from llama_advisor.engine.advice import EXIT_CODES
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.sentences import change_text
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS, Flag
from llama_advisor.scenario.read import chosen, read_scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.strict import Target as Place
from llama_advisor.text.yaml_file import printable

PLACE = next(flag for flag in FLAGS if flag.flag == "--target")
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="TARGET",
        help=f"What to write: {', '.join(TARGETS)}; or where it runs, as recommend has it. May be given for each.",
    ),
]


def flags() -> tuple[Flag, ...]:
    """Return the flags of a scenario but the one that is read here."""
    return tuple(flag for flag in (*FLAGS, DEPLOYMENT) if flag is not PLACE)


@with_flags(flags(), "Scenario")
def deploy(
    said: dict[str, Any],
    asked: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|MODEL]", help="Scenario or project file, - is standard input; or model."),
    ] = None,
    target: Target = None,
    adapter: Annotated[
        str | None, typer.Option("--adapter", metavar="FOLDER", help="LoRA adapter to load beside the model.")
    ] = None,
    output: Output = None,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Plan the build and write what runs it."""
    form = "shell"
    for name in target or ():
        if name in TARGETS:
            form = name
        elif name in get_args(Place):
            said[PLACE.field] = name
        else:
            known = (*TARGETS, *get_args(Place))
            raise InputError(f"--target: unknown target {printable(name)!r}{nearest(name, known)}")
    path = Path(asked or "")
    file = asked if asked == "-" or (asked and (path.exists() or path.suffix in {".yaml", ".yml", ".json"})) else None
    advisor = Advisor(load_rules(*layers(file, rules)), day(as_of))
    if asked and not file:
        said |= {"only.models": [asked], "model": asked}
    elif file and file != "-":
        said = chosen(file, said.get("deployment")) | said
    answer = advisor.answer(read_scenario(file, said))
    changes = answer.advice.changes
    if answer.build is None or any(change.field.startswith("only.") for change in changes):
        missed = {item.model: item.excuse.text for item in reversed(answer.advice.excluded)}
        told = missed.get(answer.need.model or "") or next(reversed(missed.values()), "state a use case")
        raise NothingError(f"there is nothing to deploy: {told}")
    write(TARGETS[form](Plan(answer.build, advisor.base, adapter)), output)
    for change in changes:
        sys.stderr.write(f"llama-advisor: only with {change_text(change)}\n")
    return EXIT_CODES[answer.advice.verdict]


class NothingError(InputError):
    """No build qualifies."""

    exit_code = 1
