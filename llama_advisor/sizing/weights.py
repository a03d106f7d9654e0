"""Size of the weights: which tensors a model has, and what each costs in a quantization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from llama_advisor.knowledge.model import Architecture, Model
from llama_advisor.knowledge.quantization import BlockType, LayerSet, Quantization, TensorName
from llama_advisor.sizing.support import official_build


class Tensor(NamedTuple):
    """All tensors of one name; cross-attention layers are counted among `layers`."""

    name: TensorName
    parameters: int  # Parameters in one layer.
    layers: int = 1  # Layers that have it.
    cross_layers: int = 0  # Those of them that are cross-attention layers, idle in a prompt without an image.


def tensor_parameters(architecture: Architecture) -> tuple[Tensor, ...]:
    """List every tensor once; a tied embedding appears as `output` only."""
    width, layers, vision = architecture.hidden_size, architecture.layers, architecture.vision
    table = architecture.vocab_size * width
    extra = architecture.extra_embedding_rows * width  # of the input table alone
    query = width * architecture.attention_heads * architecture.head_dim
    key = width * architecture.kv_heads * architecture.head_dim
    feed = width * architecture.ffn_size
    crossed = vision.cross_attention_layers if vision else 0  # their feed-forward tensors have the same shape
    tensors = [
        Tensor("token_embd", extra if architecture.tied_embeddings else table + extra),
        Tensor("output", table),
        Tensor("attn_q", query, layers),
        Tensor("attn_k", key, layers),
        Tensor("attn_v", key, layers),
        Tensor("attn_output", query, layers),
        Tensor("ffn_gate", feed, layers + crossed, crossed),
        Tensor("ffn_up", feed, layers + crossed, crossed),
        Tensor("ffn_down", feed, layers + crossed, crossed),
        Tensor("norm", width, 2 * layers + 1),
    ]
    if vision is not None:
        beyond_feed = vision.cross_attention_parameters - 3 * feed * crossed
        tensors += [
            Tensor("vision", vision.encoder_parameters),
            Tensor("projector", vision.projector_parameters),
            Tensor("cross_attention", beyond_feed, 1, 1),
        ]
    return tuple(tensor for tensor in tensors if tensor.parameters)


def weights_bytes(
    model: Model, quantization: Quantization, block_types: Mapping[str, BlockType], *, official: bool = True
) -> int:
    """Return the bytes of all weights as stored, metadata included; an `official` file's are those published."""
    published = official_build(model, quantization)
    if official and published is not None:
        return published.weights_bytes
    bits = sum(bits for _, bits in _stored(model.architecture, quantization, block_types))
    return round(bits / 8) + quantization.metadata_bytes


def read_bytes_per_token(
    model: Model,
    quantization: Quantization,
    block_types: Mapping[str, BlockType],
    *,
    with_image: bool = False,
    official: bool = True,
) -> int:
    """Return the weight bytes read to decode one token; cross-attention layers run only for an image in the prompt.

    The input table (one row is read), metadata and the vision encoder do not count.
    """
    idle = 0.0
    for tensor, bits in _stored(model.architecture, quantization, block_types):
        share = 0.0 if with_image else tensor.cross_layers / tensor.layers
        idle += bits * (1.0 if tensor.name in {"token_embd", "vision", "projector"} else share)
    stored = weights_bytes(model, quantization, block_types, official=official)
    return stored - (round(idle / 8) + quantization.metadata_bytes)


def _stored(
    architecture: Architecture, quantization: Quantization, block_types: Mapping[str, BlockType]
) -> Iterator[tuple[Tensor, float]]:
    """Yield the tensors with their bits over all layers; the input table, too, where a tied one is written twice."""
    tensors = tensor_parameters(architecture)
    if architecture.tied_embeddings and quantization.separate_head:
        tensors = (*tensors, Tensor("token_embd", architecture.vocab_size * architecture.hidden_size))
    grouping = architecture.attention_heads // architecture.kv_heads
    for tensor in tensors:
        types = [quantization.default_type] * tensor.layers
        for rule in quantization.tensors:
            of_model = rule.model_layers in {None, architecture.layers}
            if rule.tensor == tensor.name and of_model and grouping >= (rule.minimum_gqa or 0):
                for layer in _layer_indexes(rule.layers, tensor.layers):
                    if not rule.replaces or types[layer] in rule.replaces:
                        types[layer] = rule.type
        yield tensor, tensor.parameters * sum(block_types[name].bits_per_weight for name in types)


def _layer_indexes(layers: LayerSet, count: int) -> range | list[int]:
    """Return the layers of a named set, as llama.cpp counts them (integer division)."""
    eighth, tail = count // 8, 7 * count // 8
    named: dict[str, range | list[int]] = {
        "all": range(count),
        "first_eighth": range(eighth),
        "first_sixteenth": range(count // 16),
        "first_two": range(min(2, count)),
        "first_four": range(min(4, count)),
        "inner": range(1, count - 1),
        "outer": sorted({0, count - 1}),
    }
    third = range(eighth + 2, tail, 3)
    return named[layers] if layers in named else [i for i in range(count) if i < eighth or i >= tail or i in third]
