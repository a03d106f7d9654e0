"""Where a build's files are, and the commands that start it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.engine.advice import Artifact
from llama_advisor.sizing.support import HOSTED, published_file

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

NOWHERE = Artifact()


def artifact(candidate: Candidate) -> Artifact:
    """Return where the files of the build are: those listed that the engine loads, else the original to make it of."""
    engine, quantization, original = candidate.engine, candidate.quantization.id, candidate.model.artifacts
    found = published_file(candidate.model, quantization, engine)
    if found is None:
        entry = engine.by_quantization.get(quantization)
        made = entry is not None and (entry.from_original or engine.made_with)
        return Artifact(hf_repo=original.hf_repo, stored_as="safetensors", gated=original.gated) if made else NOWHERE
    named = engine.tag.format(repository=found.name, quantization=quantization.upper())
    tag = named or None if "/" in found.name else found.name
    repository = None if tag else found.name
    return Artifact(hf_repo=repository, ollama_tag=tag, file=found.file, stored_as=found.stored_as, gated=found.gated)


def published(candidate: Candidate) -> bool:
    """Tell whether its files are listed, or the engine makes them from the original weights while loading."""
    engine, quantization = candidate.engine, candidate.quantization.id
    entry = engine.by_quantization.get(quantization)
    made = engine.id == HOSTED or (entry is not None and entry.from_original)
    return made or published_file(candidate.model, quantization, engine) is not None


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
        "gguf_repo": files.hf_repo if files.stored_as == "gguf" else None,
        "gguf_quantization": quantization.id.upper(),
        "mlx_repo": files.hf_repo if published(candidate) else None,
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
