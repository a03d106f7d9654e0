"""explain on the command line, and what --why adds to recommend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

DAY = ("--as-of", "2026-11-24")
CARD = ("--use-case", "chat", "--hardware", "RTX 3060 12GB", *DAY)


def test_an_excluded_model_names_its_constraint_and_how_far_off_it_is(run: Run) -> None:
    done = run("explain", "70b", *CARD)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert lines[0] == "Llama 3.1 70B Instruct is ruled out; Llama 3.1 8B Instruct is recommended"
    assert "(29.0 GiB off) [memory-fits]" in done.stdout
    told = json.loads(run("explain", "70b", *CARD, "--format", "json").stdout)
    (failed,) = told["failed"]
    assert failed["excuse"]["bottleneck"] == "memory"
    assert failed["slack"] == pytest.approx(failed["excuse"]["limit"] - failed["excuse"]["value"], abs=0.002)


def test_a_model_that_qualifies_is_held_against_the_winner(run: Run) -> None:
    done = run("explain", "llama3.2:3b", *CARD)
    assert done.stdout.startswith("Llama 3.2 3B Instruct comes in place 2; Llama 3.1 8B Instruct is recommended\n")
    assert "It would win with" in done.stdout


def test_the_model_recommended_is_exit_0(run: Run) -> None:
    done = run("explain", "8b", *CARD)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Llama 3.1 8B Instruct is what is recommended")


def test_the_scenario_comes_from_a_file_with_flags_over_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("use_cases: [chat]\nhardware: RTX 3060 12GB\n", encoding="utf-8")
    by_file = run("explain", "70b", "--scenario", str(file), "--format", "json", *DAY)
    assert by_file.stdout == run("explain", "70b", *CARD, "--format", "json").stdout
    larger = run("explain", "70b", "--scenario", str(file), "--hardware", "8x H100", "--format", "json", *DAY)
    assert json.loads(larger.stdout)["standing"] != "excluded"


ALL_USES = "all: llama-advisor use-cases list"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("memory-fits", "when        engine.hosted is False and memory.fits is False"),
        ("quality", "name: Quality"),
        ("lr101", "# LR101: A rule that can never fire"),
        ("LA101", "# LA101"),
    ],
)
def test_a_rule_a_criterion_and_a_code_say_what_they_stand_for(run: Run, name: str, says: str) -> None:
    done = run("explain", name)
    assert done.returncode == 0
    assert says in done.stdout
    assert json.loads(run("explain", name, "--format", "json").stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("qualty",), "no model, rule, criterion or code is called 'qualty'; nearest: quality"),
        (
            ("8b",),
            "explain llama-3.1-8b-instruct: a model is explained for a scenario; give --scenario FILE, or its flags",
        ),
        (("8b", "--scenario", "nowhere.yaml"), "nowhere.yaml: No such file or directory"),
        (
            ("8b", "--use-case", "chats"),
            f"use_cases: unknown use case 'chats'; nearest: chat, image-understanding; {ALL_USES}",
        ),
    ],
)
def test_what_cannot_be_explained_is_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run("explain", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"llama-advisor: {message}\n")


def test_why_tells_where_the_answer_turns_and_what_every_point_rests_on(run: Run) -> None:
    done = run("recommend", *CARD, "--why")
    assert done.returncode == 0
    assert "What would change it" in done.stdout
    assert "build.quality" in done.stdout
    told = json.loads(run("recommend", *CARD, "--why", "--format", "json").stdout)
    assert {point["field"] for point in told["tipping_points"]} >= {"concurrent_requests", "inputs", "tool_calling"}
    for build in told["ranking"]:
        for part in build["contributions"]:
            assert part["points"] == pytest.approx(part["value"] * part["weight"], abs=0.011)
            assert part["reads"]
    plain = json.loads(run("recommend", *CARD, "--format", "json").stdout)
    assert (plain["tipping_points"], plain["robustness"]) == (None, None)
    assert all(part["reads"] is None for build in plain["ranking"] for part in build["contributions"])


def test_a_rule_of_ones_own_is_told_from_the_shipped_ones(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    (folder / "constraints").mkdir(parents=True)
    (folder / "constraints" / "at-most-8b.yaml").write_text(
        "id: at-most-8b\ntitle: Small models only\nwhy: The house runs small models.\n"
        "sources: [{id: seed-article}]\nconfidence: high\nwhen: {fact: model.parameters_b, above: 9}\n"
        'then: {rule_out: other}\nsay: "{model.name} is larger than the house allows"\n'
        "examples: {fires: [{model.parameters_b: 9.1}], silent: [{model.parameters_b: 9}]}\n",
        encoding="utf-8",
    )
    done = run("recommend", "--use-case", "chat", "--hardware", "8x H100", "--rules", str(folder), *DAY)
    assert "is larger than the house allows" in " ".join(done.stdout.split())
    assert "(rule of" in done.stdout
    told = json.loads(
        run("explain", "70b", *CARD, "--hardware", "8x H100", "--rules", str(folder), "--format", "json").stdout
    )
    assert {failed["excuse"]["layer"] for failed in told["failed"]} == {str(folder)}
