"""What `check` found: the JSON contract from which every format is made."""

from __future__ import annotations

from datetime import date

from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.knowledge.upkeep_entries import Severity
from llama_advisor.text.strict import Strict


class Waived(Strict):
    """Why a finding does not count."""

    reason: str
    """Reason in the waiver."""
    expires: date
    """Last day of the waiver."""


class CheckFinding(Strict):
    """One finding at one place."""

    code: str
    """Stable code; `llama-advisor explain CODE` says more."""
    severity: Severity
    """Error, warning or note."""
    title: str
    """What the code stands for."""
    text: str
    """What was found here."""
    fix: str
    """What to do about it."""
    deployment: str | None
    """Deployment it is about; null for the file."""
    file: str
    """File, relative to where the check ran."""
    line: int
    """First line, from 1."""
    column: int
    """First column, from 1, in code points."""
    end_line: int
    """Line of the end."""
    end_column: int
    """Column behind the last character."""
    snippet: str
    """First line, as it stands in the file."""
    fingerprint: str
    """Stays the same when lines move."""
    replacement: str | None = None
    """Text that would do in this place; null where that takes a decision."""
    fails: bool = False
    """Whether it makes the check fail."""
    waived: Waived | None = None
    """Waiver that accepts it; null where it counts."""


class Summary(Strict):
    """How many findings count, by severity."""

    error: int
    """Errors."""
    warning: int
    """Warnings."""
    note: int
    """Notes."""
    waived: int
    """Findings that a waiver accepts."""


class Findings(Strict):
    """The whole result of a check."""

    schema_version: int = 1
    """Version of this contract."""
    as_of: date
    """Day for which it was asked."""
    files: int
    """Project files looked at."""
    deployments: int
    """Deployments looked at."""
    findings: tuple[CheckFinding, ...]
    """Findings, by file, line, column and code."""
    summary: Summary
    """Counts."""
    exit_code: int
    """0 nothing that counts, 1 findings, 2 malformed input."""
    rulebase: RuleBaseShown
    """Which rule base answered."""
