"""The one way to size a build: `recommend` and `estimate` both come through here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from llama_advisor.hardware import Catalogue, read_hardware
from llama_advisor.sizing.figures import Range
from llama_advisor.sizing.memory import estimate_memory
from llama_advisor.sizing.overhead import carries_adapters
from llama_advisor.sizing.placement import tensor_parallel_divides
from llama_advisor.sizing.speed import estimate_speed
from llama_advisor.sizing.support import Support, quantization_entry, support
from llama_advisor.sizing.training import training_memory
from llama_advisor.sizing.weights import read_bytes_per_token, weights_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine, StandIn
    from llama_advisor.knowledge.model import Architecture, Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.workload import Workload
    from llama_advisor.sizing.figures import Memory, Speed, Training
    from llama_advisor.sizing.placement import Parallel


Part = tuple["Machine", int, "Parallel"]
Layout = tuple["Machine", int, "Parallel", str, bool]
Kept = TypeVar("Kept")
MOST_KEPT = 20_000
"""Sizes kept between scenarios; when there are more, all are forgotten."""


@dataclass(frozen=True)
class Plan:
    """How a build is laid out on the part of the machine it takes."""

    machine: Machine
    replicas: int
    parallel: Parallel
    kv_cache_type: str
    offload: bool
    memory: Memory


class Estimator:
    """Sizes builds, keeping what does not change between them."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self._made: dict[tuple[Any, ...], tuple[Machine | None, Any]] = {}
        self.adapters = cache(lambda model, quantization: carries_adapters(base.models[model], quantization))
        self.weights = cache(self._weights)
        self.read = cache(self._read)

    def _weights(self, model: str, quantization: str) -> int:
        base = self.base
        return weights_bytes(base.models[model], base.quantizations[quantization], base.block_types)

    def _read(self, model: str, quantization: str, *, with_image: bool) -> int:
        base = self.base
        return read_bytes_per_token(
            base.models[model], base.quantizations[quantization], base.block_types, with_image=with_image
        )

    def memory(
        self,
        model: Model,
        quantization: Quantization,
        engine: Engine,
        machine: Machine | None,
        workload: Workload,
        kv_cache_type: str,
        parallel: Parallel = "none",
        *,
        offload: bool = False,
    ) -> Memory:
        """Size the memory of one layout."""
        weights = self.weights(model.id, quantization.id)
        return estimate_memory(
            weights,
            model,
            self.base.constants.memory,
            engine.id,
            machine,
            workload,
            kv_cache_type,
            parallel=parallel,
            offload=offload,
            adapters=self.adapters(model.id, quantization.id),
        )

    def options(
        self, engines: tuple[Engine, ...], model: Model, quantization: Quantization, machine: Machine, target: str
    ) -> list[tuple[Support, Engine]]:
        """Return the engines with how each takes the model on the machine, the best trodden that does first."""

        def look_up() -> list[tuple[Support, Engine]]:
            found = [(support(engine, model, quantization, machine.device, target), engine) for engine in engines]
            return sorted(found, key=lambda option: (option[0].reasons_against, -option[1].maturity, option[1].id))

        names = tuple(engine.id for engine in engines)
        return self._kept(("options", names, model.id, quantization.id, id(machine), target), machine, look_up)

    def laid_out(
        self, model: Model, quantization: Quantization, engine: Engine, machine: Machine, workload: Workload
    ) -> tuple[tuple[Plan, Speed | None], ...]:
        """Return the plans with their speed, which is not predicted for what does not fit."""

        def size() -> tuple[tuple[Plan, Speed | None], ...]:
            plans = self.plans(model, quantization, engine, machine, workload)
            return tuple(
                (plan, None if plan.memory.fits is False else self.speed(model, quantization, engine, plan, workload))
                for plan in plans
            )

        return self._kept(("plans", engine.id, model.id, quantization.id, id(machine), workload), machine, size)

    def _kept(self, key: tuple[Any, ...], machine: Machine | None, make: Callable[[], Kept]) -> Kept:
        """Return what was made for this key before; the entry holds the machine, so that its identity stays its own."""
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            found = self._made[key] = machine, make()
        kept: Kept = found[1]
        return kept

    def plans(
        self, model: Model, quantization: Quantization, engine: Engine, machine: Machine, workload: Workload
    ) -> list[Plan]:
        """Lay the build out: every part of one node that holds it with a 16-bit cache, else the first that fits.

        The ladder: 16-bit cache, other cache types, more nodes, layers in host memory. Where nothing fits, the
        layout that falls short by the least stands for the build.
        """
        tried: list[Plan] = []
        parts = self._kept(
            ("parts", engine.id, model.id, id(machine)),
            machine,
            lambda: layouts(engine, machine, model.architecture),
        )
        for group in parts:
            made = [self.plan(model, quantization, engine, workload, layout) for layout in group]
            if fitting := [plan for plan in made if plan.memory.fits]:
                return fitting
            if unknown := [plan for plan in made if plan.memory.fits is None]:
                return unknown[-1:]
            tried.extend(made)
        return [min(tried, key=lambda plan: _shortfall(plan.memory))]

    def plan(
        self, model: Model, quantization: Quantization, engine: Engine, workload: Workload, layout: Layout
    ) -> Plan:
        """Size one layout; of several copies, the share of the load that each carries."""
        part, replicas, parallel, kv_cache_type, offload = layout
        shared = per_replica(workload, replicas)
        memory = self.memory(model, quantization, engine, part, shared, kv_cache_type, parallel, offload=offload)
        return Plan(part, replicas, parallel, kv_cache_type, offload, memory)

    def speed(
        self, model: Model, quantization: Quantization, engine: Engine, plan: Plan, workload: Workload
    ) -> Speed | None:
        """Predict the speed of one layout, per user of one replica."""
        shared = per_replica(workload, plan.replicas)
        total = plan.memory.total_gib
        speed = estimate_speed(
            self.read(model.id, quantization.id, with_image=workload.images_per_prompt > 0),
            quantization.bits,
            model,
            self.base.constants.speed,
            engine.id,
            plan.machine,
            shared,
            plan.kv_cache_type,
            parallel=plan.parallel,
            offloaded_share=plan.memory.offloaded_gib / total if total else 0.0,
            compute=quantization.compute,
        )
        if speed is None:
            return None
        entry = quantization_entry(engine, quantization)
        factor = entry.decode_factor if entry else 1.0
        if factor == 1 and plan.replicas == 1:
            return speed
        return speed.model_copy(
            update={
                "decode_tokens_per_s": _times(speed.decode_tokens_per_s, factor),
                "total_tokens_per_s": _times(speed.total_tokens_per_s, factor * plan.replicas),
            }
        )

    def stand_in_speed(self, model: Model, service: Engine, workload: Workload, catalogue: Catalogue) -> Speed | None:
        """Predict a hosted model's speed as on the service's stand-in machine, one request at a time, widened."""
        alone = workload.model_copy(update={"concurrent_requests": 1})
        key = ("stand-in", service.id, model.id, alone)
        return self._kept(key, None, lambda: self._stand_in_speed(model, service, alone, catalogue))

    def _stand_in_speed(self, model: Model, service: Engine, alone: Workload, catalogue: Catalogue) -> Speed | None:
        stand_in = service.stand_in
        if stand_in is None:
            return None
        engine, quantization = self.base.engines[stand_in.engine], self.base.quantizations[stand_in.quantization]
        machine = read_hardware(stand_in.hardware, catalogue, "server")
        plan = self.plans(model, quantization, engine, machine, alone)[-1]
        speed = self.speed(model, quantization, engine, plan, alone)
        return speed and _widened(speed, stand_in)

    def training(self, model: Model, method: str, machine: Machine | None, sequence_tokens: int) -> Training:
        """Size tuning by the ordinary recipe of a method."""

        def size() -> Training:
            recipe = next(item for item in self.base.recipes.values() if item.method == method and item.ordinary)
            return training_memory(model, machine, recipe, sequence_tokens)

        return self._kept(("training", model.id, method, id(machine), sequence_tokens), machine, size)


def _shortfall(memory: Memory) -> float:
    part = memory.per_device
    return part.need_gib / part.available_gib if part.available_gib else float("inf")


def _widened(speed: Speed, stand_in: StandIn) -> Speed:
    """Widen every range; the basis says that the figures are a stand-in's."""
    ranges = {
        name: Range(low=figures.low / stand_in.widen, mid=figures.mid, high=figures.high * stand_in.widen)
        for name, figures in speed
        if isinstance(figures, Range)
    }
    basis = f"the provider publishes none; as on {stand_in.hardware}"
    return speed.model_copy(update={**ranges, "basis": basis})


def _times(figures: Range, factor: float) -> Range:
    return Range(low=figures.low * factor, mid=figures.mid * factor, high=figures.high * factor)


@lru_cache(maxsize=256)
def per_replica(workload: Workload, replicas: int) -> Workload:
    """Return the share of the load that one of several copies carries."""
    if replicas == 1:
        return workload
    return workload.model_copy(update={"concurrent_requests": -(-workload.concurrent_requests // replicas)})


def layouts(engine: Engine, machine: Machine, architecture: Architecture) -> list[list[Layout]]:
    """Group the layouts (part, replicas, parallel, cache type, offload), the preferred group first."""
    parts = machine_parts(engine, machine, architecture)
    inside = [item for item in parts if item[0].nodes == 1]
    across = [item for item in parts if item[0].nodes > 1]
    groups = [[(*item, kv, False) for item in inside] for kv in engine.kv_cache_types]
    groups += [[(*item, kv, False)] for kv in engine.kv_cache_types for item in across]
    if engine.offload and machine.ram_gib is not None and not machine.device.unified_memory:
        groups.append([(*inside[-1], engine.kv_cache_types[0], True)])
    return groups


def machine_parts(engine: Engine, machine: Machine, architecture: Architecture) -> list[Part]:
    """One device, then two, four … and all devices of a node, then all nodes; by layers where heads do not divide."""
    split: Parallel | None = "tensor" if engine.tensor_parallel else "layer" if engine.layer_split else None
    total = machine.devices
    found: list[Part] = [(machine.model_copy(update={"count": 1, "nodes": 1}), total, "none")]
    if split is None:
        return found
    counts = sorted({2**power for power in range(1, 11) if 2**power < machine.count} | {machine.count})
    for count in counts:
        if count > 1:
            part = machine.model_copy(update={"count": count, "nodes": 1})
            found.append((part, total // count, split))
    divides = tensor_parallel_divides(architecture, machine.count)
    if engine.tensor_parallel and engine.layer_split and not divides:
        inside = machine.model_copy(update={"nodes": 1})
        found.append((inside, total // machine.count, "layer"))
    if engine.multi_node:
        found.extend(
            (machine.model_copy(update={"nodes": nodes}), machine.nodes // nodes, split)
            for nodes in sorted({2**power for power in range(1, 8) if 2**power < machine.nodes} | {machine.nodes})
            if nodes > 1
        )
    return found
