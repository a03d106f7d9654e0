"""What the machine can do to a run: full disks, closed streams, signals, no home, other clocks, other processes."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.cli.main import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    Shell = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
PROGRAM = shlex.join([sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", "-m", "llama_advisor"])
ASKED = "recommend --use-case chat --hardware L4 --as-of 2026-11-24"
COMMANDS = (
    ASKED,
    f"{ASKED} --format json",
    "estimate llama-3.1-8b-instruct --hardware L4",
    "models list",
    "schema scenario",
    "--help",
    "--version",
)
posix = pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a line of shell in a folder of its own, `llama-advisor` being this checkout's."""

    def ran(line: str, **env: str) -> tuple[int, str, str]:
        script = f'llama-advisor() {{ {PROGRAM} "$@"; }}\n{line}'
        known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=known | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return ran


@posix
@full
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_behind_standard_output_is_one_line(command: str, shell: Shell) -> None:
    said = "llama-advisor: the result cannot be written: No space left on device\n"
    assert shell(f"llama-advisor {command} > /dev/full") == (2, "", said)


@posix
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"llama-advisor {ASKED} >&-", 2, "llama-advisor: the result cannot be written: Bad file descriptor\n"),
        ("llama-advisor recommend - <&-", 2, "llama-advisor: -: a scenario is a mapping of fields to values\n"),
        (f"llama-advisor {ASKED} >&- 2>&- <&-", 2, ""),
        (f"llama-advisor {ASKED} -o answer.txt >&- && test -s answer.txt", 0, ""),
        pytest.param("llama-advisor recommend --use-case nope 2> /dev/full", 2, "", marks=full),
        pytest.param(f"llama-advisor {ASKED} -o /dev/full", 2, "--output /dev/full: No space left", marks=full),
        (f"set -o pipefail; llama-advisor {ASKED} --format json | true", 0, ""),
    ],
)
def test_streams_that_are_closed_or_full_end_in_one_line(line: str, code: int, said: str, shell: Shell) -> None:
    got, _, err = shell(line)
    assert got == code
    assert said in err
    assert err.count("\n") == bool(said)


@posix
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llama-advisor recommend /dev/zero", "/dev/zero: file is larger than 5 MB"),
        ("llama-advisor deploy - < /dev/zero", "-: file is larger than 5 MB"),
        ("llama-advisor verify /dev/zero 8b", "/dev/zero: file is larger than 80 MB"),
        ("llama-advisor recommend --batch /dev/zero", "line 1 is longer than 5 MB"),
        ("llama-advisor recommend --batch - --jobs 2 < /dev/zero", "line 1 is longer than 5 MB"),
        ("llama-advisor ask --answers - < /dev/zero", "--answers: a line is longer than 1,000,000 characters"),
        ("llama-advisor ask chat --resume /dev/zero", "--resume /dev/zero: file is larger than 5 MB"),
    ],
)
def test_an_input_without_end_is_one_line_in_bounded_memory(line: str, said: str, shell: Shell) -> None:
    assert shell(f"ulimit -v 900000; {line}") == (2, "", f"llama-advisor: {said}\n")


def test_too_little_memory_is_one_line_and_no_answer(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("llama_advisor.cli.options.load_rules", full)
    done = run("recommend", "--use-case", "chat")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "llama-advisor: there is too little memory for this\n",
    )


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a folder in use stays")
def test_a_current_folder_that_is_gone_is_told(shell: Shell) -> None:
    said = "llama-advisor: the current folder: No such file or directory\n"
    assert shell("mkdir gone; cd gone; rmdir ../gone; llama-advisor check") == (2, "", said)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "a/x"), "a/x: Permission denied"),
        (PermissionError(13, "Permission denied", b"a/x"), "a/x: Permission denied"),
        (FileNotFoundError(2, "No such file or directory"), "the current folder: No such file or directory"),
        (OSError(28, "No space left on device"), "the result cannot be written: No space left on device"),
    ],
)
def test_what_the_system_refuses_is_named(error: OSError, said: str) -> None:
    assert refused(error) == said


@posix
@pytest.mark.parametrize(
    ("command", "left"),
    [
        (f"{ASKED} --format html --output answer.html", {}),
        (f"{ASKED} --output old.txt", {"old.txt": "as it was"}),
        ("init --use-case chat --hardware L4", {}),
        ("lock llama-advisor.yaml", {"llama-advisor.yaml": None}),
    ],
)
def test_a_disk_that_fills_leaves_what_was_there_and_nothing_else(
    command: str, left: dict[str, str | None], tmp_path: Path, shell: Shell
) -> None:
    for name, text in left.items():
        if text is None:
            assert shell("llama-advisor init --use-case chat --hardware L4")[0] == 0
            (tmp_path / "llama-advisor.schema.json").unlink()
        else:
            (tmp_path / name).write_text(text)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code, _, err = shell(f"ulimit -f 0; llama-advisor {command}")
    assert (code, err.count("\n"), "File too large" in err) == (2, 1, True), err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@posix
def test_a_cache_without_room_is_no_error_and_leaves_nothing(tmp_path: Path, shell: Shell) -> None:
    plain = shell(f"llama-advisor {ASKED}")
    assert shell(f"ulimit -f 0; llama-advisor {ASKED}", XDG_CACHE_HOME=str(tmp_path / "cache")) == plain
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_any_moment_leaves_a_whole_file_or_none(name: str, tmp_path: Path) -> None:
    number = getattr(signal, name)
    expected = {0, 130 if name == "SIGINT" else -number}
    command = [*shlex.split(PROGRAM), *shlex.split(ASKED), "--output", str(tmp_path / "answer.txt")]
    for step in range(12):
        with subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True
        ) as process:
            time.sleep(0.05 + 0.03 * step)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        if number == signal.SIGINT and (process.returncode == -number or "<frozen runpy>" in err):
            continue  # Python's own start, before the program's first line
        assert (process.returncode in expected, err) == (True, "")
        assert {path.name for path in tmp_path.iterdir()} <= {"answer.txt"}
        if (tmp_path / "answer.txt").exists():
            assert (tmp_path / "answer.txt").read_text().endswith("\n")
            (tmp_path / "answer.txt").unlink()


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_a_signal_that_the_parent_ignores_is_ignored(name: str, tmp_path: Path) -> None:
    script = f"trap '' {name[3:]}; {PROGRAM} {ASKED} > {tmp_path}/out & sleep 0.15; kill -{name[3:]} $!; wait $!"
    done = subprocess.run(
        ["bash", "-c", script], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out").read_text().strip()


@posix
def test_no_home_and_a_home_that_cannot_be_written_change_nothing(tmp_path: Path, shell: Shell) -> None:
    plain = shell(f"llama-advisor {ASKED}")
    for env in ({"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "", "HOME": "/nowhere"}, {"XDG_CACHE_HOME": "/dev/null"}):
        assert shell(f"llama-advisor {ASKED}", **env) == plain
    (tmp_path / "kept").mkdir(mode=0o500)
    assert shell(f"llama-advisor {ASKED}", XDG_CACHE_HOME=str(tmp_path / "kept")) == plain


@pytest.mark.parametrize("day", ["1970-01-01", "2040-02-29", "9999-12-31", "0001-01-01"])
def test_any_day_of_the_calendar_has_an_answer(day: str, run: Any) -> None:
    done = run("recommend", "--use-case", "chat", "--hardware", "L4", "--as-of", day)
    assert (done.returncode in {0, 1}, done.stderr) == (True, "")
    assert "Llama 3" in done.stdout


@posix
def test_processes_that_write_the_cache_at_once_answer_alike(tmp_path: Path, shell: Shell) -> None:
    code, out, err = shell(
        f"for n in 1 2 3 4; do llama-advisor {ASKED} > $n.txt & done; wait; cmp 1.txt 2.txt && cmp 2.txt 3.txt "
        "&& cmp 3.txt 4.txt && test -s 1.txt",
        XDG_CACHE_HOME=str(tmp_path / "cache"),
    )
    assert (code, out, err) == (0, "", "")
    assert all(path.suffix == ".rules" for path in (tmp_path / "cache" / "llama-advisor").iterdir())


def test_a_rules_folder_without_a_name_is_no_folder(run: Any) -> None:
    done = run("recommend", "--use-case", "chat", "--rules", "")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "llama-advisor: --rules '': not a directory\n")
