"""What the tests of the check share: one checker per day, and project files written to a folder."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llama_advisor.checking.checker import Checker, Collected, Filter, result
from llama_advisor.rulebase import load_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.schema.findings import Findings

AS_OF = date(2026, 11, 24)
PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [rag], hardware: "1x L4", context_tokens: 16k}
    choice: {model: llama-3.1-8b-instruct, quantization: fp8, engine: vllm}
"""


@cache
def checker(as_of: date = AS_OF) -> Checker:
    """Return the checker of a day on the shipped rules."""
    return Checker(load_rules(), as_of)


def checked(*paths: Path, as_of: date = AS_OF, wanted: Filter | None = None) -> Findings:
    """Check files and return the whole result."""
    collected = Collected()
    for path in paths:
        collected.add(*checker(as_of).check(path))
    return result(collected, checker(as_of).base, as_of, wanted or Filter())


@pytest.fixture
def check_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Findings]:
    """Check a project file given as text or bytes, other files beside it, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(text: str | bytes, files: dict[str, str] | None = None, **more: object) -> Findings:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        Path("llama-advisor.yaml").write_bytes(content)
        return checked(Path("llama-advisor.yaml"), **more)  # type: ignore[arg-type]

    return run
