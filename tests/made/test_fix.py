"""What a check puts right in files, on the made-up knowledge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llama_advisor.check.checker import Checked
from llama_advisor.check.findings import CheckFinding, Findings, Waived
from llama_advisor.check.fix import Edit, edits, halves

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def written(summed: Callable[..., Findings]) -> Callable[..., list[Edit]]:
    """What is written of findings."""

    def edited(*found: CheckFinding) -> list[Edit]:
        return [*edits(summed(Checked([*found], 1, {})))]

    return edited


def test_what_has_one_right_value_is_written(
    at: Path, written: Callable[..., list[Edit]], finding: Callable[..., CheckFinding]
) -> None:
    path = at / "a.sh"
    path.write_text("abc\n" * 8 + "abc", "utf-8")
    right = finding(line=2, replacement="x")
    (edit,) = written(right, finding(line=9, replacement="long one"))
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
        assert written(*kept) == []
    assert [one.after[4:6] for one in written(right, finding(line=2, replacement="x", deployment="other"))] == ["x\n"]
    path.write_text("abc\nabc@sha256:1\n", "utf-8")
    assert written(right) == []
    path.write_text("abc\na$c\n", "utf-8")
    assert written(right) == []
    path.rename(at / "b.sh")
    path.symlink_to("b.sh")
    assert written(right) == []


def test_a_change_is_shown_as_a_diff() -> None:
    shown = Edit(Path("b/a.sh"), "1\n2\n3", "1\nx\n3", ()).diff()
    assert shown == "--- a/b/a.sh\n+++ b/b/a.sh\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n\\ No newline at end of file\n"


def test_names_of_one_model_are_written_together(
    at: Path, summed: Callable[..., Findings], written: Callable[..., list[Edit]], finding: Callable[..., CheckFinding]
) -> None:
    (at / "a.sh").write_text("abc\n" * 9, "utf-8")
    sure, open_one = finding("LA301", line=1, replacement="x"), finding("LA301", line=3)
    first, others = finding("LA301", line=2), finding("LA301", line=3, deployment="other")
    number = finding(line=4, replacement="8")
    found = summed(Checked([sure, first, open_one, number], 1, {}))
    assert [(one.line, other.line) for one, other in halves(found)] == [(1, 2)]
    assert [one.changes for one in edits(found)] == [("a.sh:4:1: abc is now 8",)]
    assert [one.changes for one in written(sure, others)] == [("a.sh:1:1: abc is now x",)]
    accepted = open_one._replace(waived=Waived(reason="r"))
    assert [one.changes for one in written(sure, accepted)] == [("a.sh:1:1: abc is now x",)]
