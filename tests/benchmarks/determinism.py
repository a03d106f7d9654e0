"""Whether the same question gives the same bytes everywhere: a report, which exits with 1 where bytes differ.

python tests/benchmarks/determinism.py --python python3.10 python3.13   # on POSIX; needs uv

For each Python, with the lowest and the newest libraries that it may have, the wheel is installed in an environment of
its own and answers every command under several hash seeds, locales, time zones and working folders, with the files of
each folder listed the other way round, and with nothing that it could write to. All are held against the first.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("detect", "discover", "report")
DATED = (
    "recommend --use-case coding --hardware '2x RTX 3090' --context 32k",
    "recommend --use-case chat --use-case agents --why",
    "recommend --use-case chat --target phone --memory-budget-gib 0.4",
    *(f"recommend examples/support-bot.yaml --format {name}" for name in ("text", "json", "markdown", "html")),
    "recommend --batch - --jobs 2",
    "recommend --use-case nope",
    "estimate 70b --hardware '2x RTX 3090' --by context",
    "estimate --batch examples/loads.jsonl --jobs 2",
    "compare 8b 3b 70b --scenario examples/support-bot.yaml",
    "explain llama-3.1-70b-instruct --scenario examples/support-bot.yaml",
    "whatif examples/support-bot.yaml --vary context=8k,32k",
    "check projects --format text "
    + " ".join(f"--format {name} -o {name}.out" for name in ("json", "sarif", "junit", "markdown", "github", "gitlab")),
    "init proposed.yaml --discover --github",
    "lock example-project",
    *(f"deploy examples/support-bot.yaml --target {name}" for name in ("shell", "compose", "kubernetes", "systemd")),
    "deploy 8b --use-case chat --hardware L4 --target python --output run.py",
    "ask --answers - --save asked.yaml",
    "ask 'summarize PDFs in German for 20 people on 2x L40S' --format json",
    "verify examples/llama-bench.json llama3.1:8b --hardware 'RTX 4090'",
    "prices list",
    "rules lint",
)
COMMANDS = (
    *(f"{command} --as-of 2026-11-24" for command in DATED),
    "--version",
    "explain LA303",
    *(f"{name} list" for name in ("models", "hardware", "use-cases", "rules")),
    "hardware show 'M2 Air 16GB'",
    "rules test",
    *(f"schema {name}" for name in ("scenario", "project", "rule", "recommendation", "criteria", "comparison")),
)
USAGE = ("--help", "recommend --help", "rules --help", "recommend --target nope", "recommend --top", "estimate", "nope")
"""What the parser says of itself: told apart, as its words are those of the library."""
INPUTS = {
    "recommend --batch": '{"id": 1, "use_cases": ["rag"], "hardware": "1x L4"}\n{"id": 2, "use_cases": ["nope"]}\n' * 9,
    "ask --answers": "rag\n1x L4\n--context 16k\n",
}
REVERSED = """\
import os

list_names, scan = os.listdir, os.scandir


class Reversed:
    def __init__(self, path="."):
        with scan(path) as found:
            self.found = iter(sorted(found, key=lambda entry: entry.name, reverse=True))

    __iter__ = __enter__ = lambda self: self
    __next__ = lambda self: next(self.found)
    __exit__ = close = lambda self, *_: None


os.scandir, os.listdir = Reversed, lambda path=".": sorted(list_names(path), reverse=True)
"""
VARIANTS: dict[str, dict[str, str]] = {
    "plain": {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "Turkish, any seed": {"PYTHONHASHSEED": "random", "LC_ALL": "tr_TR.UTF-8", "TZ": "America/Adak"},
    "Latin-1, reversed": {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.ISO-8859-1", "TZ": "Asia/Kolkata"},
    "C, read-only": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
}
Told = dict[str, bytes]


def run(*command: str | Path) -> str:
    """Return what a command of ours prints; its own words and an end where it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(python: str, resolution: str, wheel: Path, place: Path) -> Path:
    """Return the program, installed for a Python with the lowest or the newest libraries."""
    run("uv", "venv", "--quiet", "--python", python, place)
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    install = ("uv", "pip", "install", "--quiet", "--python", place / "bin/python", "--only-binary", ":all:")
    run(*install, "--resolution", resolution, *extras, "--requirements", ROOT / "pyproject.toml")
    run(*install, "--no-deps", wheel)
    return place / "bin/llama-advisor"


def told(program: Path, variant: str, place: Path) -> Told:
    """Return exit code, standard output and standard error of each command, and the files that they left."""
    folder = place / f"{variant}: a folder of its own"
    for name, source in (("projects", "tests/projects"), ("examples", "docs/examples")):
        shutil.copytree(ROOT / source, folder / name)
    shutil.copytree(ROOT / "docs/example-project", folder / "example-project")
    state = place / f"{variant} state"
    state.mkdir()
    known = {name: os.environ[name] for name in ("PATH", "LOCPATH") if name in os.environ}
    known |= {"HOME": str(state), "XDG_CACHE_HOME": str(state), "XDG_STATE_HOME": str(folder), "COLUMNS": "80"}
    prefix: tuple[str, ...] = ()
    if "reversed" in variant:
        (state / "sitecustomize.py").write_text(REVERSED, "utf-8")
        known["PYTHONPATH"] = str(state)
    if "read-only" in variant:
        run("chmod", "-R", "a-w", place / "lib", state)
        if os.geteuid() == 0:
            prefix = ("setpriv", "--bounding-set", "-dac_override", "--")  # else nothing is read-only
    found: Told = {}
    for command in (*COMMANDS, *USAGE):
        text = next((text for start, text in INPUTS.items() if command.startswith(start)), "")
        words = (*prefix, str(program), *shlex.split(command))
        environment = known | VARIANTS[variant]
        done = subprocess.run(words, cwd=folder, env=environment, input=text.encode(), capture_output=True, check=False)
        found[command] = b"exit %d\n%b\n%b" % (done.returncode, done.stdout, done.stderr)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[f"file {path.relative_to(folder)}"] = path.read_bytes()
    return found


def main() -> None:
    """Print a row for each Python and set of libraries, and below it where bytes first differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    first: Told = {}
    worst = 0
    print(f"{'Python':8} {'libraries':14} {'runs':>5} {'differ':>6} {'usage differs':>13}  versions")
    with tempfile.TemporaryDirectory() as name:
        run("uv", "build", "--quiet", "--wheel", "--out-dir", name, ROOT)
        (wheel,) = Path(name).glob("*.whl")
        for number, python in enumerate(parser.parse_args().python):
            for resolution in ("lowest-direct", "highest"):
                place = Path(name) / f"{number} {resolution}"
                program = installed(python, resolution, wheel, place)
                notes: dict[bool, list[str]] = {True: [], False: []}
                for variant in VARIANTS:
                    now = told(program, variant, place)
                    first = first or now
                    for command in sorted(first.keys() | now.keys()):
                        before, after = first.get(command), now.get(command)
                        if before != after:
                            notes[command in USAGE].append(f"  {variant}: {command}\n{difference(before, after)}")
                run("chmod", "-R", "u+w", place)
                code = (
                    "import sys, importlib.metadata as m; print(sys.version.split()[0]); "
                    "print(*(f'{x} {m.version(x)}' for x in ('pydantic', 'pyyaml', 'rich', 'typer')), sep=', ')"
                )
                version, libraries = run(program.with_name("python"), "-c", code).splitlines()
                runs = len(VARIANTS) * len((*COMMANDS, *USAGE))
                counts = f"{runs:5} {len(notes[False]):6} {len(notes[True]):13}"
                print(f"{version:8} {resolution:14} {counts}  {libraries}")
                print(*notes[False], *notes[True], sep="\n", flush=True)
                worst |= bool(notes[False])
    sys.exit(worst)


def difference(before: bytes | None, after: bytes | None) -> str:
    """Return the first line in which two results differ, twice."""
    pairs = zip_longest((before or b"").splitlines(), (after or b"").splitlines(), fillvalue=b"(nothing)")
    return "\n".join(f"    {line!r}" for line in next(pair for pair in pairs if pair[0] != pair[1]))


if __name__ == "__main__":
    main()
