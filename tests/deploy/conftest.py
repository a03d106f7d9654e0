"""What the tests of measurements share: the program in this process, and outputs of tools as they print them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llama_advisor.cli import main as cli

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the program in this process, on one day: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "100")

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["llama-advisor", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        code = left.value.code
        assert isinstance(code, int)
        return code, out, err

    return called


@pytest.fixture(scope="session")
def samples() -> dict[str, Path]:
    """The output of each tool, by name."""
    shown = (ROOT / "docs" / "examples" / "llama-bench.json", ROOT / "docs" / "examples" / "vllm-start.log")
    return {path.stem: path for path in (*(ROOT / "tests" / "deploy" / "samples").iterdir(), *shown)}
