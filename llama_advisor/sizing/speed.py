"""Speed of a build, as ranges: `speed_terms` settles all that no load changes, `speed` applies a load.

The formulas of one step are plain arithmetic, so that the fit can call them with whole columns of data.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import product
from math import inf, log2
from operator import attrgetter
from typing import NamedTuple

from llama_advisor.knowledge.constants import ArchitectureSpeed, ClassSpeed, EngineSpeed, SpeedConstants, Spread
from llama_advisor.knowledge.device import Device, Machine
from llama_advisor.knowledge.model import Model
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.figures import Range, Speed
from llama_advisor.sizing.memory import Parallel, Placement, kv_bytes_per_token, place

GIGA = 1e9
TERA = 1e12
UNQUANTIZED_BITS = 16
USUAL = ArchitectureSpeed()


class Attainable(NamedTuple):
    """Rates of one device on one engine; no combination exceeds its peaks."""

    weights_bytes_s: float  # weight reads
    cache_bytes_s: float  # KV-cache reads
    layer_s: float  # per layer
    step_s: float  # per step whatever the layers
    decode_flop_s: float  # matrix-vector products
    prefill_flop_s: float  # matrix products of a prompt
    attention_flop_s: float  # products of attention
    score_bytes: float  # moved per attention score of a prompt
    peak_bytes_s: float
    peak_flop_s: float  # products of the weights, in the type used
    peak_half_flop_s: float  # products in 16 bits, as attention's are


class Work(NamedTuple):
    """What one token costs whatever it runs on."""

    read_bytes: float  # weights read
    kv_bytes: float  # KV cache read per token of context
    parameters: float  # parameters multiplied
    layers: float  # layers passed
    width: float  # heads x head width
    heads: float


class Splits(NamedTuple):
    """How much faster several devices are than one, and what their talk costs per step."""

    bandwidth: float
    prefill: float
    extra_s: float


class Correction(NamedTuple):
    """What measurements of a build say of one of its speeds."""

    points: tuple[tuple[float, float], ...]  # seconds as predicted, rising, and as measured, never falling
    spread: float  # within which it is trusted there, both ways
    apart: float  # share of the change to other lengths that is uncertain

    def seconds(self, predicted: float) -> float:
        """Return the seconds of a load: on the line between those measured, beyond in proportion to the last."""
        after = bisect_right(self.points, (predicted, inf))
        (least, told), (most, other) = self.points[max(0, after - 1)], self.points[min(after, len(self.points) - 1)]
        if least <= predicted < most:
            return told + (other - told) * (predicted - least) / (most - least)
        return predicted * told / least

    def within(self, seconds: float, usual: tuple[float, float]) -> tuple[float, float]:
        """Return the ends at a load of so many seconds, shares of the best guess; the usual ones at most."""
        away = max(1.0, seconds / self.points[-1][1], self.points[0][1] / seconds) ** self.apart
        return max(usual[0], 1 / (away * self.spread)), min(usual[1], away * self.spread)


Ends = tuple[tuple[float, float], tuple[float, float]]  # of ranges of decode and prefill, shares of the best guess


class SpeedTerms(NamedTuple):
    """What the speed of one layout hangs on beside the load."""

    work: Work
    rates: Attainable
    splits: Splits | None  # None where it hangs on the prompt
    constants: SpeedConstants
    placed: Placement
    batch_tokens: int
    latency_s: float
    host_bytes_s: float  # rate at which weights left in host memory are read
    alone: Ends
    loaded: Ends
    basis: tuple[str, str]  # one request at a time, several
    factor: float  # of the engine's kernels for this quantization
    replicas: int
    decode_kept: Correction | None = None
    prefill_kept: Correction | None = None

    def ends(self, step_s: float, reading_s: float, *, loaded: bool) -> Ends:
        """Return the ends of the ranges at a load; a measurement narrows them."""
        decode, prefill = self.loaded if loaded else self.alone
        generating, reads = self.decode_kept, self.prefill_kept
        return (
            generating.within(step_s, decode) if generating else decode,
            reads.within(reading_s, prefill) if reads else prefill,
        )


ALONE = Splits(1.0, 1.0, 0.0)


def class_speed(constants: SpeedConstants, device: Device) -> ClassSpeed:
    """Return the constants of the device's class; the worst of all for a class without any."""
    if known := constants.classes.get(device.speed_class):
        return known
    every = constants.classes.values()
    prefill = min(each.prefill_compute * min(1.0, each.quantized_compute) for each in every)
    worst = min(every, key=attrgetter("bandwidth_efficiency"))._replace(prefill_compute=prefill, quantized_compute=1.0)
    return worst._replace(layer_us=max(each.layer_us for each in every), decode_compute=None, decode_groups=0)


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
    """Return the terms of one layout; None where too little is known of any device of its kind.

    `read_bytes` are the weights read per token, `compute` the type of the quantization's products.
    """
    device, missing = with_weakest(machine.device, constants)
    if device is None:
        return None
    known = class_speed(constants, device)
    rules = engine_speed(constants, engine)
    work = token_work(read_bytes, model, kv_cache_type, with_image=with_image)
    # Nobody states the host's bandwidth: a modest server's or PC's.
    host = constants.devices.get("generic-cpu-server" if device.kind == "datacentre-gpu" else "generic-pc", device)
    placed = place(model.architecture, machine, parallel)
    text = basis(constants, known, machine) + missing
    few = f"{text}; load and tensor parallelism rest on fewer" if known.decode_groups else text
    return SpeedTerms(
        work=work,
        rates=attainable(constants, device, engine, quantization_bits, compute),
        splits=None if placed.stages > 1 else splits(constants, placed, work.layers, 1.0),
        constants=constants,
        placed=placed,
        batch_tokens=rules.batch_tokens,
        latency_s=rules.latency_ms / 1e3,
        host_bytes_s=(host.bandwidth_gb_s or device.bandwidth_gb_s or 0.0) * GIGA * constants.host_efficiency,
        alone=spreads(constants, known, placed.tensor, loaded=False),
        loaded=spreads(constants, known, placed.tensor, loaded=True),
        basis=(few if placed.tensor > 1 else text, few),
        factor=factor,
        replicas=replicas,
    )


def speed(terms: SpeedTerms, load: Workload, offloaded_share: float = 0.0) -> Speed:
    """Predict speeds per user; `offloaded_share` is the part of the weights in host memory.

    Decode is taken at the prompt plus half the answer. No end of a range lies above what the hardware allows, nor a
    busy machine's above an idle one's.
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
    reading_s = prefill_s(work, rates, split, reading, count)
    full_s = decode_step_s(work, rates, split, load.context_tokens, requests)
    alone_s = step_s if requests == 1 else decode_step_s(work, rates, split, context, 1)
    if kept := terms.decode_kept:
        step_s, full_s, alone_s = kept.seconds(step_s), kept.seconds(full_s), kept.seconds(alone_s)
    if kept := terms.prefill_kept:
        reading_s = kept.seconds(reading_s)
    limit, highest_limit = limits(terms, context, requests, reading)
    (_, fast), (_, faster) = terms.ends(alone_s, reading_s, loaded=False)
    limit = min(limit, fast / alone_s)
    highest_limit = min(highest_limit, reading / reading_s * faster)
    if offloaded_share:
        host_s = offloaded_share * work.read_bytes / terms.host_bytes_s
        step_s, full_s, reading_s = step_s + host_s, full_s + host_s, reading_s + count * host_s
    (slow, fast), (slower, faster) = terms.ends(step_s, reading_s, loaded=requests > 1 or offloaded_share > 0)
    decode, prefill = 1 / step_s, reading / reading_s
    low, decode, high = (min(decode * end, limit) for end in (slow, 1.0, fast))
    lowest, prefill, highest = (min(prefill * end, highest_limit) for end in (slower, 1.0, faster))
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
        reading,
    )


def limits(terms: SpeedTerms, context: float, requests: int, reading: int) -> tuple[float, float]:
    """Return the decode and prefill speeds that bandwidth and arithmetic of all devices that work at once allow."""
    work, rates, placed = terms.work, terms.rates, terms.placed
    count, together = placed.tensor * placed.pace, placed.devices
    moved_s = (work.read_bytes + requests * work.kv_bytes * context) / rates.peak_bytes_s
    step_s = max(moved_s, 2 * work.parameters * requests / rates.peak_flop_s) / count
    scores_s = 2 * work.layers * work.width * reading**2 / rates.peak_half_flop_s
    reading_s = (2 * work.parameters * reading / rates.peak_flop_s + scores_s) / together
    return 1 / step_s, reading / max(reading_s, work.read_bytes / rates.peak_bytes_s / count)


def with_weakest(device: Device, constants: SpeedConstants) -> tuple[Device | None, str]:
    """Take what is not known of `device` from the weakest of its kind, and say so; None where that is not known."""
    bandwidth = device.bandwidth_gb_s or least(constants, device, "bandwidth_gb_s")
    per = "bandwidth_gb_s" if device.bandwidth_gb_s else ""
    rate = device.peak_tflops or least(constants, device, "peak_tflops", per) * (bandwidth if per else 1)
    if not (bandwidth and rate):
        return None, ""
    watts = device.tdp_w or rate * least(constants, device, "tdp_w", "peak_tflops")
    known = {"bandwidth": device.bandwidth_gb_s, "peak rate": device.peak_tflops}
    missing = " and ".join(name for name, figure in known.items() if not figure)
    cores = device.cores if device.peak_tflops else None
    filled = device._replace(bandwidth_gb_s=bandwidth, fp16_tflops=rate, cores=cores, tdp_w=watts or None)
    return filled, missing and f"; {missing} not known, taken from the weakest of its kind ({bandwidth:g} GB/s)"


LIKENESS: tuple[Callable[[Device], object], ...] = (  # what makes devices alike, the closest first
    attrgetter("speed_class", "kind"),
    attrgetter("speed_class"),
    lambda device: "gpu" if device.kind.endswith("gpu") else device.kind,
)


def least(constants: SpeedConstants, device: Device, figure: str, per: str = "") -> float:
    """Return the least known `figure` of the devices most like it, those with as much memory first; 0 without any."""
    every = tuple(constants.devices.values())
    large = tuple(each for each in every if (each.memory_gib or 0) >= (device.memory_gib or 0))
    for among, like in product((large, every), LIKENESS):
        alike = (each for each in among if like(each) == like(device))
        pairs = [(getattr(each, figure), getattr(each, per) if per else 1.0) for each in alike]
        if found := [known / unit for known, unit in pairs if known and unit]:
            return float(min(found))
    return 0.0


def attainable(
    constants: SpeedConstants, device: Device, engine: str, bits: int, compute: str = "16-bit"
) -> Attainable:
    """Return what `device`, of which all is known, attains with weights of `bits`, products in `compute`."""
    known, rules = class_speed(constants, device), engine_speed(constants, engine)
    change, most = constants.architectures.get(device.architecture, USUAL), constants.maximum_efficiency
    bandwidth, half = (device.bandwidth_gb_s or 0.0) * GIGA, (device.peak_tflops or 0.0) * TERA
    factor = rules.bandwidth * rules.classes.get(device.speed_class, 1.0) * change.bandwidth
    efficiency = min(most, known.bandwidth_efficiency * factor)
    decode = None if known.decode_compute is None else half * known.decode_compute * change.compute
    integers = (0.0 if device.cores else device.int8_tops or 0.0) * TERA
    native = {"fp8": (device.fp8_tflops or 0.0) * TERA, "int8": integers}.get(compute)
    if rules.cheap_products and device.kind == "consumer-gpu":  # GeForce cards halve the rate listed, of 32-bit sums
        half = max(half, integers / 2)
    cheap = max(half, integers or half * known.int8_rate) if rules.cheap_products else half
    plain = native or bits >= UNQUANTIZED_BITS  # in their own type, without a conversion
    products = native or (half if plain else cheap)
    share, watts = known.prefill_compute * rules.compute * change.compute, (device.tdp_w or 0.0) * TERA
    floats, weights = (
        peak * share * (watts / peak) ** (known.power_exponent if watts else 0.0) for peak in (half, native or half)
    )
    quantized = 1.0 if plain else known.quantized_compute * rules.quantized_compute
    prefill = min(most * products, weights * quantized)
    return Attainable(
        weights_bytes_s=bandwidth * efficiency,
        cache_bytes_s=bandwidth * min(most, efficiency * constants.cache_efficiency * rules.cache),
        layer_s=known.layer_us * rules.layer * change.layer / 1e6,
        step_s=rules.step_ms / 1e3,
        decode_flop_s=prefill if decode is None else min(most * products, decode),
        prefill_flop_s=prefill,
        attention_flop_s=min(most * half, floats * constants.attention_compute * rules.attention),
        score_bytes=rules.score_bytes,
        peak_bytes_s=bandwidth,
        peak_flop_s=products,
        peak_half_flop_s=half,
    )


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
        heads=shape.attention_heads,
    )


def splits(constants: SpeedConstants, placed: Placement, layers: float, batches: float) -> Splits:
    """Return the speed-up of devices over one of them; `batches` are the prompt's.

    One stage works at a time on a token; several batches are pipelined, of which the engine attains a share.
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


def prefill_s(work: Work, rates: Attainable, split: Splits, prompt_tokens: float, passes: float) -> float:
    """Return seconds to read one prompt in `passes`, each of which reads the weights once."""
    products = 2 * work.parameters * prompt_tokens / rates.prefill_flop_s
    scores = 2 * work.layers * work.width * prompt_tokens**2 / rates.attention_flop_s
    moved = rates.score_bytes * work.layers * work.heads * prompt_tokens**2 / 2 / rates.weights_bytes_s
    weights = work.read_bytes / (rates.weights_bytes_s * split.bandwidth)
    compute_s = (products + scores + moved) / split.prefill
    return compute_s + passes * (weights + work.layers * rates.layer_s + split.extra_s)


def spreads(constants: SpeedConstants, known: ClassSpeed, tensor: int, *, loaded: bool) -> Ends:
    """Return the spreads of a class, widened in logarithms where data are few, under load, or split over devices."""
    wide = (constants.batch_spread if loaded else 1.0) * (constants.parallel.spread if tensor > 1 else 1.0)

    def widened(spread: Spread, devices: int) -> tuple[float, float]:
        few = constants.little_data_spread if devices < constants.little_data_devices else 1.0
        factor = wide * (few if devices else constants.no_data_spread)
        return spread.low**factor, spread.high**factor

    return widened(known.decode_spread, known.decode_devices), widened(known.prefill_spread, known.prefill_devices)


def basis(constants: SpeedConstants, known: ClassSpeed, machine: Machine) -> str:
    """Say in one phrase how much data stands behind the prediction."""
    label = machine.device.speed_class
    if known.decode_groups == 0:
        return f"little data: no measurements of class {label}, a guess from similar devices"
    text = f"{known.decode_groups} groups of measurements on {known.decode_devices} devices of class {label}"
    return f"little data: {text}" if known.decode_devices < constants.little_data_devices else text
