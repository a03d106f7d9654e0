"""The made-up knowledge of knowledge.yaml as a rule base, without the shipped rules."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.check.checker import Checked, Checker, Settings
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.facts import FACTS
from llama_advisor.knowledge.base import RuleBase, shipped_rules
from llama_advisor.knowledge.layers import Layer
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.estimate import Sizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings
    from llama_advisor.engine.decide import Answer

sys.path.insert(0, str(Path(__file__).resolve().parent))  # for what several files share
FILE = Path(__file__).with_name("knowledge.yaml")
AS_OF = date(2026, 11, 24)
RULE = {
    "title": "",
    "why": "",
    "sources": [{"id": "made"}],
    "confidence": "low",
    "examples": {"fires": [{}], "silent": [{}]},
}


@pytest.fixture(scope="session")
def made_files() -> dict[str, Any]:
    """The content of the made-up knowledge by file, as a layer has it."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    for folder, rules in found.pop("rules").items():
        found |= {f"{folder}/{name}.yaml": RULE | {"id": name} | rule for name, rule in rules.items()}
    return found


@pytest.fixture(scope="session")
def made(made_files: dict[str, Any]) -> RuleBase:
    """The made-up knowledge."""
    return RuleBase((Layer(FILE.parent, "made", "made", made_files),), FACTS)


@pytest.fixture(scope="session")
def vary(made_files: dict[str, Any]) -> Callable[..., RuleBase]:
    """The made-up knowledge with some top-level entries of some made_files otherwise."""

    def varied(changes: dict[str, dict[str, Any]]) -> RuleBase:
        changed = made_files | {name: made_files.get(name, {}) | entries for name, entries in changes.items()}
        return RuleBase((Layer(FILE.parent, "made", "made", changed),), FACTS)

    return varied


@pytest.fixture(scope="session")
def checking(made: RuleBase) -> RuleBase:
    """The made-up knowledge with the shipped codes of findings, and how files are read."""
    names = ("checking.yaml", *(f"findings/{path.name}" for path in (shipped_rules() / "findings").iterdir()))
    files = {name: yaml.safe_load((shipped_rules() / name).read_text("utf-8")) for name in names}
    files["checking.yaml"] |= {"better_margin": 6, "shelf_lives": made.layers[0].files["checking.yaml"]["shelf_lives"]}
    (layer,) = made.layers
    return RuleBase((Layer(layer.root, "made", "made", layer.files | files),), made.facts)


@pytest.fixture(scope="session")
def advisor(made: RuleBase) -> Advisor:
    """An advisor on it, for one day."""
    return Advisor(made, AS_OF)


@pytest.fixture(scope="session")
def answer(advisor: Advisor) -> Callable[..., Answer]:
    """Answer a scenario given by its fields, with everything that was judged for it."""

    def answered(**fields: Any) -> Answer:
        return advisor.answer(Scenario.model_validate({"use_cases": ["talk"]} | fields))

    return answered


@pytest.fixture(scope="session")
def sizer(made: RuleBase) -> Sizer:
    """What sizes builds of it."""
    return Sizer(made)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def checker(checking: RuleBase) -> Checker:
    """A checker on it, for one day."""
    return Checker(checking, AS_OF)


@pytest.fixture
def finding(checker: Checker) -> Callable[..., CheckFinding]:
    """A finding in a line of a file."""

    def made(code: str = "LA303", line: int = 1, file: str = "a.sh", **more: Any) -> CheckFinding:
        source = SourceText(file, "abc\n" * 9, checker.kinds)
        start = 4 * (line - 1)
        found = source.finding(
            code, "said", start, start + 3, deployment=more.pop("deployment", "bot"), about=more.pop("about", "")
        )
        return found._replace(**more)

    return made


@pytest.fixture
def summed(checker: Checker) -> Callable[..., Findings]:
    """The sum of what was found in projects."""

    def made(*found: Checked, known: frozenset[str] = frozenset(), **asked: Any) -> Findings:
        return checker.result(found, Settings(**asked), known)

    return made
