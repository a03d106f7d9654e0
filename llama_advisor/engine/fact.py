"""What a fact is, and the table of all: modules that declare facts fill it when they are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["flag", "number", "text", "set"]
SCENARIO, MODEL, VARIANT, PLACEMENT, BUILD, HOPELESS, LOAD, OPEN = range(8)
"""When a fact is known; HOPELESS: when no load at all fits; LOAD: only with the numbers of the scenario.

OPEN: with what a plan leaves open, so that not even whether it is there is settled.
"""
LEVELS = ("scenario", "model", "quantization", "placement", "build")


class Fact(NamedTuple):
    """A named figure of the scenario, model, quantization, placement or build."""

    name: str
    kind: Kind
    unit: str
    says: str
    level: int
    compute: Callable[[Any], Any]  # its value for a candidate; None where it is not known
    choices: frozenset[str] | None
    owner: str  # part of a candidate that it is read from; "" where a function reads several
    settles: int  # level at which a plan settles it; LOAD and OPEN for what hangs on the scenario itself or the layout


FACTS: dict[str, Fact] = {}
