"""The comparison with other advisors: what is asked is whole, what no pattern finds is never guessed, pages agree."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "benchmarks"))
from peers import INSTALL, PAGE, README, SHORT, Bench, Row, read, rows

ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.question)
def test_each_program_is_asked_and_each_cell_can_be_filled(row: Row) -> None:
    assert row.commands.keys() == INSTALL.keys()
    assert all(row.commands.values())
    for reads in row.reads.values():
        for pattern, cell in reads.items():
            wanted = [name for _, name, _, _ in string.Formatter().parse(cell) if name not in {None, "n"}]
            assert all(int(name or "0") < re.compile(pattern, re.DOTALL).groups for name in wanted), cell


def test_a_cell_is_the_first_pattern_found_or_says_why_there_is_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    program = tmp_path / "one" / "bin" / "one"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$1"\nexit ${2:-0}\n', encoding="utf-8")
    program.chmod(0o755)

    def cell(*commands: str, every: bool = False) -> str:
        reads = {r"exit 0\n(\d) GB": "{0} GB", "GB": "{n} figures", r"\Aexit 0\n": "no"}
        row = Row("?", {"one": list(commands)}, {"one": reads}, short=False, every=every, timed=False)
        return bench.cell("one", row)

    assert cell("one '8 GB'", "one '9 GB'") == "8 GB"
    assert cell("one '8 GB'", "one '9 GB'", every=True) == "8 GB, 2 figures"
    assert cell("one --help") == "noʰ"
    assert cell("one broken 3") == "not read (exit 3)"
    assert cell("one '8 GB: Name or service not known'") == "needs the Hub"
    bench.missing["one"] = "could not be installed"
    assert cell("one '8 GB'") == "could not be installed"
    assert read("exit 1\n", {"exit 0": "yes"}) == []


def cells(page: Path) -> list[list[str]]:
    text = page.read_text(encoding="utf-8").split("<!-- peers -->")[1]
    return [line.strip("| ").split(" | ") for line in re.findall(r"(?m)^\| (?!---).*", text)]


def test_the_pages_hold_what_is_asked_and_the_same_answers() -> None:
    (heads, *whole), (short_heads, *short) = cells(PAGE), cells(README)
    assert [head.split()[0] for head in heads] == list(INSTALL)
    assert short_heads == heads[: len(SHORT)]
    assert [line[0] for line in whole] == [row.question for row in ROWS]
    asked_in_short = {row.question for row in ROWS if row.short}
    assert short == [line[: len(SHORT) + 1] for line in whole if line[0] in asked_in_short]
