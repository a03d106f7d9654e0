"""Where the files of builds are: only what the rule base lists as published, what the engine loads, or the original."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from llama_advisor.engine.advice import Artifact
from llama_advisor.engine.artifacts import NOWHERE, artifact, published
from llama_advisor.engine.candidate import Candidate, Place
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.layouts import Sizes
from llama_advisor.sizing.support import official_build

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = load_rules()
NEED = understand(Scenario(use_cases=("chat",)), BASE)
ADVISOR = Advisor(BASE, date(2026, 11, 26))


def candidate(model: str, quantization: str, engine: str) -> Candidate:
    place = Place(model=BASE.models[model], quantization=BASE.quantizations[quantization], engine=BASE.engines[engine])
    return Candidate(NEED, place)


def every() -> Iterator[Candidate]:
    return (candidate(m, q, e) for m in BASE.models for q in BASE.quantizations for e in BASE.engines)


def test_no_name_is_printed_that_is_not_listed() -> None:
    for build in every():
        files, model, engine = artifact(build), build.model, build.engine
        held = model.published.get(build.quantization.id, ())
        names = {item.name for item in held}
        tags = {engine.tag.format(repository=name, quantization=build.quantization.id.upper()) for name in names}
        assert files.ollama_tag in {None, *names, *tags}
        assert files.hf_repo in {None, *names, model.artifacts.hf_repo}
        if files not in {NOWHERE, artifact_of_original(build)}:
            assert files.stored_as in engine.loads
            assert (files.stored_as, files.file) in {(item.stored_as, item.file) for item in held}


def artifact_of_original(build: Candidate) -> Artifact:
    files = build.model.artifacts
    return Artifact(hf_repo=files.hf_repo, stored_as="safetensors", gated=files.gated)


def test_published_entries_are_of_known_quantizations_and_listed_once() -> None:
    loaded = {kind for engine in BASE.engines.values() for kind in engine.loads}
    for model in BASE.models.values():
        listed = [(item.quantization, item.stored_as, item.name) for item in model.artifacts.published]
        assert len(set(listed)) == len(listed), model.id
        assert {quantization for quantization, _, _ in listed} <= set(BASE.quantizations), model.id
        assert {stored_as for _, stored_as, _ in listed} <= loaded, model.id


@pytest.mark.parametrize(
    ("model", "quantization", "engine", "tag"),
    [
        ("llama-3.1-8b-instruct", "q4_k_m", "ollama", "llama3.1:8b"),
        ("llama-3.1-8b", "q4_k_m", "ollama", "llama3.1:8b-text-q4_K_M"),
        ("llama-3.1-8b", "q4_0", "ollama", "llama3.1:8b-text-q4_0"),
        ("llama-guard-3-8b", "q8_0", "ollama", "llama-guard3:8b-q8_0"),
        ("llama-guard-3-1b", "q4_k_m", "ollama", "llama-guard3:1b-q4_K_M"),
        ("llama-3.2-90b-vision-instruct", "q8_0", "ollama", "llama3.2-vision:90b-instruct-q8_0"),
        ("llama-3.1-8b-instruct", "iq4_xs", "ollama", "hf.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:IQ4_XS"),
    ],
)
def test_tags(model: str, quantization: str, engine: str, tag: str) -> None:
    assert artifact(candidate(model, quantization, engine)).ollama_tag == tag


@pytest.mark.parametrize(
    ("model", "quantization", "engine", "repository", "stored_as"),
    [
        ("llama-3.1-405b-instruct", "fp8", "vllm", "RedHatAI/Meta-Llama-3.1-405B-Instruct-FP8", "compressed-tensors"),
        ("llama-3.1-405b-instruct", "fp8", "tgi", "RedHatAI/Meta-Llama-3.1-405B-Instruct-FP8", "compressed-tensors"),
        ("llama-3.1-8b-instruct", "fp8", "tensorrt-llm", "nvidia/Llama-3.1-8B-Instruct-FP8", "modelopt"),
        ("llama-3.1-8b-instruct", "int8", "transformers", "meta-llama/Llama-3.1-8B-Instruct", "safetensors"),
        ("llama-3.2-90b-vision-instruct", "mlx-4bit", "mlx", "mlx-community/Llama-3.2-90B-Vision-Instruct-4bit", "mlx"),
        ("llama-3.1-70b", "q4_k_m", "llama.cpp", "meta-llama/Llama-3.1-70B", "safetensors"),
        (
            "llama-3.2-3b-instruct",
            "qlora-int4",
            "executorch",
            "meta-llama/Llama-3.2-3B-Instruct-QLORA_INT4_EO8",
            "qlora",
        ),
    ],
)
def test_repositories(model: str, quantization: str, engine: str, repository: str, stored_as: str) -> None:
    files = artifact(candidate(model, quantization, engine))
    assert (files.hf_repo, files.stored_as) == (repository, stored_as)
    assert files.gated == repository.startswith("meta-llama/")


@pytest.mark.parametrize(
    ("model", "quantization", "engine"),
    [
        ("llama-3.2-90b-vision-instruct", "q3_k_m", "ollama"),
        ("llama-3.2-11b-vision-instruct", "iq4_xs", "ollama"),
        ("llama-3.2-90b-vision-instruct", "awq-int4", "vllm"),
        ("llama-3.1-405b-instruct", "awq-int4", "tensorrt-llm"),
    ],
)
def test_what_is_not_listed_is_nowhere(model: str, quantization: str, engine: str) -> None:
    build = candidate(model, quantization, engine)
    assert artifact(build) == NOWHERE
    assert not published(build)


@pytest.mark.parametrize("hardware", ["2x RTX 3090", "RTX A6000", "M3 Max 64GB", "1x H100"])
def test_90b_vision_fits_no_machine_through_files_that_nobody_lists(hardware: str) -> None:
    asked = Scenario(use_cases=("image-understanding",), inputs=("text", "image"), hardware=hardware)
    builds = {build.model: build for build in ADVISOR.advise(asked).ranking}
    build = builds.pop("llama-3.2-90b-vision-instruct", None)
    assert builds
    assert build is None or build.quantization in {"q4_k_m", "nf4", "mlx-4bit"}


def test_a_build_without_a_file_is_ruled_out_and_the_excuse_says_so() -> None:
    only = {"models": ["llama-3.2-90b-vision-instruct"], "engines": ["vllm"], "quantizations": ["awq-int4"]}
    inputs = ("text", "image")
    advice = ADVISOR.advise(Scenario(use_cases=("general",), inputs=inputs, hardware="2x H100", only=only))
    excuses = [item.excuse.text for item in advice.excluded if item.excuse.rule == "file-listed"]
    assert excuses == ["no awq-int4 file of Llama 3.2 90B Vision Instruct that vLLM loads is listed here"]


def test_the_file_that_is_named_is_the_one_sized() -> None:
    sizes, others = Sizes(BASE), 0
    for build in every():
        official = official_build(build.model, build.quantization)
        if official and (repository := artifact(build).hf_repo):
            mine = repository == official.hf_repo
            assert mine == (sizes.weights(build.model, build.quantization.id, build.engine) == official.weights_bytes)
            others += not mine
    assert others > 0
    model, vllm = BASE.models["llama-3.1-405b-instruct"], BASE.engines["vllm"]
    # 404.7 billion in FP8, embeddings and head in 16 bits
    assert sizes.weights(model, "fp8", vllm) / 2**30 == pytest.approx(382, abs=1)
    assert sizes.read(model, "fp8", vllm, with_image=False) < sizes.weights(model, "fp8", vllm)
