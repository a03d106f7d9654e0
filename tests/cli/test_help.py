"""Help, completion and colour: what a person at a terminal meets before the first answer."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llama_advisor.cli.commands import COMMANDS, EXAMPLES
from llama_advisor.cli.estimate import FLAGS as ESTIMATE_FLAGS
from llama_advisor.scenario.flags import FLAGS, GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase

    Run = Callable[..., subprocess.CompletedProcess[str]]

WIDTHS = (60, 80)
COLOURED = "\x1b["
CHAT = ("recommend", "--use-case", "chat", "--as-of", "2026-11-24")


def completed(run: Run, *words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    asked = {"COMP_WORDS": " ".join(("llama-advisor", *words)), "COMP_CWORD": str(len(words))}
    return run(env={**asked, "_LLAMA_ADVISOR_COMPLETE": "complete_bash"}).stdout.split()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["recommend", "estimate"])
def test_flag_names_stand_whole_under_their_headings(name: str, width: int, run: Run) -> None:
    told = run(name, "-h", env={"COLUMNS": str(width)}).stdout
    lines = told.partition("\nExamples:")[0].splitlines()
    assert max(map(len, lines)) <= width
    heading, shown = "", {}
    for line in lines:
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
        elif line.startswith("  --"):
            shown[line.split()[0]] = heading
    for flag in {"recommend": FLAGS, "estimate": ESTIMATE_FLAGS}[name]:
        assert shown[flag.flag] == flag.group != GROUPS[-1]
        assert all(choice in told for choice in flag.choices)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_names_values_by_what_they_are(name: str, run: Run) -> None:
    done = run(*name.split(), "-h")
    assert (done.returncode, done.stderr) == (0, "")
    assert "<" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_examples_are_commands_that_there_are() -> None:
    assert set(EXAMPLES) <= set(COMMANDS)
    for name, lines in EXAMPLES.items():
        for line in lines:
            assert shlex.split(line)[1:][: len(name.split())] == name.split() or (name, line) == (
                "ask",
                "llama-advisor",
            )


def test_a_group_of_commands_alone_shows_them(run: Run) -> None:
    done = run("use-cases")
    assert (done.returncode, done.stdout) == (2, "")
    assert "\n  list  List the use cases" in done.stderr
    assert "use-cases list|show" in run("-h").stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("recommend", "--use-case", "cod"), ["code-completion", "coding"]),
        (("recommend", "--target", "w"), ["workstation"]),
        (("recommend", "--symptom", "b"), ["bad_tool_calls"]),
        (("recommend", "--format", "m"), ["markdown"]),
        (("recommend", "--only-engine", "vll"), ["vllm", "vllm-gaudi", "vllm-tpu"]),
        (("recommend", "--budget"), ["--budget-usd-per-month"]),
        (("estimate", "llama-3.3"), ["llama-3.3-70b-instruct"]),
        (("use-cases", "show", "retail"), ["retail-images"]),
        (("schema", "wh"), ["whatif"]),
        (("estim",), ["estimate"]),
    ],
)
def test_a_shell_completes_values(words: tuple[str, ...], offered: list[str], run: Run) -> None:
    assert completed(run, *words) == offered


def test_all_ids_of_use_cases_are_offered(run: Run, base: RuleBase) -> None:
    assert completed(run, "recommend", "--use-case", "") == list(base.use_cases)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_shown_for_each_shell(shell: str, run: Run) -> None:
    done = run("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert f"_LLAMA_ADVISOR_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.parametrize(
    ("flags", "env", "coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color=always",), {"NO_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"FORCE_COLOR": ""}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (("--color", "auto"), {"FORCE_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_as_asked(flags: tuple[str, ...], env: dict[str, str], *, coloured: bool, process: Run) -> None:
    assert (COLOURED in process(*CHAT, *flags, env=env).stdout) is coloured


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("arguments", [CHAT, ("models", "list"), ("-h",)])
def test_a_result_that_cannot_be_written_is_told_in_a_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "llama_advisor", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "llama-advisor: the result cannot be written: No space left on device\n",
    )


def test_an_unknown_command_or_flag_is_answered_with_the_nearest(run: Run) -> None:
    assert run("recomend").stderr == "llama-advisor: No such command 'recomend'; nearest: recommend\n"
    assert run("models", "x").stderr == "llama-advisor: No such command 'x'; known: list, show\n"
    assert run("recommend", "--hw", "L4").stderr == "llama-advisor: No such option: --hw; nearest: --hardware\n"
    assert run("deploy", "--format", "k8s").stderr == (
        "llama-advisor: No such option: --format; see: llama-advisor deploy --help\n"
    )
    assert run("recommend", "--gpu", "L4").stderr.endswith("--gpu; see: llama-advisor recommend --help\n")


def test_a_sentence_without_a_command_is_sent_to_ask(run: Run) -> None:
    assert run("what's for a 3090?").stderr == (
        'llama-advisor: No such command "what\'s for a 3090?"; `llama-advisor ask` takes a sentence\n'
    )


def test_an_argument_that_is_missing_is_told_with_the_help_that_names_it(run: Run) -> None:
    assert run("explain").stderr == "llama-advisor: Missing argument 'NAME'; see: llama-advisor explain --help\n"
    assert run("models", "show").stderr.endswith("'MODEL'; see: llama-advisor models show --help\n")


def test_wrong_values_of_options_are_told_in_plain_words(run: Run) -> None:
    assert run("--color", "pink").stderr == "llama-advisor: --color: unknown value 'pink'; known: auto, always, never\n"
    assert run("recommend", "--print", "x").stderr == (
        "llama-advisor: Invalid value for '--print': 'x' is not one of 'model', 'hf', 'ollama', 'build', 'run'.\n"
    )
