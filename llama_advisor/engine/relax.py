"""When nothing fits: which softened requirement, or which two, let something fit, checked by applying them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from llama_advisor.engine.advice import Change, RelaxationShown
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.search import Found
from llama_advisor.engine.words import short
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Relaxation
from llama_advisor.scenario.need import Need
from llama_advisor.scenario.scenario import HardwareSpec, Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError

Attempt = Callable[[Any, "Models"], "Way | None"]
Models = frozenset[str] | None


class Decider(Protocol):
    """What is asked again with a requirement softened."""

    base: RuleBase

    def decide(self, need: Need, among: Models = None) -> Found:
        """Judge all models, or those `among` them."""


class Softening(NamedTuple):
    """A kind of requirement with its value today and the steps beyond it."""

    kind: Relaxation
    before: Any
    steps: list[Any]


class Way(NamedTuple):
    """A softened requirement and the build that then qualifies."""

    changes: tuple[Change, ...]
    build: Candidate
    counts: bool
    shown: RelaxationShown
    models: frozenset[str]  # Models that qualify then; with less softening no others do.


def ways_round(found: Found, advisor: Decider) -> Iterator[Way]:
    """Yield, for each kind of requirement in order, the smallest change that lets something fit; each takes runs.

    Where no single change does, the first two kinds that do so together: what a model was stopped by may hide what
    comes next.
    """
    need = found.need
    able = []
    for kind in advisor.base.relaxations.relaxations:
        before = current(need, kind.field)
        if before is None and (found.failures.isdisjoint(kind.cures) or not need.self_hosted_considered):
            continue  # what is asked for anew is asked of a machine
        if steps := steps_for(need, kind, advisor.base):
            able.append(Softening(kind, before, steps))
    cures = [item for item in able if not found.failures.isdisjoint(item.kind.cures)]

    def alone(item: Softening) -> Way | None:
        return _smallest(item, lambda step, among: _way(need, [(item.kind, step)], advisor, among), advisor)

    ways = filter(None, map(alone, cures))
    if first := next(ways, None):
        yield first
        yield from ways
        return
    for easier, harder in sorted(combinations(able, 2), key=lambda pair: able.index(pair[1])):
        if (easier in cures or harder in cures) and (way := _together(need, easier, harder, advisor)):
            yield way
            return


def _together(need: Need, easier: Softening, harder: Softening, advisor: Decider) -> Way | None:
    """Soften the harder kind as little as helps with the easier one at its softest, then the easier one."""

    def way(step: Any, other: Any, among: Models) -> Way | None:
        return _way(need, [(easier.kind, step), (harder.kind, other)], advisor, among)

    found = _smallest(harder, lambda other, among: way(easier.steps[-1], other, among), advisor)
    if found is None:
        return None
    least = found.changes[1].to
    return _smallest(easier, lambda step, among: way(step, least, among), advisor)


def steps_for(need: Need, kind: Relaxation, base: RuleBase) -> list[Any]:
    """Return the steps beyond today's value that leave the job standing, words filled in.

    `supported`: the stated languages that some ranked model supports, none of them drops the field; `assumed`: the
    machines that are assumed where none was stated, as what one has cannot be dropped, but another be bought.
    """
    found: list[Any] = []
    for step in softer(current(need, kind.field), kind):
        if step == "supported":
            images = "image" in need.inputs
            known = {
                code
                for model in base.models.values()
                for code in (model.languages.image if images else model.languages.text)
                if model.role == "ranked"
            }
            found.append([code for code in need.scenario.languages if code in known] or None)
        elif step == "assumed":
            found += [item.hardware for item in base.reference.reference.get(need.target) or ()]
        else:
            found.append(step)
    return [step for step in found if not _is_lost(need, kind, step)]


def _smallest(softening: Softening, way: Attempt, advisor: Decider) -> Way | None:
    """Return the way of the smallest change that helps.

    Softening never hurts, so the softest step is tried first, then the steps are halved; where a number is softened,
    halving goes on between the last step that does not help and the first that does, to the unit of moves.yaml.
    """
    steps = softening.steps
    found = way(steps[-1], None)
    low, high = 0, len(steps) - 1
    while found and low < high:
        middle = (low + high) // 2
        listed = softening.kind.softer == "listed"  # there a harder step may qualify others
        if better := way(steps[middle], None if listed else found.models):
            found, high = better, middle
        else:
            low = middle + 1
    unit = next((item.unit for item in advisor.base.moves.numbers if item.field == softening.kind.field), None)
    if found is None or unit is None or steps[high] is None:
        return found
    fails, helps = round((steps[high - 1] if high else softening.before) / unit), round(steps[high] / unit)
    while abs(helps - fails) > 1:
        between = (helps + fails) // 2
        if better := way(whole(between, unit), found.models):
            found, helps = better, between
        else:
            fails = between
    return way(whole(helps, unit), None)


def whole(units: int, unit: float) -> float:
    """Return so many units as a number without a tail of digits."""
    value = units * unit
    return round(value) if unit == round(unit) else round(value, 6)


def _way(need: Need, softened: list[tuple[Relaxation, Any]], advisor: Decider, among: Models = None) -> Way | None:
    """Apply the steps, and return what then qualifies; `among` judges these models alone; none gives up the job."""
    if any(_is_lost(need, *item) for item in softened):
        return None
    try:
        scenario = need.scenario
        for kind, value in softened:
            scenario = changed(scenario, kind.field, value)
        order = advisor.decide(understand(as_meant(scenario, need), advisor.base), among).order
    except (InputError, ValidationError):
        return None
    if not (need.quantizations_wished or need.only_quantizations):  # no one changes a requirement for coarser weights
        order = tuple(build for build in order if build.quantization.bits >= advisor.base.criteria.comfortable_bits)
    if not order:
        return None
    failed = not need.symptoms.isdisjoint(advisor.base.criteria.failed_symptoms)
    best = next((build for build in order if build.model.id == need.model and not failed), order[0])
    changes = tuple(
        Change(field=kind.field, from_=plain(current(need, kind.field)), to=plain(value)) for kind, value in softened
    )
    told = RelaxationShown(changes=changes, then=short(best), why="; ".join(kind.why for kind, _ in softened))
    models = frozenset(build.model.id for build in order)
    counts = all(kind.counts and (value is not None or kind.drop_counts) for kind, value in softened)
    return Way(changes, best, counts, told, models)


def _is_lost(need: Need, kind: Relaxation, value: Any) -> bool:
    """Whether the job itself is given up with a requirement so softened."""
    if value in kind.lost.get(str(current(need, kind.field)), ()):
        return True
    given_up = [case.gives_up.get(kind.field) for case in need.cases]
    return () in given_up or all(values is not None and value in values for values in given_up)


def as_meant(scenario: Scenario, need: Need) -> Scenario:
    """Hold the lengths that were assumed, as far as they fit: a smaller context makes no one's prompt shorter."""
    if need.provider_named and scenario.target is None:  # who named a service wants one, whoever it is
        scenario = scenario.model_copy(update={"target": need.target})
    context = scenario.context_tokens or need.context_tokens
    if context == need.context_tokens:
        return scenario
    output = scenario.output_tokens or min(need.output_tokens, max(1, context // 2))
    prompt = scenario.prompt_tokens or max(1, min(need.prompt_tokens, context - output))
    return scenario.model_copy(update={"output_tokens": output, "prompt_tokens": prompt})


def plain(value: Any) -> Any:
    """Return a field's value as plain data for the contract."""
    return value.model_dump(exclude_none=True) if isinstance(value, HardwareSpec) else value


def stated_value(scenario: Any, field: str) -> Any:
    """Return what the scenario itself says of a field."""
    owner, _, name = field.rpartition(".")
    held = getattr(scenario, owner) if owner else scenario
    return getattr(held, name) if held else None


def current(need: Need, field: str) -> Any:
    """Return what the scenario says, or what was assumed for it."""
    if field == "tuning.sample_tokens":
        return need.tuning.sample_tokens if need.wants_tuning else None
    value = stated_value(need.scenario, field)
    if value in (None, ()):
        value = next((item.value for item in need.assumptions if item.field == field), None)
    return list(value) if isinstance(value, tuple) else value


def softer(before: Any, relaxation: Relaxation) -> list[Any]:
    """Return the steps beyond today's value, the nearest first; nothing to soften, no steps."""
    if before is None and relaxation.from_nothing:
        return [list(relaxation.from_nothing)]
    if before in (None, [], "none", False) or (relaxation.of and before not in relaxation.of):
        return []
    if relaxation.softer == "smaller":
        return [step for step in relaxation.steps if step is None or step < before]
    if relaxation.softer == "larger":
        return [step for step in relaxation.steps if step is None or step > before]
    steps = list(relaxation.steps)
    return steps[steps.index(before) + 1 :] if before in steps else [step for step in steps if step != before]


def changed(scenario: Scenario, field: str, value: Any) -> Scenario:
    """Return the scenario with one field set; null drops what was stated."""
    data = scenario.model_dump(exclude_defaults=True)
    owner, _, name = field.rpartition(".")
    held = data.setdefault(owner, {}) if owner else data
    held.pop(name, None)
    if value is not None:
        held[name] = value
    return type(scenario).model_validate(data)
