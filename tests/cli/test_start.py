"""How the program starts: what it loads, which commands and flags there are."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from llama_advisor.cli.commands import COMMANDS
from llama_advisor.cli.estimate import FLAGS as ESTIMATE_FLAGS
from llama_advisor.scenario.flags import FLAGS
from llama_advisor.scenario.scenario import Only, Scenario
from llama_advisor.sizing.request import EstimateRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCENARIO = """--use-case* --input* --target --hardware* --accelerator --memory-budget-gib --reserved-gib --context
--prompt-tokens --shared-prefix-tokens --output-tokens --concurrency --users --requests-per-second --images-per-prompt
--min-tokens-per-s --max-first-token-s --max-answer-s --language* --domicile --end-user-region --monthly-active-users
--commercial? --licence-policy --organisation --tool-calling --structured-output? --fine-tuning* --tuning* --offline?
--budget-usd-per-month
--tokens-per-month --batch-hours --engine --quantization --model --tried* --only-model* --only-family* --only-engine*
--only-quantization* --max-parameters-b --provider --service-region --symptom* --priority*"""
ESTIMATE = """--quantization --hardware --gpus --nodes --memory-gb --bandwidth-gb-s --accelerator --engine --split
--use-case* --context --prompt-tokens --output-tokens --shared-prefix-tokens --concurrency --users --requests-per-second
--batch-hours --min-tokens-per-s --reserved-gib --images-per-prompt --kv-cache-type --fine-tuning* --tuning*
--tokens-per-month --offer"""
MARK = {"one": "", "many": "*", "yes": "?"}


PROGRAM = """import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from llama_advisor.cli.main import main
main()
"""


def loaded(root: Path, *arguments: str) -> set[str]:
    """Return the modules that a run of the program imports."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_version_is_answered_before_the_parser_is_loaded(root: Path) -> None:
    assert not {"typer", "pydantic", "yaml", "rich"} & loaded(root, "--version")


def test_only_the_command_named_is_loaded(root: Path) -> None:
    modules = {name for name in loaded(root, "schema", "scenario") if name.startswith("llama_advisor.cli.")}
    assert modules == {f"llama_advisor.cli.{name}" for name in ("main", "commands", "help", "options", "rules")}
    for format_ in ("text", "json", "markdown"):
        assert not {"rich", "jinja2"} & loaded(root, "recommend", "--use-case", "chat", "--format", format_)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_a_function_of_its_options(
    name: str, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    place, says = COMMANDS[name]
    module, function = place.split(":")
    command = getattr(import_module(f"llama_advisor.cli.{module}"), function)
    told = " ".join(run(*name.split(), "--help").stdout.split())
    assert says in told
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        assert parameter.name != "said"
        assert parameter.annotation.__metadata__[0].help in told


def test_flags_are_those_of_the_contract() -> None:
    assert [flag.flag + MARK[flag.kind] for flag in FLAGS] == SCENARIO.split()
    assert [flag.flag + MARK[flag.kind] for flag in ESTIMATE_FLAGS] == ESTIMATE.split()
    assert all(flag.doc for flag in (*FLAGS, *ESTIMATE_FLAGS))


def test_each_field_has_its_flag() -> None:
    fields = {*Scenario.model_fields, *(f"only.{name}" for name in Only.model_fields)} - {"only"}
    assert {flag.field for flag in FLAGS} == fields
    assert {flag.field for flag in ESTIMATE_FLAGS} == set(EstimateRequest.model_fields) - {"id", "model"}
