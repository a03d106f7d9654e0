"""init and check --discover: a first project file, its schema, and the entries of build servers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llama_advisor.check.files import SCHEMA_FILE
from llama_advisor.check.mentions import Scanner
from llama_advisor.check.propose import WORKFLOW_FILE, discovered, from_discovery, server_entry
from llama_advisor.cli.options import AsOf, Rules, day, layers, with_flags, write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.formats import to_json
from llama_advisor.scenario.flags import FLAGS, nested
from llama_advisor.scenario.project_file import WISHES, Project, project_text, proposed, scalar
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.scenario.scenario import Scenario

NOTHING = 1


@with_flags(FLAGS, "Scenario")
def init(
    said: dict[str, Any],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Project file to write.")] = "llama-advisor.yaml",
    name: Annotated[str, typer.Option(help="Name of the deployment.")] = "main",
    discover: Annotated[bool, typer.Option("--discover", help="Propose what the files of this folder deploy.")] = False,
    source: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Files in which the choice shows up; may repeat.")
    ] = None,
    github: Annotated[bool, typer.Option("--github", help="Also write .github/workflows/llama-advisor.yml.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="Also print the job for .gitlab-ci.yml.")] = False,
    pre_commit: Annotated[
        bool, typer.Option("--pre-commit", help="Also print the entry for .pre-commit-config.yaml.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """Write the project file and its schema, then the entries asked for."""
    today = day(as_of)
    target = Path(file)
    workflow = target.parent / WORKFLOW_FILE
    for path in (target, *((workflow,) if github else ())):
        if path.exists() and not force:
            raise InputError(f"{printable(path)} is there already; --force overwrites it")
    if discover:
        text = _proposal(target.parent, tuple(rules or ()), today)
    else:
        scenario = validated(nested(said), None, nested(said))
        if not scenario.use_cases and scenario.inputs is None:
            raise InputError("state at least --use-case or --input, or take --discover")
        advisor = Advisor(load_rules(*layers(file, rules)), today)
        text = _from_scenario(scenario, advisor, name, tuple(source or ()))
    if text is None:
        return NOTHING
    schema = target.parent / SCHEMA_FILE
    write(to_json(json_schema(Project)) + "\n", str(schema), "")
    write(text, str(target), "")
    sys.stdout.write(f"{target}: written\n{schema}: written\n")
    paths = "" if file == "llama-advisor.yaml" else scalar(file)
    if github:
        workflow.parent.mkdir(parents=True, exist_ok=True)
        write(server_entry("github", paths), str(workflow), "")
        sys.stdout.write(f"{workflow}: written\n")
    if gitlab:
        sys.stdout.write(f"\n# For .gitlab-ci.yml:\n{server_entry('gitlab', paths)}")
    if pre_commit:
        sys.stdout.write(f"\n# For .pre-commit-config.yaml:\n{server_entry('pre-commit', paths)}")
    return 0


def print_proposals(paths: tuple[str, ...], rules: tuple[str, ...], today: date) -> int:
    """Print a proposal for each folder named, or for this one."""
    text = ""
    for name in paths or (".",):
        if not Path(name).is_dir():
            raise InputError(f"{printable(name)}: --discover looks through folders")
        text += _proposal(Path(name), rules, today) or ""
    sys.stdout.write(text)
    return 0 if text else NOTHING


def _proposal(folder: Path, rules: tuple[str, ...], today: date) -> str | None:
    base = load_rules(*rules)
    found = discovered(folder, Scanner(base))
    if not found:
        sys.stderr.write(f"llama-advisor: no file in {printable(folder)} names a model that the rule base holds\n")
        return None
    deployments = list(from_discovery(found))
    name = deployments[0][0].removeprefix("  - name: ").strip('"')
    return project_text(deployments, SCHEMA_FILE, name, today.year + 1)


def _from_scenario(scenario: Scenario, advisor: Advisor, name: str, sources: tuple[str, ...]) -> str | None:
    """Return a project file; the choice is what the scenario wishes for, else the advice."""
    wished = {wish: getattr(scenario, wish) for wish in reversed(WISHES) if getattr(scenario, wish) is not None}
    advice = advisor.advise(scenario)
    if "model" in wished:
        choice, why = wished, "as given; `llama-advisor check` says what speaks against it"
    elif advice.recommendation is None or advice.changes:
        said = f"no model meets these requirements ({advice.verdict}); nothing was written"
        sys.stderr.write(f"llama-advisor: {said}\n")
        for way in advice.relaxations:
            changes = ", ".join(f"{change.field} to {printable(change.to)}" for change in way.changes)
            sys.stderr.write(f"llama-advisor: change {changes}, and {way.then.model} would do\n")
        return None
    else:
        build = advice.recommendation
        choice = {"model": build.model, "quantization": build.quantization, "engine": build.engine}
        why = f"recommended on {advisor.as_of} with {build.score:.1f} points"
    stated = scenario.model_dump(mode="json", exclude_defaults=True, exclude=set(WISHES))
    lines = proposed(name, stated, choice, sources, why)
    return project_text([lines], SCHEMA_FILE, name, advisor.as_of.year + 1)
