"""Structured predicates: compiled with names and types checked, evaluated to a proof tree.

Three-valued (Kleene): true, false, and None for not known. `prove` names every value read, for explanations;
`evaluator` compiles the same to a function for the search, and `settler` evaluates as far as facts are settled.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from llama_advisor.text.errors import nearest

Value = Any
Lookup = Callable[[str], Value]
Loc = tuple[Any, ...]
Kind = Literal["flag", "number", "text", "set"]


class Operator(NamedTuple):
    """How a fact is held against an operand."""

    kinds: tuple[str, ...]  # Kinds of fact that it applies to.
    compare: Callable[[Value, Value], bool]


OPERATORS = {
    "is": Operator(("flag", "number", "text"), operator.eq),
    "is_not": Operator(("flag", "number", "text"), operator.ne),
    "in": Operator(("text", "number"), lambda value, operand: value in operand),
    "not_in": Operator(("text", "number"), lambda value, operand: value not in operand),
    "above": Operator(("number",), operator.gt),
    "below": Operator(("number",), operator.lt),
    "at_least": Operator(("number",), operator.ge),
    "at_most": Operator(("number",), operator.le),
    "has": Operator(("set",), operator.contains),
    "has_any": Operator(("set",), lambda value, operand: not value.isdisjoint(operand)),
    "lacks": Operator(("set",), lambda value, operand: operand not in value),
    "lacks_any": Operator(("set",), lambda value, operand: value.isdisjoint(operand)),
    "known": Operator(("flag", "number", "text", "set"), lambda value, operand: (value is not None) is operand),
}
LISTS = frozenset({"in", "not_in", "has_any", "lacks_any"})
_PLAIN = {"flag": (bool,), "number": (int, float), "text": (str,), "set": (str,)}


class Fact(NamedTuple):
    """A named figure of the scenario, model, quantization, placement or build."""

    name: str
    kind: Kind
    unit: str
    says: str
    level: int  # from when on it is known
    compute: Callable[[Any], Value]  # its value for a candidate; None where it is not known
    choices: frozenset[str] | None  # the only values it has, if they are few
    owner: str  # part of a candidate that it is read from; "" where a function reads several
    settles: int  # level at which a plan settles it, which may lie past those at which facts are known


class ConditionError(Exception):
    """A condition is wrong at `loc`, relative to the rule."""

    def __init__(self, loc: Loc, what: str) -> None:
        super().__init__(what)
        self.loc, self.what = loc, what


class Proof(NamedTuple):
    """What a condition came to, with the value read: explanations print this tree."""

    outcome: bool | None
    says: str
    fact: str | None = None
    value: Value = None
    parts: tuple[Proof, ...] = ()

    def leaves(self) -> Iterator[Proof]:
        """Yield the tests that carry the outcome: those of parts that came to it, or of a negated part."""
        if not self.parts:
            yield self
        for part in self.parts:
            if part.outcome is self.outcome or self.says == "not":
                yield from part.leaves()


class Test(NamedTuple):
    """One fact against one operand."""

    fact: str
    operator: str
    operand: Value
    other: str | None
    level: int
    says: str

    def prove(self, lookup: Lookup) -> Proof:
        """Evaluate against `lookup`, which gives None for what is not known."""
        value = lookup(self.fact)
        operand = lookup(self.other) if self.other else self.operand
        told = self.operator == "known" or (value is not None and operand is not None)
        outcome = OPERATORS[self.operator].compare(value, operand) if told else None
        return Proof(outcome, self.says, self.fact, value)


class Junction(NamedTuple):
    """All or any of several conditions, or the negation of one."""

    kind: str
    parts: tuple[Condition, ...]
    level: int

    def prove(self, lookup: Lookup) -> Proof:
        """Evaluate every part, so that the proof names each one."""
        proofs = tuple(part.prove(lookup) for part in self.parts)
        outcomes = [proof.outcome for proof in proofs]
        if self.kind == "not":
            outcome = None if outcomes[0] is None else not outcomes[0]
        else:
            settles = self.kind == "any"
            outcome = settles if settles in outcomes else None if None in outcomes else not settles
        return Proof(outcome, self.kind, parts=proofs)


Condition = Test | Junction


def evaluator(condition: Condition, reader: Callable[[str], Callable[[Any], Value]]) -> Callable[[Any], bool | None]:
    """Compile a condition to a function of what `reader`'s functions read; it stops at the part that settles it."""
    if isinstance(condition, Junction):
        parts = tuple(evaluator(part, reader) for part in sorted(condition.parts, key=lambda part: part.level))
        return _joined(condition.kind, parts)
    read, operand = reader(condition.fact), condition.operand
    if condition.operator == "known":
        return lambda subject: (read(subject) is not None) is operand
    compare = OPERATORS[condition.operator].compare
    if condition.other is not None:
        limit = reader(condition.other)
        return lambda subject: (
            None if (value := read(subject)) is None or (end := limit(subject)) is None else compare(value, end)
        )
    return lambda subject: None if (value := read(subject)) is None else compare(value, operand)


def _joined(kind: str, parts: tuple[Callable[[Any], bool | None], ...]) -> Callable[[Any], bool | None]:
    """Compile all or any of several functions, or the negation of one."""
    if kind == "not":
        (inner,) = parts
        return lambda subject: None if (outcome := inner(subject)) is None else not outcome
    settles = kind == "any"

    def evaluate(subject: Any) -> bool | None:
        outcome: bool | None = not settles
        for part in parts:
            found = part(subject)
            if found is settles:
                return settles
            if found is None:
                outcome = None
        return outcome

    return evaluate


def settler(
    condition: Condition, reader: Callable[[str], Callable[[Any], Value]], settled: Callable[[Test], bool]
) -> Callable[[Any], Residue]:
    """Compile a condition to what evaluates its settled tests; what is left is compiled once for each outcome."""
    tests = [test for test in tests_of(condition) if settled(test)]
    evaluators = [evaluator(test, reader) for test in tests]
    left: dict[tuple[bool | None, ...], Residue] = {}

    def settle(subject: Any) -> Residue:
        outcomes = tuple([evaluate(subject) for evaluate in evaluators])
        if outcomes not in left:
            known = {id(test): outcome for test, outcome in zip(tests, outcomes, strict=True)}
            left[outcomes] = _reduced(condition, reader, known)
        return left[outcomes]

    return settle


def _reduced(
    condition: Condition, reader: Callable[[str], Callable[[Any], Value]], known: dict[int, bool | None]
) -> Residue:
    """Return the outcome where what is known settles it, else a function of the rest."""
    if isinstance(condition, Test):
        return known[id(condition)] if id(condition) in known else evaluator(condition, reader)
    parts = [_reduced(part, reader, known) for part in condition.parts]
    if condition.kind == "not":
        (inner,) = parts
        return _joined("not", (inner,)) if callable(inner) else None if inner is None else not inner
    settles = condition.kind == "any"
    if any(part is settles for part in parts):
        return settles
    left = tuple(part for part in parts if callable(part))
    unknown = None in parts
    if not left:
        return None if unknown else not settles
    if unknown:
        left = (*left, lambda _: None)
    return left[0] if len(left) == 1 else _joined(condition.kind, left)


Residue = bool | None | Callable[[Any], bool | None]
"""An outcome, or what is left to be evaluated."""


def tests_of(condition: Condition) -> Iterator[Test]:
    """Yield every test of a condition."""
    if isinstance(condition, Test):
        yield condition
    else:
        for part in condition.parts:
            yield from tests_of(part)


def facts_read(condition: Condition) -> frozenset[str]:
    """Return the names of all facts that the condition reads."""
    return frozenset(name for test in tests_of(condition) for name in (test.fact, test.other) if name is not None)


def compile_condition(raw: Any, facts: Mapping[str, Fact], loc: Loc = ()) -> Condition:
    """Check a condition against the known facts; raise ConditionError at what is wrong."""
    if not isinstance(raw, dict) or not raw:
        raise ConditionError(loc, "a condition is a mapping with `fact`, `all`, `any` or `not`")
    if "fact" in raw:
        return _compile_test(raw, facts, loc)
    kind = next(iter(raw))
    if kind not in {"all", "any", "not"} or len(raw) != 1:
        raise ConditionError((*loc, kind), f"unknown condition {kind!r}{nearest(kind, ('all', 'any', 'not', 'fact'))}")
    inner = [raw[kind]] if kind == "not" else raw[kind]
    if not isinstance(inner, list) or not inner:
        raise ConditionError((*loc, kind), f"`{kind}` takes a list of conditions")
    places = [(*loc, kind) if kind == "not" else (*loc, kind, index) for index in range(len(inner))]
    parts = tuple(compile_condition(part, facts, place) for part, place in zip(inner, places, strict=True))
    return Junction(kind, parts, max(part.level for part in parts))


def _compile_test(raw: dict[str, Any], facts: Mapping[str, Fact], loc: Loc) -> Test:
    name = str(raw["fact"])
    if name not in facts:
        raise ConditionError((*loc, "fact"), f"unknown fact {name!r}{nearest(name, facts)}")
    operators = [key for key in raw if key != "fact"]
    if len(operators) != 1:
        raise ConditionError(loc, f"fact {name!r} takes exactly one operator; known: {', '.join(OPERATORS)}")
    verb, operand = operators[0], raw[operators[0]]
    place = (*loc, verb)
    if verb not in OPERATORS:
        raise ConditionError(place, f"unknown operator {verb!r}{nearest(verb, OPERATORS)}")
    fact = facts[name]
    if fact.kind not in OPERATORS[verb].kinds:
        raise ConditionError(place, f"`{verb}` does not apply to {name!r}, which is a {fact.kind}")
    if not isinstance(operand, dict) or set(operand) != {"fact"}:
        _check_operand(name, fact, verb, operand, place)
        kept = tuple(operand) if verb in LISTS else operand
        shown = ", ".join(map(str, kept)) if isinstance(kept, tuple) else str(kept)
        return Test(name, verb, kept, None, fact.level, f"{name} {verb.replace('_', ' ')} {shown}")
    other = str(operand["fact"])
    if other not in facts:
        raise ConditionError(place, f"unknown fact {other!r}{nearest(other, facts)}")
    if facts[other].kind != fact.kind or verb in LISTS or verb in {"has", "lacks"}:
        raise ConditionError(place, f"{name!r}, a {fact.kind}, does not compare with {other!r} by `{verb}`")
    level = max(fact.level, facts[other].level)
    return Test(name, verb, None, other, level, f"{name} {verb.replace('_', ' ')} {other}")


def _check_operand(name: str, fact: Fact, verb: str, operand: Any, place: Loc) -> None:
    if verb == "known":
        if not isinstance(operand, bool):
            raise ConditionError(place, "`known` takes true or false")
        return
    if verb in LISTS and (not isinstance(operand, list) or not operand):
        raise ConditionError(place, f"`{verb}` takes a list")
    for item in operand if verb in LISTS else [operand]:
        plain = isinstance(item, _PLAIN[fact.kind])
        if not plain or (isinstance(item, bool) and fact.kind != "flag"):
            raise ConditionError(place, f"{name!r} is a {fact.kind}, not {item!r}")
        if fact.choices is not None and item not in fact.choices:
            raise ConditionError(place, f"{name!r} is never {item!r}{nearest(str(item), fact.choices)}")


_JSON_TYPES = {"flag": "boolean", "number": "number", "text": "string", "set": "string"}
_SELF = {"$ref": "#/$defs/Condition"}


def with_conditions(schema: dict[str, Any], facts: Mapping[str, Fact]) -> dict[str, Any]:
    """Return the schema of a rule in which `when` and `tight` are conditions over known facts, for editors."""
    properties = {name: dict(part) for name, part in schema["properties"].items()}
    for name in ("when", "tight"):
        properties[name] = {"description": properties[name].get("description", ""), **_SELF}
    joined = [_only({kind: {"type": "array", "items": _SELF, "minItems": 1}}) for kind in ("all", "any")]
    tests = []
    for kind, of_type in _JSON_TYPES.items():
        test = _only({"fact": {"enum": sorted(name for name, fact in facts.items() if fact.kind == kind)}})
        one = {"anyOf": [{"type": of_type}, _only({"fact": {"type": "string"}})]}
        several = {"type": "array", "items": {"type": of_type}, "minItems": 1}
        operands = dict.fromkeys(LISTS, several) | {"known": {"type": "boolean"}}
        verbs = (verb for verb, known in OPERATORS.items() if kind in known.kinds)
        test["properties"] |= {verb: operands.get(verb, one) for verb in verbs}
        tests.append(test | {"minProperties": 2, "maxProperties": 2})
    condition = {"anyOf": [*joined, _only({"not": _SELF}), *tests]}
    return schema | {"properties": properties, "$defs": schema["$defs"] | {"Condition": condition}}


def _only(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping with these keys, all of them there."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
