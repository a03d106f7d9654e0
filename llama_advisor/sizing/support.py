"""How an engine takes a model and quantization on a device: from engine facts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from llama_advisor.knowledge.device import Device
    from llama_advisor.knowledge.engine import ArchitectureSupport, Engine, QuantizationSupport
    from llama_advisor.knowledge.model import Model, OfficialBuild
    from llama_advisor.knowledge.quantization import Quantization


HOSTED = "hosted"
"""Id of the engine that stands for services, which bring their own hardware."""


class Support(NamedTuple):
    """How an engine and a machine take a model and quantization ."""

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
    def reasons_against(self) -> int:
        """Twice the number of things that do not work, one more for an old version that must be pinned."""
        broken = (not self.runs_model, not self.runs_on_machine, self.runs_quantization == "no")
        return 2 * sum((*broken, not self.used_where_it_runs)) + (self.pinned_version is not None)


def support(engine: Engine, model: Model, quantization: Quantization, device: Device | None, target: str) -> Support:
    """Look up one combination; a hosted service (no device) brings its own hardware."""
    found = architecture_support(engine, model)
    large = engine.maximum_parameters_b is not None and model.parameters / 1e9 > engine.maximum_parameters_b
    return Support(
        runs_model=found is not None and not large,
        pinned_version=found.pin or found.until if found and found.until else None,
        runs_on_machine=device is None or runs_on(engine, device),
        runs_quantization=quantization_support(engine, model, quantization, device),
        used_where_it_runs=target in engine.targets,
    )


def architecture_support(engine: Engine, model: Model) -> ArchitectureSupport | None:
    """Return the engine's entry for the model's architecture, or None."""
    return next((item for item in engine.architectures if item.architecture == model.architecture.kind), None)


def runs_on(engine: Engine, device: Device) -> bool:
    """Tell whether the engine runs on the device; an unknown compute capability counts as enough."""
    for item in engine.hardware:
        vendor = not item.vendors or device.vendor in item.vendors or device.vendor == "generic"
        capability = item.minimum_compute_capability
        able = capability is None or device.compute_capability is None or device.compute_capability >= capability
        if device.kind in item.kinds and vendor and able:
            return True
    return False


def quantization_entry(engine: Engine, quantization: Quantization) -> QuantizationSupport | None:
    """Return the engine's entry for the quantization, or None."""
    return next((item for item in engine.quantizations if item.quantization == quantization.id), None)


def quantization_support(
    engine: Engine, model: Model, quantization: Quantization, device: Device | None
) -> Literal["native", "weight_only", "no"] | None:
    """Tell how the engine runs the quantization on the device; None where the device's design is not known."""
    entry = quantization_entry(engine, quantization)
    if entry is None or model.architecture.kind in entry.not_for:
        return "no"
    if device is None or not entry.architectures or device.architecture in entry.architectures:
        return "native"
    if device.architecture in entry.weight_only:
        return "weight_only"
    return None if device.vendor == "generic" else "no"


def official_build(model: Model, quantization: Quantization) -> OfficialBuild | None:
    """Return the maker's own build of this quantization, if there is one."""
    return next((build for build in model.official_builds if build.quantization == quantization.id), None)
