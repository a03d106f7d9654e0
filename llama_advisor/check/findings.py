"""Findings: what `check` found, each at a place of a text; the JSON contract from which every format is made."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated

from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.knowledge.upkeep_entries import FindingKind, Severity
from llama_advisor.text.record import Record
from llama_advisor.text.tables import table
from llama_advisor.text.yaml_file import printable

_BREAK = re.compile(r"\r\n|\n|\r")
_NEAREST = re.compile(r"; nearest: (\S+)$")
LONGEST_TEXT = 600
LONGEST_SNIPPET = 400
COUNTS = table(__file__)


class Waived(Record):
    """Why a finding does not count."""

    reason: Annotated[str, "Reason in the waiver or comment."]
    expires: Annotated[date | None, "Last day of the waiver; null for a comment beside what it is about."] = None

    @property
    def words(self) -> str:
        """How it is told in front of its reason."""
        return f"waived until {self.expires}" if self.expires else "waived by a comment"


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
    about: Annotated[
        tuple[str, ...],
        "What a waiver may name: the value in this place, and the model, quantization, engine or provider.",
    ] = ()
    fails: Annotated[bool, "Whether it makes the check fail."] = False
    waived: Annotated[Waived | None, "Waiver that accepts it; null where none does."] = None
    known: Annotated[bool, "Whether it stands in the baseline."] = False

    @property
    def counts(self) -> bool:
        """Whether nothing accepts it."""
        return self.waived is None and not self.known


class Summary(Record):
    """How many findings count, by severity."""

    error: Annotated[int, "Errors."]
    warning: Annotated[int, "Warnings."]
    note: Annotated[int, "Notes."]
    waived: Annotated[int, "Findings that a waiver accepts."]
    known: Annotated[int, "Findings that stand in the baseline."]


class Scanned(Record):
    """How much was looked at beside the project files."""

    files: Annotated[int, "Source files read."]
    deployments: Annotated[int, "Models that these deploy."]
    not_read: Annotated[int, "Source files that could not be read."]


class Findings(Record):
    """The whole result of a check."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    files: Annotated[int, "Project files looked at."]
    deployments: Annotated[int, "Deployments looked at."]
    findings: Annotated[tuple[CheckFinding, ...], "Findings, by file, line, column and code."]
    summary: Annotated[Summary, "Counts."]
    scanned: Annotated[Scanned, "Counts of sources."]
    exit_code: Annotated[int, "0 nothing that counts, 1 findings, 2 malformed input."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]


@dataclass(eq=False)
class SourceText:
    """A text whose characters have lines and columns as editors count them; makes findings at places of it."""

    name: str
    text: str
    kinds: Mapping[str, FindingKind]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Return line and column of the character at `start` and of `end`, both from 1, columns in code points."""
        start_line, end_line = (bisect_right(self._starts, index) for index in (start, end))
        return start_line, start - self._starts[start_line - 1] + 1, end_line, end - self._starts[end_line - 1] + 1

    def index(self, line: int, column: int) -> int:
        """Return the place of a line and column in the text."""
        return self._starts[line - 1] + column - 1

    def finding(
        self,
        code: str,
        text: str,
        start: int = 0,
        end: int = 0,
        *,
        deployment: str | None = None,
        about: str = "",
        of_a_name: bool = False,
    ) -> CheckFinding:
        """Return a finding at the characters from `start` up to `end`.

        `about` keeps the fingerprints of two findings apart; `of_a_name` says that just one name stands there, so that
        the nearest known one would do in its place.
        """
        kind, value = self.kinds[code], self.text[start:end]
        line, column, end_line, end_column = self.span(start, max(start, end))
        begin = start - column + 1
        identity = "\x1f".join((code, self.name, deployment or "", about, value[:LONGEST_SNIPPET]))
        known = _NEAREST.search(text) if of_a_name and re.fullmatch(r"[\w.\-]+", value) else None
        told = clean(text)
        return CheckFinding(
            code=code,
            severity=kind.severity,
            title=kind.title,
            text=told if len(told) <= LONGEST_TEXT else f"{told[: LONGEST_TEXT - 1]}…",
            fix=kind.fix,
            deployment=clean(deployment) if deployment else None,
            file=clean(self.name),
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            snippet=clean(_BREAK.split(self.text[begin : begin + LONGEST_SNIPPET], maxsplit=1)[0]),
            fingerprint=hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:20],
            replacement=known[1] if known else None,
            about=(clean(value[:LONGEST_SNIPPET]),) if value else (),
        )


def clean(text: object) -> str:
    """Return text on one line, without control characters or halves of characters."""
    return printable(text).encode("utf-8", "backslashreplace").decode("utf-8")


def code_page(kind: FindingKind) -> str:
    """Return the page of a kind of finding as markdown: for `explain`, and for docs/findings/."""
    counts = COUNTS["upkeep" if not kind.fix else "malformed" if kind.malformed else kind.severity]
    lines = [f"# {kind.id}: {kind.title}", "", f"{kind.severity.capitalize()}. {counts}", "", kind.explanation.strip()]
    if kind.fix:
        lines += ["", "## What to do", "", kind.fix]
    if kind.example:
        lines += ["", "## Example", "", *(f"    {line}" for line in kind.example.rstrip().splitlines())]
    return "\n".join(lines) + "\n"
