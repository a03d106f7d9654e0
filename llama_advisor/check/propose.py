"""Deployments proposed from what the files of a repository deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.check.discover import SHOWN_SOURCES, Seen, deployment_name
from llama_advisor.scenario.project_text import proposed

if TYPE_CHECKING:
    from collections.abc import Iterator


def from_discovery(found: list[Seen]) -> Iterator[list[str]]:
    """Yield the lines of a deployment for each model found; what no file says is left to fill in."""
    used: set[str] = set()
    for seen in found:
        name = deployment_name(seen)
        name = name if name not in used else f"{name}-{seen.model}"
        used.add(name)
        requirements: dict[str, Any] = {"use_cases": ["general"]}
        if seen.contexts:
            requirements["context_tokens"] = _commonest(seen.contexts)
        choice: dict[str, Any] = {"model": seen.model}
        if seen.quantizations:
            choice["quantization"] = _commonest(seen.quantizations)
        if seen.engines:
            choice["engine"] = _commonest(seen.engines)
        lines = proposed(
            name, requirements, choice, tuple(sorted(seen.files)[:SHOWN_SOURCES]), "as found in the files below"
        )
        place = lines.index("    requirements:") + 1
        lines.insert(place, "      # TODO: say what it is for, and on what: hardware, languages, domicile …")
        yield lines


def _commonest(counts: Any) -> Any:
    return min(counts, key=lambda item: (-counts[item], str(item)))
