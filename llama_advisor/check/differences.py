"""What files deploy against the choice of a deployment: model, build, engine, context and split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from llama_advisor.check.decide import Decider, Decision
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.check.machines import LARGER, OTHER, in_words, unlike
from llama_advisor.check.project import Deployed
from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.check.reading.reader import PARAMETER
from llama_advisor.check.reading.versions import WRONG_VERSION, bound, parts, wrong_version
from llama_advisor.engine.candidates import machines
from llama_advisor.hardware import catalogue_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model, Published
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.sizing.layouts import Layout
from llama_advisor.sizing.memory import Parallel, fit, tensor_parallel_divides
from llama_advisor.sizing.support import made_here
from llama_advisor.text.errors import nearest
from llama_advisor.text.yaml_file import place_of

FULL_BITS = 16
_WORD = re.compile(r"[A-Za-z]+")
SHOWN = 3
Split = tuple[int, int]
"""Devices over which each layer is divided, and stages after each other."""


def compared(
    deployments: Sequence[Deployment], decision: Decision, base: RuleBase, chosen: frozenset[str]
) -> Iterator[Deployment]:
    """Yield what is compared with the choice.

    Where a file holds the chosen model, of another one its name is, but not of a guard, nor of one `chosen` beside it.
    """
    others = [bool(held.model and _other_model(held.model, decision, base)) for held in deployments]
    both = any(held.model and not other for held, other in zip(deployments, others, strict=True))
    beside = chosen | {model.id for model in base.models.values() if model.role == "companion"}
    for held, other in zip(deployments, others, strict=True):
        if not held.model or not (other and both):
            yield held
        elif not held.model.checkpoint or held.model.checkpoint.model not in beside:
            yield held._replace(settings=())


def _other_model(mention: Mention, decision: Decision, base: RuleBase) -> str:
    """Return the name of the model that stands where another was chosen; nothing where it is the chosen one."""
    found, chosen = mention.checkpoint, decision.chosen
    if not found or found.model == chosen.model.id or (found.loose and found.model == chosen.model.sibling):
        return ""
    return base.models[found.model].name if found.model else "another model"


class Comparison:
    """One deployment's choice against its files; what depends on all of them is told at the end."""

    def __init__(self, item: Deployed, decision: Decision, decider: Decider) -> None:
        self.item, self.name, self.decision, self.decider = item, item.name, decision, decider
        self.base, self.day, self.chosen = decider.advisor.base, decider.advisor.as_of, decision.chosen
        self.build = decision.best or decision.nearest
        self.engine = self.base.engines.get(self.chosen.engine or (self.build.engine.id if self.build else ""))
        choice = item.deployment.choice.engine
        self.provider = names.provider_id(choice, self.base) if choice else None
        self.set: set[str] = set()  # kinds of what any of the files sets
        self.unset: dict[str, CheckFinding] = {}  # findings that hold where no file sets a kind

    def findings(self, source: SourceText, held: Deployment) -> Iterator[CheckFinding]:
        """Yield how one deployment of a file differs."""
        self.set |= {mention.kind for mention in held.settings}
        for mention in held.mentions:
            if mention.kind == "model":
                yield from self._model(source, mention, held)
            elif mention.kind == "quantization" and (text := self._other_form(mention.text, mention.quantizations)):
                yield self._finding(source, mention, "LA302", text)
            elif mention.kind == "context":
                yield from self._context(source, mention)
            elif mention.kind == "version":
                yield from self._version(source, mention)
            elif mention.kind == "parameter":
                known = self.base.programs[PARAMETER].options.split()
                if mention.text.lower() not in known:
                    text = f"{self.name}: Ollama knows no parameter {mention.text!r}{nearest(mention.text, known)}"
                    yield self._finding(source, mention, "LA310", text, of_a_name=True)
        yield from self._split(source, held)
        yield from self._hardware(source, held)

    def left(self) -> Iterator[CheckFinding]:
        """Yield what holds because none of the files sets something."""
        yield from (found for kind, found in self.unset.items() if kind not in self.set)

    def _finding(
        self, source: SourceText, mention: Mention, code: str, text: str, *, of_a_name: bool = False, **more: Any
    ) -> CheckFinding:
        found = source.finding(
            code, text, mention.start, mention.end, deployment=self.name, about=mention.kind, of_a_name=of_a_name
        )
        return found._replace(**{"about": (*found.about, *self.item.named), **more})

    def _model(self, source: SourceText, mention: Mention, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether another model, form or engine is deployed, or one that its provider has ended."""
        found, engines = mention.checkpoint, [item for item in held.settings if item.kind == "engine"]
        hosted = HOSTED in {self.chosen.engine, *(item.engine for item in engines)}
        called = provider_of(held, self.base) if hosted else None
        provider = called or self.provider
        ends = [
            offer
            for offer in self.base.hosted.values()
            if mention.text.lower() in {offer.id, offer.sent.lower()} and provider in {None, offer.provider}
        ]
        if hosted and ends and all(offer.ended(self.day) for offer in ends):
            last = max(ends, key=lambda offer: str(offer.until))
            text = f"{self.name}: {self.base.providers[last.provider].name} ended {last.sent} on {last.until}"
            about = (mention.text, last.provider, last.model)
            yield self._finding(source, mention, "LA207", text, about=about)
        if other := _other_model(mention, self.decision, self.base):
            text = f"{mention.text} is {other}; {self.name} chose {self.chosen.model.id}"
            yield self._finding(source, mention, "LA301", text, replacement=self._respelt(mention))
            return
        if found and (text := self._other_form(mention.text, found.quantizations)):
            yield self._finding(source, mention, "LA302", text)
        if called and self.provider and called != self.provider:
            one, other = (self.base.providers[name].name for name in (called, self.provider))
            text = f"{one} serves {mention.text}; {self.name} chose {other}"
            yield self._finding(source, mention, "LA309", text)
        if engines and not any(map(self._same_engine, engines)):
            says = f"{self.base.engines[engines[0].engine].name} runs {mention.text}"
            text = f"{says}; {self.name} chose {self.base.engines[str(self.chosen.engine)].name}"
            yield self._finding(source, engines[0], "LA309", text)
        elif self.engine and any(item.engine == self.engine.id for item in engines):  # it is started, not called
            self._unset(source, mention, self.engine)

    def _same_engine(self, mention: Mention) -> bool:
        """Whether an engine that is named is the chosen one, or a back end of it."""
        pair = [self.base.engines[name] for name in (mention.engine, self.chosen.engine) if name]
        return len({engine.part_of or engine.id for engine in pair}) == 1

    def _other_form(self, name: str, held: frozenset[str]) -> str:
        """Say that what is deployed has another quantization than was chosen; nothing where it has not."""
        wanted = self.chosen.quantizations
        if not held or not wanted or held & wanted:
            return ""
        return f"{name} is {' or '.join(sorted(held))}; {self.name} chose {' or '.join(sorted(wanted))}"

    def _unset(self, source: SourceText, mention: Mention, engine: Engine) -> None:
        """Keep what follows for a model beside which no quantization, or no context, is set in any file."""
        wanted, original = self.chosen.quantizations, self.chosen.model.artifacts.hf_repo
        if mention.checkpoint and not mention.checkpoint.quantizations and "safetensors" in engine.loads:
            text = f"{mention.text} holds weights of 16 bits, and no file sets another quantization"
            text = f"{text}; {self.name} chose {' or '.join(sorted(wanted))}"
            if _owner(mention.text) == _owner(original) and not self._full(wanted):
                self.unset.setdefault("quantization", self._finding(source, mention, "LA302", text))
        machine, need = self.build and self.build.machine, self.decision.need
        gib = ((machine.device.memory_gib or 0.0) * machine.devices) if machine and need.hardware_stated else 0.0
        default = next((item for item in engine.default_contexts if gib < (item.below_gib or float("inf"))), None)
        if default is None:
            return
        whole = self.chosen.model.context_tokens
        tokens = min(default.tokens or whole, whole)
        needs = f"{self.name} needs {need.context_tokens}"
        text, level = f"no file sets a context: {engine.name} then takes {tokens} tokens; {needs}", "warning"
        if tokens == need.context_tokens or (default.tokens and tokens > need.context_tokens):
            return
        if tokens > need.context_tokens:
            short = self._lacking(tokens)
            text, level = f"{text}; {short or self._fits}", "warning" if short else "note"
        if self._assumed(tokens):
            level = "note"
        self.unset.setdefault("context", self._finding(source, mention, "LA308", text, severity=level))

    def _full(self, quantizations: frozenset[str]) -> bool:
        """Whether the original weights of 16 bits are one of these."""
        return not quantizations or any(self.base.quantizations[name].bits >= FULL_BITS for name in quantizations)

    def _lacking(self, tokens: int) -> str:
        """Say why a longer context does not fit; an engine that pages needs room for one sequence of that length."""
        asked = self.item.deployment.requirements
        if self.engine and self.engine.concurrent_requests == "continuous":
            asked = asked.model_copy(update={"concurrent_requests": 1})
        return self.decider.lacking(asked, self.item.deployment.choice, tokens)

    @property
    def _fits(self) -> str:
        stated = self.decision.need.hardware_stated
        return "that fits too" if stated else "whether that fits is not known: no hardware is stated"

    def _assumed(self, tokens: int) -> bool:
        """Whether what speaks against a number of tokens was not stated: the context, or where it must fit."""
        need, stated = self.decision.need, self.item.deployment.requirements
        return stated.context_tokens is None or (tokens > need.context_tokens and not need.hardware_stated)

    def _context(self, source: SourceText, mention: Mention) -> Iterator[CheckFinding]:
        """Yield whether another context is set; a longer one that fits is worth a note alone."""
        need, requests = self.decision.need, self.decision.need.concurrent_requests if mention.total else 1
        wanted = need.context_tokens * requests
        if mention.number in {need.context_tokens, wanted}:
            return
        assumed = self.item.deployment.requirements.context_tokens is None
        taken = ", which its use case takes for granted; state `context_tokens`" if assumed else ""
        shared = f" for {requests} requests" if requests > 1 else ""
        text = f"{mention.number} tokens are allocated; {self.name} needs {wanted}{shared}{taken}"
        severe, tokens = not assumed, mention.number // requests
        if mention.number > wanted:
            short = self._lacking(tokens)
            text = f"{text}; {short or self._fits}"
            severe = bool(short) and not self._assumed(tokens)
        more: dict[str, Any] = {"replacement": str(wanted)} if severe else {"severity": "note"}
        yield self._finding(source, mention, "LA303", text, **more)

    def _version(self, source: SourceText, mention: Mention) -> Iterator[CheckFinding]:
        """Yield whether a version of the engine does not run the model."""
        engine = self.base.engines[mention.engine]
        if self.chosen.engine in {None, engine.id} and (
            wrong := wrong_version(engine, mention.text, self.chosen.model)
        ):
            pinned = bound(engine, mention.text, self.chosen.model)
            yield self._finding(source, mention, WRONG_VERSION, f"{self.name}: {wrong}", replacement=pinned)
            return
        wanted = self.item.deployment.choice.engine_version
        if wanted and self.chosen.engine == engine.id and parts(mention.text) != parts(wanted):
            text = f"{engine.name} {mention.text} runs; {self.name} chose {wanted}"
            yield self._finding(source, mention, "LA309", text)

    def _split(self, source: SourceText, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether the devices of all copies do not make up the stated machine, or a copy does not fit its own."""
        build, kinds = self.build, ("parallelism", "nodes", "data_parallel")
        said = [held.setting(kind) for kind in kinds]
        told = [mention for mention in said if mention]
        machine = build.place.machine if build and self.decision.need.hardware_stated else None
        if not told or not build or not build.layout or not machine or machine.others:
            return
        tensor, stages, copies = (mention.number if mention else 1 for mention in said)
        fitting = self._splits
        if (tensor, stages) in fitting and machine.devices % (tensor * stages * max(copies, 1)) == 0:
            return
        judged = build.layout.placed.tensor, build.layout.placed.stages, build.layout.replicas
        wrong = (mention for mention, right in zip(said, judged, strict=True) if mention and mention.number != right)
        right = " or ".join(f"{one} × {other}" for one, other in fitting[:SHOWN])
        text = f"tensor {tensor} × pipeline {stages} × data {copies} does not divide the hardware into copies that fit"
        text = f"{text}; on {machine.devices} × {machine.device.name} {self.name} can take tensor × pipeline of {right}"
        yield self._finding(source, next(wrong, told[0]), "LA304", text)

    def _hardware(self, source: SourceText, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether the files ask for another kind of device than is stated, or fewer; for more it is a note."""
        if not self.decision.need.hardware_stated or self.chosen.engine == HOSTED:
            return
        if found := unlike(held, machines(self.decision.need, self.base, catalogue_of(self.base)), self.base):
            how, asked, stated = found
            inside, place = self.item.inside, ("deployments", self.item.position, "requirements", "hardware")
            where = f"{inside.source.name}:{inside.source.span(*place_of(inside.document, place))[0]}"
            counted = next((item for item in held.settings if item.kind == "devices" and how != OTHER), asked.mention)
            named = in_words(stated, stated.devices, stated.label)
            text = f"the files ask for {asked.shown}; {self.name} states {named} ({where})"
            more: dict[str, Any] = {"severity": "note"} if how == LARGER else {}
            yield self._finding(source, counted, "LA311", text, **more)

    @cached_property
    def _splits(self) -> list[Split]:
        """All ways to split a copy of the judged build that make whole copies and fit, its own first."""
        build = self.build
        if not build or not build.layout or not build.place.machine:
            return []
        machine, layout, shape = build.place.machine, build.layout, build.model.architecture
        sizes = [size for size in range(1, machine.devices + 1) if machine.devices % size == 0]
        found: list[Split] = []
        whole = [
            (tensor, stages)
            for stages in sizes
            for tensor in sizes
            if machine.devices % (tensor * stages) == 0 and tensor_parallel_divides(shape, tensor)
        ]
        for tensor, stages in whole:
            part = machine._replace(count=tensor, nodes=stages)
            way: Parallel = "tensor" if part.devices > 1 else "none"
            one = Layout(
                self.decider.advisor.search.sizes,
                (build.model, build.quantization, build.engine),
                (part, machine.devices // part.devices, way),
                layout.kv_cache_type,
                offload=layout.offload,
                with_image=False,
            )
            if fit(one.memory_terms, one.measure(build.need.workload))[0] is not False:
                found.append((tensor, stages))
        judged = layout.placed.tensor, layout.placed.stages
        return sorted(found or whole, key=lambda split: (split != judged, split[1], split[0]))

    def _respelt(self, mention: Mention) -> str | None:
        """Return the chosen model's name as another's is spelt; None where there is none, or are several."""
        found = self.base.models.get((mention.checkpoint and mention.checkpoint.model) or "")
        for name, others in self._names(found, self.chosen.model) if found else ():
            before = mention.text[: -len(name)]
            if found and before and before[:-1] == _owner(found.artifacts.hf_repo):
                continue  # the maker's repository, no name at a provider
            if mention.text.endswith(name) and before[-1:] in {"", "/", ":"} and len(others) == 1:
                return before + next(iter(others))
        return None

    def _names(self, found: Model, chosen: Model) -> Iterator[tuple[str, set[str]]]:
        """Yield the names of a model, each with those of the chosen one that are made like it."""
        for quantization, items in found.published.items():
            wanted = self.chosen.quantizations or {quantization}
            alike = [item for name in wanted for item in chosen.published.get(name, ())]
            for item in items:
                yield item.name, {other.name for other in alike if _made(other) == _made(item)}
        made = self.engine and any(made_here(name, self.engine) for name in self.chosen.quantizations)
        if made or self._full(self.chosen.quantizations):
            yield found.artifacts.hf_repo, {chosen.artifacts.hf_repo}
        offers = self.base.hosted.values()
        for offer in offers:
            if offer.model == found.id and offer.sent != found.artifacts.hf_repo:
                same = (other for other in offers if (other.provider, other.model) == (offer.provider, chosen.id))
                yield offer.sent, {other.sent for other in same if not other.ended(self.day)}


def provider_of(held: Deployment, base: RuleBase) -> str | None:
    """Return the provider of a hosted model: named before it, or the one that calls it so, or that is named around."""
    text = held.model.text.lower() if held.model else ""
    if "/" in text and (named := names.provider_id(text.partition("/")[0], base)):
        return named
    found = {
        offer.provider
        for offer in base.hosted.values()
        if text in {offer.sent.lower(), *(profile.id.lower() for profile in offer.profiles)}
    }
    if len(found) != 1:
        words = (word for step in held.path if isinstance(step, str) for word in _WORD.findall(step))
        named_around = {provider for word in words if (provider := names.provider_id(word, base))}
        found = found & named_around if found else named_around
    return found.pop() if len(found) == 1 else None


def _made(item: Published) -> tuple[str, str, int]:
    """Return how a published name is made: how it is stored, by whom, and how long a tag is."""
    owner = _owner(item.name)
    return item.stored_as, owner, 0 if owner else item.name.count("-")


def _owner(name: str) -> str:
    return name.lower().rpartition("/")[0]
