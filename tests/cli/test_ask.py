"""ask at a terminal, through a pipe, and without either."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = ("--as-of", "2026-11-24")
PIPED = "rag\n1x L4\n--context 16k\n"


@pytest.fixture
def terminal(root: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    opened = []

    def started(*arguments: str, columns: int = 80, **env: str) -> Any:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "llama_advisor", *arguments],
            cwd=str(tmp_path),
            env=os.environ | {"PYTHONPATH": str(root), "LANG": "C.UTF-8", "COLUMNS": str(columns)} | env,
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=60,
        )
        opened.append(child)
        return child

    yield started
    for child in opened:
        child.close(force=True)


@pytest.mark.parametrize("arguments", [(), ("ask",)])
def test_without_a_terminal_nothing_is_assumed(run: Any, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage:" in done.stderr
    assert "Missing: at least one of --use-case, --input, --model" in done.stderr


def test_a_piped_answer_that_is_not_understood_fails(run: Any) -> None:
    done = run("ask", "--answers", "-", *DAY, stdin="rag\nan abacus\n")
    assert done.returncode == 2
    assert "answer on line 2 (Where will it run, or on what hardware?): hardware" in done.stderr


def test_answers_that_end_early_say_what_could_still_change_it(run: Any) -> None:
    done = run("ask", "--answers", "-", "--format", "json", *DAY, stdin="rag\n1x L4\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "recommended"
    assert done.stderr.startswith("Not settled: it could still change with inputs, ")
    done = run("ask", "--answers", "-", *DAY, stdin="rag\n1x L4\n" + "\n" * 9)
    assert done.stderr == ""


def test_a_file_is_never_overwritten_unasked(run: Any, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text("mine", "utf-8")
    done = run("ask", "--answers", "-", "--save", str(kept), *DAY, stdin=PIPED)
    assert done.returncode == 2
    assert "it is there already; --force overwrites it" in done.stderr
    assert kept.read_text("utf-8") == "mine"
    assert run("ask", "--answers", "-", "--save", str(kept), "--force", *DAY, stdin=PIPED).returncode == 0
    assert kept.read_text("utf-8") != "mine"
    done = run("ask", "--answers", "-", "--save", str(tmp_path / "no" / "kept.yaml"), *DAY, stdin=PIPED)
    assert done.returncode == 2
    assert "no such folder" in done.stderr


def test_interview_flags_and_file_are_one_scenario(run: Any, tmp_path: Path) -> None:
    kept = tmp_path / "llama-advisor.yaml"
    asked = run("ask", "--answers", "-", "--save", str(kept), "--format", "json", *DAY, stdin=PIPED)
    text = run("ask", "--answers", "-", *DAY, stdin=PIPED).stdout
    command = next(line for line in text.splitlines() if line.startswith("  llama-advisor recommend"))
    flags = run(*shlex.split(command)[1:], "--format", "json", *DAY)
    file = run("recommend", str(kept), "--format", "json", *DAY)
    assert json.loads(asked.stdout)["scenario"]["context_tokens"] == 16384
    assert asked.stdout == flags.stdout == file.stdout
    plain = run("recommend", str(kept), *DAY).stdout
    assert text.startswith(plain)


def test_a_whole_interview_with_help_back_and_a_wrong_word(terminal: Any) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.sendline("nonsense")
    child.expect("Not understood: use_cases: unknown use case 'nonsense'")
    child.expect("> ")
    child.sendline("5")
    child.expect("Where will it run")
    child.sendline("b")
    child.expect("What is it for")
    child.sendline("rag")
    child.expect("Where will it run")
    child.sendline("?")
    child.expect("What each answer would do now")
    child.expect("> ")
    child.sendline("1x L4")
    child.expect("Leads now: Llama 3.1 8B Instruct")
    child.expect("Does any of these")
    child.expect("all numbers that apply|All numbers that apply")
    child.expect("> ")
    child.sendline("?")
    child.expect("What you choose is asked next")
    child.expect("> ")
    child.sendline("how long prompts and answers get")
    child.expect("How long do prompt and answer get together")
    child.expect("> ")
    child.sendline("16k")
    child.expect("> ")
    child.sendline("e")
    child.expect("The same again:")
    child.expect("llama-advisor recommend --use-case rag --hardware '1x L4' --context 16384")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_an_interview_ends_by_itself_and_says_so(terminal: Any) -> None:
    child = terminal("ask", *DAY)
    for _ in range(12):
        if child.expect(["> ", "Settled after \\d questions: nothing left to ask changes model or verdict"]):
            break
        child.sendline("rag" if _ == 0 else "1x L4" if _ == 1 else "")
    child.expect("The same again:")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_the_program_alone_asks_at_a_terminal(terminal: Any) -> None:
    child = terminal()
    child.expect("What is it for")
    child.sendline("rag")
    child.expect("Where will it run")
    child.sendline("q")
    child.expect("--resume")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_an_interrupt_loses_nothing(terminal: Any, tmp_path: Path) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.sendline("rag")
    child.expect("Where will it run")
    child.expect("> ")
    child.sendintr()
    child.expect("Go on with:\\s+llama-advisor ask --resume llama-advisor-interview.json")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 130
    assert (tmp_path / "llama-advisor-interview.json").exists()
    again = terminal("ask", "--resume", *DAY)
    again.expect("Question 2. Where will it run")
    another = terminal("ask", *DAY)
    another.expect("What is it for")
    another.sendline("chat")
    another.expect("Where will it run")
    another.sendline("q")
    another.expect("--resume llama-advisor-interview-2.json")


def test_a_closed_window_loses_nothing(terminal: Any, tmp_path: Path) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.sendline("rag")
    child.expect("Where will it run")
    child.expect("> ")
    child.kill(signal.SIGTERM)
    child.expect("Saved 1 answer\\.")
    child.expect(pexpect.EOF)
    assert (tmp_path / "llama-advisor-interview.json").exists()


def test_one_line_says_what_was_not_understood_and_the_question_stands(terminal: Any) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.expect("> ")
    child.sendline("b")
    child.expect("Nothing to take back.\r\n> ")
    child.sendline("rag")
    child.expect("Where will it run")
    child.expect("> ")
    child.sendline("my gaming PC")
    child.expect("Not understood: 'my gaming PC' names neither a device nor its memory, e.g. 16GB\r\nRAM\r\n> ")


def test_piped_answers_beyond_the_last_question_are_refused(run: Any) -> None:
    done = run("ask", "--answers", "-", *DAY, stdin="rag\n1x L4\n" + "\n" * 9 + "offline\n")
    assert done.returncode == 2
    assert "answer on line 12: nothing is left to ask" in done.stderr
    assert done.stdout == ""


def test_answers_in_a_file_and_in_a_pipe_are_the_same(run: Any, tmp_path: Path) -> None:
    kept = tmp_path / "answers.txt"
    for text in ("rag\n1x L4\n\n", "rag\r\n1x L4"):
        kept.write_bytes(text.encode())
        file = run("ask", "--answers", str(kept), "--format", "json", *DAY)
        pipe = run("ask", "--answers", "-", "--format", "json", *DAY, stdin=text)
        assert (file.returncode, file.stdout, file.stderr) == (pipe.returncode, pipe.stdout, pipe.stderr)


def test_the_command_repeats_own_rules_and_day(run: Any, tmp_path: Path) -> None:
    text = run("ask", "--answers", "-", "--rules", str(tmp_path), *DAY, stdin="rag\n1x L4\n").stdout
    command = next(line for line in text.splitlines() if line.startswith("  llama-advisor recommend"))
    assert command.endswith(f" --rules={tmp_path} --as-of=2026-11-24")


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"LC_ALL": "C", "NO_COLOR": "1"}])
def test_a_narrow_dumb_or_ascii_terminal_is_enough(terminal: Any, env: dict[str, str]) -> None:
    child = terminal("ask", *DAY, columns=40, **env)
    child.logfile_read = everything = io.StringIO()
    child.expect("What is it for")
    child.expect("> ")
    child.sendline("chat")
    child.expect("Where will it run")
    child.expect("> ")
    child.sendline("phone")
    child.expect("Does any of these")
    child.expect("> ")
    child.sendline("e")
    child.expect(pexpect.EOF)
    shown = everything.getvalue()
    assert "\x1b" not in shown
    assert shown.isascii() or "LC_ALL" not in env
    shown = re.sub(r"(?ms)^Run it.*?^Ranking|^  run .*?^  assumed", "", shown)  # no word of theirs is broken
    rest = [line for line in shown.splitlines() if "llama-advisor recommend" not in line]
    assert max(map(len, rest)) <= 40
