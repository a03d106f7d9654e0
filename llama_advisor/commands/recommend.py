"""recommend: one scenario or a batch in, one answer or a stream of answers out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.commands.own_layer import with_own_layer
from llama_advisor.commands.streams import stream, write
from llama_advisor.engine import Advisor
from llama_advisor.errors import InputError
from llama_advisor.flags import nested
from llama_advisor.reading import batch_lines, read_scenario, validated
from llama_advisor.render.json_text import as_json, to_json
from llama_advisor.rulebase import load_rules
from llama_advisor.schema.advice import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from typing import TextIO

    from llama_advisor.schema.advice import Advice

BAD_LINE = 2


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    file: str | None
    batch: str | None
    json: bool
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
        advisor = Advisor(load_rules(*request.rules), request.as_of)
        return stream(request.batch, lambda lines: _answers(lines, advisor, nested(request.said)))
    scenario = read_scenario(request.file, request.said)
    rules = with_own_layer(request.file, request.rules)
    advisor = Advisor(load_rules(*rules), request.as_of)
    if request.why:
        from llama_advisor.explaining import explained

        advice = explained(scenario, advisor)
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
    if request.json:
        return to_json(advice) + "\n"
    from llama_advisor.render.advice_text import advice_text

    colour, width = request.screen
    return advice_text(advice, advisor.base, why=request.why, top=request.top, colour=colour, width=width)


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
        answer = {"id": name} | advice.model_dump(mode="json", by_alias=True)
        yield EXIT_CODES[advice.verdict], as_json(answer, indent=None)
