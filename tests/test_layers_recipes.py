"""Every recipe of docs/contributing.md: the one file is made in a layer, and the command prints what the page says."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from recipes import FOLDER, PAGE, RECIPES, Recipe, copied, patched

from llama_advisor.engine.rules import load_rules
from llama_advisor.upkeep.lint import lint, run_examples

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

ADDITIONS = {
    "A model",
    "An official build",
    "A quantization",
    "A device",
    "An instance",
    "A price",
    "An offer of a provider",
    "An engine",
    "An engine version",
    "A measurement",
    "A use case",
    "A constraint: at most 2 GPUs",
    "A constraint: no model without vendor support",
    "A preference",
    "A caveat",
    "A route",
    "A weight",
    "A question",
    "A removal",
    "A format of an answer",
    "A kind of file that the check reads",
    "A target of `deploy`",
}
IN_A_LAYER = {name: recipe for name, recipe in RECIPES.items() if recipe.file}
PATCHES = {name: recipe for name, recipe in RECIPES.items() if not recipe.file}
by_layer = pytest.mark.parametrize("recipe", IN_A_LAYER.values(), ids=IN_A_LAYER)


def test_there_is_a_recipe_for_each_addition() -> None:
    assert set(RECIPES) == ADDITIONS
    assert PAGE.read_text(encoding="utf-8").count("\n### ") == len(RECIPES)


def laid(recipe: Recipe, layer: Callable[[dict[str, str]], Path]) -> Path:
    """Make the one file of a recipe in a layer."""
    assert recipe.file
    return layer({recipe.file: recipe.content})


@by_layer
def test_the_one_file_does_what_the_recipe_says(
    recipe: Recipe, layer: Callable[[dict[str, str]], Path], run: Run
) -> None:
    folder = laid(recipe, layer)
    words = shlex.split(recipe.command)
    at = words.index("--rules")
    typed = (recipe.typed or "").replace("\\n", "\n")
    with_it = run(*words[:at], "--rules", str(folder), *words[at + 2 :], stdin=typed)
    without = run(*words[:at], *words[at + 2 :], stdin=typed)
    assert recipe.shown(with_it.stdout + with_it.stderr), with_it.stdout + with_it.stderr
    assert not recipe.shown(without.stdout + without.stderr)


@by_layer
def test_what_a_recipe_writes_is_sound(recipe: Recipe, layer: Callable[[dict[str, str]], Path]) -> None:
    base = load_rules(laid(recipe, layer))
    assert [result for result in run_examples(base) if not result.passed] == []
    known = base.finding_kinds
    as_of = date(2026, 11, 24)
    errors = [item for item in lint(base, as_of) if known[item.code].severity == "error"]
    broken_by_removal = {"LR422"} if "remove: true" in recipe.content else set()
    assert {item.code for item in errors} <= broken_by_removal


def within(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy of the repository, on what lies there."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_does_what_the_recipe_says(name: str, tmp_path: Path) -> None:
    recipe, folder = PATCHES[name], copied(tmp_path / "copy")
    command = ("-m", "llama_advisor", *shlex.split(recipe.command))
    before = within(folder, *command)
    patched(folder, recipe.content)
    after = within(folder, *command)
    assert not recipe.shown(before.stdout + before.stderr)
    assert recipe.shown(after.stdout), after.stdout + after.stderr
    if "+++ b/rules/" in recipe.content:
        linted = within(folder, "-m", "llama_advisor", "rules", "lint")
        assert linted.returncode == 0, linted.stdout + linted.stderr
    if "+++ b/llama_advisor/" in recipe.content:
        files = ("tests/test_architecture.py", "tests/wild/test_wild.py")
        tested = within(folder, "-m", "pytest", "-q", "-n", "0", "-k", "downwards or one_way or label", *files)
        assert tested.returncode == 0, tested.stdout


def test_the_next_model_is_one_file(tmp_path: Path) -> None:
    """In `rules/` itself: lint passes, a page is written, recommend answers with it."""
    recipe, folder = RECIPES["A model"], copied(tmp_path / "copy")
    assert recipe.file
    (folder / "rules" / recipe.file).write_text(recipe.content, encoding="utf-8")
    words = shlex.split(recipe.command)
    at = words.index("--rules")
    for command in (
        ("-m", "llama_advisor", "rules", "lint"),
        ("tests/docs_generate.py", "--write"),
    ):
        done = within(folder, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    answered = within(folder, "-m", "llama_advisor", *words[:at], *words[at + 2 :])
    assert recipe.shown(answered.stdout), answered.stdout + answered.stderr
    assert (folder / "docs" / recipe.file).with_suffix(".md").exists()


SCENARIO = "use_cases: [coding]\nhardware: 8xH100\n"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A scenario file with a team's own layer beside it."""
    recipe = RECIPES["A constraint: at most 2 GPUs"]
    assert recipe.file
    path = tmp_path / FOLDER / recipe.file
    path.parent.mkdir(parents=True)
    path.write_text(recipe.content, encoding="utf-8")
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return scenario


def test_a_layer_beside_the_file_is_taken_and_named(
    beside: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run("recommend", str(beside), "--format", "json")
    answer = json.loads(done.stdout)
    folder = beside.parent / FOLDER
    assert done.stderr.startswith(f"llama-advisor: {folder}/ is laid over the shipped rules\n")
    assert answer["rulebase"]["layers"] == [str(folder)]
    assert {item["excuse"]["rule"] for item in answer["excluded"]} >= {"at-most-two-gpus"}


def test_standard_input_has_no_layer_beside_it(
    beside: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run("recommend", "-", "--format", "json", stdin=beside.read_text())
    assert done.stderr == ""
    assert json.loads(done.stdout)["rulebase"]["layers"] == []


def test_a_rule_and_a_model_tell_their_layer(
    layer: Callable[[dict[str, str]], Path], run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder = layer({str(RECIPES[name].file): RECIPES[name].content for name in ("A model", "A preference")})
    for command, name in (("rules", "prefer-llama-cpp"), ("models", "house-8b-instruct")):
        shown = json.loads(run(command, "show", name, "--rules", str(folder), "--format", "json").stdout)
        assert shown["layer"] == str(folder)
    shipped = json.loads(run("rules", "show", "memory-fits", "--rules", str(folder), "--format", "json").stdout)
    assert shipped["layer"] == "rules"
