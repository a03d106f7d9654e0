"""One build in; its memory, fit, speed and cost out. Pure, and the same arithmetic as `recommend`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario import names
from llama_advisor.sizing.build_choice import Option, named_build, objections, options
from llama_advisor.sizing.cost import self_hosted_cost
from llama_advisor.sizing.estimate_workload import assume, context_objections, workload_of
from llama_advisor.sizing.figures import MachineUsed, machine_name
from llama_advisor.sizing.kv_cache import BYTES_PER_VALUE
from llama_advisor.sizing.layouts import Layout, Sizes, machine_parts
from llama_advisor.sizing.limits import largest_concurrency, largest_context
from llama_advisor.sizing.memory import measure, memory
from llama_advisor.sizing.placement import place
from llama_advisor.sizing.request import Estimate, Limits
from llama_advisor.sizing.rounding import rounded_cost, rounded_memory, rounded_speed, rounded_training
from llama_advisor.sizing.support import HOSTED
from llama_advisor.text.errors import InputError, nearest

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.scenario.scenario import Assumption
    from llama_advisor.scenario.workload import Workload
    from llama_advisor.sizing.figures import Cost, Memory, Training
    from llama_advisor.sizing.placement import Parallel
    from llama_advisor.sizing.request import EstimateRequest

KEPT = 4096
MOST_TUNING_TOKENS = 4096
PLAIN_CACHE = "f16"
LAYOUTS = {"tensor": "each layer is divided over the {} devices", "layer": "whole layers lie on each of the {} devices"}


class Named(NamedTuple):
    """The machine as a request names it: what its reading depends on, and nothing else."""

    hardware: str | None
    gpus: int | None
    nodes: int | None
    memory_gb: float | None
    bandwidth_gb_s: float | None
    accelerator: str | None


class Placed(NamedTuple):
    """A build laid out, or only sized where no machine was given."""

    option: Option
    layout: Layout | None
    memory: Memory


class Sizer:
    """Sizes builds for one rule base; keeps what recurs between requests, within bounds."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self.sizes = Sizes(base)
        self._models = lru_cache(KEPT)(self._read_model)
        self._machines = lru_cache(KEPT)(self._read_machine)
        self._options = lru_cache(KEPT)(self._read_options)
        self._quantizations = lru_cache(KEPT)(self._read_quantizations)
        self._layouts = lru_cache(KEPT)(self._read_layouts)

    def estimate(self, request: EstimateRequest) -> Estimate:
        """Size one build; raise InputError for what cannot be read."""
        model, named = self._models(request.model)
        where = Named(*(getattr(request, field) for field in Named._fields))
        machine = self._machines(where)
        workload, assumed = workload_of(request, self.base.constants.assumed_load, model)
        cache = _cache_type(request.kv_cache_type)
        choices = self._options(model.id, request.quantization or named, request.engine, where)
        placed = self._first_that_fits(choices, model, where, workload, cache)
        option = placed.option
        speed = None
        if placed.layout is not None:
            speed = placed.layout.speed(workload, placed.memory)
        return Estimate(
            id=request.id,
            model=model.id,
            quantization=option.quantization.id,
            engine=option.engine.id,
            machine=_machine_used(placed.layout),
            context_tokens=workload.context_tokens,
            assumptions=(
                *_chosen(request, named, placed),
                *_against(placed, model, machine, workload, cache),
                *assumed,
            ),
            memory=rounded_memory(placed.memory),
            speed=speed and rounded_speed(speed),
            cost=self._cost(request, machine),
            training=self._training(request, model, machine, workload),
        )

    def limits(self, request: EstimateRequest, estimate: Estimate) -> Limits:
        """Return the largest context and concurrency of an estimated build that fit, up to the model's context."""
        model, _ = self._models(request.model)
        where = Named(*(getattr(request, field) for field in Named._fields))
        workload, _ = workload_of(request, self.base.constants.assumed_load, model)
        cache = _cache_type(request.kv_cache_type)
        option = self._options(model.id, estimate.quantization, estimate.engine, where)[0]

        def size(load: Workload) -> Memory:
            return self._placed(option, model, where, load, cache).memory

        return Limits(
            max_context_tokens=largest_context(size, workload, model.context_tokens),
            max_concurrency=largest_concurrency(size, workload),
        )

    def _read_model(self, name: str) -> tuple[Model, str | None]:
        model = self.base.models[names.model_id(name, self.base)]
        return model, named_build(name, model)

    def _read_machine(self, where: Named) -> Machine | None:
        """Read the machine; a count beside the text must not contradict the text's own."""
        said = {"device": where.hardware, "memory_gb": where.memory_gb, "bandwidth_gb_s": where.bandwidth_gb_s}
        if all(value is None for value in said.values()):
            return None
        catalogue = catalogue_of(self.base)
        machine = read_hardware(said, catalogue)
        added = {
            key: value
            for key, value, read in (("count", where.gpus, machine.count), ("nodes", where.nodes, machine.nodes))
            if value is not None and value != read
        }
        machine = read_hardware(said | added, catalogue) if added else machine
        return _on_processor(machine, self.base) if where.accelerator == "cpu" else machine

    def _read_options(
        self, model: str, quantization: str | None, engine: str | None, where: Named
    ) -> tuple[Option, ...]:
        base, machine = self.base, self._machines(where)
        known = names.engine_id(engine, base) if engine else None
        if known == HOSTED:
            raise InputError("engine: a hosted service sizes itself; name the engine that you would run")
        wanted = self._quantizations(quantization) if quantization else ()
        return options(base.models[model], machine.device if machine else None, base, wanted, known)

    def _read_quantizations(self, name: str) -> tuple[str, ...]:
        return names.quantization_ids(name, self.base)

    def _read_layouts(
        self, model_id: str, quantization_id: str, engine_id: str, where: Named, cache: str, images: int
    ) -> tuple[Layout, ...]:
        """Return the layouts: all devices first, then ever fewer."""
        model, quantization = self.base.models[model_id], self.base.quantizations[quantization_id]
        machine, engine = self._machines(where), self.base.engines[engine_id]
        assert machine is not None
        whole = machine if engine.multi_node else machine._replace(nodes=1)
        architecture = model.architecture
        ways: list[Parallel] = ["tensor"] if engine.tensor_parallel else []
        ways += ["layer"] if engine.layer_split else []
        spread = [(whole, 1, way) for way in ways if whole.devices > 1 and place(architecture, whole, way).possible]
        main = spread[0][2] if spread else "none"
        fewer = [part for part in reversed(machine_parts(engine, machine, architecture)) if part[2] in {main, "none"}]
        possible = [part for part in (*spread[:1], *fewer) if place(architecture, part[0], part[2]).possible]
        offload = engine.offload and machine.ram_gib is not None and not machine.device.unified_memory
        build, seen = (model, quantization, engine), images > 0
        return tuple(Layout(self.sizes, build, part, cache, offload=offload, with_image=seen) for part in possible)

    def _first_that_fits(
        self, choices: tuple[Option, ...], model: Model, where: Named, workload: Workload, cache: str
    ) -> Placed:
        """Return the first build that fits, else the smallest of ordinary precision, the only one if one was asked."""
        tried = []
        for option in choices:
            placed = self._placed(option, model, where, workload, cache)
            if placed.memory.fits is not False:
                return placed
            tried.append(placed)
        least = self.base.criteria.comfortable_bits
        ordinary = [placed for placed in tried if placed.option.quantization.bits >= least]
        return min(ordinary or tried, key=lambda placed: placed.memory.total_gib)

    def _placed(self, option: Option, model: Model, where: Named, workload: Workload, cache: str) -> Placed:
        """Lay one build over all devices, over fewer only where that alone fits."""
        quantization, engine = option.quantization, option.engine
        if self._machines(where) is None:
            terms = self.sizes.memory_terms(model, quantization, engine, None, cache)
            return Placed(option, None, memory(terms, measure(terms, workload)))
        first: Placed | None = None
        images = workload.images_per_prompt
        for layout in self._layouts(model.id, quantization.id, engine.id, where, cache, min(images, 1)):
            placed = Placed(option, layout, layout.memory(workload))
            if placed.memory.fits is not False:
                return placed
            first = first or placed
        assert first is not None
        return first

    def _cost(self, request: EstimateRequest, machine: Machine | None) -> Cost | None:
        offer = request.offer or (machine.offer if machine else None)
        if offer is None or machine is None:
            return None
        if offer not in self.base.rentals:
            raise InputError(f"offer: unknown price {offer!r}{nearest(offer, self.base.rentals)}")
        cost = self_hosted_cost(self.base.rentals[offer], machine, request.tokens_per_month)
        return cost and rounded_cost(cost)

    def _training(
        self, request: EstimateRequest, model: Model, machine: Machine | None, workload: Workload
    ) -> tuple[Training, ...] | None:
        methods = [method for method in request.fine_tuning if method != "none"]
        tokens = min(workload.context_tokens, MOST_TUNING_TOKENS)
        made = (self.sizes.training(model, method, machine, tokens) for method in methods)
        return tuple(rounded_training(item) for item in made) or None


def estimate(request: EstimateRequest, base: RuleBase) -> Estimate:
    """Size one build by the rule base; raise InputError for what cannot be read."""
    return Sizer(base).estimate(request)


def _on_processor(machine: Machine, base: RuleBase) -> Machine:
    """Return the processor and memory around the accelerator, where they are known."""
    if machine.device.kind in {"cpu", "sbc", "phone"}:
        return machine
    ram = machine.ram_gib or (machine.device.memory_gib if machine.device.unified_memory else None)
    if ram is None:
        raise InputError(f'accelerator: the host memory of "{machine.label}" is not stated; add it, as in "+ 32GB RAM"')
    host = read_hardware({"ram_gb": ram}, catalogue_of(base), "server")
    return host._replace(label=f"processor of {machine.label}")


def _cache_type(said: str | None) -> str:
    folded = (said or PLAIN_CACHE).strip().lower()
    folded = {"fp16": "f16", "auto": "f16", "int8": "q8_0"}.get(folded, folded)
    if folded not in BYTES_PER_VALUE:
        raise InputError(f"kv_cache_type: unknown type {folded!r}{nearest(folded, BYTES_PER_VALUE)}")
    return folded


def _chosen(request: EstimateRequest, named: str | None, placed: Placed) -> list[Assumption]:
    """Say which quantization, engine and layout were taken, and why."""
    option, layout, found = placed.option, placed.layout, []
    if request.quantization is None and named is None:
        why = "the one that the engine takes as published"
        if layout is not None and placed.memory.fits is not None:
            why = "the most precise that fits" if placed.memory.fits else "the smallest of ordinary precision"
        found.append(assume("quantization", option.quantization.id, why))
    elif request.quantization is None:
        found.append(assume("quantization", option.quantization.id, "what the model's name stands for"))
    if request.engine is None:
        found.append(assume("engine", option.engine.id, "the best trodden that runs the build"))
    if layout is not None and layout.parallel in LAYOUTS:
        found.append(assume("hardware", layout.parallel, LAYOUTS[layout.parallel].format(layout.machine.devices)))
    return found


def _against(placed: Placed, model: Model, machine: Machine | None, workload: Workload, cache: str) -> list[Assumption]:
    """Say what the reading of the machine took for granted, and what stands against the build."""
    option, layout = placed.option, placed.layout
    found = [assume("hardware", machine.label, text) for text in machine.assumptions] if machine else []
    if layout is not None and machine is not None and layout.machine.devices < machine.devices:
        used = f"one copy takes {layout.machine.devices} of {machine.devices} devices"
        found.append(assume("hardware", layout.replicas, f"{used}; {layout.replicas} copies share the requests"))
    against = objections(option, model, machine.device if machine else None)
    found += [assume("engine", option.engine.id, text) for text in against]
    if cache not in option.engine.kv_cache_types and cache not in {PLAIN_CACHE, "bf16"}:
        found.append(assume("kv_cache_type", cache, f"{option.engine.name} is not known to offer it"))
    found += context_objections(model, option.quantization, workload.context_tokens)
    return found


def _machine_used(layout: Layout | None) -> MachineUsed | None:
    if layout is None:
        return None
    machine = layout.machine
    name = machine_name(machine.device.name, machine.count, machine.nodes)
    return MachineUsed(
        device=machine.device.id, name=name, count=machine.count, nodes=machine.nodes, replicas=layout.replicas
    )
