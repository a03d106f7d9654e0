"""How weights are stored: which tensor takes which block type."""

from __future__ import annotations

from typing import Literal

from llama_advisor.text.strict import Strict

TensorName = Literal[
    "token_embd",
    "output",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "ffn_gate",
    "ffn_up",
    "ffn_down",
    "vision",
    "projector",
    "cross_attention",
    "norm",
]
LayerSet = Literal["all", "more_bits", "first_eighth", "first_sixteenth", "first_two", "first_four", "inner", "outer"]


class BlockType(Strict):
    """A storage type and what a weight costs in it, scales included."""

    id: str
    """Type id, e.g. `q4_k`."""
    bits_per_weight: float
    """Bits per weight with scales and minima."""
    note: str = ""
    """Where the figure comes from."""


class TensorRule(Strict):
    """Later rules override earlier ones for the tensors and layers they name."""

    tensor: TensorName
    """The tensor."""
    type: str
    """Block type id."""
    layers: LayerSet = "all"
    """Which layers: `more_bits` is the first and last eighth and every third between; `outer` the
    first and the last, `inner` the others."""
    minimum_gqa: int | None = None
    """Only where query heads / KV heads is at least this."""
    model_layers: int | None = None
    """Only for models of exactly this many layers (llama.cpp knows 70B by it)."""
    replaces: tuple[str, ...] = ()
    """Only where the type chosen so far is one of these."""


class Quantization(Strict):
    """A way to store the weights."""

    id: str
    """Quantization id, e.g. `q4_k_m`."""
    name: str
    """Name as people write it."""
    aliases: tuple[str, ...] = ()
    """Other spellings."""
    format: Literal["safetensors", "gguf", "mlx", "pte", "mlc", "hosted"]
    """File format."""
    bits: int
    """Nominal bits, the class people name it by."""
    default_type: str
    """Block type of every tensor no rule names."""
    tensors: tuple[TensorRule, ...] = ()
    """Exceptions, in order."""
    separate_head: bool = False
    """Whether a tied embedding is written twice, once as input table and once as output head."""
    metadata_bytes: int = 0
    """Vocabulary and other metadata inside the file, bytes."""
    compute: Literal["16-bit", "fp8", "int8"] = "16-bit"
    """Type the matrix products run in; decides which hardware runs it natively."""
    official_only: bool = False
    """Whether only models that publish this build have it."""
    ladder: bool = False
    """Whether it is ranked unasked; the others only when named."""
    tunes: tuple[Literal["qlora", "lora", "full"], ...] = ()
    """Tuning methods that start from weights stored so."""
    quality_kept_percent: float
    """Share of benchmark quality kept by an 8B model against bf16, percent."""
    quality_basis: str
    """How that share was found, in one sentence."""
    maturity: int
    """0-100: how well trodden the format is."""
    sources: tuple[str, ...]
    """Source ids."""
    unverified: bool = False
    """Whether the quality share is judgement without a direct measurement."""
