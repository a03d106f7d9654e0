"""What stands around the check, on the made-up knowledge: settings, comments, baselines, changes, edits, entries."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor import __version__
from llama_advisor.check import servers, since
from llama_advisor.check.checker import Checked, Checker, Settings, known_prefixes, read_settings
from llama_advisor.check.findings import CheckFinding, Findings, SourceText, Waived
from llama_advisor.check.fix import Edit, edits, halves
from llama_advisor.check.since import Changes, baseline_text, changes_since, read_baseline
from llama_advisor.check.waivers import ignored
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase

DAY = date(2026, 11, 24)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def checker(checking: RuleBase) -> Checker:
    return Checker(checking, DAY)


@pytest.fixture
def finding(checker: Checker) -> Callable[..., CheckFinding]:
    """A finding in a line of a file."""

    def made(code: str = "LA303", line: int = 1, file: str = "a.sh", **more: Any) -> CheckFinding:
        source = SourceText(file, "abc\n" * 9, checker.kinds)
        start = 4 * (line - 1)
        found = source.finding(
            code, "said", start, start + 3, deployment=more.pop("deployment", "bot"), about=more.pop("about", "")
        )
        return found._replace(**more)

    return made


# Settings.
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", Settings()),
        ("[project]\n", Settings()),
        ("tool = 1\n", Settings()),
        ("[tool.other]\n", Settings()),
        ('[tool.llama-advisor]\npaths = ["a"]\nfail-on = "warning"\nignore = ["LA1"]\n', Settings(paths=("a",), fail_on="warning", ignore=("LA1",))),
        ("[tool\n", "pyproject.toml: not valid TOML: "),
        ("[tool]\nllama-advisor = 1\n", "pyproject.toml: [tool.llama-advisor] must be a table"),
        ('[tool.llama-advisor]\nfail-on = "note"\n', "pyproject.toml: [tool.llama-advisor] fail-on: "),
        ("\x00", "pyproject.toml: not text (it holds a zero byte)"),
    ],
)  # fmt: skip
def test_settings_of_a_folder(text: str, told: Any, at: Path) -> None:
    assert read_settings(at) == Settings()
    (at / "pyproject.toml").write_text(text, "utf-8")
    if isinstance(told, Settings):
        assert read_settings(at) == told
    else:
        with pytest.raises(InputError) as wrong:
            read_settings(at)
        assert str(wrong.value).startswith(told)


def test_beginnings_of_codes() -> None:
    codes = ("LA303", "LA101")
    assert known_prefixes(("la3, LA101", "la"), codes, "--select") == ("LA3", "LA101", "LA")
    for wanted, told in (
        ("LA1,", "--select: '' begins no code; known: LA101, LA303"),
        ("LA304", "--select: 'LA304' begins no code; nearest: LA303"),
    ):
        with pytest.raises(InputError) as wrong:
            known_prefixes((wanted,), codes, "--select")
        assert str(wrong.value) == told


# The sum of what was found.
def summed(checker: Checker, *found: Checked, known: frozenset[str] = frozenset(), **asked: Any) -> Findings:
    return checker.result(found, Settings(**asked), known)


def test_findings_are_told_once_in_order(checker: Checker, finding: Callable[..., CheckFinding]) -> None:
    one, later, other = finding(), finding(line=3), finding(file="Z.sh")
    done = summed(
        checker, Checked([later, one, other], 2, {"a.sh": 1, "b.sh": None}), Checked([one], 1, {"a.sh": 1, "c.sh": 0})
    )
    assert [(item.file, item.line) for item in done.findings] == [("Z.sh", 1), ("a.sh", 1), ("a.sh", 3)]
    assert [item.fingerprint for item in done.findings] == [
        f"{other.fingerprint}-1",
        f"{one.fingerprint}-1",
        f"{one.fingerprint}-2",
    ]
    assert (done.files, done.deployments, done.exit_code) == (2, 3, 1)
    assert done.scanned._asdict() == {"files": 2, "deployments": 1, "not_read": 1}
    assert done.summary._asdict() == {"error": 3, "warning": 0, "note": 0, "waived": 0, "known": 0}
    assert (done.as_of, done.schema_version, done.rulebase.version, done.rulebase.hash) == (
        DAY,
        1,
        __version__,
        checker.base.hash,
    )


def test_what_fails_and_what_does_not(checker: Checker, finding: Callable[..., CheckFinding]) -> None:
    found = [
        finding(),
        finding(line=2, severity="warning"),
        finding(line=3, severity="note"),
        finding(line=4, waived=Waived(reason="r")),
        finding("LA901", line=5),
    ]
    mark = found[0].fingerprint

    def fails(held: list[CheckFinding], **asked: Any) -> tuple[list[bool], int]:
        done = summed(checker, Checked(held, 1, {}), **asked)
        return [item.fails for item in done.findings], done.exit_code

    assert fails(found[:4]) == ([True, False, False, False], 1)
    assert fails(found[:4], fail_on="warning") == ([True, True, False, False], 1)
    assert fails(found[:4], fail_on="never") == ([False] * 4, 0)
    assert fails(found[1:4]) == ([False] * 3, 0)
    assert fails(found, fail_on="never", ignore=("LA",)) == ([True], 2)  # malformed input passes every filter
    assert fails(found, select=("LA9",)) == ([True], 2)
    assert fails(found[:1], known=frozenset({f"{mark}-1"})) == ([False], 0)
    assert fails(found[:1], known=frozenset({mark})) == ([True], 1)
    known = frozenset(f"{item.fingerprint}-1" for item in found)
    done = summed(checker, Checked([found[3], found[4]], 1, {}), known=known)
    assert [item.known for item in done.findings] == [False, False]  # neither what is waived nor what is malformed
    assert done.summary._asdict() == {"error": 1, "warning": 0, "note": 0, "waived": 1, "known": 0}


def test_a_comment_counts_as_unused_where_no_project_uses_it(
    checker: Checker, finding: Callable[..., CheckFinding]
) -> None:
    unused = finding("LA502")

    def told(*projects: tuple[bool, bool]) -> int:
        made = [Checked([unused] * tells, 1, {"a.sh": 1} if reads else {}) for tells, reads in projects]
        return len(summed(checker, *made).findings)

    assert told((True, True)) == told((True, True), (True, True)) == told((True, True), (False, False)) == 1
    assert told((True, True), (False, True)) == 0


# Comments.
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a # llama-advisor: ignore LA303 why\nb", [("LA303", "why", [1])]),
        ("a\n# llama-advisor: ignore LA303 why\nb\nc", [("LA303", "why", [2, 3])]),
        ("# llama-advisor: ignore LA303: why\nb \\\n c \\\n d\ne", [("LA303", "why", [1, 2, 3, 4])]),
        ("# llama-advisor: ignore LA303, LA301 - why not", [("LA303", "why not", [1]), ("LA301", "why not", [1])]),
        ("a // llama-advisor: ignore", [("", "", [1])]),
        ("<!-- llama-advisor: ignore LA303 why -->\r\nb", [("LA303", "why", [1, 2])]),
        ("a\r<# llama-advisor: ignore LA303 why #>\rb", [("LA303", "why", [2, 3])]),
        ("/* llama-advisor: ignore LA303 why */\nb", [("LA303", "why", [1, 2])]),
        ("'# llama-advisor: ignore LA303 why'", []),
        ('"""\n# llama-advisor: ignore LA303 why\n""" # llama-advisor: ignore LA301 so', [("LA301", "so", [3])]),
        ("# llama-advisor ignore LA303", []),
        ("# ignore LA303", []),
        ("a # llama-advisor: ignore LA303 " + "w" * 700, [("LA303", "w" * 600, [1])]),
    ],
)  # fmt: skip
def test_what_a_comment_ignores(text: str, found: list[Any]) -> None:
    made = [*ignored(SourceText("a.sh", text, {}))]
    assert [(item.code, item.reason, [*item.lines]) for item in made] == found
    assert [text[item.start : item.end] for item in made if item.code] == [code for code, *_ in found if code]


def test_a_line_of_a_notebook_is_a_string() -> None:
    (found,) = ignored(SourceText("a.ipynb", '["# llama-advisor: ignore LA303 why\\n",\n"b"]', {}))
    assert (found.code, found.reason, [*found.lines]) == ("LA303", "why", [1])


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("LA301 for now", [("LA301", "error", "for now")]),
        ("LA301", [("LA301", "error", ""), ("LA503", "the comment that ignores LA301 says no why", None)]),
        ("LA303 for now", [("LA301", "error", None), ("LA502", "there is no finding LA303 here", None)]),
        ("LA901 for now", [("LA301", "error", None), ("LA504", "LA901 cannot be waived", None)]),
        ("LA2077 for now", [("LA301", "error", None), ("LA504", "LA2077 is no code; nearest: LA207", None)]),
        ("", [("LA301", "error", None), ("LA504", "no code is named", None)]),
    ],
)
@pytest.mark.usefixtures("at")
def test_what_is_told_of_a_comment(comment: str, told: list[Any], checker: Checker) -> None:
    Path("a.yaml").write_text(f"model: made/small # llama-advisor: ignore {comment}\n", "utf-8")
    needs = {"use_cases": ["talk"], "hardware": "card"}
    item = {"name": "bot", "requirements": needs, "choice": {"model": "middle", "engine": "paged"}, "sources": "a.yaml"}
    Path("llama-advisor.yaml").write_text(yaml.safe_dump({"version": 1, "deployments": [item]}), "utf-8")
    found = Checker(checker.base, DAY).check(Path("llama-advisor.yaml")).findings
    assert [
        (one.code, one.severity if one.code == "LA301" else one.text, one.waived and one.waived.reason) for one in found
    ] == told


@pytest.mark.parametrize(
    ("waiver", "told"),
    [
        ({}, ("LA501", "the waiver of LA301 ended on 2026-11-23")),
        ({"expires": "2026-11-24"}, None),
        ({"expires": "2026-11-24", "about": ["MIDDLE", "made/small"]}, None),
        (
            {"expires": "2026-11-24", "about": ["large", "x"], "path": "b/*"},
            ("LA502", "bot has no finding LA301 in b/* about large and x"),
        ),
        ({"expires": "2026-11-24", "path": "a.*"}, None),
        ({"expires": "2026-11-24", "reason": " "}, ("LA503", "the waiver of LA301 for bot says no why")),
        ({"code": "LA901"}, ("LA504", "LA901 cannot be waived")),
        ({"code": "LA502"}, ("LA504", "LA502 cannot be waived")),
        ({"code": "LA2077"}, ("LA504", "LA2077 is no code; nearest: LA207")),
        ({"deployment": "bott"}, ("LA504", "no deployment is named 'bott'; nearest: bot")),
    ],
)
@pytest.mark.usefixtures("at")
def test_what_is_told_of_a_waiver(waiver: dict[str, Any], told: Any, checker: Checker) -> None:
    Path("a.yaml").write_text("model: made/small\n", "utf-8")
    needs = {"use_cases": ["talk"], "hardware": "card"}
    item = {"name": "bot", "requirements": needs, "choice": {"model": "middle", "engine": "paged"}, "sources": "a.yaml"}
    held = {"code": "LA301", "deployment": "bot", "reason": "why", "expires": "2026-11-23"} | waiver
    text = yaml.safe_dump({"version": 1, "deployments": [item], "waivers": [held]})
    Path("llama-advisor.yaml").write_text(text, "utf-8")
    first, *rest = Checker(checker.base, DAY).check(Path("llama-advisor.yaml")).findings
    assert (first.code, first.file) == ("LA301", "a.yaml")
    valid = told is None or told[0] == "LA503"
    assert first.waived == (Waived(reason=held["reason"], expires=DAY) if valid else None)
    assert [(one.code, one.text) for one in rest] == ([told] if told else [])
    key = {
        "LA501": "expires",
        "LA502": "code",
        "LA503": "reason",
        "LA504": "deployment" if "deployment" in waiver else "code",
    }
    for one in rest:
        value = str(held[key[one.code]])
        assert one.snippet.removeprefix("- ").strip().split(": ", 1)[1].strip("'") == (value if value.strip() else " ")


# Baselines.
def test_a_baseline_holds_what_nothing_accepts(
    at: Path, checker: Checker, finding: Callable[..., CheckFinding]
) -> None:
    held = [
        finding(file="b.sh", deployment=None),
        finding(file="b.sh", code="LA301"),
        finding(line=2, waived=Waived(reason="r")),
        finding("LA901", line=3),
        finding(line=4, deployment="zoo"),
        finding(line=5, deployment="A"),
        finding(line=6, deployment=None),
    ]
    found = summed(checker, Checked(held, 1, {}))
    text = baseline_text(found, {"LA901"})
    rows = json.loads(text)["findings"]
    assert json.loads(text)["version"] == 1
    assert text.startswith(
        '{\n  "version": 1,\n  "findings": [\n    {\n      "file": "a.sh",\n      "code": "LA303",\n      "deployment": null,\n'
    )
    assert text.endswith("    }\n  ]\n}\n")
    assert '"file": "ü.sh"' in baseline_text(summed(checker, Checked([finding(file="ü.sh")], 1, {})), set())
    assert [(row["file"], row["code"], row["deployment"]) for row in rows] == [
        ("a.sh", "LA303", None), ("a.sh", "LA303", "A"), ("a.sh", "LA303", "zoo"), ("b.sh", "LA301", "bot"), ("b.sh", "LA303", None)]  # fmt: skip
    path = at / "known.json"
    path.write_text(text, "utf-8")
    assert read_baseline(path) == {row["fingerprint"] for row in rows}
    for wrong, told in (
        (None, "--baseline: known.json: No such file or directory; --write-baseline makes one"),
        ("{}", "--baseline: known.json: "),
        ("no", "--baseline: known.json: "),
    ):
        path.unlink()
        if wrong is not None:
            path.write_text(wrong, "utf-8")
        with pytest.raises(InputError) as refused:
            read_baseline(Path("known.json"))
        assert str(refused.value).startswith(told)
        path.touch()


# Changes.
def test_what_is_new_since_a_ref(at: Path, finding: Callable[..., CheckFinding]) -> None:
    root = at.resolve()
    project = Path("services/llama-advisor.yaml")
    file = "services/a.sh"
    changes = Changes(root, {root / file: [(2, 3), (7, 8)], root / "services/new.sh": []})

    def new(line: int = 1, end: int | None = None, code: str = "LA303", at: str = file) -> bool:
        return changes.keep(finding(code, line, at, end_line=end or line), project)

    assert [new(line) for line in range(1, 10)] == [False, True, True, False, False, False, True, True, False]
    assert (new(1, 2), new(4, 6), new(5, 9), new(8, 9)) == (True, False, True, True)
    assert new(1, at="services/new.sh")
    assert not new(2, at="services/other.sh")
    assert new(1, at="../outside.sh")
    assert (new(code="LA305", at=str(project)), new(code="LA201", at=str(project))) == (True, False)
    of_all = finding(line=5, end_line=5, end_column=1, column=1)
    assert changes.keep(of_all._replace(file=file), project)
    assert not changes.keep(of_all._replace(file="services/other.sh"), project)
    elsewhere = Path("other/llama-advisor.yaml")
    assert not changes.keep(finding("LA305", file=str(elsewhere)), elsewhere)
    for name in ("services/llama-advisor.yaml", "services/llama-advisor.lock"):
        assert Changes(root, {root / name: []}).keep(finding(line=9, file=file), project)


def git(*arguments: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    named = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *named, *arguments], check=True, env=os.environ | own, timeout=60, capture_output=True)


def test_changes_are_read_from_git(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^--base: the current folder is in no git repository$"):
        changes_since("HEAD")
    (at / "a b.sh").write_text("1\n2\n3\n4\n5\n", "utf-8")
    (at / ".gitignore").write_text("no.sh\n", "utf-8")
    git("init", "-q", "-b", "trunk")
    for name, value in (
        ("diff.noprefix", "true"),
        ("color.ui", "always"),
        ("diff.interHunkContext", "9"),
        ("diff.context", "9"),
    ):
        git("config", name, value)
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git("checkout", "-q", "-b", "mine")
    (at / "a b.sh").write_text("1\nII\n3\n4\nV\n", "utf-8")
    for name in ("ü.sh", "no.sh"):
        (at / name).write_text("new", "utf-8")
    root = at.resolve()
    wanted = {root / "a b.sh": [(2, 2), (5, 5)], root / "ü.sh": []}
    assert changes_since("HEAD") == changes_since("trunk") == Changes(root, wanted)
    git("checkout", "-q", "trunk")  # it goes on, and what is new there is not new here
    git("stash", "-q")
    (at / "theirs.sh").write_text("theirs", "utf-8")
    git("add", "theirs.sh")
    git("commit", "-q", "-m", "y")
    git("checkout", "-q", "mine")
    git("stash", "pop", "-q")
    assert changes_since("trunk").lines == wanted
    for ref in ("no-such-ref", "-h", ""):
        with pytest.raises(InputError) as refused:
            changes_since(ref)
        assert str(refused.value) == f"--base: {ref!r} is no commit, branch or tag of this repository"

    def slow(*_: Any, **more: Any) -> None:
        assert more["timeout"] == 60
        raise subprocess.TimeoutExpired("git", 60)

    monkeypatch.setattr(since.subprocess, "run", slow)
    with pytest.raises(InputError, match=r"^--base: git took more than 60 seconds$"):
        changes_since("HEAD")
    monkeypatch.undo()
    monkeypatch.chdir(at)
    monkeypatch.setenv("PATH", str(at))
    with pytest.raises(InputError, match=r"^--base: git cannot be run$"):
        changes_since("HEAD")


# What is put right.
def written(*found: CheckFinding, checker: Checker) -> list[Any]:
    return [*edits(summed(checker, Checked([*found], 1, {})))]


def test_what_has_one_right_value_is_written(at: Path, checker: Checker, finding: Callable[..., CheckFinding]) -> None:
    path = at / "a.sh"
    path.write_text("abc\n" * 8 + "abc", "utf-8")
    right = finding(line=2, replacement="x")
    (edit,) = written(right, finding(line=9, replacement="long one"), checker=checker)
    assert (edit.path, edit.before, edit.after) == (
        Path("a.sh"),
        "abc\n" * 8 + "abc",
        "abc\nx\n" + "abc\n" * 6 + "long one",
    )
    assert edit.changes == ("a.sh:2:1: abc is now x", "a.sh:9:1: abc is now long one")
    for kept in (
        [finding(line=2)],
        [finding("LA308", line=2, replacement="x")],
        [finding(line=2, replacement="x", waived=Waived(reason="r"))],
        [right, finding(line=2, replacement="y", deployment="other")],
        [finding(line=2, replacement="abc")],
    ):
        assert written(*kept, checker=checker) == []
    assert [
        one.after[4:6] for one in written(right, finding(line=2, replacement="x", deployment="other"), checker=checker)
    ] == ["x\n"]
    path.write_text("abc\nabc@sha256:1\n", "utf-8")
    assert written(right, checker=checker) == []
    path.write_text("abc\na$c\n", "utf-8")
    assert written(right, checker=checker) == []
    path.rename(at / "b.sh")
    path.symlink_to("b.sh")
    assert written(right, checker=checker) == []


def test_a_change_is_shown_as_a_diff() -> None:
    shown = Edit(Path("b/a.sh"), "1\n2\n3", "1\nx\n3", ()).diff()
    assert shown == "--- a/b/a.sh\n+++ b/b/a.sh\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n\\ No newline at end of file\n"


def test_names_of_one_model_are_written_together(
    at: Path, checker: Checker, finding: Callable[..., CheckFinding]
) -> None:
    (at / "a.sh").write_text("abc\n" * 9, "utf-8")
    sure, open_one = finding("LA301", line=1, replacement="x"), finding("LA301", line=3)
    first, others = finding("LA301", line=2), finding("LA301", line=3, deployment="other")
    number = finding(line=4, replacement="8")
    found = summed(checker, Checked([sure, first, open_one, number], 1, {}))
    assert [(one.line, other.line) for one, other in halves(found)] == [(1, 2)]
    assert [one.changes for one in edits(found)] == [("a.sh:4:1: abc is now 8",)]
    assert [one.changes for one in written(sure, others, checker=checker)] == [("a.sh:1:1: abc is now x",)]
    accepted = open_one._replace(waived=Waived(reason="r"))
    assert [one.changes for one in written(sure, accepted, checker=checker)] == [("a.sh:1:1: abc is now x",)]


# Entries for build servers.
def test_the_branch_that_a_clone_began_with(at: Path) -> None:
    assert servers.default_branch(at) == "main"
    head = at / ".git/refs/remotes/origin/HEAD"
    head.parent.mkdir(parents=True)
    head.write_text("ref: refs/remotes/origin/a/b\n", "utf-8")
    assert servers.default_branch(at) == "a/b"


@pytest.mark.parametrize(("told", "install"), [
    ({"url": "https://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, "llama-advisor @ git+https://x.org/a.git@0a1"),
    ({"url": "ssh://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, "llama-advisor @ git+ssh://x.org/a.git@0a1"),
    ({"url": "https://x.org/a", "vcs_info": {"vcs": "hg", "commit_id": "0a1"}}, ""),
    ({"url": "file:///a", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, ""),
    ({"vcs_info": {"vcs": "git", "commit_id": "0a1"}}, ""),
    ({"url": "https://x.org/a.whl"}, ""),
    (None, ""),
])  # fmt: skip
def test_what_installs_the_program_elsewhere(told: Any, install: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return json.dumps(told) if told and name == "direct_url.json" else None

    names: list[str] = []
    monkeypatch.setattr(servers, "distribution", lambda name: names.append(name) or Installed())
    assert servers.requirement() == (install or f"tools/llama_advisor-{__version__}-py3-none-any.whl")
    assert names == ["llama-advisor"]


def test_nothing_is_known_of_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise servers.PackageNotFoundError

    monkeypatch.setattr(servers, "distribution", absent)
    assert servers.requirement() == servers.WHEEL


def test_an_entry_checks_what_it_is_told() -> None:
    github = yaml.safe_load(servers.server_entry("github", "a b", "x y", "on"))
    assert github[True]["push"] == {"branches": ["on"]}
    runs = "\n".join(step.get("run", "") for step in github["jobs"]["check"]["steps"])
    assert {"a b", "x y"} <= set(shlex.split(runs))
    assert yaml.safe_load(servers.server_entry("github", "a", "x"))[True]["push"] == {"branches": ["main"]}
    gitlab = yaml.safe_load(servers.server_entry("gitlab", "a b", "x y"))
    assert {"a b", "x y"} <= set(shlex.split(gitlab["llama-advisor"]["script"][0]))
    (system,), (python,) = (
        yaml.safe_load(servers.server_entry("pre-commit", install, "x y"))["repos"][0]["hooks"]
        for install in ("a", "git+b: c")
    )
    assert (system["entry"], system["language"]) == ("llama-advisor check 'x y'", "system")
    assert "additional_dependencies" not in system
    assert (python["language"], python["additional_dependencies"]) == ("python", ["git+b: c"])
