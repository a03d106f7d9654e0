"""Size of the KV cache: what each token, sequence and image keeps in memory."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from llama_advisor.text.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.model import Architecture

GIB = 2**30

BYTES_PER_VALUE: Mapping[str, float] = MappingProxyType(
    {
        "f16": 2.0,
        "bf16": 2.0,
        "fp8": 1.0,
        "q8_0": 34 / 32,  # 32 values of one byte and a 16-bit scale
        "q4_0": 18 / 32,  # 32 values of half a byte and a 16-bit scale
    }
)


def kv_bytes_per_token(architecture: Architecture, kv_cache_type: str = "f16") -> float:
    """Return the bytes one token keeps in all self-attention layers; raise InputError for a type that is not known."""
    if kv_cache_type not in BYTES_PER_VALUE:
        known = nearest(kv_cache_type, BYTES_PER_VALUE)
        raise InputError(f"kv_cache_type: `{kv_cache_type}` is not known{known}")
    return _values_per_token(architecture) * architecture.layers * BYTES_PER_VALUE[kv_cache_type]


def image_bytes(architecture: Architecture) -> float:
    """Return the bytes one image keeps in the cross-attention layers: padded to the most tiles, always in 16 bits."""
    vision = architecture.vision
    if vision is None:
        return 0.0
    values = _values_per_token(architecture) * vision.cross_attention_layers
    return values * vision.tokens_per_image * BYTES_PER_VALUE["f16"]


def _values_per_token(architecture: Architecture) -> int:
    """Numbers one token keeps in one layer: keys and values of every KV head."""
    return 2 * architecture.kv_heads * architecture.head_dim
