"""What the tests of measurements share: outputs of tools as they print them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def samples() -> dict[str, Path]:
    """The output of each tool, by name."""
    shown = (ROOT / "docs" / "examples" / "llama-bench.json", ROOT / "docs" / "examples" / "vllm-start.log")
    return {path.stem: path for path in (*(ROOT / "tests" / "deploy" / "samples").iterdir(), *shown)}
