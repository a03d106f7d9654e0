"""The workflows of the repository: valid, pinned, with few rights and an end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import yaml

from llama_advisor.knowledge.offer import List

FOLDER = Path(__file__).resolve().parents[2] / ".github/workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
by_file = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


@by_file
def test_a_workflow_is_pinned_bounded_and_starts_without_rights(file: Path) -> None:
    text = file.read_text("utf-8")
    made = yaml.safe_load(text)
    assert made["permissions"] == {}
    for job in made["jobs"].values():
        assert job["timeout-minutes"] <= 15
        for step in job["steps"]:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step.get("uses", f"own/step@{'0' * 40}"))
    rights = {name: set(job["permissions"].items()) for name, job in made["jobs"].items()}
    writing = {name for name, found in rights.items() if any(right == "write" for _, right in found)}
    assert not [name for name in writing if "pip" in str(made["jobs"][name]["steps"])]


@by_file
def test_a_workflow_is_as_its_schema_says_and_its_scripts_are_sound(file: Path, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    checked = subprocess.run(
        [programs / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    for job in yaml.safe_load(file.read_text("utf-8"))["jobs"].values():
        for step in job["steps"]:
            script = tmp_path / "step.sh"
            script.write_text(f"#!/bin/bash\n{step.get('run', '')}", "utf-8")
            sound = subprocess.run([programs / "shellcheck", script], capture_output=True, text=True, check=False)
            assert sound.returncode == 0, sound.stdout


def test_each_list_of_offers_is_read() -> None:
    text = (FOLDER / "refresh.yml").read_text("utf-8")
    assert set(re.findall(r"rules refresh (\S+)", text)) == set(get_args(List))
