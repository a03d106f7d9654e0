"""What is printed for real scenarios, on every engine: options that the release has, names that are listed."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Build

sys.path.insert(0, str(Path(__file__).parents[1] / "upstream"))
from options import unknown_options

BASE = load_rules()
ADVISOR = Advisor(BASE, date(2026, 11, 26))
CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "scenarios" / "cases.yaml").read_text(encoding="utf-8")
)["cases"]
VISIBLE = re.compile(r"^[A-Z_]+=\$d ")
LISTED = {
    name
    for model in BASE.models.values()
    for name in (
        model.artifacts.hf_repo,
        *(item.name for item in model.artifacts.published),
        *(item.hf_repo for item in model.official_builds),
    )
}


def builds(engine: str) -> list[Build]:
    """Every build that an eighth of the scenarios comes to on an engine; engines take turns at the eighths."""
    found = []
    for case in CASES[sorted(BASE.engines).index(engine) % 8 :: 8]:
        said = dict(case["scenario"])
        if "only" not in said:
            answer = ADVISOR.advise(Scenario.model_validate(said | {"only": {"engines": [engine]}}))
            found += [*answer.ranking, *([answer.recommendation] if answer.recommendation else [])]
    return found


@pytest.mark.parametrize("engine", sorted(BASE.engines))
def test_a_build_can_be_started_by_what_its_release_knows(engine: str) -> None:
    for build in builds(engine):
        assert {command.step for command in build.commands} & {"start", "tune", "request"}, build.model
        version = (build.engine_version or "").rpartition("==")[2].rpartition(" ")[2]
        for command in build.commands:
            if command.language == "sh" and command.step != "balance":
                run = command.run.partition("; do ")[2].replace("done; wait", "") or command.run
                assert unknown_options(VISIBLE.sub("", run), BASE.programs, version) == [], command.run
        named = build.artifact.hf_repo or build.artifact.ollama_tag
        assert named is None or named in LISTED or named.removeprefix("hf.co/").rpartition(":")[0] in LISTED
