"""The answer: the JSON contract of `recommend`, from which every renderer reads."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field

from llama_advisor.scenario.scenario import Assumption
from llama_advisor.sizing.figures import Cost, DeviceMemory, MachineUsed, Range, Training
from llama_advisor.text.strict import Bottleneck, Strict

Verdict = Literal["need_input", "recommended", "recommended_with_caveats", "change_requirement", "no_fit"]
EXIT_CODES: dict[str, int] = {
    "recommended": 0,
    "recommended_with_caveats": 0,
    "change_requirement": 1,
    "no_fit": 1,
    "need_input": 2,
}


class Artifact(Strict):
    """Where the build's files are; nulls where the facts name none."""

    hf_repo: str | None
    """Hugging Face repository."""
    ollama_tag: str | None
    """Ollama tag."""
    file: str | None
    """File name pattern inside the repository."""


class Reading(Strict):
    """A fact that a part of the score rests on."""

    fact: str
    """Fact id; see `rules show`."""
    value: Any
    """Value read; null where it is not known."""
    unit: str
    """Its unit."""
    says: str
    """What was asked of it: the anchors on both sides, or the test of the rule."""
    worth: float | None = None
    """What the value is worth between its anchors, 0-100; null for a rule's test."""
    share: float | None = None
    """Share of the criterion; null for a rule's test."""


class Contribution(Strict):
    """A part of the score; the parts sum to it."""

    criterion: str
    """Criterion id."""
    rule: str | None
    """Rule that moved the criterion; null for the criterion itself."""
    points: float
    """Points of the score: value times weight, rounded to 0.01."""
    value: float
    """On the criterion's own scale: 0-100, or what the rule adds to it."""
    weight: float
    """What the criterion counts, 0-1."""
    text: str
    """What they are for."""
    source: tuple[str, ...]
    """Source ids."""
    layer: str | None = None
    """Layer that the rule was last written in; null for the criterion itself."""
    reads: tuple[Reading, ...] | None = None
    """Facts it rests on; null unless asked why."""


class MemoryShown(Strict):
    """Memory of a build, GiB."""

    weights_gib: float
    """Weights."""
    kv_cache_gib: float
    """KV cache of all sequences."""
    image_cache_gib: float
    """Cache of all images."""
    overhead_gib: float
    """Buffers, contexts, graphs."""
    total_gib: float
    """Need in all."""
    available_gib: float | None
    """What there is; null when not known."""
    offloaded_gib: float
    """Part that lies in host memory."""
    per_device: DeviceMemory
    """The fullest device."""
    fits: bool | None
    """Whether every device holds its part."""


class SpeedShown(Strict):
    """Speed per user at the scenario's context and load."""

    decode_tokens_per_s: Range
    """Generation."""
    prefill_tokens_per_s: Range
    """Prompt reading."""
    first_token_s: Range
    """Wait for the first token."""
    basis: str
    """How much data the prediction rests on."""


class Build(Strict):
    """Model × quantization × engine × machine, judged."""

    rank: int
    """Place in the ranking, from 1."""
    model: str
    """Model id."""
    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    engine_version: str | None
    """Old engine version that must be pinned, if one must."""
    provider: str | None
    """Provider, for hosted models."""
    machine: MachineUsed | None
    """Machine; null for hosted models."""
    kv_cache_type: str | None
    """KV-cache type; null for hosted models."""
    artifact: Artifact
    """Where its files are."""
    score: float
    """Sum of the contributions."""
    contributions: tuple[Contribution, ...]
    """Parts of the score."""
    memory: MemoryShown | None
    """Memory; null for hosted models."""
    speed: SpeedShown | None
    """Speed; null where it is not known."""
    training: Training | None
    """Tuning, where it was asked for."""
    cost: Cost | None
    """Money; null for owned hardware."""
    commands: tuple[str, ...]
    """Commands that start it."""


class ShortBuild(Strict):
    """A build by name."""

    model: str
    """Model id."""
    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    machine: str | None
    """How the machine is written."""


class Change(Strict):
    """A requirement moved."""

    model_config = ConfigDict(populate_by_name=True)

    field: str
    """Scenario field."""
    from_: Any = Field(alias="from")
    """Before."""
    to: Any
    """After; null when dropped."""


class Excuse(Strict):
    """Why a build is ruled out."""

    rule: str
    """Rule id."""
    text: str
    """Sentence."""
    bottleneck: Bottleneck
    """What it is about."""
    value: int | float | str | bool | None
    """Figure read."""
    limit: int | float | str | bool | None
    """Limit it missed."""
    unit: str
    """Unit of both."""
    layer: str
    """Layer that the rule was last written in."""


class Nearest(Strict):
    """The build of an excluded model that came nearest."""

    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    stage: int
    """How far it got: 0 the model, 1 the place, 2 sized."""


class Excluded(Strict):
    """A model without a build."""

    model: str
    """Model id."""
    nearest: Nearest
    """Its nearest build."""
    excuse: Excuse
    """What rules that out."""


class Wish(Strict):
    """What became of a named model, quantization or engine."""

    field: Literal["model", "quantization", "engine"]
    """Which wish."""
    asked: str
    """What was asked for."""
    outcome: Literal["kept", "better_exists", "impossible"]
    """What became of it."""
    rank: int | None
    """Rank of the best build with it."""
    text: str
    """Sentence."""


class CaveatShown(Strict):
    """A warning about the recommended build."""

    rule: str
    """Rule id."""
    text: str
    """Sentence."""
    source: tuple[str, ...]
    """Source ids."""
    layer: str
    """Layer that the rule was last written in."""


class RelaxationShown(Strict):
    """Changes that would let something fit, checked by applying them."""

    changes: tuple[Change, ...]
    """What to change."""
    then: ShortBuild
    """What would be recommended then."""
    why: str
    """Why this kind of change comes at its place."""


class TippingPoint(Strict):
    """A requirement moved alone until another model, or none, is recommended; checked by applying it."""

    model_config = ConfigDict(populate_by_name=True)

    field: str
    """Scenario field."""
    from_: Any = Field(alias="from")
    """Value today, stated or assumed."""
    to: Any
    """First value that changes the answer; null where the field is dropped."""
    holds_to: Any
    """Last value, on the way there, that does not; today's value for a choice."""
    then: ShortBuild | None
    """What is recommended then; null where nothing fits."""
    text: str
    """Why the answer turns."""


class RouteShown(Strict):
    """A way out that is not one build."""

    kind: Literal["chain", "hosted", "other_model", "other_runtime"]
    """What kind of way."""
    text: str
    """Sentence."""
    source: tuple[str, ...]
    """Source ids."""


class WeightRange(Strict):
    """How far one weight may move, the others keeping their proportions, before another model leads."""

    criterion: str
    """Criterion id."""
    weight: float
    """Its weight today, 0 to 1."""
    low: float
    """Smallest weight at which the winner still leads."""
    high: float
    """Largest weight at which it does."""


class Robustness(Strict):
    """How firmly the winner stands."""

    margin: float
    """Points ahead of the best build of another model; negative where a wish decided."""
    share_of_weightings_won: float
    """Share of 500 weightings, spread evenly over all that sum to 1, under which it leads."""
    weights: tuple[WeightRange, ...]
    """How far each weight may move."""


class RuleBaseShown(Strict):
    """Which rule base answered."""

    version: str
    """Version of the package."""
    hash: str
    """Hash of all layers' content."""
    layers: tuple[str, ...] = ()
    """Folders laid over the shipped rules, the last on top; `rules show` tells which of them a rule comes from."""


class Advice(Strict):
    """The whole answer."""

    schema_version: int = 1
    """Version of this contract."""
    as_of: date
    """Day for which it was asked."""
    verdict: Verdict
    """The verdict."""
    missing: tuple[str, ...] = ()
    """Fields to state, for `need_input`."""
    scenario: dict[str, Any]
    """The normalised scenario."""
    assumptions: tuple[Assumption, ...]
    """What was taken for granted."""
    recommendation: Build | None
    """The build."""
    changes: tuple[Change, ...]
    """Requirements it needs changed."""
    ranking: tuple[Build, ...]
    """One build per model that qualifies."""
    excluded: tuple[Excluded, ...]
    """Models without a build."""
    wishes: tuple[Wish, ...]
    """What became of the wishes."""
    caveats: tuple[CaveatShown, ...]
    """Warnings."""
    alternatives: tuple[Build, ...]
    """Best builds of the lane that was not ranked."""
    relaxations: tuple[RelaxationShown, ...]
    """Ways to make something fit."""
    routes: tuple[RouteShown, ...]
    """Ways out that are not one build."""
    tipping_points: tuple[TippingPoint, ...] | None = None
    """Null unless asked why."""
    robustness: Robustness | None = None
    """Null unless asked why."""
    rulebase: RuleBaseShown
    """Which rule base answered."""
