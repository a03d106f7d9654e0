"""Mentions of models and of what is set, and the deployments that they make."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Annotated, NamedTuple

from llama_advisor.check.reading.checkpoints import Checkpoint
from llama_advisor.check.reading.pieces import File, Named, Path
from llama_advisor.check.reading.words import HARDWARE
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import HOSTED

MOST_ALIKE = 100
"""Models of one list that share what is set beside it; of more, each has its own."""
NUMBERS = frozenset({"context", "parallelism", "nodes", "data_parallel", "sequences"})
WORDS = frozenset({"cache", "provider", "region"})
"""What is set to words: of a service or of how a model runs, which means nothing where no model is named."""


class Mention(NamedTuple):
    """One thing that a file deploys, and where it says so."""

    kind: Annotated[
        str, "What its spelling sets, or `parameter`, `provider`, `name`, `aside`: a model for another task."
    ]
    path: Path
    start: int
    end: int
    text: str
    number: int = 0
    total: Annotated[bool, "Whether the number counts all sequences together."] = False
    checkpoint: Checkpoint | None = None
    quantizations: frozenset[str] = frozenset()
    engine: str = ""
    key: Annotated[str, "What it is called by, folded."] = ""
    told: Annotated[bool, "Whether a model is asked for where it stands."] = False

    def part(self, start: int, end: int) -> Mention:
        """Return the mention of a part of its text."""
        return self._replace(start=self.start + start, end=self.start + end, text=self.text[start:end])


class Deployment(NamedTuple):
    """A model that a file deploys, with what is set beside it; without one, what is set in a file that names none."""

    model: Mention | None
    settings: tuple[Mention, ...]
    path: Annotated[Path, "The container it stands in."]
    aliases: Annotated[tuple[str, ...], "What it is called beside its model."] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names and keys around its model, by which it can be selected."""
        steps = (step for step in (self.model.path if self.model else ()) if step and isinstance(step, str))
        return (*steps, *self.aliases)

    def setting(self, kind: str) -> Mention | None:
        """Return the first thing of a kind that is set."""
        return next((item for item in self.settings if item.kind == kind), None)

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """All of it, in the order of the file."""
        every = (*((self.model,) if self.model else ()), *self.settings)
        return tuple(sorted(every, key=lambda item: (item.start, item.kind)))


def without_labels(found: Sequence[Mention], labels: Sequence[str], plain: Callable[[str], bool]) -> list[Mention]:
    """Leave out weak names of models, weakest first in `labels`, beside or above the model that they are names for.

    That has a `plain` key: `GUARD_MODEL` is another model than `MODEL_ID`.
    """
    strongest: dict[Path, int] = {}
    weak = {name: rank for rank, name in enumerate(labels)}
    for item in (item for item in found if item.kind == "model"):
        rank = weak.get(item.key, len(weak) * plain(item.key))
        file = max((place for place, step in enumerate(item.path) if isinstance(step, File)), default=-1)
        for length in range(file + 1, len(item.path)):
            strongest[item.path[:length]] = max(rank, strongest.get(item.path[:length], 0))

    def stands(item: Mention) -> bool:
        rank = weak.get(item.key, len(weak))
        loose = item.checkpoint is not None and (item.checkpoint.model is None or item.checkpoint.loose)
        around = (item.path[:-1], item.path[:-2]) if loose else (item.path[:-1],)
        return all(not _keeps(container) or strongest.get(container, 0) <= rank for container in around)

    return [item for item in found if item.kind != "model" or stands(item)]


def _keeps(container: Path) -> bool:
    """Whether what stands in a container belongs together: an item, a mapping or a call; no file and no function."""
    last = container[-2:]
    return bool(last) and (not isinstance(last[-1], Named) or any(isinstance(step, int) for step in last))


def deployed(found: Sequence[Mention], base: RuleBase, engine_named: Callable[[Path], str]) -> Iterator[Deployment]:
    """Yield each model with what is set for it."""
    places: dict[int, list[Mention]] = {}
    for item in found:
        if item.kind == "model":
            places.setdefault(item.start, []).append(item)
    # A name that a variable holds stands where the variable is used first.
    models = [held[min(1, len(held) - 1)] for _, held in sorted(places.items())]
    engines = {item.engine for item in found if item.kind == "engine"}
    names = [item for item in found if item.kind == "name"]
    asides = [item.path for item in found if item.kind == "aside"]
    once = {(item.start, item.kind): item for item in found if item.kind not in {"model", "name", "aside"}}
    settings = [once[place] for place in sorted(once)]
    settings = [item for item in settings if item.kind not in NUMBERS or not item.engine or item.engine in engines]
    own: list[list[Mention]] = [[] for _ in models]
    apart: list[Mention] = []  # The one engine of a file, named apart from its models.
    within = _within(item.path for item in models)
    own_settings = list(_without_others(settings, within, asides))
    owned = list(_owned(models, within, own_settings))
    near = any(item.kind in HARDWARE and not among for item, _, among, _ in owned)
    for item, owners, among, shared in owned:
        if among and near and item.kind in HARDWARE - {"workers"}:
            continue  # a cluster around models that say themselves what each of them takes
        if shared and item.kind == "engine" and len(models) > 1:
            apart = [item] if len(engines) == 1 else []
            continue
        for index in owners:
            own[index].append(item)
    called = _called(names, within)
    for index, (model, said) in enumerate(zip(models, own, strict=True)):
        implied: list[Mention] = []
        if not any(item.kind == "engine" for item in said):
            hosted = model.checkpoint is not None and model.checkpoint.hosted
            named = HOSTED if hosted else engine_named(model.path)
            implied = [model._replace(kind="engine", engine=named, checkpoint=None)] if named else apart
        every = tuple(_with_own_context([*said, *implied], model, base))
        yield Deployment(model, every, model.path[:-1], tuple(called.get(index, ())))
    alone = [item for item in own_settings if item.kind not in WORDS]
    if alone and not models:
        yield Deployment(None, tuple(alone), ())


Within = dict[Path, list[int]]
"""The models in each container, by their numbers."""


def _within(paths: Iterable[Path]) -> Within:
    within: Within = {}
    for index, path in enumerate(paths):
        for length in range(len(path)):
            within.setdefault(path[:length], []).append(index)
    return within


def _without_others(settings: Iterable[Mention], within: Within, asides: Iterable[Path]) -> Iterator[Mention]:
    """Yield the settings that do not stand beside a model for another task, nearer than to one that makes text."""
    others = {path for path in _within(asides) if path not in within and _keeps(path)}
    for item in settings:
        if others.isdisjoint(item.path[:length] for length in range(len(item.path) + 1)):
            yield item


def _called(named: Iterable[Mention], within: Within) -> dict[int, dict[str, None]]:
    """Return the names of each model: those beside or around it, and of no other item of a list."""
    called: dict[int, dict[str, None]] = {}
    for item in named:
        for length in range(len(item.path) - 1, 0, -1):
            if item.path[:length] in within:
                for index in within[item.path[:length]][:MOST_ALIKE]:
                    called.setdefault(index, {})[item.text] = None
                break
            if isinstance(item.path[length - 1], int):
                break
    return called


def _owned(
    models: Sequence[Mention], within: Within, settings: Sequence[Mention]
) -> Iterator[tuple[Mention, Sequence[int], bool, bool]]:
    """Yield each setting with the models it is for, whether several stand around it, and whether it is for the file.

    That is the model in the smallest container that holds both, of several the nearest above; of a list each, and
    all below an engine that stands above them.
    """
    alike: dict[Path, list[int]] = {}
    for index, item in enumerate(models):
        alike.setdefault(item.path, []).append(index)
    starts = [item.start for item in models]
    for item in settings:
        lengths = (length for length in range(len(item.path), -1, -1) if item.path[:length] in within)
        for length in islice(lengths, 1):
            held = within[item.path[:length]]
            above = bisect_right(held, bisect_right(starts, item.start) - 1)
            nearest = held[max(above - 1, 0)]
            listed = alike[models[nearest].path]
            around = length or item.kind == "region"
            if around and not above and item.kind in {"engine", "version", "region"}:  # in which all of them run
                listed = held
            elif item.kind == "provider" and len(held) > 1 and not _keeps(item.path[:length]):
                continue  # a client of a file or function, for one of several models
            yield item, listed if len(listed) <= MOST_ALIKE else [nearest], len(held) > 1, not length


def _with_own_context(said: list[Mention], model: Mention, base: RuleBase) -> Iterator[Mention]:
    """Yield settings; a context of 0 is the model's own."""
    known = base.models.get(model.checkpoint.model or "") if model.checkpoint else None
    for item in said:
        if item.kind == "context" and item.number == 0:
            if known:
                yield item._replace(number=known.context_tokens)
        else:
            yield item


def selected(deployments: Iterable[Deployment], selector: str) -> tuple[Deployment, ...]:
    """Return the deployments that stand below a key or a name in their file."""
    return tuple(item for item in deployments if selector in item.names)
