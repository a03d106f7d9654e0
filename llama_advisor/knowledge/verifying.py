"""What `verify` goes by: how outputs of tools are read, what a reading suggests, and measurements that were kept."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from llama_advisor.text.record import Record

_Speed = Literal["decode_tokens_per_s", "prefill_tokens_per_s", "first_token_s", "total_tokens_per_s"]
Measure = Literal[_Speed, "weights_gib", "device_weights_gib", "total_gib", "kv_cache_tokens"]
_Length = Literal["concurrent_requests", "context_tokens", "prompt_tokens", "output_tokens"]
_Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=1, le=10**9)]


class Figure(Record):
    """Where a format has one figure; of several for one figure the first that is there counts."""

    figure: Annotated[Literal[Measure, _Length, "model", "engine_version", "parameters"], "The figure."]
    read: Annotated[str, "Key, name of a metric, or pattern whose first group it is."]
    over: Annotated[str, "What it is divided by."] = ""
    factor: Annotated[float, "What it is multiplied by."] = 1.0
    invert: Annotated[bool, "Whether it is one over what is read."] = False
    zero: Annotated[tuple[str, ...], "It counts only where these are 0 or not there."] = ()


class ReadFormat(Record):
    """The output of a tool."""

    id: Annotated[str, "Format id."]
    name: Annotated[str, "What prints it."]
    engine: Annotated[str, "Engine that it is always of; empty where it may be any."] = ""
    form: Annotated[Literal["json", "metrics", "text"], "How it is read."]
    figures: Annotated[tuple[Figure, ...], "What stands in it.", Field(min_length=1)]
    sources: Annotated[tuple[str, ...], "Source ids."] = ()

    def check(self) -> None:
        """Raise ValueError for a pattern that cannot be read, or has no group to take."""
        for figure in self.figures if self.form == "text" else ():
            try:
                groups = re.compile(figure.read).groups
            except re.error as error:
                raise ValueError(f"pattern {figure.read!r}: {error}") from error
            if not groups:
                raise ValueError(f"pattern {figure.read!r} has no group")


class Suggestion(Record):
    """What to look at where a figure lies on one side of its range."""

    figure: Annotated[Measure, "The figure."]
    side: Annotated[Literal["worse", "better"], "The side, as the user sees it."]
    say: Annotated[str, "What it suggests."]


class Verifying(Record):
    """Formats, suggestions, and how far a kept measurement is trusted."""

    formats: Annotated[tuple[ReadFormat, ...], "Outputs that are read, tried in this order."]
    suggestions: Annotated[tuple[Suggestion, ...], "What a figure off its range suggests."]
    weights_apart: Annotated[float, "Factor beyond which weights are those of another build.", Field(ge=1)]
    weights_slack: Annotated[float, "Factor within which weights are as predicted.", Field(ge=1)]
    parameters_apart: Annotated[float, "Share by which a count of parameters may differ from the model's."]
    kept_spread: Annotated[float, "Factor by which a kept measurement may be off, both ways.", Field(ge=1)]
    kept_apart: Annotated[float, "Share of a predicted change of speed that stays uncertain.", Field(ge=0, lt=1)]
    unverified: Annotated[tuple[str, ...], "Formats whose whole output was not read in a source."] = ()


class Measurement(Record):
    """What a team measured of one build; it corrects what is predicted of that build."""

    id: Annotated[str, "Id of the entry."]
    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    device: Annotated[str, "Device id."]
    count: Annotated[_Count, "Devices over which one copy lies."] = 1
    engine_version: Annotated[str, "Version of the engine, as it was told."] = ""
    context_tokens: Annotated[_Count, "Tokens allocated per sequence."]
    prompt_tokens: Annotated[int, "Tokens of the prompt.", Field(ge=0, le=10**9)]
    output_tokens: Annotated[_Count, "Tokens of the answer."]
    concurrent_requests: Annotated[_Count, "Requests at work on one copy."] = 1
    decode_tokens_per_s: Annotated[_Positive | None, "Tokens generated per second and user."] = None
    prefill_tokens_per_s: Annotated[_Positive | None, "Prompt tokens read per second."] = None
    first_token_s: Annotated[_Positive | None, "Seconds to the first token."] = None
    total_gib: Annotated[_Positive | None, "Memory in all, GiB."] = None
    measured: Annotated[date, "Day."]
    note: Annotated[str, "What measured it."] = ""
