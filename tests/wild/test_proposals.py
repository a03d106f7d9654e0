"""What `init --discover` proposes for the example repositories: deployments that exist, no error in its own check."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from measured import BASE, LABELS, OTHER, REPOSITORIES

from llama_advisor.check.checker import Checker
from llama_advisor.check.files import NAMES
from llama_advisor.check.propose import proposal

CHECKER = Checker(BASE, date(2026, 11, 24))
PROJECTS = REPOSITORIES.parents[1] / "projects"
WITH_FILES = sorted({path.parent for path in PROJECTS.glob("*/*/*") if path.suffix not in {".yaml", ".lock"}})
EXIST = 0.92
"""Just below the share of proposals that a label describes in all they say; raise it when it gets better."""


def proposed(folder: Path) -> list[dict[str, Any]]:
    text, _ = proposal(folder, CHECKER)
    return yaml.safe_load(text)["deployments"] if text else []


@pytest.mark.parametrize("folder", [*sorted(REPOSITORIES.iterdir()), *WITH_FILES], ids=lambda path: path.name)
def test_a_proposal_passes_its_own_check(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / folder.name
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("llama-advisor.*", "expected.yaml"))
    text, told = proposal(copied, CHECKER)
    assert "looked at" in told[0]
    if text is None:
        assert folder.name in {"catalogue-library", "docs-site", "prompt-library"} or PROJECTS in folder.parents
        return
    path = copied / NAMES[0]
    path.write_text(text, encoding="utf-8")
    found = [item for item in CHECKER.check(path)[0] if item.file.endswith(NAMES[0]) or item.code < "LA5"]
    assert [item for item in found if item.severity == "error" and not item.waived] == []
    assert [item for item in found if item.code in {"LA306", "LA502"}] == []  # each source and waiver is of use


def test_what_is_proposed_exists() -> None:
    exist = []
    for repository in sorted(REPOSITORIES.iterdir()):
        mine = [labels for file, labels in LABELS.items() if file.startswith(f"{repository.name}/")]
        labels = [label for held in mine for label in held if label.get("model", OTHER) != OTHER]
        exist += [any(describes(item, label) for label in labels) for item in proposed(repository)]
    assert len(exist) > len(LABELS) / 2
    assert sum(exist) / len(exist) > EXIST


def describes(item: dict[str, Any], label: dict[str, Any]) -> bool:
    choice, settings = item["choice"], {name: str(value) for name, (value, *_) in label.get("settings", {}).items()}
    said = {label.get("form"), settings.get("quantization")}
    engine = "hosted" if choice.get("engine") in BASE.providers else choice.get("engine")
    return (
        choice["model"] == label["model"]
        and choice.get("quantization") in (said if said != {None} else {None, "bf16"})  # weights as they are
        and engine == settings.get("engine")
        and choice.get("engine_version") in {None, settings.get("engine_version")}
        and item["requirements"].get("context_tokens") == (int(settings.get("context_tokens", 0)) or None)
    )


def test_a_cluster_is_proposed_as_it_is() -> None:
    found = {item["name"]: item for item in proposed(REPOSITORIES / "gke-lws")}
    assert list(found) == ["vllm-8b-spot", "download-job", "jetstream", "lws-405b", "tpu-70b"]
    assert found["vllm-8b-spot"]["sources"] == ["gateway.yaml", "vllm-8b-spot.yaml"]
    assert found["vllm-8b-spot"]["requirements"]["hardware"] == "1x nvidia-l4"
    assert found["vllm-8b-spot"]["choice"] == {
        "model": "llama-3.1-8b-instruct",
        "quantization": "bf16",
        "engine": "vllm",
        "engine_version": "0.7.2",
    }
    assert found["tpu-70b"]["requirements"] == {
        "use_cases": ["general"],
        "context_tokens": 4096,
        "hardware": "8x tpu-v6e-slice",
    }
    assert "hardware" not in found["lws-405b"]["requirements"]  # 16 GPUs of a kind that no file tells


def test_providers_are_told() -> None:
    engines = {item["choice"].get("engine") for item in proposed(REPOSITORIES / "litellm-proxy")}
    assert engines == {"ollama", "groq", "bedrock", "together_ai", "deepinfra", "fireworks_ai", "cerebras"}
