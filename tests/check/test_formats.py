"""The same findings in every format, each valid by its schema; text from files injects nothing into any of them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from checked_projects import PROJECT, checked, checker
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from llama_advisor.check.checker import Checked, Settings
from llama_advisor.check.files import repository_root
from llama_advisor.check.findings import Findings, SourceText
from llama_advisor.render.findings import FORMATS, Shown
from llama_advisor.render.formats import View
from llama_advisor.text.wording import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).resolve().parent.parent
PROJECTS = sorted(path.parent / "llama-advisor.yaml" for path in (TESTS / "projects").rglob("expected.yaml"))
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer"}},
                    },
                },
            },
        },
    },
}
"""GitLab publishes no JSON Schema of the report; this is the table of its documentation of custom tools."""
CASE = "system-out system-err skipped failure errors rerunFailure rerunError flakyFailure flakyError"
SUITE = "name tests failures errors group time skipped timestamp hostname id package file log url version"
JENKINS: dict[str, tuple[str, str, str]] = {
    "testsuites": ("", "name time tests failures errors", "testsuite"),
    "testsuite": ("name tests failures errors", SUITE, "testsuite properties testcase system-out system-err"),
    "testcase": ("name", "name time classname group", CASE),
    "skipped": ("", "type message", ""),
    "failure": ("", "type message", ""),
    "system-out": ("", "", ""),
}
"""Elements of JUnit reports with required and allowed attributes and children, as junit-10.xsd of Jenkins has them."""


@cache
def everything() -> Findings:
    """Check all example projects of one day in one run."""
    return checked(*PROJECTS)


def printed(format_: str, found: Findings, root: Path | None = None) -> str:
    return FORMATS[format_](Shown(found, checker().kinds, View(), root))


@cache
def sarif_schema() -> Draft4Validator:
    """The official schema, 2.1.0-rtm.5 as in schemastore, taken from the npm package @microsoft/jest-sarif."""
    schema = json.loads((TESTS / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema)


def in_json(text: str) -> list[tuple[str, str, int]]:
    return [(i["code"], i["file"], i["line"]) for i in json.loads(text)["findings"] if not i["waived"]]


def in_sarif(text: str) -> list[tuple[str, str, int]]:
    found = []
    for item in json.loads(text)["runs"][0]["results"]:
        place = item["locations"][0]["physicalLocation"]
        if "suppressions" not in item:
            uri = unquote(place["artifactLocation"]["uri"].removeprefix("file://"))
            found.append((item["ruleId"], uri, place["region"]["startLine"]))
    return found


def in_gitlab(text: str) -> list[tuple[str, str, int]]:
    return [(i["check_name"], i["location"]["path"], i["location"]["lines"]["begin"]) for i in json.loads(text)]


def in_junit(text: str) -> list[tuple[str, str, int]]:
    cases = ET.fromstring(text).iter("testcase")  # noqa: S314  # our own output
    names = [(case.attrib["name"], case.attrib["classname"]) for case in cases if case.find("skipped") is None]
    return [(name.split()[0], file, int(name.split(":")[-2])) for name, file in names if name != "no findings"]


def in_github(text: str) -> list[tuple[str, str, int]]:
    found = re.findall(r"(?m)^::(?:error|warning|notice) file=([^,]*),line=(\d+),.*?title=(\w+) ", text)
    return [(code, file, int(line)) for file, line, code in found]


def in_text(text: str) -> list[tuple[str, str, int]]:
    found = re.findall(r"(?m)^(\S.*?):(\d+):\d+: (LA\d+) ", text)
    return [(code, file, int(line)) for file, line, code in found]


def in_markdown(text: str) -> list[tuple[str, str, int]]:
    found = re.findall(r"(?m)^\| (?:error|warning|note) \| (LA\d+) \| `+ (.*?):(\d+):\d+ `+ \|", text)
    return [(code, file, int(line)) for code, file, line in found]


READERS: dict[str, Callable[[str], list[tuple[str, str, int]]]] = {
    "text": in_text,
    "json": in_json,
    "sarif": in_sarif,
    "junit": in_junit,
    "github": in_github,
    "gitlab": in_gitlab,
    "markdown": in_markdown,
}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_has_the_same_findings(format_: str) -> None:
    counting = [(i.code, i.file, i.line) for i in everything().findings if i.waived is None]
    assert READERS[format_](printed(format_, everything())) == counting
    assert len(counting) > 80


def test_sarif_follows_the_official_schema() -> None:
    log = json.loads(printed("sarif", everything()))
    assert [error.message for error in sarif_schema().iter_errors(log)] == []
    results = log["runs"][0]["results"]
    assert len({item["partialFingerprints"]["llamaAdvisorFinding/v1"] for item in results}) == len(results)
    assert {"suppressions" in item for item in results} == {True, False}
    assert [item["fixes"] for item in results if item["ruleId"] == "LA905"]
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(sarif_schema().iter_errors(log))


def test_what_a_comment_accepts_is_waived_in_every_format(check_text: Callable[..., Findings]) -> None:
    run = "vllm serve RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8 --max-model-len 8192"
    comment = "# llama-advisor: ignore LA303 short | prompts\n"
    found = check_text(f"{PROJECT}    sources: [run.sh]\n", {"run.sh": f"{run}  {comment}"})
    (suppressed,) = json.loads(printed("sarif", found))["runs"][0]["results"]
    assert suppressed["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "short | prompts"}
    ]
    assert 'message="waived by a comment: short | prompts"' in printed("junit", found)
    assert "| waived by a comment | LA303 |" in printed("markdown", found)
    assert "(short \\| prompts)" in printed("markdown", found)
    assert json.loads(printed("json", found))["findings"][0]["waived"] == {"reason": "short | prompts", "expires": None}
    assert json.loads(printed("gitlab", found)) == []
    for format_ in ("text", "github"):
        assert printed(format_, found).startswith("0 errors, ")
        assert "; 1 finding waived\n" in printed(format_, found)


def test_gitlab_and_json_follow_their_schemas() -> None:
    report = json.loads(printed("gitlab", everything()))
    assert list(Draft202012Validator(GITLAB).iter_errors(report)) == []
    assert len({item["fingerprint"] for item in report}) == len(report)
    contract = json_schema(Findings)
    assert list(Draft202012Validator(contract).iter_errors(json.loads(printed("json", everything())))) == []
    assert [name for name, part in contract["properties"].items() if "description" not in part] == []


def misplaced(report: ET.Element) -> list[str]:
    """Return what Jenkins refuses in a JUnit report."""
    wrong = []
    for element in report.iter():
        required, allowed, children = (set(names.split()) for names in JENKINS[element.tag])
        wrong += [f"{element.tag}: {name}" for name in {child.tag for child in element} - children]
        wrong += [f"{element.tag}@{name}" for name in {*element.keys()} - allowed | required - {*element.keys()}]
    return wrong


def test_junit_is_what_jenkins_accepts() -> None:
    for found in (everything(), checked(TESTS / "projects" / "LA101" / "silent" / "llama-advisor.yaml")):
        report = ET.fromstring(printed("junit", found))  # noqa: S314  # our own output
        assert (report.tag, misplaced(report)) == ("testsuites", [])
    report[0][0].set("file", "x")
    assert misplaced(report) == ["testcase@file"]


@pytest.mark.parametrize("format_", ["github", "gitlab", "sarif"])
def test_build_servers_are_told_files_from_the_root_of_the_repository(
    format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    made = []
    for name in ("services/bot", "services/other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "llama-advisor.yaml").write_text(PROJECT.replace("8b-instruct", "70b-instruct"), "utf-8")
        monkeypatch.chdir(tmp_path / name)
        root = repository_root(Path())
        made.append(printed(format_, checked(Path("llama-advisor.yaml")), root))
        assert READERS[format_](made[-1]) == [("LA101", f"{name}/llama-advisor.yaml", 5)]
    above = printed(format_, checked(Path("../bot/llama-advisor.yaml")), root)
    assert READERS[format_](above) == READERS[format_](made[0])
    outside = printed(format_, checked(Path("../bot/llama-advisor.yaml")), tmp_path / "services/other")
    assert READERS[format_](outside)[0][1].endswith("../bot/llama-advisor.yaml")
    prints = [set(re.findall(r'(?:fingerprint|Finding/v1)": "(.*)"', text)) for text in made]
    assert len(prints[0] | prints[1]) == (0 if format_ == "github" else 2), "findings of two services are two"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_check_without_findings_is_said_too(format_: str) -> None:
    text = printed(format_, checked(TESTS / "projects" / "LA101" / "silent" / "llama-advisor.yaml"))
    assert text.strip()
    assert READERS[format_](text) == []


def test_a_fingerprint_outlives_moved_lines(check_text: Callable[..., Findings]) -> None:
    text = (TESTS / "projects" / "LA101" / "fires" / "llama-advisor.yaml").read_text(encoding="utf-8")
    (before,) = check_text(text).findings
    (after,) = check_text(f"# moved\n\n{text}").findings
    assert (before.line + 2, before.fingerprint) == (after.line, after.fingerprint)


NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\x1b]8;;https://evil.example\x1b\\x",
            "[bold red]x[/]",
            "\n::error::x",
            "##[error]x",
            "##vso[task.setvariable]x",
            "x%0A::set-output name=a::b",
            "]]><x/>&lt;<!--",
            "a`b``c | [x](https://evil.example) <img src=x> @team",
            "\u202e\ud800\ufffe\x85\u2028::stop-commands::t",
            "::add-mask::x",
            "{0} [x](1)",
        ]
    ),
)


def with_text(text: str) -> Findings:
    """Return a result in which a file's text stands in every place that file text can reach."""
    source = SourceText(text.replace("\x00", "") or "f", f"{text}\n{text}", checker().kinds)
    codes = ("LA101", "LA201", "LA901", "LA405")
    found = [source.finding(code, text, 0, len(text), deployment=text, about=text) for code in codes]
    return checker().result([Checked(found, 1, {})], Settings())


@given(NASTY)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_from_files_injects_nothing(text: str) -> None:
    found = with_text(text)
    for format_ in FORMATS:
        made = printed(format_, found, Path.cwd().parent)
        made.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", made)
        assert not re.search(r"##[\w.\-]*\[", made)
        commands = [line for line in made.splitlines() if line.lstrip().startswith("::")]
        assert len(commands) == (len(found.findings) if format_ == "github" else 0)
    assert not list(sarif_schema().iter_errors(json.loads(printed("sarif", found))))
    assert len(list(ET.fromstring(printed("junit", found)).iter("testcase"))) == len(found.findings)  # noqa: S314
    assert all(in_code(line) for line in printed("markdown", found).splitlines() if line.startswith("| "))


def in_code(row: str) -> bool:
    """Tell whether all of a row of our table is codes, severities and code spans."""
    spans = re.sub(r"(`+) (?:(?!\1).)*? \1(?!`)", "", row)
    return bool(re.fullmatch(r"\|(?: | code | where | what |[\s\w-]|\|)*", spans))


def test_a_uri_is_relative_or_of_a_file() -> None:
    for name in ("javascript:alert(1)", "https://evil.example/x", "a b/ü%.yaml", "/srv/x y"):
        log: Any = json.loads(printed("sarif", with_text(name)))
        uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(file:///)?[A-Za-z0-9_.~/%()-]*", uri), uri
