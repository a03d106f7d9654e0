"""estimate: one build or a batch in, its memory, fit, speed and cost out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import to_json

from llama_advisor.cli.streams import stream, write
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.json_text import as_json
from llama_advisor.scenario.read import batch_lines
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.estimate_flags import FLAG_OF
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import plain
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from typing import TextIO

FITS, FITS_NOT, BAD_LINE = 0, 1, 2
ONLY_WHEN_ASKED = ("training", "limits")


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    model: str | None
    batch: str | None
    json: bool
    limits: bool
    output: str | None
    rules: tuple[str, ...]
    as_of: date
    said: dict[str, Any]
    screen: tuple[bool, int]


def run(request: Request) -> int:
    """Estimate and return the exit code."""
    said = request.said | ({"model": request.model} if request.model else {})
    sizer = Sizer(load_rules(*request.rules))
    if request.batch is not None:
        return stream(request.batch, lambda lines: _answers(lines, said, sizer, limits=request.limits))
    if request.model is None:
        raise InputError("estimate: name a model, or a file with --batch")
    asked = _validated(said, FLAG_OF)
    estimate = sizer.estimate(asked)
    if request.limits or not request.json:
        estimate = estimate._replace(limits=sizer.limits(asked, estimate))
    write(_rendered(estimate, asked, sizer, request), request.output)
    return exit_code(estimate)


def _rendered(estimate: Estimate, asked: EstimateRequest, sizer: Sizer, request: Request) -> str:
    if request.json:
        return as_json(_shown(estimate)) + "\n"
    from llama_advisor.render.estimate_text import estimate_text

    colour, width = request.screen
    return estimate_text(estimate, asked, sizer.base, request.as_of, colour=colour, width=width)


def exit_code(estimate: Estimate) -> int:
    """Return 1 when the build, or a tuning that was asked for, does not fit; else 0."""
    tuned = [item.fits for item in estimate.training or ()]
    return FITS_NOT if False in {estimate.memory.fits, *tuned} else FITS


def _shown(estimate: Estimate) -> dict[str, Any]:
    return {name: value for name, value in plain(estimate).items() if value is not None or name not in ONLY_WHEN_ASKED}


def _validated(data: dict[str, Any], flags: dict[str, str]) -> EstimateRequest:
    try:
        return EstimateRequest.model_validate(data)
    except ValidationError as error:
        loc, what = problem(error, EstimateRequest)
    flag = flags.get(str(loc[0]) if loc else "")
    raise InputError(f"{flag}: {printable(what)}" if flag else printable(what))


def _answers(lines: TextIO, said: dict[str, Any], sizer: Sizer, *, limits: bool) -> Iterator[tuple[int, str]]:
    """Estimate line by line; a bad line yields an error on its line and the rest go on."""
    for number, data in batch_lines(lines):
        if isinstance(data, InputError):
            yield BAD_LINE, as_json({"id": None, "error": str(data)}, indent=None)
            continue
        try:
            asked = _validated(said | data, {})
            estimate = sizer.estimate(asked)
            if limits:
                estimate = estimate._replace(limits=sizer.limits(asked, estimate))
        except InputError as error:
            yield BAD_LINE, as_json({"id": data.get("id"), "error": f"line {number}: {error}"}, indent=None)
            continue
        yield exit_code(estimate), to_json(_shown(estimate)).decode()
