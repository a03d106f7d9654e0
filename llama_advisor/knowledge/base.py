"""The rule base: found, read, cross-checked and compiled; the only reader of `rules/`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from datetime import date
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from llama_advisor.knowledge.conditions import ConditionError, Fact
from llama_advisor.knowledge.constants import Constants, Optimizer, Trainer
from llama_advisor.knowledge.device import Device, Instance, Reference, RentalPrice, Vendor
from llama_advisor.knowledge.engine import App, Deploying, Engine, Program
from llama_advisor.knowledge.judgement import Criteria, Moves, Regions, Relaxations, Rule, Source, UseCase
from llama_advisor.knowledge.kinds import ENTRY_FOLDERS, LIST_KEYS, RULE_FOLDERS, SINGLE_FILES
from llama_advisor.knowledge.layers import Entries, Layer, Origin, read_layer
from llama_advisor.knowledge.model import Benchmark, Model
from llama_advisor.knowledge.offer import CloudRegion, Offer, Provider
from llama_advisor.knowledge.quantization import BlockType, Quantization
from llama_advisor.knowledge.rule import CompiledRule, compiled_rule
from llama_advisor.knowledge.upkeep_entries import Checking, Expired, FindingKind
from llama_advisor.knowledge.verifying import Measurement, Verifying
from llama_advisor.text.errors import RuleBaseError, nearest
from llama_advisor.text.record import Record, model_of, validate

Entry = TypeVar("Entry", bound=Record)
Made = TypeVar("Made")


def _by_id(kind: str, schema: type[Entry]) -> cached_property[Mapping[str, Entry]]:
    """The entries of a kind as an attribute: by id, in order, read when first asked for."""
    return cached_property(lambda base: base.entries(kind, schema))


def _single(file: str, schema: type[Entry]) -> cached_property[Entry]:
    """The record of a single file as an attribute, read when first asked for."""
    return cached_property(lambda base: base.single(file, schema))


class RuleBase:
    """Everything the engine knows, read from one or more layers."""

    def __init__(self, layers: tuple[Layer, ...], facts: Mapping[str, Fact]) -> None:
        self.layers = layers
        self.facts = facts
        self._kept: dict[Callable[[RuleBase], Any], Any] = {}
        self.hash = hashlib.sha256("".join(layer.digest for layer in layers).encode()).hexdigest()[:12]
        self._finished = layers[0].kept if layers[0].kept and layers[0].kept.finished else None
        if len(layers) > 1 or not self._finished:
            self._raw = Entries(layers)

    @cached_property
    def _raw(self) -> Entries:
        return Entries(self.layers)

    @property
    def removed(self) -> dict[tuple[str, str], Origin]:
        """Entries that a layer took away, by kind and id."""
        return self._raw.removed

    def origin(self, kind: str, name: str) -> Origin:
        """Return where an entry, or a single file (kind ""), was last written."""
        return self._raw.entries[kind][name][1] if kind else self._raw.singles[name][1]

    def entries(self, kind: str, schema: type[Entry]) -> Mapping[str, Entry]:
        """Entries of a kind by id, in order; those of the lowest layer are kept from an earlier run."""

        def validated() -> dict[str, Entry]:
            return {name: _valid(found, schema) for name, found in sorted(self._raw.entries.get(kind, {}).items())}

        finished = self._finished.table(kind, schema, validated) if self._finished else None
        if finished is None or len(self.layers) == 1:
            return validated() if finished is None else finished
        return {
            name: finished[name] if name in finished and found[1].layer is self.layers[0] else _valid(found, schema)
            for name, found in sorted(self._raw.entries.get(kind, {}).items())
        }

    def lasting(self, make: Callable[[RuleBase], Any]) -> Any:
        """Plain data that `make` makes of the records, kept with those of the lowest layer where it is alone."""
        name = f"{make.__module__}.{make.__qualname__}"
        kept = self._finished if len(self.layers) == 1 else None
        if kept is None or (made := kept.data(name)) is None:
            made = make(self)
            if kept is not None:
                kept.keep(kept.digest, records={name: made})
        return made

    def single(self, file: str, schema: type[Entry]) -> Entry:
        """The record of a single file, kept from an earlier run where only the lowest layer has it."""
        finished = self._finished.single(file, schema) if self._finished else None
        if finished is not None and (len(self.layers) == 1 or self.origin("", file).layer is self.layers[0]):
            return finished
        if file not in self._raw.singles:
            raise RuleBaseError(f"{self.layers[0].label}: {file} is missing")
        return _valid(self._raw.singles[file], schema)

    def expired(self, kind: str, name: str, as_of: date) -> Expired | None:
        """Return how far an entry (`prices`: of either kind) is past what it is good for; None while it is good.

        What has no life does not age.
        """
        kind = kind if kind != "prices" else "rentals" if name in self.rentals else "hosted"
        row = getattr(self, kind)[name]
        day, cloud = row.as_of if kind in {"rentals", "hosted"} else row.read, getattr(row, "cloud", "")
        lives = (life for life in self.checking.shelf_lives if life.of == kind)
        good = next((life.days for life in lives if not life.clouds or cloud in life.clouds), None)
        age = (as_of - day).days if day else 0
        return Expired(day, age, good) if good is not None and (day is None or age > good) else None

    def finish(self) -> None:
        """Keep all records of the lowest layer for the next run, unless one is wrong (told when it is asked for)."""
        kept = self.layers[0].kept
        if kept is None or kept.finished:
            return
        try:
            tables = {kind: self.entries(kind, schema) for kind, schema in (ENTRY_FOLDERS | LIST_KEYS).items()}
            singles = {file: self.single(file, schema) for file, schema in SINGLE_FILES.items()}
            kept.keep(kept.digest, records=tables | singles)
        except (RuleBaseError, ValueError):
            return

    models = _by_id("models", Model)
    benchmarks = _by_id("benchmarks", Benchmark)
    quantizations = _by_id("quantizations", Quantization)
    block_types = _by_id("block_types", BlockType)
    devices = _by_id("devices", Device)
    instances = _by_id("instances", Instance)
    engines = _by_id("engines", Engine)
    apps = _by_id("apps", App)
    programs = _by_id("programs", Program)
    trainers = _by_id("trainers", Trainer)
    optimizers = _by_id("optimizers", Optimizer)
    vendors = _by_id("vendors", Vendor)
    providers = _by_id("providers", Provider)
    rentals = _by_id("rentals", RentalPrice)
    hosted = _by_id("hosted", Offer)
    cloud_regions = _by_id("cloud_regions", CloudRegion)
    use_cases = _by_id("use_cases", UseCase)
    finding_kinds = _by_id("findings", FindingKind)
    sources = _by_id("sources", Source)
    measurements = _by_id("measurements", Measurement)
    reference = _single("hardware/reference.yaml", Reference)
    criteria = _single("criteria.yaml", Criteria)
    deploying = _single("deploy.yaml", Deploying)
    checking = _single("checking.yaml", Checking)
    verifying = _single("verifying.yaml", Verifying)
    relaxations = _single("relaxations.yaml", Relaxations)
    moves = _single("moves.yaml", Moves)
    regions = _single("regions.yaml", Regions)

    @cached_property
    def constants(self) -> Constants:
        """Constants of sizing; the weakest devices stand in for what is not known of others."""
        found = self.single("engines/constants.yaml", Constants)
        return found._replace(speed=found.speed._replace(devices=self.devices))

    @cached_property
    def rules(self) -> dict[str, CompiledRule]:
        """All rules by id, compiled."""
        compiled: dict[str, CompiledRule] = {}
        for folder in RULE_FOLDERS:
            for name, rule in self.entries(folder, Rule).items():
                if name in compiled:
                    what = f"duplicate id {name!r}, also in {compiled[name].folder}/"
                    raise self.origin(folder, name).error(("id",), what)
                layer = self.layers[0] if len(self.layers) == 1 else self.origin(folder, name).layer
                try:
                    compiled[name] = compiled_rule(rule, folder, layer.label, self.facts)
                except ConditionError as error:
                    raise self.origin(folder, name).error(error.loc, error.what) from error
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


def _valid(found: tuple[Any, Origin], schema: type[Entry]) -> Entry:
    from pydantic import ValidationError

    from llama_advisor.text.wording import problem

    data, origin = found
    try:
        return validate(schema, data)
    except ValidationError as error:
        raise origin.error(*problem(error, model_of(schema))) from error


def shipped_rules() -> Path:
    """Return the folder of the shipped rules: inside the wheel, else beside the checkout's package."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def read_rules(facts: Mapping[str, Fact], *extra: str | Path) -> RuleBase:
    """Read the shipped rule base with the layers in `extra` over it, last on top; conditions may test `facts`."""
    shipped = read_layer(shipped_rules(), "rules", apart=False)
    base = RuleBase((shipped,), facts)
    base.finish()
    if not extra:
        return base
    return RuleBase((shipped, *(read_layer(Path(folder), str(folder)) for folder in extra)), facts)


LINKS: dict[str, list[tuple[str, str, str]]] = json.loads(Path(__file__).with_name("links.json").read_text("utf-8"))
"""Where names stand in entries, what they name, and what holds of a name that a layer removed.

`*` is every item, `keys` every key of a mapping, `?` follows a field that may say nothing. A removed name is refused at
the place of its removal, unknown as any other, or fine.
"""
_FILES = {"criteria": "criteria.yaml", "verifying": "verifying.yaml", "reference": "hardware/reference.yaml"}


class Link(NamedTuple):
    """A name in an entry, at a place, that must be among those known."""

    kind: str
    entry: str
    loc: tuple[Any, ...]
    what: str
    name: str
    known: Collection[str]
    target: Annotated[str, "Kind of entry it leads to, where a layer may have removed it."] = ""


def check_links(base: RuleBase) -> None:
    """Raise RuleBaseError at the first name that leads nowhere."""
    for found in references(base):
        if found.name in found.known:
            continue
        if gone := base.removed.get((found.target, found.name)):
            raise gone.error((), f"removed, but {found.entry} names it")
        what = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
        raise base.origin(found.kind, found.entry).error(found.loc, what)


def references(base: RuleBase) -> Iterator[Link]:
    """Yield every name that leads elsewhere."""
    for attribute, links in LINKS.items():
        held = getattr(base, attribute)
        if attribute in _FILES:
            entries = [("", _FILES[attribute], held)]
        elif attribute == "rules":
            entries = [(rule.folder, rule.id, rule.rule) for rule in held.values()]
        else:
            entries = [(attribute, name, entry) for name, entry in held.items()]
        for (kind, name, entry), (path, what, removed) in product(entries, links):
            target = "rentals" if what == "price" else f"{what}s"  # kinds of entry are named by their plural
            for loc, named in _named(entry, path.split("."), ()):
                if removed != "fine" or (target, named) not in base.removed:
                    told = "" if removed == "unknown" else target
                    yield Link(kind, name, loc, what, named, getattr(base, target), told)


def _named(value: Any, path: list[str], loc: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield the names at a path below a value, each with its place."""
    step, *further = path or [""]
    if step == "*":
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _named(item, further, (*loc, key))
    elif step == "keys":
        yield from (((*loc, key), key) for key in value)
    elif not step:
        yield loc, value
    else:
        field = step.removesuffix("?")
        if (inner := getattr(value, field)) or field == step:
            yield from _named(inner, further, (*loc, field))
