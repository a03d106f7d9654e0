"""Commands that are printed, with names from strangers in them: a shell reads each name as the one word it was."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from targets import AS_OF, CONTROL, HOSTILE, PROJECT, SERVE, Case, run

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = [word for word in HOSTILE if len(word) < 50 and "/" not in word and not word.startswith("-")]
NAMES = [word for word in WORDS if not CONTROL.search(word) and word.isprintable() and "##" not in word]


def test_a_shell_reads_the_name_of_an_adapter_as_one_word() -> None:
    for at in range(0, len(NAMES), 8):
        name = " ".join(NAMES[at : at + 8])
        done = run(Case(("deploy", "llama-3.1-8b-instruct", "--hardware=L4", f"--adapter={name}", AS_OF)))
        served = next(line for line in done.out.splitlines() if line.startswith("vllm serve "))
        assert f"adapter={name}" in shlex.split(served)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\x9b2J", "##[error]x", "a\n::error::x"])
def test_a_script_that_would_steer_a_terminal_is_none(name: str) -> None:
    done = run(Case(("deploy", "llama-3.1-8b-instruct", "--hardware=L4", f"--adapter={name}", AS_OF)))
    said = "llama-advisor: deploy: a name in it would steer a terminal or a build server\n"
    assert (done.code, done.out, done.err) == ((0, done.out, "") if name == "a\nb" else (2, "", said))


def test_a_shell_reads_what_has_the_answer_again_as_it_was_given() -> None:
    for at in range(0, len(NAMES), 15):
        name = " ".join(NAMES[at : at + 15])
        case = Case(("ask", "a chat on an L4", f"--rules={name}", AS_OF), files={f"{name}/criteria.yaml": b"{}"})
        lines = run(case).out.splitlines()
        again = lines[lines.index("The same again:") + 1]
        asked = ["llama-advisor", "recommend", "--use-case", "chat", "--hardware", "L4", f"--rules={name}", AS_OF]
        assert shlex.split(again) == asked


@pytest.mark.parametrize("name", ["quo'te \"$(id)` #.sh", "-x.sh", "a b;c.sh"])
def test_a_diff_names_the_file_as_it_is(name: str) -> None:
    served = SERVE.replace(b"3.1-8B", b"3.2-3B")
    done = run(Case(("check", "--fix", "--diff", AS_OF), files=_project({f"app/{name}": served})))
    assert f"--- a/app/{name}\n+++ b/app/{name}\n" in done.out
    assert f"\n+{SERVE.decode()}" in done.out


@pytest.mark.parametrize("beside", [b"# \x1b[2J\n", b"::error::x\n", b"# ##[error]x\n", "# \u202e\n".encode()])
def test_a_diff_that_would_steer_a_terminal_is_told_of(beside: bytes) -> None:
    served = beside + SERVE.replace(b"3.1-8B", b"3.2-3B")
    done = run(Case(("check", "--fix", "--diff", AS_OF), files=_project({"app/run.sh": served})))
    assert (done.out, done.err) == ("", "llama-advisor: app/run.sh: not shown, its lines would steer what shows them\n")


def _project(files: dict[str, bytes]) -> dict[str, bytes]:
    return {"llama-advisor.yaml": PROJECT.encode()} | files


def test_json_steers_no_terminal_and_says_the_same() -> None:
    import json

    from llama_advisor.render.formats import to_json

    said = {"id": "".join(HOSTILE)}
    assert not CONTROL.search(to_json(said, indent=None))
    assert "##" not in to_json(said)
    assert json.loads(to_json(said)) == said


@pytest.mark.parametrize("columns", ["²", "9" * 5000, "-1", "0", "x"])
def test_a_width_that_is_no_number_is_none(columns: str, run: Callable[..., Any]) -> None:
    plain = run("recommend", "--use-case", "chat", "--hardware", "L4", AS_OF, env={"COLUMNS": ""})
    found = run("recommend", "--use-case", "chat", "--hardware", "L4", AS_OF, env={"COLUMNS": columns})
    assert (found.returncode, found.stdout, found.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_a_lock_that_is_no_text_is_out_of_date() -> None:
    project = PROJECT.replace('    sources: ["app/**"]\n', "").encode()
    done = run(Case(("lock", "--check", AS_OF), files={"llama-advisor.yaml": project, "llama-advisor.lock": b"\xff"}))
    assert (done.code, done.out, done.err) == (1, "llama-advisor.lock: out of date\n", "")
