"""The rule base: layers that add, change and remove; each kind of broken content told with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RULE_FOLDERS, RuleBase, shipped_rules
from llama_advisor.text.errors import RuleBaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Layered = Callable[[dict[str, str]], Path]

RULE = """\
id: house-rule
title: A rule of the house
why: Because we say so.
sources: [{id: seed-article, says: "nothing of the kind"}]
confidence: low
when: {fact: model.family, is: llama-3.1}
then: {criterion: quality, points: 2}
say: "{model.name} reads well"
examples:
  fires: [{model.family: llama-3.1}]
  silent: [{model.family: llama-3.2}]
"""
USE_CASE = """\
id: haiku
name: Haiku
says: Very short poems.
defaults: {target: laptop, context_tokens: 2048, output_tokens: 64}
weights: {quality: 50, speed: 20, cost: 10, footprint: 10, maturity: 10}
benchmarks: {ifeval: 1}
why: Counting syllables is following instructions.
sources: [{id: seed-article}]
"""


def everything(base: RuleBase) -> None:
    """Read every part, as a command may."""
    for name in vars(RuleBase):
        getattr(base, name)


def broken(folder: Path) -> str:
    with pytest.raises(RuleBaseError) as caught:
        everything(load_rules(folder))
    assert caught.value.exit_code == 3
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_the_shipped_rules_are_found_and_whole() -> None:
    assert (shipped_rules() / "criteria.yaml").is_file()
    everything(load_rules())


def test_the_rule_of_these_tests_is_sound(layer: Layered) -> None:
    base = load_rules(layer({"preferences/house-rule.yaml": RULE}))
    rule = base.rules["house-rule"]
    assert (rule.folder, rule.layer) == ("preferences", str(base.layers[1].root))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("model.family, is:", "model.famly, is:", "6:14: unknown fact 'model.famly'; nearest: model.family"),
        ("is: llama-3.1}\nthen", "is_nt: llama-3.1}\nthen", "6:35: unknown operator 'is_nt'; nearest: is_not"),
        ("is: llama-3.1}\nthen", "above: 3}\nthen", "6:35: `above` does not apply to 'model.family', which is a text"),
        ("is: llama-3.1}\nthen", "is: 3.1}\nthen", "6:32: 'model.family' is a text, not 3.1"),
        (
            "when: {fact: model.family, is: llama-3.1}",
            "when: {fact: scenario.target, is: fone}",
            "6:35: 'scenario.target' is never 'fone'; nearest: phone",
        ),
        (
            "when: {fact: model.family, is: llama-3.1}",
            "when:\n  al: []",
            "7:7: unknown condition 'al'; nearest: all",
        ),
        ("when: {fact: model.family, is: llama-3.1}", "when: {all: []}", "6:13: `all` takes a list of conditions"),
        ("when: {fact: model.family, is: llama-3.1}\n", "", "1:1: when is missing"),
        ("when: {fact: model.family, is: llama-3.1}", "when: null", "6:7: a rule needs a condition"),
        ("title:", "titel:", "2:8: unknown key 'titel'; nearest: title"),
        ("confidence: low", "confidence: sure", "5:13: confidence: unknown value 'sure'; known: high, low, medium"),
        ("points: 2}", "points: 99}", "7:36: then.points: must be less than or equal to 30"),
        ("criterion: quality", "criterion: qualty", "7:19: then.criterion: unknown value 'qualty'; nearest: quality"),
        ('say: "{model.name}', 'say: "{model.nam}', "8:6: unknown fact 'model.nam'; nearest: model.name"),
        (
            "fires: [{model.family:",
            "fires: [{model.famly:",
            "10:25: unknown fact 'model.famly'; nearest: model.family",
        ),
        ("  fires: [{model.family: llama-3.1}]\n", "", "10:3: examples.fires is missing"),
        ("fires: [{model.family: llama-3.1}]", "fires: []", "10:10: examples.fires needs at least one entry"),
        ("id: house-rule", "id: other-rule", "1:5: id must be the name of the file, 'house-rule'"),
        ("why: Because we say so.", "why: 3", "3:6: why must be text (put it in quotes), not '3'"),
        ("why: Because we say so.\n", "why: a\nwhy: b\n", "4:1: duplicate key 'why'"),
        ("sources: [{id", "sources: [{idd", "4:17: unknown key 'idd'; nearest: id"),
        ("then: {criterion: quality, points: 2}", "then: {rule: out}", "7:"),
    ],
)
def test_a_broken_rule_is_told_with_its_place(old: str, new: str, message: str, layer: Layered) -> None:
    assert old in RULE
    folder = layer({"preferences/house-rule.yaml": RULE.replace(old, new, 1)})
    assert broken(folder).startswith(f"{folder}/preferences/house-rule.yaml:{message}")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"preferences/house-rule.yaml": "[1, 2]"}, "preferences/house-rule.yaml:1:1: the file must hold a mapping"),
        ({"preferences/house-rule.yaml": ""}, "preferences/house-rule.yaml:1:1: the file must hold a mapping"),
        ({"hardware/mine.yaml": "device: []"}, "hardware/mine.yaml:1:9: unknown key 'device'; nearest: devices"),
        ({"hardware/mine.yaml": "devices: {a: 1}"}, "hardware/mine.yaml:1:10: 'devices' must be a list"),
        ({"hardware/mine.yaml": "devices: [a]"}, "hardware/mine.yaml:1:11: an entry is a mapping with an `id`"),
        (
            {"hardware/mine.yaml": "devices:\n  - {id: x}\n  - {id: x}\n"},
            "hardware/mine.yaml:3:10: duplicate id 'x'",
        ),
        (
            {"hardware/a.yaml": "devices: [{id: x}]", "hardware/b.yaml": "devices: [{id: x}]"},
            "hardware/b.yaml:1:16: duplicate id 'x', also in hardware/a.yaml",
        ),
        ({"hardware/mine.yaml": "devices: [{id: x, naem: y}]"}, "hardware/mine.yaml:1:25: unknown key 'naem'"),
        ({"criteria.yaml": "wish_margn: 3"}, "criteria.yaml:1:13: unknown key 'wish_margn'; nearest: wish_margin"),
        ({"criteria.yaml": "wish_margin: wide"}, "criteria.yaml:1:14: wish_margin must be a number, not 'wide'"),
        ({"models/mine.yaml": "id: mine"}, "models/mine.yaml:1:1: "),
        ({"use_cases/chat.yaml": "id: chat\nwaights: {}"}, "use_cases/chat.yaml:2:10: unknown key 'waights'"),
        (
            {"constraints/seed-enterprise.yaml": RULE.replace("house-rule", "seed-enterprise")},
            "duplicate id 'seed-enterprise'",
        ),
    ],
)
def test_other_broken_content_is_told_with_its_place(files: dict[str, str], place: str, layer: Layered) -> None:
    folder = layer(files)
    message = broken(folder)
    assert place in message
    assert message.startswith(str(folder)) or "duplicate id" in message


DANGLING: dict[str, dict[str, str]] = {
    "a rule cites a source that is not there": {"preferences/house-rule.yaml": RULE.replace("seed-article", "sed")},
    "a use case weighs a benchmark that is not there": {
        "use_cases/haiku.yaml": USE_CASE.replace("ifeval", "syllables")
    },
    "a floor names a benchmark that is not there": {
        "use_cases/haiku.yaml": USE_CASE + "floor: {benchmark: syllables, at_least: 5, why: x}\n"
    },
    "a model takes its scores from one that was removed": {
        "models/llama-3.1-8b-instruct.yaml": "id: llama-3.1-8b-instruct\nremove: true\n"
    },
    "an engine loads a quantization that is not there": {
        "engines/ollama.yaml": "id: ollama\nquantizations: [{quantization: q9_z}]\n"
    },
    "a criterion reads a fact that is not there": {
        "criteria.yaml": "criteria:\n  - id: quality\n"
        "    measures: [{fact: build.qualty, share: 1, anchors: [[0, 0], [100, 100]]}]\n"
    },
    "a reference machine has no price": {
        "hardware/reference.yaml": "reference: {cloud: [{hardware: 1x L4, offer: nowhere-l4}]}"
    },
    "a reference machine is no known hardware": {
        "hardware/reference.yaml": "reference: {cloud: [{hardware: 1x XYZZY}]}"
    },
}


@pytest.mark.parametrize("name", sorted(DANGLING))
def test_names_that_lead_nowhere_are_told_at_load(name: str, layer: Layered) -> None:
    folder = layer(DANGLING[name])
    assert str(folder) in broken(folder), name


def test_a_layer_adds_changes_and_removes(layer: Layered, base: RuleBase) -> None:
    folder = layer(
        {
            "preferences/house-rule.yaml": RULE,
            "use_cases/haiku.yaml": USE_CASE,
            "use_cases/chat.yaml": "id: chat\nweights: {speed: 99}\n",
            "constraints/memory-budget.yaml": "id: memory-budget\nremove: true\n",
            "hardware/mine.yaml": "devices: [{id: rtx-3090, tdp_w: 1000}]",
        }
    )
    upper = load_rules(folder)
    assert "house-rule" in upper.rules
    assert upper.use_cases["haiku"].inputs == ("text",)
    changed, shipped = upper.use_cases["chat"], base.use_cases["chat"]
    assert changed.weights == shipped.weights | {"speed": 99}
    assert changed.benchmarks == shipped.benchmarks
    assert "memory-budget" in base.rules
    assert "memory-budget" not in upper.rules
    assert upper.devices["rtx-3090"].tdp_w == 1000 != base.devices["rtx-3090"].tdp_w
    assert upper.devices["rtx-3090"].bandwidth_gb_s == base.devices["rtx-3090"].bandwidth_gb_s
    assert upper.hash != base.hash


def test_the_last_layer_lies_on_top(tmp_path: Path) -> None:
    folders = []
    for name, margin in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "criteria.yaml").write_text(f"wish_margin: {margin}\n")
        folders.append(tmp_path / name)
    assert load_rules(*folders).criteria.wish_margin == 2
    assert load_rules(*reversed(folders)).criteria.wish_margin == 1


def test_a_removed_entry_may_be_written_anew(tmp_path: Path) -> None:
    for name, content in (("one", "id: haiku\nremove: true\n"), ("two", USE_CASE)):
        (tmp_path / name / "use_cases").mkdir(parents=True)
        (tmp_path / name / "use_cases" / "haiku.yaml").write_text(content)
    assert "haiku" in load_rules(tmp_path / "one", tmp_path / "two").use_cases


def test_rules_know_the_first_level_at_which_they_can_be_judged(base: RuleBase) -> None:
    levels: dict[str, Any] = {rule.id: rule.level for rule in base.rules.values()}
    assert levels["reads-inputs"] == 1
    assert levels["memory-fits"] == 4
    assert {rule.folder for rule in base.rules.values()} == set(RULE_FOLDERS)
