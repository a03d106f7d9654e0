"""The page of a kind of finding: for `explain`, and for docs/findings/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.upkeep_entries import FindingKind

SAYS = {
    "error": "It fails the check.",
    "warning": "It fails the check with `--fail-on warning`.",
    "note": "It never fails the check.",
}
MALFORMED = "It means that the input is wrong: exit code 2, whatever the flags say."


def explain_code(code: str, base: RuleBase) -> str:
    """Return the page of a code as markdown; raise InputError for one that is not known."""
    known = base.finding_kinds
    found = known.get(code.strip().upper())
    if found is None:
        raise InputError(f"unknown code {printable(code)!r}{nearest(code.strip().upper(), known)}")
    return code_page(found)


def code_page(kind: FindingKind) -> str:
    """Return the page of one kind of finding."""
    lines = [
        f"# {kind.id}: {kind.title}",
        "",
        f"{kind.severity.capitalize()}. {_counts(kind)}",
        "",
        kind.explanation.strip(),
    ]
    if kind.fix:
        lines += ["", "## What to do", "", kind.fix]
    if kind.example:
        lines += ["", "## Example", "", *(f"    {line}" for line in kind.example.rstrip().splitlines())]
    return "\n".join(lines) + "\n"


def _counts(kind: FindingKind) -> str:
    if not kind.fix:
        return "It is a finding of `llama-advisor rules`, about the rule base."
    return MALFORMED if kind.malformed else SAYS[kind.severity]
