"""Files meant to break the check: answered with a finding and exit 2, in time and memory, and nothing else."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checked_projects import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings

SECONDS = 5
"""Of the processor, whatever else the machine does."""
MEGABYTES = 300
RUN = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 16384 --quantization fp8\n"


def bomb(levels: int = 12) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "aliases that explode": (bomb().encode(), "LA901"),
    "50 MB": (b"version: 1\n" + b"# x\n" * 12_500_000, "LA901"),
    "50 MB on a line": (b"a: '" + b"x" * 50_000_000 + b"'", "LA901"),
    "10,000 brackets": (b"a: " + b"[" * 10_000, "LA901"),
    "10,000 braces": (b"a: " + b"{b: " * 10_000 + b"1" + b"}" * 10_000, "LA901"),
    "10,000 dashes": (b"- " * 10_000 + b"1", "LA901"),
    "3,000 levels by indentation": (b"".join(b" " * n + b"a:\n" for n in range(3000)), "LA901"),
    "binary": (bytes(range(256)) * 40, "LA901"),
    "UTF-16": (PROJECT.encode("utf-16"), "LA901"),
    "zero byte": (b"version: 1\x00\n", "LA901"),
    "a tag that would run code": (b"!!python/object/apply:os.system ['touch pwned']", "LA903"),
    "a key that is a list": (b"? [a, b]\n: 1\n", "LA901"),
    "a number without end": (b"version: " + b"1" * 100_000, "LA901"),
    "a long version": (b"version: " + b"1" * 250, "LA903"),
    "100,000 deployments": (PROJECT.encode() + b"  - {}\n" * 100_000, "LA903"),
    "10,000 deployments": (PROJECT.encode() + b"  - {name: x}\n" * 10_000, "LA903"),
    "an infinite budget": (PROJECT.replace("16k", "16k, budget_usd_per_month: .inf").encode(), "LA903"),
    "a huge context": (PROJECT.replace("16k", "9999999999999999999999").encode(), "LA903"),
    "a recursive anchor": (b"a: &a [*a]", "LA901"),
}


def limited(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run the check in a folder within 300 MB of memory of its own; return the seconds it took."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEGABYTES * 1_000_000, MEGABYTES * 1_000_000))

    start = sum(os.times()[2:4])
    done = subprocess.run(
        [sys.executable, "-m", "llama_advisor", "check", "--as-of", "2026-11-24", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        preexec_fn=limit,  # a child that only runs the program
    )
    return done, sum(os.times()[2:4]) - start


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_clear_finding(name: str, tmp_path: Path) -> None:
    content, code = HOSTILE[name]
    (tmp_path / "llama-advisor.yaml").write_bytes(content)
    done, seconds = limited(tmp_path)
    assert (done.returncode, done.stderr) == (2, ""), done.stderr[-500:]
    assert f": {code} error: " in done.stdout
    assert seconds < SECONDS
    assert [path.name for path in tmp_path.iterdir()] == ["llama-advisor.yaml"]


def test_what_is_no_file_is_a_finding(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    for name in ("pipe.yaml", "loop.yaml", "gone.yaml", "/dev/zero", "x" * 5000):
        done, seconds = limited(tmp_path, name)
        assert (done.returncode, done.stderr) == (2, "")
        assert ": LA901 error: " in done.stdout
        assert seconds < SECONDS


def test_an_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "llama-advisor.yaml"
    path.write_text(PROJECT, encoding="utf-8")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user reads every file")
    done, _ = limited(tmp_path)
    assert (done.returncode, "LA901" in done.stdout) == (2, True)


def test_sources_are_read_within_limits(tmp_path: Path) -> None:
    (tmp_path / "llama-advisor.yaml").write_text(f'{PROJECT}    sources: ["**/*"]\n', encoding="utf-8")
    (tmp_path / "run.sh").write_text(RUN, encoding="utf-8")
    (tmp_path / "large.bin").write_bytes(b"llama" * 1_000_000)
    (tmp_path / "words.txt").write_text("llama" * 190_000, encoding="utf-8")
    (tmp_path / "spaces.yaml").write_text("--max-model-len" + " " * 900_000, encoding="utf-8")
    (tmp_path / "quotes.py").write_text('"""' * 300_000, encoding="utf-8")
    (tmp_path / "deep.ipynb").write_text("[" * 900_000, encoding="utf-8")
    (tmp_path / "round").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    done, seconds = limited(tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-500:]
    assert [line for line in done.stdout.splitlines() if " LA" in line] == [
        "large.bin:1:1: LA307 warning: bot: file is larger than 1 MB"
    ]
    assert seconds < SECONDS


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "**/" * 60 + "b", "?" * 1000, "[" * 100, "a\x07b", "**"])
def test_a_pattern_takes_no_time_to_speak_of(pattern: str, check_text: Callable[..., Findings], tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a" * 50] * 20)
    deep.mkdir(parents=True)
    (deep / ("a" * 200)).write_text(RUN, encoding="utf-8")
    start = time.process_time()
    found = check_text(f"{PROJECT}    sources: [{ascii_quoted(pattern)}]\n")
    assert {item.code for item in found.findings} <= {"LA306", "LA903", "LA305", "LA301", "LA303"}
    assert time.process_time() - start < SECONDS


def ascii_quoted(text: str) -> str:
    return '"' + text.replace("\x07", "\\a") + '"'


def test_names_in_a_file_reach_no_terminal(tmp_path: Path) -> None:
    text = PROJECT.replace("name: bot", 'name: "\\e[31m[bold]::error::\\n"').replace("8b-instruct", "9b")
    (tmp_path / "llama-advisor.yaml").write_text(text, encoding="utf-8")
    for format_ in ("text", "github", "markdown", "junit", "json", "sarif", "gitlab"):
        done, _ = limited(tmp_path, "--format", format_)
        assert done.returncode == 2
        assert "\x1b" not in done.stdout
        assert sum(line.startswith("::") for line in done.stdout.splitlines()) == (format_ == "github")
