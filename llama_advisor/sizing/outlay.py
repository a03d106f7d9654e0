"""What a machine has and takes beyond serving: all its memory, its rent, and what tuning on it needs."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from llama_advisor.sizing.cost import self_hosted_cost

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.figures import Cost, Training
    from llama_advisor.sizing.layouts import Estimator

LONGEST_SAMPLE = 4096
"""Tokens of the longest sample that tuning is sized for."""


def memory_gib(machine: Machine) -> float:
    """Return the memory of all devices and hosts, GiB; endless where it is not known."""
    memory = machine.device.memory_gib
    if memory is None and machine.ram_gib is None:
        return inf
    return machine.nodes * ((memory or 0.0) * machine.count + (machine.ram_gib or 0.0))


def rent(machine: Machine, need: Need, base: RuleBase) -> Cost | None:
    """Return the price of a rented machine; None where it is owned or has no price."""
    if machine.owned or machine.offer is None:
        return None
    return self_hosted_cost(base.rentals[machine.offer], machine, need.tokens_per_month)


def tuning(model: Model, quantization: Quantization, machine: Machine, need: Need, sizes: Estimator) -> Training | None:
    """Size the first acceptable tuning method that fits; where none does, the one that needs least."""
    if not need.wants_tuning:
        return None
    order = sizes.base.criteria.tuning_order
    possible = set(quantization.tunes) if "tuning" in need.needs else set(order)
    acceptable = possible & set(need.fine_tuning) if need.fine_tuning else possible
    tried = []
    for method in order:
        if method in acceptable:
            training = sizes.training(model, method, machine, min(need.context_tokens, LONGEST_SAMPLE))
            if training.fits is not False:
                return training
            tried.append(training)
    return min(tried, key=lambda training: training.per_device.need_gib, default=None)


def affordable(machine: Machine, need: Need, base: RuleBase) -> bool:
    """Tell whether a machine is within the budget; of one that is not, few builds are needed to say so."""
    paid = rent(machine, need, base)
    return paid is None or need.budget_usd_per_month is None or paid.usd_per_month <= need.budget_usd_per_month
