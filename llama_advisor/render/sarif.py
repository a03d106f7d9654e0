"""Findings as SARIF 2.1.0, in the part that code scanning reads: rules, places, fingerprints, suppressions, fixes."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from llama_advisor.render.formats import as_json

if TYPE_CHECKING:
    from llama_advisor.check.findings import CheckFinding, Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "llamaAdvisorFinding/v1"
ROOT = "%SRCROOT%"


def sarif(result: Findings, kinds: dict[str, FindingKind]) -> str:
    """Write one run; suppressed findings stay in it with their waivers."""
    codes = sorted({item.code for item in result.findings})
    run = {
        "tool": {
            "driver": {
                "name": "llama-advisor",
                "version": result.rulebase.version,
                "semanticVersion": result.rulebase.version,
                "rules": [_rule(kinds[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": result.exit_code <= 1, "exitCode": result.exit_code}],
        "results": [_result(item, codes.index(item.code)) for item in result.findings],
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(kind: FindingKind) -> dict[str, Any]:
    explanation = kind.explanation.strip()
    text = f"{explanation} {kind.fix}".strip()
    return {
        "id": kind.id,
        "name": kind.id,
        "shortDescription": {"text": kind.title},
        "fullDescription": {"text": explanation},
        "help": {"text": text, "markdown": f"{explanation}\n\n**What to do:** {kind.fix}"},
        "defaultConfiguration": {"level": kind.severity},
        "properties": {"problem.severity": "recommendation" if kind.severity == "note" else kind.severity},
    }


def _result(item: CheckFinding, index: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": index,
        "level": item.severity,
        "message": {"text": item.text.replace("](", "] (")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(item.file), "region": _region(item)}}],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
    }
    if item.waived:
        told = f"{item.waived.reason} (until {item.waived.expires})"
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": told}]
    if item.replacement is not None:
        change = {
            "artifactLocation": _artifact(item.file),
            "replacements": [{"deletedRegion": _region(item), "insertedContent": {"text": item.replacement}}],
        }
        made["fixes"] = [{"description": {"text": f"write {item.replacement}"}, "artifactChanges": [change]}]
    return made


def _region(item: CheckFinding) -> dict[str, int]:
    return {
        "startLine": item.line,
        "startColumn": item.column,
        "endLine": item.end_line,
        "endColumn": item.end_column,
    }


def _artifact(file: str) -> dict[str, str]:
    """Return a file as a URI: relative to the root of the sources, percent-encoded; no other scheme can come of it."""
    path = PurePosixPath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": (PurePosixPath("/") / path).as_uri().removeprefix("file:///"), "uriBaseId": ROOT}
