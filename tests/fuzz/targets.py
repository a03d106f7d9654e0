"""What strangers can put in: each kind of input as a run of the program in this process, and what must hold of it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
import time
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch
from xml.etree import ElementTree as ET

import yaml

from llama_advisor.cli import check
from llama_advisor.cli import main as cli
from llama_advisor.engine import rules

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
DAY = date(2026, 11, 24)
AS_OF = f"--as-of={DAY}"
MODEL = "llama-3.1-8b-instruct"
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
SECONDS = 10
"""Of the processor, for one input however hostile."""
PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [rag], hardware: "1x L4", context_tokens: 16k}
    choice: {model: llama-3.1-8b-instruct, quantization: fp8, engine: vllm}
    sources: ["app/**"]
waivers:
  - {code: LA203, deployment: bot, reason: "load test passed", expires: 2027-03-01}
"""
SERVE = b"vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 16384 --quantization fp8\n"
SOURCES = (
    *("a.py", "b.ipynb", "c.yaml", "d.json", "e.toml", "f.sh", "Dockerfile", "Modelfile", "g.ts", "h.env", "i.tf"),
    *("j.ini", "k.hcl", "l.txt", "m.go", "requirements.txt", "n.md", "values.yml"),
)
"""A name for each kind of file that is read, and for one that is not."""
LAYER = re.compile(rb"^@@ ([\w-]{1,99}(?:/[\w-]{1,99})?\.yaml)\n", re.MULTILINE)
"""Before each file of a layer, its name, as long as a file system takes it."""
RECIPES = HERE.parents[1] / "docs" / "contributing.md"
RECIPE = re.compile(rb"^```yaml\n# llama-advisor\.d/(\S+)\n(.*?)```", re.MULTILINE | re.DOTALL)
"""An entry of a team's own, as the page on recipes shows it."""
WRITES = ("-o", "--out", "--sav", "--kee", "--url", "--job", "--bat", "--res", "--fro", "--work", "--sam", "--base")
"""Options that write, connect or take long, which arguments may not choose here."""
COMMANDS = {"recommend", "estimate", "explain", "compare", "whatif", "deploy", "models", "schema"}
ADVICE = ("text", "json", "markdown", "html")
OF_RULES = ("rules test", "rules list", "rules lint", "rules show strange", "deploy 8b --hardware=L4", "check")
GRID = ("text", "json", "csv", "svg", "html")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
COMMAND = re.compile(r"^\s*::|##(?=[\w.\-]*\[)", re.MULTILINE)
"""What a build server takes for a command of its own."""
MARKUP = re.compile(r"<(?:script|img|x-)|javascript:|on\w+=alert", re.IGNORECASE)
ANNOTATION = re.compile(r"::(?:error|warning|notice) file=[^:\n]*::[^\n]*")


class Case(NamedTuple):
    """One run."""

    arguments: tuple[str, ...]
    stdin: bytes = b""
    files: dict[str, bytes] = {}  # noqa: RUF012  (read only)
    format: str = "text"


class Done(NamedTuple):
    """What it came to."""

    code: int
    out: str
    err: str
    seconds: float


def _one_of(names: tuple[str, ...], data: bytes) -> str:
    return names[sum(data) % len(names)]


def _words(data: bytes) -> list[str]:
    """Return the lines as arguments of a process: no zero byte, and what is no UTF-8 as the system hands it on."""
    return [os.fsdecode(line) for line in data.replace(b"\0", b"").split(b"\n") if line]


def _text(data: bytes) -> str:
    return " ".join(_words(data))


def scenario(data: bytes) -> Case:
    form = _one_of(ADVICE, data)
    return Case(("recommend", "-", AS_OF, "--format", form), data, format=form)


def flags(data: bytes) -> Case:
    words = [word for word in _words(data) if not word.startswith(WRITES)]
    begun = words if set(words[:1]) <= COMMANDS else ["recommend", *words]
    return Case((*begun, AS_OF))


def hardware(data: bytes) -> Case:
    form = _one_of(("text", "json"), data)
    return Case(("estimate", MODEL, f"--hardware={_text(data)}", AS_OF, "--format", form), format=form)


def models(data: bytes) -> Case:
    form = _one_of(("text", "json"), data)
    return Case(("compare", AS_OF, "--format", form, "--", MODEL, *_words(data)[:3]), format=form)


def grid(data: bytes) -> Case:
    form = _one_of(GRID, data)
    return Case(("whatif", "--use-case=chat", "--hardware=L4", *(f"--vary={word}" for word in _words(data)[:2]), AS_OF,
                 "--format", form), format=form)  # fmt: skip


def batch(data: bytes) -> Case:
    return Case((_one_of(("recommend", "estimate"), data), "--batch", "-", AS_OF), data, format="lines")


def project(data: bytes) -> Case:
    form = _one_of(tuple(check.FORMATS), data)
    files = {"llama-advisor.yaml": data, "app/run.sh": SERVE}
    return Case(("check", "--format", form, AS_OF), files=files, format=form)


def settings(data: bytes) -> Case:
    return Case(("check", AS_OF), files={"llama-advisor.yaml": PROJECT.encode(), "pyproject.toml": data})


def sources(data: bytes) -> Case:
    form = _one_of(tuple(check.FORMATS), data)
    files = {"llama-advisor.yaml": PROJECT.encode()} | {f"app/{name}": data for name in SOURCES}
    fix = ("--fix", "--diff") if len(data) % 3 == 0 else ("--format", form)
    return Case(("check", *fix, AS_OF), files=files, format="text" if "--fix" in fix else form)


def discovered(data: bytes) -> Case:
    return Case(("check", "--discover", AS_OF), files={f"app/{name}": data for name in SOURCES})


def waivers(data: bytes) -> Case:
    form = _one_of(tuple(check.FORMATS), data)
    files = {"llama-advisor.yaml": PROJECT.encode(), "app/run.sh": b"# llama-advisor: ignore " + data + SERVE}
    return Case(("check", "--format", form, AS_OF), files=files, format=form)


def locked(data: bytes) -> Case:
    return Case(("check", AS_OF), files={"llama-advisor.yaml": PROJECT.encode(), "llama-advisor.lock": data})


def baseline(data: bytes) -> Case:
    files = {"llama-advisor.yaml": PROJECT.encode(), "app/run.sh": SERVE, "base.json": data}
    return Case(("check", "--baseline", "base.json", AS_OF), files=files)


def layer(data: bytes) -> Case:
    parts = LAYER.split(data)
    files = {f"own/{name.decode()}": text for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    way = _one_of((*(f"recommend --use-case=chat {AS_OF} --format {form}" for form in ADVICE), *OF_RULES), data)
    form = way.rpartition(" ")[2]
    return Case((*way.split(), "--rules=own"), files=files or {"own/a": b""}, format=form if form in FORMS else "text")


def answers(data: bytes) -> Case:
    return Case(("ask", "--answers", "-", AS_OF), data)


def resumed(data: bytes) -> Case:
    return Case(("ask", "a chat", "--resume", "log.json", AS_OF), files={"log.json": data})


def sentence(data: bytes) -> Case:
    form = _one_of(("text", "json"), data)
    return Case(("ask", AS_OF, "--format", form, "--", _text(data)), format=form)


def readings(data: bytes) -> Case:
    form = _one_of(("text", "json"), data)
    return Case(("verify", "-", MODEL, "--hardware=L4", AS_OF, "--format", form), data, format=form)


def deployed(data: bytes) -> Case:
    form = _one_of(("shell", "compose", "kubernetes", "systemd"), data)
    return Case(("deploy", "-", "--target", form, AS_OF), data)


TARGETS: dict[str, Callable[[bytes], Case]] = {
    made.__name__: made
    for made in (
        *(scenario, flags, hardware, models, grid, batch, project, settings, sources, discovered, waivers, locked),
        *(baseline, layer, answers, resumed, sentence, readings, deployed),
    )
}


def run(case: Case) -> Done:
    """Run the program in this process, in a folder with the case's files; what it raises is a crash."""
    told = [
        io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", errors=errors)
        for text, errors in ((case.stdin, "surrogateescape"), (b"", "backslashreplace"), (b"", "backslashreplace"))
    ]
    home = Path.cwd()
    heard = {number: signal.getsignal(number) for number in ENDING}  # `ask` hears them in its own way, as it may
    with TemporaryDirectory() as name, patch.dict(os.environ, {"XDG_STATE_HOME": f"{name}/state"}):
        for file, content in case.files.items():
            (Path(name) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / file).write_bytes(content)
        start = time.process_time()
        try:
            os.chdir(name)
            with patch.multiple(sys, stdin=told[0], stdout=told[1], stderr=told[2]):
                code = cli._run(list(case.arguments))  # noqa: SLF001  (`main` would end this process)
        finally:
            os.chdir(home)
            for number, handler in heard.items():
                signal.signal(number, handler)
            check.layers_in.cache_clear()
            if "--rules=own" in case.arguments:
                check.checker_for.cache_clear()
            else:
                check.checker_for((), DAY).read.cache_clear()
        seconds = time.process_time() - start
    told[1].flush()
    told[2].flush()
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in told[1:])
    return Done(code, out, err, seconds)


def holds(name: str, data: bytes) -> Done:
    """Run a target on an input; AssertionError for the first promise that it breaks."""
    case = TARGETS[name](data)
    done = run(case)
    assert done.code in {0, 1, 2, 3}, done
    assert done.seconds < SECONDS, f"{done.seconds:.1f} s"
    assert "the result cannot be written" not in done.err, done.err  # nothing was in its way
    lines = done.err.splitlines()
    if done.code > 1 and not done.out:
        assert lines, "no word on what is wrong"
        assert lines[-1].startswith("llama-advisor: ") or case.arguments[0] == "ask" or "Usage:" in done.err, done.err
    if case.arguments[0] not in {"ask", "rules"} and "Usage:" not in done.err:
        assert all(line.startswith("llama-advisor: ") for line in lines), done.err
    shown = done.out + done.err
    assert not (found := CONTROL.search(shown)), (found, shown[max(0, found.start() - 99) : found.end() + 20])
    if case.format == "github":
        assert all(map(ANNOTATION.fullmatch, done.out.splitlines()[:-1])), done.out
    else:
        found = COMMAND.search(shown)
        assert not found, (found, shown[max(0, found.start() - 99) : found.end() + 20])
    FORMS.get(case.format, str)(done.out)
    return done


def _lines(text: str) -> None:
    for line in text.splitlines():
        json.loads(line)


def _no_markup(text: str) -> None:
    told = re.sub(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "", text)  # in a code span nothing is markup
    assert not (found := MARKUP.search(told)), (found, told[max(0, found.start() - 99) : found.end() + 20])


class _Page(HTMLParser):
    """A page whose tags and attributes none but its template writes."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Refuse what only an input can have put there."""
        assert not tag.startswith("x-"), tag
        assert tag != "img", tag
        for key, value in attrs:
            assert not (key.startswith("on") and "alert" in str(value)), (tag, key)
            assert not (value or "").lower().startswith("javascript:"), (tag, value)


def _html(text: str) -> None:
    _Page().feed(text)


def _xml(text: str) -> None:
    if text:
        ET.fromstring(text)  # noqa: S314  (what this program wrote)


def _json(text: str) -> None:
    if text:
        json.loads(text)


FORMS: dict[str, Callable[[str], object]] = {
    "json": _json,
    "sarif": _json,
    "gitlab": _json,
    "lines": _lines,
    "junit": _xml,
    "svg": _xml,
    "html": _html,
    "markdown": _no_markup,
}
"""What must hold of an output beside; of text nothing more."""

HOSTILE: tuple[str, ...] = (
    *yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8")),
    *("9" * 40, "9" * 400, "x" * 5000),
)
"""Words that have broken programs: in the place of any word of a seed, or beside it."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def spliced(seed: bytes, steps: list[tuple[int, int, int]]) -> bytes:
    """Return a seed changed step by step: which word, what is done with it, and by which hostile word."""
    words = _WORD.findall(seed.decode("utf-8", "surrogateescape")) or [""]
    for place, way, other in steps:
        at = place % len(words)
        hostile = HOSTILE[other % len(HOSTILE)]
        taken = words[other % len(words)]
        words[at] = (hostile, words[at] + hostile, "", words[at] * (other % 50), taken, words[at] + taken)[way % 6]
    return "".join(words).encode("utf-8", "surrogatepass")


@cache
def kept() -> dict[str, dict[str, str]]:
    """Return the inputs kept of each target, by what they are or once broke."""
    found: dict[str, dict[str, str]] = yaml.safe_load((HERE / "corpus.yaml").read_text(encoding="utf-8"))
    return found


def corpus(name: str) -> list[bytes]:
    """Return the inputs to begin with: those kept of a target, and what stands elsewhere in this repository."""
    found = [text.encode("utf-8", "surrogateescape") for text in kept()[name].values()]
    if name == "readings":
        found += [path.read_bytes() for path in sorted((HERE.parent / "deploy" / "samples").iterdir())]
    if name == "layer":
        found += [b"@@ %b\n%b" % recipe for recipe in RECIPE.findall(RECIPES.read_bytes())]
    return found


def once_loaded() -> object:
    """Return a patch that loads the shipped rules once for all runs of a process."""
    real, kept = rules.read_rules, {}

    def read(facts: object, *extra: object) -> object:
        if not extra and not kept:
            kept["base"] = real(facts)
        return real(facts, *extra) if extra else kept["base"]

    return patch.object(rules, "read_rules", read)
