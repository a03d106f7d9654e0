"""Weights tensor by tensor, on a shape and types in small numbers: every figure is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
import shapes
from shapes import Shaped

from llama_advisor.knowledge.model import Architecture, OfficialBuild
from llama_advisor.knowledge.quantization import BlockType, Quantization, TensorRule
from llama_advisor.sizing.weights import Tensor, _layer_indexes, read_bytes_per_token, tensor_parameters, weights_bytes

SHAPE = Architecture(
    kind="llama",
    layers=8,
    hidden_size=10,
    ffn_size=30,
    attention_heads=4,
    kv_heads=2,
    head_dim=5,
    vocab_size=100,
    extra_embedding_rows=3,
    tied_embeddings=False,
)
VISION = shapes.VISION._replace(encoder_parameters=7000, projector_parameters=500, cross_attention_parameters=2000)
TEXT = (
    Tensor("output", 1000),
    Tensor("attn_q", 200, 8),
    Tensor("attn_k", 100, 8),
    Tensor("attn_v", 100, 8),
    Tensor("attn_output", 200, 8),
    Tensor("ffn_gate", 300, 8),
    Tensor("ffn_up", 300, 8),
    Tensor("ffn_down", 300, 8),
    Tensor("norm", 10, 17),
)
FEED = tuple(Tensor(name, 300, 10, 2) for name in ("ffn_gate", "ffn_up", "ffn_down"))
SEEN = (Tensor("vision", 7000), Tensor("projector", 500), Tensor("cross_attention", 2000 - 6 * 300, 1, 1))


@pytest.mark.parametrize(
    ("changes", "tensors"),
    [
        ({}, (Tensor("token_embd", 1030), *TEXT)),
        ({"tied_embeddings": True}, (Tensor("token_embd", 30), *TEXT)),
        ({"tied_embeddings": True, "extra_embedding_rows": 0}, TEXT),
        ({"vision": VISION}, (Tensor("token_embd", 1030), *TEXT[:5], *FEED, TEXT[8], *SEEN)),
    ],
)
def test_which_tensors_there_are(changes: dict[str, Any], tensors: tuple[Tensor, ...]) -> None:
    assert tensor_parameters(SHAPE._replace(**changes)) == tensors


@pytest.mark.parametrize(
    ("layers", "count", "indexes"),
    [
        ("all", 3, [0, 1, 2]),
        ("first_eighth", 17, [0, 1]),
        ("first_eighth", 7, []),
        ("first_sixteenth", 33, [0, 1]),
        ("first_two", 5, [0, 1]),
        ("first_two", 1, [0]),
        ("first_four", 5, [0, 1, 2, 3]),
        ("first_four", 3, [0, 1, 2]),
        ("inner", 5, [1, 2, 3]),
        ("outer", 5, [0, 4]),
        ("outer", 1, [0]),
        # two eighths, and from the fourth on every third of what lies between
        ("more_bits", 20, [0, 1, 4, 7, 10, 13, 16, 17, 18, 19]),
        ("more_bits", 16, [0, 1, 4, 7, 10, 13, 14, 15]),
    ],
)
def test_layers_of_a_set(layers: Any, count: int, indexes: list[int]) -> None:
    assert [*_layer_indexes(layers, count)] == indexes


TYPES = {name: BlockType(id=name, bits_per_weight=bits) for name, bits in (("t8", 8), ("t16", 16), ("t32", 32))}
STORED = Quantization(
    id="own",
    name="Own",
    format="gguf",
    bits=8,
    default_type="t8",
    metadata_bytes=7,
    quality_kept_percent=100,
    quality_basis="made",
    maturity=50,
    sources=("made",),
)
ALL = 1030 + 1000 + 8 * 1500 + 170  # bytes at one each


def stored(*rules: TensorRule, **changes: Any) -> Quantization:
    """A quantization of one byte a weight but for some rules."""
    return STORED._replace(tensors=rules, **changes)


def rule(tensor: Any, kind: str = "t16", **changes: Any) -> TensorRule:
    return TensorRule(tensor=tensor, type=kind, **changes)


@pytest.mark.parametrize(
    ("rules", "added"),
    [
        ((), 0),
        ((rule("attn_q"),), 8 * 200),
        ((rule("attn_q", "t32"),), 8 * 600),
        ((rule("attn_q", layers="first_two"),), 2 * 200),
        ((rule("attn_q"), rule("attn_q", "t32", layers="first_two")), 8 * 200 + 2 * 400),  # the later one holds
        ((rule("attn_q", layers="first_two"), rule("attn_q", "t32", replaces=("t16",))), 2 * 600),
        ((rule("attn_q", "t32", replaces=("t16",)),), 0),
        ((rule("attn_q", minimum_gqa=2),), 8 * 200),
        ((rule("attn_q", minimum_gqa=3),), 0),
        ((rule("attn_q", model_layers=8),), 8 * 200),
        ((rule("attn_q", model_layers=9),), 0),
        ((rule("token_embd"),), 1030),
    ],
)
def test_rules_of_a_format(rules: tuple[TensorRule, ...], added: int) -> None:
    model: Any = Shaped(SHAPE)
    assert weights_bytes(model, stored(*rules), TYPES) == ALL + added + 7


def test_a_tied_table_may_be_written_twice() -> None:
    model: Any = Shaped(SHAPE._replace(tied_embeddings=True))
    once, twice = (weights_bytes(model, stored(separate_head=apart), TYPES) for apart in (False, True))
    assert (once, twice) == (ALL - 1000 + 7, ALL + 7)
    untied: Any = Shaped(SHAPE)
    assert weights_bytes(untied, stored(separate_head=True), TYPES) == ALL + 7


OFFICIAL = OfficialBuild(quantization="own", hf_repo="maker/own", weights_bytes=99_999)


@pytest.mark.parametrize(
    ("quantization", "official", "size"),
    [("own", True, 99_999), ("own", False, ALL + 7), ("another", True, ALL + 7)],
)
def test_what_is_published_has_its_own_size(quantization: str, official: bool, size: int) -> None:
    model: Any = Shaped(SHAPE, official_builds=(OFFICIAL._replace(quantization="other"), OFFICIAL))
    kind = stored(id=quantization)
    assert weights_bytes(model, kind, TYPES, official=official) == size
    assert read_bytes_per_token(model, kind, TYPES, official=official) == size - 1030 - 7


@pytest.mark.parametrize(
    ("changes", "with_image", "read"),
    [
        ({}, False, ALL - 1030),
        ({}, True, ALL - 1030),
        ({"tied_embeddings": True}, False, ALL - 1030),
        # 8 of 10 feed-forward layers, and all of them with those of the image
        ({"vision": VISION}, False, ALL - 1030),
        ({"vision": VISION}, True, ALL - 1030 + 6 * 300 + 200),
    ],
)
def test_what_a_token_reads(changes: dict[str, Any], with_image: bool, read: int) -> None:
    model: Any = Shaped(SHAPE._replace(**changes))
    assert read_bytes_per_token(model, STORED, TYPES, with_image=with_image) == read
