"""The exit codes of docs/api.md are those of the program: each instance of its table is run, and there is no other."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.cli.main import INTERRUPTED
from llama_advisor.text.errors import AdvisorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8").partition("## Exit codes\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|([^|]*)\|$", PAGE, re.MULTILINE)
INSTANCES = [
    (int(codes), command) for codes, _, told in ROWS if told.strip() for command in re.findall("`(.*?)`", told)
]
SIGNALS = {130: "SIGINT", 129: "SIGHUP", 143: "SIGTERM"}
DEFECT = 70
PROMISED = {0, 1, 2, 3, DEFECT, *SIGNALS}
RULE = """\
id: large-ones-only
title: Large ones only
why: Small ones were tried.
sources: [{id: design-contract, says: "a team's own limit"}]
confidence: high
when: {fact: FACT, below: 8}
then: {rule_out: other}
say: "{model.name} is too small"
examples: {fires: [{FACT: 9}], silent: [{FACT: 8}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The checkout, with a layer in which an example fails and one that names no fact that there is."""
    for entry in ROOT.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    for layer, fact in (("failing", "model.parameters_b"), ("broken", "model.parameter_b")):
        (tmp_path / layer / "constraints").mkdir(parents=True)
        (tmp_path / layer / "constraints" / "large-ones-only.yaml").write_text(RULE.replace("FACT", fact), "utf-8")
    return tmp_path


@pytest.mark.parametrize(("code", "command"), INSTANCES, ids=[command for _, command in INSTANCES])
def test_an_instance_ends_as_it_says(code: int, command: str, folder: Path, run: Run) -> None:
    done = run(*shlex.split(command), cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize(("code", "command"), [(2, "recommend --use-case codng"), (3, "recommend --rules broken")])
def test_an_error_as_json_has_the_code(code: int, command: str, folder: Path, run: Run) -> None:
    done = run(*shlex.split(command), "--format", "json", cwd=folder)
    assert (done.returncode, json.loads(done.stdout)["error"]["exit_code"]) == (code, code)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("code", "name"), SIGNALS.items())
def test_a_signal_ends_as_it_says(code: int, name: str) -> None:
    number, command = getattr(signal, name), [sys.executable, "-m", "llama_advisor", "recommend", "--batch", "-"]

    def hear() -> None:
        signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)  # nohup ignores some

    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "preexec_fn": hear}
    with subprocess.Popen(command, cwd=ROOT, **streams) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"use_cases": ["chat"]}\n')
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(number)
        process.wait(60)
    assert code == (process.returncode if process.returncode >= 0 else 128 - process.returncode)


def test_a_defect_is_a_line_and_no_answer(call: Callable[..., tuple[int, str, str]], monkeypatch: Any) -> None:
    def broken(*_: object) -> None:
        raise KeyError("\x1b[31mrank")

    monkeypatch.setattr("llama_advisor.engine.decide.Advisor.advise", broken)
    code, out, err = call("recommend", "--use-case", "coding")
    assert (code, out, err.count("\n")) == (DEFECT, "", 1)
    assert "KeyError in cli/test_exit_codes.py" in err
    assert "\x1b" not in err


def errors(kind: type[AdvisorError] = AdvisorError) -> Iterator[int]:
    """Yield the exit codes of all errors."""
    yield kind.exit_code
    for below in kind.__subclasses__():
        yield from errors(below)


def returned() -> Iterator[int]:
    """Yield what functions of the command line that return a code return as written, by number or by name."""
    for path in sorted((ROOT / "llama_advisor" / "cli").glob("*.py")):
        module = import_module(f"llama_advisor.cli.{path.stem}")
        functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
        coded = [node for node in functions if isinstance(node.returns, ast.Name) and node.returns.id == "int"]
        leaving = [node for function in coded for node in ast.walk(function) if isinstance(node, ast.Return)]
        for node in (part for found in leaving for part in ast.walk(found)):
            value = getattr(module, node.id, None) if isinstance(node, ast.Name) else getattr(node, "value", None)
            values = value.values() if isinstance(value, dict) else [value]
            yield from (item for item in values if type(item) is int)


def test_the_table_has_every_code_that_there_is() -> None:
    listed = {int(code) for codes, _, _ in ROWS for code in codes.split(",")}
    assert listed == PROMISED
    assert {code for code, _ in INSTANCES} == PROMISED - {DEFECT, *SIGNALS}
    assert {*errors(), *returned(), INTERRUPTED} == PROMISED - {129, 143}
