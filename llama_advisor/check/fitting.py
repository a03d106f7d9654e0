"""What of a choice fits its machine: a longer context, and the ways to split a copy."""

from __future__ import annotations

from functools import cached_property

from llama_advisor.check.decide import Decider, Decision
from llama_advisor.check.machines import split_of
from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.engine.candidate import Candidate
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.engine import Engine
from llama_advisor.scenario.project_file import Choice, Requirements
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.estimate import cache_type
from llama_advisor.sizing.layouts import Layout, Part
from llama_advisor.sizing.memory import BYTES_PER_VALUE, fit, tensor_parallel_divides
from llama_advisor.text.errors import InputError

Split = tuple[int, int]
"""Devices over which each layer is divided, and stages after each other."""


class Fitting:
    """The judged build of one choice, held against loads and splits that files set."""

    def __init__(
        self, asked: tuple[Requirements, Choice], decision: Decision, decider: Decider, engine: Engine | None
    ) -> None:
        self.asked, self.decision, self.decider, self.engine = asked, decision, decider, engine
        self.build = decision.best or decision.nearest

    def lacking(self, tokens: int, held: Deployment, said: Mention | None) -> str:
        """Say why a longer context does not fit; an engine that pages needs room for one sequence of that length.

        It is held with the KV cache `said` and the split that the files set, else with those of the engine itself.
        """
        (asked, choice), build, load = self.asked, self.build, self.decision.need.workload
        load = load._replace(context_tokens=tokens)
        if self.engine and self.engine.concurrent_requests == "continuous":
            asked, load = asked.model_copy(update={"concurrent_requests": 1}), load._replace(concurrent_requests=1)
        short = self.decider.lacking(asked, choice, tokens)
        layout = build and build.layout
        if short or not build or not layout or not self.decision.need.hardware_stated:
            return short
        cache = _cache_type(said.text) if said else build.engine.kv_cache_types[0]
        ways: list[Part] = [(layout.machine, layout.replicas, layout.parallel)]
        if split_of(held) and build.place.machine:
            ways = [_part(build.place.machine, numbers(held, "parallelism", "nodes"))]
        elif build.engine.layer_split and build.place.machine:  # it divides by itself
            ways.append((build.place.machine, 1, "layer"))
        if cache is None or any(self._holds(build, part, load, cache, offload=build.engine.offload) for part in ways):
            return ""
        divided = " and divided as it is" * bool(split_of(held))
        only = "" if said else ", and no file sets another"
        return f"with a KV cache of {cache}{divided}, it does not fit{only}"

    @cached_property
    def splits(self) -> list[Split]:
        """All ways to split a copy of the judged build that make whole copies and fit, its own first."""
        build = self.build
        if not build or not build.layout or not build.place.machine:
            return []
        machine, layout, shape = build.place.machine, build.layout, build.model.architecture
        sizes = [size for size in range(1, machine.devices + 1) if machine.devices % size == 0]
        whole = [
            (tensor, stages)
            for stages in sizes
            for tensor in sizes
            if machine.devices % (tensor * stages) == 0 and tensor_parallel_divides(shape, tensor)
        ]
        load, cache = build.need.workload, layout.kv_cache_type
        found = [
            split for split in whole if self._holds(build, _part(machine, split), load, cache, offload=layout.offload)
        ]
        judged = layout.placed.tensor, layout.placed.stages
        return sorted(found or whole, key=lambda split: (split != judged, split[1], split[0]))

    def _holds(self, build: Candidate, part: Part, load: Workload, kv_cache_type: str, *, offload: bool) -> bool:
        """Whether a build so divided may hold a load."""
        sizes, made = self.decider.advisor.search.sizes, (build.model, build.quantization, build.engine)
        one = Layout(sizes, made, part, kv_cache_type, offload=offload, with_image=False)
        return fit(one.memory_terms, one.measure(load))[0] is not False


def numbers(held: Deployment, *kinds: str) -> tuple[int, ...]:
    """Return what is set first of each kind; 1 where it is not."""
    return tuple(mention.number if (mention := held.setting(kind)) else 1 for kind in kinds)


def _part(machine: Machine, split: tuple[int, ...]) -> Part:
    """Return the part of a machine that a copy is divided over."""
    part = machine._replace(count=split[0], nodes=split[1])
    return part, 1, "tensor" if part.devices > 1 else "none"


def _cache_type(said: str) -> str | None:
    """Return the type of KV cache that a file sets: `fp8_e5m2` is fp8; None for one that is not known."""
    folded = said.strip().lower()
    try:
        return cache_type(folded if folded in BYTES_PER_VALUE else folded.partition("_e")[0])
    except InputError:
        return None
