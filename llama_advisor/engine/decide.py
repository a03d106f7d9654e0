"""advise(scenario, rule base) -> Advice: pure, deterministic, the whole answer."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor import __version__
from llama_advisor.engine import candidates
from llama_advisor.engine.advice import Advice, RuleBaseShown, Verdict
from llama_advisor.engine.facts import Named
from llama_advisor.engine.rank import is_wished, ranked
from llama_advisor.engine.relax import relaxations, ways_round
from llama_advisor.engine.search import Search
from llama_advisor.engine.words import caveats, closing_scope, excluded, routes, shown, wishes
from llama_advisor.hardware import catalogue_of
from llama_advisor.knowledge.judgement import Caveat
from llama_advisor.scenario.need import NEEDED, Need, says_nothing, understand
from llama_advisor.scenario.scenario import Assumption
from llama_advisor.sizing.outlay import LONGEST_SAMPLE
from llama_advisor.sizing.support import HOSTED

if TYPE_CHECKING:
    from datetime import date

    from llama_advisor.engine.advice import Build
    from llama_advisor.engine.candidate import Found, Judged
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule
    from llama_advisor.scenario.scenario import Scenario

OTHER_LANE = 2


class Answer(NamedTuple):
    """The advice, the need it answers, and what came of every build; None where nothing was judged."""

    advice: Advice
    need: Need
    found: Found | None


class Outcome(NamedTuple):
    """What an answer comes to."""

    model: str | None
    verdict: Verdict


class Advisor:
    """Answers scenarios on one rule base; what recurs between answers is kept."""

    def __init__(self, base: RuleBase, as_of: date) -> None:
        self.base = base
        self.as_of = as_of
        self.search = Search(base, catalogue_of(base), as_of)

    def advise(self, scenario: Scenario, *, why: bool = False) -> Advice:
        """Rank every build for `scenario`, best first; `why` adds what each part of a score rests on.

        Raises InputError for what it does not know.
        """
        return self.answer(scenario, why=why).advice

    def answer(self, scenario: Scenario, *, why: bool = False) -> Answer:
        """Return the advice together with every build that was judged for it."""
        need = understand(scenario, self.base)
        if says_nothing(scenario):
            return Answer(self._ask_for_input(need), need, None)
        found, need = self.decide(need)
        order = ranked(found.qualified, need, self.base)
        if not order:
            return Answer(self._no(need, found), need, found)
        return Answer(self._yes(need, found, order, why=why), need, found)

    def outcome(self, scenario: Scenario) -> Outcome:
        """Return the model and the verdict alone, as `advise` gives them; quicker, as nothing is worded."""
        need = understand(scenario, self.base)
        if says_nothing(scenario):
            return Outcome(None, "need_input")
        found, need = self.decide(need)
        order = ranked(found.qualified, need, self.base)
        if not order:
            way = next((way for way in ways_round(need, found, self) if way.counts), None)
            return Outcome(way.build.model.id, "change_requirement") if way else Outcome(None, "no_fit")
        return Outcome(order[0].model.id, self._verdict(order[0], need, found, self._named(need, found, order)))

    def _verdict(self, winner: Judged, need: Need, found: Found, named: Named | None) -> Verdict:
        if winner.outcomes:
            return "recommended_with_caveats"
        scope = closing_scope(winner, need, found, self.base, named)
        heavy = any(rule.condition.decide(scope.lookup) for rule in self.heavy)
        return "recommended_with_caveats" if heavy else "recommended"

    @cached_property
    def heavy(self) -> tuple[CompiledRule, ...]:
        """Caveats that make a verdict one with caveats."""
        rules = self.base.in_folder("caveats")
        return tuple(rule for rule in rules if isinstance(rule.rule.then, Caveat) and rule.rule.then.caveat == "heavy")

    def decide(self, need: Need, among: frozenset[str] | None = None) -> tuple[Found, Need]:
        """Judge all models, or those `among` them; the engine asked for filters while anything qualifies on it."""
        if need.engine is not None and not candidates.engines(need, self.base):
            need = need.on_any_engine()
        found = self.search.run(need, among)
        if found.qualified or need.engine is None:
            return found, need
        anywhere = self.search.run(need.on_any_engine(), among)
        return (anywhere, need.on_any_engine()) if anywhere.qualified else (found, need)

    def _ask_for_input(self, need: Need) -> Advice:
        return self._advice(need, "need_input", None, missing=NEEDED)

    def _yes(self, need: Need, found: Found, order: tuple[Judged, ...], *, why: bool) -> Advice:
        winner = order[0]
        named = self._named(need, found, order)
        said = caveats(winner, need, self.base, found, named)
        return self._advice(
            need,
            self._verdict(winner, need, found, named),
            found,
            recommendation=shown(winner, 1, why=why),
            ranking=tuple(shown(build, place, why=why) for place, build in enumerate(order, 1)),
            excluded=excluded(found, self.base),
            wishes=wishes(need, order, found, self.base),
            caveats=tuple(caveat for _, caveat in said)[: self.base.criteria.caveats_shown],
            alternatives=self._other_lane(need),
        )

    def _no(self, need: Need, found: Found) -> Advice:
        """Nothing fits: say the nearest excuses, what change would help, and the ways round."""
        ways = relaxations(need, found, self)
        counted = next((way for way in ways if way.counts), None)
        said = caveats(counted.build if counted else None, need, self.base, found, self._named(need, found, ()))
        return self._advice(
            need,
            "change_requirement" if counted else "no_fit",
            found,
            recommendation=shown(counted.build, 1) if counted else None,
            changes=counted.changes if counted else (),
            excluded=excluded(found, self.base),
            wishes=wishes(need, (), found, self.base),
            caveats=tuple(caveat for _, caveat in said)[: self.base.criteria.caveats_shown],
            alternatives=self._other_lane(need),
            relaxations=tuple(way.shown for way in ways),
            routes=routes(need, found, self.base),
        )

    def _named(self, need: Need, found: Found, order: tuple[Judged, ...]) -> Named | None:
        """Size the model that the user named, for what is said of it."""
        if need.model is None:
            return None
        model = self.base.models[need.model]
        machine = found.machines[0] if found.machines and need.hardware_stated else None
        tuned = {
            method: self.search.sizes.training(model, method, machine, min(need.context_tokens, LONGEST_SAMPLE))
            for method in (self.base.criteria.tuning_order if need.wants_tuning else ())
        }
        official = next((build for build in model.official_builds if build.quantization == "fp8"), None)
        place = next((index for index, build in enumerate(order) if is_wished(build, need, self.base)), None)
        return Named(
            model=model,
            outcome="impossible" if place is None else "better_exists" if place else "kept",
            fp8_gib=official.weights_bytes / 2**30 if official else None,
            tuning={method: training.total_gib for method, training in tuned.items()},
            qlora_fits=tuned["qlora"].fits if "qlora" in tuned else None,
        )

    def _other_lane(self, need: Need) -> tuple[Build, ...]:
        """The best builds of the lane that was not ranked, hosted or at home."""
        if need.hosted_considered and need.self_hosted_considered:
            return ()
        if need.offline or need.only_engines or (need.engine and need.engine != HOSTED) or need.wants_tuning:
            return ()
        hosted = not need.hosted_considered
        other = replace(
            need,
            hosted_considered=hosted,
            self_hosted_considered=not hosted,
            hardware_stated=False,
            engine=None,
            provider=None if hosted else need.provider,
            target=need.target if hosted else "cloud",
        )
        order = ranked(self.search.run(other).qualified, other, self.base)
        return tuple(shown(build, place) for place, build in enumerate(order[:OTHER_LANE], 1))

    def rulebase_shown(self) -> RuleBaseShown:
        """Return which rule base answers."""
        layers = tuple(layer.label for layer in self.base.layers[1:])
        return RuleBaseShown(version=__version__, hash=self.base.hash, layers=layers)

    def _advice(self, need: Need, verdict: Verdict, found: Found | None, **parts: object) -> Advice:
        empty = dict.fromkeys(
            ("changes", "ranking", "excluded", "wishes", "caveats", "alternatives", "relaxations", "routes"), ()
        )
        return Advice(
            as_of=self.as_of,
            verdict=verdict,
            scenario=need.normalised(),
            assumptions=(*need.assumptions, *_read_as(need, found)),
            rulebase=self.rulebase_shown(),
            **({"recommendation": None} | empty | parts),
        )


def _read_as(need: Need, found: Found | None) -> tuple[Assumption, ...]:
    """Say what reading the hardware as given took for granted."""
    if found is None or not need.hardware_stated:
        return ()
    return tuple(
        Assumption(field="hardware", value=machine.label, why=why)
        for machine in found.machines
        for why in machine.assumptions
    )
