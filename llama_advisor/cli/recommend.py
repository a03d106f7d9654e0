"""recommend: one scenario or a batch in, one answer or a stream of answers out."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import File, Jobs, Run, command, count, named_file
from llama_advisor.engine.advice import EXIT_CODES, Advice
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.formats import ADVICE, asked_for, to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS, nested
from llama_advisor.scenario.read import on_this_computer, read_scenario, validated
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.cli.batch import Answer
    from llama_advisor.explain.why import Report

Printed = Literal["model", "hf", "ollama", "build", "run"]


@command("output rules as_of", (*FLAGS, DEPLOYMENT), ADVICE)
def recommend(
    run: Run,
    said: dict[str, Any],
    file: File = None,
    batch: Annotated[str | None, typer.Option("--batch", metavar="FILE.jsonl", help=HELP["recommend"]["batch"])] = None,
    jobs: Jobs = None,
    format_: str = "text",
    print_: Annotated[Printed | None, typer.Option("--print", help="Print one thing for scripts.")] = None,
    why: Annotated[bool, typer.Option("--why", help=HELP["recommend"]["why"])] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Models shown in the ranking.")] = 5,
    builds: Annotated[int | None, typer.Option("--builds", min=1, help=HELP["recommend"]["builds"])] = None,
) -> int:
    """Answer one scenario, or each of a batch."""
    today, form, said = run.today, ADVICE[format_], on_this_computer(said)
    if batch is not None:
        from llama_advisor.cli.batch import stream

        if file or print_ or run.output:
            raise InputError("--batch goes with flags that hold for every line, not with FILE, --print or --output")
        if form.report:
            raise InputError(f"--batch writes a line of JSON for each answer, not {format_}")
        return stream(batch, jobs or 1, line_answer, run.rules, today, said, builds)
    if jobs is not None:
        raise InputError("--jobs goes with --batch")
    _ = print_ or form.writer()  # where the library of a format is missing, that is told before the work
    scenario = read_scenario(file, said)
    advisor = Advisor(run.base(file), today, builds)
    shown: Advice | Report
    if form.report and not print_:
        from llama_advisor.explain.why import report

        shown = report(scenario, advisor, count, varied=form.varied)
        advice = shown.advice
    elif why:
        from llama_advisor.explain.why import explained

        shown = advice = explained(scenario, advisor).advice
    else:
        shown = advice = advisor.advise(scenario)
    if print_:
        text = printed(advice, print_)
    else:
        more = ("--builds", str(builds)) if builds else ()
        command = run.again(("recommend", *named_file(file)), said, format_, *more)
        text = form.writer()(shown, advisor.base, run.view._replace(why=why, top=top, command=command))
    run.write(text)
    if print_ and not text:
        sys.stderr.write(f"llama-advisor: the answer names no {print_}; --print build shows it\n")
        return max(1, EXIT_CODES[advice.verdict])
    if advice.verdict == "need_input" and format_ != "text":  # which says it itself
        sys.stderr.write(f"llama-advisor: state at least one of: {', '.join(advice.missing)}\n")
    return EXIT_CODES[advice.verdict]


def printed(advice: Advice, what: str) -> str:
    """Return one thing for scripts, a line; nothing where there is nothing to name."""
    build = advice.recommendation
    if build is None:
        return ""
    machine = build.machine.name if build.machine else build.provider
    found = {
        "model": build.model,
        "hf": build.artifact.hf_repo,
        "ollama": build.artifact.ollama_tag,
        "run": "\n".join(command.run for command in build.commands if command.language == "sh"),
        "build": "\t".join((build.model, build.quantization, build.engine, machine or "")),
    }[what]
    return f"{found}\n" if found else ""


def line_answer(rules: tuple[str, ...], today: date, said: dict[str, Any], builds: int | None) -> Answer:
    """Return what answers a line of a batch; fields that it states outweigh the flags."""
    advisor = Advisor(load_rules(*rules), today, builds)
    flags = nested(said)

    def answer(line: dict[str, Any]) -> tuple[int, str]:
        name = line.pop("id", None)
        advice = advisor.advise(validated(on_this_computer(flags | line), None, {}))
        return EXIT_CODES[advice.verdict], to_json({"id": name} | asked_for(advice), indent=None)

    return answer
