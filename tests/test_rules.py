"""The shipped rule base: each rule's own examples, its sources, and what its data must agree on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.facts import FACTS
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.knowledge.base import ENTRY_FOLDERS, RULE_FOLDERS, CompiledRule, shipped_rules
from llama_advisor.knowledge.conditions import facts_read
from llama_advisor.knowledge.judgement import Adjust, Caveat, Route, RuleOut
from llama_advisor.scenario.scenario import Only, Scenario, Tuning
from llama_advisor.sizing.quality import score
from llama_advisor.text.yaml_file import parse
from llama_advisor.upkeep.lint import run_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE = load_rules()
CASES = Path(__file__).parent / "scenarios" / "cases.yaml"
RULES = sorted(BASE.rules.values(), key=lambda rule: rule.id)
THEN = {"constraints": RuleOut, "preferences": Adjust, "caveats": Caveat, "routes": Route}
by_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def test_every_example_of_every_rule_comes_out_as_it_says() -> None:
    results = list(run_examples(BASE))
    failed = [f"{r.rule} {r.kind}[{r.place}] came to {r.got}: {r.example}" for r in results if not r.passed]
    assert failed == []
    assert {result.rule for result in results} == set(BASE.rules)


OWN = {"judgement", "computed", "contract", "seed"}
"""Kinds of source that are reasoning of our own, or words that were given to us."""


def test_each_source_that_a_rule_cites_can_be_looked_up() -> None:
    """By an address, or as a file of this repository."""
    for name in sorted({citation.id for rule in RULES for citation in rule.rule.sources}):
        source, root = BASE.sources[name], shipped_rules().parent
        ours = any((root / word.rstrip(",")).exists() for word in source.text.split() if "/" in word)
        assert source.kind in OWN or ours or re.search(r"https://[\w.-]+\.\w+", source.text), name


RULE = """\
id: house-rule
title: A rule of the house
why: Because we say so.
sources: [{id: seed-article}]
confidence: low
when: {fact: scenario.context_tokens, above: 10000}
then: {caveat: note}
say: "long"
examples:
  fires: [{scenario.context_tokens: 10000}, {scenario.context_tokens: 10001}]
  silent: [{scenario.context_tokens: 10000}, {}]
  unknown: [{}]
"""


def test_an_example_that_is_wrong_is_told(layer: Callable[[dict[str, str]], Path]) -> None:
    results = [item for item in run_examples(load_rules(layer({"caveats/house-rule.yaml": RULE}))) if not item.passed]
    assert [(item.rule, item.kind, item.place, item.got) for item in results] == [
        ("house-rule", "fires", 0, False),
        ("house-rule", "silent", 1, None),
    ]


@by_rule
def test_a_rule_does_what_its_folder_is_for(rule: CompiledRule) -> None:
    assert isinstance(rule.rule.then, THEN[rule.folder])
    assert rule.folder == "constraints" or (rule.tight is None and not rule.rule.say_unknown)


@by_rule
def test_a_rule_cites_sources_that_are_there(rule: CompiledRule) -> None:
    assert {citation.id for citation in rule.rule.sources} <= set(BASE.sources)


@by_rule
def test_a_sure_rule_rests_on_more_than_judgement(rule: CompiledRule) -> None:
    """The contract is a source of its own: a hard limit holds because the user says so."""
    kinds = {
        "contract" if item.id == "design-contract" else BASE.sources[item.id].kind
        for item in rule.rule.sources
        if item.id in BASE.sources
    }
    assert rule.rule.confidence != "high" or kinds != {"judgement"}


@by_rule
def test_examples_name_facts_the_rule_reads_with_values_of_their_kind(rule: CompiledRule) -> None:
    read = facts_read(rule.condition) | (facts_read(rule.tight) if rule.tight else frozenset())
    for kind in rule.rule.examples._fields:
        for example in getattr(rule.rule.examples, kind):
            assert set(example) <= read, kind
            for name, value in example.items():
                assert of_kind(name, value), f"{kind}: {name} is a {FACTS[name].kind}, not {value!r}"


def of_kind(name: str, value: Any) -> bool:
    fact = FACTS[name]
    if value is None:
        return True
    if fact.kind == "set":
        return isinstance(value, list) and set(value) <= (fact.choices or set(value))
    if fact.kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, bool if fact.kind == "flag" else str) and (not fact.choices or value in fact.choices)


@by_rule
def test_no_verdict_hangs_on_what_became_of_other_builds(rule: CompiledRule) -> None:
    if isinstance(rule.rule.then, Caveat) and rule.rule.then.caveat == "heavy":
        owners = {name.partition(".")[0] for name in facts_read(rule.condition)}
        assert owners.isdisjoint({"answer", "named", "asked", "other", "companion"})


@by_rule
def test_a_tight_constraint_has_words_for_it(rule: CompiledRule) -> None:
    assert (rule.tight is None) == (not rule.rule.say_tight)


@by_rule
def test_a_moved_limit_turns_an_example_red(rule: CompiledRule) -> None:
    """Each number that a condition compares with is met or neared by a `fires` and a `silent` example."""
    examples = [*rule.rule.examples.fires, *rule.rule.examples.silent]
    for fact, operand in limits(rule.rule.when):
        near = [example[fact] for example in examples if example.get(fact) is not None]
        assert near, f"no example states {fact}"
        assert min(near) <= operand <= max(near), f"{fact}: {near} lie on one side of {operand}"


def limits(raw: Any) -> Iterator[tuple[str, float]]:
    if isinstance(raw, list):
        for part in raw:
            yield from limits(part)
    elif isinstance(raw, dict) and "fact" in raw:
        for operator in ("above", "below", "at_least", "at_most"):
            if isinstance(raw.get(operator), (int, float)):
                yield raw["fact"], raw[operator]
    elif isinstance(raw, dict):
        for part in raw.values():
            yield from limits(part)


def test_every_entry_is_in_the_file_of_its_name() -> None:
    for folder in ENTRY_FOLDERS:
        for path in sorted((shipped_rules() / folder).glob("*.yaml")):
            data = parse(path.read_text("utf-8"), path.name).data
            if folder == "engines" and path.stem == "constants":
                continue
            assert data["id"] == path.stem
    assert {rule.folder for rule in RULES} == set(RULE_FOLDERS)


def cited(value: Any) -> Iterator[str]:
    """Yield every source id below a `source` or `sources` key."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in {"source", "sources"}:
                yield from ids(part)
            else:
                yield from cited(part)
    elif isinstance(value, list):
        for part in value:
            yield from cited(part)


def ids(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from ids(value["id"]) if "id" in value else ids(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from ids(part)


def test_every_source_cited_anywhere_is_there() -> None:
    for file, data in BASE.layers[0].files.items():
        if not file.startswith("sources/"):
            missing = set(cited(data)) - set(BASE.sources)
            assert not missing, f"{file}: {sorted(missing)}"


def test_no_source_is_a_case_of_these_tests() -> None:
    names = {case["id"] for case in parse(CASES.read_text("utf-8"), CASES.name).data["cases"]}
    assert names
    assert names.isdisjoint(BASE.sources)


@pytest.mark.parametrize("case", sorted(BASE.use_cases))
def test_a_use_case_is_scored_for_every_model_that_reads_its_inputs(case: str) -> None:
    use_case = BASE.use_cases[case]
    for model in BASE.models.values():
        ranked = model.role == "ranked" and use_case.answered_by is None
        if ranked and model.kind == "instruct" and set(use_case.inputs) <= set(model.inputs):
            missing = [name for name in use_case.benchmarks if score(model, name, BASE) is None]
            assert not missing, f"{model.id}: {missing}"


@pytest.mark.parametrize("case", sorted(BASE.use_cases))
def test_a_use_case_weighs_known_criteria_and_benchmarks(case: str) -> None:
    use_case = BASE.use_cases[case]
    assert set(use_case.weights) <= {criterion.id for criterion in BASE.criteria.criteria}
    assert sum(use_case.weights.values()) == pytest.approx(100)
    assert set(use_case.benchmarks) <= set(BASE.benchmarks)
    assert use_case.floor is None or use_case.floor.benchmark in BASE.benchmarks
    assert use_case.answered_by is None or set(use_case.answered_by.models) <= set(BASE.models)
    assert use_case.defaults.output_tokens <= use_case.defaults.context_tokens


def test_published_scores_belong_to_known_benchmarks_and_are_not_estimated_too() -> None:
    for model in BASE.models.values():
        assert set(model.scores) <= set(BASE.benchmarks), model.id
        estimated = {estimate.benchmark for estimate in model.estimated_scores}
        assert estimated <= set(BASE.benchmarks), model.id
        assert estimated.isdisjoint(model.scores), model.id
        assert model.text_scores_from is None or model.text_scores_from in BASE.models
        assert model.sibling is None or model.sibling in BASE.models


def test_engines_load_quantizations_that_are_there() -> None:
    for engine in BASE.engines.values():
        assert {item.quantization for item in engine.quantizations} <= set(BASE.quantizations), engine.id
    for model in BASE.models.values():
        assert {build.quantization for build in model.official_builds} <= set(BASE.quantizations), model.id


def test_criteria_read_numbers_that_are_facts() -> None:
    for criterion in BASE.criteria.criteria:
        for measure in criterion.measures:
            assert FACTS[measure.fact].kind == "number"


def test_reference_machines_are_known_hardware_at_a_known_price() -> None:
    for target, machines in BASE.reference.reference.items():
        assert len(machines) <= 12, target
        for item in machines:
            assert read_hardware(item.hardware, catalogue_of(BASE)).devices >= 1
            assert item.offer is None or item.offer in BASE.rentals, f"{target}: {item.offer}"
            assert target not in {"cloud", "server"} or item.offer, f"{target}: {item.hardware} has no price"


def test_hosted_prices_are_of_known_models() -> None:
    assert {offer.model for offer in BASE.hosted.values()} <= set(BASE.models)


def test_relaxations_soften_fields_of_the_scenario() -> None:
    for item in BASE.relaxations.relaxations:
        owner, _, field = item.field.rpartition(".")
        assert field in {"": Scenario, "only": Only, "tuning": Tuning}[owner].model_fields, item.field


def test_the_member_states_are_countries() -> None:
    assert len(BASE.regions.eu) == 27
    assert set(BASE.regions.eu) <= set(BASE.regions.countries)


def test_rules_name_models_families_and_engines_that_are_there() -> None:
    known = {
        "model.id": set(BASE.models),
        "scenario.model": set(BASE.models),
        "model.family": {model.family for model in BASE.models.values()},
        "scenario.use_cases": set(BASE.use_cases),
        "scenario.tags": {tag for case in BASE.use_cases.values() for tag in case.tags},
        "engine.id": set(BASE.engines),
        "scenario.engine": set(BASE.engines),
        "quantization.id": set(BASE.quantizations),
    }
    for rule in RULES:
        for fact, values in named(rule.rule.when):
            unknown = values - known.get(fact, values)
            assert not unknown, f"{rule.id}: {fact} is never {sorted(unknown)}"


def named(raw: Any) -> Iterator[tuple[str, set[str]]]:
    if isinstance(raw, list):
        for part in raw:
            yield from named(part)
    elif isinstance(raw, dict) and "fact" in raw:
        operand = next(value for key, value in raw.items() if key != "fact")
        values = operand if isinstance(operand, list) else [operand]
        yield raw["fact"], {value for value in values if isinstance(value, str)}
    elif isinstance(raw, dict):
        for part in raw.values():
            yield from named(part)
