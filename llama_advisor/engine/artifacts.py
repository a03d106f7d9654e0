"""Where the files of a build are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.advice import Artifact

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization


def artifact(candidate: Candidate) -> Artifact:
    """Return where the files of the build are, as far as the facts name them."""
    model, quantization = candidate.model, candidate.quantization
    if quantization.format == "gguf":
        repo = model.artifacts.gguf_repo
        name = f"*{quantization.id.upper()}*.gguf" if repo else None
        tag = ollama_tag(model, quantization) if candidate.engine.id == "ollama" else None
        return Artifact(hf_repo=repo, ollama_tag=tag, file=name, stored_as="ollama" if tag else "gguf")
    repo = None if quantization.format == "hosted" else _repository(candidate)
    gated = repo == model.artifacts.hf_repo
    kind = "mlx" if repo and repo == model.artifacts.mlx_repo else "safetensors"
    return Artifact(hf_repo=repo, ollama_tag=None, file=None, stored_as=kind, gated=gated)


def published(candidate: Candidate) -> bool:
    """Tell whether the files exist, or the engine makes them from the original weights while loading."""
    if candidate.quantization.format in {"hosted", "mlc"}:
        return True
    found = artifact(candidate)
    return found.hf_repo is not None or found.ollama_tag is not None


def ollama_tag(model: Model, quantization: Quantization) -> str | None:
    """Return the tag that holds this quantization: the library's plain tag, or its spelt-out form."""
    files = model.artifacts
    if files.ollama_tag is None or files.ollama_quantization == quantization.id:
        return files.ollama_tag
    kind = "text" if model.kind == "base" else "instruct"
    head, _, tail = quantization.id.partition("_")
    name = "fp16" if quantization.id == "f16" else f"{head}_{tail.upper()}" if tail.startswith("k") else quantization.id
    return f"{files.ollama_tag}-{kind}-{name}"


def _repository(candidate: Candidate) -> str | None:
    files, quantization = candidate.model.artifacts, candidate.quantization
    if candidate.place.official is not None:
        return candidate.place.official.hf_repo
    if quantization.format == "mlx" and quantization.bits == MLX_REPO_BITS and files.mlx_repo:
        return files.mlx_repo
    own = files.quantized_repos.get(quantization.id)
    entry = candidate.engine.by_quantization.get(quantization.id)
    return own or (files.hf_repo if entry and entry.from_original else None)


MLX_REPO_BITS = 4
