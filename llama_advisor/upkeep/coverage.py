"""What rules do over many scenarios: which of a sample never fire, and what changes without each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, partial
from hashlib import sha256
from itertools import count
from typing import Annotated, Any, NamedTuple, cast

from pydantic import ValidationError

from llama_advisor.engine.advice import Advice
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.fact import BUILD
from llama_advisor.engine.search import Search
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Residue
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.knowledge.upkeep_entries import Sampling
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import AdvisorError
from llama_advisor.upkeep import Finding

BREAKS = (AdvisorError, ValidationError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)
YES = ("recommended", "recommended_with_caveats")
SHOWN = 5
PAIR = 2
FILE = "sampling.yaml"


def shares(name: str) -> Iterator[float]:
    """Yield numbers in [0, 1) that depend on a name alone, on every machine and version."""
    for number in count(1):
        yield int.from_bytes(sha256(f"{name}:{number}".encode()).digest()[:6], "big") / 2**48


def drawn(base: RuleBase, seed: int, index: int) -> dict[str, Any]:
    """Return the fields of one scenario, drawn as rules/sampling.yaml says; the same for the same seed and index."""
    sampling = base.single(FILE, Sampling)
    share = partial(next, shares(f"{seed}/{index}"))

    def one(items: Sequence[Any]) -> Any:
        return items[int(share() * len(items))]

    cases = sorted(base.use_cases)
    fields: dict[str, Any] = {"use_cases": [one(cases)]}
    if share() < sampling.second_use_case:
        fields["use_cases"] = sorted({*fields["use_cases"], one(cases)})
    if share() < sampling.named_model:
        fields["model"] = one(sorted(base.models))
    for field in sampling.fields:
        stated, value = share() < field.share, one(field.values)
        if stated and all(fields.get(name) in values for name, values in field.when.items()):
            owner, _, key = field.field.rpartition(".")
            (fields.setdefault(owner, {}) if owner else fields)[key] = value
    return fields


class Watch(NamedTuple):
    """Rules seen at work since it was last emptied."""

    fired: Annotated[set[str], "Rules whose condition was true for some build."]
    touched: Annotated[set[str], "Rules whose outcome was not false, so that removing them may change the answer."]

    def note(self, rule: str, outcome: Residue, *, main: bool = True) -> Any:
        """Note an outcome, or have what is left of a test note its own."""
        if callable(outcome):
            return lambda candidate: self.note(rule, outcome(candidate), main=main)
        if outcome is not False:
            self.touched.add(rule)
            if main and outcome:
                self.fired.add(rule)
        return outcome


class WatchedRule(CompiledRule):
    """A rule that notes its outcomes in `watch`; a plan settles it at every level, and notes count where it is used."""

    watch: Watch

    @cached_property
    def test(self) -> Callable[[Any], bool | None]:
        """The condition, noted."""
        return cast("Callable[[Any], bool | None]", self.watch.note(self.id, super().test))

    def settle(self, candidate: Any, level: int) -> Residue:
        """Evaluate as far as facts settle it, noted."""
        outcome = super().settle(candidate, level)
        used = BUILD if self.folder == "preferences" else self.level
        return cast("Residue", self.watch.note(self.id, outcome) if level == used else outcome)

    def settle_tight(self, candidate: Any, level: int) -> Residue:
        """Evaluate likewise the condition under which it barely holds, noted."""
        outcome = super().settle_tight(candidate, level)
        used = self.tight is not None and level == self.level
        return cast("Residue", self.watch.note(self.id, outcome, main=False) if used else outcome)


def watched(base: RuleBase, watch: Watch) -> RuleBase:
    """Return the rule base with rules that report to `watch`."""
    return base.with_rules({name: WatchedRule(**rule._asdict(), watch=watch) for name, rule in base.rules.items()})


class Seen(NamedTuple):
    """What one scenario brought."""

    number: int
    verdict: str
    model: str | None = None
    fired: tuple[str, ...] = ()
    without_reason: str = ""
    tied: str = ""
    broke: str = ""


class Coverage(NamedTuple):
    """All scenarios together."""

    samples: int
    seed: int
    verdicts: dict[str, int]
    wins: dict[str, int]
    fired: dict[str, int]
    findings: tuple[Finding, ...]


def watched_answer(advisor: Advisor, asked: Scenario) -> Advice:
    """Answer with plans of its own and every build judged, so that all rules at work are seen."""
    advisor.search = Search(advisor.base, advisor.as_of, advisor.search.sizes)
    advice, _, found, _ = advisor.answer(asked)
    if found is not None:
        assert found.ruled_out is not None
    return advice


class Sampler:
    """Answers sampled scenarios with one advisor, watching its rules."""

    def __init__(self, base: RuleBase, as_of: date, seed: int) -> None:
        self.base, self.seed, self.watch = base, seed, Watch(set(), set())
        self.advisor = Advisor(watched(base, self.watch), as_of)

    def see(self, index: int) -> Seen:
        """Answer one scenario and say what it brought."""
        self.watch.fired.clear()
        try:
            asked = Scenario.model_validate(drawn(self.base, self.seed, index))
            advice = watched_answer(self.advisor, asked)
        except BREAKS as error:
            return Seen(index, "broken", broke=f"{type(error).__name__}: {error}".splitlines()[0])
        build, fired = advice.recommendation, tuple(sorted(self.watch.fired))
        model = build.model if build and advice.verdict in YES else None
        return Seen(index, advice.verdict, model, fired, without_reason(advice), tied(advice))


def without_reason(advice: Advice) -> str:
    """Return what the answer leaves unexplained, or nothing."""
    build = advice.recommendation
    if build and advice.verdict in YES and not build.contributions:
        return f"{build.model} is recommended without a reason"
    if advice.verdict not in YES and not (advice.excluded or advice.missing):
        return f"{advice.verdict} without an excuse"
    parts = [part for shown in advice.ranking for part in shown.contributions]
    excuses = (item.excuse for item in advice.excluded)
    said: tuple[Any, ...] = (*parts, *excuses, *advice.caveats, *advice.notes, *advice.routes)
    texts = (item.text for item in said)
    # A `?` stands where a fact was not known.
    return next((f"`{text}`" for text in texts if not text.strip() or "?" in text), "")


def tied(advice: Advice) -> str:
    """Return the two models that only the alphabet separates at the top, or nothing."""
    top = advice.ranking[:PAIR]
    standings = {(build.score, build.memory.total_gib if build.memory else 0.0) for build in top}
    alike = len(top) == PAIR and len(standings) == 1 and not advice.wishes
    return f"{top[0].model} and {top[1].model}" if alike else ""


def summed(base: RuleBase, seed: int, seen: Iterable[Seen]) -> Coverage:
    """Return the counts over all scenarios, with findings."""
    every = list(seen)
    fired = Counter(name for one in every for name in one.fired)
    wins = Counter(one.model for one in every if one.model)
    findings: list[Finding] = []
    for code, field in (("LR505", "broke"), ("LR503", "without_reason")):
        for one in every:
            if wrong := getattr(one, field):
                text = f"scenario {one.number} {drawn(base, seed, one.number)}: {wrong}"
                findings.append(Finding(code, "", FILE, text))
    text = f"did not fire in {len(every)} scenarios"
    silent = ((name, rule) for name, rule in sorted(base.rules.items()) if not fired[name])
    findings += [Finding("LR501", rule.folder, name, text, ("when",)) for name, rule in silent]
    ranked = [model for model in base.models.values() if model.role == "ranked" and model.kind == "instruct"]
    unasked = [model.id for model in sorted(ranked, key=lambda model: (model.parameters, model.id))]
    text = f"was recommended in none of {len(every)} scenarios"
    findings += [Finding("LR502", "models", name, text) for name in unasked if not wins[name]]
    if ties := [one for one in every if one.tied]:
        pairs = ", ".join(sorted({one.tied for one in ties})[:SHOWN])
        text = f"{len(ties)} of {len(every)} scenarios: {pairs}; first: {drawn(base, seed, ties[0].number)}"
        findings.append(Finding("LR504", "", FILE, text))
    return Coverage(
        samples=len(every),
        seed=seed,
        verdicts=dict(sorted(Counter(one.verdict for one in every).items())),
        wins={name: wins[name] for name in unasked},
        fired={name: fired[name] for name in sorted(base.rules)},
        findings=tuple(findings),
    )


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
    for name, asked in scenarios.items():
        tell(name)
        watch.touched.clear()
        advice = watched_answer(whole, asked)
        said = {part.rule for build in advice.ranking[:1] for part in build.contributions}
        said |= {item.excuse.rule for item in advice.excluded} | {caveat.rule for caveat in advice.caveats}
        for rule in sorted(watch.touched):
            kept = {key: compiled for key, compiled in base.rules.items() if key != rule}
            advisor = Advisor(base.with_rules(kept), as_of)
            advisor.search.sizes = whole.search.sizes  # They do not depend on rules.
            other = advisor.advise(asked)
            effect, told = effects[rule], rule in said or advice.routes != other.routes
            effect.at_work.append(name)
            effect.said.extend([name] * told)
            effect.picks.extend([name] * (_pick(advice) != _pick(other)))
            effect.verdicts.extend([name] * (advice.verdict != other.verdict))
    return effects


def _pick(advice: Advice) -> tuple[object, ...]:
    build = advice.recommendation
    if build is None:
        return ()
    machine = build.machine.name if build.machine else build.provider
    return build.model, build.quantization, build.engine, machine, tuple(change.field for change in advice.changes)
