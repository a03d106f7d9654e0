"""tests/projects/: a new case is a folder with a project file, what it names, and expected.yaml."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
from checked_projects import checked, checker

if TYPE_CHECKING:
    from llama_advisor.check.findings import CheckFinding

PROJECTS = Path(__file__).resolve().parent.parent / "projects"
CASES = sorted(path.parent for path in PROJECTS.rglob("expected.yaml"))
NAMES = [path.relative_to(PROJECTS).as_posix() for path in CASES]


def expected(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8"))
    return found


def told(item: CheckFinding) -> dict[str, Any]:
    shown = {"code": item.code, "file": item.file, "line": item.line, "column": item.column}
    shown["end"] = [item.end_line, item.end_column]
    shown |= {"level": item.severity} if item.severity != checker().kinds[item.code].severity else {}
    return shown | ({"waived": True} if item.waived else {})


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_project_has_exactly_its_findings(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    wanted = expected(case)
    found = checked(Path("llama-advisor.yaml"), as_of=wanted["as_of"])
    assert [told(item) for item in found.findings] == wanted["findings"]
    assert found.exit_code == wanted["exit_code"]
    about_sources = [item for item in found.findings if item.code.startswith("LA3")]
    assert [item.text for item in about_sources if (item.deployment or "?") not in item.text] == []


@pytest.mark.parametrize("code", sorted(checker().kinds))
def test_every_code_has_a_project_that_brings_it_and_one_that_does_not(code: str) -> None:
    fires, silent = (
        {item["code"] for item in expected(PROJECTS / code / kind)["findings"] if not item.get("waived")}
        for kind in ("fires", "silent")
    )
    assert code in fires
    assert code not in silent


def test_no_case_rests_on_today() -> None:
    assert {type(expected(case)["as_of"]) for case in CASES} == {date}


@pytest.mark.parametrize("kind", sorted(checker().kinds.values(), key=lambda item: item.id), ids=lambda kind: kind.id)
def test_every_code_says_what_to_do(kind: Any) -> None:
    assert kind.fix.endswith(".")
    assert kind.example.strip()
    assert kind.malformed == kind.id.startswith("LA9")
