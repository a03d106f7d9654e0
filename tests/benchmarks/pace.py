"""How many decisions a second, and how long a command takes beside an empty program: a report, no assertion.

python tests/benchmarks/pace.py            # decisions in one process, by processor time
python tests/benchmarks/pace.py --start    # whole processes, in pairs with an empty typer and pydantic program
python tests/benchmarks/pace.py --memory   # most memory of batches in which every line names a machine of its own
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from datetime import date  # noqa: E402

from llama_advisor.cli.main import collect_seldom  # noqa: E402
from llama_advisor.engine.decide import Advisor  # noqa: E402
from llama_advisor.engine.rules import load_rules  # noqa: E402
from llama_advisor.render.formats import to_json  # noqa: E402
from llama_advisor.scenario.scenario import Scenario  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_OF = date(2026, 11, 24)
USE_CASES = ("chat", "coding", "rag", "summarization", "agents")
MACHINES = ("RTX 4090", "2x RTX 3090", "8xH100", "M2 Air 16GB", "1x L4")
RUNS = 9
EMPTY = """\
import typer
from pydantic import BaseModel


class Empty(BaseModel):
    number: int = 1


app = typer.Typer()


@app.command()
def main(name: str = "x") -> None:
    print(Empty(), name)


app()
"""
COMMANDS = (
    ("--version",),
    ("--help",),
    ("estimate", "llama-3.1-8b-instruct", "--hardware", "RTX 4090"),
    ("recommend", "--use-case", "coding", "--hardware", "RTX 4090", "--format", "json"),
    ("recommend", "--use-case", "coding", "--hardware", "RTX 4090"),
    ("check", "docs/example-project"),
)


def recurring(count: int) -> Iterator[dict[str, Any]]:
    """Five kinds of work on five machines, each line with a context and a load of its own."""
    pairs = list(product(USE_CASES, MACHINES))
    for place in range(count):
        case, machine = pairs[place % len(pairs)]
        yield {
            "use_cases": [case],
            "hardware": machine,
            "context_tokens": 2048 + 61 * place % 30_000,
            "concurrent_requests": 1 + place % 19,
        }


def new_machines(count: int) -> Iterator[dict[str, Any]]:
    """A machine of its own on each line: every device of the rule base, in one, two and four."""
    devices = [device for device in load_rules().devices.values() if device.memory_gib and "gpu" in device.kind]
    for place, (number, device) in enumerate(product((1, 2, 4), devices)):
        if place == count:
            return
        yield {
            "use_cases": [USE_CASES[place % len(USE_CASES)]],
            "hardware": f"{number}x {device.name}",
            "context_tokens": 8192,
        }


def rate(lines: list[dict[str, Any]], advisor: Advisor) -> float:
    """Whole answers a second of processor time: read, decided, worded, written as JSON."""
    start = process_time()
    for line in lines:
        to_json(advisor.advise(Scenario.model_validate(line)), indent=None)
    return len(lines) / (process_time() - start)


def pace() -> None:
    """Print decisions a second."""
    collect_seldom()  # as every command does
    base = load_rules()
    advisor = Advisor(base, AS_OF)
    rate(list(recurring(25)), advisor)
    print(f"machines recur: {rate(list(recurring(1000)), advisor):.0f} answers/s")
    lines = list(new_machines(169))
    print(f"a new machine on each line: {rate(lines, Advisor(base, AS_OF)):.0f} answers/s over {len(lines)} lines")


def seconds(command: list[str]) -> float:
    """Processor time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start() -> None:
    """Print each command's processor time over that of an empty program, run in turn."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PYTHONPYCACHEPREFIX": folder, "XDG_CACHE_HOME": folder, "PYTHONPATH": str(ROOT)}
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        for words in COMMANDS:
            mine, other = [sys.executable, "-m", "llama_advisor", *words], [sys.executable, str(empty)]
            pairs = [(seconds(mine), seconds(other)) for _ in range(RUNS + 1)][1:]  # the first writes bytecode
            ratio = median(one / two for one, two in pairs)
            print(f"{ratio:5.2f} x  {median(one for one, _ in pairs):.3f} s  {' '.join(words)}")


def memory() -> None:
    """Print the most memory that batches of growing length took."""
    for count in (350, 700, 1400):
        asked = [
            {"use_cases": ["chat"], "target": "server", "hardware": f"{24 + i / 100:.2f} GB GPU"} for i in range(count)
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as lines:
            lines.write("\n".join(map(json.dumps, asked)))
            lines.flush()
            command = [sys.executable, "-m", "llama_advisor", "recommend", "--batch", lines.name]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
                *_, used = os.wait4(process.pid, 0)
        print(f"{count:5d} lines: {used.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    {"--start": start, "--memory": memory}.get(sys.argv[-1], pace)()
