"""One checker per day, and the result of checking files: shared by the tests of the check."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from llama_advisor.check.checker import Checker, Settings
from llama_advisor.engine.rules import load_rules

if TYPE_CHECKING:
    from pathlib import Path

    from llama_advisor.check.findings import Findings

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


def checked(*paths: Path, as_of: date = AS_OF, wanted: Settings | None = None) -> Findings:
    """Check files and return the whole result."""
    found = [checker(as_of).check(path) for path in paths]
    return checker(as_of).result(found, wanted or Settings())
