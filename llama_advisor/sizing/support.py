"""How an engine takes a model and quantization on a device, by its facts alone; and the builds to try."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Literal, NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Device
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model, OfficialBuild, Published
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.knowledge.quantization import Quantization

OWN_PLACES = ("phone", "browser")  # Devices that are a place of their own; an engine is sized where it is used most.


class Support(NamedTuple):
    """How an engine and a machine take a model and quantization."""

    runs_model: bool
    pinned_version: str | None
    runs_on_machine: bool
    runs_quantization: Literal["native", "weight_only", "no"] | None
    used_where_it_runs: bool

    @property
    def needs_pin(self) -> bool:
        """Whether only an old version runs the model."""
        return self.pinned_version is not None

    @property
    def failures(self) -> int:
        """Number of things that do not work."""
        return (not self.runs_model) + (not self.runs_on_machine) + (self.runs_quantization == "no")

    @property
    def reasons_against(self) -> int:
        """Order of engines where a constraint rules out what is seldom used there, as it does what fails."""
        return 2 * (self.failures + (not self.used_where_it_runs)) + self.needs_pin

    @property
    def drawbacks(self) -> int:
        """Order of engines where nothing is ruled out: what works comes first, however seldom it is used there."""
        return 3 * self.failures + self.needs_pin + (not self.used_where_it_runs)


def support(engine: Engine, model: Model, quantization: Quantization, device: Device | None, target: str) -> Support:
    """Look up one combination; a hosted service (no device) brings its own hardware."""
    found = engine.by_architecture.get(model.architecture.kind)
    large = engine.maximum_parameters_b is not None and model.parameters / 1e9 > engine.maximum_parameters_b
    return Support(
        runs_model=found is not None and not large,
        pinned_version=found.pin or found.until if found and found.until else None,
        runs_on_machine=device is None or runs_on(engine, device),
        runs_quantization=quantization_support(engine, model, quantization, device),
        used_where_it_runs=target in engine.targets,
    )


device_traits = attrgetter("kind", "vendor", "architecture", "compute_capability")
"""What `support` reads of a device."""


def runs_on(engine: Engine, device: Device) -> bool:
    """Return whether the engine runs on the device; an unknown compute capability counts as enough."""
    for item in engine.hardware:
        vendor = not item.vendors or device.vendor in item.vendors or device.vendor == "generic"
        capability = item.minimum_compute_capability
        able = capability is None or device.compute_capability is None or device.compute_capability >= capability
        if device.kind in item.kinds and vendor and able:
            return True
    return False


def quantization_support(
    engine: Engine, model: Model, quantization: Quantization, device: Device | None
) -> Literal["native", "weight_only", "no"] | None:
    """Return how the engine runs the quantization on the device; None where the device's design is not known."""
    entry = engine.by_quantization.get(quantization.id)
    if entry is None or model.architecture.kind in entry.not_for:
        return "no"
    model_support = engine.by_architecture.get(model.architecture.kind)
    if device and model_support and device.architecture in model_support.lacking.get(quantization.id, ()):
        return "no"
    if device is None or not entry.architectures or device.architecture in entry.architectures:
        return "native"
    if device.architecture in entry.weight_only:
        return "weight_only"
    return None if device.vendor == "generic" and quantization.format != "npu" else "no"


def official_build(model: Model, quantization: Quantization) -> OfficialBuild | None:
    """Return the maker's own build of this quantization, if there is one."""
    return next((build for build in model.official_builds if build.quantization == quantization.id), None)


def published_file(model: Model, quantization: str, engine: Engine) -> Published | None:
    """Return the file listed for this quantization that the engine takes best, if it loads any."""
    held = (item for item in model.published.get(quantization, ()) if item.stored_as in engine.loads)
    return min(held, key=lambda item: engine.loads.index(item.stored_as), default=None)


def made_here(quantization: str, engine: Engine) -> bool:
    """Tell whether the engine makes it of the original weights."""
    entry = engine.by_quantization.get(quantization)
    return entry is not None and (entry.from_original or bool(engine.made_with))


class Option(NamedTuple):
    """A quantization on an engine, and how the engine takes it."""

    quantization: Quantization
    engine: Engine
    support: Support


def options(
    model: Model, device: Device | None, base: RuleBase, wanted: tuple[str, ...], engine: str | None
) -> tuple[Option, ...]:
    """Return builds in the order in which they are tried, each on the best engine; one alone of those `wanted`.

    Without any the ladder goes from the most bits to the fewest, prepared formats of more mature engines first.
    """
    free = (item for item in base.engines.values() if item.id != HOSTED and (wanted or at_home(item, device)))
    engines = [base.engines[engine]] if engine else [*free]
    ladder = (
        item
        for item in base.quantizations.values()
        if item.ladder and item.format != HOSTED and not (item.official_only and official_build(model, item) is None)
    )
    own = device.kind if device is not None and device.kind in OWN_PLACES else None
    made = []
    for stored in [base.quantizations[name] for name in wanted] or ladder:
        taken = [Option(stored, it, support(it, model, stored, device, own or it.targets[0])) for it in engines]
        made.append(min(taken, key=lambda one: (one.support.drawbacks, -one.engine.maturity, one.engine.id)))
    if wanted:
        return (min(made, key=lambda option: option.support.drawbacks),)
    least = min(option.support.failures for option in made)
    return tuple(sorted((option for option in made if option.support.failures == least), key=_rung))


def at_home(engine: Engine, device: Device | None) -> bool:
    """Return whether the engine is used where the device stands, as one for browsers alone is in a browser only."""
    return not set(engine.targets) <= {*OWN_PLACES} or (device is not None and device.kind in engine.targets)


def _rung(option: Option) -> tuple[int, int, bool, int, int, str]:
    quantization, engine, taken = option
    native = taken.runs_quantization == "native"
    return taken.drawbacks, -quantization.bits, not native, -engine.maturity, -quantization.maturity, quantization.id


def objections(option: Option, model: Model, device: Device | None) -> Iterator[str]:
    """Yield what stands against a build that is sized all the same, a sentence each."""
    quantization, engine, taken = option
    if quantization.official_only and official_build(model, quantization) is None:
        yield f"no {quantization.id} build of {model.name} is published; sized all the same"
    if not taken.runs_model:
        yield f"no release of {engine.name} is known to run {model.name}; sized all the same"
    elif taken.pinned_version:
        yield f"only an old release runs {model.name}: {taken.pinned_version}"
    if device is not None and not taken.runs_on_machine:
        yield f"{engine.name} is not known to run on {device.name}; sized all the same"
    elif taken.runs_quantization == "no":
        there = f" on {device.name}" if device is not None and quantization.id in engine.by_quantization else ""
        yield f"{engine.name} does not load {quantization.id}{there}; sized all the same"
    elif taken.runs_quantization == "weight_only":
        yield f"{quantization.id} saves memory and time per token there, but prompts are read in 16-bit arithmetic"
