"""How a requirement is softened, step by step: what counts as softer, what stays, what gives the job up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.engine.relax import (
    Softening,
    _is_lost,
    _smallest,
    as_meant,
    changed,
    current,
    softer,
    steps_for,
    whole,
)
from llama_advisor.knowledge.judgement import Relaxation
from llama_advisor.scenario.scenario import Assumption, Scenario


def some(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def kind(field: str, *steps: Any, **changes: Any) -> Relaxation:
    return Relaxation(field=field, cures=("memory",), steps=steps, why="made", **changes)


SIZES = (64, 32, 16, None)
LISTED = ("full", "lora", "qlora", None)


@pytest.mark.parametrize(
    ("before", "relaxation", "steps"),
    [
        (64, kind("n", *SIZES, softer="smaller"), [32, 16, None]),
        (33, kind("n", *SIZES, softer="smaller"), [32, 16, None]),
        (16, kind("n", *SIZES, softer="smaller"), [None]),
        (None, kind("n", *SIZES, softer="smaller"), []),
        (16, kind("n", 16, 32, 64, softer="larger"), [32, 64]),
        (15, kind("n", 16, 32, None, softer="larger"), [16, 32, None]),
        (None, kind("n", 16, 32, softer="larger"), []),
        ("lora", kind("n", *LISTED), ["qlora", None]),
        ("full", kind("n", *LISTED), ["lora", "qlora", None]),
        ("other", kind("n", *LISTED), ["full", "lora", "qlora", None]),
        ([], kind("n", *LISTED), []),
        ("none", kind("n", *LISTED), []),
        (False, kind("n", *LISTED), []),
        ("lora", kind("n", *LISTED, of=("full",)), []),
        ("full", kind("n", *LISTED, of=("full",)), ["lora", "qlora", None]),
        (None, kind("n", *LISTED, from_nothing=("qlora", "lora")), [["qlora", "lora"]]),
        ("full", kind("n", *LISTED, from_nothing=("qlora",)), ["lora", "qlora", None]),
    ],
)
def test_steps_beyond_what_is_said(before: Any, relaxation: Relaxation, steps: list[Any]) -> None:
    assert softer(before, relaxation) == steps


SAID = Scenario.model_validate({"context_tokens": 4096, "languages": ["en"], "only": {"models": ["m"]}})


@pytest.mark.parametrize(
    ("field", "value", "differs"),
    [
        ("context_tokens", 2048, {"context_tokens": 2048}),
        ("context_tokens", None, {"context_tokens": None}),
        ("only.models", None, {"only": {}}),
        ("only.models", ["n"], {"only": {"models": ["n"]}}),
        ("only.engines", ["e"], {"only": {"models": ["m"], "engines": ["e"]}}),
        ("tuning.sample_tokens", 512, {"tuning": {"sample_tokens": 512}}),
        ("offline", None, {}),
    ],
)
def test_a_scenario_with_one_field_otherwise(field: str, value: Any, differs: dict[str, Any]) -> None:
    plain = {"context_tokens": 4096, "languages": ["en"], "only": {"models": ["m"]}}
    whole_of = {name: item for name, item in (plain | differs).items() if item is not None}
    assert changed(SAID, field, value) == Scenario.model_validate(whole_of)


ASSUMED = [Assumption("output_tokens", 256, "usual"), Assumption("context_tokens", 8192, "usual")]


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"context_tokens": 4096}, "context_tokens", 4096),
        ({}, "context_tokens", 8192),
        ({}, "output_tokens", 256),
        ({}, "users", None),
        ({"languages": ["en", "de"]}, "languages", ["en", "de"]),
        ({}, "languages", None),
        ({"only": {"models": ["m"]}}, "only.models", ["m"]),
        ({}, "only.models", None),
    ],
)
def test_what_holds_today(said: dict[str, Any], field: str, value: Any) -> None:
    need: Any = some(scenario=Scenario.model_validate(said), assumptions=ASSUMED, wants_tuning=False)
    assert current(need, field) == value


@pytest.mark.parametrize(("wanted", "value"), [(True, 2048), (False, None)])
def test_samples_are_softened_where_it_is_tuned(wanted: bool, value: int | None) -> None:
    need: Any = some(tuning=some(sample_tokens=2048), wants_tuning=wanted)
    assert current(need, "tuning.sample_tokens") == value


def needing(before: Any, *gives_up: dict[str, tuple[Any, ...]]) -> Any:
    return some(scenario=some(inputs=before), assumptions=(), cases=[some(gives_up=each) for each in gives_up])


@pytest.mark.parametrize(
    ("need", "lost", "value", "is_lost"),
    [
        (needing("a", {}), {}, "b", False),
        (needing("a", {}), {"a": ("b",)}, "b", True),
        (needing("a", {}), {"a": ("c",)}, "b", False),
        (needing("c", {}), {"a": ("b",)}, "b", False),
        (needing("a", {"inputs": ()}), {}, "b", True),  # any change gives it up
        (needing("a", {"inputs": ("b",)}), {}, "b", True),
        (needing("a", {"inputs": ("c",)}), {}, "b", False),
        (needing("a", {"inputs": ("b",)}, {}), {}, "b", False),  # one of two kinds of work is left
        (needing("a", {"inputs": ("b",)}, {"inputs": ("b", "c")}), {}, "b", True),
        (needing("a", {"inputs": ()}, {}), {}, "b", True),
        (needing("a", {"target": ()}), {}, "b", False),
    ],
)
def test_when_the_job_is_given_up(need: Any, lost: dict[str, tuple[Any, ...]], value: Any, is_lost: bool) -> None:
    assert _is_lost(need, kind("inputs", lost=lost), value) is is_lost


@pytest.mark.parametrize(
    ("said", "named", "output", "prompt", "target"),
    [
        ({}, False, None, None, None),
        ({"context_tokens": 8192}, False, None, None, None),
        # of 512 and 2,048 assumed
        ({"context_tokens": 4096}, False, 512, 2048, None),
        ({"context_tokens": 2048}, False, 512, 1536, None),
        ({"context_tokens": 600}, False, 300, 300, None),
        ({"context_tokens": 1}, False, 1, 1, None),
        ({"context_tokens": 600, "output_tokens": 100}, False, 100, 500, None),
        ({"context_tokens": 600, "prompt_tokens": 50}, False, 300, 50, None),
        ({}, True, None, None, "hosted"),
        ({"target": "cloud"}, True, None, None, "cloud"),
    ],
)
def test_lengths_that_were_assumed_hold_as_far_as_they_fit(
    said: dict[str, Any], named: bool, output: int | None, prompt: int | None, target: str | None
) -> None:
    need: Any = some(provider_named=named, target="hosted", context_tokens=8192, output_tokens=512, prompt_tokens=2048)
    found = as_meant(Scenario.model_validate(said), need)
    assert (found.output_tokens, found.prompt_tokens, found.target) == (output, prompt, target)


@pytest.mark.parametrize(("units", "unit", "number"), [(3, 1024, 3072), (3, 0.1, 0.3), (7, 1.0, 7), (1, 1e-7, 0.0)])
def test_so_many_units(units: int, unit: float, number: float) -> None:
    assert whole(units, unit) == number
    assert type(whole(units, unit)) is (int if unit == round(unit) else float)


BASE: Any = some(
    models={
        item.id: item
        for item in (
            some(id="one", role="ranked", languages=some(text=("en", "de"), image=("en",))),
            some(id="guard", role="companion", languages=some(text=("fr",), image=("fr",))),
        )
    },
    reference=some(reference={"cloud": [some(hardware="rack"), some(hardware="2x rack")]}),
    moves=some(numbers=[some(field="context_tokens", unit=1), some(field="users", unit=10)]),
)


@pytest.mark.parametrize(
    ("inputs", "languages", "target", "relaxation", "steps"),
    [
        ({"text"}, ["de", "fr", "en"], "cloud", kind("languages", "supported", None), [["de", "en"], None]),
        ({"text", "image"}, ["de", "en"], "cloud", kind("languages", "supported"), [["en"]]),
        ({"text"}, ["fr"], "cloud", kind("languages", "supported"), [None]),
        ({"text"}, ["fr"], "cloud", kind("languages", "assumed"), ["rack", "2x rack"]),
        ({"text"}, ["fr"], "laptop", kind("languages", "assumed", None), [None]),
        ({"text"}, ["fr"], "cloud", kind("languages", "supported", lost={"['fr']": (None,)}), []),
    ],
)
def test_words_among_steps(
    inputs: set[str], languages: list[str], target: str, relaxation: Relaxation, steps: list[Any]
) -> None:
    scenario = Scenario.model_validate({"languages": languages})
    need: Any = some(scenario=scenario, inputs=inputs, target=target, assumptions=(), cases=[some(gives_up={})])
    assert steps_for(need, relaxation, BASE) == steps


@pytest.mark.parametrize(
    ("field", "before", "steps", "helps", "found"),
    [
        # the first of listed steps that helps
        ("engine", "a", ["b", "c", "d"], {"c", "d"}, "c"),
        ("engine", "a", ["b", "c", "d"], {"b", "c", "d"}, "b"),
        ("engine", "a", ["b", "c", "d"], {"d"}, "d"),
        ("engine", "a", ["b", "c", "d"], set(), None),
        ("engine", "a", ["b"], {"b"}, "b"),
        # between two steps to the unit
        ("context_tokens", 100, [50, 20, 10], range(38), 37),
        ("context_tokens", 100, [50, 20, 10], range(51), 50),
        ("context_tokens", 100, [50, 20, 10], range(100), 99),
        ("context_tokens", 100, [50, 20, 10], range(15), 14),
        ("context_tokens", 100, [50, 20, 10], range(10), None),
        ("context_tokens", 100, [50, "drop"], {"drop"}, "drop"),
        ("users", 100, [50, 20, 10], range(38), 30),
    ],
)
def test_the_smallest_change_that_helps(field: str, before: Any, steps: list[Any], helps: Any, found: Any) -> None:
    tried: list[Any] = []

    def way(step: Any, among: Any) -> Any:
        tried.append(step)
        assert among in {None, "those"}
        return some(step=step, models="those") if step in helps else None

    steps = [None if step == "drop" else step for step in steps]
    helps = {None if step == "drop" else step for step in helps}
    softening = Softening(kind(field, *steps, softer="listed" if field == "engine" else "smaller"), before, steps)
    best = _smallest(softening, way, some(base=BASE))
    assert (best and (best.step or "drop")) == found
    assert tried[0] == steps[-1]
