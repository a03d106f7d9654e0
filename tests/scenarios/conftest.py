"""The capture tool as a module, and today's answers, computed once."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice


@pytest.fixture(scope="session")
def capture() -> Any:
    """The module capture.py."""
    spec = importlib.util.spec_from_file_location("capture", Path(__file__).parent / "capture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def answers(capture: Any) -> dict[str, Advice]:
    """Every question answered."""
    found: dict[str, Advice] = capture.answers()
    return found
