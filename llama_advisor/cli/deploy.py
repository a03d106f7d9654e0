"""deploy: the recommended build, or the chosen one, as commands and manifests."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import Run, command
from llama_advisor.deploy.server import Plan
from llama_advisor.deploy.targets import TARGETS, WORDS
from llama_advisor.engine.advice import EXIT_CODES
from llama_advisor.engine.decide import Advisor, Answer
from llama_advisor.engine.score import nearness
from llama_advisor.engine.words import decisive
from llama_advisor.render.sentences import change_text
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS
from llama_advisor.scenario.read import chosen, read_scenario
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.strict import Target as Place
from llama_advisor.text.yaml_file import printable, steers

PLACE = next(flag for flag in FLAGS if flag.flag == "--target")
TOLD = f"What to write: {', '.join(TARGETS)}; or where it runs, as recommend has it. May be given for each."


@command("output rules as_of", [flag for flag in (*FLAGS, DEPLOYMENT) if flag is not PLACE])
def deploy(
    run: Run,
    said: dict[str, Any],
    asked: Annotated[str | None, typer.Argument(metavar="FILE|MODEL", help=HELP["deploy"]["asked"])] = None,
    target: Annotated[list[str] | None, typer.Option("--target", metavar="TARGET", help=TOLD)] = None,
    adapter: Annotated[str | None, typer.Option("--adapter", metavar="FOLDER", help=HELP["deploy"]["adapter"])] = None,
) -> int:
    """Plan the build and write what runs it."""
    form = _form(target or [], said)
    file = asked if asked and (asked == "-" or exists(asked) or asked.endswith((".yaml", ".yml", ".json"))) else None
    advisor = Advisor(run.base(file), run.today)
    if asked and not file:
        if said.keys() & {"model", "only.models"}:
            raise InputError(f"deploy: {printable(asked)} is named already; leave --model and --only-model out")
        said |= {"only.models": [asked], "model": asked}
    elif file and file != "-":
        said = chosen(file, said.get("deployment")) | said
    answer = advisor.answer(read_scenario(file, said))
    build, advice = answer.build, answer.advice
    if build is None or not advice.ranking:
        raise NothingError(f"there is nothing to deploy: {_why(answer, advisor)}")
    for wish in advice.wishes:
        if wish.outcome == "not_known":
            raise NothingError(f"there is nothing to deploy: {printable(wish.text)}")
    planned = Plan(build, advisor.base, adapter)
    if not {step.step for step in planned.steps} & {"start", "tune", "request"}:
        raise NothingError(f"there is nothing to deploy: how {planned.title} is run is not known here")
    run.write(_script(form, planned))
    for wish in advice.wishes:
        if wish.outcome != "kept":
            sys.stderr.write(f"llama-advisor: {wish.field} {printable(wish.asked)}: {printable(wish.text)}\n")
    return EXIT_CODES[advice.verdict]


def _form(target: list[str], said: dict[str, Any]) -> str:
    """Return what to write; where it runs is put with what was said."""
    known = (*TARGETS, *get_args(Place))
    target = [WORDS["also"].get(name, name) for name in target]
    for name in target:
        if name not in known:
            raise InputError(f"--target: unknown target {printable(name)!r}{nearest(name, known)}")
    forms = [name for name in target if name in TARGETS]
    places = [name for name in target if name not in TARGETS]
    if len(forms) > 1 or len(places) > 1:
        raise InputError(f"--target: one of each at most, not {', '.join(forms if len(forms) > 1 else places)}")
    if places:
        said[PLACE.field] = places[0]
    return forms[0] if forms else "shell"


def _script(form: str, planned: Plan) -> str:
    """Return what is written, whoever named what is in it."""
    text = TARGETS[form](planned)
    if steers(text):
        raise InputError("deploy: a name in it would steer a terminal or a build server")
    return text


def exists(path: str) -> bool:
    """Tell whether there is a file or a folder; a name no file can have is none."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _why(answer: Answer, advisor: Advisor) -> str:
    """Say what rules out the build within its limits that comes nearest, and what would help."""
    need, found = answer.need, answer.found
    if found is None:
        return f"state at least one of: {', '.join(answer.advice.missing)}"
    if need.only_engines and len(need.only_engines) == 1:  # the engine as a wish, so that its own builds are judged
        found = advisor.search.run(replace(need, only_engines=frozenset()).on_engine(next(iter(need.only_engines))))
    limits = ((need.only_models, "model"), (need.only_engines, "engine"), (need.only_quantizations, "quantization"))
    refused = [build for build in (*found.refused, *found.excluded) if build.fails]
    inside = [
        build
        for build in refused
        if all(not ids or (part := getattr(build.place, name)) is None or part.id in ids for ids, name in limits)
    ]
    told = printable(decisive(min(inside or refused, key=nearness), advisor.base).text)
    way = next(iter(answer.advice.relaxations), None)
    return f"{told}; with {', '.join(map(change_text, way.changes))} {way.then.model} would do" if way else told


class NothingError(InputError):
    """No build qualifies."""

    exit_code = 1
