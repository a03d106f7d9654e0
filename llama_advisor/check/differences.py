"""What files deploy against the choice of a deployment: model, build, engine, context and split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from llama_advisor.check.decide import Decider, Decision
from llama_advisor.check.findings import CheckFinding, SourceText
from llama_advisor.check.fitting import Fitting, numbers
from llama_advisor.check.machines import LARGER, OTHER, in_words, unlike
from llama_advisor.check.project import Deployed
from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.check.reading.pieces import First, Path
from llama_advisor.check.reading.reader import IMAGES, PARAMETER
from llama_advisor.check.reading.versions import WRONG_VERSION, bound, parts, wrong_version
from llama_advisor.check.reading.words import words_of
from llama_advisor.engine.candidates import machines
from llama_advisor.hardware import catalogue_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.engine import Engine
from llama_advisor.knowledge.model import Model, Published
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario import names
from llama_advisor.sizing.support import made_here
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import place_of

FULL_BITS = 16
SHOWN = 3


def compared(
    deployments: Sequence[Deployment],
    decision: Decision,
    base: RuleBase,
    chosen: frozenset[str],
    sharing: Sequence[Decision] = (),
) -> Iterator[Deployment]:
    """Yield what is compared with the choice.

    Where a file holds the chosen model, of another one its name is, but not of a guard, nor of one `chosen` beside it.
    What fits another choice `sharing` the file is left to that, and so is the rest where one of those misses its own.
    """
    mine = [held for held in deployments if held.model and _fits(held, decision)]
    taken = [[held for held in deployments if held.model and _fits(held, other)] for other in sharing]
    theirs = [held for held in chain.from_iterable(taken) if held not in mine]
    rest = [held for held in deployments if held not in theirs]
    if mine and not all(taken):
        deployments = [held for held in rest if held in mine or not held.model]
    elif any(held.model for held in rest):
        deployments = rest
    others = [bool(held.model and _other_model(held.model, decision, base)) for held in deployments]
    both = any(held.model and not other for held, other in zip(deployments, others, strict=True))
    beside = chosen | {model.id for model in base.models.values() if model.role == "companion"}
    for held, other in zip(deployments, others, strict=True):
        if not held.model or not (other and both):
            yield held
        elif not held.model.checkpoint or held.model.checkpoint.model not in beside:
            yield held._replace(settings=())


def _fits(held: Deployment, decision: Decision) -> bool:
    """Whether a deployment says of model, quantization and context what a decision holds, or nothing."""
    chosen, need = decision.chosen, decision.need
    found = held.model.checkpoint if held.model else None
    forms = [found.quantizations if found else frozenset(), *(item.quantizations for item in held.settings)]
    contexts = {need.context_tokens, need.context_tokens * need.concurrent_requests}
    return (
        found is not None
        and (found.model == chosen.model.id or (found.loose and found.model == chosen.model.sibling))
        and all(not form or not chosen.quantizations or form & chosen.quantizations for form in forms)
        and all(item.kind != "context" or item.number in contexts for item in held.settings)
    )


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
        stated = item.deployment.choice.engine, item.deployment.requirements.provider
        known = (provider for name in stated if name and (provider := names.provider_id(name, self.base)))
        self.provider = next(known, None)
        self.set: dict[str, Mention] = {}  # of each kind what a file sets first
        asked = item.deployment.requirements, item.deployment.choice
        self.fitting = Fitting(asked, decision, decider, self.engine)
        self.engines: set[str] = set()  # those that any of them names
        self.later: list[Callable[[], Iterator[CheckFinding]]] = []  # what all files together decide
        self.unset: dict[str, Callable[[], Iterator[CheckFinding]]] = {}  # what holds where no file sets a kind

    def findings(self, source: SourceText, held: Deployment) -> Iterator[CheckFinding]:
        """Yield how one deployment of a file differs."""
        self.engines |= {mention.engine for mention in held.settings if mention.kind == "engine"}
        self.set = {mention.kind: mention for mention in reversed(held.settings)} | self.set
        for mention in held.mentions:
            if mention.kind == "model":
                yield from self._model(source, mention, held)
            elif mention.kind == "quantization" and (text := self._other_form(mention.text, mention.quantizations)):
                yield self._finding(source, mention, "LA302", text)
            elif mention.kind == "context":
                self.later.append(partial(self._context, source, mention, held))
            elif mention.kind == "sequences":
                self.later.append(partial(self._sequences, source, mention, held))
            elif mention.kind == "region":
                yield from self._region(source, mention, held)
            elif mention.kind == "version":
                yield from self._version(source, mention)
            elif mention.kind == "parameter":
                known = self.base.programs[PARAMETER].options.split()
                if mention.text.lower() not in known:
                    text = f"{self.name}: Ollama knows no parameter {mention.text!r}{nearest(mention.text, known)}"
                    yield self._finding(source, mention, "LA310", text, of_a_name=True)
        yield from self._images(source, held)
        yield from self._split(source, held)
        yield from self._hardware(source, held)

    def left(self) -> Iterator[CheckFinding]:
        """Yield what holds by what all files set together, and because none of them sets something."""
        unset = (tell for kind, tell in self.unset.items() if kind not in self.set)
        yield from (found for tell in (*self.later, *unset) for found in tell())

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
            self._unset(source, mention, held, self.engine)

    def _same_engine(self, mention: Mention) -> bool:
        """Whether an engine that is named is the chosen one, or a back end of it."""
        return self._alike(mention.engine, self.chosen.engine or mention.engine)

    def _alike(self, *engines: str) -> bool:
        return len({self.base.engines[name].part_of or name for name in engines}) == 1

    def _images(self, source: SourceText, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether an image is of another engine than the command in its container.

        In a file without a model, it may be the one that runs the deployment: where no file names the chosen engine.
        """
        engines = [item for item in held.settings if item.kind == "engine"]
        for image in (item for item in engines if item.key in IMAGES):
            inside = len(image.path) - 1
            commands = [
                item for item in engines if item.path[:inside] == image.path[:-1] and _starts(item.path[inside:])
            ]
            if commands and not any(self._alike(image.engine, item.engine) for item in commands):
                one, other = (self.base.engines[item.engine].name for item in (image, commands[0]))
                text = f"the image is one of {one}, the command in it one of {other}; {self.name} chose "
                text += self.base.engines[self.chosen.engine].name if self.chosen.engine else "neither"
                yield self._finding(source, image, "LA309", text)
            elif not held.model and self.chosen.engine not in {None, HOSTED}:
                self.later.append(partial(self._image_alone, source, image))

    def _image_alone(self, source: SourceText, image: Mention) -> Iterator[CheckFinding]:
        if not any(self._alike(engine, str(self.chosen.engine)) for engine in self.engines):
            one, other = (self.base.engines[str(name)].name for name in (image.engine, self.chosen.engine))
            text = f"the image is one of {one}, and no file names {other}, which {self.name} chose"
            yield self._finding(source, image, "LA309", text)

    def _other_form(self, name: str, held: frozenset[str]) -> str:
        """Say that what is deployed has another quantization than was chosen; nothing where it has not."""
        wanted = self.chosen.quantizations
        if not held or not wanted or held & wanted:
            return ""
        return f"{name} is {' or '.join(sorted(held))}; {self.name} chose {' or '.join(sorted(wanted))}"

    def _unset(self, source: SourceText, mention: Mention, held: Deployment, engine: Engine) -> None:
        """Keep what follows for a model beside which no quantization, or no context, is set in any file."""
        wanted, original = self.chosen.quantizations, self.chosen.model.artifacts.hf_repo
        if mention.checkpoint and not mention.checkpoint.quantizations and "safetensors" in engine.loads:
            text = f"{mention.text} holds weights of 16 bits, and no file sets another quantization"
            text = f"{text}; {self.name} chose {' or '.join(sorted(wanted))}"
            if _owner(mention.text) == _owner(original) and not self._full(wanted):
                found = self._finding(source, mention, "LA302", text)
                self.unset.setdefault("quantization", lambda: iter((found,)))
        self.unset.setdefault("context", partial(self._default_context, source, mention, held, engine))

    def _default_context(
        self, source: SourceText, mention: Mention, held: Deployment, engine: Engine
    ) -> Iterator[CheckFinding]:
        """Yield whether the context that an engine takes by itself is another than is needed."""
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
            short = self.fitting.lacking(tokens, held, held.setting("cache") or self.set.get("cache"))
            text, level = f"{text}; {short or self._fits}", "warning" if short else "note"
        if self._assumed(tokens):
            level = "note"
        yield self._finding(source, mention, "LA308", text, severity=level)

    def _full(self, quantizations: frozenset[str]) -> bool:
        """Whether the original weights of 16 bits are one of these."""
        return not quantizations or any(self.base.quantizations[name].bits >= FULL_BITS for name in quantizations)

    @property
    def _fits(self) -> str:
        stated = self.decision.need.hardware_stated
        return "that fits too" if stated else "whether that fits is not known: no hardware is stated"

    def _assumed(self, tokens: int) -> bool:
        """Whether what speaks against a number of tokens was not stated: the context, or where it must fit."""
        need, stated = self.decision.need, self.item.deployment.requirements
        return stated.context_tokens is None or (tokens > need.context_tokens and not need.hardware_stated)

    def _context(self, source: SourceText, mention: Mention, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether another context is set; a longer one that fits is worth a note alone."""
        need, requests = self.decision.need, self.decision.need.concurrent_requests if mention.total else 1
        slots = (held.setting("sequences") or self.set.get("sequences")) if mention.total else None
        if slots and slots.number > requests and mention.number >= need.context_tokens * requests:
            return  # the slots make it too short
        requests = slots.number if slots and slots.number else requests
        wanted = need.context_tokens * requests
        alone = not slots and not need.concurrency_stated
        if mention.number == wanted or (mention.number == need.context_tokens and alone):
            return
        assumed = self.item.deployment.requirements.context_tokens is None
        taken = ", which its use case takes for granted; state `context_tokens`" if assumed else ""
        shared = f" for {requests} requests" if requests > 1 else ""
        text = f"{mention.number} tokens are allocated; {self.name} needs {wanted}{shared}{taken}"
        severe, tokens = not assumed, mention.number // requests
        if mention.number > wanted:
            short = self.fitting.lacking(tokens, held, held.setting("cache") or self.set.get("cache"))
            text = f"{text}; {short or self._fits}"
            severe = bool(short) and not self._assumed(tokens)
        more: dict[str, Any] = {"replacement": str(wanted)} if severe else {"severity": "note"}
        yield self._finding(source, mention, "LA303", text, **more)

    def _sequences(self, source: SourceText, mention: Mention, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether fewer requests are worked on at once than are required, or so many that each is too short."""
        need, slots = self.decision.need, mention.number
        if not slots or self.chosen.engine == HOSTED:
            return
        shared = next((item.number for item in held.settings if item.kind == "context" and item.total), 0)
        if need.context_tokens * need.concurrent_requests <= shared < need.context_tokens * slots:
            text = f"{slots} requests share {shared} tokens, {shared // slots} each; {self.name} needs"
            found = self._finding(source, mention, "LA303", f"{text} {need.context_tokens} for each")
            stated = self.item.deployment.requirements.context_tokens is not None
            yield found if stated else found._replace(severity="note")
        copies = min((item.number for item in held.settings if item.kind == "replicas" and item.number), default=1)
        copies *= max(1, *numbers(held, "data_parallel"))
        if slots * copies < need.concurrent_requests:
            some = f"{slots} request{'s' * (slots > 1)} at once" + f" on each of {copies} copies" * (copies > 1)
            text = f"{some}; {self.name} needs {need.concurrent_requests}: the rest wait"
            found = self._finding(source, mention, "LA313", text)
            yield found if need.concurrency_stated else found._replace(severity="note")

    def _region(self, source: SourceText, mention: Mention, held: Deployment) -> Iterator[CheckFinding]:
        """Yield whether a provider that serves by region is called in another one than is stated."""
        stated, provider = (
            self.item.deployment.requirements.service_region,
            provider_of(held, self.base) or self.provider,
        )
        offers = (offer for offer in self.base.hosted.values() if offer.provider == provider)
        if not stated or not held.model or not any(offer.regions or offer.profiles for offer in offers):
            return
        try:
            found = names.regions_meant(mention.text, self.base)
        except InputError:
            return
        if found & self.base.kept(names.known_regions) and found.isdisjoint(self.decision.need.regions_meant):
            text = f"{mention.text} is another region; {self.name} states {stated}"
            yield self._finding(source, mention, "LA309", text)

    def _version(self, source: SourceText, mention: Mention) -> Iterator[CheckFinding]:
        """Yield whether a version of the engine does not run the model."""
        engine = self.base.engines[mention.engine]
        if self.chosen.engine in {None, engine.id} and (
            wrong := wrong_version(engine, mention.text, self.chosen.model)
        ):
            stated = self.chosen.engine and self.item.deployment.choice.engine_version
            runs = stated and parts(stated) and not wrong_version(engine, stated, self.chosen.model)
            pinned = stated.lstrip("vV=") if stated and runs else bound(engine, mention.text, self.chosen.model)
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
        tensor, stages, copies = numbers(held, *kinds)
        fitting = self.fitting.splits
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
    if addressed := held.setting("provider"):
        return addressed.engine
    found = {
        offer.provider
        for offer in base.hosted.values()
        if text in {offer.sent.lower(), *(profile.id.lower() for profile in offer.profiles)}
    }
    if len(found) != 1:
        words = (word for step in held.path if isinstance(step, str) for word in words_of(step))
        named_around = {provider for word in words if (provider := names.provider_id(word, base))}
        found = found & named_around if found else named_around
    return found.pop() if len(found) == 1 else None


def _starts(path: Path) -> bool:
    """Whether what stands at a path in a container starts its program."""
    command, last = any(isinstance(step, First) for step in path), str(path[-1])
    return command and (last == "-m" or not last.startswith("-"))


def _made(item: Published) -> tuple[str, str, int]:
    """Return how a published name is made: how it is stored, by whom, and how long a tag is."""
    owner = _owner(item.name)
    return item.stored_as, owner, 0 if owner else item.name.count("-")


def _owner(name: str) -> str:
    return name.lower().rpartition("/")[0]
