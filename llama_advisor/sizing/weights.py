"""Size of the weights: which tensors a model has, and what each costs in a quantization."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.sizing.support import official_build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_advisor.knowledge.model import Architecture, Model
    from llama_advisor.knowledge.quantization import (
        BlockType,
        LayerSet,
        Quantization,
        TensorName,
        TensorRule,
    )


class Tensor(NamedTuple):
    """All tensors of one name; cross-attention layers are counted among `layers`."""

    name: TensorName
    parameters: int  # Parameters in one layer.
    layers: int = 1  # Layers that have it.
    cross_layers: int = 0  # Those of them that are cross-attention layers, idle in a prompt without an image.

    @property
    def total(self) -> int:
        """Parameters over all layers."""
        return self.parameters * self.layers


def tensor_parameters(architecture: Architecture) -> tuple[Tensor, ...]:
    """List every tensor once; a tied embedding appears as `output` only."""
    tensors = (*_embeddings(architecture), *_layers(architecture), *_image_path(architecture))
    return tuple(tensor for tensor in tensors if tensor.parameters)


def parameters(architecture: Architecture) -> int:
    """Return the exact parameter count."""
    return sum(tensor.total for tensor in tensor_parameters(architecture))


def weights_bytes(model: Model, quantization: Quantization, block_types: Mapping[str, BlockType]) -> int:
    """Return the bytes of all weights as stored; a published official build's own size wins."""
    official = official_build(model, quantization)
    if official is not None:
        return official.weights_bytes
    return _stored_bytes(model.architecture, quantization, block_types)


def read_bytes_per_token(
    model: Model,
    quantization: Quantization,
    block_types: Mapping[str, BlockType],
    *,
    with_image: bool = False,
) -> int:
    """Return the weight bytes read to decode one token.

    The input table (one row is read), metadata and the vision encoder do not count; cross-attention
    layers run only when an image is in the prompt.
    """
    idle = _idle_bytes(model.architecture, quantization, block_types, with_image=with_image)
    return weights_bytes(model, quantization, block_types) - idle


def _embeddings(architecture: Architecture) -> tuple[Tensor, ...]:
    """Input table and output head; extra rows belong to the input table alone."""
    width = architecture.hidden_size
    table = architecture.vocab_size * width
    extra = architecture.extra_embedding_rows * width
    inputs = extra if architecture.tied_embeddings else table + extra
    return Tensor("token_embd", inputs), Tensor("output", table)


def _layers(architecture: Architecture) -> tuple[Tensor, ...]:
    """Transformer layers; cross-attention layers have feed-forward tensors of the same shape."""
    width, layers = architecture.hidden_size, architecture.layers
    crossed = architecture.vision.cross_attention_layers if architecture.vision else 0
    query = width * architecture.attention_heads * architecture.head_dim
    key = width * architecture.kv_heads * architecture.head_dim
    feed = width * architecture.ffn_size
    return (
        Tensor("attn_q", query, layers),
        Tensor("attn_k", key, layers),
        Tensor("attn_v", key, layers),
        Tensor("attn_output", query, layers),
        Tensor("ffn_gate", feed, layers + crossed, crossed),
        Tensor("ffn_up", feed, layers + crossed, crossed),
        Tensor("ffn_down", feed, layers + crossed, crossed),
        Tensor("norm", width, 2 * layers + 1),
    )


def _image_path(architecture: Architecture) -> tuple[Tensor, ...]:
    """Vision encoder, projector, and what cross-attention layers have beyond the feed-forward."""
    vision = architecture.vision
    if vision is None:
        return ()
    feed = 3 * architecture.hidden_size * architecture.ffn_size * vision.cross_attention_layers
    return (
        Tensor("vision", vision.encoder_parameters),
        Tensor("projector", vision.projector_parameters),
        Tensor("cross_attention", vision.cross_attention_parameters - feed, 1, 1),
    )


def _stored_bytes(architecture: Architecture, quantization: Quantization, block_types: Mapping[str, BlockType]) -> int:
    """Everything in the file: tensors, a separate copy of a tied head, metadata."""
    tensors = tensor_parameters(architecture)
    bits = sum(_bits(tensor, architecture, quantization, block_types) for tensor in tensors)
    copy = _copied_table_bits(architecture, quantization, block_types)
    return round((bits + copy) / 8) + quantization.metadata_bytes


def _idle_bytes(
    architecture: Architecture,
    quantization: Quantization,
    block_types: Mapping[str, BlockType],
    *,
    with_image: bool,
) -> int:
    """Stored bytes that decoding one token does not read."""
    bits = _copied_table_bits(architecture, quantization, block_types)
    for tensor in tensor_parameters(architecture):
        share = _idle_share(tensor, with_image=with_image)
        if share:
            bits += share * _bits(tensor, architecture, quantization, block_types)
    return round(bits / 8) + quantization.metadata_bytes


def _idle_share(tensor: Tensor, *, with_image: bool) -> float:
    """Share of the tensor that decoding one token does not read, 0-1."""
    if tensor.name in {"token_embd", "vision", "projector"}:
        return 1.0
    return 0.0 if with_image else tensor.cross_layers / tensor.layers


def _copied_table_bits(
    architecture: Architecture, quantization: Quantization, block_types: Mapping[str, BlockType]
) -> float:
    """Bits of the input table where the format writes a tied embedding twice."""
    if not (architecture.tied_embeddings and quantization.separate_head):
        return 0.0
    table = Tensor("token_embd", architecture.vocab_size * architecture.hidden_size)
    return _bits(table, architecture, quantization, block_types)


def _bits(
    tensor: Tensor,
    architecture: Architecture,
    quantization: Quantization,
    block_types: Mapping[str, BlockType],
) -> float:
    """Bits of one tensor over all its layers."""
    types = [quantization.default_type] * tensor.layers
    for rule in quantization.tensors:
        if rule.tensor == tensor.name and _applies(rule, architecture):
            for layer in _layer_indexes(rule.layers, tensor.layers):
                if not rule.replaces or types[layer] in rule.replaces:
                    types[layer] = rule.type
    return tensor.parameters * sum(block_types[name].bits_per_weight for name in types)


def _applies(rule: TensorRule, architecture: Architecture) -> bool:
    """Whether the rule's conditions on the model hold."""
    if rule.model_layers is not None and rule.model_layers != architecture.layers:
        return False
    grouping = architecture.attention_heads // architecture.kv_heads
    return rule.minimum_gqa is None or grouping >= rule.minimum_gqa


def _layer_indexes(layers: LayerSet, count: int) -> range | list[int]:
    """Return the layers of a named set, as llama.cpp counts them (integer division)."""
    eighth = count // 8
    firsts = {
        "all": count,
        "first_eighth": eighth,
        "first_sixteenth": count // 16,
        "first_two": min(2, count),
        "first_four": min(4, count),
    }
    if layers in firsts:
        return range(firsts[layers])
    if layers == "inner":
        return range(1, count - 1)
    if layers == "outer":
        return sorted({0, count - 1})
    tail = 7 * count // 8
    third = set(range(eighth + 2, tail, 3))
    return [i for i in range(count) if i < eighth or i >= tail or i in third]
