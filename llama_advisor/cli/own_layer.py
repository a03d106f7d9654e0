"""A team's own layer: `llama-advisor.d/` beside its scenario or project file is taken without being named."""

from __future__ import annotations

import sys

from llama_advisor.scenario.read import folder_beside, same_folder
from llama_advisor.text.yaml_file import printable

FOLDER = "llama-advisor.d"


def with_own_layer(file: str | None, rules: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers to load: the one beside the file, then those named; say so on standard error."""
    folder = folder_beside(file, FOLDER)
    if folder is None:
        return rules
    sys.stderr.write(f"llama-advisor: {printable(folder)}/ is laid over the shipped rules\n")
    return (folder, *(other for other in rules if not same_folder(other, folder)))
