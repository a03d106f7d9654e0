"""A finding as it is made: a code, a sentence, a place; then in the words of the contract."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llama_advisor.check.findings import CheckFinding, Waived
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from llama_advisor.check.spans import SourceText
    from llama_advisor.knowledge.upkeep_entries import FindingKind
    from llama_advisor.scenario.project_file import Waiver

_NEAREST = re.compile(r"; nearest: (\S+)$")
NAMES = frozenset({"LA902", "LA905", "LA908"})
"""Findings about one name, whose place holds just that name."""
LONGEST_TEXT = 600
LONGEST_SNIPPET = 400


@dataclass(frozen=True)
class Found:
    """Something found at a place of a text."""

    code: str
    text: str
    source: SourceText
    start: int = 0
    end: int = 0
    deployment: str | None = None
    about: str = ""  # What it is about, apart from where it stands: keeps fingerprints of two findings apart.
    replacement: str | None = None  # Text that would do in this place.
    waiver: Waiver | None = None

    def waived(self, waiver: Waiver) -> Found:
        """Return it as accepted by a waiver."""
        return replace(self, waiver=waiver)


def clean(text: object) -> str:
    """Return text on one line, without control characters or halves of characters."""
    return printable(text).encode("utf-8", "backslashreplace").decode("utf-8")


def shown(found: Iterable[Found], kinds: dict[str, FindingKind]) -> tuple[CheckFinding, ...]:
    """Return findings as the contract has them, by file, place and code; the same one is told once."""
    made = {_key(item): item for item in found}
    counts: Counter[str] = Counter()
    return tuple(_shown(made[key], kinds[made[key].code], counts) for key in sorted(made))


def _key(found: Found) -> tuple[Any, ...]:
    span = found.source.span(found.start, found.end)
    return (found.source.name, *span[:2], found.code, found.deployment or "", found.text)


def _shown(found: Found, kind: FindingKind, counts: Counter[str]) -> CheckFinding:
    span = found.source.span(found.start, found.end)
    value = found.source.text[found.start : found.end][:LONGEST_SNIPPET]
    print_ = "\x1f".join((found.code, found.source.name, found.deployment or "", found.about, value))
    digest = hashlib.sha256(print_.encode("utf-8", "backslashreplace")).hexdigest()[:20]
    counts[digest] += 1
    text = clean(found.text)
    return CheckFinding(
        code=found.code,
        severity=kind.severity,
        title=kind.title,
        text=text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…",
        fix=kind.fix,
        deployment=clean(found.deployment) if found.deployment else None,
        file=clean(found.source.name),
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        snippet=clean(found.source.line(span.line)[:LONGEST_SNIPPET]),
        fingerprint=f"{digest}-{counts[digest]}",
        replacement=found.replacement or _nearest(found),
        waived=Waived(reason=clean(found.waiver.reason), expires=found.waiver.expires) if found.waiver else None,
    )


def _nearest(found: Found) -> str | None:
    """Return the known name nearest to the one that stands there."""
    match = _NEAREST.search(found.text) if found.code in NAMES else None
    value = found.source.text[found.start : found.end]
    return match[1] if match and re.fullmatch(r"[\w.\-]+", value) else None
