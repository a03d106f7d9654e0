"""deploy at the command line: what it takes, and one line where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [chat], hardware: RTX 4090}
    choice: {model: llama-3.1-8b-instruct, quantization: %s, engine: vllm}
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("8b", "--target", "composs"), 2, "--target: unknown target 'composs'; nearest: compose"),
        (("8b", "--target", "compose", "--target", "python"), 2, "--target: one of each at most, not compose, python"),
        (("8b", "--model", "70b"), 2, "deploy: 8b is named already; leave --model and --only-model out"),
        (("x" * 5000,), 2, "unknown model"),
        (("none.yaml",), 2, "none.yaml: No such file or directory"),
        (("405b", "--hardware", "RTX 4090"), 1, "there is nothing to deploy: Llama 3.1 405B Instruct"),
        (("8b", "--hardware", "V100", "--only-engine", "vllm"), 1, "vLLM does not run on V100"),
        (("--target", "compose"), 1, "there is nothing to deploy: state at least one of"),
        (
            ("8b", "--hardware", "RTX 4090", "--adapter", "a", "--engine", "ollama"),
            2,
            "--adapter: how Ollama takes one",
        ),
    ],
)
def test_what_cannot_be_written_is_one_line(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("deploy", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("llama-advisor: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_project_deploys_what_it_chose_or_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "llama-advisor.yaml"
    path.write_text(PROJECT % "fp8", encoding="utf-8")
    done = run("deploy", str(path), "--target", "compose")
    assert done.returncode == 0
    assert "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8" in done.stdout
    path.write_text(PROJECT.replace("8b", "70b") % "bf16", encoding="utf-8")
    done = run("deploy", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Llama 3.1 70B Instruct as bf16" in done.stderr


def test_what_to_write_goes_by_its_short_names_too(run: Run) -> None:
    for short, name in (("k8s", "kubernetes"), ("docker-compose", "compose")):
        done = run("deploy", "8b", "--hardware", "L4", "--target", short)
        assert done.returncode == 0
        assert done.stdout == run("deploy", "8b", "--hardware", "L4", "--target", name).stdout


def test_a_wish_that_is_not_kept_is_told_beside_the_script(run: Run) -> None:
    done = run("deploy", "8b", "--hardware", "RTX 3060 12GB", "--quantization", "bf16")
    assert done.stdout.startswith("#!/bin/sh")
    assert done.stderr.startswith("llama-advisor: quantization bf16: ")


def test_an_engine_that_has_to_give_way_is_no_plan(run: Run) -> None:
    done = run("deploy", "8b", "--hardware", "V100", "--engine", "vllm")
    assert (done.returncode, done.stdout) == (1, "")
    assert "with engine (drop vllm)" in done.stderr
