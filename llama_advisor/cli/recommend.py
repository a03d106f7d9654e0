"""recommend: one scenario or a batch in, one answer or a stream of answers out."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.cli.own_layer import with_own_layer
from llama_advisor.cli.streams import stream, write
from llama_advisor.engine.advice import EXIT_CODES
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.json_text import as_json, to_json
from llama_advisor.scenario.flags import DEPLOYMENT, FLAGS, nested, spelled
from llama_advisor.scenario.read import batch_lines, read_scenario, validated
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from typing import TextIO

    from llama_advisor.engine.advice import Advice

BAD_LINE = 2
SAVED_AS = "scenario.yaml"
REPORTS = frozenset({"markdown", "html"})


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    file: str | None
    batch: str | None
    format: str
    only: str | None
    why: bool
    top: int
    output: str | None
    rules: tuple[str, ...]
    as_of: date
    said: dict[str, Any]
    screen: tuple[bool, int]


def run(request: Request) -> int:
    """Answer and return the exit code."""
    if request.batch is not None:
        if request.file or request.only or request.output:
            raise InputError("--batch goes with flags that hold for every line, not with FILE, --print or --output")
        if request.format in REPORTS:
            raise InputError(f"--batch writes a line of JSON for each answer, not {request.format}")
        advisor = Advisor(load_rules(*request.rules), request.as_of)
        return stream(request.batch, lambda lines: _answers(lines, advisor, nested(request.said)))
    if request.format in REPORTS and not request.only:
        return _report(request)
    scenario = read_scenario(request.file, request.said)
    rules = with_own_layer(request.file, request.rules)
    advisor = Advisor(load_rules(*rules), request.as_of)
    if request.why:
        from llama_advisor.explain.why import explained

        advice = explained(scenario, advisor).advice
    else:
        advice = advisor.advise(scenario)
    text = _rendered(advice, advisor, request)
    write(text, request.output)
    if request.only and not text:
        sys.stderr.write(f"llama-advisor: the answer names no {request.only}; --print build shows it\n")
        return max(1, EXIT_CODES[advice.verdict])
    if advice.verdict == "need_input":
        sys.stderr.write(f"llama-advisor: state at least one of: {', '.join(advice.missing)}\n")
    return EXIT_CODES[advice.verdict]


def _rendered(advice: Advice, advisor: Advisor, request: Request) -> str:
    if request.only:
        return printed(advice, request.only)
    if request.format == "json":
        return to_json(advice) + "\n"
    from llama_advisor.render.advice_text import advice_text

    colour, width = request.screen
    return advice_text(advice, advisor.base, why=request.why, top=request.top, colour=colour, width=width)


def _report(request: Request) -> int:
    """Write a decision record or a page, which show every reason."""
    from llama_advisor.cli.progress import count
    from llama_advisor.explain.report import report
    from llama_advisor.render.advice_text import nearest_excuse

    in_html = request.format == "html"
    if in_html:
        from llama_advisor.render.charts import needed_for

        needed_for(request.format)
    scenario = read_scenario(request.file, request.said)
    advisor = Advisor(load_rules(*with_own_layer(request.file, request.rules)), request.as_of)
    made = report(scenario, advisor, nearest_excuse, lambda done, of: count(done, of, "answers"), varied=in_html)
    if in_html:
        from llama_advisor.render.page import report_html as rendered
    else:
        from llama_advisor.render.record import record as rendered
    write(rendered(made, advisor.base, again(request)), request.output)
    return EXIT_CODES[made.advice.verdict]


def again(request: Request) -> str:
    """Return the command that prints the same answer again, on any day."""
    words = ["llama-advisor", "recommend", *([_named(request.file)] if request.file else [])]
    for flag in (*FLAGS, DEPLOYMENT):
        value = request.said.get(flag.field)
        if value is not None:
            words += spelled(flag, value)
    for folder in request.rules:
        words += ["--rules", folder]
    return shlex.join([*words, "--as-of", str(request.as_of), "--format", request.format])


def _named(file: str) -> str:
    """Return a file's name as an argument; what came by standard input is to be saved under a name."""
    return SAVED_AS if file == "-" else f"./{file}" if file.startswith("-") else file


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
        "build": "\t".join((build.model, build.quantization, build.engine, machine or "")),
    }[what]
    return f"{found}\n" if found else ""


def _answers(lines: TextIO, advisor: Advisor, flags: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Answer line by line; a bad line yields an error on its line and the rest go on."""
    for number, data in batch_lines(lines):
        if isinstance(data, InputError):
            yield BAD_LINE, as_json({"id": None, "error": str(data)}, indent=None)
            continue
        name = data.pop("id", None)
        try:
            advice = advisor.advise(validated(flags | data, None, {}))
        except InputError as error:
            yield BAD_LINE, as_json({"id": name, "error": f"line {number}: {error}"}, indent=None)
            continue
        answer = {"id": name} | plain(advice)
        yield EXIT_CODES[advice.verdict], as_json(answer, indent=None)
