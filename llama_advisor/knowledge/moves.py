"""How requirements are moved to see where the answer turns."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from llama_advisor.knowledge.device import DeviceKind
from llama_advisor.text.strict import Strict


class NumberMove(Strict):
    """A number that moves from today's value to both ends."""

    field: Annotated[str, "Scenario field."]
    low: Annotated[float, "Smallest value tried."] = Field(gt=0)
    high: Annotated[float, "Largest value tried."] = Field(gt=0)
    unit: Annotated[float, "Step to which a turning point is exact."] = Field(gt=0)
    assumed: Annotated[bool, "Whether it moves where it was only assumed, too."] = False


class ChoiceMove(Strict):
    """A choice whose other values are tried one by one."""

    field: Annotated[str, "Scenario field, `only.` for a hard limit."]
    to: Annotated[tuple[Any, ...], "Values that replace today's."] = ()
    add: Annotated[tuple[str, ...], "Items laid beside those a list has."] = ()
    drop: Annotated[bool, "Whether to take back what was stated: all of it, or each item of a list."] = False
    devices: Annotated[tuple[float, ...], "Factors for the number of devices, for `hardware`."] = ()
    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device that come in numbers."] = ()
    wins_only: Annotated[bool, "Whether it is tried only to make a model win, not to see where the answer turns."] = (
        False
    )
    stated: Annotated[bool, "Whether it moves only where it was stated."] = False

    @model_validator(mode="after")
    def _moves(self) -> ChoiceMove:
        if not (self.to or self.add or self.drop or self.devices):
            raise ValueError("says none of `to`, `add`, `drop`, `devices`")
        return self


class Moves(Strict):
    """moves.yaml: what is moved, and how far."""

    numbers: Annotated[tuple[NumberMove, ...], "Numbers."]
    choices: Annotated[tuple[ChoiceMove, ...], "Choices."]
