"""Where the files of a build are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.engine.advice import Artifact
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.sizing.support import made_here, published_file

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

NOWHERE = Artifact()


def artifact(candidate: Candidate) -> Artifact:
    """Return where the files of the build are: those listed that the engine loads, else the original to make it of."""
    engine, quantization, original = candidate.engine, candidate.quantization.id, candidate.model.artifacts
    found = published_file(candidate.model, quantization, engine)
    if found is None and made_here(quantization, engine):
        return Artifact(hf_repo=original.hf_repo, stored_as="safetensors", gated=original.gated)
    if found is None:
        return NOWHERE
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
