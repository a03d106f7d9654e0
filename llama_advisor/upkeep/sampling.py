"""Scenarios drawn from the scenario space as rules/sampling.yaml describes it; the same for the same seed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from llama_advisor.knowledge.upkeep_entries import SampledField, Sampling
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_advisor.knowledge.base import RuleBase

FILE = "sampling.yaml"
Item = TypeVar("Item")


class Draws:
    """A stream of draws that depends on its name alone, on every machine and version."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def share(self) -> float:
        """Return the next number in [0, 1)."""
        self.count += 1
        return int.from_bytes(sha256(f"{self.name}:{self.count}".encode()).digest()[:6], "big") / 2**48

    def one(self, items: Sequence[Item]) -> Item:
        """Return one of the items, each as likely."""
        return items[int(self.share() * len(items))]


def drawn(base: RuleBase, seed: int, index: int) -> dict[str, Any]:
    """Return the fields of one scenario; a longer run begins with those of a shorter one."""
    sampling = base.single(FILE, Sampling)
    draws = Draws(f"{seed}/{index}")
    cases = sorted(base.use_cases)
    fields: dict[str, Any] = {"use_cases": [draws.one(cases)]}
    if draws.share() < sampling.second_use_case:
        fields["use_cases"] = sorted({*fields["use_cases"], draws.one(cases)})
    if draws.share() < sampling.named_model:
        fields["model"] = draws.one(sorted(base.models))
    for field in sampling.fields:
        stated, value = draws.share() < field.share, draws.one(field.values)
        if stated and _applies(field, fields):
            _put(fields, field.field, value)
    return fields


def scenario(base: RuleBase, seed: int, index: int) -> Scenario:
    """Return one scenario, checked."""
    return Scenario.model_validate(drawn(base, seed, index))


def _applies(field: SampledField, fields: dict[str, Any]) -> bool:
    return all(fields.get(name) in values for name, values in field.when.items())


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    owner, _, key = name.rpartition(".")
    (fields.setdefault(owner, {}) if owner else fields)[key] = value
