"""Which builds are judged: models × quantizations × engines × machines, pruned by static facts."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from llama_advisor.hardware import Catalogue, on_accelerator, read_hardware
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.scenario.defaults import spelled
from llama_advisor.scenario.need import Need
from llama_advisor.text.errors import InputError


def models(need: Need, base: RuleBase) -> tuple[Model, ...]:
    """Ranked models; base models only for tuning or when named, companions when named."""
    wants_base = need.wants_tuning or "fine-tuning-base" in need.use_cases
    named = {need.model, *need.only_models}
    kinds = {"instruct", "base"} if wants_base else {"instruct"}
    usual = (model for model in base.models.values() if model.role != "reference")
    return tuple(model for model in usual if model.kind in kinds or model.id in named)


def named_alone(need: Need, base: RuleBase) -> frozenset[str]:
    """Return the model and quantizations asked for that are candidates for no other reason."""
    model = need.model if need.model and base.models[need.model].kind != "instruct" else None
    seldom = frozenset(name for name in need.quantizations_wished if not base.quantizations[name].ladder)
    return seldom | {model} if model else seldom


def machines(need: Need, base: RuleBase, catalogue: Catalogue) -> tuple[Machine, ...]:
    """The machines given (a list means one of these), else those assumed for the target, with the prices of rent."""
    given = need.scenario.hardware
    if given is None:
        listed = enumerate(base.reference.reference.get(need.target) or ())
        read = (
            read_hardware(item.hardware, catalogue, need.target)._replace(
                offer=None if need.bought else item.offer, owned=False, step=step
            )
            for step, item in listed
        )
        return tuple(wanted_part(machine, need, catalogue) for machine in read)
    several = given if isinstance(given, tuple) else (given,)
    found = tuple(read_hardware(spelled(item), catalogue, need.target) for item in several)
    if not found:
        raise InputError("hardware: the list is empty")
    known = (with_memory(machine, need, base) for machine in found)
    return tuple(with_host_memory(wanted_part(machine, need, catalogue), base) for machine in known)


def with_memory(machine: Machine, need: Need, base: RuleBase) -> Machine:
    """Assume the memory of a GPU that nobody named, and say so."""
    device = machine.device
    if device.memory_gib is not None or machine.ram_gib is not None or device.kind == "cpu":
        return machine
    gib = base.criteria.assumed_device_memory_gib[need.target]
    said = f"memory was not stated; {gib:g} GiB for a device on a {need.target} assumed"
    known = device._replace(memory_gib=gib)
    return machine._replace(device=known, memory_assumed=True, assumptions=(*machine.assumptions, said))


def with_host_memory(machine: Machine, base: RuleBase) -> Machine:
    """Assume host memory beside a GPU where none was stated, and say so."""
    device = machine.device
    if machine.ram_gib is not None or device.unified_memory or device.memory_gib is None:
        return machine
    ram = base.criteria.assumed_host_ram_gib
    said = f"host memory was not stated; {ram:g} GiB beside the {device.name} assumed"
    return machine._replace(ram_gib=ram, ram_assumed=True, assumptions=(*machine.assumptions, said))


def wanted_part(machine: Machine, need: Need, catalogue: Catalogue) -> Machine:
    """Where it must run on the processor or NPU, the machine is that part; all of it where that is not known.

    A page reaches the graphics inside a processor: a share of the memory, and no more than a page is listed with.
    """
    if need.target == "browser" and machine.device.kind in {"cpu", "sbc"} and need.accelerator != "cpu":
        page, share = read_hardware("browser", catalogue, need.target).device, need.criteria.page_share
        gib = min((machine.device.memory_gib or machine.ram_gib or inf) * share, page.memory_gib or inf)
        said = f"a page is taken to reach integrated graphics, with {gib:g} GiB for it"
        page = page._replace(memory_gib=gib, name=f"WebGPU of {machine.label}")
        return machine._replace(device=page, assumptions=(*machine.assumptions, said))
    target = need.target if need.target != "phone" else "workstation"
    return on_accelerator(machine, need.accelerator, catalogue, target) or machine


def quantizations(model: Model, need: Need, base: RuleBase, engines: Iterable[Engine]) -> tuple[Quantization, ...]:
    """Quantizations some engine loads; seldom used ones only when asked for."""
    loaded = {item.quantization for engine in engines for item in engine.quantizations}
    asked = need.quantizations_wished | need.only_quantizations
    return tuple(
        quantization
        for quantization in base.quantizations.values()
        if quantization.id in loaded
        and (quantization.ladder or quantization.id in asked)
        and (not quantization.official_only or quantization.id in model.published)
    )


def engines(need: Need, base: RuleBase) -> tuple[Engine, ...]:
    """Engines of the lanes considered; the engine asked for alone, while anything qualifies on it."""
    wanted = [engine for engine in base.engines.values() if not need.engines_asked or engine.id in need.engines_asked]
    return tuple(
        engine for engine in wanted if (need.hosted_considered if engine.id == HOSTED else need.self_hosted_considered)
    )
