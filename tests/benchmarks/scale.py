"""How time and memory grow with the rows of a grid, on one machine and on a local Ray of two workers: a report.

python tests/benchmarks/scale.py 1000 10000           # recommend --batch --jobs 2, for each number of rows
python tests/benchmarks/scale.py --ray 1000           # then Ray as well, and both compared
python tests/benchmarks/scale.py --ray --kill 1000    # the same with a worker killed on the way

The scripts are those of docs/scale.md. Processor time and memory are those of all processes that a run starts, looked
at each second; memory that they share counts once.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from llama_advisor.engine.advice import EXIT_CODES  # noqa: E402

MARK = "LLAMA_ADVISOR_SCALE"


class Used(NamedTuple):
    """What a run took."""

    wall_s: float
    processor_s: float
    memory_mib: float  # the most at a time


def scripts() -> dict[str, str]:
    """Return the scripts of the page by name."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    return {text.split("\n", 1)[0][2:]: text for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL)}


def commands() -> list[str]:
    """Return the commands of the page, in their order."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    return "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).splitlines()


def processes(mark: str) -> list[Path]:
    """Find the processes of a run, whoever their parent is by now."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                found.append(place)
    return found


def measured(command: str, folder: Path, *, kill: bool = False) -> Used:
    """Run a command of the page there; once there are results, `kill` one of the workers that are at work on more."""
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    words = re.sub(r"^python", sys.executable, command.replace("llama-advisor", f"{sys.executable} -m llama_advisor"))
    spent: dict[str, int] = {}
    most, killed = 0.0, not kill
    environment = os.environ | {MARK: mark, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    start = time.monotonic()
    with subprocess.Popen(words, shell=True, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as run:  # noqa: S602
        while run.poll() is None:
            held = 0
            for place in processes(mark):
                with suppress(OSError):
                    fields = (place / "stat").read_text().rpartition(")")[2].split()
                    spent[place.name] = sum(map(int, fields[11:13]))
                    held += sum(map(int, re.findall(r"\nPss: +(\d+)", (place / "smaps_rollup").read_text())))
                    at_work = b"recommend_batch" in (place / "cmdline").read_bytes()
                    if not killed and at_work and any((folder / "results").glob("*")):
                        os.kill(int(place.name), signal.SIGKILL)
                        killed = True
            most = max(most, held / 1024)
            time.sleep(0.2 if kill else 1)  # a block may be worked on for no longer
    most_allowed = 0 if command.startswith("python") else 2  # the worst of the rows, nothing fits or it is wrong
    assert 0 <= run.returncode <= most_allowed, words
    assert killed, "no worker was at work when the first results were there"
    return Used(time.monotonic() - start, sum(spent.values()) / os.sysconf("SC_CLK_TCK"), most)


def in_columns(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of `recommend --batch` as a row of `recommend_batch` has it."""
    build = line.get("recommendation") or {}
    memory, speed, cost, machine, capacity = (
        build.get(name) or {} for name in ("memory", "speed", "cost", "machine", "capacity")
    )
    pace = speed.get("decode_tokens_per_s", {})
    return {
        "id": line["id"],
        "error": re.sub(r"^line \d+: ", "", line["error"]) if "error" in line else None,
        "exit_code": 2 if "error" in line else EXIT_CODES[line["verdict"]],
        "verdict": line.get("verdict"),
        **{name: build.get(name) for name in ("model", "quantization", "engine", "provider")},
        "machine": machine.get("name"),
        "machines": capacity.get("machines"),
        "total_gib": memory.get("total_gib"),
        **{f"tokens_per_s_{name}": pace.get(name) for name in ("low", "mid", "high")},
        **{name: cost.get(name) for name in ("usd_per_month", "usd_per_million_tokens")},
    }


def results(folder: Path) -> list[dict[str, Any]]:
    """Read what Ray wrote, JSON or Parquet."""
    rows = []
    for part in sorted((folder / "results").iterdir()):
        if part.suffix == ".parquet":
            rows += import_module("pyarrow.parquet").read_table(part).to_pylist()
        else:
            rows += map(json.loads, part.read_text(encoding="utf-8").splitlines())
    return rows


def unlike(rows: list[dict[str, Any]], answers: Path) -> str | None:
    """Compare results with the lines of the command; return the first that is not there once, and alike."""
    found: dict[object, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row)
    with answers.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            wanted = in_columns(line)
            if (got := found.pop(line["id"], [])) != [wanted]:
                return f"{wanted} is {got}"
    return f"{len(found)} more" if found else None


def main() -> None:
    """Print a line for each run."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for script, text in scripts().items():
            (folder / script).write_text(text, encoding="utf-8")
        grid, *ways = commands()
        for rows in filter(str.isdecimal, sys.argv[1:]):
            measured(grid.replace("1000", rows), folder)
            for command in ways[: 1 + ("--ray" in sys.argv)]:
                rmtree(folder / "results", ignore_errors=True)
                used = measured(command, folder, kill="--kill" in sys.argv and command is not ways[0])
                figures = f"{used.wall_s:.0f} s, {used.processor_s:.0f} s of processors, {used.memory_mib:.0f} MiB"
                print(f"{rows} rows: {figures}: {command}", flush=True)
            if "--ray" in sys.argv:
                print(unlike(results(folder), folder / "answers.jsonl") or "the same rows, each once", flush=True)


if __name__ == "__main__":
    main()
