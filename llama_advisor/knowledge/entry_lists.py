"""Files that hold lists of entries: any of these keys, in any file of the folders for lists."""

from __future__ import annotations

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

    benchmarks: tuple[Benchmark, ...] = ()
    """Series of scores."""
    block_types: tuple[BlockType, ...] = ()
    """Block types of quantized files."""
    quantizations: tuple[Quantization, ...] = ()
    """Ways to store weights."""
    devices: tuple[Device, ...] = ()
    """Devices."""
    instances: tuple[Instance, ...] = ()
    """Cloud instances."""
    rentals: tuple[RentalPrice, ...] = ()
    """Prices of rented machines."""
    hosted: tuple[HostedPrice, ...] = ()
    """Prices of hosted models."""
    sources: tuple[Source, ...] = ()
    """Sources."""
    recipes: tuple[TrainingRecipe, ...] = ()
    """What each way of tuning holds in memory."""
    findings: tuple[FindingKind, ...] = ()
    """What the codes of findings stand for."""
    misunderstandings: tuple[Misunderstanding, ...] = ()
    """What people get wrong."""
    statements: tuple[Statement, ...] = ()
    """Statements of the seed article."""
    questions: tuple[Question, ...] = ()
    """What the questionnaire asks."""
