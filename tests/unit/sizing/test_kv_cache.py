"""KV cache against the figures of the model cards' shapes."""

from __future__ import annotations

import pytest

from llama_advisor.knowledge.model import Architecture, Vision
from llama_advisor.sizing.memory import GIB, image_bytes, kv_bytes_per_token
from llama_advisor.text.errors import InputError

MIB = 2**20


def _architecture(layers: int, head_dim: int, crossed: int = 0, tokens: int = 6404) -> Architecture:
    """Return a shape with eight KV heads; only what the cache depends on is true to a model."""
    vision = Vision(
        cross_attention_layers=crossed,
        encoder_parameters=1,
        projector_parameters=1,
        cross_attention_parameters=1,
        tokens_per_image=tokens,
        tile_px=560,
        max_tiles=4,
    )
    return Architecture(
        kind="mllama" if crossed else "llama",
        layers=layers,
        hidden_size=4096,
        ffn_size=14336,
        attention_heads=32,
        kv_heads=8,
        head_dim=head_dim,
        vocab_size=128256,
        tied_embeddings=False,
        vision=vision if crossed else None,
    )


# layers, head width, bytes per token, GiB at 8,192 and 131,072 tokens
SIZES = {
    "1b": (16, 64, 32_768, 0.25, 4),
    "3b": (28, 128, 114_688, 0.875, 14),
    "8b": (32, 128, 131_072, 1, 16),
    "70b": (80, 128, 327_680, 2.5, 40),
    "405b": (126, 128, 516_096, 3.9375, 63),
}


@pytest.mark.parametrize(("layers", "head_dim", "per_token", "short", "long"), SIZES.values())
def test_sizes(layers: int, head_dim: int, per_token: int, short: float, long: float) -> None:
    shape = _architecture(layers, head_dim)
    assert kv_bytes_per_token(shape, "f16") == per_token
    assert kv_bytes_per_token(shape, "f16") * 8_192 / GIB == short
    assert kv_bytes_per_token(shape, "f16") * 131_072 / GIB == long


SHARE_OF_F16 = {"f16": 1, "bf16": 1, "fp8": 1 / 2, "q8_0": 17 / 32, "q4_0": 9 / 32}


@pytest.mark.parametrize(("kv_cache_type", "share"), SHARE_OF_F16.items())
def test_types(kv_cache_type: str, share: float) -> None:
    assert kv_bytes_per_token(_architecture(32, 128), kv_cache_type) == 131_072 * share


def test_cross_attention_layers_hold_no_text() -> None:
    with_vision, without = _architecture(32, 128, crossed=8), _architecture(32, 128)
    assert kv_bytes_per_token(with_vision, "f16") == kv_bytes_per_token(without, "f16")


# self-attention layers, cross-attention layers, tokens per image, MiB per image
IMAGES = [(32, 8, 6404, 200.125), (80, 20, 6404, 500.3125), (32, 8, 4100, 128.125)]


@pytest.mark.parametrize(("layers", "crossed", "tokens", "mib"), IMAGES)
def test_images(layers: int, crossed: int, tokens: int, mib: float) -> None:
    shape = _architecture(layers, 128, crossed, tokens)
    assert image_bytes(shape) / MIB == mib


def test_text_model_keeps_no_images() -> None:
    assert image_bytes(_architecture(32, 128)) == 0


def test_unknown_type_names_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest: q8_0"):
        kv_bytes_per_token(_architecture(32, 128), "q8")
