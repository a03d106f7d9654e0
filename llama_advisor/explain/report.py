"""What a report is made of: the answer with its reasons, every build judged, a small grid, the sources cited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llama_advisor.explain.grid import vary
from llama_advisor.explain.options import options
from llama_advisor.explain.why import explained
from llama_advisor.scenario.vary import Axis
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice, Excluded
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.grid import Grid
    from llama_advisor.explain.options import Option
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.judgement import Source
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
    axes = []
    for field, value in (("context_tokens", need.context_tokens), ("concurrent_requests", need.concurrent_requests)):
        # half, as it is, and twice; one request has no half, so four instead
        values = (value // 2, value, value * 2) if value > 1 else (1, 2, 4)
        axes.append(Axis(field=field, labels=tuple(f"{item:,}" for item in values), values=values))
    grid = vary(scenario, tuple(axes), advisor, nearest, told) if varied else None
    stated = scenario.model_dump(mode="json", exclude_defaults=True)
    return Report(stated, advice, options(found, advisor.base), grid, cited(advice, advisor.base))


def cited(advice: Advice, base: RuleBase) -> tuple[Source, ...]:
    """Every source that the answer rests on, by id."""
    found: set[str] = set()
    for build in (*advice.ranking, *([advice.recommendation] if advice.recommendation else [])):
        found.update(*(part.source for part in build.contributions), *base.models[build.model].sources.values())
        if build.cost and build.cost.offer in base.rentals:
            found.add(base.rentals[build.cost.offer].source)
        if build.cost and build.cost.offer in base.hosted:
            found.add(base.hosted[build.cost.offer].source)
    found.update(*(caveat.source for caveat in advice.caveats), *(route.source for route in advice.routes))
    for excluded in advice.excluded:
        found.update(citation.id for citation in base.rules[excluded.excuse.rule].rule.sources)
    return tuple(base.sources[name] for name in sorted(found) if name in base.sources)
