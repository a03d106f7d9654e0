"""Every recipe of docs/contributing.md: the one file is made in a layer, and the command prints what the page says."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.upkeep.lint import lint, run_examples

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "contributing.md"
FOLDER = "llama-advisor.d"
RECIPE = re.compile(
    r"^### (?P<name>[^\n]+)\n(?P<words>(?:(?!^###? ).)*?)"
    r"```yaml\n# llama-advisor\.d/(?P<file>\S+)\n(?P<content>.*?)```\n\n"
    r"```sh\n(?:printf '(?P<typed>[^\n]*)' \| )?"
    r"llama-advisor (?P<command>[^\n]+)\n```\n\nIt prints `(?P<printed>[^`]+)`",
    re.DOTALL | re.MULTILINE,
)
ADDITIONS = {
    "A model",
    "An official build",
    "A device",
    "An instance",
    "A price",
    "An engine version",
    "A use case",
    "A constraint: at most 2 GPUs",
    "A constraint: no model without vendor support",
    "A preference",
    "A question",
    "A weight",
    "A removal",
}


class Recipe(NamedTuple):
    """One recipe as the page has it."""

    name: str
    file: str
    content: str
    command: str
    printed: str
    typed: str | None
    """What is piped into it."""


def recipes() -> Iterator[Recipe]:
    for match in RECIPE.finditer(PAGE.read_text(encoding="utf-8")):
        yield Recipe(**{name: match[name] for name in Recipe._fields})


RECIPES = list(recipes())
by_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.name for recipe in RECIPES])


def test_there_is_a_recipe_for_each_addition() -> None:
    assert {recipe.name for recipe in RECIPES} == ADDITIONS
    assert PAGE.read_text(encoding="utf-8").count("\n### ") == len(RECIPES)


@by_recipe
def test_the_one_file_does_what_the_recipe_says(
    recipe: Recipe,
    layer: Callable[[dict[str, str]], Path],
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    folder = layer({recipe.file: recipe.content})
    words = shlex.split(recipe.command)
    at = words.index("--rules")
    typed = (recipe.typed or "").replace("\\n", "\n")
    with_it = run(*words[:at], "--rules", str(folder), *words[at + 2 :], stdin=typed)
    without = run(*words[:at], *words[at + 2 :], stdin=typed)
    assert printed(recipe, with_it), with_it.stdout + with_it.stderr
    assert not printed(recipe, without)


def printed(recipe: Recipe, done: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether the output holds the text; lines are wrapped, so blanks do not count."""
    text = done.stdout + done.stderr
    return "".join(recipe.printed.split()) in "".join(text.split())


@by_recipe
def test_what_a_recipe_writes_is_sound(recipe: Recipe, layer: Callable[[dict[str, str]], Path]) -> None:
    base = load_rules(layer({recipe.file: recipe.content}))
    assert [result for result in run_examples(base) if not result.passed] == []
    known = base.finding_kinds
    as_of = date(2026, 11, 24)
    errors = [item for item in lint(base, as_of) if known[item.code].severity == "error"]
    broken_by_removal = {"LR422"} if "remove: true" in recipe.content else set()
    assert {item.code for item in errors} <= broken_by_removal


SCENARIO = "use_cases: [coding]\nhardware: 8xH100\n"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A scenario file with a team's own layer beside it."""
    recipe = next(recipe for recipe in RECIPES if recipe.name == "A constraint: at most 2 GPUs")
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
    folder = layer({recipe.file: recipe.content for recipe in RECIPES if recipe.name in {"A model", "A preference"}})
    for command, name in (("rules", "prefer-llama-cpp"), ("models", "house-8b-instruct")):
        shown = json.loads(run(command, "show", name, "--rules", str(folder), "--format", "json").stdout)
        assert shown["layer"] == str(folder)
    shipped = json.loads(run("rules", "show", "memory-fits", "--rules", str(folder), "--format", "json").stdout)
    assert shipped["layer"] == "rules"
