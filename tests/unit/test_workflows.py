"""The workflows of the repository, and the one that `init` writes: valid, pinned, with few rights and an end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from llama_advisor.check.servers import server_entry
from llama_advisor.knowledge.offer import List

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github/actions/check/action.yml"
PROGRAMS = Path(sys.executable).parent
WRITTEN = server_entry("github", "llama-advisor @ git+https://example.org/a.git@0a1", "services/it's.yaml", "trunk")
TEXTS = {file.name: file.read_text("utf-8") for file in sorted((ROOT / ".github/workflows").iterdir())}
TEXTS |= {"written by init": WRITTEN}
WHOLE_SUITE = {"test.yml": 60, "release.yml": 60}
"""Minutes that a workflow which runs every test may take."""
UNOWNED = re.compile(
    r"\b(?:install|pipx|uvx)\b(?! --from \. | run --spec \. )[^\n`&|;]*[ '\"]llama-advisor(?![\w./-]| @)"
)
"""An install of the bare name, which whoever registers it would answer."""


def steps(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a workflow or an action."""
    for part in made["jobs"].values() if "jobs" in made else (made["runs"],):
        yield from part["steps"]


@pytest.mark.parametrize("name", TEXTS)
def test_a_workflow_is_bounded_and_starts_without_rights(name: str) -> None:
    made = yaml.safe_load(TEXTS[name])
    assert made["permissions"] == {}
    assert made["concurrency"]["group"]
    for job in made["jobs"].values():
        assert job["timeout-minutes"] <= WHOLE_SUITE.get(name, 15)
    writing = [job for job in made["jobs"].values() if "write" in job["permissions"].values()]
    assert bool(writing) == (name != "test.yml")
    assert not [job for job in writing if "pip" in str(job["steps"])]


@pytest.mark.parametrize("text", [*TEXTS.values(), ACTION.read_text("utf-8")], ids=[*TEXTS, "action.yml"])
def test_steps_are_pinned_leave_no_credentials_and_hold_sound_scripts(text: str, tmp_path: Path) -> None:
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name)] == []
    for step in steps(yaml.safe_load(text)):
        assert not step.get("uses", "").startswith("actions/checkout@") or step["with"]["persist-credentials"] is False
        script = tmp_path / "step.sh"
        script.write_text(f"#!/bin/bash\n{step.get('run', '')}", "utf-8")
        sound = subprocess.run([PROGRAMS / "shellcheck", script], capture_output=True, text=True, check=False)
        assert sound.returncode == 0, sound.stdout


def test_the_workflow_written_runs_once_and_uploads_whatever_the_check_says() -> None:
    made = yaml.safe_load(WRITTEN)
    assert made[True].keys() == {"pull_request", "push", "schedule"}
    assert made[True]["push"] == {"branches": ["trunk"]}
    check, upload = made["jobs"]["check"], made["jobs"]["upload"]
    assert check["permissions"] == {"contents": "read"}
    assert check["steps"][-1]["if"] == "always()"
    assert (upload["needs"], upload["if"].split(" && ")[0]) == ("check", "always()")
    assert [key for key, right in upload["permissions"].items() if right == "write"] == ["security-events"]
    assert upload["steps"][-1]["with"]["sarif_file"] == check["steps"][-1]["with"]["path"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [*(("workflows", text) for text in TEXTS.values()), ("actions", ACTION.read_text("utf-8"))],
    ids=[*TEXTS, "action.yml"],
)
def test_each_file_is_as_its_schema_says(schema: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yml"
    file.write_text(text, "utf-8")
    command = [PROGRAMS / "check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", file]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    zizmor = shutil.which("zizmor")
    if zizmor is None:
        pytest.skip("zizmor is not installed")
    written = tmp_path / ".github/workflows/llama-advisor-check.yml"
    written.parent.mkdir(parents=True)
    command = [zizmor, "--offline", "--persona", "pedantic", "--no-progress", tmp_path, ROOT / ".github"]
    for text, clean in ((WRITTEN, True), (WRITTEN.replace("persist-credentials: false", "fetch-depth: 1"), False)):
        written.write_text(text, "utf-8")
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (checked.returncode == 0) == clean, checked.stdout


def test_each_list_of_offers_is_read() -> None:
    assert set(re.findall(r"rules refresh (\S+)", TEXTS["refresh.yml"])) == set(get_args(List))


def test_a_release_is_built_once_tested_then_published_from_a_tag_in_an_environment() -> None:
    made = yaml.safe_load(TEXTS["release.yml"])
    assert made[True] == {"push": {"tags": ["v*"]}}
    build, tested, publish = made["jobs"].values()
    assert (tested["needs"], publish["needs"], publish["environment"]) == ("build", "test", "pypi")
    assert publish["permissions"] == {"id-token": "write"}
    assert [job for job in made["jobs"].values() if "-m build" in str(job["steps"])] == [build]
    fetched, published = publish["steps"]
    assert fetched["with"] == tested["steps"][2]["with"] == {"name": "dist", "path": "dist"}
    assert "with" not in published  # no password, and attestations as they are by default


def test_every_python_is_tested_with_the_lowest_and_the_newest_libraries(root: Path) -> None:
    matrix = yaml.safe_load(TEXTS["test.yml"])["jobs"]["test"]["strategy"]["matrix"]
    said = re.findall(r"Python :: (3\.\d+)", (root / "pyproject.toml").read_text("utf-8"))
    assert set(said) <= set(matrix["python"])
    assert matrix["resolution"] == ["lowest-direct", "highest"]


def test_nothing_installs_the_name_that_nobody_owns() -> None:
    assert UNOWNED.search("pip install --quiet 'llama-advisor[report]'")
    assert UNOWNED.search("uvx llama-advisor==1 check")
    assert UNOWNED.search("pipx run llama-advisor check")
    assert not UNOWNED.search("pipx run --spec . llama-advisor recommend")
    assert not UNOWNED.search("uvx --from . llama-advisor recommend")
    assert not UNOWNED.search("pip install 'llama-advisor @ git+https://example.org/a.git@0a1'")
    places = ("README.md", "docs/**/*.md", "llama_advisor/**/*.py", "llama_advisor/**/*.yaml", ".github/**/*.yml")
    texts = {path: path.read_text("utf-8") for place in places for path in ROOT.glob(place)}
    assert [f"{path}: {hit.group()}" for path, text in texts.items() for hit in UNOWNED.finditer(text)] == []
