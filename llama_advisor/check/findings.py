"""What `check` found: the JSON contract from which every format is made."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.knowledge.upkeep_entries import Severity
from llama_advisor.text.record import Record


class Waived(Record):
    """Why a finding does not count."""

    reason: Annotated[str, "Reason in the waiver."]
    expires: Annotated[date, "Last day of the waiver."]


class CheckFinding(Record):
    """One finding at one place."""

    code: Annotated[str, "Stable code; `llama-advisor explain CODE` says more."]
    severity: Annotated[Severity, "Error, warning or note."]
    title: Annotated[str, "What the code stands for."]
    text: Annotated[str, "What was found here."]
    fix: Annotated[str, "What to do about it."]
    deployment: Annotated[str | None, "Deployment it is about; null for the file."]
    file: Annotated[str, "File, relative to where the check ran."]
    line: Annotated[int, "First line, from 1."]
    column: Annotated[int, "First column, from 1, in code points."]
    end_line: Annotated[int, "Line of the end."]
    end_column: Annotated[int, "Column behind the last character."]
    snippet: Annotated[str, "First line, as it stands in the file."]
    fingerprint: Annotated[str, "Stays the same when lines move."]
    replacement: Annotated[str | None, "Text that would do in this place; null where that takes a decision."] = None
    fails: Annotated[bool, "Whether it makes the check fail."] = False
    waived: Annotated[Waived | None, "Waiver that accepts it; null where it counts."] = None


class Summary(Record):
    """How many findings count, by severity."""

    error: Annotated[int, "Errors."]
    warning: Annotated[int, "Warnings."]
    note: Annotated[int, "Notes."]
    waived: Annotated[int, "Findings that a waiver accepts."]


class Findings(Record):
    """The whole result of a check."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    files: Annotated[int, "Project files looked at."]
    deployments: Annotated[int, "Deployments looked at."]
    findings: Annotated[tuple[CheckFinding, ...], "Findings, by file, line, column and code."]
    summary: Annotated[Summary, "Counts."]
    exit_code: Annotated[int, "0 nothing that counts, 1 findings, 2 malformed input."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]
