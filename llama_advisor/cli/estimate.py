"""estimate: one build or a batch in, its memory, fit, speed and cost out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_core import to_json as compact_json

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import Jobs, Run, command, named
from llama_advisor.engine.rules import load_rules
from llama_advisor.render.formats import asked_for
from llama_advisor.scenario.flags import flags_of, nested
from llama_advisor.scenario.read import on_this_computer
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import By, Estimate, EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import by_flag, problem

if TYPE_CHECKING:
    from llama_advisor.cli.batch import Answer

FLAGS = tuple(flag for flag in flags_of(EstimateRequest) if flag.field not in {"id", "model"})
FLAG_OF = {flag.field: flag.flag for flag in FLAGS}


@command("format_ output rules as_of", FLAGS)
def estimate(
    run: Run,
    said: dict[str, Any],
    model: Annotated[str | None, named("MODEL", "Any name of the model.", "models")] = None,
    batch: Annotated[str | None, typer.Option("--batch", metavar="FILE.jsonl", help=HELP["estimate"]["batch"])] = None,
    jobs: Jobs = None,
    by: Annotated[By | None, typer.Option("--by", help="Size it at one value of this after another.")] = None,
    max_context: Annotated[bool, typer.Option("--max-context", help="Find the longest context that fits.")] = False,
    max_concurrency: Annotated[bool, typer.Option("--max-concurrency", help=HELP["estimate"]["most"])] = False,
) -> int:
    """Size one build, one at several values, or each of a batch; exit code 1 where none fits."""
    fields = said | ({"model": model} if model else {})
    fields |= nested({"tuning": fields["tuning"]}) if "tuning" in fields else {}
    with_limits = max_context or max_concurrency
    if by is not None and (batch is not None or with_limits):
        raise InputError(f"--by {by}: leave {'--batch' if batch is not None else '--max-context and the like'} out")
    if batch is not None:
        from llama_advisor.cli.batch import stream

        return stream(batch, jobs or 1, line_answer, run.rules, fields, with_limits)
    if jobs is not None:
        raise InputError("--jobs goes with --batch")
    sizer = Sizer(run.base())
    if model is None:
        raise InputError("estimate: name a model, or a file with --batch")
    asked, made, code = _sized(fields, FLAG_OF, sizer, with_limits=with_limits or not run.in_json)
    if by is not None:
        from llama_advisor.render.table import Varied

        varied = Varied(by, asked, made, sizer)
        code = int(not varied.fits)
        table = {"schema_version": 1, "by": by, "rows": [{"value": row.value, **asked_for(row)} for row in varied.rows]}
        run.show(table, lambda: varied.text(run.view))
    else:

        def text() -> str:
            from llama_advisor.render.estimate import estimate_text

            return estimate_text(made, asked, sizer, run.today, run.view)

        run.show(made, text)
    return code


def _sized(
    fields: dict[str, Any], flags: dict[str, str], sizer: Sizer, *, with_limits: bool
) -> tuple[EstimateRequest, Estimate, int]:
    """Return what was asked, its estimate, and 1 when the build, or a tuning asked for, does not fit, else 0."""
    asked = requested(fields, flags)
    made = sizer.estimate(asked)
    if with_limits:
        made = made._replace(limits=sizer.limits(asked, made))
    tuned = [item.fits for item in made.training or ()]
    if not asked.fine_tuning:  # any method will do where none was named
        tuned = tuned if set(tuned) == {False} else []
    return asked, made, int(False in (made.memory.fits, *tuned))


def requested(fields: dict[str, Any], flags: dict[str, str]) -> EstimateRequest:
    """Check the fields; name the flag of what is wrong."""
    try:
        return EstimateRequest.model_validate(on_this_computer(fields))
    except ValidationError as error:
        raise InputError(by_flag(*problem(error, EstimateRequest), flags)) from error


def line_answer(rules: tuple[str, ...], fields: dict[str, Any], with_limits: bool) -> Answer:  # noqa: FBT001
    """Return what estimates a line of a batch; fields that it states outweigh the flags."""
    sizer = Sizer(load_rules(*rules))

    def answer(line: dict[str, Any]) -> tuple[int, str]:
        _, made, code = _sized(fields | line, {}, sizer, with_limits=with_limits)
        return code, compact_json(asked_for(made)).decode()

    return answer
