"""Ways to lay a build out on a machine, each sized for a load; `recommend` and `estimate` both come through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from math import inf
from typing import Any, TypeVar

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Architecture, Model
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.scenario.scenario import Tuning, Workload
from llama_advisor.sizing.figures import Speed, Training
from llama_advisor.sizing.measured import by_build, corrected
from llama_advisor.sizing.memory import (
    Measured,
    MemoryTerms,
    Parallel,
    Placement,
    carries_adapters,
    fit,
    measure,
    memory,
    memory_terms,
    place,
    room,
)
from llama_advisor.sizing.speed import SpeedTerms, speed, speed_terms
from llama_advisor.sizing.support import made_here, published_file
from llama_advisor.sizing.training import trainer_of, training_memory
from llama_advisor.sizing.weights import read_bytes_per_token, weights_bytes

Kept = TypeVar("Kept")
BuildParts = tuple[Model, Quantization, Engine]
Part = tuple[Machine, int, Parallel]
Sized = tuple["Layout", Measured]
OTHER = "other "
"""Before a quantization: a file of it by another than the model's maker, who published one of another size."""
MOST_KEPT = 20_000  # Layouts kept between scenarios; when there are more, all are forgotten.


class Layout:
    """One copy of a build on a part of a machine; its terms are settled when it is first sized."""

    def __init__(
        self, sizes: Sizes, build: BuildParts, part: Part, kv_cache_type: str, *, offload: bool, with_image: bool
    ) -> None:
        self.part = id(part[0]), *part[1:]
        self.machine, self.replicas, self.parallel = part
        self.kv_cache_type, self.offload = kv_cache_type, offload
        self._sizes, self._build, self._with_image = sizes, build, with_image
        self.most_busy_share = sizes.base.constants.speed.most_busy_share

    @cached_property
    def placed(self) -> Placement:
        """How one copy lies over its devices; its speed, memory and commands all go by it."""
        return place(self._build[0].architecture, self.machine, self.parallel)

    @cached_property
    def memory_terms(self) -> MemoryTerms:
        """Its memory as far as no load changes it."""
        return self._sizes.memory_terms(
            self._build, self.machine, self.kv_cache_type, self.parallel, offload=self.offload
        )

    @cached_property
    def _speed_terms(self) -> SpeedTerms | None:
        model, quantization, engine = self._build
        entry = engine.by_quantization.get(quantization.id)
        terms = speed_terms(
            self._sizes.read(model, quantization.id, engine, with_image=self._with_image),
            quantization.bits,
            model,
            self._sizes.base.constants.speed,
            engine.id,
            self.machine,
            self.kv_cache_type,
            with_image=self._with_image,
            parallel=self.parallel,
            compute=quantization.compute,
            factor=entry.decode_factor if entry else 1.0,
            replicas=self.replicas,
        )
        base, machine = self._sizes.base, self.machine
        kept = base.kept(by_build).get((model.id, quantization.id, engine.id, machine.device.id, machine.count))
        if terms is None or kept is None or self.offload or machine.nodes > 1 or machine.others:
            return terms
        listed = base.devices[machine.device.id]  # a stated bandwidth makes it another
        return corrected(terms, kept, base) if machine.device.bandwidth_gb_s == listed.bandwidth_gb_s else terms

    @property
    def read_gb(self) -> float | None:
        """GB of weights that each token reads; None where that is not known."""
        return self._speed_terms and self._speed_terms.work.read_bytes / 1e9

    @property
    def measured_here(self) -> bool:
        """Whether the generation of this build was measured here and kept."""
        return bool(self._speed_terms and self._speed_terms.decode_kept)

    @property
    def most_tokens_per_s(self) -> float | None:
        """Tokens per second that reading the weights once for each allows; None where that is not known."""
        terms = None if self.offload else self._speed_terms
        if terms is None:
            return None
        return terms.rates.peak_bytes_s * terms.placed.tensor * terms.placed.pace / terms.work.read_bytes

    def measure(self, load: Workload) -> Measured:
        """Measure one copy, which carries its share of the load."""
        return measure(self.memory_terms, load.shared_by(self.replicas))

    def speed_of(self, load: Workload, at_work: int, measured: Measured) -> Speed | None:
        """Predict the speed per user of one copy at work on so many requests of its share; None where not known."""
        terms, offloaded = self._speed_terms, 0.0
        if terms is None:
            return None
        if self.offload:
            sized = memory(self.memory_terms, measured, load)
            offloaded = sized.offloaded_gib / sized.total_gib
        shared = load.shared_prefix_tokens if self._build[2].prefix_cache else 0
        return speed(terms, load._replace(concurrent_requests=at_work, shared_prefix_tokens=shared), offloaded)


class Groups:
    """The groups of the ladder, the preferred one first; their layouts are made when they are first looked at."""

    def __init__(self, rungs: list[list[tuple[Part, str, bool]]], make: Callable[..., Layout]) -> None:
        self._rungs, self._make = rungs, make
        self._made: list[tuple[Layout, ...]] = []

    def __iter__(self) -> Iterator[tuple[Layout, ...]]:
        for index, rung in enumerate(self._rungs):
            if index == len(self._made):
                self._made.append(tuple(self._make(part, kv, offload=offload) for part, kv, offload in rung))
            yield self._made[index]


class Sizes:
    """Sizes builds of one rule base, keeping what no load changes."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self._made: dict[tuple[Any, ...], tuple[Machine | None, Any]] = {}
        self._bytes: dict[str, dict[str, list[int]]] = base.lasting(_bytes_of)

    def weights(self, model: Model, quantization: str, engine: Engine | None = None) -> int:
        """Return the bytes of all weights in the file that the engine takes."""
        return self._file(model, quantization, engine)[0]

    def read(self, model: Model, quantization: str, engine: Engine | None, *, with_image: bool) -> int:
        """Return the weight bytes read to decode one token."""
        return self._file(model, quantization, engine)[2 if with_image else 1]

    def _file(self, model: Model, quantization: str, engine: Engine | None) -> list[int]:
        """Return what is kept of a file: that of the model's maker, unless the engine takes or makes another."""
        kinds = self._bytes[model.id]
        if engine is None or OTHER + quantization not in kinds:
            return kinds[quantization]
        taken, owned = published_file(model, quantization, engine), {build.hf_repo for build in model.official_builds}
        other = taken.name not in owned if taken else made_here(quantization, engine)
        return kinds[OTHER + quantization if other else quantization]

    def kept(self, key: tuple[Any, ...], machine: Machine | None, make: Callable[[], Kept]) -> Kept:
        """Return what was made for this key before; the entry holds the machine, so that its identity stays its own."""
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            found = self._made[key] = machine, make()
        kept: Kept = found[1]
        return kept

    def memory_terms(
        self, build: BuildParts, machine: Machine | None, kv_cache_type: str, parallel: Parallel, *, offload: bool
    ) -> MemoryTerms:
        """Return the terms of one layout; without a machine, those of a GPU whose memory is not known."""
        model, quantization, engine = build
        return memory_terms(
            self.weights(model, quantization.id, engine),
            model,
            self.base.constants.memory,
            engine.id,
            machine,
            kv_cache_type,
            parallel=parallel,
            offload=offload,
            adapters=carries_adapters(model, quantization.id),
            paged=engine.concurrent_requests == "continuous",
            most_requests=engine.most_requests,
        )

    def groups(
        self, model: Model, quantization: Quantization, engine: Engine, machine: Machine, *, with_image: bool
    ) -> Groups:
        """Return the layouts in the groups of the ladder."""
        build = model, quantization, engine

        def make() -> Groups:
            key = ("rungs", engine.id, model.id, id(machine))
            rungs = self.kept(key, machine, lambda: ladder(engine, machine, model.architecture))
            return Groups(rungs, partial(Layout, self, build, with_image=with_image))

        return self.kept(("groups", engine.id, model.id, quantization.id, id(machine), with_image), machine, make)

    def training(self, model: Model, method: str, machine: Machine | None, tuning: Tuning) -> Training:
        """Size tuning by a method, with the trainer named or the ordinary one of the device."""

        def size() -> Training:
            trainer = trainer_of(tuning, machine, self.base.trainers.values())
            return training_memory(model, machine, trainer, self.base.optimizers, method, tuning)

        return self.kept(("training", model.id, method, id(machine), tuning), machine, size)


def _bytes_of(base: RuleBase) -> dict[str, dict[str, list[int]]]:
    """Weights, and what of them one token reads without and with an image, of every model in every quantization."""
    return {
        model.id: {
            ("" if official else OTHER) + quantization.id: [
                weights_bytes(model, quantization, base.block_types, official=official),
                read_bytes_per_token(model, quantization, base.block_types, official=official),
                read_bytes_per_token(model, quantization, base.block_types, with_image=True, official=official),
            ]
            for quantization in base.quantizations.values()
            for official in (True, *(False for build in model.official_builds if build.quantization == quantization.id))
        }
        for model in base.models.values()
    }


def laid_out(groups: Groups, load: Workload, *, every: bool = False) -> list[Sized]:
    """Measure the layouts of the first group that holds the load: all that fit, or the last whose fit is not known.

    Where requests would wait there, the next group is looked at too, and `every` one on the devices if told. Where
    nothing fits, the layout that falls short by the least stands for the build.
    """
    tried: list[Sized] = []
    held: list[Sized] = []
    for group in groups:
        if held and every and any(layout.offload for layout in group):
            break
        chosen: list[Sized] = []
        unknown = None
        for layout in group:
            measured = layout.measure(load)
            fits = fit(layout.memory_terms, measured)[0]
            if fits:
                chosen.append((layout, measured))
            elif fits is None:
                unknown = layout, measured
            else:
                tried.append((layout, measured))
        if unknown and not chosen:
            chosen.append(unknown)
        held += chosen
        if held and not every and (not chosen or not all(_waits(*item, load) for item in chosen)):
            break
    return held or [min(tried, key=lambda item: item[1].need / item[1].available if item[1].available else inf)]


def _waits(layout: Layout, measured: Measured, load: Workload) -> bool:
    """Return whether requests that are stated find no room; what follows from those arriving is not known yet."""
    mine, terms = load.shared_by(layout.replicas), layout.memory_terms
    # slots in a smaller cache serve no one better than an engine that pages
    return terms.paged and mine.concurrent_requests > room(terms, measured, mine).usual


def ladder(engine: Engine, machine: Machine, architecture: Architecture) -> list[list[tuple[Part, str, bool]]]:
    """Group layouts (part, KV cache, offload): one node at 16 bits, other types, more nodes, layers in host memory."""
    parts = machine_parts(engine, machine, architecture)
    inside = [item for item in parts if item[0].nodes == 1]
    across = [item for item in parts if item[0].nodes > 1]
    types = engine.cache_types(machine.device.architecture)
    groups = [[(item, kv, False) for item in inside] for kv in types]
    groups += [[(item, kv, False)] for kv in types for item in across]
    if engine.offload and machine.ram_gib is not None and not machine.device.unified_memory:
        groups.append([(inside[-1], types[0], True)])
    return groups


def splits(engine: Engine, machine: Machine, architecture: Architecture) -> dict[str, Part]:
    """Return every way to lay a copy over devices, by its name: `1`, `tp2`, `layers2`, `layers` over all."""
    parts = machine_parts(engine, machine, architecture)
    found: dict[str, Part] = {}
    if engine.layer_split:
        parts += [(part, copies, "layer") for part, copies, way in parts if way == "tensor" and part.nodes == 1]
    for part in parts:
        laid = place(architecture, part[0], part[2])
        name = f"tp{laid.tensor}pp{laid.stages}".removesuffix("pp1") if part[2] == "tensor" else f"layers{laid.devices}"
        if laid.possible:
            whole = name == f"layers{machine.devices}" and machine.devices > 1
            found.setdefault("1" if laid.devices == 1 else "layers" if whole else name, part)
    return found


def machine_parts(engine: Engine, machine: Machine, architecture: Architecture) -> list[Part]:
    """One device, then two, four … and all of a node, then all nodes; without stages only as heads divide."""
    split: Parallel | None = "tensor" if engine.tensor_parallel else "layer" if engine.layer_split else None
    one = machine._replace(count=1, nodes=1, others=())
    found: list[Part] = [(one, machine.count * machine.nodes, "none")]
    if split is None or machine.device.alone:
        return found
    machine = machine if split == "layer" else machine._replace(others=())
    counts = sorted({2**power for power in range(1, 11) if 2**power < machine.count} | {machine.count})
    for count in counts:
        part = one._replace(count=count)
        if count > 1 and (engine.layer_split or place(architecture, part, split).stages == 1):
            found.append((part, machine.count // count * machine.nodes, split))
    if machine.others:
        found.append((machine._replace(nodes=1), machine.nodes, "layer"))
    if engine.multi_node:
        found.extend(
            (machine._replace(nodes=nodes), machine.nodes // nodes, split)
            for nodes in sorted({2**power for power in range(1, 8) if 2**power < machine.nodes} | {machine.nodes})
            if nodes > 1
        )
    return found
