"""Which records a folder of rules holds: kinds of entry, and where each stands."""

from __future__ import annotations

from typing import Annotated, get_args, get_type_hints

from llama_advisor.knowledge.constants import Constants, Optimizer, Trainer
from llama_advisor.knowledge.device import Device, Instance, Reference, RentalPrice, Vendor
from llama_advisor.knowledge.engine import App, Deploying, Engine, Program
from llama_advisor.knowledge.judgement import Criteria, Moves, Question, Regions, Relaxations, Rule, Source, UseCase
from llama_advisor.knowledge.model import Benchmark, Model
from llama_advisor.knowledge.offer import CloudRegion, Offer, Provider
from llama_advisor.knowledge.quantization import BlockType, Quantization
from llama_advisor.knowledge.upkeep_entries import Checking, FindingKind, Misunderstanding, Sampling, Statement
from llama_advisor.knowledge.verifying import Measurement, Verifying
from llama_advisor.text.record import Record

RULE_FOLDERS = ("constraints", "preferences", "caveats", "routes")
ENTRY_FOLDERS: dict[str, type[Record]] = {
    "models": Model,
    "engines": Engine,
    "use_cases": UseCase,
    **dict.fromkeys(RULE_FOLDERS, Rule),
}
"""Folders with one entry a file."""
SINGLE_FILES: dict[str, type[Record]] = {
    "criteria.yaml": Criteria,
    "checking.yaml": Checking,
    "deploy.yaml": Deploying,
    "verifying.yaml": Verifying,
    "relaxations.yaml": Relaxations,
    "moves.yaml": Moves,
    "regions.yaml": Regions,
    "sampling.yaml": Sampling,
    "hardware/reference.yaml": Reference,
    "engines/constants.yaml": Constants,
}
"""Files that are one record."""


class EntryLists(Record):
    """One file of entries by id."""

    benchmarks: Annotated[tuple[Benchmark, ...], "Series of scores."] = ()
    block_types: Annotated[tuple[BlockType, ...], "Block types of quantized files."] = ()
    quantizations: Annotated[tuple[Quantization, ...], "Ways to store weights."] = ()
    devices: Annotated[tuple[Device, ...], "Devices."] = ()
    instances: Annotated[tuple[Instance, ...], "Cloud instances."] = ()
    apps: Annotated[tuple[App, ...], "Apps and front ends."] = ()
    programs: Annotated[tuple[Program, ...], "Commands with all their options."] = ()
    vendors: Annotated[tuple[Vendor, ...], "Makers of devices."] = ()
    providers: Annotated[tuple[Provider, ...], "Providers of hosted models."] = ()
    rentals: Annotated[tuple[RentalPrice, ...], "Prices of rented machines."] = ()
    hosted: Annotated[tuple[Offer, ...], "Offers of hosted models."] = ()
    cloud_regions: Annotated[tuple[CloudRegion, ...], "Regions of clouds, and the country of each."] = ()
    sources: Annotated[tuple[Source, ...], "Sources."] = ()
    trainers: Annotated[tuple[Trainer, ...], "What each way of tuning holds in memory."] = ()
    optimizers: Annotated[tuple[Optimizer, ...], "What optimizers hold."] = ()
    findings: Annotated[tuple[FindingKind, ...], "What the codes of findings stand for."] = ()
    misunderstandings: Annotated[tuple[Misunderstanding, ...], "What people get wrong."] = ()
    statements: Annotated[tuple[Statement, ...], "Statements of the seed article."] = ()
    questions: Annotated[tuple[Question, ...], "What the questionnaire asks."] = ()
    measurements: Annotated[tuple[Measurement, ...], "What a team measured of its builds."] = ()


LIST_KEYS: dict[str, type[Record]] = {
    key: get_args(hint)[0] for key, hint in get_type_hints(EntryLists).items() if key in EntryLists._fields
}
"""Keys of lists of entries, in any other file."""
