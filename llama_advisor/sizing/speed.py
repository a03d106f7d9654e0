"""Decode, prefill, first token and throughput of a build, as ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.sizing.attainable import attainable, engine_speed
from llama_advisor.sizing.figures import Range, Speed
from llama_advisor.sizing.kv_cache import kv_bytes_per_token
from llama_advisor.sizing.timing import Work, decode_step_s, offloaded_s, prefill_s, splits

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import ClassSpeed, EngineSpeed, SpeedConstants, Spread
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.scenario.workload import Workload
    from llama_advisor.sizing.attainable import Attainable
    from llama_advisor.sizing.placement import Parallel


def estimate_speed(
    read_bytes: int,
    quantization_bits: int,
    model: Model,
    constants: SpeedConstants,
    engine: str,
    machine: Machine,
    workload: Workload,
    kv_cache_type: str,
    *,
    parallel: Parallel = "none",
    offloaded_share: float = 0.0,
    compute: str = "16-bit",
) -> Speed | None:
    """Predict speeds per user; None where the device's bandwidth or class is not known.

    `read_bytes` are the weights read per token, `offloaded_share` the part of them in host memory,
    `compute` the type of the quantization's products. Decode is taken at the prompt plus half the
    answer.
    """
    rates = attainable(constants, machine.device, engine, quantization_bits, compute)
    if rates is None:
        return None
    work = token_work(read_bytes, model, kv_cache_type, with_image=workload.images_per_prompt > 0)
    rules = engine_speed(constants, engine)
    times = step_times(work, rates, constants, rules, machine, workload, parallel)
    host = offloaded_s(constants, read_bytes, offloaded_share)
    count = passes(max(1, workload.prompt_tokens), rules)
    loaded = workload.concurrent_requests > 1 or offloaded_share > 0
    known = constants.classes[machine.device.speed_class]
    return Speed(
        **ranges(
            constants,
            known,
            rules,
            workload,
            parallel,
            loaded=loaded,
            step_s=times[0] + host,
            reading_s=times[1] + count * host,
        ),
        basis=basis(constants, known, machine, parallel, workload),
    )


def ranges(
    constants: SpeedConstants,
    known: ClassSpeed,
    rules: EngineSpeed,
    workload: Workload,
    parallel: Parallel,
    *,
    loaded: bool,
    step_s: float,
    reading_s: float,
) -> dict[str, Range]:
    """Return the four speeds with their ranges, from seconds per step and per prompt."""
    prompt = max(1, workload.prompt_tokens)
    widths = [
        widening(constants, devices, parallel, loaded=loaded)
        for devices in (known.decode_devices, known.prefill_devices)
    ]
    decode = spread_range(1 / step_s, known.decode_spread, widths[0])
    prefill = spread_range(prompt / reading_s, known.prefill_spread, widths[1])
    return {
        "decode_tokens_per_s": decode,
        "prefill_tokens_per_s": prefill,
        "first_token_s": first_token(prefill, prompt, rules.latency_ms / 1e3, workload),
        "total_tokens_per_s": total_throughput(decode, prefill, workload),
    }


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


def batches(prompt_tokens: int, rules: EngineSpeed) -> float:
    """Return the batches a prompt fills, at least one."""
    return max(1.0, prompt_tokens / rules.batch_tokens)


def passes(prompt_tokens: int, rules: EngineSpeed) -> int:
    """Return forward passes to read a prompt."""
    return -(-prompt_tokens // rules.batch_tokens)


def step_times(
    work: Work,
    rates: Attainable,
    constants: SpeedConstants,
    rules: EngineSpeed,
    machine: Machine,
    workload: Workload,
    parallel: Parallel,
) -> tuple[float, float]:
    """Return seconds per decode step and seconds to read one prompt, all weights on devices."""
    prompt = max(1, workload.prompt_tokens)
    count = passes(prompt, rules)
    split = splits(constants, machine, parallel, work.layers, batches(prompt, rules))
    context = min(workload.prompt_tokens + workload.output_tokens / 2, workload.context_tokens)
    step = decode_step_s(work, rates, split, context, workload.concurrent_requests)
    attention = constants.attention_compute * rules.attention
    return step, prefill_s(work, rates, split, prompt, count, attention)


def widening(constants: SpeedConstants, devices: int, parallel: Parallel, *, loaded: bool) -> float:
    """Return how much wider than its class's spread a prediction's range is, in logarithms."""
    factor = constants.no_data_spread if devices == 0 else 1.0
    if 0 < devices < constants.little_data_devices:
        factor = constants.little_data_spread
    if loaded:
        factor *= constants.batch_spread
    return factor * constants.parallel.spread if parallel == "tensor" else factor


def spread_range(mid: float, spread: Spread, widen: float) -> Range:
    """Return the range about `mid`, its width scaled by `widen` in logarithms."""
    return Range(low=mid * spread.low**widen, mid=mid, high=mid * spread.high**widen)


def first_token(prefill: Range, prompt: int, latency_s: float, workload: Workload) -> Range:
    """Return seconds to the first token; requests that come at once wait for half of the rest."""
    queue = (workload.concurrent_requests + 1) / 2
    low, mid, high = (queue * prompt / rate + latency_s for rate in (prefill.high, prefill.mid, prefill.low))
    return Range(low=low, mid=mid, high=high)


def total_throughput(decode: Range, prefill: Range, workload: Workload) -> Range:
    """Return generated tokens per second over all users, prompts read in between."""
    requests, prompt = workload.concurrent_requests, workload.prompt_tokens
    output = max(1, workload.output_tokens)

    def rate(decode_rate: float, prefill_rate: float) -> float:
        return requests * output / (output / decode_rate + requests * prompt / prefill_rate)

    return Range(
        low=rate(decode.low, prefill.low),
        mid=rate(decode.mid, prefill.mid),
        high=rate(decode.high, prefill.high),
    )


def basis(
    constants: SpeedConstants,
    known: ClassSpeed,
    machine: Machine,
    parallel: Parallel,
    workload: Workload,
) -> str:
    """Say in one phrase how much data stands behind the prediction."""
    label = machine.device.speed_class
    if known.decode_groups == 0:
        return f"little data: no measurements of class {label}, a guess from similar devices"
    text = f"{known.decode_groups} groups of measurements on {known.decode_devices} devices of class {label}"
    if known.decode_devices < constants.little_data_devices:
        text = f"little data: {text}"
    if parallel == "tensor" or workload.concurrent_requests > 1:
        text += "; load and tensor parallelism rest on fewer"
    return text
