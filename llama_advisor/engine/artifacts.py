"""Where a build's files are, and the commands that start it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        return Artifact(hf_repo=repo, ollama_tag=ollama_tag(model, quantization), file=name)
    repo = None if quantization.format == "hosted" else _repository(candidate)
    return Artifact(hf_repo=repo, ollama_tag=None, file=None)


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


def commands(candidate: Candidate, files: Artifact) -> tuple[str, ...]:
    """Return the commands that start the build; a template with a name that is not known is left out."""
    engine = candidate.engine
    found = engine.by_architecture.get(candidate.model.architecture.kind)
    templates = found.commands if found and found.commands else engine.commands
    values = _values(candidate, files)
    return tuple(command for template in templates if (command := _filled(template, values)))


def _values(candidate: Candidate, files: Artifact) -> dict[str, Any]:
    quantization, engine, need, layout = candidate.quantization, candidate.engine, candidate.need, candidate.layout
    entry = engine.by_quantization.get(quantization.id)
    cache = layout.kv_cache_type if layout else "f16"
    at_once = candidate.capacity.limit if candidate.capacity else need.concurrent_requests
    flags = []  # what the quantization needs: made while loading, or for an older device
    if entry:
        architecture = candidate.machine.device.architecture if candidate.machine else ""
        original = files.hf_repo == candidate.model.artifacts.hf_repo
        flags = [entry.flags if original else "", entry.architecture_flags.get(architecture, "")]
    return {
        "hf_repo": files.hf_repo,
        "gguf_repo": files.hf_repo if quantization.format == "gguf" else None,
        "gguf_quantization": quantization.id.upper(),
        "mlx_repo": files.hf_repo,
        "ollama_tag": files.ollama_tag,
        "context_tokens": need.context_tokens,
        "total_context_tokens": need.context_tokens * at_once,
        "concurrent_requests": at_once,
        "tensor_parallel": layout.placed.tensor if layout else 1,
        "pipeline_parallel": layout.placed.stages if layout else 1,
        "kv_cache_type": cache,
        "kv_cache_flags": engine.kv_cache_flags.get(cache, ""),
        "quantization_flags": " ".join(flags),
    }


def _filled(template: str, values: dict[str, Any]) -> str | None:
    text = template
    for name, value in values.items():
        if f"{{{name}}}" in text:
            if value is None:
                return None
            text = text.replace(f"{{{name}}}", str(value))
    return " ".join(text.split())
