"""What a fact is, and the table of all: modules that declare facts fill it when they are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["flag", "number", "text", "set"]
SCENARIO, MODEL, VARIANT, PLACEMENT, BUILD, HOPELESS, LOAD = range(7)
"""When a fact is known; HOPELESS: when no load at all fits; LOAD: only with the numbers of the scenario."""
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
    settles: int  # level at which a plan settles it; LOAD for what hangs on a number of the scenario or the layout


FACTS: dict[str, Fact] = {}
