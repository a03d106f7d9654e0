"""What both commands that stream have in common: any bytes in, one answer a line out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

GOOD = {
    "recommend": b'{"use_cases": ["chat"]}\n',
    "estimate": b'{"model": "llama-3.1-8b-instruct", "hardware": "RTX 4090"}\n',
}


@pytest.mark.parametrize("command", sorted(GOOD))
def test_bytes_that_are_no_text_spoil_their_own_line_alone(command: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD[command] + b'\xff\xfe{"a"\n' + GOOD[command])
    done = run(command, "--batch", str(path))
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (2, "")
    assert second["error"].startswith("line 2: not valid JSON")
    assert "error" not in first
    assert first == third
