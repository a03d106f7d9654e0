"""Settings of a check and the sum of what it found, on the made-up knowledge."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor import __version__
from llama_advisor.check.checker import Checked, Checker, Settings, known_prefixes, read_settings
from llama_advisor.check.findings import CheckFinding, Findings, Waived
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 11, 24)


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


def test_findings_are_told_once_in_order(
    checker: Checker, summed: Callable[..., Findings], finding: Callable[..., CheckFinding]
) -> None:
    one, later, other = finding(), finding(line=3), finding(file="Z.sh")
    done = summed(Checked([later, one, other], 2, {"a.sh": 1, "b.sh": None}), Checked([one], 1, {"a.sh": 1, "c.sh": 0}))
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


def test_what_fails_and_what_does_not(summed: Callable[..., Findings], finding: Callable[..., CheckFinding]) -> None:
    found = [
        finding(),
        finding(line=2, severity="warning"),
        finding(line=3, severity="note"),
        finding(line=4, waived=Waived(reason="r")),
        finding("LA901", line=5),
    ]
    mark = found[0].fingerprint

    def fails(held: list[CheckFinding], **asked: Any) -> tuple[list[bool], int]:
        done = summed(Checked(held, 1, {}), **asked)
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
    done = summed(Checked([found[3], found[4]], 1, {}), known=known)
    assert [item.known for item in done.findings] == [False, False]  # neither what is waived nor what is malformed
    assert done.summary._asdict() == {"error": 1, "warning": 0, "note": 0, "waived": 1, "known": 0}


def test_a_comment_counts_as_unused_where_no_project_uses_it(
    summed: Callable[..., Findings], finding: Callable[..., CheckFinding]
) -> None:
    unused = finding("LA502")

    def told(*projects: tuple[bool, bool]) -> int:
        made = [Checked([unused] * tells, 1, {"a.sh": 1} if reads else {}) for tells, reads in projects]
        return len(summed(*made).findings)

    assert told((True, True)) == told((True, True), (True, True)) == told((True, True), (False, False)) == 1
    assert told((True, True), (False, True)) == 0
