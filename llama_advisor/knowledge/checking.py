"""checking.yaml: what `check` goes by, apart from rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from llama_advisor.text.strict import Strict

Setting = Literal["model", "quantization", "context", "parallelism", "nodes"]


class Spelling(Strict):
    """How deployments spell one thing that they set."""

    names: Annotated[tuple[str, ...], "Options, keys, variables and arguments, words joined by dashes."]
    flags: Annotated[tuple[str, ...], "Short options, as they are written."] = ()
    sets: Annotated[Setting, "What they set."]
    total: Annotated[bool, "Whether the number counts all sequences together."] = False


class Runtime(Strict):
    """Names of images and packages whose version is a version of the engine."""

    engine: Annotated[str, "Engine id."]
    names: Annotated[tuple[str, ...], "Images and packages."] = Field(min_length=1)


class Checking(Strict):
    """Margins, ages and spellings."""

    better_margin: Annotated[float, "Points by which a clearly better build leads."] = Field(gt=0)
    price_days: Annotated[int, "Age from which a price is old."] = Field(ge=1)
    source_days: Annotated[int, "Age from which a source is old."] = Field(ge=1)
    settings: Annotated[tuple[Spelling, ...], "How deployments spell what they set."]
    runtimes: Annotated[tuple[Runtime, ...], "How they name the engine and its version."]
