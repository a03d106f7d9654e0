"""A project file as it is read: what is malformed, where, and what would do; and what is not understood of its needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llama_advisor.check.checker import Checker
from llama_advisor.check.project import read_project

HEAD = "version: 1\ndeployments:\n"
GOOD = "  - name: bot\n    requirements: {use_cases: [talk], hardware: card}\n    choice: {model: middle, quantization: w4, engine: paged}\n"
ANOTHER = GOOD.replace("bot", "other")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("llama-advisor.yaml")


NEEDS = "requirements: {use_cases: [talk], hardware: card"
CHOICE = "choice: {model: middle, quantization: w4, engine: paged}"
MALFORMED: list[tuple[str, list[Any]]] = [
    (HEAD + GOOD, []),
    (HEAD + GOOD + ANOTHER, []),
    ("", [("LA907", 1, 1, "the file is empty; it needs `version` and `deployments`", None, None)]),
    ("- a\n", [("LA903", 1, 1, "a project file is a mapping with `version` and `deployments`", None, None)]),
    ("a: 1\na: 2\n", [("LA904", 2, 1, "duplicate key 'a'", None, None)]),
    ("a: [\n", [("LA901", None, None, None, None, None)]),
    ("\x00", [("LA901", 1, 1, "not text (it holds a zero byte)", None, None)]),
    (HEAD + GOOD + "waiverz: []\n", [("LA902", 6, 1, None, "waivers", None)]),
    (HEAD + GOOD.replace("name", "nme"), [("LA907", 3, 5, None, None, None), ("LA902", 3, 5, None, "name", None)]),
    (HEAD + GOOD.replace("hardware:", "hardwar:"), [("LA902", 4, 39, None, "hardware", "bot")]),
    (HEAD + GOOD.replace("hardware: card", "model: small"), [
        ("LA906", 4, 39, "model is a wish; under `choice` it says what was chosen, under `only` what is allowed", None, "bot")]),
    (HEAD + GOOD.replace("hardware: card", "<<: 1"), [
        ("LA902", 4, 39, "'<<' is no key of YAML 1.2; repeat the keys, or use an alias for a whole value", None, "bot")]),
    (HEAD + GOOD.replace("[talk]", "5"), [("LA903", 4, 31, None, None, "bot")]),
    (HEAD + GOOD.replace("version: 1", "version: 2"), []),
    ("version: 2\n" + HEAD[11:] + GOOD, [("LA903", 1, 10, None, None, None)]),
    (HEAD + GOOD + GOOD, [("LA909", 6, 11, "another deployment is named 'bot' too", None, "bot")]),
    (HEAD + GOOD + "---\n" + HEAD + GOOD, [("LA909", 9, 11, "another deployment is named 'bot' too", None, "bot")]),
    (HEAD + GOOD + "---\n" + HEAD + ANOTHER, []),
    (HEAD + GOOD + "exclude: [a, ../b]\n", [("LA910", 6, 10, "'../b' leaves the folder of the project file", None, None)]),
    (HEAD + GOOD + "    sources: [a, /b]\n", [("LA910", 6, 18, "'/b' leaves the folder of the project file", None, "bot")]),
    (HEAD + GOOD + "    sources: ../b#c\n", [("LA910", 6, 14, "'../b#c' leaves the folder of the project file", None, "bot")]),
    (HEAD + GOOD + "    exclude: [a, b, ../c]\n", [("LA910", 6, 21, "'../c' leaves the folder of the project file", None, "bot")]),
    (HEAD + GOOD + "waivers: [{code: LA201, deployment: bot, path: /x, expires: 2026-12-31}]\n",
     [("LA910", 6, 48, "'/x' leaves the folder of the project file", None, None)]),
    (HEAD + GOOD + "waivers: [{code: LA201, expires: 2026-12-31}]\n", [("LA907", 6, 11, None, None, None)]),
    (HEAD + "  - {}\n" * 501, [("LA903", 3, 3, "501 deployments in a file; at most 500 are checked", None, None)]),
    (HEAD + GOOD + "waivers:\n" + "  - {}\n" * 2001, [("LA903", 7, 3, "2001 waivers in a file; at most 2000 are checked", None, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_malformed_is_told_at_its_place(text: str, told: list[Any], path: Path, checker: Checker) -> None:
    path.write_text(text, "utf-8")
    found = read_project(path, checker.kinds).findings
    said = [(one.code, one.line, one.column, one.text, one.replacement, one.deployment) for one in found]
    # what the schema's words are is tested with the schema
    shown = [
        tuple(
            None if wanted is None and index in {1, 2, 3} else got
            for index, (got, wanted) in enumerate(zip(got, row, strict=True))
        )
        for got, row in zip(said, told, strict=False)
    ]
    assert (shown, len(said)) == (told, len(told))


def test_a_file_that_is_not_there_and_a_link_out_are_told(path: Path, checker: Checker) -> None:
    (found,) = read_project(path, checker.kinds).findings
    assert (found.code, found.text, found.file) == ("LA901", "No such file or directory", "llama-advisor.yaml")
    path.symlink_to("/etc/passwd")
    (found,) = read_project(path, checker.kinds).findings
    assert (found.code, found.text) == ("LA901", "a link out of its folder")


def test_what_a_deployment_is_about(path: Path, checker: Checker) -> None:
    text = (
        HEAD
        + GOOD.replace("hardware: card", "provider: first").replace("engine: paged", "engine: hosted")
        + "    sources: a\n"
    )
    path.write_text(text, "utf-8")
    (item,) = read_project(path, checker.kinds).deployments
    assert item.named == ("middle", "w4", "hosted", "first")
    found = item.finding("LA203", ("choice", "model"), "said")
    assert (found.about, found.deployment, found.line, found.column) == (
        ("middle", "middle", "w4", "hosted", "first"),
        "bot",
        5,
        21,
    )
    assert found.fingerprint == item.finding("LA203", ("choice", "model"), "otherwise", "choice.model").fingerprint
    assert found.fingerprint != item.finding("LA203", ("choice", "model"), "said", "else").fingerprint
    assert (item.pattern_place(0), item.written["sources"]) == (("sources",), "a")
    path.write_text(text.replace("sources: a", "sources: [a, b]"), "utf-8")
    (item,) = read_project(path, checker.kinds).deployments
    assert item.pattern_place(1) == ("sources", 1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("use_cases: [talk], ", "", ("LA908", 4, 19, "state at least a use case or the inputs", None)),
        ("model: middle", "model: midle", ("LA905", 5, 21, "unknown model 'midle'; nearest: middle", "middle")),
        ("engine: paged", "engine: pagd", ("LA905", 5, 55, "unknown engine 'pagd'; nearest: paged", "paged")),
        ("quantization: w4", "quantization: w44", ("LA905", 5, 43, "unknown quantization 'w44'; nearest: w4", "w4")),
        ("hardware: card", "hardware: carrd", ("LA908", 4, 49, None, None)),
        ("[talk]", "[tolk]", ("LA908", 4, 31, None, None)),
    ],
)
def test_what_is_not_understood_is_told_at_its_value(
    old: str, new: str, told: Any, path: Path, checker: Checker
) -> None:
    path.write_text(HEAD + GOOD.replace(old, new), "utf-8")
    (found,) = checker.check(path).findings
    assert (found.code, found.line, found.column) == told[:3]
    assert told[3] in {None, found.text}
    assert told[4] in {None, found.replacement}
