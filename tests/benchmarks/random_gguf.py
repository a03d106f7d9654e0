"""GGUF files of a model's true shape with random 16-bit weights: as large as the real ones, and free to make.

usage: python tests/benchmarks/random_gguf.py MODEL FILE [VOCABULARY TEMPLATE]
VOCABULARY is a GGUF file whose tokenizer is taken over, TEMPLATE the file of a chat template: with both a server can be
talked to. llama.cpp has them as models/ggml-vocab-llama-bpe.gguf and models/templates/. Needs `gguf` and `numpy`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gguf
import numpy as np
from measured_rows import rule_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.model import Architecture

ROPE_BASE = 500_000.0
EPSILON = 1e-5
SCALE = 0.02
TRAINED_TOKENS = 131_072


def write(architecture: Architecture, path: str, vocabulary: str = "", template: str = "") -> None:
    """Write the file; weights repeat one random row, which no memory figure depends on."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(TRAINED_TOKENS)
    writer.add_embedding_length(architecture.hidden_size)
    writer.add_block_count(architecture.layers)
    writer.add_feed_forward_length(architecture.ffn_size)
    writer.add_head_count(architecture.attention_heads)
    writer.add_head_count_kv(architecture.kv_heads)
    writer.add_rope_dimension_count(architecture.head_dim)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_vocab_size(architecture.vocab_size)
    if vocabulary:
        copy_tokenizer(vocabulary, writer)
        writer.add_chat_template(Path(template).read_text(encoding="utf-8"))
    else:
        writer.add_tokenizer_model("none")
    for name, shape in tensors(architecture):
        writer.add_tensor(name, weights(shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def copy_tokenizer(vocabulary: str, writer: gguf.GGUFWriter) -> None:
    """Take over all that a file says of its tokenizer."""
    for name, field in gguf.GGUFReader(vocabulary).fields.items():
        if name.startswith("tokenizer."):
            parts = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], parts)


def tensors(architecture: Architecture) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the name and shape (rows, columns) of every tensor."""
    width, keys = architecture.hidden_size, architecture.kv_heads * architecture.head_dim
    queries, wide = architecture.attention_heads * architecture.head_dim, architecture.ffn_size
    yield "token_embd.weight", (architecture.vocab_size, width)
    if not architecture.tied_embeddings:
        yield "output.weight", (architecture.vocab_size, width)
    yield "output_norm.weight", (width,)
    layer = {
        "attn_norm": (width,),
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, queries),
        "ffn_norm": (width,),
        "ffn_gate": (wide, width),
        "ffn_up": (wide, width),
        "ffn_down": (width, wide),
    }
    for index in range(architecture.layers):
        for name, shape in layer.items():
            yield f"blk.{index}.{name}.weight", shape


def weights(shape: tuple[int, ...]) -> np.ndarray:
    """Return norms as ones in 32 bits, matrices as views of one random row in 16."""
    if len(shape) == 1:
        return np.ones(shape, dtype=np.float32)
    row = np.random.default_rng(0).normal(0, SCALE, shape[-1]).astype(np.float16)
    return np.broadcast_to(row, shape)


def main() -> None:
    """Write the file of the model named."""
    model, path, *tokenizer = sys.argv[1:]
    write(rule_base().models[model].architecture, path, *tokenizer)


if __name__ == "__main__":
    main()
