"""How many small faults put into the code, one at a time, the tests near it notice; mutmut makes and tries them.

A part is judged by tests that say what must come out, never by those that compare a captured answer. Run by hand:
python tests/benchmarks/mutants.py PART [--sample N] [--seed S] [--names NAME ...] [--near TEST ...] [--at FOLDER]
`pip install -e .[mutation]` comes first; `--at` keeps the copy of the tree between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("llama_advisor", "rules", "docs", "tests", "README.md", "LICENSE", ".github")
NEAR: dict[str, tuple[str, ...]] = {
    "engine": (
        "tests/made",
        *(f"tests/engine/test_{name}.py" for name in ("artifacts", "asked", "candidates", "causes", "facts")),
        *(f"tests/engine/test_{name}.py" for name in ("launch", "launch_values", "offers", "rank", "relax", "score")),
        "tests/engine/test_words.py",
        "tests/unit/test_engine_facts.py",
    ),
    "sizing": (
        *(f"tests/made/test_{name}.py" for name in ("cost", "estimate", "layouts", "loads", "support")),
        "tests/unit/sizing",
        "tests/unit/test_quality.py",
    ),
    "explain": (
        "tests/made/test_explain.py",
        *(f"tests/unit/test_{name}.py" for name in ("comparing", "options", "robustness", "varying")),
    ),
    "check": (
        *(f"tests/made/test_{name}.py" for name in ("check", "checker", "discovered", "drift", "fix")),
        *(f"tests/made/test_{name}.py" for name in ("projects_read", "servers", "since", "waivers")),
        *(f"tests/check/test_{name}.py" for name in ("files", "findings", "projects", "propose", "scope")),
        "tests/check/test_since.py::test_lines_of_a_patch",
    ),
    "deploy": ("tests/made/test_deploy.py", "tests/made/test_measured.py", "tests/deploy/test_endpoint.py"),
    "scenario": tuple(f"tests/unit/test_{name}.py" for name in ("need", "names", "validation", "descriptions")),
}
"""Which tests judge a part of the package."""
LEFT_OUT = {"check": ("reading",)}
"""Modules of a part that have tests of their own kind: whole repositories that are read."""
TIMED = ("test_comments_take_no_time_to_speak_of", "test_discovery_leaves_out_what_is_excluded")
"""Tests that take long, and say of the code what others near it say too."""
PYTEST = ("-p", "no:xdist", "-p", "no:randomly", "-p", "no:cacheprovider", "-o", "addopts=")
RESULTS = {0: "survived", 33: "reached by no test"}
"""What an exit status of mutmut's says; any other is a death, be it by an endless loop."""


def copied(part: str, near: list[str], folder: Path) -> None:
    """Copy the tree into a folder, anew, with mutmut set to one part."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    settings = {
        "source_paths": ["llama_advisor"],
        "only_mutate": [f"llama_advisor/{part}/*"],
        "do_not_mutate": [f"llama_advisor/{part}/{name}*" for name in LEFT_OUT.get(part, ())],
        "also_copy": [name for name in COPIED if name != "llama_advisor"],
        "pytest_add_cli_args": [*PYTEST, *(f"--deselect=tests/check/test_scope.py::{name}" for name in TIMED)],
        "pytest_add_cli_args_test_selection": near,
    }
    added = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{added}", encoding="utf-8")


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut in the copy, its words captured."""
    env = os.environ | {"PYTHONPATH": ""}
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def results(folder: Path) -> dict[str, int | None]:
    """Return every mutant with what became of it; None where it was not tried."""
    found: dict[str, int | None] = {}
    for path in sorted(folder.glob("mutants/llama_advisor/**/*.meta")):
        found |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return found


def main() -> None:
    """Print what became of a sample of mutants, and the line that each survivor changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=NEAR)
    parser.add_argument("--names", nargs="*", help="these mutants instead of a sample")
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--at", type=Path)
    parser.add_argument("--near", nargs="+", help="these tests instead of those of the table")
    said = parser.parse_args()
    folder = said.at or Path(tempfile.mkdtemp(prefix="mutants-"))
    folder.mkdir(parents=True, exist_ok=True)
    copied(said.part, said.near or list(NEAR[said.part]), folder)
    listed = mutmut(folder, "run", "--max-children", str(said.children), "no.such.mutant")  # makes them, tries none
    known = sorted(results(folder))
    if not known:
        sys.exit(listed.stdout[-2000:] + listed.stderr[-2000:])
    chosen = said.names or random.Random(said.seed).sample(known, min(said.sample, len(known)))  # noqa: S311  (no secret)
    done = mutmut(folder, "run", "--max-children", str(said.children), *chosen)
    came = {name: results(folder)[name] for name in chosen}
    if None in came.values():
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    told = {name: RESULTS.get(code or 0, "killed") for name, code in came.items()}
    for name in chosen:
        if told[name] != "killed":
            shown = mutmut(folder, "show", name).stdout.splitlines()
            lines = [line.strip() for line in shown if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
            print(f"{told[name]}: {name}", *lines, sep="\n    ")
    counts = {word: [*told.values()].count(word) for word in ("killed", *RESULTS.values())}
    print(f"{said.part}: {len(known)} mutants, {len(chosen)} tried (seed {said.seed}):", counts)
    if said.at is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
