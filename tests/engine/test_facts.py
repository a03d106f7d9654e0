"""What facts are worked out of, on stand-ins for a candidate: each case differs in one point."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.engine.fact import HOPELESS, LOAD, OPEN
from llama_advisor.engine.facts import FACTS, _declare
from llama_advisor.knowledge.engine import HardwareSupport, QuantizationSupport
from llama_advisor.sizing.figures import DeviceMemory, Memory


def of(name: str, place: dict[str, Any] | None = None, **parts: Any) -> Any:
    """A fact of a candidate of which some parts are there."""
    placed = dict.fromkeys(("model", "engine", "quantization", "offer", "standing", "official"))
    usual = dict.fromkeys(("model", "engine", "machine", "given", "other", "memory", "capacity", "layout", "speed"))
    known: Any = SimpleNamespace(**(usual | parts | {"place": some(**(placed | parts | (place or {})))}))
    return FACTS[name].compute(known)


def some(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


FP8 = QuantizationSupport(quantization="fp8", architectures=("hopper",), weight_only=("ampere",))


@pytest.mark.parametrize(
    ("entry", "architecture", "how"),
    [
        (FP8, "hopper", "native"),
        (FP8, "ampere", "weight_only"),
        (FP8, "turing", "no"),
        (None, "hopper", "no"),
        (FP8, "", None),
    ],
)
def test_how_fp8_runs(entry: Any, architecture: str, how: str | None) -> None:
    engine = some(by_quantization={"fp8": entry} if entry else {})
    assert of("engine.fp8", engine=engine, machine=some(device=some(architecture=architecture))) == how
    assert of("engine.fp8", engine=engine) is None


CARDS = HardwareSupport(kinds=("consumer-gpu",), vendors=("maker",), minimum_compute_capability=8.0)


@pytest.mark.parametrize(
    ("hardware", "has", "needed"),
    [
        ((CARDS,), 7.5, 8.0),
        ((CARDS,), 8.0, None),
        ((CARDS,), None, None),
        ((CARDS, CARDS._replace(minimum_compute_capability=7.7)), 7.5, 7.7),  # the least of all
        ((CARDS, CARDS._replace(minimum_compute_capability=None)), 7.5, None),
        ((CARDS._replace(kinds=("npu",)),), 7.5, None),
        ((CARDS._replace(vendors=("stranger",)),), 7.5, None),
        ((), 7.5, None),
    ],
)
def test_the_compute_capability_that_is_lacking(hardware: Any, has: float | None, needed: float | None) -> None:
    device = some(kind="consumer-gpu", vendor="maker", compute_capability=has)
    found = of("engine.lacks_compute_capability", engine=some(hardware=hardware), machine=some(device=device))
    assert found == needed
    assert of("engine.lacks_compute_capability", engine=some(hardware=hardware)) is None


ANY: dict[str, Any] = {"max_parameters_b": None, "only_models": frozenset(), "only_families": frozenset()}


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        ({}, True),
        ({"max_parameters_b": 8.0}, True),
        ({"max_parameters_b": 7.99}, False),
        ({"only_models": frozenset({"m", "n"})}, True),
        ({"only_models": frozenset({"n"})}, False),
        ({"only_families": frozenset({"f"})}, True),
        ({"only_families": frozenset({"g"})}, False),
        ({"only_models": frozenset({"m"}), "only_families": frozenset({"g"})}, False),
    ],
)
def test_which_models_are_allowed(limit: dict[str, Any], allowed: bool) -> None:
    model = some(id="m", family="f", parameters=8_000_000_000)
    assert of("model.allowed", model=model, need=some(**(ANY | limit))) is allowed


@pytest.mark.parametrize(
    ("own", "tried", "other", "stronger"),
    [(60, "t", 59, True), (60, "t", 60, False), (60, "t", 61, False), (60, None, 1, None), (None, "t", 1, None),
     (60, "t", None, None)],
)  # fmt: skip
def test_what_is_stronger_than_what_was_tried(
    own: float | None, tried: str | None, other: float | None, stronger: bool | None
) -> None:
    place = {"model_quality": own, "qualities": {"t": other}.get}
    assert of("model.stronger_than_tried", model=some(), place=place, need=some(tried_model=tried)) is stronger


@pytest.mark.parametrize(
    ("inputs", "asked", "known", "missing"),
    [
        ({"text"}, {"en", "de"}, {"en", "de"}, set()),
        ({"text"}, {"en", "fr"}, {"en", "de"}, {"fr"}),
        ({"text", "image"}, {"en", "de"}, {"en"}, {"de"}),
    ],
)
def test_languages_by_what_is_read(inputs: set[str], asked: set[str], known: set[str], missing: set[str]) -> None:
    need = some(inputs=frozenset(inputs), languages=frozenset(asked))
    model = some(languages=some(text=("en", "de"), image=("en",)))
    assert of("model.languages", model=model, need=need) == known
    assert of("model.unsupported_languages", model=model, need=need) == missing
    assert of("model.supports_languages", model=model, need=need) is (not missing)
    plain = some(languages=some(text=("en", "de"), image=()))
    assert of("model.languages", model=plain, need=need) == {"en", "de"}


@pytest.mark.parametrize(
    ("by", "own", "found"), [("schema", "own", "own"), ("schema", None, "schema"), ("", None, None)]
)
def test_what_holds_to_a_schema(by: str, own: str | None, found: str | None) -> None:
    engine = some(by_architecture={"llama": some(schema_by=own)}, schema_by=by)
    model = some(architecture=some(kind="llama"))
    assert of("engine.schema_by", engine=engine, model=model) == found
    assert of("engine.structured_output", engine=engine, model=model) is (found is not None)
    assert of("engine.schema_by", engine=engine, model=some(architecture=some(kind="mllama"))) == (by or None)


def test_options_for_tools_are_those_of_the_first_format_that_the_model_knows() -> None:
    engine = some(tool_flags={"tag": "--tag", "json": "--json", "pythonic": "--py"})
    model = some(tools=some(formats=("pythonic", "json")))
    assert of("engine.tool_flags", engine=engine, model=model) == "--json"
    assert of("engine.tool_flags", engine=engine, model=some(tools=some(formats=()))) is None


COUNTS = some(ended=False, doubt=None)


@pytest.mark.parametrize(
    ("official", "offer", "standing", "files", "context", "limit"),
    [
        (None, None, None, None, 1, 100_000),
        (8192, None, None, None, 1, 8192),
        (None, None, None, 4096, 1, 4096),
        (8192, None, None, 4096, 1, 4096),
        (None, 50_000, COUNTS, None, 1, 50_000),
        (None, 96_999, COUNTS, None, 1, 96_999),
        (None, 97_000, COUNTS, None, 1, 100_000),  # the same, rounded
        (None, 200_000, COUNTS, None, 1, 100_000),
        (None, 50_000, some(ended=True, doubt=None), None, 1, 100_000),
        (None, 50_000, some(ended=False, doubt="alone"), None, 1, 100_000),
        (None, "unsaid", COUNTS, None, 100_000, None),  # may be less
        (None, "unsaid", COUNTS, None, 100_001, 100_000),
    ],
)
def test_the_longest_context(
    official: int | None, offer: Any, standing: Any, files: int | None, context: int, limit: int | None
) -> None:
    place = {
        "model": some(context_tokens=100_000),
        "official": official and some(context_tokens=official),
        "engine": some(maximum_context_tokens=files),
        "offer": offer and some(context_tokens=None if offer == "unsaid" else offer),
        "standing": standing,
    }
    assert of("build.context_tokens", place, need=some(context_tokens=context)) == limit


def test_regions_are_those_of_the_offer_else_of_its_provider() -> None:
    profiles = (some(called_from=("eu-1", "eu-2")), some(called_from=("ap-1",)))
    host = some(regions=("us-9",))
    for own, provider, found in (
        (("us-1",), host, {"us-1", "eu-1", "eu-2", "ap-1"}),
        ((), host, {"us-9", "eu-1", "eu-2", "ap-1"}),
        ((), None, {"eu-1", "eu-2", "ap-1"}),
    ):
        place = {"offer": some(regions=own, profiles=profiles), "standing": some(host=provider)}
        assert of("hosted.regions", place) == found


def memory(total: float) -> Any:
    return Memory(total, 0.0, 0.0, 0.0, total, None, DeviceMemory(total, None), fits=None, offloaded_gib=0.0)


@pytest.mark.parametrize(
    ("sized", "machines", "offer", "gib"),
    [(4.25, None, None, 4.25), (4.25, 3, None, 12.75), (None, None, None, None), (None, None, "some", 0.0)],
)
def test_memory_of_all_machines(sized: float | None, machines: int | None, offer: Any, gib: float | None) -> None:
    parts = {"memory": sized and memory(sized), "capacity": machines and some(machines=machines)}
    assert of("memory.fleet_gib", {"offer": offer}, **parts) == gib


GUARD, READER = some(kind="a guard", such_as="Guard"), some(kind="a reader", such_as="")


@pytest.mark.parametrize(
    ("cases", "kinds", "examples"),
    [
        ([], None, None),
        ([None], None, None),
        ([GUARD], "a guard", "Guard"),
        ([GUARD, None, READER], "a guard and a reader", "Guard"),
        ([READER], "a reader", None),
    ],
)
def test_what_does_the_work_instead(cases: list[Any], kinds: str | None, examples: str | None) -> None:
    need = some(cases=[some(answered_by=each) for each in cases])
    assert of("scenario.answered_by", need=need) == kinds
    assert of("scenario.such_as", need=need) == examples


def declared(level: int, owner: str, name: str, **entry: Any) -> Any:
    return _declare(level, owner, name, {"kind": "number", "says": "What it is."} | entry)


@pytest.mark.parametrize(
    ("owner", "name", "entry", "settles", "choices"),
    [
        ("place.model", "model.size", {}, 2, None),
        ("place.model", "model.size", {"moves": True}, LOAD, None),
        ("place.model", "model.size", {"settles": "open"}, OPEN, None),
        ("place.model", "model.size", {"moves": True, "settles": "hopeless"}, HOPELESS, None),
        ("place.model", "model.size", {"choices": ["a", "b"]}, 2, {"a", "b"}),
        ("need", "scenario.languages", {}, OPEN, None),  # one of the fields that plans leave open
        ("place.model", "model.languages", {}, 2, None),
        ("need", "scenario.asked", {"path": "languages"}, OPEN, None),
        ("need", "scenario.accelerator", {}, 2, {"any", "gpu", "cpu", "npu"}),
        ("need", "scenario.run_on", {"path": "accelerator"}, 2, {"any", "gpu", "cpu", "npu"}),
        ("need", "scenario.accelerator", {"choices": ["any"]}, 2, {"any"}),
    ],
)
def test_how_a_fact_is_declared(
    owner: str, name: str, entry: dict[str, Any], settles: int, choices: set[str] | None
) -> None:
    found = declared(2, owner, name, **entry)
    assert (found.name, found.kind, found.unit, found.says) == (name, "number", "", "What it is.")
    assert (found.level, found.owner, found.settles, found.choices) == (2, owner, settles, choices)
    assert declared(2, owner, name, unit="GiB", **entry).unit == "GiB"


def test_a_fact_is_read_by_its_path_or_worked_out_where_its_owner_is_there() -> None:
    candidate: Any = some(place=some(model=some(size="1b", name="M")), other=None)
    assert declared(1, "place.model", "model.size").compute(candidate) == "1b"
    assert declared(1, "place.model", "model.title", path="name").compute(candidate) == "M"
    assert declared(1, "place.model", "model.none").compute(candidate) is None
    assert declared(1, "place.model", "model.parameters_b").compute(some(place=some(model=None))) is None
    whole: Any = some(model=some(parameters=8e9), place=some(model=some(parameters=8e9)))
    assert declared(1, "place.model", "model.parameters_b").compute(whole) == 8
    # of what has no owner it is asked all the same
    alone: Any = some(memory=None, place=some(offer="some"), capacity=None)
    assert declared(1, "memory", "memory.fleet_gib").compute(alone) == 0.0


def test_a_fact_of_another_build_is_that_of_it() -> None:
    found = declared(3, "other", "other.model.parameters_b")
    told = FACTS["model.parameters_b"]
    assert (found.name, found.kind, found.unit) == ("other.model.parameters_b", told.kind, told.unit)
    assert (found.level, found.owner, found.settles) == (3, "other", OPEN)
    assert found.says == f"Of the best build of the other lane, hosted or at home: {told.says}"
    model = some(parameters=2_000_000_000)
    build: Any = some(other=some(model=model, place=some(model=model)))
    assert found.compute(build) == 2
    nobody: Any = some(other=None)
    assert found.compute(nobody) is None
