"""checking.yaml: what `check` goes by, apart from rules."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llama_advisor.text.strict import Strict

Setting = Literal["model", "quantization", "context", "parallelism", "nodes"]


class Spelling(Strict):
    """How deployments spell one thing that they set."""

    names: tuple[str, ...]
    """Options, keys, variables and arguments, words joined by dashes."""
    flags: tuple[str, ...] = ()
    """Short options, as they are written."""
    sets: Setting
    """What they set."""
    total: bool = False
    """Whether the number counts all sequences together."""


class Runtime(Strict):
    """Names of images and packages whose version is a version of the engine."""

    engine: str
    """Engine id."""
    names: tuple[str, ...] = Field(min_length=1)
    """Images and packages."""


class Checking(Strict):
    """Margins, ages and spellings."""

    better_margin: float = Field(gt=0)
    """Points by which a clearly better build leads."""
    price_days: int = Field(ge=1)
    """Age from which a price is old."""
    source_days: int = Field(ge=1)
    """Age from which a source is old."""
    settings: tuple[Spelling, ...]
    """How deployments spell what they set."""
    runtimes: tuple[Runtime, ...]
    """How they name the engine and its version."""
