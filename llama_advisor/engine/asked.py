"""The build asked about, for itself: whether it fits, by how much, in which forms, and what would let it fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import NamedTuple

from llama_advisor.engine.advice import AskedBuild, Change, Form, RelaxationShown, ShortBuild
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.score import nearness
from llama_advisor.engine.search import Found
from llama_advisor.engine.words import decisive, short, speed_shown
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.estimate import PLAIN_CACHE, largest
from llama_advisor.sizing.figures import DeviceMemory, machine_name
from llama_advisor.sizing.layouts import Groups, Layout, Sizes, ladder, laid_out
from llama_advisor.sizing.memory import kv_bytes_per_token, memory
from llama_advisor.sizing.training import trainer_of
from llama_advisor.text.numbers import number

CLASSES = (12, 7, 3.5, 0)
"""Bits from which on a form is one of about 16, 8, 4 and fewer bits."""
NODES = (2, 3, 4, 6, 8, 12, 16, 24, 32)
MEMORIES_GIB = (4, 6, 8, 12, 16, 18, 24, 32, 36, 48, 64, 96, 128, 192, 256, 512)
LEAST_CONTEXT = 1024
CACHE_SHARE = 0.1
"""Share of the need from which on the KV cache is worth a sentence."""
Room = tuple[DeviceMemory, bool | None]
"""What the fullest device needs and has, and whether that holds."""


class Held(NamedTuple):
    """The build on a machine without the help of host memory."""

    layout: Layout
    room: Room


def asked_candidate(found: Found) -> Candidate | None:
    """Return the build asked about: of the model named or tried, in the form named, else the nearest in bits enough."""
    need = found.need
    builds = found.builds(need.asked_model) if need.asked_model else ()
    usual = [build for build in builds if build.quantization.bits >= need.criteria.comfortable_bits]
    stored = [build for build in builds if build.quantization.id in need.quantizations_asked] or usual or builds
    run = [build for build in stored if build.engine.id in need.engines_asked] or stored
    return min(run, key=_nearest, default=None)


def _nearest(build: Candidate) -> tuple[object, ...]:
    return (1, *nearness(build)) if build.failures else (0, -build.score)


def asked(found: Found, build: Candidate, sizes: Sizes) -> AskedBuild:
    """Tell of the build asked about."""
    inquiry = Inquiry(found, build, sizes)
    need, room = found.need, inquiry.room
    available = room and room[0].available_gib
    named = {"model": True, "quantization": need.quantizations_asked, "engine": need.engine}
    return AskedBuild(
        build=short(build),
        stated=(*(name for name, said in named.items() if said), *("hardware",) * need.hardware_stated),
        fits=room and room[1],
        by_gib=round(available - room[0].need_gib, 2) if room and available is not None else None,
        qualifies=not build.failures,
        forms=inquiry.forms,
        would_fit=inquiry.ways,
        memory=build.memory and build.memory.rounded(2),
        speed=None if build.training else speed_shown(build),
        cost=build.cost and build.cost.rounded(month=4),
        text=(*inquiry.sentences(), *inquiry.further()),
    )


def next_larger(found: Found, pick: Candidate | None, mine: Candidate | None, sizes: Sizes) -> str | None:
    """Say what would hold the next larger model, where memory rules it out and it was not asked about itself."""
    if pick is None or not found.need.hardware_stated or found.need.wants_tuning:
        return None
    out = sorted(found.excluded, key=lambda build: build.model.parameters)
    larger = (build for build in out if build.model.parameters > pick.model.parameters)
    build = next((build for build in larger if build.model.inputs == pick.model.inputs), None)
    if (
        build is None
        or build.memory is None
        or build.memory.fits is not False
        or (mine and mine.model is not pick.model)
    ):
        return None
    form = next(
        (
            form
            for form in reversed(Inquiry(found, build, sizes, found.need.criteria.next_larger_by).forms)
            if form.machine
        ),
        None,
    )
    if form is None:
        return None
    return f"{build.model.name} as {form.quantization} would fit {_where(form.machine)}"


class Inquiry:
    """What is found out about the build asked about."""

    def __init__(self, found: Found, build: Candidate, sizes: Sizes, by: float = inf) -> None:
        self.found, self.build, self.sizes, self.need = found, build, sizes, found.need
        self.by = by  # How many times larger a machine may be that is looked for.
        self.machine = build.place.machine
        training = build.training
        self.held = None if training else self._held(build, self.machine, self.need.workload)
        self.room: Room | None = (training.per_device, training.fits) if training else self.held and self.held.room
        self.forms = tuple(self._tunings() if training else self._storings())
        self.ways = tuple(self._ways()) if self.room and self.room[1] is False else ()

    def _held(self, build: Candidate, machine: Machine | None, load: Workload) -> Held | None:
        """Lay a build out on the devices of a machine alone."""
        if machine is None or build.layout is None:
            return None
        if build.memory and not build.layout.offload and (machine, load) == (build.place.machine, build.need.workload):
            return Held(build.layout, (build.memory.per_device, build.memory.fits))
        parts = build.model, build.quantization, build.engine
        rungs = ladder(build.engine, machine, build.model.architecture)
        alone = [group for rung in rungs if (group := [item for item in rung if not item[2]])]
        make = partial(Layout, self.sizes, parts, with_image=load.images_per_prompt > 0)
        layout, measured = laid_out(Groups(alone, make), load)[0]
        sized = memory(layout.memory_terms, measured, load)
        return Held(layout, (sized.per_device, sized.fits))

    def _storings(self) -> Iterator[Form]:
        """Yield the build itself, the best of each number of bits, the finest that fits, the pick; most bits first."""
        mine, chosen = self.build, {self.build.quantization.id: self.build}
        sized = [build for build in self.found.builds(mine.model.id) if build.layout and self._here(build)]
        for most, least in zip((99, *CLASSES), CLASSES, strict=False):
            here = [build for build in sized if least <= build.quantization.bits < most]
            if here and mine not in here and least >= CLASSES[-2]:  # fewer bits only where they were asked about
                best = min(here, key=lambda build: (not build.memory or build.memory.fits is False, *_nearest(build)))
                chosen[best.quantization.id] = best
        fitting = [
            item for item in sized if (held := self._held(item, self.machine, self.need.workload)) and held.room[1]
        ]
        if (pick := next(iter(self.found.order), None)) and pick.model is mine.model and pick in sized:
            chosen.setdefault(pick.quantization.id, pick)
        if fitting:
            finest = min(fitting, key=lambda item: (-item.quantization.bits, *_nearest(item)))
            chosen.setdefault(finest.quantization.id, finest)
        for build in sorted(chosen.values(), key=lambda build: -build.quantization.bits):
            if held := self._held(build, build.place.machine, self.need.workload):
                yield self._form(build, held.room, None, held.layout.kv_cache_type)

    def _here(self, build: Candidate) -> bool:
        """Whether a build stands on the machine that the answer about it speaks of, where that was not stated."""
        return self.need.hardware_stated or build.place.machine == self.machine

    def _tunings(self) -> Iterator[Form]:
        """Yield the methods of tuning, the one that takes most first."""
        model, tuning = self.build.model, self.need.tuning
        made = [self.sizes.training(model, method, self.machine, tuning) for method in self.need.criteria.tuning_order]
        for training in sorted(made, key=lambda training: -training.total_gib):
            yield self._form(self.build, (training.per_device, training.fits), training.method, None)

    def _form(self, build: Candidate, room: Room, method: str | None, cache: str | None) -> Form:
        speed, (part, fits) = build.speed, room
        stored = build.quantization
        if method:
            stored = next((q for q in self.found.plan.base.quantizations.values() if method in q.tunes), stored)
        return Form(
            quantization=stored.id,
            method=method,
            engine=build.engine.id,
            weights_gib=round(self.sizes.weights(build.model, stored.id, build.engine) / 2**30, 1),
            need_gib=round(part.need_gib, 1),
            available_gib=part.available_gib and round(part.available_gib, 1),
            fits=fits,
            kv_cache_type=cache,
            tokens_per_s=float(f"{speed.decode_tokens_per_s.mid:.3g}") if speed and not method else None,
            machine=self._larger(lambda machine: self._fits(build, machine, method))
            if fits is False and (method or (build.place.support and build.place.support.runs_on_machine))
            else None,
        )

    def _fits(self, build: Candidate, machine: Machine, method: str | None) -> bool:
        if method:
            return self.sizes.training(build.model, method, machine, self.need.tuning).fits is True
        held = self._held(build, machine, self.need.workload)
        return held is not None and held.room[1] is True

    def _larger(self, fits: Callable[[Machine], bool]) -> str | None:
        """Return the smallest machine of this kind of device that holds it: more of them, or with more memory."""
        machine, most = self.machine, self.by
        if machine is None or machine.others:
            return None
        device = machine.device
        if device.unified_memory or device.alone or device.kind in {"phone", "cpu"}:
            held = device.memory_gib or machine.ram_gib or 0.0
            sizes = (size for size in MEMORIES_GIB if held < size <= held * most and fits(_with_memory(machine, size)))
            return next((f"{size} GB of memory" for size in sizes), None)
        if self.need.target in self.need.criteria.one_device_targets:
            return None
        criteria = self.need.criteria
        racked = device.vendor == "generic" and self.need.target in criteria.fleet_targets
        kind = "datacentre-gpu" if racked else device.kind  # what a card is that was not named
        counts = criteria.devices_built.get(kind, ())
        tried = [machine._replace(count=count, nodes=1) for count in counts if count > machine.devices]
        if kind in criteria.joined_kinds:
            tried += [machine._replace(count=max(counts), nodes=nodes) for nodes in NODES if nodes > machine.nodes]
        within = (larger for larger in tried if larger.devices <= machine.devices * most)
        fitting = next((larger for larger in within if fits(larger)), None)
        return machine_name(device.name, fitting.count, fitting.nodes) if fitting else None

    def _ways(self) -> Iterator[RelaxationShown]:
        """Yield the changes that let it fit, each alone: shorter sequences or samples, another form, more hardware."""
        build, load, training, itself = self.build, self.need.workload, self.build.training, short(self.build)
        named = training.method if training else build.quantization.id
        mine = next(form for form in self.forms if named in {form.method, form.quantization})
        if training and training.largest_sample_tokens:
            yield _way("tuning.sample_tokens", training.sample_tokens, training.largest_sample_tokens, itself)
        elif not training:

            def fits(tokens: int) -> bool | None:
                held = self._held(build, self.machine, load._replace(context_tokens=tokens))
                return held.room[1] if held else None

            if tokens := (largest(fits, load.context_tokens) or 0) // LEAST_CONTEXT * LEAST_CONTEXT:
                yield _way("context_tokens", load.context_tokens, tokens, itself)
        if other := next((form for form in self.forms if form.fits), None):
            then = itself._replace(quantization=other.quantization, engine=other.engine)
            field = "fine_tuning" if training else "quantization"
            yield _way(field, named, other.method or other.quantization, then)
        if mine.machine and self.machine:
            yield _way("hardware", self.machine.label, mine.machine, itself._replace(machine=mine.machine))

    def sentences(self) -> Iterator[str]:
        """Yield what is to be said of it, the answer first."""
        build, base, machine = self.build, self.found.plan.base, self.machine
        what, offer, training = build.model.name, build.place.offer, build.training
        if offer:
            what += f" at {base.providers[offer.provider].name}"
        else:
            what = f"{training.method} tuning of {what}" if training else f"{what} as {build.quantization.id}"
        if self.room is None or machine is None:
            why = decisive(build, base).text if build.failures else ""
            yield why if build.model.name in why else f"{what}: {why}" if why else f"{what} qualifies"
            if offer and build.place.standing and not build.place.standing.ended:
                host = base.providers[offer.provider].name
                served = f"{host} serves it in {offer.precision}" if offer.precision else None
                yield served or f"in which precision {host} serves it is not known: ask it"
            return
        part, fits = self.room
        there, need = part.available_gib, f"{part.need_gib:.1f} GiB{self._each}"
        where = machine_name(machine.device.name, machine.count, machine.nodes, machine.others)
        weights = self.sizes.weights(build.model, build.quantization.id, build.engine) / 2**30
        kind = self.held.layout.kv_cache_type if self.held else PLAIN_CACHE
        stored = f", its KV cache in {kind}" if kind != PLAIN_CACHE else ""
        if fits is None or there is None:
            yield f"{what} needs {need}; the memory of {where} is not known"
        elif fits:
            yield f"{what} fits {where}: up to {part.need_gib:.1f} of {there:.1f} GiB{self._each}{stored}"
        else:
            alone = "" if build.training else f"; the weights alone are {weights:.1f} GiB"
            yield f"{what} does not fit {where}: up to {need} needed{stored}, {there:.1f} there{alone}"
        sized, speed = build.memory, build.speed
        if sized and sized.offloaded_gib and speed:
            pace = speed.decode_tokens_per_s.mid
            split = f"{sized.offloaded_gib:.1f} of {sized.total_gib:.1f} GiB"
            yield f"with {split} in host memory it runs, at about {number(pace)} tokens/s"
        elif build.failures and fits is not False:
            yield decisive(build, base).text
        if self.ways:
            yield f"it would fit {', or '.join(map(self._said, self.ways))}"
        elif fits is False:
            yield "no form, length or number of devices that was tried lets it fit"

    def further(self) -> Iterator[str]:
        """Yield how far it reaches: the longest sequences, the next finer form, what a cache or an optimizer keeps."""
        build, fits = self.build, self.room[1] if self.room else None
        if build.training:
            yield from self._optimizers() if "full" in self.need.fine_tuning else ()
            return
        if fits and self.need.hardware_stated:
            yield from self._limits()
        sized = build.memory
        if sized and (fits is False or sized.kv_cache_gib > CACHE_SHARE * sized.total_gib):
            cache, context = kv_bytes_per_token(build.model.architecture) / 2**30, self.need.context_tokens
            each = f"each 1,000 tokens of a sequence take {cache * 1000:.2f} GiB of 16-bit KV cache"
            yield f"{each}, {context:,} take {cache * context:.1f}, beside {sized.weights_gib:.1f} GiB of weights"

    def _limits(self) -> Iterator[str]:
        """Yield how long its sequences may be, and what the next finer form takes, where these do not fit."""
        build, load, machine = self.build, self.need.workload, self.machine

        def held(tokens: int) -> Held | None:
            return self._held(build, machine, load._replace(context_tokens=tokens))

        def fits(tokens: int, *, plainly: bool) -> bool | None:
            found = held(tokens)
            return found and found.room[1] and not (plainly and found.layout.kv_cache_type != PLAIN_CACHE)

        most = build.lookup("build.context_tokens") or build.model.context_tokens
        plain, longest = (largest(partial(fits, plainly=plainly), most) or 0 for plainly in (True, False))
        if plain < most and (found := held(longest)):
            rounded = f"{plain // LEAST_CONTEXT * LEAST_CONTEXT:,}"
            longer = f"{longest if longest == most else longest // LEAST_CONTEXT * LEAST_CONTEXT:,}"
            kind = found.layout.kv_cache_type
            more = f", {longer} with a {kind} KV cache" if longest > plain else ""
            yield f"with a 16-bit KV cache a context of up to {rounded} tokens fits{more}"
        same = (item for item in self.found.builds(build.model.id) if item.engine is build.engine and item.layout)
        finer = [item for item in same if item.quantization.bits > build.quantization.bits]
        if finer and (item := min(finer, key=lambda item: item.quantization.bits)):
            found = self._held(item, item.place.machine, load)
            if found and found.room[1] is False:
                paged = machine and machine.device.unified_memory
                yield (
                    f"as {item.quantization.id}, the next finer, it needs {found.room[0].need_gib:.1f} GiB{self._each}"
                    f" and does not fit{'; if it loads, storage is read for every token' if paged else ''}"
                )

    def _optimizers(self) -> Iterator[str]:
        """Yield between what full tuning takes, by what its optimizer keeps."""
        known, tuning, machine = self.sizes.base.optimizers, self.need.tuning, self.machine
        trainer = trainer_of(tuning, machine, self.sizes.base.trainers.values())
        most = max((known[name] for name in trainer.optimizers), key=lambda optimizer: optimizer.state_bytes)
        told = []
        for optimizer in (known[trainer.full.optimizer], most):
            with_it = tuning.model_copy(update={"optimizer": optimizer.id})
            taken = self.sizes.training(self.build.model, "full", machine, with_it)
            told.append(f"{taken.total_gib:,.0f} GiB with {optimizer.name}")
        yield f"full tuning takes in all {', '.join(told)}"

    @property
    def _each(self) -> str:
        return " on each device" if self.machine and self.machine.devices > 1 else ""

    def _said(self, way: RelaxationShown) -> str:
        (change,) = way.changes
        if change.field in {"context_tokens", "tuning.sample_tokens"}:
            return f"with {'a context' if change.field == 'context_tokens' else 'samples'} of {change.to:,} tokens"
        if change.field == "hardware":
            return _where(change.to)
        form = next(form for form in self.forms if change.to in {form.method, form.quantization})
        return f"{'by' if form.method else 'as'} {change.to} ({form.need_gib:.1f} GiB{self._each})"


def _with_memory(machine: Machine, gib: float) -> Machine:
    """The machine with so much memory: of its device, or of its host where that holds the weights."""
    if machine.device.memory_gib is None:
        return machine._replace(ram_gib=gib)
    return machine._replace(device=machine.device._replace(memory_gib=gib))


def _where(machine: str | None) -> str:
    """Say what holds a build: so much memory, or devices, with what joining nodes costs."""
    said = machine or ""
    if said.endswith("memory"):
        return f"in {said}"
    return f"on {said}{', at the latency of the network between them' if ' nodes of ' in said else ''}"


def _way(field: str, before: object, after: object, then: ShortBuild) -> RelaxationShown:
    return RelaxationShown(changes=(Change(field=field, from_=before, to=after),), then=then, why="")
