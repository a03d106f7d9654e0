"""Where the fit of the speed constants starts, and how far each may move.

Starts are round figures from what is known of a class of hardware; a constant without data stays
there.
"""

from __future__ import annotations

from llama_advisor.knowledge.constants import (
    ArchitectureSpeed,
    ClassSpeed,
    EngineSpeed,
    ParallelSpeed,
    Provenance,
    SpeedConstants,
    Spread,
)

# class: bandwidth efficiency, microseconds per layer, decode compute, prefill compute, factor on
# quantized weights
CLASSES: dict[str, tuple[float, float, float | None, float, float]] = {
    "nvidia-consumer": (0.85, 65, None, 0.45, 0.65),
    "nvidia-workstation": (0.85, 65, None, 0.45, 0.65),
    "nvidia-hbm": (0.60, 100, None, 0.45, 0.65),
    "jetson": (0.80, 95, None, 0.4, 0.75),
    "apple": (0.82, 90, None, 0.8, 0.9),
    "amd-discrete": (0.70, 60, None, 0.45, 0.75),
    "amd-hbm": (0.50, 100, None, 0.25, 0.75),
    "unified-pc": (0.80, 60, None, 0.35, 0.75),
    "intel-gpu": (0.55, 90, None, 0.12, 0.75),
    "intel-integrated": (0.50, 90, None, 0.12, 0.75),
    "accelerator": (0.50, 100, None, 0.25, 1.0),
    "x86-cpu": (0.80, 65, 0.7, 0.6, 1.0),
    "arm-cpu": (0.45, 65, 0.7, 0.8, 1.5),
    "board": (0.90, 65, 0.5, 0.9, 1.0),
    "phone": (0.80, 60, 1.0, 0.5, 2.0),
    "npu": (0.60, 60, None, 0.25, 0.75),
    "browser": (0.50, 100, None, 0.2, 1.0),
}
# What no measurement moves: products of discrete NVIDIA cards follow the root of peak and board power; cores multiply
# 8-bit integers at four times their FP32 rate.
CLASS_PHYSICS: dict[str, dict[str, float]] = {
    "nvidia-consumer": {"power_exponent": 0.5},
    "nvidia-workstation": {"power_exponent": 0.5},
    "nvidia-hbm": {"power_exponent": 0.5},
    "x86-cpu": {"int8_rate": 4.0},
    "arm-cpu": {"int8_rate": 4.0},
    "board": {"int8_rate": 4.0},
    "phone": {"int8_rate": 4.0},
}
# architecture: factors on bandwidth, time per layer, compute; the rates listed for rdna35 count dual issue and
# those for rdna4 matrix units, which hardly any kernel attains, and riscv boards have no vector unit
ARCHITECTURES: dict[str, tuple[float, float, float]] = {
    "ada": (1.05, 1.0, 1.1),
    "ampere100": (0.90, 1.0, 1.0),
    "hopper": (1.15, 1.0, 1.0),
    "blackwell": (1.05, 0.8, 1.4),
    "apple1": (0.95, 2.0, 0.9),
    "gcn4": (0.60, 1.5, 1.0),
    "rdna35": (1.0, 1.0, 0.5),
    "rdna4": (1.0, 1.0, 0.5),
    "riscv": (1.0, 1.0, 0.15),
}
QUANTIZED_MEASURED = (
    "nvidia-consumer",
    "nvidia-workstation",
    "nvidia-hbm",
    "apple",
    "arm-cpu",
    "x86-cpu",
    "board",
    "npu",
    "phone",
)
JUDGED = "Judged from its design and the engines it resembles; no batch-1 reading of it in the data."
# engine: fields that differ from the defaults
ENGINES: dict[str, dict[str, object]] = {
    "llama.cpp": {
        "latency_ms": 20,
        "batch_tokens": 512,
        "cheap_products": True,
        "score_bytes": 12.0,
        "how": "The reference: most readings are its own.",
    },
    "ollama": {
        "latency_ms": 60,
        "batch_tokens": 512,
        "cheap_products": True,
        "score_bytes": 12.0,
        "how": "Runs llama.cpp beneath; its readings fit the same constants.",
    },
    "vllm": {
        "attention": 3.0,
        "latency_ms": 30,
        "batch_tokens": 8192,
        "cache": 2.0,
        "compute": 1.2,
        "layer": 0.8,
        "step_ms": 0.3,
        "classes": {"nvidia-hbm": 1.25, "amd-hbm": 1.2},
        "how": "Factors from the few batch-1 readings; the cache factor from readings under load.",
    },
    "sglang": {
        "attention": 3.0,
        "latency_ms": 30,
        "batch_tokens": 8192,
        "cache": 2.0,
        "compute": 1.2,
        "layer": 0.8,
        "step_ms": 0.3,
        "classes": {"nvidia-hbm": 1.25, "amd-hbm": 1.2},
        "how": JUDGED,
    },
    "tgi": {
        "latency_ms": 40,
        "batch_tokens": 4096,
        "cache": 2.0,
        "compute": 1.2,
        "layer": 0.8,
        "step_ms": 0.5,
        "classes": {"nvidia-hbm": 1.2, "amd-hbm": 1.2},
        "how": JUDGED,
    },
    "tensorrt-llm": {
        "attention": 3.0,
        "latency_ms": 20,
        "batch_tokens": 8192,
        "cache": 2.5,
        "compute": 1.5,
        "layer": 0.6,
        "classes": {"nvidia-hbm": 1.4},
        "how": JUDGED,
    },
    "transformers": {
        "latency_ms": 60,
        "batch_tokens": 8192,
        "bandwidth": 0.8,
        "layer": 8.0,
        "compute": 0.8,
        "how": JUDGED,
    },
    "mlx": {
        "attention": 3.5,
        "latency_ms": 20,
        "batch_tokens": 512,
        "cache": 1.5,
        "how": JUDGED,
    },
    "executorch": {
        "latency_ms": 20,
        "batch_tokens": 128,
        "compute": 1.0,
        "quantized_compute": 2.0,
        "cheap_products": True,
        "how": "Readings of six builds on one phone, where 8-bit kernels read prompts faster.",
    },
    "default": {
        "latency_ms": 40,
        "batch_tokens": 512,
        "score_bytes": 12.0,
        "how": "Taken over from llama.cpp.",
    },
}
HOW = (
    "Written by tests/benchmarks/fit_speed.py: soft-L1 fit of logarithms on the published batch-1 "
    "readings, each group counting once, each constant held near a stated start; ranges from the "
    "errors on devices that the fit had not seen, drawn towards those of all classes. Judged, not "
    "fitted: power_exponent (products of discrete NVIDIA cards follow the root of peak and board "
    "power), int8_rate, classes of no groups, rdna4, parallel but its layer split, widths of few data, "
    "and host_efficiency."
)


NO_DATA: dict[str, object] = {
    "decode_spread": Spread(low=0.7, high=1.4),
    "prefill_spread": Spread(low=0.5, high=1.8),
    "decode_groups": 0,
    "decode_devices": 0,
    "prefill_groups": 0,
    "prefill_devices": 0,
}
CLASS_FIELDS = (
    "bandwidth_efficiency",
    "layer_us",
    "decode_compute",
    "prefill_compute",
    "quantized_compute",
)
ARCHITECTURE_FIELDS = ("bandwidth", "layer", "compute")
PARALLEL = ParallelSpeed(
    tensor_scaling=0.87,
    prefill_scaling=0.7,
    layer_prefill_scaling=0.5,
    device_ms=0.45,
    tensor_layer_us=15,
    node_ms=2,
    spread=1.2,
)


def start() -> SpeedConstants:
    """Return the constants before the fit."""
    return SpeedConstants(
        provenance=Provenance(how=HOW, sources=("measured-dev",)),
        classes={
            name: ClassSpeed(**dict(zip(CLASS_FIELDS, row, strict=True)), **CLASS_PHYSICS.get(name, {}), **NO_DATA)
            for name, row in CLASSES.items()
        },
        architectures={
            name: ArchitectureSpeed(**dict(zip(ARCHITECTURE_FIELDS, row, strict=True)))
            for name, row in ARCHITECTURES.items()
        },
        engines={name: engine(row) for name, row in ENGINES.items()},
        maximum_efficiency=0.97,
        cache_efficiency=0.35,
        attention_compute=0.35,
        little_data_devices=4,
        little_data_spread=1.25,
        no_data_spread=2.0,
        pace_tokens_per_s=20.0,
        most_busy_share=0.8,
        batch_spread=1.5,
        parallel=PARALLEL,
        host_efficiency=0.7,
    )


def engine(row: dict[str, object]) -> EngineSpeed:
    """Return an engine's constants."""
    how = str(row["how"])
    fields = {key: value for key, value in row.items() if key != "how"}
    unverified = ("all",) if how == JUDGED else ()
    return EngineSpeed(**fields, provenance=Provenance(how=how, unverified=unverified))


def fitted() -> list[tuple[tuple[str, ...], float, str]]:
    """List what the fit may move: path, deviation in logarithms, metric."""
    decode, prefill = "decode_tok_s", "prefill_tok_s"
    found: list[tuple[tuple[str, ...], float, str]] = []
    for name, row in CLASSES.items():
        found.append((("classes", name, "bandwidth_efficiency"), 0.1, decode))
        found.append((("classes", name, "layer_us"), 0.15, decode))
        found.append((("classes", name, "prefill_compute"), 0.25, prefill))
        if row[2] is not None:
            found.append((("classes", name, "decode_compute"), 0.2, decode))
        if name in QUANTIZED_MEASURED:
            found.append((("classes", name, "quantized_compute"), 0.05, prefill))
    for name in ARCHITECTURES:
        found.append((("architectures", name, "bandwidth"), 0.1, decode))
        if name == "riscv":
            found.append((("architectures", name, "compute"), 0.7, decode))
        elif name != "gcn4":
            found.append((("architectures", name, "compute"), 0.3 if name == "blackwell" else 0.15, prefill))
    for name in ("apple1", "gcn4", "blackwell"):
        found.append((("architectures", name, "layer"), 0.3, decode))
    found.append((("engines", "executorch", "quantized_compute"), 0.3, prefill))
    found.append((("engines", "llama.cpp", "score_bytes"), 0.5, prefill))
    found.append((("parallel", "layer_prefill_scaling"), 0.1, prefill))
    found.append((("cache_efficiency",), 0.3, decode))
    found.append((("attention_compute",), 0.5, prefill))
    return found


START = start()
FITTED = fitted()
