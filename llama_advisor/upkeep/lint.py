"""Lints of rules: conditions that say nothing, limits without an example, sentences with a gap, links that fail."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain, combinations
from typing import Any, NamedTuple, get_args

from llama_advisor.engine.fact import FACTS, PLACEMENT, SCENARIO
from llama_advisor.knowledge.base import RuleBase, references
from llama_advisor.knowledge.conditions import Condition, Junction, Test, facts_read
from llama_advisor.knowledge.judgement import Adjust
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.knowledge.upkeep_entries import Expired, Misunderstanding, Severity, Statement
from llama_advisor.text.errors import nearest
from llama_advisor.text.tables import table
from llama_advisor.text.template import fields_read
from llama_advisor.upkeep import Finding, reasoning
from llama_advisor.upkeep.reasoning import FALSE, NOT_TRUE, TRUE, can_be, implies

Told = tuple[str, str, tuple[Any, ...]]  # What is found of a rule or statement: code, text, place in it.

SEVERITIES = get_args(Severity)
WORDS = table(__file__)
EXPECTED = {"fires": True, "silent": False, "unknown": None, "tight": "tight"}
NEAR = 0.02
AT_HOME = frozenset({"memory", "machine", "speed"})
TELL_A_DEVICE = frozenset({"engine.quantization_support"})
WEAK = frozenset({"judgement", "seed"})


def lint(base: RuleBase, as_of: date) -> tuple[Finding, ...]:
    """Return all findings, worst first, then by code and entry."""
    names, statements = vocabulary(base), base.entries("statements", Statement)
    misunderstood = base.entries("misunderstandings", Misunderstanding)
    found = [*reference_findings(base), *age_findings(base, as_of), *overlap_findings(base)]
    found += unread_findings(base, misunderstood)
    for rule in base.rules.values():
        own = chain(condition_told(rule, names), sentence_told(rule), example_told(rule), support_told(rule, base))
        told = chain(own, link_told(rule, misunderstood, statements))
        found += [Finding(code, rule.folder, rule.id, text, loc) for code, text, loc in told]
    for statement in statements.values():
        seed = statement_told(statement, base)
        found += [Finding(code, "statements", statement.id, text, loc) for code, text, loc in seed]
    rank = {code: SEVERITIES.index(kind.severity) for code, kind in base.finding_kinds.items()}
    return tuple(sorted(found, key=lambda item: (rank[item.code], item.code, item.entry, item.text)))


def condition_told(rule: CompiledRule, names: dict[str, frozenset[str]]) -> Iterator[Told]:
    """Yield what is wrong with its conditions."""
    if not can_be(rule.condition, TRUE):
        yield "LR101", "its condition can never be true", ("when",)
    elif not can_be(rule.condition, NOT_TRUE):
        yield "LR102", "its condition is always true", ("when",)
    if rule.tight and not can_be(Junction("not", (rule.condition,), rule.level), TRUE, rule.tight):
        yield "LR106", "`tight` is never true while the constraint holds", ("tight",)
    for condition, loc in ((rule.condition, "when"), (rule.tight, "tight")):
        yield from _of_parts(condition, (loc,), names) if condition else ()


def _of_parts(condition: Condition, loc: tuple[Any, ...], names: dict[str, frozenset[str]]) -> Iterator[Told]:
    """Yield parts that change nothing, cannot be true beside others, or name nothing known."""
    for place, part, inside, index in reasoning.walked(condition, loc):
        rest = reasoning.without(inside, index) if inside and len(inside.parts) > 1 else None
        if inside and rest and reasoning.idle(part, rest, inside.kind):
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
        for operand in reasoning.operands(part):
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
    """Return the only values of facts whose values are ids of the rule base, or stand in its entries."""
    found = {}
    for fact, place in WORDS["vocabulary"].items():
        folder, _, name = place.partition(".")
        entries = getattr(base, folder)
        values = [getattr(entry, name) for entry in entries.values()] if name else [tuple(entries)]
        found[fact] = frozenset(chain.from_iterable((part,) if isinstance(part, str) else part for part in values))
    return found


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


def sentence_told(rule: CompiledRule) -> Iterator[Told]:
    """Yield a caveat or route, which are also said where nothing qualifies, whose sentence may have a gap."""
    told = fields_read(rule.rule.say, needed=True) if rule.folder in {"caveats", "routes"} else ()
    gaps = sorted({name for name in told if not _sure(rule, name)})
    if gaps:
        verb = "is" if len(gaps) == 1 else "are"
        yield "LR121", f"its condition can be true where {', '.join(gaps)} {verb} not known", ("say",)


def _sure(rule: CompiledRule, name: str) -> bool:
    """Whether in every way that the condition comes true something known goes with the fact."""
    stated = FACTS[name].level == SCENARIO and _group(name) not in {"given", "named"}
    return stated or reasoning.vouched(rule.condition, lambda literal: _vouches(literal, name))


def _vouches(literal: reasoning.Literal, name: str) -> bool:
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
    got: bool | str | None
    example: dict[str, Any]


def run_examples(base: RuleBase) -> Iterator[ExampleResult]:
    """Yield the result of every example of every rule."""
    for rule in base.rules.values():
        for kind, expected in EXPECTED.items():
            for index, example in enumerate(getattr(rule.rule.examples, kind)):
                known = example_facts(example).get
                got: bool | str | None = rule.condition.prove(known).outcome
                if got is False and rule.tight and rule.tight.prove(known).outcome:
                    got = "tight"
                yield ExampleResult(rule.id, kind, index, got is expected, got, example)


def example_facts(example: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of an example as conditions read them."""
    sets = {name: frozenset(part) for name, part in example.items() if FACTS[name].kind == "set" and part is not None}
    return example | sets


def example_told(rule: CompiledRule) -> Iterator[Told]:
    """Yield each limit without a silent or a firing example just past it: moved, it would turn no test red."""
    for loc, test, *_ in reasoning.walked(rule.condition, ("when",)):
        if isinstance(test, Junction) or test.operator not in {"above", "below", "at_least", "at_most"}:
            continue
        for code, kind, fires in (("LR201", "silent", False), ("LR202", "fires", True)):
            examples = getattr(rule.rule.examples, kind)
            if not any(_turns(rule, test, example_facts(example), fires=fires) for example in examples):
                text = f"no `{kind}` example within 2 % (or one unit) of `{test.says}` that crossing it would turn"
                yield code, text, (*loc, test.operator)


def _turns(rule: CompiledRule, test: Test, facts: dict[str, Any], *, fires: bool) -> bool:
    """Whether the example stands beside the limit and turns when the one figure crosses it."""
    value, limit = facts.get(test.fact), facts.get(test.other) if test.other else test.operand
    if value is None or limit is None:
        return False
    share = abs(limit) * NEAR
    step = max(1.0, share) if FACTS[test.fact].unit in WORDS["counted"] else share or NEAR
    others = (facts | {test.fact: moved} for moved in (limit - step, limit, limit + step))
    beside = abs(value - limit) <= step * (1 + 1e-9)
    return beside and any(rule.condition.prove(other.get).outcome is (not fires) for other in others)


def reference_findings(base: RuleBase) -> Iterator[Finding]:
    """Yield ids of entries that are not there, and sources that nothing cites."""
    for found in references(base):
        if found.name not in found.known:
            text = f"unknown {found.what} {found.name!r}{nearest(found.name, found.known)}"
            yield Finding("LR301", found.kind, found.entry, text, found.loc)
    files = [(file, data) for layer in base.layers for file, data in layer.files.items()]
    used = {name for file, data in files if not file.startswith("sources/") for name in cited(data)}
    for name in sorted(set(base.sources) - used):
        yield Finding("LR304", "sources", name, "nothing cites it")


def cited(value: Any, *, citing: bool = False) -> Iterator[str]:
    """Yield the ids below every `source`, `sources` or `corrected_by` key."""
    if citing and isinstance(value, dict) and isinstance(value.get("id"), str):
        yield value["id"]
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from cited(part, citing=citing or key in {"source", "sources", "corrected_by"})
    elif isinstance(value, list):
        for part in value:
            yield from cited(part, citing=citing)
    elif citing and isinstance(value, str):
        yield value


def support_told(rule: CompiledRule, base: RuleBase) -> Iterator[Told]:
    """Yield that it rests on too little for how sure it is: on judgement, or on threads, each one case."""
    known = [base.sources[item.id] for item in rule.rule.sources if item.id in base.sources]
    if known and rule.rule.confidence == "high" and all(source.kind in WEAK for source in known):
        text = f"confidence is high, its sources are {', '.join(sorted({source.kind for source in known}))}"
        yield "LR302", text, ("sources",)
    if known and all(re.search(WORDS["thread"], source.text) for source in known):
        text = f"rests on what single users reported alone: {', '.join(source.id for source in known)}"
        yield "LR303", text, ("sources",)


def age_findings(base: RuleBase, as_of: date) -> Iterator[Finding]:
    """Yield rows that expired: prices that decide without hardware given one by one, the rest by source and day."""
    deciding = {machine.offer for machines in base.reference.reference.values() for machine in machines}
    rest: dict[tuple[str, Expired], list[tuple[str, str]]] = defaultdict(list)
    for kind, code in WORDS["expiring"].items():
        for name in getattr(base, kind):
            if not (row := base.expired(kind, name, as_of)):
                continue
            if code != "LR306":
                yield Finding(code, kind, name, f"what is known of it is {row}", ("read",) if row.day else ())
            elif name in deciding:
                text = f"a reference machine rests on a price that is {row}"
                yield Finding("LR307", kind, name, text, ("as_of",) if row.day else ())
            else:
                rest[getattr(base, kind)[name].source, row].append((kind, name))
    for (cited, row), names in rest.items():
        text = f"{len(names)} price{'s'[: len(names) > 1]} from {cited}, this one first: {row}"
        yield Finding("LR306", *names[0], text, ("as_of",) if row.day else ())


def unread_findings(base: RuleBase, misunderstood: Iterable[str]) -> Iterator[Finding]:
    """Yield facts that nobody reads, and misunderstandings that no rule corrects."""
    read = {measure.fact for criterion in base.criteria.criteria for measure in criterion.measures}
    for compiled in base.rules.values():
        rule = compiled.rule
        read |= facts_read(compiled.condition) | (facts_read(compiled.tight) if compiled.tight else frozenset())
        for sentence in (rule.say, rule.say_tight, rule.say_unknown):
            read.update(fields_read(sentence))
        if rule.measure:
            read |= {str(part) for part in (rule.measure.value, rule.measure.limit)}
    if unread := sorted(set(FACTS) - read):
        yield Finding("LR401", "", "", f"no rule, sentence or criterion reads {', '.join(unread)}")
    corrected = {rule.rule.corrects for rule in base.rules.values()}
    for name in sorted(set(misunderstood) - corrected):
        yield Finding("LR411", "misunderstandings", name, "no rule names it under `corrects`")


def link_told(rule: CompiledRule, misunderstood: Iterable[str], statements: Mapping[str, Statement]) -> Iterator[Told]:
    """Yield its links to misunderstandings and the seed that do not hold."""
    claimed = rule.rule.corrects
    if claimed is not None and claimed not in misunderstood:
        text = f"corrects {claimed!r}, which misunderstandings.yaml does not hold{nearest(claimed, misunderstood)}"
        yield "LR412", text, ("corrects",)
    for index, name in enumerate(rule.rule.seed):
        if name not in statements:
            text = f"names statement {name!r}, which seed.yaml does not hold{nearest(name, statements)}"
            yield "LR423", text, ("seed", index)
        elif rule.id not in statements[name].rules:
            yield "LR424", f"names statement {name!r}, which does not name it back", ("seed", index)


def statement_told(statement: Statement, base: RuleBase) -> Iterator[Told]:
    """Yield what a statement of the seed names that is not there, and that nothing strong enough stands behind it."""
    criteria = {f"criteria/{item.id}" for item in base.criteria.criteria}
    also = criteria | {f"use_cases/{name}" for name in base.use_cases}
    for name in statement.rules:
        if name not in base.rules:
            yield "LR422", f"names {name!r}, which is not there{nearest(name, base.rules)}", ()
        elif statement.id not in base.rules[name].rule.seed:
            yield "LR424", f"names rule {name}, whose `seed` does not name it back", ()
    for name in statement.also:
        if name not in also:
            yield "LR422", f"names {name!r}, which is not there{nearest(name, also)}", ()
    if statement.outcome == "no_claim" and not statement.note:
        yield "LR421", "it says no more why it makes no claim", ()
    elif statement.outcome != "no_claim" and not statement.rules and not statement.also:
        yield "LR421", "no rule carries or corrects it", ()
    if statement.outcome == "corrected":
        yield from correction_told(statement, base)


def correction_told(statement: Statement, base: RuleBase) -> Iterator[Told]:
    """Yield that a correction of the seed does not rest on a primary source, or on measurements."""
    for name in statement.corrected_by:
        if name not in base.sources:
            yield "LR422", f"unknown source {name!r}{nearest(name, base.sources)}", ("corrected_by",)
    kinds = {base.sources[name].kind for name in statement.corrected_by if name in base.sources}
    if not kinds & {"primary", "measured", "computed"}:
        yield "LR425", "corrected without a primary or measured source", ()
