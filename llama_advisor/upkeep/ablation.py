"""What each rule decides: every scenario answered again without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from llama_advisor.engine.decide import Advisor
from llama_advisor.upkeep.coverage import Watch, watched, watched_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario


class Effect(NamedTuple):
    """What the removal of one rule changes."""

    rule: str
    kind: str
    at_work: Annotated[list[str], "Scenarios in which its outcome is anything but false."]
    said: Annotated[list[str], "Scenarios whose answer names it."]
    picks: Annotated[list[str], "Scenarios whose pick, or changed requirement, is another without it."]
    verdicts: Annotated[list[str], "Scenarios whose verdict is another without it."]

    @property
    def decides(self) -> bool:
        """Whether any pick or verdict rests on it."""
        return bool(self.picks or self.verdicts)


def ablate(
    base: RuleBase, scenarios: Mapping[str, Scenario], as_of: date, tell: Callable[[str], None]
) -> dict[str, Effect]:
    """Return the effect of each rule by id; `tell` hears the id of each scenario before its turn."""
    effects = {name: Effect(name, rule.folder, [], [], [], []) for name, rule in sorted(base.rules.items())}
    watch = Watch(set(), set())
    whole = Advisor(watched(base, watch), as_of)
    for name, scenario in scenarios.items():
        tell(name)
        watch.touched.clear()
        advice = watched_answer(whole, scenario)
        touched, said = sorted(watch.touched), named(advice)
        for rule in touched:
            effects[rule].at_work.append(name)
            other = _without(rule, base, whole).advise(scenario)
            if rule in said or advice.routes != other.routes:
                effects[rule].said.append(name)
            if _pick(advice) != _pick(other):
                effects[rule].picks.append(name)
            if advice.verdict != other.verdict:
                effects[rule].verdicts.append(name)
    return effects


def _without(rule: str, base: RuleBase, whole: Advisor) -> Advisor:
    """Return an advisor without one rule; sizes do not depend on rules and are shared."""
    rules = {name: kept for name, kept in base.rules.items() if name != rule}
    advisor = Advisor(base.with_rules(rules), whole.as_of)
    advisor.search.sizes = whole.search.sizes
    return advisor


def _pick(advice: Advice) -> tuple[object, ...]:
    build = advice.recommendation
    if build is None:
        return ()
    machine = build.machine.name if build.machine else build.provider
    return build.model, build.quantization, build.engine, machine, tuple(change.field for change in advice.changes)


def named(advice: Advice) -> set[str]:
    """Return the rules that an answer names."""
    parts = {part.rule for build in advice.ranking[:1] for part in build.contributions if part.rule}
    return parts | {item.excuse.rule for item in advice.excluded} | {caveat.rule for caveat in advice.caveats}
