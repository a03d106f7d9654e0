"""Sources rewritten at the exact place of findings that have one right value; nothing else in them is touched."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from llama_advisor.check.files import file_text
from llama_advisor.check.findings import CheckFinding, Findings, SourceText
from llama_advisor.text.yaml_file import printable

CODES = frozenset({"LA206", "LA301", "LA303"})
WHOLE = "LA301"
"""What is rewritten for a deployment everywhere or not at all: the repository and its file name one model."""
_PLAIN = re.compile(r"[\w./:@*<+ \-]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Edit(NamedTuple):
    """A file with what is written in it, and what that changes."""

    path: Path
    before: str
    after: str
    changes: tuple[str, ...]

    def diff(self) -> str:
        """Return the change as a unified diff."""
        before, after = _LINE.findall(self.before), _LINE.findall(self.after)
        lines = difflib.unified_diff(before, after, f"a/{self.path}", f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def halves(found: Findings) -> Iterator[tuple[CheckFinding, CheckFinding]]:
    """Yield what could be rewritten of a deployment, each with another name of its model that takes a decision."""
    named = [item for item in found.findings if item.code == WHOLE and not item.waived]
    open_ones = {item.deployment: item for item in reversed(named) if not item.replacement}
    yield from (
        (item, open_ones[item.deployment]) for item in named if item.replacement and item.deployment in open_ones
    )


def edits(found: Findings) -> Iterator[Edit]:
    """Yield what to write in each file; a place of which deployments want different things stays, and so do links."""
    half = {item.deployment for item, _ in halves(found)}
    places: dict[str, dict[tuple[int, int, int, int], list[CheckFinding]]] = {}
    for item in found.findings:
        kept = item.waived or (item.code == WHOLE and item.deployment in half)
        if item.code in CODES and item.replacement and not kept:
            span = item.line, item.column, item.end_line, item.end_column
            places.setdefault(item.file, {}).setdefault(span, []).append(item)
    for name, held in places.items():
        path = Path(name)
        if any(part.is_symlink() for part in (path, *path.parents)):
            continue
        before = file_text(path)
        source, after, changes = SourceText(name, before, {}), before, list[str]()
        for span in sorted(held, reverse=True):
            start, end = source.index(*span[:2]), source.index(*span[2:])
            wanted = {str(item.replacement) for item in held[span]}
            pinned = before.startswith("@sha256:", end)  # the digest would go on pulling what it names
            if len(wanted) == 1 and _PLAIN.fullmatch(before[start:end]) and not pinned:
                new = wanted.pop()
                after = after[:start] + new + after[end:]
                changes.append(f"{name}:{span[0]}:{span[1]}: {printable(before[start:end])} is now {printable(new)}")
        if after != before:
            yield Edit(path, before, after, tuple(reversed(changes)))
