"""Capture what the command line prints for thousands of inputs, and show where two captures differ."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from cases import HERE, ROOT, Case, cases, reduced

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREAD = frozenset({"svg", "style", "script"})
LINE = re.compile(r'"line \d+: ')
TIMEOUT_S = 600


@dataclass(frozen=True)
class Target:
    """The program to run: a checkout, and the Python that runs it."""

    repo: Path
    python: str
    cache: Path

    def environment(self) -> dict[str, str]:
        """Return what the program finds in its environment, the same everywhere."""
        fixed = {"COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TERM": "dumb"}
        paths = {"PYTHONPATH": str(self.repo), "XDG_CACHE_HOME": str(self.cache), "HOME": str(self.cache)}
        return fixed | paths | {"PATH": os.environ.get("PATH", ""), "MPLCONFIGDIR": str(self.cache), "TZ": "UTC"}


# --- running them ---


class Runner:
    """Runs the program, each case in a folder of its own; one process that forks saves its start."""

    def __init__(self, target: Target, *, forking: bool) -> None:
        self.target = target
        self.server: subprocess.Popen[str] | None = None
        if forking and hasattr(os, "fork"):
            self.server = subprocess.Popen(
                [target.python, str(HERE / "forking.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=target.environment(),
                encoding="utf-8",
            )

    def run(self, args: tuple[str, ...], stdin: str, cwd: Path, env: dict[str, str]) -> tuple[int, str, str]:
        """Run `python -m llama_advisor` and return exit code, standard output and standard error."""
        done = subprocess.run(
            [self.target.python, "-m", "llama_advisor", *args],
            input=stdin.encode(),
            capture_output=True,
            cwd=cwd,
            env=self.target.environment() | env,
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def forked(self, args: tuple[str, ...], stdin: str, cwd: Path, env: dict[str, str]) -> tuple[int, str, str]:
        """Do the same in a fork of a process that has the imports behind it."""
        assert self.server
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps({"args": args, "stdin": stdin, "cwd": str(cwd), "env": env}) + "\n")
        self.server.stdin.flush()
        code, out, err = json.loads(self.server.stdout.readline())
        return code, out, err

    def result(self, case: Case) -> dict[str, Any]:
        """Run a case and return all it left: exit code, output, files; paths of this machine taken out."""
        with tempfile.TemporaryDirectory(prefix="pin-") as name:
            folder = Path(name).resolve() / "w"
            if case.copy:
                shutil.copytree(ROOT / case.copy, folder)
            folder.mkdir(exist_ok=True)
            for file, text in case.files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(text.encode())
            before = _contents(folder)
            run = self.run if case.fresh or not self.server else self.forked
            code, out, err = run(case.args, case.stdin, folder, case.env)
            files = {file: text for file, text in _contents(folder).items() if before.get(file) != text}
        places = {str(folder): "<folder>", str(self.target.repo): "<repo>", str(self.target.cache): "<cache>"}

        def told(text: str) -> str:
            for place, word in places.items():
                text = text.replace(place, word)
            return visible(text) if text.lower().startswith("<!doctype html") else text

        texts = {"out": told(out), "err": told(err), **{f"file {name}": told(text) for name, text in files.items()}}
        return {"code": code, **texts}

    def close(self) -> None:
        """End the forking process."""
        if self.server:
            self.server.communicate()


class Page(HTMLParser):
    """Collects the text of a page that is seen, a line for each piece; pictures and styles are not."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = 0
        self.lines: list[str] = []

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        """Hide what begins here, if it is not read."""
        self.hidden += tag in UNREAD

    def handle_endtag(self, tag: str) -> None:
        """End what is hidden."""
        self.hidden -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        if not self.hidden and data.strip():
            self.lines.append(" ".join(data.split()))


def visible(text: str) -> str:
    """Return the text of a page that is seen."""
    page = Page()
    page.feed(text)
    return "\n".join(page.lines)


def _contents(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "replace") for path in paths}


def results(case: Case, runner: Runner) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield group, name and result of a case; of a batch, of each of its lines."""
    found = runner.result(case)
    if not case.lines:
        yield case.group, case.name, found
        return
    lines = found.pop("out").splitlines()
    for name, line in zip_longest(case.lines, lines):
        missing = {"out": "(no answer)", "code": found["code"], "err": found["err"]}
        told = {"out": LINE.sub('"line N: ', line)} if line else missing
        yield case.group, name or f"{case.name}: more lines than asked for", told
    if case.whole:
        yield case.group, case.name, found


# --- hashes and differences ---


def parsed(text: str) -> Any:
    """Return the JSON that a text is, or a value a line; the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()] or text
    except ValueError:
        return text


def digests(found: dict[str, Any]) -> list[str]:
    """Return the hash of a result by its bytes, and by its JSON whatever the white space between."""
    by_json = {name: parsed(value) if isinstance(value, str) else value for name, value in found.items()}
    texts = (json.dumps(item, ensure_ascii=True, separators=(",", ":")) for item in (found, by_json))
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]


def by_path(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of a JSON value with the keys that lead to it."""
    if isinstance(value, dict) and value:
        yield f"{path} keys", " ".join(value)
        for key, item in value.items():
            yield from by_path(item, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for at, item in enumerate(value):
            yield from by_path(item, f"{path}[{at}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def difference(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Yield lines that say how two results differ: JSON by its keys, text as a unified diff."""
    for name in dict.fromkeys((*one, *other)):
        a, b = one.get(name, ""), other.get(name, "")
        if a == b:
            continue
        values = [parsed(text) if isinstance(text, str) else text for text in (a, b)]
        if all(isinstance(value, (dict, list)) for value in values):
            old, new = (dict(by_path(value)) for value in values)
            if old == new:
                yield f"{name}: the same JSON, written otherwise"
            for path in dict.fromkeys((*old, *new)):
                if old.get(path) != new.get(path):
                    yield f"{name}{path}: {old.get(path, '(nothing)')} -> {new.get(path, '(nothing)')}"
        else:
            old_lines, new_lines = str(a).splitlines(), str(b).splitlines()
            yield from difflib.unified_diff(old_lines, new_lines, f"{name} before", f"{name} now", n=2, lineterm="")


# --- commands ---


def capture(options: argparse.Namespace) -> int:
    """Run the cases and write their hashes, and their output where it is asked for."""
    outdir = Path(options.outdir)
    (outdir / "outputs").mkdir(parents=True, exist_ok=True)
    target = Target(Path(options.repo).resolve(), options.python, Path(tempfile.mkdtemp(prefix="pin-cache-")))
    chosen = sorted(cases(_groups(options), options.every), key=lambda case: not (case.lines or case.fresh))
    hashes: dict[str, list[str]] = {}
    full: dict[str, dict[str, Any]] = {}
    took: dict[str, float] = {}
    runners: SimpleQueue[Runner] = SimpleQueue()
    for _ in range(options.jobs):
        runners.put(Runner(target, forking=not options.fresh))

    def one(case: Case) -> tuple[Case, list[tuple[str, str, dict[str, Any]]], float]:
        runner, start = runners.get(), time.monotonic()
        try:
            return case, list(results(case, runner)), time.monotonic() - start
        finally:
            runners.put(runner)

    with ThreadPoolExecutor(options.jobs) as pool:
        for case, found, seconds in pool.map(one, chosen):
            took[case.name] = seconds
            for group, name, result in found:
                hashes[name] = digests(result)
                full.setdefault(group, {})[name] = result
    while not runners.empty():
        runners.get().close()
    shutil.rmtree(target.cache, ignore_errors=True)
    (outdir / "hashes.json").write_text(as_lines(hashes), "utf-8")
    for group, held in full.items() if options.full else ():
        text = "".join(json.dumps([name, held[name]], ensure_ascii=False) + "\n" for name in sorted(held))
        (outdir / "outputs" / f"{group}.jsonl").write_text(text, "utf-8")
    for group in sorted(full):
        seconds = sum(value for name, value in took.items() if name.partition("/")[0] == group)
        say(f"{group:<10} {len(full[group]):>5} cases {seconds:>7.1f} s")
    for name in sorted(took, key=lambda name: -took[name])[: options.slowest]:
        say(f"{took[name]:>7.1f} s  {name}")
    say(f"{len(hashes)} cases in all")
    return 0


def as_lines(hashes: dict[str, list[str]]) -> str:
    """Write hashes as JSON, one case a line, sorted."""
    lines = (f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(hashes[name])}" for name in sorted(hashes))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def reduce(options: argparse.Namespace) -> int:
    """Take what the tests run from a capture into hashes.json; 1 if the capture lacks any of it."""
    held = json.loads((Path(options.outdir) / "hashes.json").read_text("utf-8"))
    names = [name for case in reduced() for name in case.lines or (case.name,)]
    (HERE / "hashes.json").write_text(as_lines({name: held[name] for name in names if name in held}), "utf-8")
    say(f"{len(names)} cases")
    return 0 if held.keys() >= set(names) else 1


def diff(options: argparse.Namespace) -> int:
    """Show which cases of two captures differ; 1 if any does."""
    folders = [Path(name) for name in (options.before, options.now)]
    before, now = (json.loads((folder / "hashes.json").read_text("utf-8")) for folder in folders)
    groups = _groups(options)
    which = 1 if options.json else 0
    both = [name for name in before if name in now and (not groups or name.partition("/")[0] in groups)]
    changed = [name for name in both if before[name][which] != now[name][which]]
    counts = Counter(name.partition("/")[0] for name in both)
    for group, count in sorted(counts.items()):
        wrong = [name for name in changed if name.partition("/")[0] == group]
        say(f"{group:<10} {len(wrong):>5} of {count} differ")
        _show(wrong, group, folders, options)
    alone = [name for name in before.keys() ^ now.keys() if not groups or name.partition("/")[0] in groups]
    say(f"{len(changed)} of {len(both)} differ" + (f"; {len(alone)} in one capture alone" if alone else ""))
    return 1 if changed else 0


def _show(names: list[str], group: str, folders: list[Path], options: argparse.Namespace) -> None:
    """Show the first differences of a group, and which keys change in how many of all."""
    files = [folder / "outputs" / f"{group}.jsonl" for folder in folders]
    if not names or not all(path.exists() for path in files):
        return
    old, new = (dict(json.loads(line) for line in path.read_text("utf-8").splitlines()) for path in files)
    keys: Counter[str] = Counter()
    for at, name in enumerate(names):
        lines = list(difference(old[name], new[name]))
        keys.update({"".join(c for c in line.partition(": ")[0] if not c.isdigit()) for line in lines if ": " in line})
        if at < options.show:
            say(f"--- {name}")
            for line in lines[: options.lines]:
                say(f"    {line[:400]}")
            if len(lines) > options.lines:
                say(f"    … {len(lines) - options.lines} lines more")
    if len(names) > options.show:
        for key, count in keys.most_common(8):
            say(f"    in {count}: {key[:100]}")


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def _groups(options: argparse.Namespace) -> set[str] | None:
    return set(options.group.split(",")) if options.group else None


def main() -> int:
    """Capture or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("capture", help="run the cases and write OUTDIR/hashes.json")
    command.add_argument("outdir")
    command.add_argument("--repo", default=str(ROOT), help="checkout to run; this one if not given")
    command.add_argument("--python", default=sys.executable)
    command.add_argument("--group", help="groups to run, comma-separated")
    command.add_argument("--every", type=int, default=1, help="run every n-th case of each group")
    command.add_argument("--jobs", type=int, default=2)
    command.add_argument("--full", action="store_true", help="keep the output too, so that diff can show it")
    command.add_argument("--fresh", action="store_true", help="start a process for every case")
    command.add_argument("--slowest", type=int, default=0, help="name the cases that took longest")
    command.set_defaults(run=capture)
    command = commands.add_parser("reduce", help="take what the tests run from a capture into hashes.json")
    command.add_argument("outdir")
    command.set_defaults(run=reduce)
    command = commands.add_parser("diff", help="show which cases of two captures differ")
    command.add_argument("before")
    command.add_argument("now")
    command.add_argument("--group", help="groups to compare, comma-separated")
    command.add_argument("--show", type=int, default=3, help="cases of each group to show")
    command.add_argument("--lines", type=int, default=20, help="lines of each to show")
    command.add_argument("--json", action="store_true", help="compare JSON as parsed, not its bytes")
    command.set_defaults(run=diff)
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
