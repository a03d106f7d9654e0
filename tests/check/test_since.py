"""What is new: against a baseline, and in the lines that changed since a git ref."""

from __future__ import annotations

import json
import os
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from checked_projects import PROJECT

from llama_advisor.check.since import changed_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    Ran = subprocess.CompletedProcess[str]

RUN = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192 --quantization fp8\n"
OTHER = "vllm serve meta-llama/Llama-3.2-1B-Instruct --max-model-len 16384\n"
Places = list[tuple[str, str, int]]


@pytest.fixture
def repository(tmp_path: Path, run: Callable[..., Ran]) -> Callable[..., Ran]:
    """A repository whose first commit has two findings in two files; returns what runs the check in it."""
    at = tmp_path / "services/a b"
    at.mkdir(parents=True)
    (at / "llama-advisor.yaml").write_text(f'{PROJECT}    sources: ["*.sh"]\n', encoding="utf-8")
    (at / "run.sh").write_text(f"# start\n{RUN}", encoding="utf-8")
    (at / "ünï.sh").write_text(RUN, encoding="utf-8")
    git(tmp_path, "init", "-q")
    own = {"diff.noprefix": "true", "color.ui": "always", "diff.interHunkContext": "9", "diff.context": "9"}
    for name, value in own.items():
        git(tmp_path, "config", name, value)
    commit(tmp_path)
    return partial(run, "check", ".", "--as-of", "2026-11-24", cwd=tmp_path)


def git(folder: Path, *arguments: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | own, timeout=60)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")


def places(done: Ran) -> Places:
    found = json.loads(done.stdout)["findings"]
    return [(item["code"], Path(item["file"]).name, item["line"]) for item in found]


def test_only_what_changed_since_a_ref(repository: Callable[..., Ran], tmp_path: Path) -> None:
    since = partial(repository, "--base", "HEAD", "--format", "json")
    at = tmp_path / "services/a b"
    everything = [("LA303", "run.sh", 2), ("LA303", "ünï.sh", 1)]
    assert places(repository("--format", "json")) == everything
    assert (places(since()), since().returncode) == ([], 0)
    (at / "run.sh").write_text(f"# start it\n{RUN}", encoding="utf-8")
    assert places(since()) == []
    (at / "run.sh").write_text(f"# start it\n{RUN}{OTHER}", encoding="utf-8")
    (at / "ünï.sh").write_text(RUN.replace("vllm", "exec vllm"), encoding="utf-8")
    (at / "new.sh").write_text(RUN, encoding="utf-8")
    assert places(since()) == [("LA303", "new.sh", 1), ("LA301", "run.sh", 3), ("LA303", "ünï.sh", 1)]
    assert since().returncode == 1
    commit(tmp_path)
    assert places(since()) == []
    assert len(places(repository("--base", "HEAD~1", "--format", "json"))) == 3
    (at / "ünï.sh").unlink()
    (at / "run.sh").write_text("", encoding="utf-8")
    (at / "new.sh").write_text("", encoding="utf-8")
    assert places(since()) == [("LA305", "llama-advisor.yaml", 6)], "what sources no longer say is new too"


def test_a_changed_project_or_lock_brings_all_its_findings(repository: Callable[..., Ran], tmp_path: Path) -> None:
    file = tmp_path / "services/a b/llama-advisor.yaml"
    file.write_text(file.read_text("utf-8") + "# changed\n", encoding="utf-8")
    found = places(repository("--base", "HEAD", "--format", "json"))
    assert found == [("LA303", "run.sh", 2), ("LA303", "ünï.sh", 1)]
    commit(tmp_path)
    file.with_suffix(".lock").write_text("{}", encoding="utf-8")
    found = places(repository("--base", "HEAD", "--format", "json"))
    assert found[1:] == [("LA303", "run.sh", 2), ("LA303", "ünï.sh", 1)]


def test_a_branch_is_compared_where_it_left(repository: Callable[..., Ran], tmp_path: Path) -> None:
    git(tmp_path, "branch", "trunk")
    git(tmp_path, "checkout", "-q", "-b", "mine")
    (tmp_path / "README").write_text("mine", encoding="utf-8")
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "trunk")
    (tmp_path / "services/a b/run.sh").write_text(f"# start\n{RUN.replace('8192', '16384')}", encoding="utf-8")
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "mine")
    assert places(repository("--base", "trunk", "--format", "json")) == []


@pytest.mark.parametrize("ref", ["no-such-ref", "--output=pwned", "-h", ""])
def test_what_is_no_ref_is_one_clear_line(ref: str, repository: Callable[..., Ran], tmp_path: Path) -> None:
    done = repository(f"--base={ref}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"--base: {ref!r} is no commit, branch or tag" in done.stderr
    assert not list(tmp_path.rglob("pwned"))


def test_without_git_or_a_repository_is_one_clear_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "llama-advisor.yaml").write_text(PROJECT, encoding="utf-8")
    check = partial(run, "check", "--base", "HEAD", cwd=tmp_path)
    assert (check().returncode, check().stderr) == (
        2,
        "llama-advisor: --base: the current folder is in no git repository\n",
    )
    (tmp_path / ".git").mkdir()
    done = check(env={"PATH": str(tmp_path)})
    assert (done.returncode, done.stderr) == (2, "llama-advisor: --base: git cannot be run\n")


def test_lines_of_a_patch() -> None:
    patch = b"""\
diff --git a/x.sh b/x.sh
--- a/x.sh
+++ b/x.sh
@@ -1 +1,2 @@ f
--- a/y
\\ No newline at end of file
+++ b/y
+@@ -9 +9 @@
@@ -7,2 +8,0 @@
-a
-b
diff --git "a/\\303\\274\\t.sh" "b/\\303\\274\\t.sh"
--- /dev/null
+++ "b/\\303\\274\\t.sh"
@@ -0,0 +1,3 @@
+a
+b
+c
"""
    root = Path("/r")
    assert changed_lines(patch, root) == {root / "x.sh": [(1, 2), (8, 9)], root / "ü\t.sh": [(1, 3)]}


def test_a_baseline_tells_known_findings_apart(repository: Callable[..., Ran], tmp_path: Path) -> None:
    known = partial(repository, "--baseline", "known.json")
    assert (known().returncode, known().stderr.count("\n")) == (2, 1)
    assert known("--write-baseline").returncode == 0
    text = (tmp_path / "known.json").read_text("utf-8")
    rows: Any = json.loads(text)["findings"]
    assert [(row["code"], row["deployment"]) for row in rows] == [("LA303", "bot")] * 2
    assert rows == sorted(rows, key=lambda row: row["file"])
    done = known()
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "0 errors, 0 warnings, 0 notes in 1 deployment in 1 file; 2 findings known",
            "scanned 2 files, read 2 deployments, 0 files not read",
        ],
    )
    at = tmp_path / "services/a b/run.sh"
    at.write_text(f"# moved\n\n# down\n{RUN}{OTHER}", encoding="utf-8")
    done = known("--format", "json")
    found = json.loads(done.stdout)["findings"]
    told = [(item["code"], item["known"], item["fails"]) for item in found]
    assert told == [("LA303", True, False), ("LA301", False, True), ("LA303", True, False)]
    assert done.returncode == 1
    for format_, wanted in {"github": "::error", "gitlab": '"check_name"', "text": "LA301 error"}.items():
        assert known("--format", format_).stdout.count(wanted) == 1
    assert known("--format", "junit").stdout.count("stands in the baseline") == 2
    assert known("--format", "sarif").stdout.count('"suppressions"') == 2
    assert known("--format", "markdown").stdout.count("| known | LA303 |") == 2
    assert known("--write-baseline", "--select", "LA1").returncode == 0
    assert known("--write-baseline", "--select", "LA3").returncode == 0
    assert known().returncode == 0
    assert repository("--write-baseline").returncode == 2


def test_malformed_input_is_never_known(repository: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "services/a b/llama-advisor.yaml").write_text(PROJECT + "x: 1\n", encoding="utf-8")
    for _ in range(2):
        assert repository("--baseline", "known.json", "--write-baseline").returncode == 2
    (tmp_path / "known.json").write_text('{"version": 2}', encoding="utf-8")
    done = repository("--baseline", "known.json")
    assert done.stderr.startswith("llama-advisor: --baseline: known.json: ")
