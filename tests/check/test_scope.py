"""Which files and findings are taken up: links, exclusion, comments that several projects read, what was scanned."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from checked_projects import PROJECT, checked

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings

    Ran = subprocess.CompletedProcess[str]

RUN = "vllm serve RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8 --max-model-len 8192\n"


def codes(found: Findings) -> list[tuple[str, str]]:
    return [(item.code, item.file) for item in found.findings]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("up/r.sh", "LA910"),
        ("up/*.sh", "LA910"),
        ("up", "LA910"),
        ("up/r.sh#bot", "LA910"),
        ("r.sh", "LA910"),
        ("*.sh", "LA307"),
        ("inside/r.sh", "LA303"),
    ],
)
def test_no_pattern_follows_a_link_out_of_the_folder(
    pattern: str, code: str, check_text: Callable[..., Findings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    for folder in (tmp_path / "out", project / "real"):
        folder.mkdir(parents=True)
        (folder / "r.sh").write_text(RUN, encoding="utf-8")
    (project / "up").symlink_to("../out")
    (project / "r.sh").symlink_to("../out/r.sh")
    (project / "inside").symlink_to("real")
    monkeypatch.chdir(project)
    found = check_text(f'{PROJECT}    sources: ["{pattern}"]\n')
    assert [item.code for item in found.findings] == [code]
    assert (found.scanned.files, found.scanned.not_read) == (code == "LA303", code == "LA307")


def test_what_was_scanned_is_counted_once(check_text: Callable[..., Findings], tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * 1_000_001)
    second = PROJECT.partition("deployments:\n")[2].replace("name: bot", "name: other")
    sources = '    sources: ["*.sh", "*.bin"]\n'
    found = check_text(f"{PROJECT}{sources}{second}{sources}", {"a.sh": RUN + RUN, "b.sh": "echo\n"})
    assert found.scanned._asdict() == {"files": 2, "deployments": 2, "not_read": 1}


def test_a_comment_is_used_if_one_of_its_projects_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.sh").write_text(f"# llama-advisor: ignore LA303 short prompts\n{RUN}", encoding="utf-8")
    for name, text in (("a.yaml", PROJECT), ("b.yaml", PROJECT.replace("16k", "8192"))):
        (tmp_path / name).write_text(f"{text}    sources: [run.sh]\n", encoding="utf-8")
    assert codes(checked(Path("b.yaml"))) == [("LA502", "run.sh")]
    both = checked(Path("a.yaml"), Path("b.yaml"))
    assert [(item.code, item.waived is not None) for item in both.findings] == [("LA303", True)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", f'echo "say # llama-advisor: ignore LA303 short prompts" && {RUN}'),
        ("run.sh", f"echo 'say # llama-advisor: ignore LA303 short prompts' && {RUN}"),
        ("run.py", f'"""Say:\n# llama-advisor: ignore LA303 short prompts"""; run("{RUN[:-1]}")\n'),
    ],
)
def test_a_comment_inside_a_text_accepts_nothing(name: str, text: str, check_text: Callable[..., Findings]) -> None:
    found = check_text(f"{PROJECT}    sources: [{name}]\n", {name: text})
    assert [(item.code, item.waived) for item in found.findings] == [("LA303", None)]


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("run.bat", "@REM {}"),
        ("run.cmd", ":: {}"),
        ("run.ps1", "<# {} #>"),
        ("run.sh.j2", "{{# {} #}}"),
        ("run.lua", "--[[ {} ]]"),
    ],
)
def test_a_comment_of_each_kind_of_file_accepts(name: str, comment: str, check_text: Callable[..., Findings]) -> None:
    text = f'{comment.format("llama-advisor: ignore LA303 short prompts")}\nrun("{RUN[:-1]}")\n'
    found = check_text(f"{PROJECT}    sources: [{name}]\n", {name: text})
    assert [(item.code, item.waived and item.waived.reason) for item in found.findings] == [("LA303", "short prompts")]


def test_comments_take_no_time_to_speak_of(check_text: Callable[..., Findings]) -> None:
    start = time.process_time()
    for line in ("# llama-advisor: ignore LA301 x \\\n", "# llama-advisor: ignore", "#" + " " * 90, "\\ " * 50):
        check_text(f"{PROJECT}    sources: [run.sh]\n", {"run.sh": RUN + line * (900_000 // len(line))})
    assert time.process_time() - start < 15


def test_discovery_leaves_out_what_is_excluded(tmp_path: Path, run: Callable[..., Ran]) -> None:
    at = partial(run, cwd=tmp_path)
    for name in ("serve/run.sh", "serve/old/run.sh", "examples/run.sh"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(RUN, encoding="utf-8")
    flags = ("--exclude", "examples", "--exclude", "**/old/*.sh")
    found = yaml.safe_load(at("check", "--discover", *flags).stdout)
    assert found["deployments"][0]["sources"] == ["serve/run.sh"]
    assert found["exclude"] == ["examples", "**/old/*.sh"]
    assert at("init", "--discover", *flags).returncode == 0
    assert yaml.safe_load((tmp_path / "llama-advisor.yaml").read_text("utf-8")) == found
    assert json.loads(at("check", "--format", "json").stdout)["scanned"]["files"] == 1
    done = at("check", *flags)
    assert (done.returncode, done.stderr.count("goes with --discover")) == (2, 1)
