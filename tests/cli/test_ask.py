"""ask at a terminal, through a pipe, and without either."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = ("--as-of", "2026-11-24")
PIPED = "rag\n1x L4\n--context 16k\n"


SETTLED = 0.5
"""Seconds after a prompt until its line is read: a signal just before is lost."""


@pytest.fixture
def terminal(root: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    opened = []

    def started(*arguments: str, columns: int = 80, **env: str) -> Any:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "llama_advisor", *arguments],
            cwd=str(tmp_path),
            env=os.environ
            | {"PYTHONPATH": str(root), "LANG": "C.UTF-8", "COLUMNS": str(columns), "XDG_STATE_HOME": str(tmp_path)}
            | env,
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
    child.sendline("xyzzy")
    child.expect("Not understood: use_cases: unknown use case 'xyzzy'")
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
    time.sleep(SETTLED)
    child.sendintr()
    child.expect("Go on with:\\s+llama-advisor ask --resume --as-of=2026-11-24\r\n")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 130
    assert [path.name for path in tmp_path.iterdir()] == ["llama-advisor"]  # nothing in the working folder
    assert (tmp_path / "llama-advisor" / "interview.json").exists()
    again = terminal("ask", "--resume", *DAY)
    again.expect("Question 2. Where will it run")


def test_a_closed_window_loses_nothing(terminal: Any, tmp_path: Path) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.sendline("rag")
    child.expect("Where will it run")
    child.expect("> ")
    time.sleep(SETTLED)
    child.kill(signal.SIGTERM)
    child.expect("Saved 1 answer in ")
    child.expect(pexpect.EOF)
    assert (tmp_path / "llama-advisor" / "interview.json").exists()


def test_one_line_says_what_was_not_understood_and_the_question_stands(terminal: Any) -> None:
    child = terminal("ask", *DAY)
    child.expect("What is it for")
    child.expect("> ")
    child.sendline("b")
    child.expect("Nothing to take back.\r\n> ")
    child.sendline("rag")
    child.expect("Where will it run")
    child.expect("> ")
    child.sendline("a gpu")
    child.expect("Not understood: 'a gpu' names neither a device nor its memory, e.g. 16GB RAM\r\n> ")


def test_piped_answers_beyond_the_last_question_are_refused_and_the_others_kept(run: Any, tmp_path: Path) -> None:
    given = "rag\n1x L4\n" + "\n" * 9 + "offline\n"
    env = {"XDG_STATE_HOME": str(tmp_path)}
    done = run("ask", "--answers", "-", *DAY, stdin=given, env=env)
    assert done.returncode == 2
    assert "answer on line 12: nothing is left to ask" in done.stderr
    assert done.stdout == ""
    assert len(json.loads((tmp_path / "llama-advisor" / "interview.json").read_text("utf-8"))["answers"]) > 2
    kept = tmp_path / "kept.yaml"
    done = run("ask", "--answers", "-", "--save", str(kept), *DAY, stdin=given, env=env)
    assert done.returncode == 2
    assert "1x L4" in kept.read_text("utf-8")


SENTENCE = "summarize PDFs in German for 20 people on 2x L40S"


def test_a_sentence_is_answered_at_once_without_a_terminal(run: Any) -> None:
    done = run("ask", SENTENCE, *DAY)
    flags = ("--use-case", "summarization", "--language", "de", "--users", "4", "--hardware", "2x L40S")
    assert done.stderr == (
        "Read summarize: --use-case summarization\n"
        "Read German: --language de\n"
        "Read 20 people: --users 4 (taken: 20% of them at a time)\n"
        "Read 2x L40S: --hardware '2x L40S'\n"
        "Not read: PDFs\n"
    )
    assert done.returncode == 0
    assert done.stdout.startswith(run("recommend", *flags, *DAY).stdout)
    assert run("ask", *SENTENCE.split(), "--format", "json", *DAY).stdout == (
        run("recommend", *flags, "--format", "json", *DAY).stdout
    )


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        (
            "spam filter for comments",
            "what it is for could mean several uses; say which: --use-case moderation (Moderation), --use-case class",
        ),
        ("xyzzy", "nothing in 'xyzzy' is understood"),
        ("?", "this is no sentence"),
        ("chat \x1b[31m on an L4", "this is no plain text"),
        ("chat " * 101, "this is longer than 500 characters"),
        ("8b or 70b for chat", "8b or 70b? say one"),
    ],
)
def test_a_sentence_is_never_guessed_at(run: Any, sentence: str, says: str) -> None:
    done = run("ask", sentence, *DAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"llama-advisor: {says}")
    assert "\x1b" not in done.stderr


def test_a_sentence_at_a_terminal_is_read_and_asked_on(terminal: Any) -> None:
    child = terminal("ask", "spam filter for comments on an L4", *DAY)
    child.expect("Read L4: --hardware L4")
    child.expect("Which of these is nearest to what it is for")
    child.expect("1  Moderation: Finds unsafe or unwanted content")
    child.expect("> ")
    child.sendline("2")
    child.expect("Noted: --use-case classification")
    child.expect("Does any of these")


def test_a_line_can_be_edited(terminal: Any) -> None:
    child = terminal("ask", *DAY, TERM="xterm")
    child.expect("Say what it is for in your own words")
    child.expect("> ")
    child.sendline("chax\x1b[D\x1b[C\x7ft")
    child.expect("Noted: --use-case chat")


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
