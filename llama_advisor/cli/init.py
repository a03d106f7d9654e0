"""init and check --discover: a first project file, its schema, and the entries of build servers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_advisor import __version__
from llama_advisor.check.ci_templates import GITHUB, GITLAB, PRE_COMMIT, WORKFLOW_FILE
from llama_advisor.check.discover import discovered
from llama_advisor.check.files import SCHEMA_FILE
from llama_advisor.check.mentions import Scanner
from llama_advisor.check.propose import from_discovery
from llama_advisor.cli.own_layer import with_own_layer
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.json_text import as_json
from llama_advisor.scenario.flags import nested
from llama_advisor.scenario.project_file import WISHES
from llama_advisor.scenario.project_text import project_text, proposed, scalar
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.engine.advice import Advice

NOTHING = 1


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    file: str
    name: str
    discover: bool
    sources: tuple[str, ...]
    github: bool
    gitlab: bool
    pre_commit: bool
    force: bool
    rules: tuple[str, ...]
    as_of: date
    said: dict[str, Any]


def run(request: Request) -> int:
    """Write the project file and its schema, then the entries asked for."""
    target = Path(request.file)
    workflow = target.parent / WORKFLOW_FILE
    for path in (target, *((workflow,) if request.github else ())):
        if path.exists() and not request.force:
            raise InputError(f"{printable(path)} is there already; --force overwrites it")
    text = _discovered(request) if request.discover else _from_flags(request)
    if text is None:
        return NOTHING
    schema = target.parent / SCHEMA_FILE
    _write(schema, _schema_text())
    _write(target, text)
    sys.stdout.write(f"{target}: written\n{schema}: written\n")
    paths = "" if request.file == "llama-advisor.yaml" else scalar(request.file)
    _entries(request, workflow, paths)
    return 0


def _entries(request: Request, workflow: Path, paths: str) -> None:
    if request.github:
        workflow.parent.mkdir(parents=True, exist_ok=True)
        _write(workflow, _entry(GITHUB, paths))
        sys.stdout.write(f"{workflow}: written\n")
    if request.gitlab:
        sys.stdout.write(f"\n# For .gitlab-ci.yml:\n{_entry(GITLAB, paths)}")
    if request.pre_commit:
        sys.stdout.write(f"\n# For .pre-commit-config.yaml:\n{_entry(PRE_COMMIT, paths)}")


def _entry(template: str, paths: str) -> str:
    lines = template.format(version=__version__, paths=paths).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _from_flags(request: Request) -> str | None:
    """Return a project file for the scenario of the flags; the choice is what they wish for, else the advice."""
    scenario = validated(nested(request.said), None, nested(request.said))
    if not scenario.use_cases and scenario.inputs is None:
        raise InputError("state at least --use-case or --input, or take --discover")
    advisor = Advisor(load_rules(*with_own_layer(request.file, request.rules)), request.as_of)
    wished = {name: getattr(scenario, name) for name in reversed(WISHES) if getattr(scenario, name) is not None}
    advice = advisor.advise(scenario)
    if "model" in wished:
        choice, why = wished, "as given; `llama-advisor check` says what speaks against it"
    elif advice.recommendation is None or advice.changes:
        _say_no(advice)
        return None
    else:
        build = advice.recommendation
        choice = {"model": build.model, "quantization": build.quantization, "engine": build.engine}
        why = f"recommended on {request.as_of} with {build.score:.1f} points"
    stated = scenario.model_dump(mode="json", exclude_defaults=True, exclude=set(WISHES))
    lines = proposed(request.name, stated, choice, request.sources, why)
    return project_text([lines], SCHEMA_FILE, request.name, request.as_of.year + 1)


def _say_no(advice: Advice) -> None:
    sys.stderr.write(f"llama-advisor: no model meets these requirements ({advice.verdict}); nothing was written\n")
    for way in advice.relaxations:
        changes = ", ".join(f"{change.field} to {printable(change.to)}" for change in way.changes)
        sys.stderr.write(f"llama-advisor: change {changes}, and {way.then.model} would do\n")


def _discovered(request: Request) -> str | None:
    folder = Path(request.file).parent
    return _proposal(folder, request.rules, request.as_of.year + 1)


def run_discover(paths: tuple[str, ...], rules: tuple[str, ...], year: int) -> int:
    """Print a proposal for each folder named, or for this one."""
    text = ""
    for name in paths or (".",):
        if not Path(name).is_dir():
            raise InputError(f"{printable(name)}: --discover looks through folders")
        text += _proposal(Path(name), rules, year) or ""
    sys.stdout.write(text)
    return 0 if text else NOTHING


def _proposal(folder: Path, rules: tuple[str, ...], year: int) -> str | None:
    base = load_rules(*rules)
    found = discovered(folder, Scanner.of(base, base.checking))
    if not found:
        sys.stderr.write(f"llama-advisor: no file in {printable(folder)} names a model that the rule base holds\n")
        return None
    deployments = list(from_discovery(found))
    name = deployments[0][0].removeprefix("  - name: ").strip('"')
    return project_text(deployments, SCHEMA_FILE, name, year)


def _schema_text() -> str:
    from llama_advisor.scenario.project_file import Project
    from llama_advisor.text.descriptions import json_schema

    return as_json(json_schema(Project)) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{printable(path)}: {error.strerror or error}") from error
