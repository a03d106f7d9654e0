"""Projects over the example repositories: quiet as they are, and one deliberate change each is found at its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from measured import BASE, HERE, REPOSITORIES

from llama_advisor.check.checker import Checker

CHECKER = Checker(BASE, date(2026, 11, 24))
DATA = yaml.safe_load((HERE / "changes.yaml").read_text(encoding="utf-8"))
PROJECTS: dict[str, dict[str, Any]] = DATA["projects"]
CHANGES: list[dict[str, Any]] = DATA["changes"]
DRIFT = ("LA3", "LA206")
Places = set[tuple[str, str, int, int]]


def rows(held: dict[str, dict[str, Any]]) -> list[Any]:
    """Return the rows as parameters; what is missed today may fail."""
    missed = pytest.mark.xfail(strict=False, reason="not read yet")
    return [pytest.param(row, id=name, marks=[missed] if row.get("missed") else []) for name, row in held.items()]


def found(project: dict[str, Any], folder: Path, change: dict[str, Any] | None = None) -> Places:
    """Return where the check of a project finds drift, as it is or with one change."""
    for name in (source.partition("#")[0] for source in project["sources"]):
        text = (REPOSITORIES / project["repository"] / name).read_text(encoding="utf-8")
        if change and change["file"] == name:
            assert text.count(change["from"]) == 1
            text = text.replace(change["from"], change["to"])
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    deployment = {"name": "bot"} | {key: project[key] for key in ("requirements", "choice", "sources")}
    path = folder / "llama-advisor.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "deployments": [deployment]}), encoding="utf-8")
    findings = CHECKER.check(path).findings
    assert not {item.text for item in findings if item.code in CHECKER.malformed}
    drift = (item for item in findings if item.code.startswith(DRIFT))
    return {(item.code, item.file.removeprefix(f"{folder.as_posix()}/"), item.line, item.column) for item in drift}


@pytest.mark.parametrize("project", rows(PROJECTS))
def test_a_project_that_fits_its_files_is_quiet(project: dict[str, Any], tmp_path: Path) -> None:
    assert found(project, tmp_path) == set()


@pytest.mark.parametrize(
    "change", rows({f"{number}-{row['project']}": row for number, row in enumerate(CHANGES, start=1)})
)
def test_a_change_is_found_at_its_place(change: dict[str, Any], tmp_path: Path) -> None:
    project = PROJECTS[change["project"]]
    new = found(project, tmp_path / "changed", change) - found(project, tmp_path / "as it is")
    if change["code"] is None:  # the same thing in other words
        assert new == set()
    else:
        place = (change["file"], change["line"], change["column"])
        assert any(item[0].startswith(change["code"]) and item[1:] == place for item in new), new
