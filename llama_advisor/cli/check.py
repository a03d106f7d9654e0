"""check, lock and init: project files in, findings and lock files out; and a first project file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from enum import Enum
from functools import cache, partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from threading import active_count
from typing import Annotated, Any

import typer

from llama_advisor.check import files
from llama_advisor.check.checker import Checked, Checker, FailOn, Settings, known_prefixes, read_settings
from llama_advisor.check.decide import Decision, decided
from llama_advisor.check.findings import CheckFinding, Findings
from llama_advisor.check.fix import edits, halves
from llama_advisor.check.project import read_project
from llama_advisor.check.propose import proposal
from llama_advisor.check.servers import WHEEL, WORKFLOW_FILE, default_branch, requirement, server_entry
from llama_advisor.check.since import baseline_text, changes_since, read_baseline
from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import Run, command, layers, screen, write
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.findings import FORMATS, Shown
from llama_advisor.render.formats import to_json
from llama_advisor.scenario.flags import FLAGS, nested
from llama_advisor.scenario.project_file import WISHES, Deployment, Project, project_text, proposed
from llama_advisor.scenario.read import validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable, steers

WORTH_WORKERS = 60
MOST_WORKERS = 8
CHUNK = 10
NOTHING = 1
NAMES = {"--format": "format", "-f": "format", "--output": "output", "-o": "output"}
Texts = list[str] | None
Exclude = Annotated[Texts, typer.Option(metavar="PATTERN", help=HELP["check"]["exclude"])]
CheckFormat = Enum("CheckFormat", [(name, name) for name in FORMATS], type=str)  # type: ignore[misc]


@command("rules as_of")
def check(
    run: Run,
    paths: Annotated[Texts, typer.Argument(metavar="PATHS", help=HELP["check"]["paths"])] = None,
    format_: Annotated[list[CheckFormat] | None, typer.Option("--format", "-f", help=HELP["check"]["format"])] = None,
    output: Annotated[Texts, typer.Option("--output", "-o", metavar="FILE", help=HELP["check"]["output"])] = None,
    fail_on: Annotated[FailOn | None, typer.Option(help=HELP["check"]["fail_on"])] = None,
    select: Annotated[Texts, typer.Option(metavar="CODE", help="Report these codes, or all that begin so.")] = None,
    ignore: Annotated[Texts, typer.Option(metavar="CODE", help="Leave these codes out, or all that begin so.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help=HELP["check"]["fix"])] = False,
    diff: Annotated[bool, typer.Option("--diff", help="With --fix: print the changes and make none.")] = False,
    discover: Annotated[bool, typer.Option("--discover", help=HELP["check"]["discover"])] = False,
    exclude: Exclude = None,
    baseline: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["check"]["baseline"])] = None,
    write_baseline: Annotated[bool, typer.Option("--write-baseline", help=HELP["check"]["write_baseline"])] = False,
    base: Annotated[str | None, typer.Option(metavar="REF", help=HELP["check"]["base"])] = None,
) -> int:
    """Check, print every format asked for, and return the exit code; or propose a file for each folder."""
    _discovering(exclude, discover=discover)
    if write_baseline and (baseline is None or base is not None):
        raise InputError("--write-baseline: takes --baseline FILE beside it, and no --base")
    if diff and not fix:
        raise InputError("--diff goes with --fix")
    if discover:
        found = "".join(_proposals(paths or ["."], run, tuple(exclude or ())))
        sys.stdout.write(found)
        return 0 if found else NOTHING
    prints = paired([item.value for item in format_ or ()], list(output or ()), sys.argv)
    answered, plain = checking(paths, select, ignore, fail_on, run, base)
    answer = answered()
    if fix and _fixed(answer, diff=diff) and not diff:
        answer = answered()
    if diff:
        return answer.exit_code
    if baseline is not None and write_baseline:
        write(baseline_text(answer, plain.malformed), baseline, "")
    if baseline is not None:
        answer = answered(read_baseline(Path(baseline)))
    shown = screen(None if any(file is None for _, file in prints) else "files")
    for name, file in prints:
        write(FORMATS[name](Shown(answer, plain.kinds, shown, files.repository_root(Path()))), file)
    return answer.exit_code


def _proposals(names: list[str], run: Run, exclude: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not Path(name).is_dir():
            raise InputError(f"{printable(name)}: --discover looks through folders")
        yield _proposal(Path(name), run, exclude) or ""


def checking(
    paths: Sequence[str] | None,
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    fail_on: FailOn | None,
    run: Run,
    base: str | None = None,
) -> tuple[Callable[..., Findings], Checker]:
    """Return what checks the files, and by which rules; what is not said is as the folder's own settings have it."""
    settings = read_settings(Path())
    named = (*settings.rules, *run.rules)
    plain = checker_for(named, run.today)
    wanted = Settings(
        select=known_prefixes(tuple(select or settings.select), plain.kinds, "--select"),
        ignore=known_prefixes(tuple(ignore or settings.ignore), plain.kinds, "--ignore"),
        fail_on=fail_on or settings.fail_on,
    )
    projects = files.project_files(tuple(paths or settings.paths))
    return partial(_answered, projects, named, run.today, wanted, base), plain


def _answered(
    projects: list[Path],
    rules: tuple[str, ...],
    today: date,
    wanted: Settings,
    base: str | None,
    known: frozenset[str] = frozenset(),
) -> Findings:
    """Check the files; of what is found only what changed since `base`, if that is given."""
    plain, checked = checker_for(rules, today), list(_checked(projects, rules, today))
    if base is not None:
        changes = changes_since(base)
        for made, path in zip(checked, projects, strict=True):
            kept = [item for item in made.findings if item.code in plain.malformed or changes.keep(item, path)]
            made.findings[:] = kept
    return plain.result(checked, wanted, known)


def _fixed(answer: Findings, *, diff: bool) -> bool:
    """Write what has one right value, or print the change alone; whether there was any."""
    changed = list(edits(answer))
    for item, other in halves(answer):
        why = (
            f"{other.file}:{other.line} names another model of {item.deployment}, and what fits there takes a decision"
        )
        sys.stderr.write(f"llama-advisor: {item.file}:{item.line}:{item.column} stays as it is: {why}\n")
    for edit in changed:
        if diff:
            text = edit.diff()
            if steers(text):
                sys.stderr.write(
                    f"llama-advisor: {files.shown_name(edit.path)}: not shown, its lines would steer what shows them\n"
                )
            else:
                sys.stdout.write(text)
            continue
        files.rewrite(edit.path, edit.after)
        sys.stderr.write("".join(f"llama-advisor: {change}\n" for change in edit.changes))
    checker_for.cache_clear()  # it keeps what it read
    return bool(changed)


def paired(formats: list[str], outputs: list[str], arguments: list[str]) -> list[tuple[str, str | None]]:
    """Return each format with its file: as many of both go in order, else a file belongs to the format before it."""
    formats = formats or ["text"]
    files: list[str | None] = [*outputs]
    if len(formats) != len(outputs):
        files = [None] * len(formats)
        left, at = list(outputs), -1
        for argument in arguments:
            kind = NAMES.get(argument.split("=", 1)[0])
            if kind == "format":
                at += 1
            elif kind == "output" and left:
                if not 0 <= at < len(files) or files[at] is not None:
                    raise InputError("--output: name the --format before it")
                files[at] = left.pop(0)
    pairs = [(name, None if file == "-" else file) for name, file in zip(formats, files, strict=True)]
    if sum(file is None for _, file in pairs) > 1:
        raise InputError("--format: two formats would be mixed on standard output; give all but one an --output FILE")
    return pairs


@command("rules as_of")
def lock(
    run: Run,
    paths: Annotated[Texts, typer.Argument(metavar="PATHS", help=HELP["lock"]["paths"])] = None,
    verify: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a lock would change.")] = False,
) -> int:
    """Write the lock beside each project file, or compare it; a file that is malformed gets none."""
    from llama_advisor.check.lock import lock_text

    settings = read_settings(Path())
    named = (*settings.rules, *run.rules)
    checker_for(named, run.today)  # wrong rules are told of before a file is
    worst = 0
    for path in files.project_files(tuple(paths or settings.paths)):
        checker, target = checker_for(layers_in(path.parent, named), run.today), files.lock_path(path)
        project = read_project(path, checker.kinds)
        wrong: list[CheckFinding] = [*project.findings]
        pinned: list[tuple[Deployment, Decision]] = []
        for item in project.deployments if not wrong else ():
            decision = decided(item, checker.decider)
            if isinstance(decision, CheckFinding):
                wrong.append(decision)
                break
            pinned.append((item.deployment, decision))
        for found in wrong:
            raise InputError(f"{found.file}:{found.line}:{found.column}: {found.code} {found.text}")
        try:
            files.refuse_link_out(target)
        except InputError as error:
            raise InputError(f"{target}: {error}") from error
        text = lock_text(pinned, checker.base)
        if verify:
            current = target.read_text(encoding="utf-8", errors="replace") if target.is_file() else None
            worst = max(worst, 0 if current == text else 1)
            sys.stdout.write(f"{files.shown_name(target)}: {'current' if current == text else 'out of date'}\n")
        else:
            write(text, str(target))
            sys.stdout.write(f"{files.shown_name(target)}: written\n")
    return worst


@cache
def checker_for(layers: tuple[str, ...], as_of: date) -> Checker:
    """Return the checker for these layers; a process that is forked has those of its parent."""
    return Checker(load_rules(*layers), as_of)


@cache
def layers_in(folder: Path, rules: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers for the project files of a folder; a team's own lies beside them, and is told of once."""
    return layers(str(folder / "any file"), rules)


def _checked(paths: list[Path], rules: tuple[str, ...], as_of: date) -> Iterator[Checked]:
    """Yield what is found in each file, in order; many files are shared among processes."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    tasks = ((path, layers_in(path.parent, rules)) for path in paths)
    check_one = partial(_check_one, as_of)
    if len(paths) < WORTH_WORKERS or workers == 1 or active_count() > 1:  # threads do not outlast a fork whole
        yield from map(check_one, tasks)
        return
    context = get_context("fork" if "fork" in get_all_start_methods() and sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        yield from pool.map(check_one, list(tasks), chunksize=CHUNK)


def _check_one(as_of: date, task: tuple[Path, tuple[str, ...]]) -> Checked:
    path, layers = task
    return checker_for(layers, as_of).check(path)


@command("rules as_of", FLAGS)
def init(
    run: Run,
    said: dict[str, Any],
    file: Annotated[str, typer.Argument(metavar="FILE", help="Project file to write.")] = "llama-advisor.yaml",
    name: Annotated[str, typer.Option(help="Name of the deployment.")] = "main",
    discover: Annotated[bool, typer.Option("--discover", help="Propose what the files of this folder deploy.")] = False,
    exclude: Exclude = None,
    source: Annotated[Texts, typer.Option(metavar="PATTERN", help=HELP["init"]["source"])] = None,
    github: Annotated[bool, typer.Option("--github", help=f"Also write {WORKFLOW_FILE}.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="Also print the job for .gitlab-ci.yml.")] = False,
    pre_commit: Annotated[bool, typer.Option("--pre-commit", help=HELP["init"]["pre_commit"])] = False,
    install: Annotated[str | None, typer.Option(metavar="REQUIREMENT", help=HELP["init"]["install"])] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> int:
    """Write the project file and its schema, then the entries asked for; those alone where it is there already."""
    _discovering(exclude, discover=discover)
    target = Path(file)
    root = files.repository_root(target.parent)
    top = root or target.parent.resolve()
    where = (target.parent.resolve() / target.name).relative_to(top).as_posix()
    entry = partial(server_entry, install=install or requirement(), path="." if target.name in files.NAMES else where)
    workflow, jobs = top / WORKFLOW_FILE, entry("github", branch=default_branch(top))
    stays = target.exists() and (github or gitlab or pre_commit) and not (said or discover or source)
    for path, same in (*(() if stays else ((target, None),)), *(((workflow, jobs),) if github else ())):
        if path.exists() and not force and (same is None or files.file_text(path) != same):
            raise InputError(f"{printable(path)} is there already; --force overwrites it")
    if not stays:
        if discover:
            text = _proposal(target.parent, run, tuple(exclude or ()))
        else:
            text = _from_scenario(said, Advisor(run.base(file), run.today), name, tuple(source or ()))
        if text is None:
            return NOTHING
        schema = target.parent / files.SCHEMA_FILE
        write(to_json(json_schema(Project)) + "\n", str(schema), "")
        write(text, str(target), "")
        sys.stdout.write(f"{files.shown_name(target)}: written\n{files.shown_name(schema)}: written\n")
    if github:
        workflow.parent.mkdir(parents=True, exist_ok=True)
        write(jobs, str(workflow), "")
        lost = "" if root else "; there is no .git at or above it, and GitHub reads it in the root of a repository only"
        sys.stdout.write(f"{files.shown_name(workflow)}: written{lost}\n")
    if (github or gitlab) and WHEEL in jobs:
        sys.stdout.write(f"{WHEEL}: build servers install this; put the wheel there, or name another with --install\n")
    if gitlab:
        sys.stdout.write(f"\n# For .gitlab-ci.yml:\n{entry('gitlab')}")
    if pre_commit:
        sys.stdout.write(f"\n# For .pre-commit-config.yaml:\n{entry('pre-commit')}")
    return 0


def _discovering(exclude: list[str] | None, *, discover: bool) -> None:
    if exclude and not discover:
        raise InputError("--exclude: goes with --discover; a project file has `exclude:` beside `sources:`")


def _proposal(folder: Path, run: Run, exclude: tuple[str, ...]) -> str | None:
    text, told = proposal(folder, checker_for(layers_in(folder, run.rules), run.today), exclude)
    if text is None:
        told.append(f"no file in {printable(folder)} names a model that the rule base holds")
    sys.stderr.writelines(f"llama-advisor: {line}\n" for line in told)
    return text


def _from_scenario(said: dict[str, Any], advisor: Advisor, name: str, sources: tuple[str, ...]) -> str | None:
    """Return a project file; the choice is what the scenario wishes for, else the advice."""
    scenario = validated(nested(said), None, nested(said))
    if not scenario.use_cases and scenario.inputs is None:
        raise InputError("state at least --use-case or --input, or take --discover")
    wished = {wish: getattr(scenario, wish) for wish in reversed(WISHES) if getattr(scenario, wish) is not None}
    advice = advisor.advise(scenario)
    if "model" in wished:
        choice, why = wished, "as given; `llama-advisor check` says what speaks against it"
    elif advice.recommendation is None or advice.changes:
        sys.stderr.write(f"llama-advisor: no model meets these requirements ({advice.verdict}); nothing was written\n")
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
    return project_text([lines], files.SCHEMA_FILE, name, advisor.as_of.year + 1)
