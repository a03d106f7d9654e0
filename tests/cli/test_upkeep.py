"""rules lint, coverage, ablate on the command line: exit codes, JSON, the same bytes for the same seed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from llama_advisor.cli import rules as command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Layer = Callable[[dict[str, str]], Path]

AS_OF = "2026-11-24"
ORPHAN = "misunderstandings: [{id: flat-earth, claim: a, truth: b, sources: [{id: lm32card}]}]"


def test_the_shipped_rules_pass(run: Run) -> None:
    done = run("rules", "lint", "--as-of", AS_OF)
    assert done.returncode == 0
    assert done.stderr == ""
    assert ": 0 errors, " in done.stdout.splitlines()[-1]


def test_an_error_is_told_with_place_code_and_explanation(run: Run, layer: Layer) -> None:
    folder = layer({"own.yaml": ORPHAN})
    done = run("rules", "lint", "--rules", str(folder), "--as-of", AS_OF)
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert first == f"{folder}/own.yaml:1:21: LR411 error: flat-earth: no rule names it under `corrects`"
    assert "  LR411 A misunderstanding that no rule corrects. " in done.stdout


def test_findings_as_json_carry_their_codes(run: Run, layer: Layer) -> None:
    folder = layer({"own.yaml": ORPHAN})
    told = json.loads(run("rules", "lint", "--rules", str(folder), "--as-of", AS_OF, "--format", "json").stdout)
    assert told["schema_version"] == 1
    assert told["as_of"] == AS_OF
    assert told["findings"][0] == {
        "code": "LR411",
        "severity": "error",
        "entry": "flat-earth",
        "where": f"{folder}/own.yaml:1:21",
        "text": "no rule names it under `corrects`",
    }
    assert set(told["codes"]) == {finding["code"] for finding in told["findings"]}


def test_ones_own_rules_are_not_lost_among_findings_of_the_shipped_ones(run: Run, layer: Layer) -> None:
    done = run("rules", "lint", "--rules", str(layer({"own.yaml": ORPHAN})), "--as-of", AS_OF)
    listed = [line for line in done.stdout.splitlines() if re.match(r"\S+:\d+:\d+: LR", line)]
    assert len(listed) == 1
    shipped = re.findall(r"(\d+) warnings, (\d+) notes", run("rules", "lint", "--as-of", AS_OF).stdout)[0]
    assert f"({sum(map(int, shipped))} findings of the shipped ones are left out" in done.stdout.splitlines()[-1]


def test_sources_age_with_the_day_asked_for(run: Run) -> None:
    assert "LR305" not in run("rules", "lint", "--as-of", AS_OF).stdout
    assert "LR305" in run("rules", "lint", "--as-of", "2028-01-01").stdout


def test_workers_change_no_byte(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "WORTH_WORKERS", 2)
    shown = []
    for workers in (1, 2):
        code = command.coverage(samples=6, seed=5, workers=workers, format_="json", as_of=AS_OF)
        assert code == 0
        captured = capsys.readouterr()
        shown.append(captured.out)
        assert " s a scenario; slowest: " in captured.err
    assert shown[0] == shown[1]
    told = json.loads(shown[0])
    assert (told["samples"], told["seed"], sum(told["verdicts"].values())) == (6, 5, 6)


CASES = "cases:\n  - {id: one, scenario: {use_cases: [coding], hardware: RTX 3090, domicile: US}}\n"


def test_ablation_is_a_table_and_json(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(CASES, encoding="utf-8")
    text = run("rules", "ablate", "--scenarios", str(file), "--as-of", AS_OF)
    assert text.returncode == 0
    assert "1 scenarios" in text.stdout.splitlines()[0]
    assert "Never at work in these scenarios" in text.stdout
    told = json.loads(run("rules", "ablate", "--scenarios", str(file), "--as-of", AS_OF, "--format", "json").stdout)
    memory = next(effect for effect in told["rules"] if effect["rule"] == "memory-fits")
    assert memory["at_work"] == ["one"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x: 1", "needs `cases:`, a list of {id, scenario}"),
        ("cases: [{id: a}]", "a case has an `id` and a `scenario`"),
        ("cases: [{id: a, scenario: {use_case: [coding]}}]", "unknown key 'use_case'; nearest: use_cases"),
    ],
)
def test_a_file_of_cases_that_is_none_is_an_input_error(content: str, message: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(content, encoding="utf-8")
    done = run("rules", "ablate", "--scenarios", str(file))
    assert done.returncode == 2
    assert message in done.stderr
