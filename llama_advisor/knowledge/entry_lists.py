"""Files that hold lists of entries: any of these keys, in any file of the folders for lists."""

from __future__ import annotations

from typing import Annotated

from llama_advisor.knowledge.constants import TrainingRecipe
from llama_advisor.knowledge.device import Device, Instance
from llama_advisor.knowledge.judgement import Source
from llama_advisor.knowledge.model import Benchmark
from llama_advisor.knowledge.price import HostedPrice, RentalPrice
from llama_advisor.knowledge.quantization import BlockType, Quantization
from llama_advisor.knowledge.question import Question
from llama_advisor.knowledge.upkeep_entries import FindingKind, Misunderstanding, Statement
from llama_advisor.text.strict import Strict


class EntryLists(Strict):
    """One file of entries by id."""

    benchmarks: Annotated[tuple[Benchmark, ...], "Series of scores."] = ()
    block_types: Annotated[tuple[BlockType, ...], "Block types of quantized files."] = ()
    quantizations: Annotated[tuple[Quantization, ...], "Ways to store weights."] = ()
    devices: Annotated[tuple[Device, ...], "Devices."] = ()
    instances: Annotated[tuple[Instance, ...], "Cloud instances."] = ()
    rentals: Annotated[tuple[RentalPrice, ...], "Prices of rented machines."] = ()
    hosted: Annotated[tuple[HostedPrice, ...], "Prices of hosted models."] = ()
    sources: Annotated[tuple[Source, ...], "Sources."] = ()
    recipes: Annotated[tuple[TrainingRecipe, ...], "What each way of tuning holds in memory."] = ()
    findings: Annotated[tuple[FindingKind, ...], "What the codes of findings stand for."] = ()
    misunderstandings: Annotated[tuple[Misunderstanding, ...], "What people get wrong."] = ()
    statements: Annotated[tuple[Statement, ...], "Statements of the seed article."] = ()
    questions: Annotated[tuple[Question, ...], "What the questionnaire asks."] = ()
