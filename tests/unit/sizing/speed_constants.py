"""Constants of speed of which no two are alike, and the card that they are for."""

from __future__ import annotations

import shapes

from llama_advisor.knowledge.constants import (
    ArchitectureSpeed,
    ClassSpeed,
    EngineSpeed,
    ParallelSpeed,
    Provenance,
    SpeedConstants,
    Spread,
)

MADE = Provenance(how="made")
CLASS = ClassSpeed(
    bandwidth_efficiency=0.5,
    layer_us=3,
    prefill_compute=0.4,
    quantized_compute=0.7,
    decode_spread=Spread(low=0.5, high=2),
    prefill_spread=Spread(low=0.4, high=3),
    decode_groups=12,
    decode_devices=9,
    prefill_groups=8,
    prefill_devices=7,
)
OTHER = CLASS._replace(bandwidth_efficiency=0.6, layer_us=9, prefill_compute=0.2, quantized_compute=2)
ENGINE = EngineSpeed(
    bandwidth=1.5,
    cache=0.6,
    compute=1.25,
    quantized_compute=0.9,
    layer=5,
    attention=1.6,
    score_bytes=7,
    latency_ms=30,
    step_ms=4,
    batch_tokens=500,
    classes={"nvidia-consumer": 1.1},
    provenance=MADE,
)
CONSTANTS = SpeedConstants(
    provenance=MADE,
    classes={"nvidia-consumer": CLASS, "amd-hbm": OTHER},
    architectures={"first": ArchitectureSpeed(bandwidth=0.8, layer=2, compute=0.5)},
    engines={"default": ENGINE._replace(step_ms=5), "own": ENGINE},
    maximum_efficiency=0.9,
    cache_efficiency=0.8,
    attention_compute=0.75,
    little_data_devices=3,
    little_data_spread=1.2,
    no_data_spread=3,
    pace_tokens_per_s=10,
    most_busy_share=0.5,
    batch_spread=2,
    parallel=ParallelSpeed(
        tensor_scaling=0.5,
        prefill_scaling=0.25,
        layer_prefill_scaling=0.4,
        device_ms=2,
        tensor_layer_us=10,
        node_ms=7,
        spread=1.5,
    ),
    host_efficiency=0.25,
)
CARD = shapes.CARD._replace(bandwidth_gb_s=1000, fp16_tflops=100)
