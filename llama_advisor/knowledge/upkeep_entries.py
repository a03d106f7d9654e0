"""What `check` and upkeep go by: kinds of finding, spellings, misunderstandings, statements of the seed, sampling."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from llama_advisor.knowledge.judgement import Citation
from llama_advisor.text.record import EMPTY, Record

_OfTheMachine = Literal["parallelism", "nodes", "data_parallel", "devices", "machine", "workers", "replicas"]
_OfTheService = Literal["endpoint", "region", "sequences", "cache", "engine", "version"]
Setting = Literal["model", "quantization", "context", _OfTheMachine, _OfTheService, "nothing"]
FileKind = Literal[
    "prose",
    "notebook",
    "python",
    "tree",
    "modelfile",
    "blocks",
    "code",
    "sections",
    "shell",
    "lines",
    "query",
    "xml",
]
Severity = Literal["error", "warning", "note"]


class FindingKind(Record):
    """What a finding's code stands for; the one place where it is defined."""

    id: Annotated[str, "Stable code, e.g. LR101."]
    title: Annotated[str, "What was found, in one line."]
    explanation: Annotated[str, "Why it matters and what to do about it."]
    severity: Annotated[Severity, "Errors make the command fail."]
    fix: Annotated[str, "What to do, in one sentence; part of the explanation where it is empty."] = ""
    example: Annotated[str, "A project file, or a part of one, that brings it."] = ""
    malformed: Annotated[
        bool, "Whether it says that the input itself is wrong: exit code 2, and no filter hides it."
    ] = False


class Misunderstanding(Record):
    """Something people believe that is not so."""

    id: Annotated[str, "Id that rules name under `corrects`."]
    claim: Annotated[str, "What is believed."]
    truth: Annotated[str, "What is so."]
    sources: Annotated[tuple[Citation, ...], "What the truth rests on.", Field(min_length=1)]


class Statement(Record):
    """One statement of the seed article and what became of it."""

    id: Annotated[str, "Id that rules name under `seed`."]
    section: Annotated[str, "Where the article says it."]
    text: Annotated[str, "What it says, in our words."]
    outcome: Annotated[
        Literal["carried", "corrected", "no_claim"],
        "Carried by rules, corrected by them, or nothing that a choice could rest on.",
    ]
    rules: Annotated[tuple[str, ...], "Rules that carry or correct it."] = ()
    also: Annotated[tuple[str, ...], "Criteria and use cases that carry it, as `criteria/ID` or `use_cases/ID`."] = ()
    corrected_by: Annotated[tuple[str, ...], "Sources that say otherwise."] = ()
    note: Annotated[str, "What holds at the level of a variant, or why it makes no claim."] = ""


class SampledField(Record):
    """A field of the scenario as sampling fills it."""

    field: Annotated[str, "Scenario field, `only.` for a hard limit."]
    share: Annotated[float, "Share of scenarios in which it is stated.", Field(ge=0, le=1)]
    values: Annotated[
        tuple[Any, ...], "Values, each as likely; a list of scalars for a list field is one value.", Field(min_length=1)
    ]
    when: Annotated[dict[str, tuple[Any, ...]], "Stated only where these fields have one of these values."] = EMPTY


class Sampling(Record):
    """sampling.yaml: how scenarios are drawn to measure coverage."""

    second_use_case: Annotated[float, "Share of scenarios with two use cases.", Field(ge=0, le=1)]
    named_model: Annotated[float, "Share of scenarios that name a model.", Field(ge=0, le=1)]
    fields: Annotated[tuple[SampledField, ...], "Fields, drawn in this order."]


class Spelling(Record):
    """How deployments spell one thing that they set."""

    names: Annotated[tuple[str, ...], "Options, keys, variables and arguments, words joined by dashes."]
    flags: Annotated[tuple[str, ...], "Short options, as they are written."] = ()
    sets: Annotated[Setting, "What they set."]
    total: Annotated[bool, "Whether the number counts all sequences together."] = False
    means: Annotated[str, "What a switch stands for that is on."] = ""
    of: Annotated[str, "Engine whose option it is; empty for any."] = ""


class FileNames(Record):
    """Files of a kind."""

    kind: Annotated[FileKind, "How they are read."]
    names: Annotated[tuple[str, ...], "Patterns of their names, small."]


class Reading(Record):
    """How files are read: what is said in them that is no setting."""

    prefixes: Annotated[tuple[str, ...], "Words before the name of a setting that leave its meaning."]
    transparent: Annotated[tuple[str, ...], "Names of values that leave to the name above them what is meant."]
    lookups: Annotated[tuple[str, ...], "Calls that take the name of a variable and what holds without it."]
    elsewhere: Annotated[tuple[str, ...], "Names below which nothing is deployed."]
    pickers: Annotated[tuple[str, ...], "Names of what a person picks from; nothing is deployed below them."]
    offered: Annotated[tuple[str, ...], "Keys of which one model is set and several are offered."]
    unsaid: Annotated[tuple[str, ...], "Names whose own value deploys nothing."]
    labels: Annotated[tuple[str, ...], "Names of labels, where a model stands beside or below them."]
    selectors: Annotated[tuple[str, ...], "Keys whose value a model is called by, and can be selected by."]
    schemes: Annotated[tuple[str, ...], "What stands before a model under any key."]
    owners: Annotated[tuple[str, ...], "What providers and libraries put before a name."]
    plain: Annotated[
        tuple[str, ...], "Words behind a model's name that leave open which build it is; `#` is any number."
    ]
    hosted: Annotated[tuple[str, ...], "What only names of providers have in them."]
    foreign_quantizations: Annotated[tuple[str, ...], "Quantizations that this rule base does not hold."]
    families: Annotated[tuple[str, ...], "How names of other models begin."]
    other_tasks: Annotated[tuple[str, ...], "Words in names of models that make no text."]
    local: Annotated[tuple[str, ...], "First parts of paths that are no owners of models."]
    no_models: Annotated[tuple[str, ...], "Endings of files that are no models."]
    folders: Annotated[tuple[str, ...], "Folders whose files deploy nothing."]
    catalogue: Annotated[int, "So many models in one list are a catalogue.", Field(ge=2)]
    files: Annotated[tuple[FileNames, ...], "Kinds of files; the first that fits holds."]


class Runtime(Record):
    """Names of images and packages whose version is a version of the engine."""

    engine: Annotated[str, "Engine id."]
    names: Annotated[tuple[str, ...], "Images and packages.", Field(min_length=1)]


class ShelfLife(Record):
    """How long rows of a kind are good for, each from its own day."""

    of: Annotated[Literal["rentals", "hosted", "engines", "sources"], "Kind of row."]
    clouds: Annotated[tuple[str, ...], "Clouds whose rows it holds for; empty for all."] = ()
    days: Annotated[int, "Days after which a row has expired.", Field(ge=1)]


class Expired(NamedTuple):
    """A row that is past what its kind is good for, or without a day of its own."""

    day: date | None
    age: int
    good: int

    def __str__(self) -> str:
        """Write its age and limit."""
        if self.day is None:
            return "undated, so its age is not known"
        return f"of {self.day}, {self.age} days old; such rows are good for {self.good} days"


class Beside(Record):
    """Files that change what another file of their folder says."""

    of: Annotated[tuple[str, ...], "Names of the other file, small, as patterns.", Field(min_length=1)]
    by: Annotated[tuple[str, ...], "Their own names.", Field(min_length=1)]


class Overriding(Record):
    """Which files change what a source says."""

    beside: Annotated[tuple[Beside, ...], "Files in the folder of the source."]
    overlays: Annotated[tuple[str, ...], "Names of files that build on others and change them."]
    bases: Annotated[tuple[str, ...], "Keys in these of what they build on."]
    patches: Annotated[tuple[str, ...], "Keys in these of the files that say what changes."]


class Proposing(Record):
    """What a first project file takes for granted."""

    use_cases: Annotated[dict[str, str], "Use case of each kind of model; other kinds are not proposed."]
    waived_days: Annotated[int, "Days for which what the check has against it is accepted.", Field(ge=1)]
    many_files: Annotated[int, "So many files of a folder are named by a pattern.", Field(ge=2)]


class Checking(Record):
    """Margins, ages and spellings."""

    better_margin: Annotated[float, "Points by which a clearly better build leads.", Field(gt=0)]
    shelf_lives: Annotated[tuple[ShelfLife, ...], "How long rows are good for; the first that fits holds."]
    settings: Annotated[tuple[Spelling, ...], "How deployments spell what they set."]
    reading: Annotated[Reading, "How files are read."]
    runtimes: Annotated[tuple[Runtime, ...], "How they name the engine and its version."]
    overrides: Annotated[Overriding, "Which files change what a source says."]
    proposing: Annotated[Proposing, "What `--discover` takes for granted."]
