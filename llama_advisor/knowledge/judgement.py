"""Judgement as data: rules, use cases, criteria, relaxations."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from llama_advisor.text.strict import Bottleneck, CriterionId, Modality, Strict, Target

Points = Annotated[float, Field(ge=-30, le=30)]


class Source(Strict):
    """Where a figure or a judgement comes from."""

    id: str
    """Source id."""
    text: str
    """What it is and where it is found."""
    read: date
    """Day it was read."""
    kind: Literal["primary", "secondary", "computed", "measured", "seed", "judgement", "contract"]
    """Primary: the maker's own word; seed: the article judgement began with; contract: the user's own word."""


class Citation(Strict):
    """A source and what it says in support."""

    id: str
    """Source id, from rules/sources/."""
    says: str = ""
    """What it says, in our words."""


class RuleOut(Strict):
    """The build is ruled out when the condition is true."""

    rule_out: Bottleneck
    """What the excuse is about."""


class Adjust(Strict):
    """A criterion's value is moved when the condition is true."""

    criterion: CriterionId
    """The criterion."""
    points: Points
    """Points on the criterion's 0-100 scale."""


class Caveat(Strict):
    """A warning is said about the recommended build when the condition is true."""

    caveat: Literal["heavy", "normal", "note"]
    """Heavy ones change the verdict to `recommended_with_caveats`."""
    rank: int = 50
    """By consequence: smaller is said first."""


class Route(Strict):
    """A way out that is not one build is offered when the condition is true."""

    route: Literal["chain", "hosted", "other_model", "other_runtime"]
    """What kind of way it is."""


def _kind_of_consequence(value: Any) -> str:
    """Tell by its key which consequence is meant."""
    named = {"rule_out": "RuleOut", "criterion": "Adjust", "points": "Adjust", "caveat": "Caveat", "route": "Route"}
    if isinstance(value, dict):
        return next((named[key] for key in value if key in named), "RuleOut")
    return type(value).__name__


class Measure(Strict):
    """The figure a constraint compares, for its excuse."""

    value: str
    """Fact with the value read."""
    limit: str | float | int
    """Fact or number that is the limit."""
    unit: str = ""
    """Unit of both."""


class Examples(Strict):
    """A rule's own tests: facts by name. Facts not named are not known."""

    fires: tuple[dict[str, Any], ...] = Field(min_length=1)
    """Facts for which the condition is true."""
    silent: tuple[dict[str, Any], ...] = Field(min_length=1)
    """Facts for which it is false; one just past each limit."""
    unknown: tuple[dict[str, Any], ...] = ()
    """Facts for which it is not known."""


class Rule(Strict):
    """One piece of judgement."""

    id: str
    """Rule id, and the name of its file."""
    title: str
    """The rule in one line."""
    why: str
    """Why it holds."""
    sources: tuple[Citation, ...] = Field(min_length=1)
    """What it rests on."""
    confidence: Literal["high", "medium", "low"]
    """How sure it is; apart from how strongly it counts."""
    when: Any
    """Condition; see rules/README.md."""
    then: Annotated[
        Annotated[RuleOut, Tag("RuleOut")]
        | Annotated[Adjust, Tag("Adjust")]
        | Annotated[Caveat, Tag("Caveat")]
        | Annotated[Route, Tag("Route")],
        Discriminator(_kind_of_consequence),
    ]
    """What follows."""
    say: str
    """Sentence for the reader, with facts in braces."""
    measure: Measure | None = None
    """The figure behind an excuse."""
    tight: Any = None
    """For constraints: condition under which it holds, but barely."""
    say_tight: str = ""
    """Sentence for that."""
    say_unknown: str = ""
    """Sentence for when it cannot be told; empty: nothing is said and the constraint counts as holding."""
    corrects: str | None = None
    """Misunderstanding that it corrects, if any."""
    seed: tuple[str, ...] = ()
    """Lines of the seed article that it carries or corrects."""
    examples: Examples
    """Its tests."""


class Defaults(Strict):
    """What is assumed where nothing was said."""

    target: Target
    """Where it runs."""
    context_tokens: int
    """Tokens per sequence."""
    output_tokens: int
    """Tokens per answer."""
    concurrent_requests: int = 1
    """Sequences at a time."""
    tool_calling: Literal["none", "single", "multi_step"] = "none"
    """Tool calls."""


class QualityFloor(Strict):
    """A published score below which a model does not do the job."""

    benchmark: str
    """Benchmark id."""
    at_least: float
    """Lowest score that does."""
    why: str
    """Why it is the line."""


class UseCase(Strict):
    """A kind of work: what it reads, what it weighs, what it assumes."""

    id: str
    """Use-case id, and the name of its file."""
    name: str
    """Name as people say it."""
    says: str
    """What it covers, in one sentence."""
    aliases: tuple[str, ...] = ()
    """Other names."""
    inputs: tuple[Modality, ...] = ("text",)
    """What it reads where inputs were not said."""
    defaults: Defaults
    """What it assumes."""
    weights: dict[CriterionId, float]
    """What each criterion counts, in percent."""
    benchmarks: dict[str, float]
    """Published scores that stand for quality here, with their shares."""
    enough: float = 100
    """Quality value beyond which more is worth little."""
    beyond_enough: float = 0.25
    """What a point beyond `enough` is worth."""
    needs: tuple[Literal["fill_in_the_middle", "precise_reading", "tuning"], ...] = ()
    """Needs that rules test."""
    tags: tuple[str, ...] = ()
    """Words that rules test: regulated, narrow, private …"""
    floor: QualityFloor | None = None
    """The line below which a model is ruled out."""
    companion: str | None = None
    """Model that goes beside the chosen one."""
    why: str
    """Why these weights."""
    sources: tuple[Citation, ...] = Field(min_length=1)
    """What they rest on."""


class ValueMeasure(Strict):
    """One figure of a criterion and what it is worth."""

    fact: str
    """The figure."""
    share: float
    """Its share of the criterion."""
    anchors: tuple[tuple[float, float], ...]
    """Figure and value (0-100), in rising order of the figure; fixed, never taken from candidates."""
    scale: Literal["linear", "log"] = "linear"
    """How to read between anchors."""


class Criterion(Strict):
    """A dimension of value."""

    id: CriterionId
    """Criterion id."""
    name: str
    """Name."""
    says: str
    """What it measures, in one sentence."""
    why: str
    """Why these anchors."""
    measures: tuple[ValueMeasure, ...]
    """Its figures."""
    unknown_value: float = 50
    """Value where a figure is not known."""


class Criteria(Strict):
    """criteria.yaml: the five criteria and the constants of ranking."""

    criteria: tuple[Criterion, ...]
    """The criteria."""
    owned_share: dict[CriterionId, float]
    """What a criterion still counts where the hardware was stated, share of its weight."""
    unpriced_share: float
    """Share of the weight of cost that footprint takes over where nothing has a price."""
    preference_bound: float
    """Most points that rules together may move one criterion."""
    wish_margin: float
    """Score within which a wish decides."""
    assumed_tokens_per_month: int
    """Volume at which costs are compared where none was said."""
    assumed_answer_s: float
    """Seconds an answer is taken to occupy a place, where requests per second were stated and users were not."""
    most_assumed_concurrency: int
    """Most sequences at a time that are assumed."""
    assumed_device_memory_gib: dict[Target, float]
    """Memory taken for a GPU that was not named, by where it stands, GiB."""
    target_of_kind: dict[str, Target]
    """Where a kind of device stands, where only the device was stated."""
    assumed_host_ram_gib: float
    """Host memory taken for a machine with a GPU where none was stated, GiB."""
    assumed_context: dict[Target, int]
    """Most tokens assumed on a kind of target where the work needs no more than `ordinary_context`."""
    usual_fill: float
    """Share of an ordinary context that a usual prompt fills."""
    ordinary_context: int
    """Contexts above this are what the work is about: never cut short, and filled."""
    comfortable_bits: int
    """Fewest bits with which an assumed machine counts as holding a model."""
    comfortable_bits_precise: int
    """The same where digits must be read exactly."""
    comfortable_tokens_per_s: float
    """Slowest generation with which an assumed machine counts as holding a model."""
    tool_benchmark: str
    """Benchmark that stands for tool calling."""
    tuning_order: tuple[Literal["qlora", "lora", "full"], ...]
    """Which of several acceptable tuning methods is planned first."""
    failed_symptoms: tuple[str, ...]
    """Symptoms that say the model named has failed, so that naming it is no wish."""
    excuse_order: tuple[Bottleneck, ...]
    """Which of several excuses is told, most decisive first."""
    caveats_shown: int
    """Caveats shown at most by default."""
    small_model_loss: tuple[tuple[float, float], ...]
    """Billion parameters and factor on the loss that a quantization costs an 8B model."""
    sources: tuple[Citation, ...] = Field(min_length=1)
    """What they rest on."""


class Relaxation(Strict):
    """One way to soften a requirement, listed in the order of how hard it is to change."""

    field: str
    """Scenario field, `only.` for a hard limit."""
    cures: tuple[Bottleneck, ...]
    """Bottlenecks it can help with."""
    steps: tuple[Any, ...] = ()
    """Values to try, hardest first; only those softer than today's count. Null drops it."""
    softer: Literal["smaller", "larger", "listed"] = "listed"
    """Which way is softer for numbers; `listed` goes down the list."""
    counts: bool = True
    """Whether a build found so is a `change_requirement`; owned hardware is not for changing."""
    why: str
    """Why it stands at this place in the list."""


class Relaxations(Strict):
    """relaxations.yaml."""

    relaxations: tuple[Relaxation, ...]
    """In order."""


class Regions(Strict):
    """regions.yaml: codes that scenarios may use."""

    eu: tuple[str, ...]
    """Member states of the European Union, ISO 3166-1."""
    languages: dict[str, str]
    """ISO 639-1 code and English name."""
    countries: dict[str, str]
    """ISO 3166-1 code and English name."""
    also: dict[str, str] = Field(default_factory=dict)
    """Other names of countries that people use, and the code."""
    sources: tuple[Citation, ...]
    """What they rest on."""
