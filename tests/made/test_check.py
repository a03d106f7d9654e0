"""The check on the made-up knowledge: what a choice violates, and where files differ from it, by hand."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.check.checker import Checker, Settings
from llama_advisor.check.decide import Decision, decided
from llama_advisor.check.lock import lock_text
from llama_advisor.check.project import read_project

if TYPE_CHECKING:
    from pathlib import Path

    from llama_advisor.knowledge.base import RuleBase

CARD: dict[str, Any] = {"use_cases": ["talk"], "hardware": "card"}
CHOICE: dict[str, Any] = {"model": "middle", "quantization": "w4", "engine": "paged"}


def found(
    folder: Path, base: RuleBase, needs: dict[str, Any], choice: dict[str, Any], day: str = "2026-11-24", **files: str
) -> list[tuple[str, str, str]]:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    sources = {"sources": [name.replace("__", ".") for name in files]} if files else {}
    project = {"version": 1, "deployments": [{"name": "bot", "requirements": needs, "choice": choice} | sources]}
    path = folder / "llama-advisor.yaml"
    path.write_text(yaml.safe_dump(project), encoding="utf-8")
    return [
        (item.code, item.severity, item.text) for item in Checker(base, date.fromisoformat(day)).check(path).findings
    ]


LARGE: dict[str, Any] = CHOICE | {"model": "large"}
SMALL: dict[str, Any] = CHOICE | {"model": "small"}
CLOUD: dict[str, Any] = {"use_cases": ["talk"], "target": "cloud", "offline": True}
HOSTED: dict[str, Any] = {"use_cases": ["talk"], "target": "hosted"}

# Middle in w4 takes 2 + 2 + 1 GiB of 8 and scores 55.45, small in w4 48.11.
VIOLATIONS = [
    (CARD, CHOICE, []),
    # 7.34 points are more than 6; on an assumed machine that is a note: large there has 71.06 against 62.75.
    (CARD, SMALL, [("LA201", "warning", "middle as w4 on paged, Card scores 55.5, the choice 48.1: 7.3 points ahead")]),
    ({"use_cases": ["talk"]}, CHOICE,
     [("LA201", "note", "large as w4 on paged, Rack scores 71.1, the choice 62.8: 8.3 points ahead")]),
    (CLOUD, CHOICE, []),  # 65.5 - 62.75
    (CARD, CHOICE | {"quantization": "w16"}, [("LA101", "error", "Middle as w16 needs 11 GiB of 8")]),
    (CARD | {"context_tokens": 20480}, CHOICE, [("LA203", "warning", "tight")]),
    (CARD | {"context_tokens": 20481}, CHOICE, [("LA101", "error", "Middle as w4 needs 8.00024 GiB of 8")]),
    (CARD | {"only": {"models": ["small"]}}, CHOICE, [("LA113", "error", "middle is outside the limits under `only`")]),
    (CARD | {"only": {"engines": ["slots"]}}, CHOICE, [("LA113", "error", "paged is outside the limits under `only`")]),
    (CARD | {"only": {"quantizations": ["w16"]}}, CHOICE, [("LA113", "error", "w4 is outside the limits under `only`")]),
    (CARD | {"only": {"quantizations": ["w4"], "models": ["middle"], "engines": ["paged"]}}, CHOICE, []),
    (CARD, LARGE, [("LA101", "error", "Large as w4 needs 17 GiB of 8")]),
    ({"use_cases": ["talk"], "target": "workstation"}, LARGE,
     [("LA101", "note", "Large as w4 needs 17 GiB of 8; no hardware is stated, so the machine is assumed")]),
    (CARD | {"context_tokens": 65536}, CHOICE, [
        ("LA202", "error", "no model meets these requirements (context); with context_tokens 32768 instead of 65536, small as w16 would do"),
        ("LA105", "error", "65,536 of 32,768 tokens")]),
    (HOSTED, {"model": "large", "engine": "second"}, [("LA207", "error", "not confirmed")]),
    (HOSTED, {"model": "middle", "engine": "second"}, [("LA113", "error", "not confirmed: only litellm lists it")]),
    (HOSTED, {"model": "middle", "engine": "first"}, []),
    (CARD, CHOICE | {"engine": "hosted"},
     [("LA107", "error", "a service was chosen, but the requirements settle that it runs on machines of one's own")]),
    (CARD, CHOICE | {"quantization": "w2"}, [("LA107", "error", "Paged does not load Middle as w2")]),
    # From 9.76 to 39 tokens/s are likely.
    (CARD | {"min_tokens_per_s": 9.7}, CHOICE, []),
    (CARD | {"min_tokens_per_s": 15}, CHOICE, [("LA203", "warning", "15 tokens/s are not certain")]),
    (CARD | {"min_tokens_per_s": 50}, CHOICE, [("LA109", "error", "39 of 50 tokens/s")]),
]  # fmt: skip


@pytest.mark.parametrize(("needs", "choice", "told"), VIOLATIONS)
def test_what_a_choice_violates(
    needs: dict[str, Any], choice: dict[str, Any], told: list[Any], tmp_path: Path, checking: RuleBase
) -> None:
    assert found(tmp_path, checking, needs, choice) == told


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-11-30", []),
        ("2026-12-01", [("LA401", "warning", "the price of large as w4 on paged, Rack, made/one, is of 2026-10-01, 61 days old; "
                         "such rows are good for 60 days")]),
    ],
)  # fmt: skip
def test_a_price_grows_old_where_money_decides(day: str, told: list[Any], tmp_path: Path, checking: RuleBase) -> None:
    assert found(tmp_path, checking, CLOUD | {"budget_usd_per_month": 1000}, LARGE, day) == told
    # without a budget large leads by 2.75 at the same rent
    without = [(code.replace("LA401", "LA406"), "note", text) for code, _, text in told]
    assert found(tmp_path, checking, CLOUD, LARGE, day) == without


NEEDS: dict[str, Any] = CARD | {"context_tokens": 8192}
FORM = "model: made/middle\nquantization: w4\n"
LENGTH = FORM + "max-model-len: {}\n"
SPLIT = "tensor {} × pipeline {} × data 1 does not divide the hardware into copies that fit; on {} bot can take tensor × pipeline of {}"
DRIFT = [
    (NEEDS, CHOICE, "model: made/middle\n", []),
    (NEEDS, CHOICE, "model: made/small\n", [("LA301", "error", "made/small is Small; bot chose middle")]),
    (NEEDS, CHOICE, "model: made/middle\nquantization: w16\n", [("LA302", "error", "w16 is w16; bot chose w4")]),
    (NEEDS, CHOICE, "x: y\n", [("LA305", "warning", "bot: none of 1 files names a model; middle was chosen")]),
    (NEEDS, CHOICE, LENGTH.format(8192), []),
    (NEEDS, CHOICE, LENGTH.format(8191), [("LA303", "error", "8191 tokens are allocated; bot needs 8192")]),
    # 2 + 5 + 1 GiB hold 20,480.
    (NEEDS, CHOICE, LENGTH.format(20480), [("LA303", "note", "20480 tokens are allocated; bot needs 8192; that fits too")]),
    (NEEDS, CHOICE, LENGTH.format(32768),
     [("LA303", "error", "32768 tokens are allocated; bot needs 8192; Middle as w4 needs 11 GiB of 8")]),
    # A context that was not stated is no reason to fail.
    (CARD, CHOICE, LENGTH.format(4096), [("LA303", "note", "4096 tokens are allocated; bot needs 8192, which its use case takes "
                                          "for granted; state `context_tokens`")]),
    (NEEDS, CHOICE, LENGTH.format(8192) + "tensor-parallel-size: 2\n",
     [("LA304", "warning", SPLIT.format(2, 1, "1 × Card", "1 × 1"))]),
    (NEEDS | {"hardware": "2x card"}, CHOICE, LENGTH.format(8192) + "tensor-parallel-size: 2\n", []),
    (NEEDS | {"hardware": "4x card"}, CHOICE, LENGTH.format(8192) + "tensor-parallel-size: 2\n", []),  # two copies
    (NEEDS | {"hardware": "4x card"}, CHOICE, LENGTH.format(8192) + "tensor-parallel-size: 3\n",
     [("LA304", "warning", SPLIT.format(3, 1, "4 × Card", "4 × 1 or 1 × 1 or 2 × 1"))]),
    # Large takes 2 + 2 + 1 GiB on each of four, 4 + 4 + 1 of two; in two stages 33 of 65 layers each.
    (NEEDS | {"hardware": "4x card"}, LARGE, LENGTH.format(8192).replace("middle", "large") + "tensor-parallel-size: 2\n",
     [("LA304", "warning", SPLIT.format(2, 1, "4 × Card", "4 × 1 or 2 × 2 or 1 × 4"))]),
    (NEEDS | {"hardware": "4x card"}, LARGE,
     LENGTH.format(8192).replace("middle", "large") + "tensor-parallel-size: 2\npipeline-parallel-size: 2\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("needs", "choice", "text", "told"), DRIFT)
def test_where_a_file_differs(
    needs: dict[str, Any], choice: dict[str, Any], text: str, told: list[Any], tmp_path: Path, checking: RuleBase
) -> None:
    assert found(tmp_path, checking, needs, choice, values__yaml=text) == told


WAIVER = {"code": "LA201", "deployment": "bot", "reason": "tried", "expires": "2026-11-24"}
WAIVED = [
    ({}, "2026-11-24", [("LA201", True)]),
    ({}, "2026-11-25", [("LA201", False), ("LA501", False)]),  # the day after its last
    ({"reason": " "}, "2026-11-24", [("LA201", True), ("LA503", False)]),
    ({"code": "LA203"}, "2026-11-24", [("LA201", False), ("LA502", False)]),
    ({"deployment": "bat"}, "2026-11-24", [("LA201", False), ("LA504", False)]),
    ({"code": "LA999"}, "2026-11-24", [("LA201", False), ("LA504", False)]),
    ({"path": "other.yaml"}, "2026-11-24", [("LA201", False), ("LA502", False)]),
    ({"path": "llama-advisor.yaml"}, "2026-11-24", [("LA201", True)]),
]


@pytest.mark.parametrize(("said", "day", "told"), WAIVED)
def test_what_a_waiver_accepts(
    said: dict[str, Any], day: str, told: list[Any], tmp_path: Path, checking: RuleBase
) -> None:
    path = tmp_path / "llama-advisor.yaml"
    item = {"name": "bot", "requirements": CARD, "choice": SMALL}
    path.write_text(yaml.safe_dump({"version": 1, "deployments": [item], "waivers": [WAIVER | said]}), "utf-8")
    checker = Checker(checking, date.fromisoformat(day))
    items = checker.check(path).findings
    assert sorted((item.code, item.waived is not None) for item in items) == told


def test_a_lock_holds_until_something_moves(tmp_path: Path, checking: RuleBase) -> None:
    path, day = tmp_path / "llama-advisor.yaml", date(2026, 11, 24)

    def written(needs: dict[str, Any], *names: str) -> list[tuple[str, str]]:
        items = [{"name": name, "requirements": needs, "choice": CHOICE} for name in names]
        path.write_text(yaml.safe_dump({"version": 1, "deployments": items}), "utf-8")
        return [(item.code, item.text) for item in Checker(checking, day).check(path).findings]

    assert written(CARD, "bot") == []
    checker = Checker(checking, day)
    (item,) = read_project(path, checker.kinds).deployments
    decision = decided(item, checker.decider)
    assert isinstance(decision, Decision)
    lock = lock_text([(item.deployment, decision)], checking)
    kept = json.loads(lock)["deployments"]["bot"]
    assert (kept["margin"], kept["winner"]["score"], [other["model"] for other in kept["others"]]) == (
        7.34,
        55.45,
        ["small"],
    )
    assert kept["winner"]["machine"] == "Card"
    locked = tmp_path / "llama-advisor.lock"
    locked.write_text(lock, "utf-8")
    assert written(CARD, "bot") == []
    assert written(CARD | {"context_tokens": 4096}, "bot") == [
        ("LA403", "the requirements of bot changed after the lock was written")]  # fmt: skip
    assert written(CARD, "bot", "new") == [("LA403", "new is not in the lock")]
    assert written(CARD, "new") == [
        ("LA403", "new is not in the lock"), ("LA403", "the lock holds bot, which is no deployment here")]  # fmt: skip
    locked.write_text(lock.replace(checking.hash, "another"), "utf-8")
    assert written(CARD, "bot") == [
        ("LA405", f"locked with rule base another, now {checking.hash}: the same build wins")
    ]
    held = json.loads(lock)
    held["deployments"]["bot"]["winner"]["model"] = "small"
    locked.write_text(json.dumps(held), "utf-8")
    ((code, text),) = written(CARD, "bot")
    assert (code, text[:72]) == ("LA404", "locked: small as w4 on paged; now: middle as w4 on paged, Card. Moved: f")
    locked.write_text("{", "utf-8")
    assert [code for code, _ in written(CARD, "bot")] == ["LA911"]


@pytest.mark.parametrize(
    ("select", "ignore", "kept"),
    [((), (), True), (("LA2",), (), True), (("LA1",), (), False), ((), ("LA2",), False), (("LA201",), ("LA2",), True),
     (("LA2",), ("LA201",), False), (("LA2",), ("LA2",), False)],
)  # fmt: skip
def test_the_longer_prefix_decides(select: tuple[str, ...], ignore: tuple[str, ...], kept: bool) -> None:
    assert Settings(select=select, ignore=ignore).keeps("LA201") is kept


@pytest.mark.parametrize(("fail_on", "exit_code"), [(None, 0), ("error", 0), ("warning", 1), ("never", 0)])
def test_what_fails_the_check(fail_on: Any, exit_code: int, tmp_path: Path, checking: RuleBase) -> None:
    path = tmp_path / "llama-advisor.yaml"
    item = {"name": "bot", "requirements": CARD, "choice": SMALL}
    path.write_text(yaml.safe_dump({"version": 1, "deployments": [item]}), "utf-8")
    checker = Checker(checking, date(2026, 11, 24))
    result = checker.result([checker.check(path)], Settings(fail_on=fail_on))
    assert (result.exit_code, result.summary.warning, result.summary.error, result.deployments, result.files) == (
        exit_code,
        1,
        0,
        1,
        1,
    )
    (finding,) = result.findings
    again = checker.result([checker.check(path)], Settings(fail_on=fail_on), frozenset({finding.fingerprint}))
    assert (again.exit_code, again.summary.known, again.summary.warning) == (0, 1, 0)
