"""The lock file: each decision with the figures and rules it rested on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from llama_advisor.text.strict import Strict


class LockedBuild(Strict):
    """A build as it was scored."""

    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    machine: Annotated[str | None, "How the machine is written."]
    score: Annotated[float, "Points."]
    weights: Annotated[dict[str, float], "What each criterion counted."]
    facts: Annotated[dict[str, Any], "Facts read, by id."]
    rules: Annotated[dict[str, float], "Points of the rules that fired, by id."]


class LockedDeployment(Strict):
    """One decision."""

    requirements: Annotated[dict[str, Any], "What was needed."]
    choice: Annotated[dict[str, Any], "What was chosen."]
    winner: Annotated[LockedBuild | None, "The recommended build; null where none was."]
    margin: Annotated[float | None, "Points ahead of the next model; null where there is none."]
    others: Annotated[tuple[LockedBuild, ...], "The builds that came next."]


class LockedRuleBase(Strict):
    """Which rule base decided."""

    version: Annotated[str, "Version of the package."]
    hash: Annotated[str, "Hash of its content."]


class Lock(Strict):
    """llama-advisor.lock."""

    version: Annotated[Literal[1], "Version of this format."]
    rulebase: Annotated[LockedRuleBase, "Which rule base decided."]
    deployments: Annotated[dict[str, LockedDeployment], "Decisions by name."]
