"""A model in small numbers, what sizing reads of one, and a card."""

from __future__ import annotations

from dataclasses import dataclass

from llama_advisor.knowledge.device import Device
from llama_advisor.knowledge.model import Architecture, OfficialBuild, Vision

SHAPE = Architecture(
    kind="llama",
    layers=10,
    hidden_size=200,
    ffn_size=720,
    attention_heads=8,
    kv_heads=4,
    head_dim=25,
    vocab_size=1000,
    tied_embeddings=False,
)
VISION = Vision(
    cross_attention_layers=2,
    encoder_parameters=100_000,
    projector_parameters=20_000,
    cross_attention_parameters=300_000,
    tokens_per_image=10,
    tile_px=1,
    max_tiles=1,
)
CARD = Device(
    id="card",
    name="Card",
    vendor="maker",
    kind="consumer-gpu",
    speed_class="nvidia-consumer",
    memory_gib=8,
    architecture="first",
)


@dataclass
class Shaped:
    """What the arithmetic reads of a model."""

    architecture: Architecture
    parameters: int = 3_000_000
    context_tokens: int = 131072
    official_builds: tuple[OfficialBuild, ...] = ()
