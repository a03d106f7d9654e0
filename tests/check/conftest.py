"""A project file as text, checked in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from checked_projects import checked, checker

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings


@pytest.fixture(scope="session", autouse=True)
def _decided_anew() -> None:
    """Forget the answers of a run before this one in the same process: the code may have changed since."""
    checker.cache_clear()


@pytest.fixture
def check_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Findings]:
    """Check a project file given as text or bytes, other files beside it."""
    monkeypatch.chdir(tmp_path)

    def run(text: str | bytes, files: dict[str, str] | None = None, **more: Any) -> Findings:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        Path("llama-advisor.yaml").write_bytes(content)
        return checked(Path("llama-advisor.yaml"), **more)

    return run
