"""Lints of the rule base: one registry of checks, findings with codes that rules/findings/ defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.lint_conditions import condition_findings, overlap_findings
from llama_advisor.upkeep.lint_examples import example_findings, sentence_findings
from llama_advisor.upkeep.lint_links import link_findings
from llama_advisor.upkeep.lint_sources import source_findings

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase

CHECKS = (condition_findings, overlap_findings, sentence_findings, example_findings, link_findings)
SEVERITIES = ("error", "warning", "note")

__all__ = ["CHECKS", "SEVERITIES", "Finding", "lint"]


def lint(base: RuleBase, as_of: date) -> tuple[Finding, ...]:
    """Return all findings, worst first, then by code and entry."""
    found = [*source_findings(base, as_of), *(finding for check in CHECKS for finding in check(base))]
    known = base.finding_kinds

    def order(finding: Finding) -> tuple[int, str, str, str]:
        return SEVERITIES.index(known[finding.code].severity), finding.code, finding.entry, finding.text

    return tuple(sorted(found, key=order))
