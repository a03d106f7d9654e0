"""Run the commands printed for a server, with files at hand in place of the published ones.

usage: python tests/benchmarks/real_run.py OLD NEW FLAG ...
FLAGs are those of `recommend`. OLD is replaced by NEW where a command names the weights. The programs of the engine are
found on the path. Starts the server, waits until it is up, sends the request, measures where there is a step for it,
and holds the measurement and the server to the prediction. `server.log` keeps what the server said. docs/runs.md shows
runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from measured_rows import ROOT, rule_base

SECONDS_TO_START = 300
PROGRAM = (sys.executable, "-P", "-m", "llama_advisor")


def main() -> None:
    """Run the steps in order and end with their exit codes."""
    old, new, *flags = sys.argv[1:]
    asked = [*PROGRAM, "recommend", "--format", "json", *flags]
    answer = subprocess.run(asked, check=True, stdout=subprocess.PIPE, env=environment()).stdout
    build = json.loads(answer)["recommendation"]
    steps = {step["step"]: step["run"].replace(old, new) for step in build["commands"]}
    engine = rule_base().engines[build["engine"]]
    root = f"http://localhost:{engine.port}"
    print(f"$ {steps['start']}", flush=True)
    with Path("server.log").open("wb") as log:
        server = subprocess.Popen(["bash", "-c", steps["start"]], stdout=log, stderr=log, start_new_session=True)
    try:
        wait(f"{root}{engine.health}", server)
        codes = [run(steps[step]) for step in ("request", "measure", "verify") if step in steps]
        if "measure" in steps:
            codes.append(run(steps["verify"].replace("verify reading", f"verify --url {root}")))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
    sys.exit(max(codes))


def wait(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the address answers, while the server runs."""
    until = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < until:
        try:
            urlopen(address).close()  # noqa: S310 - the address of this computer
        except OSError:
            time.sleep(1)
        else:
            return
    sys.exit(f"{address} never answered")


def run(command: str) -> int:
    """Run a command as a shell does, showing it, with this tree's program in place of an installed one."""
    print(f"\n$ {command}", flush=True)
    first, _, rest = command.partition(" ")
    line = f'"$0" -P -m llama_advisor {rest}' if first == "llama-advisor" else command
    return subprocess.call(["bash", "-c", line, sys.executable], env=environment())


def environment() -> dict[str, str]:
    """Return the environment with this tree in front."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    main()
