"""Entries for build servers: what installs the program there, and what it is told to check."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from llama_advisor import __version__
from llama_advisor.check import servers


def test_the_branch_that_a_clone_began_with(at: Path) -> None:
    assert servers.default_branch(at) == "main"
    head = at / ".git/refs/remotes/origin/HEAD"
    head.parent.mkdir(parents=True)
    head.write_text("ref: refs/remotes/origin/a/b\n", "utf-8")
    assert servers.default_branch(at) == "a/b"


@pytest.mark.parametrize(("told", "install"), [
    ({"url": "https://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, "llama-advisor @ git+https://x.org/a.git@0a1"),
    ({"url": "ssh://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, "llama-advisor @ git+ssh://x.org/a.git@0a1"),
    ({"url": "https://x.org/a", "vcs_info": {"vcs": "hg", "commit_id": "0a1"}}, ""),
    ({"url": "file:///a", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, ""),
    ({"vcs_info": {"vcs": "git", "commit_id": "0a1"}}, ""),
    ({"url": "https://x.org/a.whl"}, ""),
    (None, ""),
])  # fmt: skip
def test_what_installs_the_program_elsewhere(told: Any, install: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return json.dumps(told) if told and name == "direct_url.json" else None

    names: list[str] = []
    monkeypatch.setattr(servers, "distribution", lambda name: names.append(name) or Installed())
    assert servers.requirement() == (install or f"tools/llama_advisor-{__version__}-py3-none-any.whl")
    assert names == ["llama-advisor"]


def test_nothing_is_known_of_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise servers.PackageNotFoundError

    monkeypatch.setattr(servers, "distribution", absent)
    assert servers.requirement() == servers.WHEEL


def test_an_entry_checks_what_it_is_told() -> None:
    github = yaml.safe_load(servers.server_entry("github", "a b", "x y", "on"))
    assert github[True]["push"] == {"branches": ["on"]}
    runs = "\n".join(step.get("run", "") for step in github["jobs"]["check"]["steps"])
    assert {"a b", "x y"} <= set(shlex.split(runs))
    assert yaml.safe_load(servers.server_entry("github", "a", "x"))[True]["push"] == {"branches": ["main"]}
    gitlab = yaml.safe_load(servers.server_entry("gitlab", "a b", "x y"))
    assert {"a b", "x y"} <= set(shlex.split(gitlab["llama-advisor"]["script"][0]))
    (system,), (python,) = (
        yaml.safe_load(servers.server_entry("pre-commit", install, "x y"))["repos"][0]["hooks"]
        for install in ("a", "git+b: c")
    )
    assert (system["entry"], system["language"]) == ("llama-advisor check 'x y'", "system")
    assert "additional_dependencies" not in system
    assert (python["language"], python["additional_dependencies"]) == ("python", ["git+b: c"])
