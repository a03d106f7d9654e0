"""One build in; its memory, fit, speed and cost out. Pure, and the same arithmetic as `recommend`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from llama_advisor.hardware import catalogue_of, on_accelerator, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.knowledge.judgement import Defaults
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.scenario.need import SECONDS_PER_MONTH, rate
from llama_advisor.scenario.scenario import Assumption, Scenario, Workload
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.capacity import first, served
from llama_advisor.sizing.cost import self_hosted_cost
from llama_advisor.sizing.figures import Cost, Memory, machine_used
from llama_advisor.sizing.layouts import Layout, Sizes, machine_parts, splits
from llama_advisor.sizing.memory import BYTES_PER_VALUE, Measured, measure, memory, room, widest
from llama_advisor.sizing.request import Estimate, EstimateRequest, Limits
from llama_advisor.sizing.support import Option, objections, official_build, options
from llama_advisor.text.errors import InputError, nearest

KEPT = 4096
NAMED = {"concurrent_requests": "concurrency"}
_LOAD = """
    use_cases hardware context_tokens prompt_tokens output_tokens shared_prefix_tokens users requests_per_second
    batch_hours min_tokens_per_s reserved_gib images_per_prompt tokens_per_month
"""
LOAD = tuple(_LOAD.split())
"""What a request may say of the load, in the words of a scenario."""
PLAIN_CACHE = "f16"
BEST_TRODDEN = "the best trodden that runs the build"
machine_named = attrgetter("hardware", "memory_gb", "bandwidth_gb_s", "gpus", "nodes", "accelerator")
"""The machine as a request names it: what its reading depends on, and nothing else."""


class Asked(NamedTuple):
    """A request read against the rule base."""

    model: Model
    build: str | None  # quantization that the model's name stands for
    machine: Machine | None
    load: Workload
    assumed: list[Assumption]
    kv_cache_type: str
    split: str | None

    @property
    def device(self) -> Device | None:
        """The device of the machine."""
        return self.machine.device if self.machine else None


class Placed(NamedTuple):
    """A build laid out, or only sized where no machine was given."""

    option: Option
    layout: Layout | None
    memory: Memory
    measured: Measured


class Sizer:
    """Sizes builds for one rule base; keeps what recurs between requests, within bounds."""

    def __init__(self, base: RuleBase) -> None:
        self.base = base
        self.sizes = Sizes(base)
        self._models = lru_cache(KEPT)(self._read_model)
        self._machines = lru_cache(KEPT)(self._read_machine)

    def estimate(self, request: EstimateRequest) -> Estimate:
        """Size one build; raise InputError for what cannot be read."""
        asked = self.read(request)
        model, machine, load = asked.model, asked.machine, asked.load
        choices = self._options(asked, request.quantization or asked.build, request.engine)
        any_cache = request.quantization is None and request.kv_cache_type is None
        placed = self._first_that_fits(choices, asked, any_cache=any_cache)
        option, layout = placed.option, placed.layout
        done = served(layout, load, placed.measured) if layout else None
        speed = done and done.speed
        volume = request.tokens_per_month
        if volume is None and load.requests_per_second:
            volume = round(load.requests_per_second * (load.prompt_tokens + load.output_tokens) * SECONDS_PER_MONTH)
        cost = self._cost(request, machine, volume)
        if cost and done and done.capacity.machines_needed:
            cost = cost.for_machines(done.capacity.machines_needed)
        usual = self.base.criteria.tuning_order if request.tuning else ()
        methods = [method for method in request.fine_tuning or usual if method != "none"]
        assumed = asked.assumed if methods else []
        tuning = names.tuning_of(request.tuning, request.context_tokens, self.base, assumed)
        return Estimate(
            id=request.id,
            model=model.id,
            quantization=option.quantization.id,
            engine=option.engine.id,
            machine=machine_used(layout.machine, layout.replicas) if layout else None,
            context_tokens=load.context_tokens,
            assumptions=(*_chosen(request, asked, placed), *_against(asked, placed), *asked.assumed),
            memory=(done.memory if done else placed.memory).rounded(3),
            speed=speed and speed.rounded(4),
            capacity=done and done.capacity.rounded(4),
            cost=cost and cost.rounded(month=2),
            training=tuple(self.sizes.training(model, method, machine, tuning).rounded(3) for method in methods)
            or None,
        )

    def limits(self, request: EstimateRequest, estimate: Estimate) -> Limits:
        """Return the largest context and concurrency of an estimated build that fit, up to the model's context."""
        asked = self.read(request)
        option = self._options(asked, estimate.quantization, estimate.engine)[0]
        taken = {item.field: item.value for item in estimate.assumptions}
        asked = asked._replace(kv_cache_type=taken.get("kv_cache_type", asked.kv_cache_type))
        load, placed = asked.load, self._placed(option, asked)
        layout, measured = placed.layout, placed.measured
        full = None if measured.available is None or layout is None else 0
        if placed.memory.fits and layout is not None:
            full = room(layout.memory_terms, measured, load).full * layout.replicas

        def fits(tokens: int) -> bool | None:
            return self._placed(option, asked._replace(load=load._replace(context_tokens=tokens))).memory.fits

        return Limits(max_context_tokens=largest(fits, asked.model.context_tokens), max_concurrency=full)

    def read(self, request: EstimateRequest) -> Asked:
        """Read a request; raise InputError for what cannot be read."""
        model, build = self._models(request.model)
        machine = self._machines(machine_named(request))
        load, assumed = (load_of_work if request.use_cases else workload_of)(request, self.base, model)
        if request.split and machine is None:
            raise InputError("split: state the hardware that it goes over")
        split = request.split and "".join(request.split.lower().split())
        return Asked(model, build, machine, load, assumed, cache_type(request.kv_cache_type), split)

    def _read_model(self, name: str) -> tuple[Model, str | None]:
        model = self.base.models[names.model_id(name, self.base)]
        return model, next(iter(names.named_build(name, model, plain_tags=True)), None)

    def _read_machine(self, named: tuple[Any, ...]) -> Machine | None:
        """Read the machine; a count beside the text must not contradict the text's own."""
        *what, gpus, nodes, accelerator = named
        if all(value is None for value in what):
            return None
        said = dict(zip(("device", "memory_gb", "bandwidth_gb_s"), what, strict=True))
        catalogue = catalogue_of(self.base)
        machine = read_hardware(said, catalogue)
        read = {"count": (gpus, machine.devices // machine.nodes), "nodes": (nodes, machine.nodes)}
        added = {key: asked for key, (asked, there) in read.items() if asked not in {None, there}}
        machine = read_hardware(said | added, catalogue) if added else machine
        found = on_accelerator(machine, accelerator or "any", catalogue, "server")
        if found is None:
            whole = f'the host memory of "{machine.label}"'
            raise InputError(f'accelerator: {whole} is not stated; add it, as in "+ 32GB RAM"')
        return found

    def _options(self, asked: Asked, quantization: str | None, engine: str | None) -> tuple[Option, ...]:
        base, model, device = self.base, asked.model, asked.device

        def read() -> tuple[Option, ...]:
            known = names.engine_id(engine, base) if engine else None
            if known == HOSTED:
                raise InputError("engine: a hosted service sizes itself; name the engine that you would run")
            wanted = names.quantization_ids(quantization, base) if quantization else ()
            return options(model, device, base, wanted, known)

        made = self.sizes.kept(("options", model.id, quantization, engine, id(device)), asked.machine, read)
        if asked.split is None or asked.machine is None:
            return made
        able = tuple(item for item in made if asked.split in splits(item.engine, asked.machine, model.architecture))
        if not able:
            ways = ", ".join(splits(made[0].engine, asked.machine, model.architecture))
            raise InputError(f"split: {made[0].engine.name} has no {asked.split!r} there; known: {ways}")
        return able

    def _layouts(self, option: Option, asked: Asked, machine: Machine) -> tuple[Layout, ...]:
        """Return the layouts: all devices first, then ever fewer; one alone where it was said."""
        model, engine = asked.model, option.engine
        build = model, option.quantization, engine
        cache, seen = asked.kv_cache_type, asked.load.images_per_prompt > 0

        def make() -> tuple[Layout, ...]:
            parts = machine_parts(engine, machine, model.architecture)[::-1]
            if asked.split:
                parts = [splits(engine, machine, model.architecture)[asked.split]]
            offload = engine.offload and machine.ram_gib is not None and not machine.device.unified_memory
            layouts = (Layout(self.sizes, build, part, cache, offload=offload, with_image=seen) for part in parts)
            return tuple(layout for layout in layouts if layout.placed.possible)

        key = ("layouts", *(part.id for part in build), id(machine), cache, seen, asked.split)
        return self.sizes.kept(key, machine, make)

    def _first_that_fits(self, choices: tuple[Option, ...], asked: Asked, *, any_cache: bool) -> Placed:
        """Return the first build that fits, else the smallest of ordinary precision, the only one if one was asked.

        With `any_cache` a smaller type of KV cache is tried before weights of less than ordinary precision.
        """
        least = self.base.criteria.comfortable_bits
        ordinary = [option for option in choices if option.quantization.bits >= least]
        tries = [(option, asked.kv_cache_type) for option in ordinary]
        if any_cache and asked.machine:
            design = asked.machine.device.architecture
            tries += [(option, cache) for option in ordinary for cache in option.engine.cache_types(design)[1:]]
        tries += [(option, asked.kv_cache_type) for option in choices if option not in ordinary]
        tried = []
        for option, cache in tries:
            placed = self._placed(option, asked._replace(kv_cache_type=cache))
            if placed.memory.fits is not False:
                return placed
            tried.append(placed)
        return min(tried[: len(ordinary)] or tried, key=lambda placed: placed.memory.total_gib)

    def _placed(self, option: Option, asked: Asked) -> Placed:
        """Lay one build over all devices, over fewer only where that alone fits."""
        (quantization, engine, _), load = option, asked.load
        if asked.machine is None:
            build = asked.model, quantization, engine
            terms = self.sizes.memory_terms(build, None, asked.kv_cache_type, "none", offload=False)
            measured = measure(terms, load)
            return Placed(option, None, memory(terms, measured, load, load.concurrent_requests), measured)
        least: Placed | None = None
        for layout in self._layouts(option, asked, asked.machine):
            measured = layout.measure(load)
            placed = Placed(option, layout, memory(layout.memory_terms, measured, load), measured)
            if placed.memory.fits is not False:
                return placed
            least = least or placed
        assert least is not None
        return least

    def _cost(self, request: EstimateRequest, machine: Machine | None, volume: int | None) -> Cost | None:
        offer = request.offer or (machine.offer if machine else None)
        if offer is None or machine is None:
            return None
        if offer not in self.base.rentals:
            raise InputError(f"offer: unknown price {offer!r}{nearest(offer, self.base.rentals)}")
        return self_hosted_cost(self.base.rentals[offer], machine, volume)


def load_of_work(request: EstimateRequest, base: RuleBase, model: Model) -> tuple[Workload, list[Assumption]]:
    """Fill in the load of the use cases named as `recommend` does."""
    said = {name: value for name in LOAD if (value := getattr(request, name)) not in {None, 0, ()}}
    said |= {"concurrent_requests": request.concurrency} if request.concurrency else {}
    need = understand(Scenario.model_validate(said), base)
    images = request.images_per_prompt if request.images_per_prompt is not None else need.images_per_prompt
    load = need.workload._replace(images_per_prompt=images if model.architecture.vision else 0)
    told = (item._replace(field=NAMED.get(item.field, item.field)) for item in need.assumptions)
    return load, [item for item in told if item.field in {*LOAD, "concurrency"} - {"hardware", "tokens_per_month"}]


def workload_of(request: EstimateRequest, base: RuleBase, model: Model) -> tuple[Workload, list[Assumption]]:
    """Fill in lengths; prompt and answer share a stated context, and a context too short for both grows."""
    found: list[Assumption] = []
    usual, criteria = base.constants.assumed_load, base.criteria

    def assume(field: str, value: int, why: str) -> None:
        found.append(Assumption(field, value, why))

    context, prompt, output = request.context_tokens, request.prompt_tokens, request.output_tokens
    room = 10**15 if context is None else context
    if prompt is None:
        prompt = max(0, min(usual.prompt_tokens, room - (1 if output is None else output)))
        assume("prompt_tokens", prompt, "a short prompt")
    if output is None:
        output = max(0, min(usual.output_tokens, room - prompt))
        assume("output_tokens", output, "a short answer")
    if context is None:
        context = max(min(usual.context_tokens, model.context_tokens), prompt + output)
        assume("context_tokens", context, "usual for a chat" if context > prompt + output else "prompt and answer")
    elif context < prompt + output:
        assume("context_tokens", prompt + output, f"prompt and answer do not fit into {context:,}")
        context = prompt + output
    arriving = request.requests_per_second or (request.users and request.users / criteria.seconds_between_requests)
    arriving = rate(arriving, request.tokens_per_month, prompt + output, request.batch_hours)
    if request.concurrency is None and arriving is None:
        assume("concurrency", 1, "one request at a time")
    images = request.images_per_prompt
    if model.architecture.vision is None:
        if images:
            assume("images_per_prompt", 0, f"{model.name} reads no images")
        images = 0
    elif images is None:
        assume("images_per_prompt", 0, "a prompt of text alone")
    return Workload(
        context,
        prompt,
        output,
        request.concurrency or 1,
        images or 0,
        min(prompt, request.shared_prefix_tokens or 0),
        arriving,
        in_flight_follows=arriving is not None,
        reserved_gib=request.reserved_gib or 0.0,
        least_tokens_per_s=request.min_tokens_per_s or (0.0 if request.batch_hours else Defaults.usable_tokens_per_s),
    ), found


def largest(fits: Callable[[int], bool | None], most: int) -> int | None:
    """Return the largest number from 0 to `most` that fits, for a `fits` that only falls; None if not known."""
    lowest = fits(1)
    if not lowest:
        return None if lowest is None else 0
    return first(lambda tokens: not fits(tokens), 2, most + 1) - 1


def cache_type(said: str | None) -> str:
    """Return the id of a type of KV cache; raise InputError for one that is not known."""
    folded = (said or PLAIN_CACHE).strip().lower()
    folded = {"fp16": "f16", "auto": "f16", "int8": "q8_0"}.get(folded, folded)
    if folded not in BYTES_PER_VALUE:
        raise InputError(f"kv_cache_type: unknown type {folded!r}{nearest(folded, BYTES_PER_VALUE)}")
    return folded


def _chosen(request: EstimateRequest, asked: Asked, placed: Placed) -> Iterator[Assumption]:
    """Say which quantization, engine and layout were taken, and why."""
    option, layout, fits = placed.option, placed.layout, placed.memory.fits
    if request.quantization is None:
        why = "the one that the engine takes as published"
        if asked.build is not None:
            why = "what the model's name stands for"
        elif layout is not None and fits is not None:
            why = "the most precise that fits" if fits else "the smallest of ordinary precision"
        yield Assumption("quantization", option.quantization.id, why)
    if layout is not None and layout.kv_cache_type != asked.kv_cache_type:
        yield Assumption("kv_cache_type", layout.kv_cache_type, "with 16 bits no build of ordinary precision fits")
    if request.engine is None:
        yield Assumption("engine", option.engine.id, BEST_TRODDEN)
    if layout is not None and layout.machine.devices > 1:
        tensor, stages = layout.placed.tensor, layout.placed.stages
        text = f"whole layers lie on each of the {stages} devices"
        if tensor > 1:
            after = f", in {stages} stages of whole layers" if stages > 1 else ""
            text = f"each layer is divided over {'' if after else 'the '}{tensor} devices{after}"
        yield Assumption("hardware", "tensor" if tensor > 1 else "layer", text)


def _against(asked: Asked, placed: Placed) -> Iterator[Assumption]:
    """Say what the reading of the machine took for granted, and what stands against the build."""
    model, machine, cache, context = asked.model, asked.machine, asked.kv_cache_type, asked.load.context_tokens
    (quantization, engine, _), layout = placed.option, placed.layout
    if machine is not None:
        for text in machine.assumptions:
            yield Assumption("hardware", machine.label, text)
        if layout is not None and layout.machine.devices < machine.devices:
            text = f"one copy takes {layout.machine.devices} of {machine.devices} devices"
            text += f"; {layout.replicas} copies share the requests" * (layout.replicas > 1)
            if layout.machine.devices * layout.replicas < machine.devices:
                text += "; the rest stay unused"
                undivided = widest(model.architecture, machine.count) < machine.count
                text += f": heads do not divide by {machine.count}" * (undivided and engine.tensor_parallel)
            yield Assumption("hardware", layout.replicas, text)
    for text in objections(placed.option, model, asked.device):
        yield Assumption("engine", engine.id, text)
    offered = engine.cache_types(asked.device.architecture) if asked.device else engine.kv_cache_types
    if cache not in offered and cache not in {PLAIN_CACHE, "bf16"}:
        yield Assumption("kv_cache_type", cache, f"{engine.name} is not known to offer it")
    official = official_build(model, quantization)
    limit = (official.context_tokens if official else None) or model.context_tokens
    if context > limit:
        what = f"{quantization.id} builds are" if limit < model.context_tokens else f"{model.name} is"
        yield Assumption("context_tokens", context, f"{what} made for {limit:,} at most; sized all the same")
