"""The wheel, built, installed beside nothing else and run from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    if find_spec("hatchling") and find_spec("build"):
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    else:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:] or done.stdout[-2000:]
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_holds_the_rules_and_nothing_of_the_tests(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    rules = {path.relative_to(root).as_posix() for path in (root / "rules").rglob("*.yaml")}
    assert {f"llama_advisor/{name}" for name in rules} <= names
    assert {f"llama_advisor/render/templates/report.{kind}" for kind in ("html", "css")} <= names
    assert {f"llama_advisor/check/templates/{kind}.yaml" for kind in ("github", "gitlab", "pre-commit")} <= names
    tables = {path.relative_to(root).as_posix() for path in (root / "llama_advisor").rglob("*.json")}
    assert len(tables) > 1
    assert tables <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"llama_advisor"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_the_wheel_answers_from_another_folder_as_the_checkout_does(wheel: Path, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    arguments = ["recommend", "--use-case", "chat", "--as-of", "2026-11-24", "--format", "json"]

    def answer(path: Path, cwd: Path) -> dict[str, object]:
        environment = os.environ | {"PYTHONPATH": str(path), "PYTHONSAFEPATH": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "llama_advisor", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, object] = json.loads(done.stdout)
        return found

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert answer(target, elsewhere) == answer(root, root)
    code = "from llama_advisor.knowledge.base import shipped_rules; print(shipped_rules())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(target / "llama_advisor" / "rules")


@pytest.mark.slow
def test_the_wheel_declares_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith("entry_points.txt")]
        assert "llama-advisor = llama_advisor.cli.main:main" in packed.read(name).decode()
