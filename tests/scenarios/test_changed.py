"""What the changelog is told of answers that moved, on made-up captures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import changed

ASKED: dict[str, dict[str, Any]] = {
    "a": {"use_cases": ["chat"], "inputs": ["text"], "hardware": {"ram_gb": 8}, "offline": True},
    "b": {"use_cases": ["rag", "chat"], "inputs": ["text", "image"]},
}
STAYED = {"verdict": "recommended", "recommendation": "small q4 engine", "machine": "Card", "changes": []}
NOTHING = {"verdict": "no_fit", "recommendation": None, "machine": None, "changes": []}
MOVES = [
    # what is otherwise now, under which kind it stands, what is said
    ({}, None, None),
    ({"recommendation": "large q4 engine"}, "Another model", "large q4 engine; before: small q4 engine"),
    ({"recommendation": "small q8 engine"}, "Another build of the model", "small q8 engine; before: small q4 engine"),
    ({"recommendation": "small hosted hosted"}, "Another build of the model", "small hosted; before: small q4 engine"),
    ({"machine": "2x Card"}, "Other hardware", "2x Card; before: Card"),
    ({"verdict": "need_input"}, "Another verdict", "need input; before: recommended"),
    ({"changes": ["users: None"]}, "Another change asked for", "users dropped; before: none"),
    (NOTHING, "Another model", "nothing, none, no fit; before: small q4 engine, Card, recommended"),
]


@pytest.mark.parametrize(("now", "kind", "says"), MOVES)
def test_an_answer_stands_under_its_heaviest_move(now: dict[str, Any], kind: str | None, says: str | None) -> None:
    found = changed.lines({"a": STAYED}, {"a": STAYED | now}, ASKED, ASKED)
    assert found == ([f"- {kind}:", f"  - chat (hardware ram gb 8; offline yes): {says}."] if kind else [])


def test_kinds_stand_in_one_order_each_once() -> None:
    now = {"a": STAYED | {"verdict": "need_input"}, "b": STAYED | {"recommendation": "large q4 engine"}}
    found = changed.lines(dict.fromkeys(ASKED, STAYED), now, ASKED, ASKED)
    assert [line for line in found if line[0] == "-"] == ["- Another model:", "- Another verdict:"]
    assert found[1].startswith("  - rag and chat (inputs text/image): ")


def test_only_the_same_question_tells_that_an_answer_moved() -> None:
    assert changed.lines({}, {"a": NOTHING}, ASKED, ASKED) == []
    assert changed.lines({"a": STAYED}, {"a": NOTHING}, {"a": {"use_cases": ["sql"]}}, ASKED) == []


def test_what_was_not_captured_before_has_not_moved() -> None:
    before = {key: value for key, value in STAYED.items() if key != "machine"}
    assert changed.lines({"a": before}, {"a": STAYED}, ASKED, ASKED) == []


HEAD = "# Changelog\n\n## Unreleased\n\n### Advice changed\n"
BY_HAND = "- Written by hand.\n\n## 0.1\n\n### Advice changed\n- Older.\n"
LINES = ["- Another model:", "  - chat: large; before: small."]


def test_lines_are_written_anew_beside_what_was_written_by_hand() -> None:
    once = changed.written(HEAD + BY_HAND, "v1", ["- Other hardware:", "  - chat: two; before: one."])
    twice = changed.written(once, "v1", LINES)
    assert twice == HEAD + "<!-- moved since v1 -->\n" + "\n".join(LINES) + "\n<!-- end of what moved -->\n" + BY_HAND
    assert changed.written(twice, "v1", []) == HEAD + BY_HAND


def test_a_reason_stays_with_its_line_and_is_never_lost() -> None:
    reasoned = changed.written(HEAD + BY_HAND, "v1", LINES).replace("small.\n", "small. Why: a file was published.\n")
    more = changed.written(reasoned, "v1", [*LINES, "  - rag: large; before: small."])
    assert "  - chat: large; before: small. Why: a file was published.\n  - rag: large; before: small.\n" in more
    with pytest.raises(ValueError, match=r"no longer so.*chat: large"):
        changed.written(reasoned, "v1", LINES[:1])


def test_a_changelog_without_the_heading_is_refused() -> None:
    with pytest.raises(ValueError, match="Advice changed"):
        changed.written("# Changelog\n", "v1", LINES)


def test_the_capture_here_has_each_question_and_the_parts_that_are_compared() -> None:
    asked, captured = (
        changed.scenarios(changed.at(None, "cases.yaml"), changed.at(None, "matrix.yaml")),
        changed.at(None, "captured.yaml"),
    )
    assert asked.keys() == captured.keys()
    for found in captured.values():
        assert list(changed.parts(found)) == list(changed.KINDS)
