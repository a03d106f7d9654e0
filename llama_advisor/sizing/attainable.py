"""What a device attains on an engine: bandwidth and arithmetic rate, from class constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.knowledge.constants import ArchitectureSpeed

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import ClassSpeed, EngineSpeed, SpeedConstants
    from llama_advisor.knowledge.device import Device

GIGA = 1e9
TERA = 1e12
UNQUANTIZED_BITS = 16
USUAL = ArchitectureSpeed()


class Attainable(NamedTuple):
    """Rates of one device on one engine."""

    weights_bytes_s: float  # Weight reads, bytes/s.
    cache_bytes_s: float  # KV-cache reads, bytes/s.
    layer_s: float  # Time per layer, s.
    step_s: float  # Time per step whatever the layers, s.
    decode_flop_s: float  # Matrix-vector products, FLOP/s.
    prefill_flop_s: float  # Matrix products of a prompt, FLOP/s.


def engine_speed(constants: SpeedConstants, engine: str) -> EngineSpeed:
    """Return the constants of `engine`, or those of `default`."""
    return constants.engines.get(engine) or constants.engines["default"]


def attainable(
    constants: SpeedConstants, device: Device, engine: str, bits: int, compute: str = "16-bit"
) -> Attainable | None:
    """Return what `device` attains with weights of `bits`, products in `compute`.

    None without a bandwidth or without constants for the device's class.
    """
    known = constants.classes.get(device.speed_class)
    if device.bandwidth_gb_s is None or known is None:
        return None
    rules = engine_speed(constants, engine)
    change = constants.architectures.get(device.architecture, USUAL)
    bandwidth = device.bandwidth_gb_s * GIGA
    factor = rules.bandwidth * rules.classes.get(device.speed_class, 1.0) * change.bandwidth
    efficiency = min(constants.maximum_efficiency, known.bandwidth_efficiency * factor)
    cache = min(constants.maximum_efficiency, efficiency * constants.cache_efficiency * rules.cache)
    peak = peak_flop_s(device, known, compute)
    prefill = peak * known.prefill_compute * quantized(known, rules, bits)
    prefill *= rules.compute * change.compute
    decode = None if known.decode_compute is None else peak * known.decode_compute
    return Attainable(
        weights_bytes_s=bandwidth * efficiency,
        cache_bytes_s=bandwidth * cache,
        layer_s=known.layer_us * rules.layer * change.layer / 1e6,
        step_s=rules.step_ms / 1e3,
        decode_flop_s=prefill if decode is None else decode,
        prefill_flop_s=prefill,
    )


def quantized(known: ClassSpeed, rules: EngineSpeed, bits: int) -> float:
    """Return the factor on the compute efficiency for weights of `bits`."""
    return 1.0 if bits >= UNQUANTIZED_BITS else known.quantized_compute * rules.quantized_compute


def peak_flop_s(device: Device, known: ClassSpeed, compute: str = "16-bit") -> float:
    """Return the peak rate, FLOP/s: of its cores, as listed, or by the ratio of its class."""
    if device.cores and device.ghz and device.flop_per_cycle:
        return device.cores * device.ghz * device.flop_per_cycle * GIGA
    if compute == "fp8" and device.fp8_tflops is not None:
        return device.fp8_tflops * TERA
    if compute == "int8" and device.int8_tops is not None:
        return device.int8_tops * TERA
    if device.fp16_tflops is not None:
        return device.fp16_tflops * TERA
    if device.int8_tops is not None:
        return device.int8_tops / 2 * TERA
    return (device.bandwidth_gb_s or 0.0) * known.tflops_per_gb_s * TERA
