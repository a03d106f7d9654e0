"""Lints of the rule base: a rule broken in each way brings exactly its finding; the shipped rules bring no error."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pytest

from llama_advisor.engine.facts import FACTS
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.conditions import Condition, compile_condition
from llama_advisor.upkeep.lint import lint
from llama_advisor.upkeep.reasoning import FALSE, NOT_TRUE, TRUE, can_be, implies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.upkeep import Finding

    Layer = Callable[[dict[str, str]], Path]

AS_OF = date(2026, 11, 24)
RULE = """\
id: house-rule
title: A rule of the house
why: Because we say so.
sources: [{id: %(source)s}]
confidence: %(confidence)s
when: %(when)s
then: %(then)s
say: "said"
%(more)s
examples:
  fires: [%(fires)s]
  silent: [%(silent)s]
"""
FITTING = {
    "source": "lm32card",
    "confidence": "medium",
    "when": "{fact: scenario.offline, is: true}",
    "then": "{criterion: quality, points: -3}",
    "more": "",
    "fires": "{scenario.offline: true}",
    "silent": "{scenario.offline: false}",
}


def rule(**parts: str) -> str:
    return RULE % (FITTING | parts)


def linted(folder: Path) -> list[Finding]:
    """Return what the layer adds to the findings of the shipped rules."""
    before = shipped()
    found = lint(load_rules(folder), AS_OF)
    return [item for item in found if (item.code, item.entry, item.text) not in before and item.code != "LR401"]


@cache
def shipped() -> frozenset[tuple[str, str, str]]:
    return frozenset((item.code, item.entry, item.text) for item in lint(load_rules(), AS_OF))


def codes(folder: Path) -> list[tuple[str, str]]:
    return [(found.code, found.entry) for found in linted(folder)]


def test_the_shipped_rules_bring_no_error_and_few_warnings(base: RuleBase) -> None:
    found = lint(base, AS_OF)
    known = base.finding_kinds
    assert [item for item in found if known[item.code].severity == "error"] == []
    assert len([item for item in found if known[item.code].severity == "warning"]) <= 10


def test_every_finding_stands_at_a_line_of_a_file(base: RuleBase) -> None:
    for finding in lint(base, AS_OF):
        where = finding.where(base)
        assert where == "rules" or where.split(":")[1].isdigit(), where


def test_a_sound_rule_brings_nothing(layer: Layer) -> None:
    assert codes(layer({"preferences/house-rule.yaml": rule()})) == []


TOKENS = "fact: scenario.context_tokens"
BROKEN = {
    "LR101": {"when": f"{{all: [{{{TOKENS}, above: 100}}, {{{TOKENS}, below: 50}}]}}"},
    "LR102": {"when": "{any: [{fact: scenario.offline, known: true}, {fact: scenario.offline, known: false}]}"},
    "LR103": {
        "when": "{any: [{fact: scenario.tags, has: narrow}, {fact: scenario.tags, has_any: [narrow, regulated]}]}"
    },
    "LR104": {"when": "{fact: scenario.tool_calling, in: [none, single, multi_step]}"},
    "LR105": {"when": "{fact: model.family, is: lama-3.1}"},
    "LR302": {"source": "judgement-nodes", "confidence": "high"},
    "LR303": {"source": "sglang-a40-issue"},
    "LR412": {"more": "corrects: newer-is-beter"},
    "LR423": {"more": "seed: [matrix-vison]"},
    "LR424": {"more": "seed: [matrix-vision]"},
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_rule_broken_in_one_way_brings_that_finding(code: str, layer: Layer) -> None:
    found = codes(layer({"caveats/house-rule.yaml": rule(**({"then": "{caveat: note}"} | BROKEN[code]))}))
    assert (code, "house-rule") in found
    assert {other for other, _ in found} <= {code, "LR201", "LR202"}


def test_two_things_at_once_can_never_be(layer: Layer) -> None:
    both = "{all: [{fact: scenario.target, is: phone}, {fact: scenario.target, is: laptop}]}"
    assert codes(layer({"preferences/house-rule.yaml": rule(when=both)})) == [("LR101", "house-rule")]


def test_the_message_names_line_and_nearest_name(layer: Layer) -> None:
    folder = layer({"preferences/house-rule.yaml": rule(when="{fact: model.family, is: lama-3.1}")})
    (found,) = linted(folder)
    assert found.text == "model.family is never 'lama-3.1' in this rule base; nearest: llama-3.1"
    assert found.where(load_rules(folder)) == f"{folder}/preferences/house-rule.yaml:6:32"


LIMIT = {"when": "{all: [{fact: model.parameters_b, below: 4}, {fact: scenario.offline, is: true}]}"}
FIRES = "{model.parameters_b: 3.99, scenario.offline: true}"


@pytest.mark.parametrize(
    ("silent", "found"),
    [
        ("{model.parameters_b: 4, scenario.offline: true}", []),
        ("{model.parameters_b: 4.05, scenario.offline: true}", []),
        ("{model.parameters_b: 5, scenario.offline: true}", ["LR201"]),
        ("{model.parameters_b: 4, scenario.offline: false}", ["LR201"]),
        ("{scenario.offline: false}", ["LR201"]),
    ],
)
def test_a_limit_needs_a_silent_example_that_crossing_it_would_turn(
    silent: str, found: list[str], layer: Layer
) -> None:
    folder = layer({"preferences/house-rule.yaml": rule(**LIMIT, fires=FIRES, silent=silent)})
    assert [code for code, _ in codes(folder)] == found


@pytest.mark.parametrize(("nodes", "found"), [(2, []), (4, ["LR202"])])
def test_counts_are_near_within_one(nodes: int, found: list[str], layer: Layer) -> None:
    parts = {"when": "{fact: machine.nodes, above: 1}", "silent": "{machine.nodes: 1}"}
    folder = layer({"preferences/house-rule.yaml": rule(**parts, fires=f"{{machine.nodes: {nodes}}}")})
    assert [code for code, _ in codes(folder)] == found


def test_a_limit_that_is_another_fact_is_read_from_the_example(layer: Layer) -> None:
    parts = {"when": f"{{{TOKENS}, above: {{fact: model.context_tokens}}}}"}
    near = "{scenario.context_tokens: 4097, model.context_tokens: 4096}"
    far = "{scenario.context_tokens: 100, model.context_tokens: 4096}"
    folder = layer({"preferences/house-rule.yaml": rule(**parts, fires=near, silent=far)})
    assert codes(folder) == [("LR201", "house-rule")]


SECOND = rule(then="{criterion: quality, points: 5}").replace("house-rule", "second-rule")


def test_equal_conditions_with_opposite_signs_contradict(layer: Layer) -> None:
    files = {"preferences/house-rule.yaml": rule(), "preferences/second-rule.yaml": SECOND}
    (found,) = linted(layer(files))
    assert (found.code, found.text) == ("LR111", "fires exactly when second-rule does (-3 against +5 on quality)")


def test_a_narrower_rule_with_the_opposite_sign_is_told(layer: Layer) -> None:
    narrow = rule(
        when="{all: [{fact: scenario.offline, is: true}, {fact: scenario.commercial, is: true}]}",
        fires="{scenario.offline: true, scenario.commercial: true}",
    )
    files = {"preferences/house-rule.yaml": narrow, "preferences/second-rule.yaml": SECOND}
    assert codes(layer(files)) == [("LR112", "house-rule")]


def test_the_same_sign_or_another_criterion_is_no_contradiction(layer: Layer) -> None:
    other = rule(then="{criterion: speed, points: 5}").replace("house-rule", "second-rule")
    assert codes(layer({"preferences/house-rule.yaml": rule(), "preferences/second-rule.yaml": other})) == []


def test_a_preference_inside_a_constraint_never_counts(layer: Layer) -> None:
    dead = rule(when="{fact: model.reads_inputs, is: false}", fires="{model.reads_inputs: false}")
    (found,) = linted(layer({"preferences/house-rule.yaml": dead}))
    assert (found.code, found.text) == ("LR113", "every build it fires for is ruled out by reads-inputs")


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("{fact: scenario.offline, is: true}", ["LR121"]),
        ("{all: [{fact: scenario.offline, is: true}, {fact: engine.hosted, is: true}]}", ["LR121"]),
        ("{all: [{fact: scenario.offline, is: true}, {fact: engine.hosted, is: false}]}", []),
        ("{all: [{fact: scenario.offline, is: true}, {fact: memory.fits, is: true}]}", []),
        ("{all: [{fact: scenario.offline, is: true}, {fact: memory.fits, known: true}]}", []),
        ("{all: [{fact: scenario.offline, is: true}, {fact: memory.fits, known: false}]}", ["LR121"]),
        ("{any: [{fact: scenario.offline, is: true}, {fact: memory.fits, is: true}]}", ["LR121"]),
    ],
)
def test_a_sentence_names_only_what_its_condition_makes_sure_of(when: str, found: list[str], layer: Layer) -> None:
    text = rule(when=when, then="{caveat: note}").replace('"said"', '"takes {memory.total_gib} GiB"')
    assert [code for code, _ in codes(layer({"caveats/house-rule.yaml": text}))] == found


def test_a_constraint_that_cannot_be_tight_is_told(layer: Layer) -> None:
    more = "tight: {fact: scenario.offline, is: true}\nsay_tight: tight"
    text = rule(then="{rule_out: other}", more=more)
    assert codes(layer({"constraints/house-rule.yaml": text})) == [("LR106", "house-rule")]


def test_a_misunderstanding_without_a_rule_is_told(layer: Layer) -> None:
    text = "misunderstandings: [{id: flat-earth, claim: a, truth: b, sources: [{id: lm32card}]}]"
    assert codes(layer({"misunderstandings.yaml": text})) == [("LR411", "flat-earth")]


STATEMENT = "statements: [{id: new, section: s, text: t, %s}]"


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ("outcome: carried", ["LR421"]),
        ("outcome: no_claim", ["LR421"]),
        ("outcome: no_claim, note: a forecast", []),
        ("outcome: carried, rules: [seed-visoin]", ["LR422"]),
        ("outcome: carried, rules: [seed-enterprise]", ["LR424"]),
        ("outcome: carried, also: [criteria/quality]", []),
        ("outcome: carried, also: [criteria/qualty]", ["LR422"]),
        ("outcome: corrected, also: [criteria/quality], corrected_by: [seed-article]", ["LR425"]),
        ("outcome: corrected, also: [criteria/quality], corrected_by: [lm32card]", []),
    ],
)
def test_a_statement_of_the_seed_needs_its_links(parts: str, found: list[str], layer: Layer) -> None:
    assert [code for code, _ in codes(layer({"seed.yaml": STATEMENT % parts}))] == found


def test_sources_grow_old_and_uncited_ones_are_told(layer: Layer) -> None:
    text = "sources: [{id: old-page, text: a page, read: 2025-01-01, kind: primary}]"
    assert codes(layer({"sources/own.yaml": text})) == [("LR304", "old-page"), ("LR305", "old-page")]


def test_old_prices_are_summed_and_deciding_ones_told_apart(base: RuleBase) -> None:
    later = lint(base, date(2027, 11, 24))
    by_code = {code: [item for item in later if item.code == code] for code in ("LR306", "LR307")}
    deciding = {machine.offer for machines in base.reference.reference.values() for machine in machines}
    assert {item.entry for item in by_code["LR307"]} <= deciding
    assert by_code["LR307"]
    assert len(by_code["LR306"]) < len(base.rentals) / 2


def test_a_name_that_leads_nowhere_is_an_error(base: RuleBase) -> None:
    """Layers are refused at load; the shipped rules are checked here."""
    gone = RuleBase(base.layers, base.facts)
    vars(gone)["sources"] = {name: item for name, item in base.sources.items() if name != "lm32card"}
    found = [item for item in lint(gone, AS_OF) if item.code == "LR301"]
    assert found
    assert all("unknown source 'lm32card'" in item.text for item in found)


def test_a_fact_that_only_a_layer_reads_is_read(layer: Layer) -> None:
    text = rule(when="{fact: machine.devices, above: 2}", fires="{machine.devices: 3}", silent="{machine.devices: 2}")
    folder = layer(
        {"constraints/house-rule.yaml": text.replace("{criterion: quality, points: -3}", "{rule_out: hardware}")}
    )
    before = next(item.text for item in lint(load_rules(), AS_OF) if item.code == "LR401")
    after = next(item.text for item in lint(load_rules(folder), AS_OF) if item.code == "LR401")
    assert " machine.devices" in before
    assert " machine.devices" not in after


@pytest.mark.parametrize(
    ("first", "second", "implied"),
    [
        ("context_tokens above 10", "context_tokens above 5", True),
        ("context_tokens above 5", "context_tokens above 10", False),
        ("context_tokens at_least 5", "context_tokens above 5", False),
        ("context_tokens above 5", "context_tokens at_least 5", True),
        ("target is phone", "target in phone laptop", True),
        ("target in phone laptop", "target is phone", False),
        ("target is phone", "target is_not laptop", True),
        ("tags has narrow", "tags has_any narrow regulated", True),
        ("tags lacks_any narrow regulated", "tags lacks narrow", True),
        ("tags has_any narrow regulated", "tags has narrow", False),
        ("offline is true", "offline known true", True),
        ("offline known true", "offline is true", False),
    ],
)
def test_what_implies_what(first: str, second: str, *, implied: bool) -> None:
    assert implies(condition(first), condition(second)) is implied


def condition(words: str) -> Condition:
    name, operator, *operands = words.split()
    values = [{"true": True}.get(word, int(word) if word.isdigit() else word) for word in operands]
    lists = {"in", "has_any", "lacks_any"}
    raw = {"fact": f"scenario.{name}", operator: values if operator in lists else values[0]}
    return compile_condition(raw, FACTS)


def test_facts_compared_with_each_other_must_agree() -> None:
    above = {"fact": "scenario.context_tokens", "above": {"fact": "model.context_tokens"}}
    under = {"fact": "model.context_tokens", "at_least": {"fact": "scenario.context_tokens"}}
    assert not can_be(compile_condition({"all": [above, under]}, FACTS), TRUE)
    assert can_be(compile_condition({"any": [above, under]}, FACTS), NOT_TRUE)
    assert not can_be(compile_condition({"any": [above, under]}, FACTS), FALSE)
