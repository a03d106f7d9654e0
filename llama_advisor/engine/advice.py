"""The answer: the JSON contract of `recommend`, from which every renderer reads."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from llama_advisor.scenario.scenario import Assumption
from llama_advisor.sizing.figures import Capacity, Cost, MachineUsed, Memory, Range, Training
from llama_advisor.text.record import Record
from llama_advisor.text.strict import Bottleneck, RouteKind

Verdict = Literal["need_input", "recommended", "recommended_with_caveats", "change_requirement", "no_fit"]
EXIT_CODES: dict[str, int] = {
    "recommended": 0,
    "recommended_with_caveats": 0,
    "change_requirement": 1,
    "no_fit": 1,
    "need_input": 2,
}


class Artifact(Record):
    """Where the build's files are; nulls where the facts name none."""

    hf_repo: Annotated[str | None, "Hugging Face repository."] = None
    ollama_tag: Annotated[str | None, "Ollama tag."] = None
    file: Annotated[str | None, "File inside the repository, or the pattern of its name."] = None
    stored_as: Annotated[str | None, "How the files are stored: `safetensors`, `gguf`, `ollama` …"] = None
    gated: Annotated[bool, "Whether they are handed out only to accounts that accepted the licence."] = False


class Command(Record):
    """A step on the way to a build that runs."""

    step: Annotated[str, "What it does, e.g. `install`, `log_in`, `fetch`, `start`, `request`, `measure`."]
    run: Annotated[str, "What to type."]
    language: Annotated[str, "What it is written in; `sh` for a shell."] = "sh"


class Reading(Record):
    """A fact that a part of the score rests on."""

    fact: Annotated[str, "Fact id; see `rules show`."]
    value: Annotated[Any, "Value read; null where it is not known."]
    unit: Annotated[str, "Its unit."]
    says: Annotated[str, "What was asked of it: the anchors on both sides, or the test of the rule."]
    worth: Annotated[float | None, "What the value is worth between its anchors, 0-100; null for a rule's test."] = None
    share: Annotated[float | None, "Share of the criterion; null for a rule's test."] = None


class Contribution(Record):
    """A part of the score; the parts sum to it."""

    criterion: Annotated[str, "Criterion id."]
    rule: Annotated[str | None, "Rule that moved the criterion; null for the criterion itself."]
    points: Annotated[float, "Points of the score: value times weight, rounded to 0.01."]
    value: Annotated[float, "On the criterion's own scale: 0-100, or what the rule adds to it."]
    weight: Annotated[float, "What the criterion counts, 0-1."]
    text: Annotated[str, "What they are for."]
    source: Annotated[tuple[str, ...], "Source ids."]
    layer: Annotated[str | None, "Layer that the rule was last written in; null for the criterion itself."] = None
    reads: Annotated[tuple[Reading, ...] | None, "Facts it rests on; null unless asked why."] = None


class SpeedShown(Record):
    """Speed per user at the scenario's context and load."""

    decode_tokens_per_s: Annotated[Range, "Generation."]
    prefill_tokens_per_s: Annotated[Range, "Prompt reading."]
    first_token_s: Annotated[Range, "Wait for the first token."]
    at_full_context_tokens_per_s: Annotated[float, "Generation once the whole context is full, best guess."]
    context_tokens: Annotated[int, "Most tokens of a sequence that it is told for."]
    prompt_tokens: Annotated[int, "Tokens of the prompt that it is told for."]
    read_tokens: Annotated[int, "Of these the tokens that are read; those before them are cached."]
    at_tokens: Annotated[int, "Tokens in the context when generation is told: the prompt and half of the answer."]
    basis: Annotated[str, "How much data the prediction rests on."]


class Build(Record):
    """Model × quantization × engine × machine, judged."""

    rank: Annotated[int, "Place in the ranking, from 1."]
    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    engine_version: Annotated[str | None, "Old engine version that must be pinned, if one must."]
    provider: Annotated[str | None, "Provider, for hosted models."]
    machine: Annotated[MachineUsed | None, "Machine; null for hosted models."]
    kv_cache_type: Annotated[str | None, "KV-cache type; null for hosted models."]
    artifact: Annotated[Artifact, "Where its files are."]
    score: Annotated[float, "Sum of the contributions."]
    contributions: Annotated[tuple[Contribution, ...], "Parts of the score."]
    memory: Annotated[Memory | None, "Memory; null for hosted models."]
    speed: Annotated[SpeedShown | None, "Speed; null where it is not known."]
    capacity: Annotated[Capacity | None, "What it serves under the load; null for hosted models."]
    training: Annotated[Training | None, "Tuning, where it was asked for."]
    cost: Annotated[Cost | None, "Money; null for owned hardware."]
    commands: Annotated[tuple[Command, ...], "What to do to run it, in order."]


class ShortBuild(Record):
    """A build by name."""

    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    machine: Annotated[str | None, "How the machine is written."]


class Change(Record):
    """A requirement moved."""

    field: Annotated[str, "Scenario field."]
    from_: Annotated[Any, "Before."]
    to: Annotated[Any, "After; null when dropped."]


class Excuse(Record):
    """Why a build is ruled out."""

    rule: Annotated[str, "Rule id."]
    text: Annotated[str, "Sentence."]
    bottleneck: Annotated[Bottleneck, "What it is about."]
    value: Annotated[int | float | str | bool | None, "Figure read."]
    limit: Annotated[int | float | str | bool | None, "Limit it missed."]
    unit: Annotated[str, "Unit of both."]
    layer: Annotated[str, "Layer that the rule was last written in."]


class Nearest(Record):
    """The build of an excluded model that came nearest."""

    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    stage: Annotated[int, "How far it got: 0 the model, 1 the place, 2 sized, 3 it fits."]


class Excluded(Record):
    """A model without a build."""

    model: Annotated[str, "Model id."]
    nearest: Annotated[Nearest, "Its nearest build."]
    excuse: Annotated[Excuse, "What rules that out."]


class RelaxationShown(Record):
    """Changes that would let something fit, checked by applying them."""

    changes: Annotated[tuple[Change, ...], "What to change."]
    then: Annotated[ShortBuild, "What would be recommended then."]
    why: Annotated[str, "Why this kind of change comes at its place."]


class Form(Record):
    """One way to store the model asked about, or to tune it, on the machine asked about."""

    quantization: Annotated[str, "Quantization id."]
    method: Annotated[str | None, "Tuning method, where it is tuned."] = None
    engine: Annotated[str, "Engine id."]
    weights_gib: Annotated[float, "Weights, GiB."]
    need_gib: Annotated[float, "What the fullest device must hold, GiB."]
    available_gib: Annotated[float | None, "What it has for the model, GiB; null when not known."]
    fits: Annotated[bool | None, "Whether every device holds its part; null when its memory is not known."]
    kv_cache_type: Annotated[str | None, "How the KV cache is stored; null where it is tuned."]
    tokens_per_s: Annotated[float | None, "Generation per user; null where it does not fit or is not known."] = None
    machine: Annotated[str | None, "The smallest machine of this kind of device that holds it; null: none tried."]


class ModelSize(Record):
    """What a model takes, whatever runs it."""

    model: Annotated[str, "Model id."]
    weights_gib: Annotated[dict[str, float], "Weights by quantization id, GiB."]
    kv_kib_per_token: Annotated[float, "16-bit KV cache of one token, KiB."]
    kv_cache_gib: Annotated[float, "16-bit KV cache of one sequence as long as the context, GiB."]


class AskedBuild(Record):
    """The build asked about, for itself, whatever is recommended."""

    build: Annotated[ShortBuild, "As it was named, gaps filled with what comes nearest."]
    stated: Annotated[tuple[str, ...], "What of it was named."]
    fits: Annotated[bool | None, "Whether its memory holds; null where it is not known, or hosted."]
    by_gib: Annotated[float | None, "What the fullest device has left, or lacks where it is negative, GiB."]
    qualifies: Annotated[bool, "Whether it meets every requirement."]
    forms: Annotated[tuple[Form, ...], "The ways to store it, or to tune it, most bits first."]
    would_fit: Annotated[tuple[RelaxationShown, ...], "Changes, each alone, that let it fit; checked by sizing it."]
    memory: Annotated[Memory | None, "Memory; null where it was not sized."]
    speed: Annotated[SpeedShown | None, "Speed; null where it does not fit or is not known."]
    cost: Annotated[Cost | None, "Money; null for owned hardware."]
    text: Annotated[tuple[str, ...], "The same in sentences, the answer first."]


class CloseCall(Record):
    """A second model whose score differs by less than the estimates of speed are uncertain."""

    other: Annotated[ShortBuild, "Its build."]
    margin: Annotated[float, "Points that the recommended build has more."]


class HangsOn(Record):
    """Something that was not said and would change the answer; checked by applying it."""

    field: Annotated[str, "Scenario field."]
    value: Annotated[Any, "Value that changes it."]
    then: Annotated[ShortBuild | None, "What is recommended then; null where nothing fits."]


class Wish(Record):
    """What became of a named model, quantization, engine or provider."""

    field: Annotated[Literal["model", "quantization", "engine", "provider"], "Which wish."]
    asked: Annotated[str, "What was asked for."]
    outcome: Annotated[Literal["kept", "better_exists", "impossible", "not_known"], "What became of it."]
    rank: Annotated[int | None, "Rank of the best build with it."]
    text: Annotated[str, "Sentence."]


class CaveatShown(Record):
    """A warning about the recommended build."""

    rule: Annotated[str, "Rule id."]
    text: Annotated[str, "Sentence."]
    source: Annotated[tuple[str, ...], "Source ids."]
    layer: Annotated[str, "Layer that the rule was last written in."]


class TippingPoint(Record):
    """A requirement moved alone until another model, or none, is recommended; checked by applying it."""

    field: Annotated[str, "Scenario field."]
    from_: Annotated[Any, "Value today, stated or assumed."]
    to: Annotated[Any, "First value that changes the answer; null where the field is dropped."]
    holds_to: Annotated[Any, "Last value, on the way there, that does not; today's value for a choice."]
    then: Annotated[ShortBuild | None, "What is recommended then; null where nothing fits."]
    text: Annotated[str, "Why the answer turns."]


class RouteShown(Record):
    """A way out that is not one build."""

    rule: Annotated[str, "Rule id."]
    kind: Annotated[RouteKind, "What kind of way."]
    text: Annotated[str, "Sentence."]
    source: Annotated[tuple[str, ...], "Source ids."]


class WeightRange(Record):
    """How far one weight may move, the others keeping their proportions, before another model leads."""

    criterion: Annotated[str, "Criterion id."]
    weight: Annotated[float, "Its weight today, 0 to 1."]
    low: Annotated[float, "Smallest weight at which the winner still leads."]
    high: Annotated[float, "Largest weight at which it does."]


class Robustness(Record):
    """How firmly the winner stands."""

    margin: Annotated[float, "Points ahead of the best build of another model; negative where a wish decided."]
    share_of_weightings_won: Annotated[
        float, "Share of 500 weightings, spread evenly over all that sum to 1, under which it leads."
    ]
    weights: Annotated[tuple[WeightRange, ...], "How far each weight may move."]


class RuleBaseShown(Record):
    """Which rule base answered."""

    version: Annotated[str, "Version of the package."]
    hash: Annotated[str, "Hash of all layers' content."]
    layers: Annotated[
        tuple[str, ...],
        "Folders laid over the shipped rules, the last on top; `rules show` tells which of them a rule comes from.",
    ] = ()


class Advice(Record):
    """The whole answer."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    verdict: Annotated[Verdict, "The verdict."]
    missing: Annotated[tuple[str, ...], "Fields to state, for `need_input`."] = ()
    scenario: Annotated[dict[str, Any], "The normalised scenario."]
    assumptions: Annotated[tuple[Assumption, ...], "What was taken for granted."]
    recommendation: Annotated[Build | None, "The build."]
    changes: Annotated[tuple[Change, ...], "Requirements it needs changed."]
    ranking: Annotated[tuple[Build, ...], "One build per model that qualifies."]
    excluded: Annotated[tuple[Excluded, ...], "Models without a build."]
    wishes: Annotated[tuple[Wish, ...], "What became of the wishes."]
    caveats: Annotated[tuple[CaveatShown, ...], "Warnings."]
    notes: Annotated[tuple[CaveatShown, ...], "What is good to know beside: facts and craft, no warnings."]
    asked: Annotated[AskedBuild | None, "The build asked about; null where no model was named or tried."] = None
    close_call: Annotated[CloseCall | None, "A model as good as the one recommended, as far as estimates go."] = None
    hangs_on: Annotated[tuple[HangsOn, ...], "What was not said, and would change the answer."] = ()
    sizes: Annotated[
        tuple[ModelSize, ...], "What the models take, where too little was said, or the context and no model."
    ] = ()
    expired: Annotated[tuple[str, ...], "What the build rests on that is past its time, or undated."] = ()
    alternatives: Annotated[tuple[Build, ...], "Best builds of the lane that was not ranked."]
    relaxations: Annotated[tuple[RelaxationShown, ...], "Ways to make something fit."]
    routes: Annotated[tuple[RouteShown, ...], "Ways out that are not one build."]
    tipping_points: Annotated[tuple[TippingPoint, ...] | None, "Null unless asked why."] = None
    robustness: Annotated[Robustness | None, "Null unless asked why."] = None
    builds: Annotated[tuple[Build, ...] | None, "Further builds of the models ranked; only where asked for."] = None
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]
