"""What a report is made of: the answer with its reasons, every build judged, a small grid, the sources cited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.explain.grid import vary
from llama_advisor.explain.options import options
from llama_advisor.explain.why import explained
from llama_advisor.scenario.vary import Axis
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llama_advisor.engine.advice import Advice, Excluded
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.exploration import Grid, Option
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Source
    from llama_advisor.scenario.need import Need
    from llama_advisor.scenario.scenario import Scenario


class Report(NamedTuple):
    """All that a report shows."""

    stated: dict[str, Any]  # The scenario as it was stated, plain data.
    advice: Advice
    options: tuple[Option, ...]
    grid: Grid | None
    sources: tuple[Source, ...]


def report(
    scenario: Scenario,
    advisor: Advisor,
    nearest: Callable[[Advice], Excluded | None],
    told: Callable[[int, int], None],
    *,
    varied: bool,
) -> Report:
    """Answer with reasons; `varied` adds how the answer moves with context and users."""
    advice, need, found = explained(scenario, advisor)
    if found is None:
        raise InputError(f"recommend: state at least one of: {', '.join(advice.missing)}")
    grid = vary(scenario, usual_axes(need), advisor, nearest, told) if varied else None
    stated = scenario.model_dump(mode="json", exclude_defaults=True)
    return Report(stated, advice, options(found, advisor.base), grid, cited(advice, advisor.base))


def usual_axes(need: Need) -> tuple[Axis, ...]:
    """Half, as it is, and twice: the context, and the requests at a time; one request has no half, so four instead."""
    return _axis("context_tokens", need.context_tokens), _axis("concurrent_requests", need.concurrent_requests)


def _axis(field: str, value: int) -> Axis:
    values = (value // 2, value, value * 2) if value > 1 else (1, 2, 4)
    return Axis(field=field, labels=tuple(f"{item:,}" for item in values), values=values)


def cited(advice: Advice, base: RuleBase) -> tuple[Source, ...]:
    """Return every source that the answer rests on, by id."""
    return tuple(base.sources[name] for name in sorted(set(_cited(advice, base))) if name in base.sources)


def _cited(advice: Advice, base: RuleBase) -> Iterator[str]:
    for build in (*advice.ranking, *([advice.recommendation] if advice.recommendation else [])):
        for part in build.contributions:
            yield from part.source
        for names in base.models[build.model].sources.values():
            yield from names
        if build.cost:
            yield from _priced(build.cost.offer, base)
    for caveat in advice.caveats:
        yield from caveat.source
    for route in advice.routes:
        yield from route.source
    for excluded in advice.excluded:
        yield from (citation.id for citation in base.rules[excluded.excuse.rule].rule.sources)


def _priced(offer: str, base: RuleBase) -> Iterator[str]:
    """Yield the source of a price."""
    rented, hosted = base.rentals.get(offer), base.hosted.get(offer)
    if rented:
        yield rented.source
    if hosted:
        yield hosted.source
