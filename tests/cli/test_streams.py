"""What both commands that stream have in common: any bytes in, one answer a line out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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


BAD = b'{"id": "x", "modle": 1, "use_case": 1}\r\n\n[1]\n{"open\n\xff\n'


@pytest.mark.parametrize("command", sorted(GOOD))
def test_jobs_change_no_byte(command: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (GOOD[command] * 20 + BAD) * 2 + GOOD[command].strip())
    (tmp_path / "layer").mkdir()
    flags = ("--as-of", "2026-11-24", "--rules", str(tmp_path / "layer"), "--batch", str(path))
    one, three = run(command, *flags), run(command, *flags, "--jobs", "3")
    assert (one.returncode, one.stdout.count("\n")) == (2, 49)
    assert (three.returncode, three.stdout, three.stderr) == (one.returncode, one.stdout, one.stderr)


@pytest.mark.parametrize("command", [("recommend", "--use-case", "chat"), ("estimate", "llama-3.1-8b-instruct")])
def test_jobs_without_a_batch_are_refused(command: tuple[str, ...], run: Run) -> None:
    done = run(*command, "--jobs", "2")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "llama-advisor: --jobs goes with --batch\n")


def test_wrong_rules_are_told_of_once_whatever_the_jobs(run: Run) -> None:
    done = run("recommend", "--batch", "-", "--jobs", "2", "--rules", "nowhere", stdin="{}\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "llama-advisor: --rules nowhere: not a directory\n"


def test_a_line_is_answered_before_the_next_is_there(root: Path) -> None:
    command = [sys.executable, "-m", "llama_advisor", "recommend", "--batch", "-", "--jobs", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(GOOD["recommend"])
            process.stdin.flush()
            assert b"verdict" in process.stdout.readline()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", -15), ("SIGKILL", -9)])
def test_no_worker_outlives_the_program(name: str, code: int, root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "llama_advisor", "recommend", "--batch", "-", "--jobs", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(GOOD["recommend"] * 500)
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=60)  # at their end only when no process holds the pipes
    assert (process.returncode, err) == (code, b"")
