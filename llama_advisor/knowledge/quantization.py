"""How weights are stored: which tensor takes which block type."""

from __future__ import annotations

from typing import Annotated, Literal

from llama_advisor.text.record import Record
from llama_advisor.text.strict import TuningMethod

_InEachLayer = Literal["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
TensorName = Literal["token_embd", "output", _InEachLayer, "vision", "projector", "cross_attention", "norm"]
LayerSet = Literal["all", "more_bits", "first_eighth", "first_sixteenth", "first_two", "first_four", "inner", "outer"]


class BlockType(Record):
    """A storage type and what a weight costs in it, scales included."""

    id: Annotated[str, "Type id, e.g. `q4_k`."]
    bits_per_weight: Annotated[float, "Bits per weight with scales and minima."]
    note: Annotated[str, "Where the figure comes from."] = ""


class TensorRule(Record):
    """Later rules override earlier ones for the tensors and layers they name."""

    tensor: Annotated[TensorName, "The tensor."]
    type: Annotated[str, "Block type id."]
    layers: Annotated[
        LayerSet,
        "Which layers: `more_bits` is the first and last eighth and every third between; `outer` the\n"
        "first and the last, `inner` the others.",
    ] = "all"
    minimum_gqa: Annotated[int | None, "Only where query heads / KV heads is at least this."] = None
    model_layers: Annotated[int | None, "Only for models of exactly this many layers (llama.cpp knows 70B by it)."] = (
        None
    )
    replaces: Annotated[tuple[str, ...], "Only where the type chosen so far is one of these."] = ()


class Quantization(Record):
    """A way to store the weights."""

    id: Annotated[str, "Quantization id, e.g. `q4_k_m`."]
    name: Annotated[str, "Name as people write it."]
    aliases: Annotated[tuple[str, ...], "Other spellings."] = ()
    format: Annotated[Literal["safetensors", "gguf", "mlx", "pte", "mlc", "npu", "hosted"], "File format."]
    bits: Annotated[int, "Nominal bits, the class people name it by."]
    default_type: Annotated[str, "Block type of every tensor no rule names."]
    tensors: Annotated[tuple[TensorRule, ...], "Exceptions, in order."] = ()
    separate_head: Annotated[
        bool, "Whether a tied embedding is written twice, once as input table and once as output head."
    ] = False
    metadata_bytes: Annotated[int, "Vocabulary and other metadata inside the file, bytes."] = 0
    compute: Annotated[
        Literal["16-bit", "fp8", "int8"], "Type the matrix products run in; decides which hardware runs it natively."
    ] = "16-bit"
    official_only: Annotated[bool, "Whether only models that publish this build have it."] = False
    ladder: Annotated[bool, "Whether it is ranked unasked; the others only when named."] = False
    tunes: Annotated[tuple[TuningMethod, ...], "Tuning methods that start from weights stored so."] = ()
    quality_kept_percent: Annotated[float, "Share of benchmark quality kept by an 8B model against bf16, percent."]
    quality_basis: Annotated[str, "How that share was found, in one sentence."]
    maturity: Annotated[int, "0-100: how well trodden the format is."]
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[bool, "Whether the quality share is judgement without a direct measurement."] = False
