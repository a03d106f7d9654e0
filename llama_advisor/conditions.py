"""Structured predicates: compiled with names and types checked, evaluated to a proof tree.

One evaluator, three-valued (Kleene): true, false, and None for not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from llama_advisor.errors import nearest

Value = Any
Lookup = Callable[[str], Value]
Loc = tuple[Any, ...]
OPERATORS: dict[str, tuple[str, ...]] = {
    "is": ("flag", "number", "text"),
    "is_not": ("flag", "number", "text"),
    "in": ("text", "number"),
    "not_in": ("text", "number"),
    "above": ("number",),
    "below": ("number",),
    "at_least": ("number",),
    "at_most": ("number",),
    "has": ("set",),
    "has_any": ("set",),
    "lacks": ("set",),
    "lacks_any": ("set",),
    "known": ("flag", "number", "text", "set"),
}
_LISTS = {"in", "not_in", "has_any", "lacks_any"}
_PLAIN = {"flag": (bool,), "number": (int, float), "text": (str,), "set": (str,)}


class FactType(Protocol):
    """What a condition needs to know of a fact."""

    @property
    def kind(self) -> str:
        """flag, number, text or set."""

    @property
    def level(self) -> int:
        """From when on it is known."""

    @property
    def choices(self) -> frozenset[str] | None:
        """The only values it has, if they are few."""


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


@dataclass(frozen=True)
class Test:
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
        if self.operator == "known":
            return Proof((value is not None) is self.operand, self.says, self.fact, value)
        if value is None or operand is None:
            return Proof(None, self.says, self.fact, value)
        return Proof(_COMPARISONS[self.operator](value, operand), self.says, self.fact, value)


@dataclass(frozen=True)
class Junction:
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


def facts_read(condition: Condition) -> frozenset[str]:
    """Return the names of all facts that the condition reads."""
    if isinstance(condition, Test):
        return frozenset({condition.fact} | ({condition.other} if condition.other else set()))
    return frozenset().union(*(facts_read(part) for part in condition.parts))


def compile_condition(raw: Any, facts: Mapping[str, FactType], loc: Loc = ()) -> Condition:
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


def _compile_test(raw: dict[str, Any], facts: Mapping[str, FactType], loc: Loc) -> Test:
    name = str(raw["fact"])
    if name not in facts:
        raise ConditionError((*loc, "fact"), f"unknown fact {name!r}{nearest(name, facts)}")
    operators = [key for key in raw if key != "fact"]
    if len(operators) != 1:
        raise ConditionError(loc, f"fact {name!r} takes exactly one operator; known: {', '.join(OPERATORS)}")
    operator, operand = operators[0], raw[operators[0]]
    place = (*loc, operator)
    if operator not in OPERATORS:
        raise ConditionError(place, f"unknown operator {operator!r}{nearest(operator, OPERATORS)}")
    fact = facts[name]
    if fact.kind not in OPERATORS[operator]:
        raise ConditionError(place, f"`{operator}` does not apply to {name!r}, which is a {fact.kind}")
    if isinstance(operand, dict) and set(operand) == {"fact"}:
        return _compile_comparison(name, operator, str(operand["fact"]), facts, place)
    _check_operand(name, fact, operator, operand, place)
    kept = tuple(operand) if operator in _LISTS else operand
    return Test(name, operator, kept, None, fact.level, _says(name, operator, kept))


def _compile_comparison(name: str, operator: str, other: str, facts: Mapping[str, FactType], place: Loc) -> Test:
    if other not in facts:
        raise ConditionError(place, f"unknown fact {other!r}{nearest(other, facts)}")
    if facts[other].kind != facts[name].kind or operator in _LISTS or operator in {"has", "lacks"}:
        raise ConditionError(place, f"{name!r}, a {facts[name].kind}, does not compare with {other!r} by `{operator}`")
    level = max(facts[name].level, facts[other].level)
    return Test(name, operator, None, other, level, _says(name, operator, other))


def _check_operand(name: str, fact: FactType, operator: str, operand: Any, place: Loc) -> None:
    if operator == "known":
        if not isinstance(operand, bool):
            raise ConditionError(place, "`known` takes true or false")
        return
    if operator in _LISTS and (not isinstance(operand, list) or not operand):
        raise ConditionError(place, f"`{operator}` takes a list")
    for item in operand if operator in _LISTS else [operand]:
        plain = isinstance(item, _PLAIN[fact.kind])
        if not plain or (isinstance(item, bool) and fact.kind != "flag"):
            raise ConditionError(place, f"{name!r} is a {fact.kind}, not {item!r}")
        if fact.choices is not None and item not in fact.choices:
            raise ConditionError(place, f"{name!r} is never {item!r}{nearest(str(item), fact.choices)}")


_COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "is": lambda value, operand: bool(value == operand),
    "is_not": lambda value, operand: bool(value != operand),
    "in": lambda value, operand: value in operand,
    "not_in": lambda value, operand: value not in operand,
    "has": lambda value, operand: operand in value,
    "lacks": lambda value, operand: operand not in value,
    "has_any": lambda value, operand: not value.isdisjoint(operand),
    "lacks_any": lambda value, operand: value.isdisjoint(operand),
    "above": lambda value, operand: bool(value > operand),
    "below": lambda value, operand: bool(value < operand),
    "at_least": lambda value, operand: bool(value >= operand),
    "at_most": lambda value, operand: bool(value <= operand),
}


def _says(fact: str, operator: str, operand: Value) -> str:
    """Return the condition in words."""
    shown = ", ".join(map(str, operand)) if isinstance(operand, tuple) else str(operand)
    return f"{fact} {operator.replace('_', ' ')} {shown}"
