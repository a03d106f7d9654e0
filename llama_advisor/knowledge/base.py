"""The rule base: found, read, cross-checked and compiled; the only reader of `rules/`."""

from __future__ import annotations

import hashlib
from copy import copy
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from llama_advisor.knowledge.checking import Checking
from llama_advisor.knowledge.constants import Constants, TrainingRecipe
from llama_advisor.knowledge.device import Device, Instance, Reference
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.judgement import Criteria, Regions, Relaxations, Rule, Source, UseCase
from llama_advisor.knowledge.layers import Layer, merged, read_layer
from llama_advisor.knowledge.model import Benchmark, Model
from llama_advisor.knowledge.moves import Moves
from llama_advisor.knowledge.price import HostedPrice, RentalPrice
from llama_advisor.knowledge.quantization import BlockType, Quantization
from llama_advisor.knowledge.rule import CompiledRule, Origin, compiled_rule
from llama_advisor.knowledge.rule_files import ENTRY_FOLDERS, LIST_KEYS, RULE_FOLDERS, SINGLE_FILES
from llama_advisor.knowledge.upkeep_entries import FindingKind
from llama_advisor.text.errors import RuleBaseError, nearest
from llama_advisor.text.wording import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from llama_advisor.knowledge.conditions import FactType
    from llama_advisor.text.strict import Strict

Entry = TypeVar("Entry", bound="Strict")
Made = TypeVar("Made")


class RuleBase:
    """Everything the engine knows, read from one or more layers."""

    def __init__(self, layers: tuple[Layer, ...], facts: Mapping[str, FactType]) -> None:
        self.layers = layers
        self.facts = facts
        self._kept: dict[Callable[[RuleBase], Any], Any] = {}
        self.hash = hashlib.sha256("".join(layer.digest for layer in layers).encode()).hexdigest()[:12]
        self._raw: dict[str, dict[str, tuple[Any, Origin]]] = {}
        self._singles: dict[str, tuple[Any, Origin]] = {}
        self.removed: dict[tuple[str, str], Origin] = {}
        for layer in layers:
            for file, data in layer.files.items():
                self._take(layer, file, data)

    def _take(self, layer: Layer, file: str, data: Any) -> None:
        folder, _, name = file.rpartition("/")
        origin = Origin(layer, file)
        if not isinstance(data, dict):
            raise origin.error((), "the file must hold a mapping")
        if file in SINGLE_FILES:
            before = self._singles.get(file, ({}, origin))[0]
            self._singles[file] = merged(before, data), origin
        elif folder in ENTRY_FOLDERS:
            self._take_entry(folder, name.removesuffix(".yaml"), data, origin)
        else:
            self._take_lists(data, origin)

    def _take_entry(self, kind: str, name: str, data: dict[str, Any], origin: Origin) -> None:
        if data.get("id") != name:
            raise origin.error(("id",), f"id must be the name of the file, {name!r}")
        self._put(kind, name, data, origin)

    def _take_lists(self, data: dict[str, Any], origin: Origin) -> None:
        for key, entries in data.items():
            if key not in LIST_KEYS:
                raise origin.error((key,), f"unknown key {key!r}{nearest(key, LIST_KEYS)}")
            if not isinstance(entries, list):
                raise origin.error((key,), f"{key!r} must be a list")
            seen: set[str] = set()
            for index, entry in enumerate(entries):
                place = Origin(origin.layer, origin.file, (key, index))
                if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                    raise place.error((), "an entry is a mapping with an `id`")
                if entry["id"] in seen:
                    raise place.error(("id",), f"duplicate id {entry['id']!r}")
                seen.add(entry["id"])
                self._put(key, entry["id"], entry, place)

    def _put(self, kind: str, name: str, data: dict[str, Any], origin: Origin) -> None:
        entries = self._raw.setdefault(kind, {})
        if data.get("remove") is True:
            entries.pop(name, None)
            self.removed[kind, name] = origin
            return
        self.removed.pop((kind, name), None)
        lower, first = entries.get(name, ({}, origin))
        if name in entries and first.layer is origin.layer:
            raise origin.error(("id",), f"duplicate id {name!r}, also in {first.file}")
        entries[name] = merged(lower, data), origin

    def origin(self, kind: str, name: str) -> Origin:
        """Return where an entry, or a single file (kind ""), was last written."""
        return self._raw[kind][name][1] if kind else self._singles[name][1]

    def entries(self, kind: str, schema: type[Entry]) -> dict[str, Entry]:
        """Return the entries of a kind that only upkeep reads: findings, misunderstandings, statements."""
        return self._all(kind, schema)

    def single(self, file: str, schema: type[Entry]) -> Entry:
        """Return a single file that only upkeep reads."""
        return self._one(file, schema)

    def _all(self, kind: str, schema: type[Entry]) -> dict[str, Entry]:
        raw = self._raw.get(kind, {})
        return {name: self._valid(raw[name], schema) for name in sorted(raw)}

    def _one(self, file: str, schema: type[Entry]) -> Entry:
        if file not in self._singles:
            raise RuleBaseError(f"{self.layers[0].label}: {file} is missing")
        return self._valid(self._singles[file], schema)

    @staticmethod
    def _valid(found: tuple[Any, Origin], schema: type[Entry]) -> Entry:
        data, origin = found
        try:
            return schema.model_validate(data)
        except ValidationError as error:
            raise origin.error(*problem(error, schema)) from error

    @cached_property
    def models(self) -> dict[str, Model]:
        """Models by id."""
        return self._all("models", Model)

    @cached_property
    def benchmarks(self) -> dict[str, Benchmark]:
        """Benchmarks by id."""
        return self._all("benchmarks", Benchmark)

    @cached_property
    def quantizations(self) -> dict[str, Quantization]:
        """Quantizations by id."""
        return self._all("quantizations", Quantization)

    @cached_property
    def block_types(self) -> dict[str, BlockType]:
        """Block types by id."""
        return self._all("block_types", BlockType)

    @cached_property
    def devices(self) -> dict[str, Device]:
        """Devices by id."""
        return self._all("devices", Device)

    @cached_property
    def instances(self) -> dict[str, Instance]:
        """Cloud instances by name."""
        return self._all("instances", Instance)

    @cached_property
    def reference(self) -> Reference:
        """Machines assumed where none was given."""
        return self._one("hardware/reference.yaml", Reference)

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """Engines by id."""
        return self._all("engines", Engine)

    @cached_property
    def constants(self) -> Constants:
        """Fitted constants of memory and speed."""
        return self._one("engines/constants.yaml", Constants)

    @cached_property
    def recipes(self) -> dict[str, TrainingRecipe]:
        """Training recipes by id."""
        return self._all("recipes", TrainingRecipe)

    @cached_property
    def rentals(self) -> dict[str, RentalPrice]:
        """Rental prices by id."""
        return self._all("rentals", RentalPrice)

    @cached_property
    def hosted(self) -> dict[str, HostedPrice]:
        """Hosted prices by id."""
        return self._all("hosted", HostedPrice)

    @cached_property
    def use_cases(self) -> dict[str, UseCase]:
        """Use cases by id."""
        return self._all("use_cases", UseCase)

    @cached_property
    def criteria(self) -> Criteria:
        """The criteria and the constants of ranking."""
        return self._one("criteria.yaml", Criteria)

    @cached_property
    def checking(self) -> Checking:
        """What `check` goes by."""
        return self._one("checking.yaml", Checking)

    @cached_property
    def relaxations(self) -> Relaxations:
        """Ways to soften a requirement, in order."""
        return self._one("relaxations.yaml", Relaxations)

    @cached_property
    def finding_kinds(self) -> dict[str, FindingKind]:
        """What each code of a finding stands for."""
        return self._all("findings", FindingKind)

    @cached_property
    def moves(self) -> Moves:
        """How requirements are moved to see where the answer turns."""
        return self._one("moves.yaml", Moves)

    @cached_property
    def regions(self) -> Regions:
        """Country and language codes."""
        return self._one("regions.yaml", Regions)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Sources by id."""
        return self._all("sources", Source)

    @cached_property
    def rules(self) -> dict[str, CompiledRule]:
        """All rules by id, compiled."""
        compiled: dict[str, CompiledRule] = {}
        for folder in RULE_FOLDERS:
            for name, rule in self._all(folder, Rule).items():
                origin = self.origin(folder, name)
                if name in compiled:
                    raise origin.error(("id",), f"duplicate id {name!r}, also in {compiled[name].folder}/")
                compiled[name] = compiled_rule(rule, folder, origin, self.facts)
        return compiled

    def kept(self, make: Callable[[RuleBase], Made]) -> Made:
        """Return what `make` makes of this rule base, made once."""
        if make not in self._kept:
            self._kept[make] = make(self)
        made: Made = self._kept[make]
        return made

    def with_rules(self, rules: dict[str, CompiledRule]) -> RuleBase:
        """Return this rule base with other rules, for what-if runs; all else is shared."""
        other = copy(self)
        other.__dict__["rules"] = rules
        return other

    def in_folder(self, folder: str) -> Iterator[CompiledRule]:
        """Yield the rules of one folder, by id."""
        return (rule for rule in self.rules.values() if rule.folder == folder)


def shipped_rules() -> Path:
    """Return the folder of the shipped rules: inside the wheel, else beside the checkout's package."""
    inside = Path(str(files("llama_advisor") / "rules"))
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / "rules"


def read_rules(facts: Mapping[str, FactType], *extra: str | Path) -> RuleBase:
    """Read the shipped rule base with the layers in `extra` over it, last on top; conditions may test `facts`."""
    shipped = read_layer(shipped_rules(), "rules")
    return RuleBase((shipped, *(read_layer(Path(folder), str(folder)) for folder in extra)), facts)
