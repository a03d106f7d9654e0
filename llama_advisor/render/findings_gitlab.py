"""Findings as a GitLab code quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.json_text import as_json

if TYPE_CHECKING:
    from llama_advisor.check.findings import Findings
    from llama_advisor.knowledge.upkeep_entries import FindingKind

LEVELS = {"error": "major", "warning": "minor", "note": "info"}
MALFORMED = "critical"


def findings_gitlab(result: Findings, kinds: dict[str, FindingKind]) -> str:
    """Return the findings that count; GitLab keeps no suppressed ones."""
    return as_json(
        [
            {
                "description": f"{item.text}. {item.fix}" if item.fix else item.text,
                "check_name": item.code,
                "fingerprint": item.fingerprint,
                "severity": MALFORMED if kinds[item.code].malformed else LEVELS[item.severity],
                "location": {"path": item.file, "lines": {"begin": item.line, "end": item.end_line}},
            }
            for item in result.findings
            if item.waived is None
        ]
    )
