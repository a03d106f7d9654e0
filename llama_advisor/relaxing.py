"""When nothing fits: which single softened requirement lets something fit, checked by applying it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_advisor.answer import short
from llama_advisor.errors import InputError
from llama_advisor.need import understand
from llama_advisor.ranking import ranked
from llama_advisor.schema.advice import Change, RelaxationShown
from llama_advisor.schema.scenario import HardwareSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.engine import Advisor
    from llama_advisor.judged import Found, Judged
    from llama_advisor.need import Need
    from llama_advisor.schema.judgement import Relaxation
    from llama_advisor.schema.scenario import Scenario


@dataclass(frozen=True)
class Way:
    """A softened requirement and the build that then qualifies."""

    changes: tuple[Change, ...]
    build: Judged
    counts: bool
    shown: RelaxationShown


def relaxations(need: Need, found: Found, advisor: Advisor) -> list[Way]:
    """Return, for each kind of requirement in order, the smallest change that lets something fit."""
    return list(ways_round(need, found, advisor))


def ways_round(need: Need, found: Found, advisor: Advisor) -> Iterator[Way]:
    """Yield them one at a time, as finding each takes several runs."""
    for relaxation in advisor.base.relaxations.relaxations:
        if found.failures.isdisjoint(relaxation.cures):
            continue
        if way := _first_way(need, relaxation, advisor):
            yield way


def _first_way(need: Need, relaxation: Relaxation, advisor: Advisor) -> Way | None:
    """Find the smallest step that helps: softening never hurts, so try the softest step first and then bisect."""
    before = current(need, relaxation.field)
    steps = [supported(need, step, advisor) for step in softer(before, relaxation)]
    found = _way(need, relaxation, before, steps[-1], advisor) if steps else None
    low, high = 0, len(steps) - 1
    while found and low < high:
        middle = (low + high) // 2
        if way := _way(need, relaxation, before, steps[middle], advisor):
            found, high = way, middle
        else:
            low = middle + 1
    return found


def supported(need: Need, step: Any, advisor: Advisor) -> Any:
    """Replace the step `supported` by the stated languages that some ranked model supports; none of them drops it."""
    if step != "supported":
        return step
    images = "image" in need.inputs
    known = {
        code
        for model in advisor.base.models.values()
        for code in (model.languages.image if images else model.languages.text)
        if model.role == "ranked"
    }
    return [code for code in need.scenario.languages if code in known] or None


def _way(need: Need, relaxation: Relaxation, before: Any, value: Any, advisor: Advisor) -> Way | None:
    """Apply one step, and return what then qualifies."""
    try:
        softened = changed(need.scenario, relaxation.field, value)
        found, relaxed = advisor.decide(understand(softened, advisor.base))
    except InputError:
        return None
    order = ranked(found.qualified, relaxed, advisor.base)
    if not order:
        return None
    changes = (Change(field=relaxation.field, from_=plain(before), to=plain(value)),)
    told = RelaxationShown(changes=changes, then=short(order[0]), why=relaxation.why)
    return Way(changes, order[0], relaxation.counts, told)


def plain(value: Any) -> Any:
    """Return a field's value as plain data for the contract."""
    return value.model_dump(exclude_none=True) if isinstance(value, HardwareSpec) else value


def current(need: Need, field: str) -> Any:
    """Return what the scenario says, or what was assumed for it."""
    if field.startswith("only."):
        only = need.scenario.only
        value = getattr(only, field.removeprefix("only.")) if only else None
    else:
        value = getattr(need.scenario, field)
    if value in (None, ()):
        value = next((item.value for item in need.assumptions if item.field == field), None)
    return list(value) if isinstance(value, tuple) else value


def softer(before: Any, relaxation: Relaxation) -> list[Any]:
    """Return the steps beyond today's value, the nearest first; nothing to soften, no steps."""
    if before in (None, [], "none", False):
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
    if field.startswith("only."):
        only = dict(data.get("only", {}))
        only.pop(field.removeprefix("only."), None)
        if value is not None:
            only[field.removeprefix("only.")] = value
        data["only"] = only
    elif value is None:
        data.pop(field, None)
    else:
        data[field] = value
    return type(scenario).model_validate(data)
