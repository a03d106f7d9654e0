"""What is said of builds, rule by rule, on stand-ins for candidates: each case differs in one point."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.engine import words
from llama_advisor.engine.advice import Excuse, ShortBuild
from llama_advisor.engine.words import _hosted_by, _qualifies, _stored, _told, _unable
from llama_advisor.knowledge.judgement import Caveat, Route, RuleOut
from llama_advisor.sizing.figures import Range, Speed


def some(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def model(name: str, parameters: int = 8, **changes: Any) -> Any:
    """A ranked model of so many billion parameters."""
    plain: dict[str, Any] = {
        "id": name.lower(), "name": name, "parameters": parameters * 10**9, "role": "ranked", "kind": "instruct",
        "inputs": ("text",), "scores": {}, "estimated_scores": (), "text_scores_from": None, "sibling": None,
        "architecture": some(kind="llama"),
    }  # fmt: skip
    return some(**(plain | changes))


def scored(name: str, parameters: int, mmlu: float, tools: float, **changes: Any) -> Any:
    scores = {"mmlu-5shot": mmlu, "tools": tools, "german": mmlu / 2, "work": tools / 2, "more": 7.5}
    return model(name, parameters, **({"scores": scores} | changes))


SMALL, MIDDLE, LARGE = scored("Small", 1, 40, 41), scored("Middle", 8, 60, 61), scored("Large", 70, 80, 81)
BENCHMARKS = {
    name: some(name=title, language=language, text_only=True)
    for name, title, language in (
        ("mmlu-5shot", "MMLU", ""), ("tools", "Tools", ""), ("german", "German", "de"), ("work", "Work", ""),
        ("more", "More", ""),
    )
}  # fmt: skip


def knowing(*models: Any, engines: tuple[Any, ...] = ()) -> Any:
    return some(
        models={item.id: item for item in models},
        benchmarks=BENCHMARKS,
        criteria=some(tool_benchmark="tools"),
        engines={item.id: item for item in engines},
    )


def built(of: Any, benchmarks: tuple[str, ...] = (), languages: tuple[str, ...] = ("en",), tools: str = "none") -> Any:
    need = some(
        languages=languages, tool_calling=tools, inputs=("text",), cases=[some(benchmarks=dict.fromkeys(benchmarks, 1))]
    )
    return some(model=of, need=need)


BIGGER, VISION = scored("Bigger", 90, 85, 86), scored("Vision", 11, 61, 62, inputs=("text", "image"))


@pytest.mark.parametrize(
    ("pick", "asked", "second", "models", "told"),
    [
        (built(MIDDLE), None, (), (SMALL, MIDDLE, LARGE), "Middle beside Large: MMLU 60 against 80"),
        (built(MIDDLE), None, (), (BIGGER, LARGE, MIDDLE),  # the next larger
         "Middle beside Large: MMLU 60 against 80"),
        (built(LARGE), None, (), (SMALL, MIDDLE, LARGE), None),
        (built(MIDDLE), None, (), (MIDDLE, VISION, LARGE), "Middle beside Large: MMLU 60 against 80"),
        (built(MIDDLE), None, (), (MIDDLE, some(**vars(LARGE) | {"role": "companion"})), None),
        (built(MIDDLE), None, (), (MIDDLE, some(**vars(LARGE) | {"kind": "base"})), None),
        (built(MIDDLE), built(SMALL), (), (SMALL, MIDDLE, LARGE), "Middle beside Small: MMLU 60 against 40"),
        (built(MIDDLE), built(MIDDLE), (), (SMALL, MIDDLE, LARGE), "Middle beside Large: MMLU 60 against 80"),
        (built(MIDDLE), None, (built(SMALL),), (SMALL, MIDDLE, LARGE), "Middle beside Large: MMLU 60 against 80"),
        (built(MIDDLE, languages=("de",)), None, (built(SMALL),), (SMALL, MIDDLE, LARGE),
         "Middle beside Small: German 30 against 20"),
        (built(MIDDLE, tools="single"), None, (), (MIDDLE, LARGE),
         "Middle beside Large: MMLU 60 against 80, Tools 61 against 81"),
        (built(MIDDLE, ("work",)), None, (), (MIDDLE, LARGE),
         "Middle beside Large: MMLU 60 against 80, Work 30.5 against 40.5"),
        (built(MIDDLE, ("work", "tools", "more"), tools="single"), None, (), (MIDDLE, LARGE),  # three at most
         "Middle beside Large: MMLU 60 against 80, Tools 61 against 81, Work 30.5 against 40.5"),
        (built(MIDDLE), None, (), (MIDDLE, some(**vars(LARGE) | {"scores": {}})), None),
        (built(MIDDLE), None, (),
         (MIDDLE, some(**vars(LARGE) | {"scores": {}, "estimated_scores": (some(benchmark="mmlu-5shot", value=1.0),)})),
         None),
        (None, built(SMALL), (), (SMALL, MIDDLE), None),
    ],
)  # fmt: skip
def test_scores_beside_each_other(
    pick: Any, asked: Any, second: tuple[Any, ...], models: tuple[Any, ...], told: str | None
) -> None:
    assert words.figures(pick, asked, second, knowing(*models)) == told


DEVICE = some(kind="consumer-gpu", vendor="maker", architecture="first", compute_capability=None)
RUNS = some(kinds=("consumer-gpu",), vendors=("maker",), minimum_compute_capability=None)


def engine(name: str, **changes: Any) -> Any:
    plain: dict[str, Any] = {
        "id": name.lower(), "name": name, "status": "active", "hardware": (RUNS,), "targets": ("workstation",),
        "by_architecture": {"llama": some(until=None)}, "quantizations": (some(architectures=()),),
    }  # fmt: skip
    return some(**(plain | changes))


@pytest.mark.parametrize(
    ("changes", "runs"),
    [
        ({}, True),
        ({"status": "archived"}, False),
        ({"status": "maintenance"}, True),
        ({"hardware": (some(**vars(RUNS) | {"kinds": ("npu",)}),)}, False),
        ({"by_architecture": {}}, False),
        ({"by_architecture": {"llama": some(until="0.9")}}, False),
        ({"quantizations": (some(architectures=("second",)),)}, False),
        ({"quantizations": (some(architectures=("second",)), some(architectures=("first",)))}, True),
        ({"quantizations": ()}, False),
    ],
)
def test_engines_that_run_the_model_now(changes: dict[str, Any], runs: bool) -> None:
    pick = some(model=MIDDLE, machine=some(device=DEVICE))
    alone = knowing(engines=(engine("One", **changes),))
    assert words.engines_now(pick, alone) == ("One" if runs else None)
    both = knowing(engines=(engine("One", **changes), engine("Two")))
    assert words.engines_now(pick, both) == ("One or Two" if runs else "Two")
    assert words.engines_now(some(model=MIDDLE, machine=None), both) is None
    assert words.engines_now(None, both) is None


@pytest.mark.parametrize(
    ("changes", "asked", "unable"),
    [
        ({}, (), True),
        ({"by_architecture": {"llama": None}}, (), False),
        ({"targets": ("phone",)}, (), False),
        ({"targets": ("phone",)}, ("one",), True),
        ({}, ("other",), False),
        ({"hardware": (some(kinds=("npu",), vendors=("maker",)),)}, (), False),
        ({"hardware": (some(kinds=("consumer-gpu",), vendors=("stranger",)),)}, (), False),
        ({"hardware": (some(kinds=("npu",), vendors=("maker",)), RUNS)}, (), True),
        ({"hardware": (some(kinds=("npu",), vendors=("maker",)),)}, ("one",), True),
    ],
)
def test_engines_that_do_not_run_the_model(changes: dict[str, Any], asked: tuple[str, ...], unable: bool) -> None:
    need = some(engines_asked=asked, target="workstation")
    told = some(model=MIDDLE, machine=some(device=DEVICE))
    one = engine("One", **({"by_architecture": {}} | changes))
    assert _unable(need, told, knowing(engines=(one,))) == ("One" if unable else None)
    assert _unable(need, some(model=MIDDLE, machine=None), knowing(engines=(one,))) is None
    assert _unable(need, None, knowing(engines=(one,))) is None
    first = engine("A", by_architecture={})
    if unable and not asked:
        assert _unable(need, told, knowing(engines=(one, first))) == "A, One"


def test_rows_past_their_time() -> None:
    rows = {("engines", "one"): "old", ("prices", "offer"): "dear"}
    base: Any = some(expired=lambda kind, name, _: rows.get((kind, name)))
    build = some(engine=some(id="one", name="One", version="1.0"), cost=some(offer="offer"))
    day = date(2026, 1, 1)
    told = ("what is known of One 1.0 is old", "the price offer is dear")
    assert words.expired(build, base, day) == told
    assert words.expired(some(**vars(build) | {"cost": None}), base, day) == told[:1]
    build.engine.version = ""
    assert words.expired(build, base, day)[0] == "what is known of One is old"
    build.cost.offer, build.engine.id = "other", "two"
    assert words.expired(build, base, day) == ()


def failing(name: str, bottleneck: Any, told_as: Any = None) -> Any:
    """A constraint that rules a build out."""
    rule = some(id=name, say=f"{name} says", then=RuleOut(rule_out=bottleneck, told_as=told_as), measure=None,
                say_unknown="", say_tight="")  # fmt: skip
    return some(rule=some(id=name, rule=rule, layer="made"), text=f"{name} says", candidate=some(lookup=None))


ORDER: Any = some(criteria=some(excuse_order=("other", "engine", "memory")))


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ([failing("a", "memory"), failing("b", "engine")], "b"),
        ([failing("b", "memory"), failing("a", "memory")], "a"),
        ([failing("a", "speed"), failing("b", "memory")], "b"),  # what is not listed comes last
        ([failing("a", "memory"), failing("b", "speed", "other")], "b"),
        ([failing("a", "engine"), failing("b", "engine", "memory")], "a"),
    ],
)
def test_which_constraint_is_told(fails: list[Any], told: str) -> None:
    assert words.decisive(some(fails=fails), ORDER).rule.id == told
    assert words.decisive(some(fails=fails[::-1]), ORDER).rule.id == told


FREE: dict[str, Any] = {"engines_asked": (), "only_engines": (), "quantizations_asked": (), "only_quantizations": ()}
ANY_ENGINE, ANY_FORM = ", nor on any other engine of the machine", ", nor any other form"


@pytest.mark.parametrize(
    ("bottleneck", "support", "limits", "more"),
    [
        ("engine", {"runs_model": False}, {}, ANY_ENGINE),
        ("engine", {"runs_model": False}, {"engines_asked": ("one",)}, ""),
        ("engine", {"runs_model": False}, {"only_engines": ("one",)}, ""),
        ("engine", {}, {}, ""),
        ("memory", {"runs_model": False}, {}, ""),
        ("hardware", {"runs_quantization": "no"}, {}, ANY_FORM),
        ("hardware", {"runs_quantization": "no"}, {"quantizations_asked": ("q4",)}, ""),
        ("hardware", {"runs_quantization": "no"}, {"only_quantizations": ("q4",)}, ""),
        ("hardware", {"runs_quantization": "no", "runs_on_machine": False}, {}, ""),
        ("hardware", {}, {}, ""),
        ("engine", None, {}, ""),
    ],
)
def test_an_excuse_holds_of_all_that_was_free(
    bottleneck: str, support: dict[str, Any] | None, limits: dict[str, Any], more: str
) -> None:
    works = {"runs_model": True, "runs_on_machine": True, "runs_quantization": "native"}
    build = some(
        fails=[failing("a", bottleneck)],
        need=some(**(FREE | limits)),
        place=some(support=None if support is None else some(**(works | support))),
        machine=some(label="the machine"),
    )
    found = _told(build, ORDER)
    assert found == Excuse(
        rule="a", text=f"a says{more}", bottleneck=bottleneck, value=None, limit=None, unit="", layer="made"
    )


SPEED = Speed(Range(4.444, 5.555, 6.666), Range(1, 2, 3), Range(1, 2, 3), Range(1, 2, 3), "made", 3.333, 9)


@pytest.mark.parametrize(
    ("speed", "cost", "offer", "text"),
    [
        (None, None, None, "Middle as q4 on One qualifies"),
        (SPEED, None, None, "Middle as q4 on One qualifies, at about 5.55 tokens/s"),
        (None, 1234.5, None, "Middle as q4 on One qualifies"),
        (None, 1234.5, "offer", "Middle hosted qualifies, at 1,234.50 USD a month"),
        (None, None, "offer", "Middle hosted qualifies"),
    ],
)
def test_that_a_build_qualifies(speed: Any, cost: float | None, offer: str | None, text: str) -> None:
    build = some(
        speed=speed, cost=cost and some(usd_per_month=cost), place=some(offer=offer), model=MIDDLE,
        quantization=some(id="q4"), engine=some(name="One"),
    )  # fmt: skip
    assert _qualifies(build) == text


@pytest.mark.parametrize(
    ("offer", "stored", "host"),
    [(None, "q4", ""), (some(precision="", provider="first"), "q4", "first"),
     (some(precision="fp8", provider="first"), "fp8", "first")],
)  # fmt: skip
def test_in_what_form_and_by_whom(offer: Any, stored: str, host: str) -> None:
    build = some(place=some(offer=offer), quantization=some(id="q4"))
    assert (_stored(build), _hosted_by(build)) == (stored, host)


@pytest.mark.parametrize(("context", "output", "at"), [(8192, 201, 612), (600, 201, 600)])
def test_the_speed_that_is_shown(context: int, output: int, at: int) -> None:
    need = some(context_tokens=context, prompt_tokens=512, output_tokens=output)
    found = words.speed_shown(some(speed=SPEED, need=need))
    assert found is not None
    assert (found.context_tokens, found.prompt_tokens, found.at_tokens) == (context, 512, at)
    assert (found.decode_tokens_per_s, found.basis, found.read_tokens) == ((4.44, 5.55, 6.67), "made", 9)
    assert found.at_full_context_tokens_per_s == 3.33
    assert words.speed_shown(some(speed=None, need=need)) is None


def test_a_build_by_name() -> None:
    build = some(model=MIDDLE, quantization=some(id="q4"), engine=some(id="one"), machine=None, layout=None)
    assert words.short(build) == ShortBuild(model="middle", quantization="q4", engine="one", machine=None)
    build.machine = some(device=some(id="card", name="Card"), count=2, nodes=1, others=(), devices=2)
    assert words.short(build).machine == "2x Card"


def rule(name: str, then: Any, *, fires: bool = True) -> Any:
    """A rule that says its name."""
    return some(id=name, layer="made", test=lambda _: fires, rule=some(id=name, then=then, say=name, sources=()))


RULES = [
    rule("late", Caveat(caveat="normal", rank=30)),
    rule("b", Caveat(caveat="heavy", rank=5)),
    rule("a", Caveat(caveat="normal", rank=5)),
    rule("silent", Caveat(caveat="normal", rank=1), fires=False),
    rule("second", Caveat(caveat="note", rank=2)),
    rule("first", Caveat(caveat="note", rank=1)),
    rule("late way", Route(route="chain", rank=30)),
    rule("way b", Route(route="hosted", rank=5)),
    rule("way a", Route(route="other_model", rank=5)),
    rule("silent way", Route(route="hosted", rank=1), fires=False),
]


@pytest.fixture
def _cited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources told by the rule that they are of."""
    monkeypatch.setattr(words, "cited", lambda rule: f"source of {rule.id}")


@pytest.mark.usefixtures("_cited")
def test_warnings_by_rank_then_by_name_and_notes_apart() -> None:
    tight = some(rule=rule("tight", None), text="it is tight")
    ending: Any = some(lookup=None)
    criteria: Any = some(caveats_shown=9, notes_shown=9)
    said, notes = words.caveats(some(outcomes=(tight,)), ending, RULES, criteria)
    assert [(item.rule, item.text, item.source, item.layer) for item in said] == [
        (name, text, f"source of {name}", "made")
        for name, text in (("a", "a"), ("b", "b"), ("tight", "it is tight"), ("late", "late"))
    ]
    assert [item.rule for item in notes] == ["first", "second"]
    few: Any = some(caveats_shown=2, notes_shown=1)
    assert [[item.rule for item in told] for told in words.caveats(None, ending, RULES, few)] == [["a", "b"], ["first"]]


@pytest.mark.usefixtures("_cited")
def test_ways_round_by_rank_then_by_name() -> None:
    base: Any = some(in_folder=lambda folder: RULES if folder == "routes" else [], criteria=some(routes_shown=2))
    ending: Any = some(lookup=None, need="later")
    need: Any = "as stated"
    found = words.routes(ending, need, base)
    assert [(item.rule, item.kind, item.text, item.source) for item in found] == [
        ("way a", "other_model", "way a", "source of way a"),
        ("way b", "hosted", "way b", "source of way b"),
    ]
    assert ending.need == "later"


def ranged(name: str, score: float, slow: float, fast: float) -> Any:
    """A build that scores so much from its slowest to its fastest."""
    return some(
        score=score, ends=(slow, fast), model=model(name), quantization=some(id="q"), engine=some(id="e"), machine=None,
        layout=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "other", "margin"),
    [
        ((60, 55, 65), (50, 45, 55), 10),
        ((60, 55, 65), (50, 45, 54.9), None),
        ((60, 55, 65), (70, 65, 75), -10),
        ((60, 55, 65), (70, 65.1, 75), None),
        ((60, 60, 60), (59.996, 59.996, 60), 0.0),
    ],
)
def test_what_two_score_overlaps(
    first: tuple[float, ...], other: tuple[float, ...], margin: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "at_speed", lambda build, *, best: build.ends[best])
    order: Any = (ranged("One", *first), ranged("Two", *other), ranged("Three", 60, 0, 99))
    found = words.close_call(order)
    assert (found and (found.other.model, found.margin)) == (None if margin is None else ("two", margin))
    assert words.close_call(order[:1]) is None
