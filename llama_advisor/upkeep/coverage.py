"""What sampled scenarios reach: rules that never fire, models that never win, answers without a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llama_advisor.engine.decide import Advisor
from llama_advisor.text.errors import AdvisorError
from llama_advisor.upkeep.finding import Finding
from llama_advisor.upkeep.instrumented import Watch, watched
from llama_advisor.upkeep.sampling import FILE, drawn, scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from llama_advisor.engine.advice import Advice, Build
    from llama_advisor.knowledge.base import RuleBase

NEVER_FIRED, NEVER_WON, NO_REASON, TIE, BROKEN = "LR501", "LR502", "LR503", "LR504", "LR505"
BREAKS = (AdvisorError, ValidationError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)
YES = ("recommended", "recommended_with_caveats")
SHOWN = 5
PAIR = 2


@dataclass(frozen=True)
class Seen:
    """What one scenario came to."""

    index: int
    verdict: str
    model: str | None = None
    fired: tuple[str, ...] = ()
    without_reason: str = ""
    tied: str = ""
    broke: str = ""


@dataclass(frozen=True)
class Coverage:
    """All scenarios together."""

    samples: int
    seed: int
    verdicts: dict[str, int]
    wins: dict[str, int]
    fired: dict[str, int]
    findings: tuple[Finding, ...] = field(default=())


class Sampler:
    """Answers sampled scenarios with one advisor, watching its rules."""

    def __init__(self, base: RuleBase, as_of: date, seed: int) -> None:
        self.base = base
        self.seed = seed
        self.watch = Watch()
        self.advisor = Advisor(watched(base, self.watch), as_of)

    def see(self, index: int) -> Seen:
        """Answer one scenario and say what it came to."""
        self.watch.fired.clear()
        try:
            advice = self.advisor.advise(scenario(self.base, self.seed, index))
        except BREAKS as error:
            return Seen(index, "broken", broke=f"{type(error).__name__}: {error}".splitlines()[0])
        build = advice.recommendation
        return Seen(
            index,
            advice.verdict,
            model=build.model if build and advice.verdict in YES else None,
            fired=tuple(sorted(self.watch.fired)),
            without_reason=without_reason(advice),
            tied=tied(advice),
        )


def without_reason(advice: Advice) -> str:
    """Return what the answer leaves unexplained, or nothing."""
    build = advice.recommendation
    if build and advice.verdict in YES and not build.contributions:
        return f"{build.model} is recommended without a reason"
    if advice.verdict not in YES and not advice.excluded:
        return f"{advice.verdict} without an excuse"
    return next((f"`{text}`" for text in _sentences(advice) if not text.strip() or "?" in text), "")


def _sentences(advice: Advice) -> Iterator[str]:
    """Yield every sentence of an answer; a `?` stands where a fact was not known."""
    for build in advice.ranking:
        yield from (part.text for part in build.contributions)
    yield from (item.excuse.text for item in advice.excluded)
    yield from (caveat.text for caveat in advice.caveats)
    yield from (route.text for route in advice.routes)


def tied(advice: Advice) -> str:
    """Return the two models that only the alphabet separates at the top, or nothing."""
    if len(advice.ranking) < PAIR or advice.wishes:
        return ""
    first, second = advice.ranking[:2]
    return f"{first.model} and {second.model}" if _standing(first) == _standing(second) else ""


def _standing(build: Build) -> tuple[float, float]:
    return build.score, build.memory.total_gib if build.memory else 0.0


def summed(base: RuleBase, seed: int, seen: Iterable[Seen]) -> Coverage:
    """Return what all scenarios came to, with findings."""
    every = list(seen)
    fired = Counter(name for one in every for name in one.fired)
    wins = Counter(one.model for one in every if one.model)
    return Coverage(
        samples=len(every),
        seed=seed,
        verdicts=dict(sorted(Counter(one.verdict for one in every).items())),
        wins={name: wins[name] for name in contenders(base)},
        fired={name: fired[name] for name in sorted(base.rules)},
        findings=tuple(_findings(base, seed, every, fired, wins)),
    )


def contenders(base: RuleBase) -> list[str]:
    """Return the models that compete unasked, smallest first."""
    ranked = [model for model in base.models.values() if model.role == "ranked" and model.kind == "instruct"]
    return [model.id for model in sorted(ranked, key=lambda model: (model.parameters, model.id))]


def _findings(
    base: RuleBase, seed: int, every: list[Seen], fired: Counter[str], wins: Counter[str]
) -> Iterator[Finding]:
    for one in every:
        if one.broke:
            yield Finding(BROKEN, "", FILE, f"scenario {one.index} {_shown(base, seed, one)}: {one.broke}")
    for one in every:
        if one.without_reason:
            yield Finding(NO_REASON, "", FILE, f"scenario {one.index} {_shown(base, seed, one)}: {one.without_reason}")
    for name, rule in sorted(base.rules.items()):
        if not fired[name]:
            yield Finding(NEVER_FIRED, rule.folder, name, f"did not fire in {len(every)} scenarios", ("when",))
    for name in contenders(base):
        if not wins[name]:
            yield Finding(NEVER_WON, "models", name, f"was recommended in none of {len(every)} scenarios")
    ties = [one for one in every if one.tied]
    if ties:
        pairs = ", ".join(sorted({one.tied for one in ties})[:SHOWN])
        text = f"{len(ties)} of {len(every)} scenarios: {pairs}; first: {_shown(base, seed, ties[0])}"
        yield Finding(TIE, "", FILE, text)


def _shown(base: RuleBase, seed: int, one: Seen) -> str:
    fields: dict[str, Any] = drawn(base, seed, one.index)
    return str(fields)
