"""What is new since a baseline or a ref of git, on the made-up knowledge."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.check import since
from llama_advisor.check.checker import Checked
from llama_advisor.check.findings import CheckFinding, Findings, Waived
from llama_advisor.check.since import Changes, baseline_text, changes_since, read_baseline
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_baseline_holds_what_nothing_accepts(
    at: Path, summed: Callable[..., Findings], finding: Callable[..., CheckFinding]
) -> None:
    held = [
        finding(file="b.sh", deployment=None),
        finding(file="b.sh", code="LA301"),
        finding(line=2, waived=Waived(reason="r")),
        finding("LA901", line=3),
        finding(line=4, deployment="zoo"),
        finding(line=5, deployment="A"),
        finding(line=6, deployment=None),
    ]
    found = summed(Checked(held, 1, {}))
    text = baseline_text(found, {"LA901"})
    rows = json.loads(text)["findings"]
    assert json.loads(text)["version"] == 1
    assert text.startswith(
        '{\n  "version": 1,\n  "findings": [\n    {\n      "file": "a.sh",\n      "code": "LA303",\n      "deployment": null,\n'
    )
    assert text.endswith("    }\n  ]\n}\n")
    assert '"file": "ü.sh"' in baseline_text(summed(Checked([finding(file="ü.sh")], 1, {})), set())
    assert [(row["file"], row["code"], row["deployment"]) for row in rows] == [
        ("a.sh", "LA303", None), ("a.sh", "LA303", "A"), ("a.sh", "LA303", "zoo"), ("b.sh", "LA301", "bot"), ("b.sh", "LA303", None)]  # fmt: skip
    path = at / "known.json"
    path.write_text(text, "utf-8")
    assert read_baseline(path) == {row["fingerprint"] for row in rows}
    for wrong, told in (
        (None, "--baseline: known.json: No such file or directory; --write-baseline makes one"),
        ("{}", "--baseline: known.json: "),
        ("no", "--baseline: known.json: "),
    ):
        path.unlink()
        if wrong is not None:
            path.write_text(wrong, "utf-8")
        with pytest.raises(InputError) as refused:
            read_baseline(Path("known.json"))
        assert str(refused.value).startswith(told)
        path.touch()


def test_what_is_new_since_a_ref(at: Path, finding: Callable[..., CheckFinding]) -> None:
    root = at.resolve()
    project = Path("services/llama-advisor.yaml")
    file = "services/a.sh"
    changes = Changes(root, {root / file: [(2, 3), (7, 8)], root / "services/new.sh": []})

    def new(line: int = 1, end: int | None = None, code: str = "LA303", at: str = file) -> bool:
        return changes.keep(finding(code, line, at, end_line=end or line), project)

    assert [new(line) for line in range(1, 10)] == [False, True, True, False, False, False, True, True, False]
    assert (new(1, 2), new(4, 6), new(5, 9), new(8, 9)) == (True, False, True, True)
    assert new(1, at="services/new.sh")
    assert not new(2, at="services/other.sh")
    assert new(1, at="../outside.sh")
    assert (new(code="LA305", at=str(project)), new(code="LA201", at=str(project))) == (True, False)
    of_all = finding(line=5, end_line=5, end_column=1, column=1)
    assert changes.keep(of_all._replace(file=file), project)
    assert not changes.keep(of_all._replace(file="services/other.sh"), project)
    elsewhere = Path("other/llama-advisor.yaml")
    assert not changes.keep(finding("LA305", file=str(elsewhere)), elsewhere)
    for name in ("services/llama-advisor.yaml", "services/llama-advisor.lock"):
        assert Changes(root, {root / name: []}).keep(finding(line=9, file=file), project)


def git(*arguments: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    named = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *named, *arguments], check=True, env=os.environ | own, timeout=60, capture_output=True)


def test_changes_are_read_from_git(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^--base: the current folder is in no git repository$"):
        changes_since("HEAD")
    (at / "a b.sh").write_text("1\n2\n3\n4\n5\n", "utf-8")
    (at / ".gitignore").write_text("no.sh\n", "utf-8")
    git("init", "-q", "-b", "trunk")
    for name, value in (
        ("diff.noprefix", "true"),
        ("color.ui", "always"),
        ("diff.interHunkContext", "9"),
        ("diff.context", "9"),
    ):
        git("config", name, value)
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git("checkout", "-q", "-b", "mine")
    (at / "a b.sh").write_text("1\nII\n3\n4\nV\n", "utf-8")
    for name in ("ü.sh", "no.sh"):
        (at / name).write_text("new", "utf-8")
    root = at.resolve()
    wanted = {root / "a b.sh": [(2, 2), (5, 5)], root / "ü.sh": []}
    assert changes_since("HEAD") == changes_since("trunk") == Changes(root, wanted)
    git("checkout", "-q", "trunk")  # it goes on, and what is new there is not new here
    git("stash", "-q")
    (at / "theirs.sh").write_text("theirs", "utf-8")
    git("add", "theirs.sh")
    git("commit", "-q", "-m", "y")
    git("checkout", "-q", "mine")
    git("stash", "pop", "-q")
    assert changes_since("trunk").lines == wanted
    for ref in ("no-such-ref", "-h", ""):
        with pytest.raises(InputError) as refused:
            changes_since(ref)
        assert str(refused.value) == f"--base: {ref!r} is no commit, branch or tag of this repository"

    def slow(*_: Any, **more: Any) -> None:
        assert more["timeout"] == 60
        raise subprocess.TimeoutExpired("git", 60)

    monkeypatch.setattr(since.subprocess, "run", slow)
    with pytest.raises(InputError, match=r"^--base: git took more than 60 seconds$"):
        changes_since("HEAD")
    monkeypatch.undo()
    monkeypatch.chdir(at)
    monkeypatch.setenv("PATH", str(at))
    with pytest.raises(InputError, match=r"^--base: git cannot be run$"):
        changes_since("HEAD")
