"""What facts are worked out of, on stand-ins for a candidate: each case differs in one point."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.engine.build_facts import _break_even
from llama_advisor.engine.fact import HOPELESS, LOAD, OPEN
from llama_advisor.engine.facts import FACTS, _declare
from llama_advisor.knowledge.engine import HardwareSupport, QuantizationSupport
from llama_advisor.knowledge.model import Architecture
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.figures import Cost, DeviceMemory, Memory, Range


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


HEADS = some(architecture=Architecture(
    kind="llama", layers=16, hidden_size=1, ffn_size=960, attention_heads=32, kv_heads=8, head_dim=1, vocab_size=1,
    tied_embeddings=True,
))  # fmt: skip


@pytest.mark.parametrize(
    ("count", "taken", "copies", "splits", "by", "unused"),
    [
        (3, 2, 1, True, "2 or 4", 1),
        (6, 2, 3, True, "2 or 4 or 8", None),
        (6, 4, 1, True, "2 or 4 or 8", 2),
        (4, 2, 1, True, None, None),
        (3, 1, 2, False, None, None),
    ],
)
def test_by_how_many_heads_divide(
    count: int, taken: int, copies: int, splits: bool, by: str | None, unused: int | None
) -> None:
    layout = some(machine=some(devices=taken), replicas=copies)
    parts = {"model": HEADS, "engine": some(tensor_parallel=splits), "layout": layout}
    place = {"machine": some(count=count, devices=count)}
    assert of("layout.divides_by", place, **parts) == by
    assert of("layout.undivided_devices", place, **parts) == unused
    assert of("layout.divides_by", place, **(parts | {"layout": None})) is None
    assert of("layout.divides_by", {"machine": None}, **parts) is None


MAC = some(kind="apple-silicon", memory_gib=16.0, usable_share=0.75, unified_memory=True)


@pytest.mark.parametrize(
    ("kind", "need", "available", "fits", "cache", "wired", "limit"),
    [
        ("apple-silicon", 14.5, 12.0, False, "f16", 14.5, 15),
        ("apple-silicon", 14.5, 11.0, False, "f16", 14.5, 16),  # a GiB more that others take
        ("apple-silicon", 11.0, 12.0, True, "f16", None, None),
        ("apple-silicon", 11.0, 12.0, True, "q8_0", 11.0 + 1.7 * 15 / 17, 13),  # 32 of 17 sixteenths
        ("apple-silicon", 9.0, 12.0, True, "q8_0", None, None),
        ("apple-silicon", 12.0, 12.0, True, "f16", None, None),
        ("apple-silicon", 14.5, None, None, "f16", None, None),
        ("consumer-gpu", 14.5, 12.0, False, "f16", None, None),
    ],
)
def test_the_memory_that_a_mac_must_be_told_of(
    kind: str, need: float, available: float | None, fits: Any, cache: str, wired: float | None, limit: int | None
) -> None:
    device = some(**vars(MAC) | {"kind": kind})
    layout = some(machine=some(device=device), kv_cache_type=cache)
    sized = memory(need)._replace(per_device=DeviceMemory(need, available), fits=fits, kv_cache_gib=1.7)
    parts = {"memory": sized, "layout": layout, "machine": some(device=device)}
    assert of("memory.wired_need_gib", **parts) == (wired and pytest.approx(wired))
    assert of("memory.wired_limit_gib", **parts) == limit
    assert of("memory.wired_limit_mb", **parts) == (limit and limit * 1024)
    assert of("memory.left_to_system_gib", **parts) == (limit and 16 - limit)
    assert of("memory.wired_need_gib", **(parts | {"layout": None})) is None


SPEED = some(decode_tokens_per_s=Range(5.0, 10.0, 20.0), first_token_s=Range(1.0, 2.0, 4.0))


@pytest.mark.parametrize(
    ("fact", "field", "limits"),
    [
        ("speed.meets_decode", "min_tokens_per_s", {5.0: True, 5.1: None, 20.0: None, 20.1: False, None: True}),
        ("speed.meets_first_token", "max_first_token_s", {4.0: True, 3.9: None, 1.0: None, 0.9: False, None: True}),
        # 100 tokens take 5 to 20 s more
        ("speed.meets_answer", "max_answer_s", {24.0: True, 23.9: None, 6.0: None, 5.9: False, None: True}),
    ],
)
def test_whether_a_range_meets_a_limit(fact: str, field: str, limits: dict[float | None, bool | None]) -> None:
    for limit, met in limits.items():
        need = some(**{field: limit}, output_tokens=100)
        assert of(fact, speed=SPEED, need=need) is met
        assert of(fact, need=need) is (True if limit is None else None)


def test_an_answer_takes_the_first_token_and_the_rest() -> None:
    need = some(output_tokens=100)
    assert of("speed.answer_s", speed=SPEED, need=need) == 12
    assert of("speed.answer_low_s", speed=SPEED, need=need) == 6
    assert of("speed.reading_share", speed=SPEED, need=need) == pytest.approx(2 / 12)


@pytest.mark.parametrize(
    ("rented", "service", "rate", "hours", "found"),
    [
        (730.0, True, 10.0, None, 73e6),
        (1460.0, True, 10.0, None, 73e6),  # two machines
        (730.0, True, 3.0, None, 2.4e8),
        (730.0, True, 2.0, None, None),  # 365 millions are more than it makes in a month
        (730.0, True, 3.0, 600.0, None),  # nor 243 in 600 hours
        (730.0, True, 0.0, None, None),
        (730.0, True, None, None, None),
        (730.0, False, 10.0, None, None),
        (None, True, 10.0, None, None),
    ],
)
def test_from_how_many_tokens_on_rent_is_cheaper(
    rented: float | None, service: bool, rate: float | None, hours: float | None, found: float | None
) -> None:
    """A machine makes 0.1 requests of 1,000 tokens a second: 262.8 millions a month."""
    cost = rented and Cost(usd_per_hour=1, usd_per_month=rented, usd_per_million_tokens=None, as_of=None, offer="o")
    capacity = some(requests_per_s=Range(0.05, 0.1, 0.2), machines=2 if rented == 1460 else 1)
    paid = some(usd_per_million_tokens=rate)
    hosted = some(cost=paid, capacity=None, place=some(offer="offer")) if service else None
    parts = {
        "capacity": capacity,
        "other": hosted,
        "need": some(prompt_tokens=800, output_tokens=200, batch_hours=hours),
    }
    candidate: Any = some(cost=cost, place=some(offer=None), **parts)
    assert _break_even(candidate) == found
    assert of("capacity.tokens_per_month", **parts) == pytest.approx(100 * 3600 * (hours or 730))


def test_weights_in_sixteen_bits_take_the_place_of_those_there_are() -> None:
    sized = memory(5.0)._replace(weights_gib=2.0)
    parts = {"memory": sized._replace(per_device=DeviceMemory(5.0, 8.0)), "model": some(parameters=4 * 2**30)}
    assert of("memory.sixteen_bit_need_gib", **parts) == 11
    assert of("memory.sixteen_bit_share", **parts) == 11 / 8
    assert of("memory.sixteen_bit_need_gib", **parts, layout=some(machine=some(devices=2))) == 8


def test_the_longest_prompt_is_read_alone() -> None:
    def speed_of(load: Workload, at_work: int, measured: Workload) -> Any:
        assert load == measured == Workload(8192, 8192, 256, 1, shared_prefix_tokens=0)
        assert at_work == 1
        return SPEED

    layout = some(speed_of=speed_of, measure=lambda load: load)
    need = some(workload=Workload(8192, 512, 256, 5, shared_prefix_tokens=100))
    assert of("speed.full_prompt_s", speed=SPEED, need=need, layout=layout) == 2
    assert of("speed.full_prompt_s", speed=SPEED, need=need) is None
    layout.speed_of = lambda *_: None
    assert of("speed.full_prompt_s", speed=SPEED, need=need, layout=layout) is None


def test_the_need_in_all_is_that_of_the_printed_parts() -> None:
    sized = Memory(1.004, 1.004, 1.004, 1.004, 4.016, None, DeviceMemory(4.016, None), fits=None, offloaded_gib=0.0)
    assert of("memory.total_gib", memory=sized) == 4
