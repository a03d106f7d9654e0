"""What the tests share: one rule base, one advisor, layers in a folder of their own, the program as a process."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from llama_advisor.cli import check
from llama_advisor.cli import main as cli
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase

ROOT = Path(__file__).parent.parent
AS_OF = date(2026, 11, 24)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a run in the background ignores it, and so would what it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)

cli.collect_seldom()  # what the tests keep would be looked through again and again
settings.register_profile("laws", deadline=None, derandomize=True, database=None, max_examples=20)
settings.load_profile("laws")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cache of parsed rules away from the user's own, and this process as it is: it outlasts a command."""
    with pytest.MonkeyPatch.context() as patch:
        for step in ("prepare", "finish"):
            patch.setattr(cli, step, lambda: None)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def base() -> RuleBase:
    """The shipped rule base."""
    return load_rules()


@pytest.fixture(scope="session")
def advisor(base: RuleBase) -> Advisor:
    """An advisor on the shipped rule base, for one day."""
    return Advisor(base, AS_OF)


@pytest.fixture(scope="session")
def advise(advisor: Advisor) -> Callable[..., Advice]:
    """Answer a scenario given by its fields."""

    def answered(**fields: Any) -> Advice:
        return advisor.advise(Scenario.model_validate(fields))

    return answered


@pytest.fixture
def layer(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write a folder of rules: relative name to content."""

    def written(files: dict[str, str]) -> Path:
        folder = tmp_path / "layer"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return folder

    return written


Done = subprocess.CompletedProcess[str]
SEEN_INSIDE = {"COLUMNS", "NO_COLOR", "TERM"}
"""Variables that the program reads itself; others are for the interpreter, before it starts."""


@pytest.fixture(scope="session")
def process() -> Callable[..., Done]:
    """Run the program as a process of its own, output captured as text."""

    def ran(*arguments: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path = ROOT) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "llama_advisor", *arguments],
            input=stdin,
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)} | (env or {}),
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    return ran


@pytest.fixture(scope="session")
def run(process: Callable[..., Done]) -> Callable[..., Done]:
    """Run the program, output captured as text: in this process, where it needs none of its own."""

    def ran(*arguments: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path = ROOT) -> Done:
        if {"ask", "--batch", "--workers"} & {*arguments} or not arguments or (env or {}).keys() - SEEN_INSIDE:
            return process(*arguments, stdin=stdin, env=env, cwd=cwd)
        told = [
            io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", errors="backslashreplace")
            for text in (stdin, "", "")
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(sys, "argv", ["llama-advisor", *arguments])
            for name, stream in zip(("stdin", "stdout", "stderr"), told, strict=True):
                patch.setattr(sys, name, stream)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                cli.main()
        for kept in (check.checker_for, check.layers_in):
            kept.cache_clear()
        for stream in told:
            stream.flush()
        out, err = (stream.buffer.getvalue().decode("utf-8") for stream in told[1:])
        assert isinstance(left.value.code, int)
        return subprocess.CompletedProcess(arguments, left.value.code, out, err)

    return ran


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the program in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["llama-advisor", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        code = left.value.code
        assert isinstance(code, int)
        return code, out, err

    return called
