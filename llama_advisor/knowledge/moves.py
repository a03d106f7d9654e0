"""How requirements are moved to see where the answer turns."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from llama_advisor.knowledge.device import DeviceKind
from llama_advisor.text.strict import Strict


class NumberMove(Strict):
    """A number that moves from today's value to both ends."""

    field: str
    """Scenario field."""
    low: float = Field(gt=0)
    """Smallest value tried."""
    high: float = Field(gt=0)
    """Largest value tried."""
    unit: float = Field(gt=0)
    """Step to which a turning point is exact."""
    assumed: bool = False
    """Whether it moves where it was only assumed, too."""


class ChoiceMove(Strict):
    """A choice whose other values are tried one by one."""

    field: str
    """Scenario field, `only.` for a hard limit."""
    to: tuple[Any, ...] = ()
    """Values that replace today's."""
    add: tuple[str, ...] = ()
    """Items laid beside those a list has."""
    drop: bool = False
    """Whether to take back what was stated: all of it, or each item of a list."""
    devices: tuple[float, ...] = ()
    """Factors for the number of devices, for `hardware`."""
    kinds: tuple[DeviceKind, ...] = ()
    """Kinds of device that come in numbers."""
    wins_only: bool = False
    """Whether it is tried only to make a model win, not to see where the answer turns."""
    stated: bool = False
    """Whether it moves only where it was stated."""

    @model_validator(mode="after")
    def _moves(self) -> ChoiceMove:
        if not (self.to or self.add or self.drop or self.devices):
            raise ValueError("says none of `to`, `add`, `drop`, `devices`")
        return self


class Moves(Strict):
    """moves.yaml: what is moved, and how far."""

    numbers: tuple[NumberMove, ...]
    """Numbers."""
    choices: tuple[ChoiceMove, ...]
    """Choices."""
