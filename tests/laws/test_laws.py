"""What holds for every scenario, whatever the rules say today."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llama_advisor.engine.advice import EXIT_CODES, Advice
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import ENTRY_FOLDERS, LIST_KEYS, RuleBase
from llama_advisor.knowledge.layers import Layer
from llama_advisor.render.formats import to_json
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Fields = dict[str, Any]
Pair = tuple[str, str]
USE_CASES = sorted(load_rules().use_cases)
HARDWARE = (
    "RTX 4090",
    "2x RTX 3090",
    "RTX 3060 12GB + 32GB RAM",
    "8x H100",
    "M2 Air 16GB",
    "Mac Studio M3 Ultra 512GB",
    "Raspberry Pi 5 16GB",
    "4 nodes of 4x A40",
    "g5.xlarge",
    "24GB VRAM",
    "phone 6GB",
)
CARDS = ("RTX 4090", "A100 80GB", "L4", "RTX 3060", "V100")
STEPS = (1000, 4096, 16_384, 32_768, 65_536, 131_072)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


@st.composite
def scenarios(draw: st.DrawFn, hardware: st.SearchStrategy[Any] | None = None) -> Fields:
    """A scenario as people may state it, what is not said left out."""
    said = {
        "use_cases": draw(st.lists(st.sampled_from(USE_CASES), min_size=1, max_size=2, unique=True)),
        "hardware": draw(optional(st.sampled_from(HARDWARE)) if hardware is None else hardware),
        "context_tokens": draw(optional(st.sampled_from(STEPS))),
        "concurrent_requests": draw(optional(st.sampled_from((1, 4, 32)))),
        "languages": draw(st.sampled_from(((), ("en",), ("de", "fr"), ("pl",)))),
        "domicile": draw(st.sampled_from((None, None, "DE", "US"))),
        "tool_calling": draw(st.sampled_from((None, None, "single", "multi_step"))),
        "structured_output": draw(st.sampled_from((None, True))),
        "offline": draw(st.sampled_from((None, True))),
        "min_tokens_per_s": draw(st.sampled_from((None, None, 5, 40))),
        "budget_usd_per_month": draw(st.sampled_from((None, None, 50, 3000))),
        "engine": draw(st.sampled_from((None, None, "vllm", "ollama"))),
        "quantization": draw(st.sampled_from((None, None, "q4_k_m", "fp8"))),
        "model": draw(st.sampled_from((None, None, "llama3.1:8b", "llama3.2:1b", "llama3.1:405b"))),
    }
    return {name: value for name, value in said.items() if value not in (None, ())}


def qualified(advisor: Advisor, fields: Fields) -> set[Pair]:
    """Return model and quantization of every build that qualifies."""
    found = advisor.search.run(understand(Scenario.model_validate(fields), advisor.base))
    return {(build.model.id, build.quantization.id) for build in found.qualified}


def picks(advisor: Advisor, fields: Fields) -> list[tuple[Any, ...]]:
    """Return the order of models, each with its best build, without the wording."""
    found = advisor.decide(understand(Scenario.model_validate(fields), advisor.base))
    return [
        (build.model.id, build.quantization.id, build.engine.id, build.layout and build.machine.devices, build.score)
        for build in found.order
    ]


@settings(max_examples=12)
@given(scenarios())
def test_the_parts_of_a_score_sum_to_it_and_the_order_follows(
    advise: Callable[..., Advice], base: RuleBase, said: Fields
) -> None:
    advice = advise(**said)
    for build in (*advice.ranking, *advice.alternatives):
        assert build.score == pytest.approx(sum(part.points for part in build.contributions), abs=1e-9)
        assert all(part.points == round(part.points, 2) for part in build.contributions)
    assert [build.rank for build in advice.ranking] == list(range(1, len(advice.ranking) + 1))
    for first, second in pairwise(advice.ranking):
        named = first.rank == 1 and "model" in said
        near = second.score - first.score <= base.criteria.wish_margin
        whole = {"quantization", "engine"} & said.keys() or "general" in said["use_cases"]
        assert first.score >= second.score or (named and (near or whole))


@settings(max_examples=10)
@given(scenarios())
def test_verdict_recommendation_and_exit_code_agree(advise: Callable[..., Advice], said: Fields) -> None:
    advice = advise(**said)
    yes = advice.verdict in {"recommended", "recommended_with_caveats"}
    assert EXIT_CODES[advice.verdict] == (0 if yes else 2 if advice.verdict == "need_input" else 1)
    assert yes == bool(advice.ranking)
    assert (advice.recommendation is None) == (advice.verdict in {"no_fit", "need_input"})
    assert bool(advice.changes) == (advice.verdict == "change_requirement")
    if yes:
        assert advice.recommendation == advice.ranking[0]
        assert advice.relaxations == ()
    assert {item.model for item in advice.excluded}.isdisjoint(build.model for build in advice.ranking)


def refused(name: str) -> None:
    pytest.fail(f"{name} in JSON")


@settings(max_examples=12)
@given(scenarios())
def test_json_holds_plain_numbers_and_comes_back_the_same(advise: Callable[..., Advice], said: Fields) -> None:
    text = to_json(advise(**said))
    assert json.loads(text, parse_constant=refused)["schema_version"] == 1
    assert to_json(advise(**said)) == text


@settings(max_examples=10)
@given(scenarios(), st.data())
def test_removing_a_loser_reorders_nothing(advisor: Advisor, said: Fields, data: st.DataObject) -> None:
    before = picks(advisor, said)
    assume(len(before) > 1)
    gone = data.draw(st.sampled_from([pick[0] for pick in before[1:]]))
    rest = [pick for pick in before if pick[0] != gone]
    assert picks(advisor, said | {"only": {"models": [pick[0] for pick in rest]}}) == rest


@pytest.mark.parametrize("case", ["chat", "coding", "summarization"])
def test_a_layer_that_removes_a_loser_reorders_nothing(case: str, advisor: Advisor, base: RuleBase) -> None:
    said = {"use_cases": [case], "hardware": "8x H100"}
    before = picks(advisor, said)
    lent = {model.text_scores_from for model in base.models.values()}
    gone = next(pick[0] for pick in reversed(before[1:]) if pick[0] not in lent)
    upper = Layer(base.layers[0].root, "mine", "digest", {f"models/{gone}.yaml": {"id": gone, "remove": True}})
    after = picks(Advisor(RuleBase((*base.layers, upper), base.facts), advisor.as_of), said)
    assert after == [pick for pick in before if pick[0] != gone]


@given(scenarios(st.just(None)), st.sampled_from(CARDS), st.sampled_from((8, 12, 24, 48)), st.sampled_from((1.1, 2, 4)))
def test_more_memory_never_removes_a_build_that_fitted(
    advisor: Advisor, said: Fields, card: str, memory_gb: int, more: float
) -> None:
    def on(size: float) -> set[Pair]:
        return qualified(advisor, said | {"hardware": {"device": card, "memory_gb": size}})

    assert on(memory_gb) <= on(memory_gb * more)


@given(scenarios(st.just("RTX 4090")), st.sampled_from((1, 2, 4)))
def test_more_cards_never_remove_a_build_that_fitted(advisor: Advisor, said: Fields, count: int) -> None:
    def on(cards: int) -> set[Pair]:
        return qualified(advisor, said | {"hardware": {"device": "RTX 4090", "count": cards}})

    assert on(count) <= on(count * 2)


@given(st.sampled_from(USE_CASES), st.sampled_from((0.5, 1, 2, 4, 8, 16, 64)), st.sampled_from((1.2, 2, 8)))
def test_a_larger_memory_budget_never_removes_a_build(advisor: Advisor, case: str, gib: float, more: float) -> None:
    def within(budget: float) -> set[Pair]:
        return qualified(advisor, {"use_cases": [case], "hardware": "RTX 4090", "memory_budget_gib": budget})

    assert within(gib) <= within(gib * more)


@given(scenarios(st.sampled_from(HARDWARE)), st.sampled_from(STEPS), st.sampled_from((2, 4, 30)))
def test_more_context_never_adds_a_build(advisor: Advisor, said: Fields, tokens: int, more: int) -> None:
    plain = {name: value for name, value in said.items() if name != "min_tokens_per_s"} | {"output_tokens": 256}
    less = qualified(advisor, plain | {"context_tokens": tokens})
    assert qualified(advisor, plain | {"context_tokens": tokens * more}) <= less


@given(scenarios(st.sampled_from(HARDWARE)), st.sampled_from((1, 4, 16)), st.sampled_from((2, 8)))
def test_more_users_never_add_a_build(advisor: Advisor, said: Fields, users: int, more: int) -> None:
    few = qualified(advisor, said | {"concurrent_requests": users})
    assert qualified(advisor, said | {"concurrent_requests": users * more}) <= few


@given(scenarios(st.sampled_from(HARDWARE)), st.sampled_from((1, 2, 5)), st.sampled_from((2, 10)))
def test_more_images_never_add_a_build(advisor: Advisor, said: Fields, images: int, more: int) -> None:
    seeing = said | {"inputs": ["text", "image"]}
    few = qualified(advisor, seeing | {"images_per_prompt": images})
    assert qualified(advisor, seeing | {"images_per_prompt": images * more}) <= few


@settings(max_examples=12)
@given(scenarios(st.just(None)), st.sampled_from(STEPS[:-1]))
def test_more_context_never_adds_a_model_on_machines_that_are_assumed(
    advisor: Advisor, said: Fields, tokens: int
) -> None:
    plain = said | {"output_tokens": 256}
    less = {model for model, _ in qualified(advisor, plain | {"context_tokens": tokens})}
    assert {model for model, _ in qualified(advisor, plain | {"context_tokens": 131_072})} <= less


LOOSER: dict[str, tuple[Any, Any]] = {
    "languages": (["en", "pl"], ["en"]),
    "tool_calling": ("multi_step", "single"),
    "structured_output": (True, False),
    "offline": (True, False),
    "min_tokens_per_s": (30, 3),
    "max_first_token_s": (1, 30),
    "max_answer_s": (5, 300),
    "requests_per_second": (20, 0.5),
    "budget_usd_per_month": (100, 5000),
    "domicile": ("DE", "US"),
    "monthly_active_users": (800_000_000, 1000),
    "only": ({"max_parameters_b": 9}, {"max_parameters_b": 100}),
}


@pytest.mark.parametrize("field", sorted(LOOSER))
@pytest.mark.parametrize(
    ("case", "hardware"), [("agents", "RTX 4090"), ("image-captioning", "8x H100"), ("chat", None)]
)
def test_a_loosened_requirement_never_removes_a_model(
    field: str, case: str, hardware: str | None, advisor: Advisor
) -> None:
    strict, loose = LOOSER[field]
    said: Fields = {"use_cases": [case]} | ({"hardware": hardware} if hardware else {})
    kept = {model for model, _ in qualified(advisor, said | {field: strict})}
    assert kept <= {model for model, _ in qualified(advisor, said | {field: loose})}


@given(scenarios())
def test_saying_what_was_assumed_anyway_changes_no_pick(advisor: Advisor, said: Fields) -> None:
    need = understand(Scenario.model_validate(said), advisor.base)
    load = "tokens_per_month"  # stated, it is a load to carry; assumed, only what costs are compared at
    restated = said | {item.field: item.value for item in need.assumptions if item.field != load}
    assert {item.field for item in understand(Scenario.model_validate(restated), advisor.base).assumptions} <= {load}
    assert picks(advisor, restated) == picks(advisor, said)


@settings(max_examples=12)
@given(st.data())
def test_respelling_the_hardware_changes_no_pick(
    advisor: Advisor, spellings: list[list[str]], data: st.DataObject
) -> None:
    one, other = data.draw(st.sampled_from(spellings).flatmap(lambda group: st.tuples(*[st.sampled_from(group)] * 2)))
    first, second = (picks(advisor, {"use_cases": ["chat"], "hardware": text}) for text in (one, other))
    assert first == second


@pytest.fixture(scope="session")
def spellings(root: Path) -> list[list[str]]:
    """Groups of spellings that mean the same machine."""
    text = (root / "tests" / "data" / "hardware_spellings.yaml").read_text("utf-8")
    return [group["spellings"] for group in parse(text, "spellings").data["groups"] if len(group["spellings"]) > 1]


@settings(max_examples=10)
@given(scenarios())
def test_a_relaxation_applied_does_what_it_says(advise: Callable[..., Advice], said: Fields) -> None:
    advice = advise(**said)
    for way in advice.relaxations:
        softened = dict(said)
        for change in way.changes:
            softened = applied(softened, change.field, change.to)
        then = advise(**softened)
        assert then.recommendation is not None, way.changes
        assert then.changes == ()
        assert (then.recommendation.model, then.recommendation.quantization, then.recommendation.engine) == (
            way.then.model,
            way.then.quantization,
            way.then.engine,
        )


def applied(said: Fields, field: str, value: Any) -> Fields:
    if value is None:
        return {name: stated for name, stated in said.items() if name != field}
    return said | {field: value}


NO_FIT: tuple[Fields, ...] = (
    {"use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4},
    {"use_cases": ["chat"], "hardware": "GTX 1650 4GB", "context_tokens": 131_072, "concurrent_requests": 64},
    {"use_cases": ["image-understanding"], "domicile": "DE"},
    {"use_cases": ["agents"], "tool_calling": "multi_step", "only": {"max_parameters_b": 2}},
    {"use_cases": ["chat"], "hardware": "Raspberry Pi 5 16GB", "min_tokens_per_s": 60},
    {"use_cases": ["chat"], "inputs": ["text", "audio"]},
    {"use_cases": ["translation"], "languages": ["pl", "en"]},
    {"use_cases": ["chat"], "hardware": "RTX 4090", "only": {"models": ["llama3.1:405b"]}},
)


@pytest.mark.parametrize("said", NO_FIT, ids=[str(number) for number in range(len(NO_FIT))])
def test_a_no_has_an_excuse_per_model_and_changes_that_help(
    said: Fields, advise: Callable[..., Advice], base: RuleBase
) -> None:
    advice = advise(**said)
    assert advice.verdict in {"no_fit", "change_requirement"}
    ranked = {model.id for model in base.models.values() if model.role == "ranked" and model.kind == "instruct"}
    assert ranked <= {item.model for item in advice.excluded}
    for way in advice.relaxations:
        (change,) = way.changes
        owner, _, field = change.field.rpartition(".")
        softened = said | {owner: applied(said[owner], field, change.to)} if owner else applied(said, field, change.to)
        assert advise(**softened).verdict in {"recommended", "recommended_with_caveats"}, change


ASKED: tuple[Fields, ...] = (
    {"use_cases": ["image-captioning"]},
    {"use_cases": ["chat", "agents"], "hardware": "RTX 3060 12GB + 32GB RAM"},
    {"use_cases": ["coding"], "target": "hosted"},
    {"use_cases": ["fine-tuning-base"], "hardware": "8x RTX 4090", "fine_tuning": ["lora", "full"]},
    {"use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4},
)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_files_and_entries_changes_nothing(seed: int, advisor: Advisor, base: RuleBase) -> None:
    def mixed(items: Iterable[Any]) -> list[Any]:
        return sorted(items, key=lambda item: hashlib.sha256(f"{seed} {item}".encode()).digest())

    (layer,) = base.layers
    files = {name: dict(mixed(layer.files[name].items())) for name in mixed(layer.files)}
    for name, data in files.items():
        if name.partition("/")[0] not in ENTRY_FOLDERS:
            files[name] = {key: mixed(part) if key in LIST_KEYS else part for key, part in data.items()}
    assert list(files) != list(layer.files)
    other = Advisor(RuleBase((Layer(layer.root, layer.label, layer.digest, files),), advisor.base.facts), advisor.as_of)
    for said in ASKED:
        scenario = Scenario.model_validate(said)
        assert to_json(other.advise(scenario)) == to_json(advisor.advise(scenario))


ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/Adak", "LC_ALL": "POSIX", "COLUMNS": "100"},
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--use-case", "chat", "--use-case", "agents", "--format", "json"),
        ("--use-case", "image-captioning", "--hardware", "2x RTX 3090", "--language", "en"),
        ("--use-case", "chat", "--target", "phone", "--memory-budget-gib", "0.4", "--format", "json"),
    ],
    ids=["json", "text", "no"],
)
def test_hash_seed_locale_and_time_zone_change_no_byte(arguments: tuple[str, ...], run: Callable[..., Any]) -> None:
    outputs = set()
    for environment in ENVIRONMENTS:
        done = run("recommend", *arguments, "--as-of", "2026-11-24", env=environment | {"COLUMNS": "80"})
        assert done.stderr == ""
        outputs.add((done.stdout, done.returncode))
    assert len(outputs) == 1


@pytest.mark.parametrize("card", ["RTX 4090", "2x RTX 3090", "L4", "A100 80GB", "4x H100"])
@pytest.mark.parametrize("case", ["chat", "rag", "coding", "classification"])
def test_more_load_never_leaves_a_serving_engine_for_slots_or_coarser_weights(
    advisor: Advisor, case: str, card: str
) -> None:
    batched = False
    for flight in (1, 4, 16, 64, 256):
        said = {"use_cases": [case], "hardware": card, "concurrent_requests": flight}
        pick = advisor.decide(understand(Scenario.model_validate(said), advisor.base)).winner
        if pick is None:
            continue
        assert pick.quantization.bits >= advisor.base.criteria.comfortable_bits
        assert pick.lookup("engine.batches") or not batched, (flight, pick.engine.id)
        batched = batched or bool(pick.lookup("engine.batches"))
