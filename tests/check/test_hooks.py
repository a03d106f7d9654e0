"""The pre-commit hook and the composite action are run, as far as that goes without a network and without GitHub."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checked_projects import PROJECT

from llama_advisor.check.servers import WHEEL, server_entry

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


@pytest.mark.parametrize("file", ["llama-advisor.yaml", "services/bot/llama-advisor.yaml", "services/own.yaml"])
def test_the_pre_commit_hook_stops_a_wrong_choice(file: str, tmp_path: Path, path: dict[str, str]) -> None:
    tool = Path(sys.executable).with_name("pre-commit")
    if not tool.exists() or shutil.which("git") is None:
        pytest.skip("pre-commit or git is not installed")
    place = tmp_path / "repository"
    (place / file).parent.mkdir(parents=True)
    if file == "llama-advisor.yaml":
        (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
        assert hook["language"] == "python"
        local = hook | {"language": "system"}  # the installed program instead of an environment made from the network
        config = {"repos": [{"repo": "local", "hooks": [local]}]}
    else:  # the hook as `init` prints it
        config = yaml.safe_load(server_entry("pre-commit", WHEEL, "." if "bot" in file else file))
    (place / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")

    def commit(text: str) -> int:
        (place / file).write_text(text, "utf-8")
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
    ("text", "asked", "code", "place"),
    [
        (PROJECT, {}, 0, None),
        (BROKEN, {}, 1, "work/a b/llama-advisor.yaml"),
        (BROKEN, {"FAIL_ON": "never"}, 0, "work/a b/llama-advisor.yaml"),
        (BROKEN, {"SELECT": "LA2\r\nLA1\r\n", "IGNORE": "LA102\n"}, 1, "work/a b/llama-advisor.yaml"),
        (BROKEN, {"IGNORE": "LA1\nLA2"}, 0, None),
        (BROKEN, {"AS_OF": "2026-11-24"}, 1, "work/a b/llama-advisor.yaml"),
        (PROJECT, {"PATHS": "a b\r\n--help\r\n"}, 2, "work/--help"),
        (PROJECT, {"RULES": "no such folder"}, 2, ""),
        (PROJECT, {"SELECT": "$(touch hole)"}, 2, ""),
        (PROJECT, {"SELECT": "--help"}, 2, ""),
    ],
)
def test_the_action_annotates_summarises_and_leaves(
    text: str, asked: dict[str, str], code: int, place: str | None, tmp_path: Path, path: dict[str, str]
) -> None:
    """`place` is the file of the annotation; it is empty where the action says in a line why it checked nothing."""
    action = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text("utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "check")
    assert "${{" not in step["run"], "inputs reach the script through the environment alone"
    names = {name.removeprefix("${{ inputs.").removesuffix(" }}") for name in step["env"].values()}
    assert names <= set(action["inputs"])
    (tmp_path / ".git").mkdir()
    (tmp_path / "work/a b").mkdir(parents=True)
    (tmp_path / "work/a b/llama-advisor.yaml").write_text(text, "utf-8")
    (tmp_path / "llama-advisor").mkdir()
    (tmp_path / "bin").rename(tmp_path / "llama-advisor/bin")  # where the step before has installed it
    env = path | dict.fromkeys(step["env"], "") | {"PATHS": "a b\r\n", "FAIL_ON": "error", "SARIF": "out.sarif"}
    env |= {"FOLDER": "work", "RUNNER_TEMP": str(tmp_path)} | asked
    env |= {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path / "work",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (code, 1 if place == "" else 0)
    told = "" if place == "" else "sarif=work/out.sarif\n"
    assert (tmp_path / "output").read_text("utf-8") == f"exit-code={code}\n{told}"
    assert re.findall("::error file=(.*?),", done.stdout) == ([place] if place else [])
    assert not (tmp_path / "work/hole").exists()
    assert (tmp_path / "summary.md").exists() == (tmp_path / "work/out.sarif").exists() == bool(told)
