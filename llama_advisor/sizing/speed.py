"""Decode, prefill, first token and throughput of a build, as ranges.

`speed_terms` settles all that no load changes; `speed` applies a load. The formulas of one step are plain arithmetic,
so that the fit can call them with whole columns of data.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.knowledge.constants import ArchitectureSpeed
from llama_advisor.sizing.figures import Range, Speed
from llama_advisor.sizing.kv_cache import kv_bytes_per_token
from llama_advisor.sizing.memory import place

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import ClassSpeed, EngineSpeed, SpeedConstants, Spread
    from llama_advisor.knowledge.device import Device, Machine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.scenario.scenario import Workload
    from llama_advisor.sizing.memory import Parallel, Placement

GIGA = 1e9
TERA = 1e12
UNQUANTIZED_BITS = 16
USUAL = ArchitectureSpeed()


class Attainable(NamedTuple):
    """Rates of one device on one engine."""

    weights_bytes_s: float  # weight reads
    cache_bytes_s: float  # KV-cache reads
    layer_s: float  # per layer
    step_s: float  # per step whatever the layers
    decode_flop_s: float  # matrix-vector products
    prefill_flop_s: float  # matrix products of a prompt


class Work(NamedTuple):
    """What one token costs whatever it runs on."""

    read_bytes: float  # weights read
    kv_bytes: float  # KV cache read per token of context
    parameters: float  # parameters multiplied
    layers: float  # layers passed
    width: float  # heads x head width


class Splits(NamedTuple):
    """How much faster several devices are than one, and what their talk costs per step."""

    bandwidth: float
    prefill: float
    extra_s: float


class Spreads(NamedTuple):
    """Ends of a range as shares of the best guess."""

    decode: tuple[float, float]
    prefill: tuple[float, float]


class SpeedTerms(NamedTuple):
    """What the speed of one layout hangs on beside the load."""

    work: Work
    rates: Attainable
    splits: Splits | None  # None where it hangs on the prompt
    constants: SpeedConstants
    placed: Placement
    batch_tokens: int
    latency_s: float
    attention_compute: float
    host_bytes_s: float  # rate at which weights left in host memory are read
    alone: Spreads
    loaded: Spreads
    basis: tuple[str, str]  # one request at a time, several
    factor: float  # of the engine's kernels for this quantization
    replicas: int


ALONE = Splits(1.0, 1.0, 0.0)


def engine_speed(constants: SpeedConstants, engine: str) -> EngineSpeed:
    """Return the constants of `engine`, or those of `default`."""
    return constants.engines.get(engine) or constants.engines["default"]


def speed_terms(
    read_bytes: int,
    quantization_bits: int,
    model: Model,
    constants: SpeedConstants,
    engine: str,
    machine: Machine,
    kv_cache_type: str,
    *,
    with_image: bool = False,
    parallel: Parallel = "none",
    compute: str = "16-bit",
    factor: float = 1.0,
    replicas: int = 1,
) -> SpeedTerms | None:
    """Return the terms of one layout; None where the device's bandwidth or class is not known.

    `read_bytes` are the weights read per token, `compute` the type of the quantization's products.
    """
    rates = attainable(constants, machine.device, engine, quantization_bits, compute)
    if rates is None:
        return None
    rules = engine_speed(constants, engine)
    known = constants.classes[machine.device.speed_class]
    work = token_work(read_bytes, model, kv_cache_type, with_image=with_image)
    placed = place(model.architecture, machine, parallel)
    text = basis(constants, known, machine)
    few = f"{text}; load and tensor parallelism rest on fewer" if known.decode_groups else text
    return SpeedTerms(
        work=work,
        rates=rates,
        splits=None if placed.stages > 1 else splits(constants, placed, work.layers, 1.0),
        constants=constants,
        placed=placed,
        batch_tokens=rules.batch_tokens,
        latency_s=rules.latency_ms / 1e3,
        attention_compute=constants.attention_compute * rules.attention,
        host_bytes_s=constants.host_bandwidth_gb_s * GIGA * constants.host_efficiency,
        alone=spreads(constants, known, placed.tensor, loaded=False),
        loaded=spreads(constants, known, placed.tensor, loaded=True),
        basis=(few if placed.tensor > 1 else text, few),
        factor=factor,
        replicas=replicas,
    )


def speed(terms: SpeedTerms, load: Workload, offloaded_share: float = 0.0) -> Speed:
    """Predict speeds per user; `offloaded_share` is the part of the weights in host memory.

    Decode is taken at the prompt plus half the answer.
    """
    work, rates = terms.work, terms.rates
    prompt, output, requests = load.prompt_tokens, max(1, load.output_tokens), load.concurrent_requests
    reading = max(1, prompt - load.shared_prefix_tokens)
    count = -(-reading // terms.batch_tokens)
    split = terms.splits
    if split is None:
        batches = max(1.0, reading / terms.batch_tokens)
        split = splits(terms.constants, terms.placed, work.layers, batches)
    context = min(prompt + load.output_tokens / 2, load.context_tokens)
    step_s = decode_step_s(work, rates, split, context, requests)
    reading_s = prefill_s(work, rates, split, reading, count, terms.attention_compute)
    full_s = decode_step_s(work, rates, split, load.context_tokens, requests)
    if offloaded_share:
        host_s = offloaded_share * work.read_bytes / terms.host_bytes_s
        step_s, full_s, reading_s = step_s + host_s, full_s + host_s, reading_s + count * host_s
    (slow, fast), (slower, faster) = terms.loaded if requests > 1 or offloaded_share else terms.alone
    decode, prefill = 1 / step_s, reading / reading_s
    low, high = decode * slow, decode * fast
    lowest, highest = prefill * slower, prefill * faster
    factor, copies = terms.factor, terms.factor * terms.replicas
    generated, read = requests * output, requests * reading
    pace_s = output / terms.constants.pace_tokens_per_s  # the others come spread over the time of their answers

    def wait_s(rate: float) -> float:
        """Return seconds to a first token: the own prompt, and half of those that are read at the same time."""
        own = reading / rate
        return own * (1 + (requests - 1) / 2 * min(1.0, own / pace_s)) + terms.latency_s

    return Speed(
        Range(low * factor, decode * factor, high * factor),
        Range(lowest, prefill, highest),
        Range(wait_s(highest), wait_s(prefill), wait_s(lowest)),
        Range(
            generated / (output / low + read / lowest) * copies,
            generated / (output / decode + read / prefill) * copies,
            generated / (output / high + read / highest) * copies,
        ),
        terms.basis[requests > 1],
        factor / full_s,
    )


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
    quantized = 1.0 if bits >= UNQUANTIZED_BITS else known.quantized_compute * rules.quantized_compute
    prefill = peak * known.prefill_compute * quantized
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


def token_work(read_bytes: int, model: Model, kv_cache_type: str, *, with_image: bool) -> Work:
    """Return what one token costs: bytes read, parameters multiplied, layers passed."""
    shape, vision = model.architecture, model.architecture.vision
    embedding = 0 if shape.tied_embeddings else shape.vocab_size * shape.hidden_size
    parameters, layers = model.parameters - embedding, shape.layers
    if vision is not None:
        parameters -= vision.encoder_parameters + vision.projector_parameters
        parameters -= 0 if with_image else vision.cross_attention_parameters
        layers += vision.cross_attention_layers if with_image else 0
    return Work(
        read_bytes=read_bytes,
        kv_bytes=kv_bytes_per_token(shape, kv_cache_type),
        parameters=parameters,
        layers=layers,
        width=shape.attention_heads * shape.head_dim,
    )


def splits(constants: SpeedConstants, placed: Placement, layers: float, batches: float) -> Splits:
    """Return the speed-up of devices over one of them; `batches` are the prompt's.

    One stage works at a time on a token; a prompt of several batches is pipelined, of which the engine attains a
    share.
    """
    rules = constants.parallel
    if placed.devices == 1:
        return ALONE
    further, stages = placed.tensor - 1, placed.stages
    full = batches * stages / (batches + stages - 1)
    return Splits(
        bandwidth=(1 + rules.tensor_scaling * further) * placed.pace,
        prefill=placed.pace * (1 + rules.prefill_scaling * further) * (1 + rules.layer_prefill_scaling * (full - 1)),
        extra_s=(rules.node_ms * (placed.nodes - 1) + rules.device_ms * (stages - 1)) / 1e3
        + rules.tensor_layer_us * layers * log2(placed.tensor) / 1e6,
    )


def decode_step_s(work: Work, rates: Attainable, split: Splits, context_tokens: float, sequences: float) -> float:
    """Return seconds of one decode step for `sequences` at a mean context of `context_tokens`."""
    weights = work.read_bytes / (rates.weights_bytes_s * split.bandwidth)
    cache = sequences * work.kv_bytes * context_tokens / (rates.cache_bytes_s * split.bandwidth)
    compute = 2 * work.parameters * sequences / (rates.decode_flop_s * split.bandwidth)
    return weights + cache + compute + work.layers * rates.layer_s + split.extra_s + rates.step_s


def prefill_s(
    work: Work,
    rates: Attainable,
    split: Splits,
    prompt_tokens: float,
    passes: float,
    attention_compute: float,
) -> float:
    """Return seconds to read one prompt in `passes`, each of which reads the weights once."""
    flop_s = rates.prefill_flop_s * split.prefill
    products = 2 * work.parameters * prompt_tokens / flop_s
    scores = 2 * work.layers * work.width * prompt_tokens**2 / (flop_s * attention_compute)
    weights = work.read_bytes / (rates.weights_bytes_s * split.bandwidth)
    return products + scores + passes * (weights + work.layers * rates.layer_s + split.extra_s)


def spreads(constants: SpeedConstants, known: ClassSpeed, tensor: int, *, loaded: bool) -> Spreads:
    """Return the spreads of a class, widened in logarithms where data are few, under load, or split over devices."""

    def widened(spread: Spread, devices: int) -> tuple[float, float]:
        factor = constants.no_data_spread if devices == 0 else 1.0
        if 0 < devices < constants.little_data_devices:
            factor = constants.little_data_spread
        if loaded:
            factor *= constants.batch_spread
        if tensor > 1:
            factor *= constants.parallel.spread
        return spread.low**factor, spread.high**factor

    return Spreads(
        widened(known.decode_spread, known.decode_devices), widened(known.prefill_spread, known.prefill_devices)
    )


def basis(constants: SpeedConstants, known: ClassSpeed, machine: Machine) -> str:
    """Say in one phrase how much data stands behind the prediction."""
    label = machine.device.speed_class
    if known.decode_groups == 0:
        return f"little data: no measurements of class {label}, a guess from similar devices"
    text = f"{known.decode_groups} groups of measurements on {known.decode_devices} devices of class {label}"
    return f"little data: {text}" if known.decode_devices < constants.little_data_devices else text
