"""The reader of `check` on example repositories like real ones: labels that hold, and no worse than it was."""

from __future__ import annotations

import pytest
from measured import BASE, HALVES, LABELS, OTHER, REPOSITORIES, half, measured

# Just below what the reader reaches: recall, precision. Raise them when it gets better.
REACHED = {
    "even": {"deployments": (0.98, 0.97), "settings": (0.98, 0.94)},
    "odd": {"deployments": (0.97, 0.96), "settings": (0.94, 0.96)},
}
SETTINGS = {"engine", "engine_version", "context_tokens", "tensor_parallel", "pipeline_parallel", "quantization"}
KEYS = {"line", "column", "written", "model", "form", "settings", "aside"}
WHOLE_REPOSITORIES = 24


@pytest.mark.parametrize("which", HALVES)
def test_the_reader_is_no_worse(which: str) -> None:
    scores = measured(which)
    reached = {name: (scores[name].recall, scores[name].precision) for name in REACHED[which]}
    assert {
        name: values
        for name, values in reached.items()
        if any(is_ < least for is_, least in zip(values, REACHED[which][name], strict=True))
    } == {}


def test_every_file_is_labelled() -> None:
    files = {path.relative_to(REPOSITORIES).as_posix() for path in REPOSITORIES.rglob("*") if path.is_file()}
    assert files == set(LABELS)


def test_labels_hold() -> None:
    wrong = []
    for file, labels in LABELS.items():
        lines = (REPOSITORIES / file).read_text(encoding="utf-8").split("\n")
        for label in labels:
            settings = label.get("settings", {})
            fine = (
                set(label) <= KEYS
                and lines[label["line"] - 1].startswith(label["written"], label["column"] - 1)
                and ("aside" in label or label["model"] in {OTHER, *BASE.models})
                and label.get("form", "bf16") in BASE.quantizations
                and set(settings) <= SETTINGS
                and all(0 < line <= len(lines) for _, line in settings.values())
                and settings.get("engine", ["vllm"])[0] in BASE.engines
                and settings.get("quantization", ["bf16"])[0] in BASE.quantizations
            )
            wrong += [] if fine else [(file, label)]
    assert wrong == []


def test_the_halves_are_alike() -> None:
    repositories = {file.partition("/")[0] for file in LABELS}
    counts = [sum(half(name) == which for name in repositories) for which in HALVES]
    assert sum(counts) >= WHOLE_REPOSITORIES
    assert min(counts) * 3 > max(counts)
