"""What strangers wrote is read and nothing else: nothing of it runs, is fetched, or opens a file elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Watched = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).resolve().parents[2]
WATCHED = """
import os, sys
tree, home, cache, *arguments = sys.argv[1:]
sys.path[:] = [tree, *sys.path[1:]]
CALLS = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.symlink",
         "os.link", "os.rmdir", "shutil.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pickle.")
READ = [*map(os.path.realpath, (tree, home, cache, sys.prefix, sys.base_prefix, *sys.path[1:]))]
READ += ["/usr/share/zoneinfo", "/etc/localtime", os.devnull]
told = []

def inside(path, places):
    return any(path == place or path.startswith(place + os.sep) for place in places)

def watch(event, said):
    if event == "open" and not isinstance(said[0], int):
        path = os.path.realpath(os.fsdecode(said[0]))
        writes = said[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not inside(path, READ) or (writes and not inside(path, [READ[2], os.devnull]) and "__pycache__" not in path):
            told.append(f"{event} {path}")
    elif event == "import" and said[1] and inside(os.path.realpath(said[1]), [READ[1]]):
        told.append(f"{event} {said[1]}")
    elif event.startswith(CALLS):
        told.append(f"{event} {said!r}")

from llama_advisor.cli.main import main
sys.argv[1:] = arguments
sys.addaudithook(watch)
try:
    main()
finally:
    sys.stdout.flush()
    if told:
        print("WATCHED", *told, sep="\\n", file=sys.stderr)
"""
RUN = "__import__('os').system('touch {home}/pwned')"
PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [rag], hardware: "1x L4", context_tokens: 16k}
    choice: {model: llama-3.1-8b-instruct, quantization: fp8, engine: vllm}
    sources: [SOURCES]
"""
SOURCES = ("../secret.txt", "/etc/passwd", "~/x", "file:///etc/passwd", "http://127.0.0.1/x", "link.sh", "way/*", "**")
TAGS = """\
a: !!python/object/apply:os.system ["touch HOME/pwned"]
b: !!python/name:os.system
c: !include ../secret.txt
$ref: http://127.0.0.1:1/x
d: &d [*d]
"""
RULE = """\
id: strange
title: "{0.__class__} $(touch HOME/pwned)"
why: "`touch HOME/pwned`"
sources: [{id: lm32card, says: "http://127.0.0.1:1/"}]
confidence: high
when: {fact: scenario.context_tokens, above: 1}
then: {criterion: quality, points: -1}
say: "{scenario.context_tokens:,} {scenario.__class__} ${HOME} {model.parameters_b:99999999}"
examples:
  fires: [{scenario.context_tokens: 2}]
  silent: [{scenario.context_tokens: 1}]
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """Run the program in a stranger's folder; what it did beyond reading there stands on standard error."""
    home, cache = tmp_path / "home", os.environ["XDG_CACHE_HOME"]
    home.mkdir()
    (tmp_path / "secret.txt").write_text("vllm serve meta-llama/Llama-3.2-1B-Instruct --max-model-len 4321\n")
    (home / "llama-advisor.yaml").write_text(PROJECT.replace("SOURCES", ", ".join(f'"{name}"' for name in SOURCES)))
    (home / "link.sh").symlink_to("../secret.txt")
    (home / "way").symlink_to("..")
    (home / "round").symlink_to(".")
    for name in ("yaml.py", "rich.py", "sitecustomize.py", "conftest.py", "tomllib.py"):
        (home / name).write_text(f"{RUN.format(home=home)}\nMODEL = 'meta-llama/Llama-3.2-1B-Instruct'\n")
    (home / "tags.yaml").write_text(f"model: meta-llama/Llama-3.2-1B\n{TAGS}".replace("HOME", str(home)))
    (home / "Modelfile").write_text("FROM ../secret.txt\nADAPTER file:///etc/passwd\n")
    (home / "run.sh").write_text(f"vllm serve $(touch {home}/pwned) --config ../secret.txt\n. ../secret.txt\n")
    (home / ".env").write_text(f"MODEL_ID=`touch {home}/pwned`\n")
    (home / "own" / "preferences").mkdir(parents=True)
    (home / "own" / "preferences" / "strange.yaml").write_text(RULE.replace("HOME", str(home)))

    def ran(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-B", "-c", WATCHED, str(ROOT), str(home), cache, *arguments],
            cwd=home,
            env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": cache},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not (home / "pwned").exists()
        return done.returncode, done.stdout, done.stderr

    return ran


def test_the_watch_sees_what_is_done(watched: Watched, tmp_path: Path) -> None:
    _, _, err = watched("recommend", "../secret.txt")
    assert err.endswith(f"WATCHED\nopen {tmp_path}/secret.txt\n")
    _, _, err = watched("verify", "--url", "http://127.0.0.1:1/v1", "3b", "--hardware", "L4")
    assert "WATCHED\n" in err
    assert "socket.connect" in err


@pytest.mark.parametrize(
    "command",
    [
        "check --format json",
        "check --fix --diff",
        "check --discover",
        "lock --check",
        "recommend --deployment bot llama-advisor.yaml",
        "recommend tags.yaml",
        "recommend --use-case rag --hardware L4 --rules own",
        "check --rules own",
        "rules lint --rules own",
        "rules test --rules own",
        "deploy --use-case rag --hardware L4 --rules own",
    ],
)
def test_what_strangers_wrote_is_read_and_nothing_else(command: str, watched: Watched) -> None:
    code, out, err = watched(*command.split())
    assert (code in {0, 1, 2, 3}, "WATCHED" in err, "Traceback" in err) == (True, False, False), err[-800:]
    assert "4321" not in out + err


LINKED = {"out": "../../secret.txt", "nowhere": "gone", "round": "strange.yaml", "device": "/dev/zero"}


@pytest.mark.parametrize("name", LINKED)
def test_a_layer_reads_what_lies_in_its_folder(name: str, watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "home" / "own" / "strange.yaml"
    path.symlink_to(LINKED[name])
    code, out, err = watched("recommend", "--use-case", "rag", "--hardware", "L4", "--rules", "own")
    assert (code, out, err.count("\n")) == (3, "", 1), err
    assert err.startswith("llama-advisor: own/strange.yaml: ")


@pytest.mark.parametrize(
    ("name", "command", "code"),
    [("llama-advisor.yaml", "check", 2), ("llama-advisor.lock", "check", 2), ("llama-advisor.lock", "lock", 2)],
)
def test_a_link_leads_no_project_out_of_its_folder(
    name: str, command: str, code: int, watched: Watched, tmp_path: Path
) -> None:
    path = tmp_path / "home" / name
    plain = tmp_path / "home" / "llama-advisor.yaml"
    plain.write_text(PROJECT.replace("    sources: [SOURCES]\n", ""))
    path.unlink(missing_ok=True)
    path.symlink_to("../secret.txt")
    before = (tmp_path / "secret.txt").read_bytes()
    found, out, err = watched(command)
    assert (found, "a link out of its folder" in out + err, "WATCHED" in err) == (code, True, False)
    assert (tmp_path / "secret.txt").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="pipes with a name")
def test_what_is_no_file_of_a_layer_is_told_of(watched: Watched, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "home" / "own" / "pipe.yaml")
    found = watched("rules", "lint", "--rules", "own")
    assert found == (3, "", "llama-advisor: own/pipe.yaml: not a regular file\n")
