"""Judgement as data: rules, use cases, criteria, relaxations, moves, and what the questionnaire asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from itertools import pairwise
from math import log
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from llama_advisor.knowledge.device import DeviceKind
from llama_advisor.text.record import EMPTY, Record
from llama_advisor.text.strict import Bottleneck, CriterionId, Modality, RouteKind, Target, TuningMethod

MOST_OPTIONS = 8
Points = Annotated[float, Field(ge=-30, le=30)]
Share = Annotated[float, Field(gt=0, le=1)]


class Source(Record):
    """Where a figure or a judgement comes from."""

    id: Annotated[str, "Source id."]
    text: Annotated[str, "What it is and where it is found."]
    read: Annotated[date, "Day it was read."]
    kind: Annotated[
        Literal["primary", "secondary", "computed", "measured", "seed", "judgement", "contract"],
        "Primary: the maker's own word; seed: the article judgement began with; contract: the user's own word.",
    ]


class Citation(Record):
    """A source and what it says in support."""

    id: Annotated[str, "Source id, from rules/sources/."]
    says: Annotated[str, "What it says, in our words."] = ""


class RuleOut(Record):
    """The build is ruled out when the condition is true."""

    rule_out: Annotated[Bottleneck, "What the excuse is about."]
    told_as: Annotated[Bottleneck | None, "Where it stands among several excuses, if not by what it is about."] = None


class Adjust(Record):
    """A criterion's value is moved when the condition is true."""

    criterion: Annotated[CriterionId, "The criterion."]
    points: Annotated[Points, "Points on the criterion's 0-100 scale."]


class Caveat(Record):
    """A warning is said about the recommended build when the condition is true."""

    caveat: Annotated[
        Literal["heavy", "normal", "note"], "Heavy ones change the verdict to `recommended_with_caveats`."
    ]
    rank: Annotated[int, "By consequence: smaller is said first."] = 50


class Route(Record):
    """A way out that is not one build is offered when the condition is true."""

    route: Annotated[RouteKind, "What kind of way it is."]
    rank: Annotated[int, "The nearest at hand is said first."] = 50


def _kind_of_consequence(value: Any) -> str:
    """Tell by its key which consequence is meant."""
    named = {"rule_out": "RuleOut", "criterion": "Adjust", "points": "Adjust", "caveat": "Caveat", "route": "Route"}
    if isinstance(value, dict):
        return next((named[key] for key in value if key in named), "RuleOut")
    return type(value).__name__


class Measure(Record):
    """The figure a constraint compares, for its excuse."""

    value: Annotated[str, "Fact with the value read."]
    limit: Annotated[str | float | int, "Fact or number that is the limit."]
    unit: Annotated[str, "Unit of both."] = ""


class Examples(Record):
    """A rule's own tests: facts by name. Facts not named are not known."""

    fires: Annotated[tuple[dict[str, Any], ...], "Facts for which the condition is true.", Field(min_length=1)]
    silent: Annotated[
        tuple[dict[str, Any], ...], "Facts for which it is false; one just past each limit.", Field(min_length=1)
    ]
    unknown: Annotated[tuple[dict[str, Any], ...], "Facts for which it is not known."] = ()
    tight: Annotated[tuple[dict[str, Any], ...], "Facts for which it is false, but `tight` is true."] = ()


class Rule(Record):
    """One piece of judgement."""

    id: Annotated[str, "Rule id, and the name of its file."]
    title: Annotated[str, "The rule in one line."]
    why: Annotated[str, "Why it holds."]
    sources: Annotated[tuple[Citation, ...], "What it rests on.", Field(min_length=1)]
    confidence: Annotated[Literal["high", "medium", "low"], "How sure it is; apart from how strongly it counts."]
    when: Annotated[Any, "Condition; see rules/README.md."]
    then: Annotated[
        Annotated[
            Annotated[RuleOut, Tag("RuleOut")]
            | Annotated[Adjust, Tag("Adjust")]
            | Annotated[Caveat, Tag("Caveat")]
            | Annotated[Route, Tag("Route")],
            Discriminator(_kind_of_consequence),
        ],
        "What follows.",
    ]
    say: Annotated[str, "Sentence for the reader, with facts in braces."]
    measure: Annotated[Measure | None, "The figure behind an excuse."] = None
    tight: Annotated[Any, "For constraints: condition under which it holds, but barely."] = None
    say_tight: Annotated[str, "Sentence for that."] = ""
    say_unknown: Annotated[
        str, "Sentence for when it cannot be told; empty: nothing is said and the constraint counts as holding."
    ] = ""
    corrects: Annotated[str | None, "Misunderstanding that it corrects, if any."] = None
    seed: Annotated[tuple[str, ...], "Lines of the seed article that it carries or corrects."] = ()
    examples: Annotated[Examples, "Its tests."]


class Defaults(Record):
    """What is assumed where nothing was said."""

    target: Annotated[Target, "Where it runs."]
    context_tokens: Annotated[int, "Tokens per sequence."]
    output_tokens: Annotated[int, "Tokens per answer."]
    concurrent_requests: Annotated[int, "Requests in flight at a time."] = 1
    prompt_share: Annotated[float, "Share of the context, less the answer, that a typical prompt fills."] = 0.25
    shared_share: Annotated[float, "Share of a typical prompt that the prompt before it had too."] = 0.0
    reserved_gib: Annotated[float, "Memory that programs beside it take on the same device, GiB."] = 0.0
    usable_tokens_per_s: Annotated[float, "Generation below which no one would wait for it."] = 3.0
    usable_first_token_s: Annotated[float, "Wait for the first token beyond which no one would."] = 180.0
    tool_calling: Annotated[Literal["none", "single", "multi_step"], "Tool calls."] = "none"


class QualityFloor(Record):
    """A published score below which a model does not do the job."""

    benchmark: Annotated[str, "Benchmark id."]
    at_least: Annotated[float, "Lowest score that does."]
    why: Annotated[str, "Why it is the line."]


WORDS = (
    "Words in which people say it, and what each counts, below zero against it: 3 say it alone, 1 hints at it. `*` "
    "stands for any ending, several words for all of them in any order, a dash for words that follow each other."
)


class AnsweredBy(Record):
    """Another kind of model that does the work."""

    kind: Annotated[str, "What kind, with its article, e.g. `an embedding model`."]
    such_as: Annotated[str, "Models of that kind and their licences, in words; empty: `models` are what there is."] = ""
    models: Annotated[tuple[str, ...], "Models of this rule base that do it, the best first."] = ()


class UseCase(Record):
    """A kind of work: what it reads, what it weighs, what it assumes."""

    id: Annotated[str, "Use-case id, and the name of its file."]
    name: Annotated[str, "Name as people say it."]
    says: Annotated[str, "What it covers, in one sentence."]
    aliases: Annotated[tuple[str, ...], "Other names."] = ()
    words: Annotated[dict[str, float], WORDS] = EMPTY
    inputs: Annotated[tuple[Modality, ...], "What it reads where inputs were not said."] = ("text",)
    defaults: Annotated[Defaults, "What it assumes."]
    weights: Annotated[dict[CriterionId, float], "What each criterion counts, in percent."]
    benchmarks: Annotated[dict[str, float], "Published scores that stand for quality here, with their shares."]
    enough: Annotated[float, "Quality value beyond which more is worth little."] = 100
    beyond_enough: Annotated[float, "What a point beyond `enough` is worth."] = 0.25
    needs: Annotated[tuple[Literal["precise_reading", "tuning"], ...], "Needs that rules test."] = ()
    tags: Annotated[tuple[str, ...], "Words that rules test: regulated, narrow, private …"] = ()
    floor: Annotated[QualityFloor | None, "The line below which a model is ruled out."] = None
    gives_up: Annotated[
        dict[str, tuple[Any, ...]],
        "By field the values with which this use is no longer served; none: any change gives the job up.",
    ] = EMPTY
    answered_by: Annotated[AnsweredBy | None, "Kind of model that does it; none: the ranked models do."] = None
    why: Annotated[str, "Why these weights."]
    sources: Annotated[tuple[Citation, ...], "What they rest on.", Field(min_length=1)]


def curve(anchors: tuple[tuple[float, float], ...], *, logarithmic: bool) -> Callable[[float], float]:
    """Value of a figure: piecewise interpolation between the anchors; beyond them the end anchor's holds."""
    (first, at_first), (_, at_last) = anchors[0], anchors[-1]
    segments = tuple(
        (high, low, at_low, at_high - at_low, log(high / low) if logarithmic else high - low)
        for (low, at_low), (high, at_high) in pairwise(anchors)
    )

    def value(figure: float) -> float:
        if figure <= first:
            return at_first
        for high, low, at_low, rise, width in segments:
            if figure <= high:
                return at_low + rise * ((log(figure / low) if logarithmic else figure - low) / width)
        return at_last

    return value


class ValueMeasure(Record):
    """One figure of a criterion and what it is worth."""

    fact: Annotated[str, "The figure."]
    share: Annotated[float, "Its share of the criterion."]
    anchors: Annotated[
        tuple[tuple[float, float], ...],
        "Figure and value (0-100), in rising order of the figure; fixed, never taken from candidates.",
    ]
    scale: Annotated[Literal["linear", "log"], "How to read between anchors."] = "linear"

    @cached_property
    def worth(self) -> Callable[[float], float]:
        """Value of a figure."""
        return curve(self.anchors, logarithmic=self.scale == "log")


class Criterion(Record):
    """A dimension of value."""

    id: Annotated[CriterionId, "Criterion id."]
    name: Annotated[str, "Name."]
    says: Annotated[str, "What it measures, in one sentence."]
    why: Annotated[str, "Why these anchors."]
    measures: Annotated[tuple[ValueMeasure, ...], "Its figures."]
    unknown_value: Annotated[float, "Value where a figure is not known."] = 50


class Criteria(Record):
    """criteria.yaml: the five criteria and the constants of ranking."""

    criteria: Annotated[tuple[Criterion, ...], "The criteria."]
    owned_share: Annotated[
        dict[CriterionId, float], "What a criterion still counts where the hardware was stated, share of its weight."
    ]
    untold_share: Annotated[
        dict[CriterionId, float], "What a criterion still counts where services compete that do not tell it."
    ]
    unpriced_share: Annotated[float, "Share of the weight of cost that footprint takes over where nothing has a price."]
    preference_bound: Annotated[float, "Most points that rules together may move one criterion."]
    wish_margin: Annotated[float, "Score within which a wish decides."]
    witnesses_needed: Annotated[int, "Lists that must have an offer of a hosted model before it counts.", Field(ge=1)]
    assumed_tokens_per_month: Annotated[int, "Volume at which costs are compared where none was said."]
    seconds_between_requests: Annotated[float, "Seconds from one request of a person at work to the next."]
    active_share: Annotated[Share, "Of the people who have it, the share at work with it in a busy minute."]
    busy_hours_per_month: Annotated[float, "Hours of a month in which the requests stated are in flight."]
    fleet_targets: Annotated[tuple[Target, ...], "Where as many assumed machines are taken as carry the load."]
    assumed_device_memory_gib: Annotated[
        dict[Target, float], "Memory taken for a GPU that was not named, by where it stands, GiB."
    ]
    target_of_kind: Annotated[dict[str, Target], "Where a kind of device stands, where only the device was stated."]
    page_share: Annotated[Share, "Of a computer's memory, the share that a page reaches by its graphics."]
    assumed_host_ram_gib: Annotated[float, "Host memory taken for a machine with a GPU where none was stated, GiB."]
    assumed_context: Annotated[
        dict[Target, int],
        "Most tokens assumed on a kind of target where the work needs no more than `ordinary_context`.",
    ]
    ordinary_context: Annotated[int, "Contexts above this are what the work is about, and are never cut short."]
    comfortable_bits: Annotated[int, "Fewest bits with which an assumed machine counts as holding a model."]
    comfortable_bits_precise: Annotated[int, "The same where digits must be read exactly."]
    comfortable_tokens_per_s: Annotated[
        float, "Slowest generation with which an assumed machine counts as holding a model."
    ]
    tool_benchmark: Annotated[str, "Benchmark that stands for tool calling."]
    tuning_order: Annotated[tuple[TuningMethod, ...], "Which of several acceptable tuning methods is planned first."]
    failed_symptoms: Annotated[
        tuple[str, ...], "Symptoms that say the model named has failed, so that naming it is no wish."
    ]
    excuse_order: Annotated[tuple[Bottleneck, ...], "Which of several excuses is told, most decisive first."]
    settled_by: Annotated[tuple[str, ...], "Fields of which one must be stated before an answer is firm."]
    hangs_on: Annotated[
        tuple[dict[str, Any], ...], "What is tried where none is, the two that change the answer first are told."
    ]
    one_device_targets: Annotated[tuple[Target, ...], "Where no second device is put in."]
    devices_built: Annotated[
        dict[DeviceKind, tuple[int, ...]], "Numbers of devices in which a machine of one node is built, by their kind."
    ]
    joined_kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device whose machines are joined as nodes."]
    next_larger_by: Annotated[float, "Times larger that a machine may be on which the next larger model is told of."]
    roomy_share: Annotated[float, "Share of the memory for a model that it fills where there is room."]
    caveats_shown: Annotated[int, "Caveats shown at most by default."]
    notes_shown: Annotated[int, "What is good to know, at most."]
    sizes_above_context: Annotated[int, "Tokens of context above which they are told, where no model was named."]
    sizes_shown: Annotated[tuple[str, ...], "Quantizations in which the sizes of all models are told."]
    routes_shown: Annotated[int, "Ways round shown at most."]
    small_model_loss: Annotated[
        tuple[tuple[float, float], ...],
        "Billion parameters and factor on the loss that a quantization costs an 8B model.",
    ]
    sources: Annotated[tuple[Citation, ...], "What they rest on.", Field(min_length=1)]

    @cached_property
    def loss_factor(self) -> Callable[[float], float]:
        """Factor on that loss of a model of so many billion parameters, straight over their logarithm."""
        return curve(self.small_model_loss, logarithmic=True)


class Relaxation(Record):
    """One way to soften a requirement, listed in the order of how hard it is to change."""

    field: Annotated[str, "Scenario field, `only.` for a hard limit."]
    cures: Annotated[tuple[Bottleneck, ...], "Bottlenecks it can help with."]
    of: Annotated[tuple[str, ...], "Values of today that it softens; empty: any."] = ()
    steps: Annotated[
        tuple[Any, ...], "Values to try, hardest first; only those softer than today's count. Null drops it."
    ] = ()
    softer: Annotated[
        Literal["smaller", "larger", "listed"], "Which way is softer for numbers; `listed` goes down the list."
    ] = "listed"
    from_nothing: Annotated[tuple[str, ...], "Value that helps where nothing was stated; empty: none does."] = ()
    lost: Annotated[dict[str, tuple[Any, ...]], "By today's value those with which the job is given up."] = EMPTY
    drop_counts: Annotated[bool, "Whether dropping it altogether leaves the job standing."] = True
    counts: Annotated[
        bool, "Whether a build found so is a `change_requirement`; owned hardware is not for changing."
    ] = True
    why: Annotated[str, "Why it stands at this place in the list."]


class Relaxations(Record):
    """relaxations.yaml."""

    relaxations: Annotated[tuple[Relaxation, ...], "In order."]


class NumberMove(Record):
    """A number that moves from today's value to both ends."""

    field: Annotated[str, "Scenario field."]
    low: Annotated[float, "Smallest value tried.", Field(gt=0)]
    high: Annotated[float, "Largest value tried.", Field(gt=0)]
    unit: Annotated[float, "Step to which a turning point is exact.", Field(gt=0)]
    assumed: Annotated[bool, "Whether it moves where it was only assumed, too."] = False


class ChoiceMove(Record):
    """A choice whose other values are tried one by one."""

    field: Annotated[str, "Scenario field, `only.` for a hard limit."]
    to: Annotated[tuple[Any, ...], "Values that replace today's."] = ()
    add: Annotated[tuple[str, ...], "Items laid beside those a list has."] = ()
    drop: Annotated[bool, "Whether to take back what was stated: all of it, or each item of a list."] = False
    devices: Annotated[tuple[float, ...], "Factors for the number of devices, for `hardware`."] = ()
    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device that come in numbers."] = ()
    wins_only: Annotated[bool, "Whether it is tried only to make a model win, not to see where the answer turns."] = (
        False
    )
    stated: Annotated[bool, "Whether it moves only where it was stated."] = False

    def check(self) -> None:
        """Refuse a move that moves nothing."""
        if not (self.to or self.add or self.drop or self.devices):
            raise ValueError("says none of `to`, `add`, `drop`, `devices`")


class Moves(Record):
    """moves.yaml: what is moved, and how far."""

    numbers: Annotated[tuple[NumberMove, ...], "Numbers."]
    choices: Annotated[tuple[ChoiceMove, ...], "Choices."]


class Regions(Record):
    """regions.yaml: codes that scenarios may use."""

    eu: Annotated[tuple[str, ...], "Member states of the European Union, ISO 3166-1."]
    areas: Annotated[dict[str, tuple[str, ...]], "Other areas that people name, and their countries."] = EMPTY
    languages: Annotated[dict[str, str], "ISO 639-1 code and English name."]
    countries: Annotated[dict[str, str], "ISO 3166-1 code and English name."]
    also: Annotated[dict[str, str], "Other names of countries that people use, and the code."] = EMPTY
    languages_also: Annotated[dict[str, str], "Other names of languages that people use, and the code."] = EMPTY
    sources: Annotated[tuple[Citation, ...], "What they rest on."]


class Option(Record):
    """One answer that can be chosen by number."""

    id: Annotated[str, "Short id; may be typed instead of the number."]
    text: Annotated[str, "The answer in words."]
    sets: Annotated[dict[str, Any], "Scenario fields it states, as a scenario file has them.", Field(min_length=1)]
    share: Annotated[
        float, "How often it is chosen, relative to the other options, among those who state anything.", Field(gt=0)
    ] = 1
    when: Annotated[Any, "Condition over facts of the scenario; not offered where it is false."] = None


class Stated(Record):
    """How often people state it unasked."""

    count: Annotated[int, "Questions that state it.", Field(ge=0)]
    of: Annotated[int, "Questions looked at.", Field(ge=1)]


class Question(Record):
    """One question, the scenario fields it is about, and what skipping it means."""

    id: Annotated[str, "Id, shown where the questionnaire says what could still change the answer."]
    place: Annotated[
        int, "Order of questions that are stated equally often; while the use is unknown, the order alone decides."
    ]
    first: Annotated[
        bool, "Asked before any that is not marked so, in the order of their places, as long as its answer can matter."
    ] = False
    text: Annotated[str, "The question."]
    listed: Annotated[str, "What it is about, as a line of a list of several questions at once."]
    why: Annotated[str, "Why it matters, in a sentence or two."]
    free: Annotated[str, "Scenario field that free text is read as."]
    otherwise: Annotated[str | None, "Scenario field that free text is read as where `free` does not take it."] = None
    example: Annotated[str, "Free text that is understood."]
    options: Annotated[tuple[Option, ...], "Answers to choose from.", Field(min_length=1, max_length=MOST_OPTIONS)]
    skipped: Annotated[str, "What is assumed where it is skipped."]
    stated: Annotated[Stated, "Prior: the share of people who state it; the others count as skipping."]
    when: Annotated[Any, "Condition over facts of the scenario; asked only where it is not false."] = None
    sources: Annotated[tuple[Citation, ...], "What the shares rest on.", Field(min_length=1)]
