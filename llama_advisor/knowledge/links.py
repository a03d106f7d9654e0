"""Names that lead from one entry of the rule base to another: each must lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from llama_advisor.text.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from llama_advisor.knowledge.base import RuleBase


class Reference(NamedTuple):
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
        if found.name not in found.known:
            origin = base.removed.get((found.target, found.name)) or base.origin(found.kind, found.entry)
            gone = (found.target, found.name) in base.removed
            loc = () if gone else found.loc
            said = f"removed, but {found.entry} names it" if gone else f"unknown {found.what} {found.name!r}"
            raise origin.error(loc, said + ("" if gone else nearest(found.name, found.known)))


def references(base: RuleBase) -> Iterator[Reference]:
    """Yield every name that leads elsewhere."""
    yield from _of_rules(base)
    yield from _of_use_cases(base)
    yield from _of_models(base)
    yield from _of_engines(base)
    yield from _of_hardware(base)
    yield from _of_singles(base)


def _of_rules(base: RuleBase) -> Iterator[Reference]:
    for rule in base.rules.values():
        for index, cited in enumerate(rule.rule.sources):
            yield Reference(rule.folder, rule.id, ("sources", index, "id"), "source", cited.id, base.sources, "sources")


def _of_use_cases(base: RuleBase) -> Iterator[Reference]:
    for case in base.use_cases.values():
        for name in case.benchmarks:
            yield Reference(
                "use_cases", case.id, ("benchmarks", name), "benchmark", name, base.benchmarks, "benchmarks"
            )
        if case.floor:
            name = case.floor.benchmark
            yield Reference(
                "use_cases", case.id, ("floor", "benchmark"), "benchmark", name, base.benchmarks, "benchmarks"
            )
        for index, cited in enumerate(case.sources):
            yield Reference("use_cases", case.id, ("sources", index, "id"), "source", cited.id, base.sources, "sources")
        if case.companion:
            yield Reference("use_cases", case.id, ("companion",), "model", case.companion, base.models, "models")


def _of_models(base: RuleBase) -> Iterator[Reference]:
    for model in base.models.values():
        if model.text_scores_from:
            yield Reference(
                "models", model.id, ("text_scores_from",), "model", model.text_scores_from, base.models, "models"
            )
        if model.sibling and ("models", model.sibling) not in base.removed:
            yield Reference("models", model.id, ("sibling",), "model", model.sibling, base.models, "models")
        for name in model.scores:
            yield Reference("models", model.id, ("scores", name), "benchmark", name, base.benchmarks, "benchmarks")
        for section, ids in model.sources.items():
            for index, name in enumerate(ids):
                yield Reference("models", model.id, ("sources", section, index), "source", name, base.sources)
        for index, build in enumerate(model.official_builds):
            loc = ("official_builds", index, "quantization")
            yield Reference("models", model.id, loc, "quantization", build.quantization, base.quantizations)


def _of_engines(base: RuleBase) -> Iterator[Reference]:
    for engine in base.engines.values():
        for index, item in enumerate(engine.quantizations):
            loc = ("quantizations", index, "quantization")
            yield Reference("engines", engine.id, loc, "quantization", item.quantization, base.quantizations)
        for index, name in enumerate(engine.sources):
            yield Reference("engines", engine.id, ("sources", index), "source", name, base.sources, "sources")


def _of_hardware(base: RuleBase) -> Iterator[Reference]:
    for name, instance in base.instances.items():
        yield Reference("instances", name, ("device",), "device", instance.device, base.devices, "devices")
        if instance.offer:
            yield Reference("instances", name, ("offer",), "price", instance.offer, base.rentals, "rentals")
    for name, rental in base.rentals.items():
        yield Reference("rentals", name, ("device",), "device", rental.device, base.devices, "devices")
    for name, hosted in base.hosted.items():
        if ("models", hosted.model) not in base.removed:
            yield Reference("hosted", name, ("model",), "model", hosted.model, base.models, "models")


def _of_singles(base: RuleBase) -> Iterator[Reference]:
    for index, criterion in enumerate(base.criteria.criteria):
        for place, measure in enumerate(criterion.measures):
            loc = ("criteria", index, "measures", place, "fact")
            yield Reference("", "criteria.yaml", loc, "fact", measure.fact, base.facts)
    for target, machines in base.reference.reference.items():
        for index, machine in enumerate(machines):
            if machine.offer:
                offer: tuple[Any, ...] = ("reference", target, index, "offer")
                yield Reference("", "hardware/reference.yaml", offer, "price", machine.offer, base.rentals, "rentals")
