"""Sizes of weights against exact parameter counts and the sizes of published files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.quantization import BlockType, Quantization
from llama_advisor.sizing.weights import read_bytes_per_token, tensor_parameters, weights_bytes
from llama_advisor.text.record import validate

RULES = Path(__file__).parents[3] / "rules"
GIB = 1024**3
MIB = 1024**2


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@cache
def _model(model_id: str) -> Model:
    return validate(Model, _load(RULES / "models" / f"{model_id}.yaml"))


@cache
def _quantizations() -> dict[str, Quantization]:
    files = [_load(path) for path in sorted((RULES / "quantizations").glob("*.yaml"))]
    entries = [entry for file in files for entry in file.get("quantizations", [])]
    return {e["id"]: validate(Quantization, e) for e in entries}


@cache
def _block_types() -> dict[str, BlockType]:
    entries = _load(RULES / "quantizations" / "types.yaml")["block_types"]
    return {entry["id"]: validate(BlockType, entry) for entry in entries}


def _bytes(model_id: str, quantization: str) -> int:
    return weights_bytes(_model(model_id), _quantizations()[quantization], _block_types())


def _read(model_id: str, quantization: str, *, with_image: bool = False) -> int:
    entry = _quantizations()[quantization]
    return read_bytes_per_token(_model(model_id), entry, _block_types(), with_image=with_image)


@pytest.mark.parametrize("path", sorted((RULES / "models").glob("*.yaml")), ids=lambda p: p.stem)
def test_parameters_are_exact(path: Path) -> None:
    model = validate(Model, _load(path))
    listed = tensor_parameters(model.architecture)
    assert sum(tensor.parameters * tensor.layers for tensor in listed) == model.parameters


# Files with a byte count published beside a hash: rules/sources/models.yaml, gguflist.
PUBLISHED_BYTES = [
    ("llama-3.2-1b-instruct", "q4_k_m", 807_694_464),
    ("llama-3.2-3b-instruct", "q4_k_m", 2_019_377_696),
    ("llama-3.1-8b-instruct", "q4_k_m", 4_920_739_232),
    ("llama-3.1-70b-instruct", "q4_k_m", 42_520_398_400),
    ("llama-3.1-405b-instruct", "q4_k_m", 243_070_000_000),
    ("llama-3.1-405b-instruct", "bf16", 811_706_777_600),
    ("llama-3.2-11b-vision-instruct", "bf16", 21_340_441_670),
    ("llama-3.2-90b-vision-instruct", "bf16", 177_186_710_646),
    ("llama-guard-3-1b", "bf16", 2_996_965_376),
]


@pytest.mark.parametrize(("model_id", "quantization", "published"), PUBLISHED_BYTES)
def test_published_files(model_id: str, quantization: str, published: int) -> None:
    assert _bytes(model_id, quantization) == pytest.approx(published, rel=1e-4)


# llama.cpp's own table of 8B (lcppq), GiB.
LLAMA_CPP_8B_GIB = {
    "f16": 14.96,
    "q8_0": 7.95,
    "q6_k": 6.14,
    "q5_k_m": 5.33,
    "q5_k_s": 5.21,
    "q4_k_m": 4.58,
    "q4_k_s": 4.36,
    "iq4_nl": 4.38,
    "iq4_xs": 4.17,
    "q3_k_l": 4.02,
    "q3_k_s": 3.41,
    "iq3_m": 3.52,
    "iq3_s": 3.42,
    "iq3_xxs": 3.04,
    "q2_k": 2.95,
    "q2_k_s": 2.78,
    "iq2_m": 2.74,
    "iq2_s": 2.56,
    "iq2_xs": 2.42,
    "iq2_xxs": 2.23,
}


@pytest.mark.parametrize(("quantization", "gib"), LLAMA_CPP_8B_GIB.items())
def test_llama_cpp_table(quantization: str, gib: float) -> None:
    assert _bytes("llama-3.1-8b", quantization) / GIB == pytest.approx(gib, rel=0.005)


# Whole files, GB: an independent computation from the same mix rules (ikq); 70B also in bart70.
GGUF_GB = {
    "llama-3.2-1b": (1.321, 1.022, 0.911, 0.808, 0.776, 0.771, 0.691),
    "llama-3.2-3b": (3.422, 2.644, 2.322, 2.019, 1.928, 1.917, 1.687),
    "llama-3.1-8b": (8.541, 6.596, 5.733, 4.921, 4.693, 4.661, 4.019),
    "llama-3.1-70b": (74.975, 57.888, 49.950, 42.520, 40.347, 39.970, 34.267),
    "llama-3.1-405b": (431.239, 332.948, 286.647, 243.070, 230.501, 228.856, 195.373),
}
GGUF_COLUMNS = ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_k_s", "q4_0", "q3_k_m")


@pytest.mark.parametrize("model_id", GGUF_GB)
def test_gguf_mixes(model_id: str) -> None:
    computed = [_bytes(model_id, quantization) / 1e9 for quantization in GGUF_COLUMNS]
    assert computed == pytest.approx(GGUF_GB[model_id], abs=0.001)


# What the maker published wins over the layout of the format.
OFFICIAL_BYTES = [
    ("llama-3.1-405b-instruct", "fp8", 487_229_938_472),
    ("llama-3.2-1b-instruct", "spinquant-int4", 1083 * MIB),
    ("llama-3.2-3b-instruct", "qlora-int4", 2529 * MIB),
]


@pytest.mark.parametrize(("model_id", "quantization", "published"), OFFICIAL_BYTES)
def test_official_builds_win(model_id: str, quantization: str, published: int) -> None:
    assert _bytes(model_id, quantization) == published


# The layout alone agrees with the official files: base models have no official build of their own.
LAYOUT_MIB = [("llama-3.2-1b", 1083), ("llama-3.2-3b", 2435)]


@pytest.mark.parametrize(("model_id", "mib"), LAYOUT_MIB)
def test_executorch_layout_writes_a_tied_embedding_twice(model_id: str, mib: int) -> None:
    assert _bytes(model_id, "spinquant-int4") / MIB == pytest.approx(mib, rel=0.003)


# Ollama's vision files, projector included, as listed (olreadme), GB.
OLLAMA_VISION_GB = [("llama-3.2-11b-vision-instruct", 7.9), ("llama-3.2-90b-vision-instruct", 55)]


@pytest.mark.parametrize(("model_id", "gb"), OLLAMA_VISION_GB)
def test_ollama_vision_files(model_id: str, gb: float) -> None:
    assert _bytes(model_id, "q4_k_m") / 1e9 == pytest.approx(gb, rel=0.02)


# Bytes read per decoded token in bf16: two per parameter that takes part.
READ_BF16 = [
    ("llama-3.1-8b-instruct", 2 * (8_030_261_248 - 128_256 * 4096)),
    ("llama-3.2-1b-instruct", 2 * 1_235_814_400),
]


@pytest.mark.parametrize(("model_id", "expected"), READ_BF16)
def test_untied_input_table_is_not_read(model_id: str, expected: int) -> None:
    assert _read(model_id, "bf16") == expected


def test_text_prompt_of_a_vision_model_reads_its_text_model() -> None:
    vision, text = "llama-3.2-11b-vision-instruct", "llama-3.1-8b-instruct"
    assert _read(vision, "bf16") == _read(text, "bf16")
    extra = _read(vision, "bf16", with_image=True) - _read(vision, "bf16")
    assert extra == 2 * 1_744_898_064


def test_official_build_reads_all_but_the_input_table() -> None:
    model = "llama-3.1-405b-instruct"
    assert _bytes(model, "fp8") - _read(model, "fp8") == 2 * 128_256 * 16_384


def test_every_quantization_sizes_every_model() -> None:
    for path in (RULES / "models").glob("*.yaml"):
        for quantization in _quantizations():
            stored, read = _bytes(path.stem, quantization), _read(path.stem, quantization)
            assert 0 < read <= stored, (path.stem, quantization)


def test_tied_embedding_is_listed_once() -> None:
    names = [tensor.name for tensor in tensor_parameters(_model("llama-3.2-3b").architecture)]
    assert "output" in names
    assert "token_embd" not in names
