"""Versions of engines: compared by their leading numbers, and which run a model."""

from __future__ import annotations

import re

from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model

_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
WRONG_VERSION = "LA206"


def wrong_version(engine: Engine, version: str, model: Model) -> str | None:
    """Say that a version of an engine does not run a model, and which do; a version without a number is not judged."""
    support = engine.by_architecture.get(model.architecture.kind)
    if support is None or not parts(version):
        return None
    late = support.until is not None and compared(version, support.until) > 0
    early = support.since is not None and compared(version, support.since) < 0
    if not late and not early:
        return None
    bounds = [f"from {support.since}" if support.since else "", f"up to {support.until}" if support.until else ""]
    pin = f" ({support.pin})" if support.pin else ""
    return f"{engine.name} {version} does not run {model.name}; versions {' '.join(filter(None, bounds))} do{pin}"


def bound(engine: Engine, version: str, model: Model) -> str | None:
    """Return the version nearest to a wrong one that runs a model."""
    support = engine.by_architecture[model.architecture.kind]
    late = support.until is not None and compared(version, support.until) > 0
    return support.until if late else support.since


def parts(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: `v0.11.0rc1` is (0, 11, 0), of a build `b3472` its number."""
    match = _NUMBERS.match(version.strip().lstrip("vVbB="))
    return tuple(map(int, match[0].split("."))) if match else ()


def compared(one: str, other: str) -> int:
    """Return -1, 0 or 1; what one of them does not say counts as the same, and so do builds against releases."""
    if len({version.strip()[:1].lower() == "b" for version in (one, other)}) > 1:
        return 0
    a, b = parts(one), parts(other)
    length = min(len(a), len(b))
    return (a[:length] > b[:length]) - (a[:length] < b[:length])
