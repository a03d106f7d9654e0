"""The pre-commit hook and the composite action are run, as far as that goes without a network and without GitHub."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checked_projects import PROJECT

ROOT = Path(__file__).resolve().parents[2]
BROKEN = PROJECT.replace("8b-instruct", "70b-instruct")


@pytest.fixture
def path(tmp_path: Path) -> dict[str, str]:
    """An environment in which `llama-advisor` is this checkout."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "llama-advisor"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m llama_advisor "$@"\n', "utf-8")
    program.chmod(0o755)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}


def test_the_pre_commit_hook_stops_a_wrong_choice(tmp_path: Path, path: dict[str, str]) -> None:
    tool = Path(sys.executable).with_name("pre-commit")
    if not tool.exists() or shutil.which("git") is None:
        pytest.skip("pre-commit or git is not installed")
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["language"] == "python"
    local = hook | {"language": "system"}  # the installed program instead of an environment made from the network
    place = tmp_path / "repository"
    place.mkdir()
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (place / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")

    def commit(text: str) -> int:
        (place / "llama-advisor.yaml").write_text(text, "utf-8")
        told = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run([*told, "add", "-A"], cwd=place, env=path, check=True)
        done = subprocess.run(
            [*told, "commit", "-m", "x"], cwd=place, env=path, capture_output=True, text=True, check=False
        )
        assert "llama-advisor check" in done.stdout + done.stderr
        return done.returncode

    subprocess.run(["git", "init", "-q", "."], cwd=place, env=path, check=True)
    subprocess.run([tool, "install"], cwd=place, env=path, check=True, capture_output=True)
    assert commit(BROKEN) == 1
    assert commit(PROJECT) == 0


@pytest.mark.parametrize(
    ("text", "fail_on", "code"), [(PROJECT, "error", 0), (BROKEN, "error", 1), (BROKEN, "never", 0)]
)
def test_the_action_annotates_summarises_and_leaves(
    text: str, fail_on: str, code: int, tmp_path: Path, path: dict[str, str]
) -> None:
    action = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text("utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "check")
    assert "${{" not in step["run"], "inputs reach the script through the environment alone"
    names = {name.removeprefix("${{ inputs.").removesuffix(" }}") for name in step["env"].values()}
    assert names <= set(action["inputs"])
    place = tmp_path / "a b"
    place.mkdir()
    (place / "llama-advisor.yaml").write_text(text, "utf-8")
    env = path | {"PATHS": f"{place}\n", "FAIL_ON": fail_on, "SARIF": "out.sarif"}
    env |= {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert (tmp_path / "output").read_text("utf-8") == f"exit-code={code}\n"
    assert ("::error file=" in done.stdout) == (text == BROKEN)
    assert "llama-advisor check: " in (tmp_path / "summary.md").read_text("utf-8")
    assert (tmp_path / "out.sarif").stat().st_size > 100
