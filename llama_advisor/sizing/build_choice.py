"""Which quantization and engine a build takes where they were not said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.scenario import names
from llama_advisor.sizing.support import HOSTED, official_build, support

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Device
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.sizing.support import Support


OWN_PLACES = ("phone", "browser")


class Option(NamedTuple):
    """A quantization on an engine, and how the engine takes it."""

    quantization: Quantization
    engine: Engine
    support: Support

    @property
    def trouble(self) -> int:
        """Reasons against it: it does not run there, only in an old version, or is seldom used there."""
        taken = self.support
        broken = (not taken.runs_model, not taken.runs_on_machine, taken.runs_quantization == "no")
        return 3 * sum(broken) + (taken.pinned_version is not None) + (not taken.used_where_it_runs)


def options(
    model: Model, device: Device | None, base: RuleBase, wanted: tuple[str, ...], engine: str | None
) -> tuple[Option, ...]:
    """Return builds in the order in which they are tried; one alone where the quantization was said.

    `wanted` are the quantizations that a name stands for, empty for any. Unasked, the ladder goes from
    the most bits to the fewest, prepared formats of better trodden engines first, and holds only what runs.
    """
    engines = [
        found for found in base.engines.values() if found.id == engine or (engine is None and found.id != HOSTED)
    ]
    ids = wanted or tuple(_ladder(model, base))
    made = [best_engine(model, base.quantizations[item], device, engines) for item in ids]
    if wanted:
        return (min(made, key=lambda option: option.trouble),)
    least = min(option.trouble // 3 for option in made)
    return tuple(sorted((option for option in made if option.trouble // 3 == least), key=_ladder_order))


def best_engine(model: Model, quantization: Quantization, device: Device | None, engines: Iterable[Engine]) -> Option:
    """Return the quantization on the best trodden engine that takes it there."""
    made = (Option(quantization, engine, _support(engine, model, quantization, device)) for engine in engines)
    return min(made, key=lambda option: (option.trouble, -option.engine.maturity, option.engine.id))


def named_build(text: str, model: Model) -> str | None:
    """Return the quantization that a model's name stands for: an Ollama tag's, an official build's."""
    files, wanted = model.artifacts, names.key(text)
    if files.ollama_tag is not None and text.strip().lower() == files.ollama_tag:
        return files.ollama_quantization
    for build in model.official_builds:
        if wanted in {names.key(build.hf_repo), names.key(build.hf_repo.rsplit("/", 1)[-1])}:
            return build.quantization
    return None


def objections(option: Option, model: Model, device: Device | None) -> Iterator[str]:
    """Yield what stands against a build that is sized all the same, a sentence each."""
    taken, engine = option.support, option.engine.name
    if option.quantization.official_only and official_build(model, option.quantization) is None:
        yield f"no {option.quantization.id} build of {model.name} is published; sized all the same"
    if not taken.runs_model:
        yield f"no release of {engine} is known to run {model.name}; sized all the same"
    elif taken.pinned_version:
        yield f"only an old release runs {model.name}: {taken.pinned_version}"
    if device is not None and not taken.runs_on_machine:
        yield f"{engine} is not known to run on {device.name}; sized all the same"
    elif taken.runs_quantization == "no":
        there = f" on {device.name}" if device is not None and _loads(option) else ""
        yield f"{engine} does not load {option.quantization.id}{there}; sized all the same"
    elif taken.runs_quantization == "weight_only":
        yield f"{option.quantization.id} saves memory there, its arithmetic stays 16-bit"


def _loads(option: Option) -> bool:
    return any(item.quantization == option.quantization.id for item in option.engine.quantizations)


def _ladder(model: Model, base: RuleBase) -> Iterator[str]:
    for item in base.quantizations.values():
        official = not item.official_only or official_build(model, item) is not None
        if item.ladder and item.format != HOSTED and official:
            yield item.id


def _ladder_order(option: Option) -> tuple[int, int, bool, int, int, str]:
    quantization = option.quantization
    native = option.support.runs_quantization == "native"
    return (
        option.trouble,
        -quantization.bits,
        not native,
        -option.engine.maturity,
        -quantization.maturity,
        quantization.id,
    )


def _support(engine: Engine, model: Model, quantization: Quantization, device: Device | None) -> Support:
    where = device.kind if device is not None and device.kind in OWN_PLACES else engine.targets[0]
    return support(engine, model, quantization, device, where)
