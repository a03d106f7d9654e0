"""Versions of engines: compared part by part, and held against the versions that run an architecture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_advisor.knowledge.engine import ArchitectureSupport

_PART = re.compile(r"\d{1,9}")


def parts(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: `v0.11.0rc1` is (0, 11, 0)."""
    found = []
    for piece in version.strip().lstrip("vV=").split("."):
        match = _PART.match(piece)
        if match is None:
            break
        found.append(int(match[0]))
        if match.end() != len(piece):
            break
    return tuple(found)


def compared(one: str, other: str) -> int:
    """Return -1, 0 or 1; what one of them does not say counts as the same."""
    a, b = parts(one), parts(other)
    length = min(len(a), len(b))
    return (a[:length] > b[:length]) - (a[:length] < b[:length])


def runs(support: ArchitectureSupport, version: str) -> bool:
    """Tell whether a version lies within those that run the architecture; one without a number is not judged."""
    if not parts(version):
        return True
    late = support.until is not None and compared(version, support.until) > 0
    early = support.since is not None and compared(version, support.since) < 0
    return not late and not early


def supported_from_to(support: ArchitectureSupport) -> str:
    """Say which versions do."""
    since = f"from {support.since}" if support.since else ""
    until = f"up to {support.until}" if support.until else ""
    pin = f" ({support.pin})" if support.pin else ""
    return f"versions {' '.join(part for part in (since, until) if part)} do{pin}"
