"""Findings as JUnit XML: one test case each, failed where the check fails, skipped where a waiver accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from llama_advisor.check.findings import CheckFinding, Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind


def findings_junit(result: Findings, kinds: dict[str, FindingKind], screen: tuple[bool, int]) -> str:
    """Return one suite; a check without findings is one case that passed."""
    del kinds, screen
    failed = sum(item.fails for item in result.findings)
    count = str(max(1, len(result.findings)))
    counts = {"tests": count, "failures": str(failed), "errors": "0", "skipped": str(result.summary.waived)}
    root = Element(
        "testsuites", {"name": "llama-advisor check", "tests": count, "failures": str(failed), "errors": "0"}
    )
    suite = SubElement(root, "testsuite", {"name": "llama-advisor check", **counts})
    for item in result.findings:
        _case(suite, item)
    if not result.findings:
        SubElement(suite, "testcase", {"classname": "llama-advisor", "name": "no findings"})
    indent(root)
    text = tostring(root, encoding="unicode").replace("##", "#&#35;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _case(suite: Element, item: CheckFinding) -> None:
    where = f"{item.file}:{item.line}:{item.column}"
    about = f" {_valid(item.deployment)}" if item.deployment else ""
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _valid(item.file),
            "name": f"{item.code}{about} {_valid(where)}",
            "file": _valid(item.file),
            "line": str(item.line),
        },
    )
    told = _valid(f"{where}: {item.code} {item.severity}: {item.text}. {item.fix}")
    if item.waived:
        reason = f"waived until {item.waived.expires}: {item.waived.reason}"
        SubElement(case, "skipped", {"message": _valid(reason)}).text = told
    elif item.fails:
        SubElement(case, "failure", {"type": item.code, "message": _valid(item.text)}).text = told
    else:
        SubElement(case, "system-out").text = told


def _valid(text: str) -> str:
    """Leave out the characters that XML 1.0 has no way to write."""
    return "".join(letter if letter not in "\ufffe\uffff" else "?" for letter in text)
