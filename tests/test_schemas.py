"""Schemas promise what they promised: an addition is taken over, a break needs another version of its kind."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import schemas

KEPT = json.loads(schemas.KEPT.read_text(encoding="utf-8"))
GONE = ""
CHANGES = [
    # of which fields, which one, what it is instead, what breaks
    ("recommendation", "verdict", GONE, "recommendation.verdict: is gone"),
    ("recommendation", "verdict", "string", "recommendation.verdict: is no longer always there"),
    ("recommendation", "as_of", "! null | string", "recommendation.as_of: may be null now"),
    ("recommendation", "ranking", "! <Build>", "recommendation.ranking: may be object now"),
    ("<Build>", "score", "! string", "recommendation.recommendation.score: may be string now"),
    ("recommendation", "verdict", f'{KEPT["recommendation"]["fields"]["recommendation"]["verdict"]} | "maybe"', None),
    ("recommendation", "more", "! string", None),
    ("scenario", "target", GONE, "scenario.target: is gone"),
    ("scenario", "users", "null", "scenario.users: may no longer be integer, string"),
    ("scenario", "use_cases", "! string | string[]", "scenario.use_cases: is required now"),
    ("scenario", "more", "! string", "scenario.more: is required now"),
    ("scenario", "more", "string", None),
    ("scenario", "offline", "boolean | null | string", None),
    ("<Deployment>", "choice", GONE, "project.deployments.choice: is gone"),
    ("rule", "when", "! string", "rule.when: may no longer be object, as many kinds of object"),
]


def test_schemas_are_those_that_were_kept() -> None:
    now = schemas.snapshot()
    assert schemas.breaks(KEPT, now) == [], "move the version of the kind first, see docs/api.md"
    assert now == KEPT, "run python tests/schemas.py --write"


@pytest.mark.parametrize(("name", "field", "made", "says"), CHANGES)
def test_a_break_is_told_from_an_addition(name: str, field: str, made: str, says: str | None) -> None:
    new = deepcopy(KEPT)
    for kind in new.values():
        if name in kind["fields"]:
            kind["fields"][name][field] = made
            if made == GONE:
                del kind["fields"][name][field]
    told = schemas.breaks(KEPT, new)
    assert (says in told) if says else not told, told
    for kind in new.values():
        kind["version"] = "2"
    assert schemas.breaks(KEPT, new) == []


def test_a_kind_that_is_gone_is_a_break() -> None:
    new = deepcopy(KEPT)
    del new["rule"]
    assert schemas.breaks(KEPT, new) == ["rule: is gone"]
