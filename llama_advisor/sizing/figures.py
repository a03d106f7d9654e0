"""What sizing returns: memory with its parts, speed as ranges, cost, training memory; each can be rounded to read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import Field

from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.text.record import Record

Figures = TypeVar("Figures", bound=Any)


def _decimals(figures: Figures, digits: int) -> Figures:
    """Round all figures of a record to so many decimals."""
    floats = {name: value for name, value in figures._asdict().items() if isinstance(value, float)}
    made: Figures = figures._replace(**{name: round(value, digits) for name, value in floats.items()})
    return made


class Range(NamedTuple):
    """A prediction: about 80 % of truths lie between low and high."""

    low: Annotated[float, "Tenth percentile."]
    mid: Annotated[float, "Best guess."]
    high: Annotated[float, "Ninetieth percentile."]

    def rounded(self, digits: int) -> Range:
        """Round to so many significant figures."""
        return Range(*(float(f"{value:.{digits}g}") for value in self))


class DeviceMemory(NamedTuple):
    """The fullest device."""

    need_gib: Annotated[float, "What it must hold, GiB."]
    available_gib: Annotated[float | None, "What it has for the model, GiB; null when not known."]

    def rounded(self, digits: int) -> DeviceMemory:
        """Round to so many decimals."""
        return _decimals(self, digits)


class Memory(NamedTuple):
    """Need against what is there; the need is the upper estimate."""

    weights_gib: Annotated[float, "Weights, GiB."]
    kv_cache_gib: Annotated[float, "KV cache of all sequences, GiB."]
    image_cache_gib: Annotated[float, "Cross-attention cache of all images, GiB."]
    overhead_gib: Annotated[float, "Buffers, contexts and graphs over all devices, GiB."]
    total_gib: Annotated[float, "Sum of the parts, GiB."]
    available_gib: Annotated[float | None, "What all devices have for the model, GiB; null when not known."]
    per_device: Annotated[DeviceMemory, "The fullest device."]
    offloaded_gib: Annotated[float, Field(default=0.0), "Part of the total that lies in host memory, GiB."]
    fits: Annotated[bool | None, "Whether every device holds its part; null when its memory is not known."]

    def rounded(self, digits: int) -> Memory:
        """Round to so many decimals; the total is the sum of the rounded parts."""
        made = _decimals(self, digits)
        return made._replace(total_gib=round(sum(made[:4]), digits), per_device=self.per_device.rounded(digits))


class Speed(NamedTuple):
    """Per user, at the workload's context and concurrency."""

    decode_tokens_per_s: Annotated[Range, "Tokens generated per second and user."]
    prefill_tokens_per_s: Annotated[Range, "Prompt tokens read per second."]
    first_token_s: Annotated[Range, "Seconds to the first token."]
    total_tokens_per_s: Annotated[Range, "Generated tokens per second over all users."]
    basis: Annotated[str, "How much data the prediction rests on."]
    at_full_context_tokens_per_s: Annotated[float, "Generation per user once the whole context is full, best guess."]
    read_tokens: Annotated[int, "Tokens of the prompt that are read for it; those before them are cached."]

    def rounded(self, digits: int) -> Speed:
        """Round to so many significant figures."""
        decode, prefill, first, total = (figures.rounded(digits) for figures in self[:4])
        return Speed(decode, prefill, first, total, self.basis, float(f"{self[5]:.{digits}g}"), self.read_tokens)


class Capacity(NamedTuple):
    """What a placed build serves under the load; rates are null where the device's speed is not known."""

    requests_at_once: Annotated[int, "Typical requests that one machine works on at a time; the rest wait."]
    full_length_at_once: Annotated[int, "The same were each as long as the context."]
    in_flight: Annotated[int, "Requests at work or waiting on one machine under the load."]
    limit: Annotated[int, "Requests that each copy is set to work on at a time."]
    requests_per_s: Annotated[Range | None, "Most requests that one machine finishes per second."]
    tokens_per_s: Annotated[Range | None, "Tokens that one machine then generates per second."]
    busy_share: Annotated[float | None, "Share of that rate which arrives, over all machines; null: not stated."]
    machines_needed: Annotated[int | None, "Machines that what arrives takes; null where speed is not known."]
    machines: Annotated[int, "Machines that are taken."]
    copies: Annotated[int, "Copies of the build on all of them."]
    keeps_up: Annotated[bool | None, "Whether they keep up with what arrives; null inside the range."]

    def rounded(self, digits: int) -> Capacity:
        """Round the rates to so many significant figures."""
        rates, done = self.requests_per_s, self.tokens_per_s
        return self._replace(requests_per_s=rates and rates.rounded(digits), tokens_per_s=done and done.rounded(digits))


class Training(NamedTuple):
    """Memory that tuning takes."""

    method: Annotated[str, "full, lora or qlora."]
    trainer: Annotated[str, "Trainer id."]
    optimizer: Annotated[str, "Trainer, optimizer, and how memory is saved."]
    sample_tokens: Annotated[int, "Tokens of a sample."]
    batch: Annotated[int, "Samples at a time on a device."]
    largest_sample_tokens: Annotated[int | None, "Longest sample that fits; 0 for none, null when not known."]
    not_known: Annotated[tuple[str, ...], "What is not known of this combination."]
    total_gib: Annotated[float, "Over all devices, GiB."]
    activations_gib: Annotated[float, "What a batch takes on one device, GiB."]
    plain_activations_gib: Annotated[float, "The same without checkpoints and with all logits at once, GiB."]
    per_device: Annotated[DeviceMemory, "One device's part."]
    fits: Annotated[bool | None, "Whether every device holds its part."]

    def rounded(self, digits: int) -> Training:
        """Round to so many decimals."""
        return _decimals(self, digits)._replace(per_device=self.per_device.rounded(digits))


class Cost(Record):
    """Money, for machines that are rented and models that are hosted."""

    usd_per_hour: Annotated[float | None, "While it runs; null for hosted models."]
    usd_per_month: Annotated[float, "At the scenario's volume, or running all month."]
    usd_per_million_tokens: Annotated[float | None, "At the scenario's volume."]
    as_of: Annotated[date | None, "Day of the price."]
    offer: Annotated[str, "The price it was computed from."]

    def for_machines(self, machines: int) -> Cost:
        """Price as many machines, for the same tokens."""
        return self._replace(
            usd_per_hour=self.usd_per_hour and self.usd_per_hour * machines,
            usd_per_month=self.usd_per_month * machines,
            usd_per_million_tokens=self.usd_per_million_tokens and self.usd_per_million_tokens * machines,
        )

    def rounded(self, month: int) -> Cost:
        """Round to four decimals, the month to so many."""
        return _decimals(self, 4)._replace(usd_per_month=round(self.usd_per_month, month))


class MachineUsed(Record):
    """The part of a machine that a build takes."""

    device: Annotated[str, "Device id."]
    name: Annotated[str, "How the machine is written."]
    count: Annotated[int, "Devices per node."]
    nodes: Annotated[int, "Nodes."]
    replicas: Annotated[int, "Copies of the build that share the requests."]


def machine_name(device: str, count: int, nodes: int, others: tuple[tuple[Device, int], ...] = ()) -> str:
    """Return `2 nodes of 8x NVIDIA H100` and shorter forms, and cards of other kinds after a plus sign."""
    cards = ((device, count), *((other.name, number) for other, number in others))
    text = " + ".join(name if number == 1 else f"{number}x {name}" for name, number in cards)
    return text if nodes == 1 else f"{nodes} nodes of {text}"


def machine_used(machine: Machine, replicas: int) -> MachineUsed:
    """Return the machine, or the part of it that each of some copies takes."""
    name = machine_name(machine.device.name, machine.count, machine.nodes, machine.others)
    count = machine.devices // machine.nodes
    return MachineUsed(device=machine.device.id, name=name, count=count, nodes=machine.nodes, replicas=replicas)
