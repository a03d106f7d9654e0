"""The lock file: each decision with the figures and rules it rested on."""

from __future__ import annotations

from typing import Any, Literal

from llama_advisor.text.strict import Strict


class LockedBuild(Strict):
    """A build as it was scored."""

    model: str
    """Model id."""
    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    machine: str | None
    """How the machine is written."""
    score: float
    """Points."""
    weights: dict[str, float]
    """What each criterion counted."""
    facts: dict[str, Any]
    """Facts read, by id."""
    rules: dict[str, float]
    """Points of the rules that fired, by id."""


class LockedDeployment(Strict):
    """One decision."""

    requirements: dict[str, Any]
    """What was needed."""
    choice: dict[str, Any]
    """What was chosen."""
    winner: LockedBuild | None
    """The recommended build; null where none was."""
    margin: float | None
    """Points ahead of the next model; null where there is none."""
    others: tuple[LockedBuild, ...]
    """The builds that came next."""


class LockedRuleBase(Strict):
    """Which rule base decided."""

    version: str
    """Version of the package."""
    hash: str
    """Hash of its content."""


class Lock(Strict):
    """llama-advisor.lock."""

    version: Literal[1]
    """Version of this format."""
    rulebase: LockedRuleBase
    """Which rule base decided."""
    deployments: dict[str, LockedDeployment]
    """Decisions by name."""
