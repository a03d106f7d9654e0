"""Lints of rules: conditions that say nothing, limits without an example, sentences with a gap, links that fail."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from llama_advisor.engine.fact import FACTS, PLACEMENT, SCENARIO
from llama_advisor.knowledge.base import RuleBase, references
from llama_advisor.knowledge.conditions import Condition, Junction, Test, facts_read
from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.knowledge.upkeep_entries import Misunderstanding, Severity, Statement
from llama_advisor.text.errors import nearest
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep import Finding
from llama_advisor.upkeep.reasoning import (
    FALSE,
    NOT_TRUE,
    TRUE,
    Literal,
    can_be,
    idle,
    implies,
    operands,
    vouched,
    walked,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.knowledge.rule import CompiledRule

SEVERITIES = get_args(Severity)
EXPECTED = {"fires": True, "silent": False, "unknown": None}
NEAR = 0.02
COUNTED = frozenset({"tokens", "requests", "images", "users", "nodes", "devices", "heads", "bits"})
LIMITS = ("above", "below", "at_least", "at_most")
SPOKEN = ("caveats", "routes")
AT_HOME = frozenset({"memory", "machine", "speed"})
TELL_A_DEVICE = frozenset({"engine.quantization_support"})
SOURCE_DAYS = 400
PRICE_DAYS = 200
THREAD = re.compile(r"\b(issues?|discussions?|pull requests?|thread)\b")
WEAK = frozenset({"judgement", "seed"})


def lint(base: RuleBase, as_of: date) -> tuple[Finding, ...]:
    """Return all findings, worst first, then by code and entry."""
    found = [
        *reference_findings(base),
        *support_findings(base),
        *age_findings(base, as_of),
        *condition_findings(base),
        *overlap_findings(base),
        *sentence_findings(base),
        *example_findings(base),
        *link_findings(base),
        *statement_findings(base),
    ]
    rank = {code: SEVERITIES.index(kind.severity) for code, kind in base.finding_kinds.items()}
    return tuple(sorted(found, key=lambda item: (rank[item.code], item.code, item.entry, item.text)))


def condition_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of all rules."""
    names = vocabulary(base)
    for rule in base.rules.values():
        if not can_be(rule.condition, TRUE):
            yield Finding("LR101", rule.folder, rule.id, "its condition can never be true", ("when",))
        elif not can_be(rule.condition, NOT_TRUE):
            yield Finding("LR102", rule.folder, rule.id, "its condition is always true", ("when",))
        if rule.tight and not can_be(Junction("not", (rule.condition,), rule.level), TRUE, rule.tight):
            text = "`tight` is never true while the constraint holds"
            yield Finding("LR106", rule.folder, rule.id, text, ("tight",))
        for name, condition in (("when", rule.condition), ("tight", rule.tight)):
            if condition is not None:
                for code, text, loc in _of_parts(condition, (name,), names):
                    yield Finding(code, rule.folder, rule.id, text, loc)


def _of_parts(
    condition: Condition, loc: tuple[Any, ...], names: dict[str, frozenset[str]]
) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Yield code, text and place of parts that change nothing, cannot be true beside others, or name nothing known."""
    for place, part, inside, index in walked(condition, loc):
        rest = without(inside, index) if inside and len(inside.parts) > 1 else None
        if inside and rest and idle(part, rest, inside.kind):
            yield "LR103", f"without `{shown(part)}` it comes to the same", place
        elif inside and rest and inside.kind == "all" and isinstance(part, Junction) and part.kind == "any":
            for number, branch in enumerate(part.parts):
                if not can_be(branch, TRUE, rest):
                    yield "LR103", f"`{shown(branch)}` cannot be true here", (*place, "any", number)
        if isinstance(part, Junction) or part.operator == "known":
            continue
        always, never = not can_be(part, FALSE), not can_be(part, TRUE)
        if always or never:
            yield "LR104", f"`{part.says}` is {'always' if always else 'never'} true where the fact is known", place
        known = None if part.other else names.get(part.fact)
        for operand in operands(part):
            if known is not None and operand not in known:
                text = f"{part.fact} is never {operand!r} in this rule base{nearest(str(operand), known)}"
                yield "LR105", text, (*place, part.operator)


def shown(condition: Condition) -> str:
    """Return a condition in words."""
    if isinstance(condition, Test):
        return condition.says
    if condition.kind == "not":
        return f"not {shown(condition.parts[0])}"
    word = " and " if condition.kind == "all" else " or "
    return f"({word.join(shown(part) for part in condition.parts)})"


def vocabulary(base: RuleBase) -> dict[str, frozenset[str]]:
    """Return the only values of facts whose values are ids of the rule base."""
    models, cases = base.models.values(), base.use_cases.values()
    return {
        **dict.fromkeys(("model.id", "scenario.model"), frozenset(base.models)),
        **dict.fromkeys(("engine.id", "scenario.engine"), frozenset(base.engines)),
        **dict.fromkeys(("quantization.id", "scenario.quantization"), frozenset(base.quantizations)),
        **dict.fromkeys(("model.family", "scenario.model_family"), frozenset(model.family for model in models)),
        "model.kind": frozenset(model.kind for model in models),
        "scenario.use_cases": frozenset(base.use_cases),
        "scenario.tags": frozenset(tag for case in cases for tag in case.tags),
        "scenario.needs": frozenset(need for case in cases for need in case.needs),
        "model.trained_for": frozenset(skill for model in models for skill in model.trained_for),
        "hosted.provider": frozenset(offer.provider for offer in base.hosted.values()),
        "machine.device_kind": frozenset(device.kind for device in base.devices.values()),
        "machine.architecture": frozenset(device.architecture for device in base.devices.values()),
    }


def overlap_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield preferences that contradict each other, or that only fire on builds that are ruled out."""
    adjusting = [(rule, rule.rule.then) for rule in base.in_folder("preferences") if can_be(rule.condition, TRUE)]
    preferences = [(rule, then) for rule, then in adjusting if isinstance(then, Adjust)]
    for (first, one), (second, other) in combinations(preferences, 2):
        if one.criterion != other.criterion or one.points * other.points >= 0:
            continue
        forth, back = implies(first.condition, second.condition), implies(second.condition, first.condition)
        told = f"({one.points:+g} against {other.points:+g} on {one.criterion})"
        if forth and back:
            yield Finding("LR111", first.folder, first.id, f"fires exactly when {second.id} does {told}", ("then",))
        elif forth or back:
            narrow, wide = (first, second) if forth else (second, first)
            text = f"whenever it fires, {wide.id} moves the same criterion the other way {told}"
            yield Finding("LR112", narrow.folder, narrow.id, text, ("then",))
    for rule, _ in preferences:
        for constraint in base.in_folder("constraints"):
            if implies(rule.condition, constraint.condition):
                text = f"every build it fires for is ruled out by {constraint.id}"
                yield Finding("LR113", rule.folder, rule.id, text, ("when",))


def sentence_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield caveats and routes, which are also said where nothing qualifies, whose sentence may have a gap."""
    for folder in SPOKEN:
        for rule in base.in_folder(folder):
            gaps = sorted({name for name in fields_read(rule.rule.say) if not _sure(rule, name)})
            if gaps:
                verb = "is" if len(gaps) == 1 else "are"
                text = f"its condition can be true where {', '.join(gaps)} {verb} not known"
                yield Finding("LR121", folder, rule.id, text, ("say",))


def _sure(rule: CompiledRule, name: str) -> bool:
    """Whether in every way that the condition comes true something known goes with the fact."""
    if FACTS[name].level == SCENARIO and _group(name) not in {"given", "named"}:
        return True
    return vouched(rule.condition, lambda literal: _vouches(literal, name))


def _vouches(literal: Literal, name: str) -> bool:
    """Whether a literal can only hold where the fact is known as well."""
    test, group, level = literal.test, _group(name), FACTS[name].level
    if test.operator == "known" and literal.outcome is not test.operand:
        return False
    if test.fact == "engine.hosted" and group in AT_HOME:
        return literal.outcome is not test.operand
    at_home = _group(test.fact) in AT_HOME | {"training"} or test.fact in TELL_A_DEVICE
    if _group(test.fact) == group or (group in AT_HOME and at_home):
        return True
    return SCENARIO < level <= PLACEMENT and group != "machine" and FACTS[test.fact].level >= level


def _group(name: str) -> str:
    return name.partition(".")[0]


class ExampleResult(NamedTuple):
    """An example and its outcome."""

    rule: str
    kind: str
    place: int
    passed: bool
    got: bool | None
    example: dict[str, Any]


def run_examples(base: RuleBase) -> Iterator[ExampleResult]:
    """Yield the result of every example of every rule."""
    for rule in base.rules.values():
        for kind, expected in EXPECTED.items():
            for index, example in enumerate(getattr(rule.rule.examples, kind)):
                got = rule.condition.prove(example_facts(example).get).outcome
                yield ExampleResult(rule.id, kind, index, got is expected, got, example)


def example_facts(example: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of an example as conditions read them."""
    return {
        name: frozenset(value) if FACTS[name].kind == "set" and value is not None else value
        for name, value in example.items()
    }


def example_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield each limit without a silent or a firing example just past it: moved, it would turn no test red."""
    for rule in base.rules.values():
        for loc, test, *_ in walked(rule.condition, ("when",)):
            if isinstance(test, Junction) or test.operator not in LIMITS:
                continue
            for code, kind, fires in (("LR201", "silent", False), ("LR202", "fires", True)):
                examples = getattr(rule.rule.examples, kind)
                if not any(_turns(rule, test, example_facts(example), fires=fires) for example in examples):
                    text = f"no `{kind}` example within 2 % (or one unit) of `{test.says}` that crossing it would turn"
                    yield Finding(code, rule.folder, rule.id, text, (*loc, test.operator))


def _turns(rule: CompiledRule, test: Test, facts: dict[str, Any], *, fires: bool) -> bool:
    """Whether the example stands beside the limit and turns when the one figure crosses it."""
    limit = facts.get(test.other) if test.other else test.operand
    value = facts.get(test.fact)
    if value is None or limit is None:
        return False
    share = abs(limit) * NEAR
    step = max(1.0, share) if FACTS[test.fact].unit in COUNTED else share or NEAR
    if abs(value - limit) > step * (1 + 1e-9):
        return False
    return any(
        rule.condition.prove((facts | {test.fact: moved}).get).outcome is (not fires)
        for moved in (limit - step, limit, limit + step)
    )


def reference_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield ids of entries that are not there, and sources that nothing cites."""
    for found in references(base):
        if found.name not in found.known:
            text = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
            yield Finding("LR301", found.kind, found.entry, text, found.loc)
    files = [(file, data) for layer in base.layers for file, data in layer.files.items()]
    cited = {name for file, data in files if not file.startswith("sources/") for name in _cited(data)}
    for name in sorted(set(base.sources) - cited):
        yield Finding("LR304", "sources", name, "nothing cites it")


def _cited(value: Any, *, citing: bool = False) -> Iterator[str]:
    """Yield the ids below every `source`, `sources` or `corrected_by` key."""
    if isinstance(value, dict):
        if citing and isinstance(value.get("id"), str):
            yield value["id"]
            return
        for key, part in value.items():
            yield from _cited(part, citing=citing or key in {"source", "sources", "corrected_by"})
    elif isinstance(value, list):
        for part in value:
            yield from _cited(part, citing=citing)
    elif citing and isinstance(value, str):
        yield value


def support_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield rules that rest on too little for how sure they are: on judgement, or on threads, each one case."""
    for rule in base.rules.values():
        known = [base.sources[item.id] for item in rule.rule.sources if item.id in base.sources]
        if known and rule.rule.confidence == "high" and all(source.kind in WEAK for source in known):
            text = f"confidence is high, its sources are {', '.join(sorted({source.kind for source in known}))}"
            yield Finding("LR302", rule.folder, rule.id, text, ("sources",))
        if known and all(THREAD.search(source.text) for source in known):
            text = f"rests on what single users reported alone: {', '.join(source.id for source in known)}"
            yield Finding("LR303", rule.folder, rule.id, text, ("sources",))


def age_findings(base: RuleBase, as_of: date) -> Iterator[Finding]:
    """Yield old sources; old prices one by one where they decide without hardware given, else by source and day."""
    for source in base.sources.values():
        days = (as_of - source.read).days
        if days > SOURCE_DAYS:
            yield Finding("LR305", "sources", source.id, f"read {days} days ago, on {source.read}", ("read",))
    deciding = {machine.offer for machines in base.reference.reference.values() for machine in machines}
    rest: dict[tuple[str, date], list[tuple[str, str]]] = defaultdict(list)
    dated = [("rentals", price.id, price.as_of, price.source) for price in base.rentals.values()]
    dated += [("hosted", price.id, price.as_of, price.source) for price in base.hosted.values()]
    for kind, name, day, cited in dated:
        if day is None or (as_of - day).days <= PRICE_DAYS:
            continue
        if name in deciding:
            text = f"a reference machine rests on a price of {day}, {(as_of - day).days} days ago"
            yield Finding("LR307", kind, name, text, ("as_of",))
        else:
            rest[cited, day].append((kind, name))
    for (cited, day), names in sorted(rest.items()):
        kinds = Counter(kind for kind, _ in names)
        told = " and ".join(f"{count} under {kind}" for kind, count in sorted(kinds.items()))
        text = f"prices of {day} from {cited}, {(as_of - day).days} days ago: {told}, this one first"
        yield Finding("LR306", *names[0], text, ("as_of",))


def link_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield facts that nobody reads, and links of rules to misunderstandings and the seed that do not hold."""
    unread = sorted(set(FACTS) - facts_in_use(base))
    if unread:
        yield Finding("LR401", "", "", f"no rule, sentence or criterion reads {', '.join(unread)}")
    misunderstood = base.entries("misunderstandings", Misunderstanding)
    statements = base.entries("statements", Statement)
    for name in sorted(set(misunderstood) - {rule.rule.corrects for rule in base.rules.values()}):
        yield Finding("LR411", "misunderstandings", name, "no rule names it under `corrects`")
    for rule in base.rules.values():
        claimed = rule.rule.corrects
        if claimed is not None and claimed not in misunderstood:
            text = f"corrects {claimed!r}, which misunderstandings.yaml does not hold{nearest(claimed, misunderstood)}"
            yield Finding("LR412", rule.folder, rule.id, text, ("corrects",))
        for index, name in enumerate(rule.rule.seed):
            if name not in statements:
                text = f"names statement {name!r}, which seed.yaml does not hold{nearest(name, statements)}"
                yield Finding("LR423", rule.folder, rule.id, text, ("seed", index))
            elif rule.id not in statements[name].rules:
                text = f"names statement {name!r}, which does not name it back"
                yield Finding("LR424", rule.folder, rule.id, text, ("seed", index))


def facts_in_use(base: RuleBase) -> set[str]:
    """Return the facts that conditions, sentences, measures and criteria read."""
    read = {measure.fact for criterion in base.criteria.criteria for measure in criterion.measures}
    for compiled in base.rules.values():
        rule = compiled.rule
        read |= facts_read(compiled.condition) | (facts_read(compiled.tight) if compiled.tight else frozenset())
        for sentence in (rule.say, rule.say_tight, rule.say_unknown):
            read.update(fields_read(sentence))
        if rule.measure:
            read |= {str(part) for part in (rule.measure.value, rule.measure.limit)} & set(FACTS)
    return read


def statement_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield statements of the seed that name what is not there, or that nothing strong enough stands behind."""
    also = {f"criteria/{item.id}" for item in base.criteria.criteria} | {f"use_cases/{name}" for name in base.use_cases}
    for statement in base.entries("statements", Statement).values():
        found = partial(Finding, kind="statements", entry=statement.id)
        for name in statement.rules:
            if name not in base.rules:
                yield found("LR422", text=f"names {name!r}, which is not there{nearest(name, base.rules)}")
            elif statement.id not in base.rules[name].rule.seed:
                yield found("LR424", text=f"names rule {name}, whose `seed` does not name it back")
        for name in statement.also:
            if name not in also:
                yield found("LR422", text=f"names {name!r}, which is not there{nearest(name, also)}")
        if statement.outcome == "no_claim" and not statement.note:
            yield found("LR421", text="it says no more why it makes no claim")
        elif statement.outcome != "no_claim" and not statement.rules and not statement.also:
            yield found("LR421", text="no rule carries or corrects it")
        if statement.outcome == "corrected":
            yield from correction_findings(statement, base)


def correction_findings(statement: Statement, base: RuleBase) -> Iterator[Finding]:
    """Yield a correction of the seed that does not rest on a primary source, or on measurements."""
    for name in statement.corrected_by:
        if name not in base.sources:
            text = f"unknown source {name!r}{nearest(name, base.sources)}"
            yield Finding("LR422", "statements", statement.id, text, ("corrected_by",))
    kinds = {base.sources[name].kind for name in statement.corrected_by if name in base.sources}
    if not kinds & {"primary", "measured", "computed"}:
        yield Finding("LR425", "statements", statement.id, "corrected without a primary or measured source")
