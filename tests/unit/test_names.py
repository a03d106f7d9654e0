"""Any name that people use leads to one id; a name that leads nowhere is told with the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llama_advisor.scenario import names
from llama_advisor.text.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_advisor.knowledge.base import RuleBase


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("llama-3.1-8b-instruct", "llama-3.1-8b-instruct"),
        ("llama3.2", "llama-3.2-3b-instruct"),
        ("llama3.2:latest", "llama-3.2-3b-instruct"),
        ("llama3.2:3b", "llama-3.2-3b-instruct"),
        ("llama3.2:1b", "llama-3.2-1b-instruct"),
        ("llama3.1", "llama-3.1-8b-instruct"),
        ("llama3.1:8b", "llama-3.1-8b-instruct"),
        ("llama3.1:70b", "llama-3.1-70b-instruct"),
        ("llama3.1:405b", "llama-3.1-405b-instruct"),
        ("llama3.2-vision", "llama-3.2-11b-vision-instruct"),
        ("llama3.2-vision:11b", "llama-3.2-11b-vision-instruct"),
        ("llama3.2-vision:90b", "llama-3.2-90b-vision-instruct"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("https://huggingface.co/meta-llama/Llama-3.2-1B-Instruct", "llama-3.2-1b-instruct"),
        ("hf.co/Llama-3.2-1B-Instruct", "llama-3.2-1b-instruct"),
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("meta-llama/Llama-3.2-1B", "llama-3.2-1b"),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", "llama-3.2-11b-vision-instruct"),
        ("Llama 3.1 8B", "llama-3.1-8b-instruct"),
        ("Llama 3.1 8B Instruct", "llama-3.1-8b-instruct"),
        ("llama 3.2 11b vision", "llama-3.2-11b-vision-instruct"),
        ("LLAMA_3.1_70B_INSTRUCT", "llama-3.1-70b-instruct"),
        ("3.1 405b", "llama-3.1-405b-instruct"),
        ("405B", "llama-3.1-405b-instruct"),
        ("3.2-11b-vision", "llama-3.2-11b-vision-instruct"),
        ("3.2 90B Vision", "llama-3.2-90b-vision-instruct"),
        ("guard 3 1b", "llama-guard-3-1b"),
        ("  llama-3.2-3b-instruct ", "llama-3.2-3b-instruct"),
    ],
)
def test_models_are_found_by_tag_repository_and_loose_name(name: str, model: str, base: RuleBase) -> None:
    assert names.model_id(name, base) == model


def test_an_id_is_always_itself(base: RuleBase) -> None:
    assert {name: names.model_id(name, base) for name in base.models} == {name: name for name in base.models}


def test_repositories_and_tags_of_every_model_lead_back_to_it(base: RuleBase) -> None:
    for model in base.models.values():
        assert names.model_id(model.artifacts.hf_repo, base) == model.id
        for item in model.artifacts.published:
            assert names.model_id(item.name, base) == model.id, item.name


@pytest.mark.parametrize(
    ("name", "model", "quantizations"),
    [
        ("llama3.1:8b-instruct-q8_0", "llama-3.1-8b-instruct", ("q8_0",)),
        ("llama3.1:8b-text-q4_K_M", "llama-3.1-8b", ("q4_k_m",)),
        ("llama-guard3:8b-q4_K_M", "llama-guard-3-8b", ("q4_k_m",)),
        ("nvidia/Llama-3.1-8B-Instruct-NVFP4", "llama-3.1-8b-instruct", ("nvfp4",)),
        ("bartowski/Llama-3.2-3B-Instruct-GGUF", "llama-3.2-3b-instruct", ()),
        ("llama3.1:8b", "llama-3.1-8b-instruct", ()),
    ],
)
def test_a_published_name_tells_its_quantization(
    name: str, model: str, quantizations: tuple[str, ...], base: RuleBase
) -> None:
    assert names.model_id(name, base) == model
    assert names.named_build(name, base.models[model]) == quantizations


@pytest.mark.parametrize("name", ["llama-3.2-8b", "gpt-4", "8c", "", "llama-4", "3.1 9b"])
def test_a_model_that_is_not_known_is_told(name: str, base: RuleBase) -> None:
    with pytest.raises(InputError, match=r"^model: unknown model '.*'; (nearest|known): llama-"):
        names.model_id(name, base)


def test_a_misspelt_model_names_the_nearest(base: RuleBase) -> None:
    with pytest.raises(InputError, match=r"unknown model 'llama-3\.1-8b-instrct'; nearest: llama-3\.1-8b-instruct$"):
        names.model_id("llama-3.1-8b-instrct", base)


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("vLLM", "vllm"),
        ("llamacpp", "llama.cpp"),
        ("LLAMA.CPP", "llama.cpp"),
        ("Ollama", "ollama"),
        ("TRT-LLM", "tensorrt-llm"),
    ],
)
def test_engines_are_found_by_spelling(name: str, engine: str, base: RuleBase) -> None:
    assert names.engine_id(name, base) == engine


def test_every_engine_and_use_case_is_found_by_name_and_alias(base: RuleBase) -> None:
    for engine in base.engines.values():
        assert {names.engine_id(name, base) for name in (engine.id, engine.name, *engine.aliases)} == {engine.id}
    for case in base.use_cases.values():
        assert {names.use_case_id(name, base) for name in (case.id, case.name, *case.aliases)} == {case.id}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("q4_k_m", "q4_k_m"),
        ("Q4_K_M", "q4_k_m"),
        ("q4-k-m", "q4_k_m"),
        ("BF16", "bf16"),
        ("awq", "awq-int4"),
        ("fp8", "fp8"),
    ],
)
def test_quantizations_are_found_by_spelling(name: str, first: str, base: RuleBase) -> None:
    assert names.quantization_ids(name, base)[0] == first


def test_int4_stands_for_the_builds_that_people_mean_by_it(base: RuleBase) -> None:
    found = names.quantization_ids("int4", base)
    assert {"awq-int4", "gptq-int4"} <= set(found)
    assert len(set(found)) == len(found)
    assert set(found) <= set(base.quantizations)


@pytest.mark.parametrize(
    ("find", "field", "what"),
    [
        (names.engine_id, "engine", "engine"),
        (names.quantization_ids, "quantization", "quantization"),
        (names.model_id, "only.models", "model"),
    ],
)
def test_errors_name_the_field(find: object, field: str, what: str, base: RuleBase) -> None:
    assert callable(find)
    with pytest.raises(InputError) as caught:
        find("no such\x1b thing", base, field)
    assert str(caught.value).startswith(f"{field}: unknown {what} 'no such? thing'")


def test_one_of_folds_to_the_known_spelling() -> None:
    assert names.one_of(" LLAMA 3.1 ", ["llama-3.1", "llama-3.2"], "only.families", "family") == "llama-3.1"
    with pytest.raises(InputError, match=r"^only\.families: unknown family 'lama-3\.1'; nearest: llama-3\.1$"):
        names.one_of("lama-3.1", ["llama-3.1", "llama-3.2"], "only.families", "family")


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("codng", ["chat", "coding"], "; nearest: coding"),
        ("CODNG", ["chat", "Coding"], "; nearest: Coding"),
        ("--hw", ["--why", "--hardware", "--how"], "; nearest: --how"),
        ("--hw", ["--why", "--hardware"], "; nearest: --hardware"),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("zzz", "abcdefghij", "; known: a, b, c, d, e, f, g, h, i, j"),
        ("zzz", map(str, range(99)), "; see: llama-advisor numbers list"),
        ("zzz", [], ""),
    ],
)
def test_nearest_names_one_or_lists_a_few(name: str, known: Iterable[str], hint: str) -> None:
    assert nearest(name, known, see="numbers list") == hint
