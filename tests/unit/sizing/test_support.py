"""How an engine takes a build on a device, and which builds are tried in which order, on made-up facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import shapes

from llama_advisor.knowledge.device import Device
from llama_advisor.knowledge.engine import ArchitectureSupport, Engine, HardwareSupport, QuantizationSupport
from llama_advisor.knowledge.model import OfficialBuild, Published
from llama_advisor.knowledge.quantization import Quantization
from llama_advisor.sizing.support import (
    Option,
    Support,
    at_home,
    made_here,
    objections,
    official_build,
    options,
    published_file,
    quantization_support,
    runs_on,
    support,
)

CARD = shapes.CARD._replace(compute_capability=8.0)
PHONE = CARD._replace(id="phone", kind="phone", architecture="arm")
LLAMA = ArchitectureSupport(architecture="llama", source=("made",))
ENGINE = Engine(
    id="own",
    name="Own",
    targets=("server", "cloud"),
    architectures=(LLAMA,),
    hardware=(HardwareSupport(kinds=("consumer-gpu",), vendors=("maker",), minimum_compute_capability=7.5),),
    quantizations=(
        QuantizationSupport(quantization="q16"),
        QuantizationSupport(quantization="q8", architectures=("first", "second"), weight_only=("third",)),
        QuantizationSupport(quantization="q4", not_for=("mllama",)),
    ),
    maturity=80,
    maturity_basis="made",
    sources=("made",),
)


def kind(name: str, bits: int, **changes: Any) -> Quantization:
    """A quantization."""
    made = Quantization(
        id=name, name=name, format="safetensors", bits=bits, default_type="t", ladder=True, quality_kept_percent=100,
        quality_basis="made", maturity=50, sources=("made",),
    )  # fmt: skip
    return made._replace(**changes)


Q16, Q8, Q4, Q2 = kind("q16", 16), kind("q8", 8), kind("q4", 4), kind("q2", 2)


@dataclass
class Named:
    """What support reads of a model."""

    name: str = "Model"
    parameters: int = 8_000_000_000
    architecture: Any = field(default_factory=lambda: SimpleNamespace(kind="llama"))
    official_builds: tuple[OfficialBuild, ...] = ()
    published: dict[str, tuple[Published, ...]] = field(default_factory=dict)


MODEL: Any = Named()
VISION: Any = Named(architecture=SimpleNamespace(kind="mllama"))


@pytest.mark.parametrize(
    ("device", "runs"),
    [
        ({}, True),
        ({"compute_capability": 7.5}, True),
        ({"compute_capability": 7.4}, False),
        ({"compute_capability": None}, True),
        ({"vendor": "stranger"}, False),
        ({"vendor": "generic"}, True),
        ({"kind": "phone"}, False),
    ],
)
def test_where_an_engine_runs(device: dict[str, Any], runs: bool) -> None:
    assert runs_on(ENGINE, CARD._replace(**device)) is runs
    elsewhere = HardwareSupport(kinds=("npu",))
    assert runs_on(ENGINE._replace(hardware=(elsewhere, *ENGINE.hardware)), CARD._replace(**device)) is runs
    anyone = ENGINE._replace(hardware=(HardwareSupport(kinds=("consumer-gpu", "phone")),))
    assert runs_on(anyone, CARD._replace(**device))


@pytest.mark.parametrize(
    ("model", "quantization", "device", "how"),
    [
        (MODEL, Q16, CARD, "native"),
        (MODEL, Q8, CARD, "native"),
        (MODEL, Q8, CARD._replace(architecture="third"), "weight_only"),
        (MODEL, Q8, CARD._replace(architecture="fourth"), "no"),
        (MODEL, Q8, CARD._replace(architecture="fourth", vendor="generic"), None),
        (MODEL, Q8._replace(format="npu"), CARD._replace(architecture="fourth", vendor="generic"), "no"),
        (MODEL, Q8, None, "native"),
        (MODEL, Q2, CARD, "no"),
        (MODEL, Q2, None, "no"),
        (MODEL, Q4, CARD, "native"),
        (VISION, Q4, CARD, "no"),
        (VISION, Q16, CARD, "native"),
    ],
)
def test_how_an_engine_takes_a_quantization(
    model: Any, quantization: Quantization, device: Device | None, how: str | None
) -> None:
    assert quantization_support(ENGINE, model, quantization, device) == how


@pytest.mark.parametrize(("device", "how"), [("first", "no"), ("second", "native")])
def test_what_a_pinned_release_lacks(device: str, how: str) -> None:
    pinned = ENGINE._replace(architectures=(LLAMA._replace(lacking={"q8": ("first",)}),))
    assert quantization_support(pinned, MODEL, Q8, CARD._replace(architecture=device)) == how
    assert quantization_support(pinned, MODEL, Q16, CARD._replace(architecture=device)) == "native"
    assert quantization_support(pinned, MODEL, Q8, None) == "native"


@pytest.mark.parametrize(
    ("engine", "model", "device", "target", "found"),
    [
        ({}, MODEL, CARD, "server", (True, None, True, "native", True)),
        ({}, MODEL, PHONE, "phone", (True, None, False, "native", False)),
        ({}, MODEL, None, "cloud", (True, None, True, "native", True)),
        ({}, VISION, CARD, "server", (False, None, True, "native", True)),
        ({"maximum_parameters_b": 8.0}, MODEL, CARD, "server", (True, None, True, "native", True)),
        ({"maximum_parameters_b": 7.9}, MODEL, CARD, "server", (False, None, True, "native", True)),
        ({"architectures": (LLAMA._replace(until="1.2"),)}, MODEL, CARD, "server", (True, "1.2", True, "native", True)),
        ({"architectures": (LLAMA._replace(until="1.2", pin="own==1.2"),)}, MODEL, CARD, "server",
         (True, "own==1.2", True, "native", True)),
        ({"architectures": (LLAMA._replace(pin="own==1.2"),)}, MODEL, CARD, "server",
         (True, None, True, "native", True)),
    ],
)  # fmt: skip
def test_one_combination(
    engine: dict[str, Any], model: Any, device: Device | None, target: str, found: tuple[Any, ...]
) -> None:
    assert support(ENGINE._replace(**engine), model, Q16, device, target) == found


@pytest.mark.parametrize(
    ("found", "failures", "against", "drawbacks"),
    [
        ((True, None, True, "native", True), 0, 0, 0),
        ((True, "1.2", True, "weight_only", True), 0, 1, 1),
        ((True, None, True, None, False), 0, 2, 1),
        ((True, "1.2", True, "native", False), 0, 3, 2),
        ((False, None, True, "native", True), 1, 2, 3),
        ((True, None, False, "no", True), 2, 4, 6),
        ((False, "1.2", False, "no", False), 3, 9, 11),
    ],
)
def test_what_does_not_work_is_counted(found: tuple[Any, ...], failures: int, against: int, drawbacks: int) -> None:
    taken = Support(*found)
    assert (taken.failures, taken.reasons_against, taken.drawbacks) == (failures, against, drawbacks)
    assert taken.needs_pin is (taken.pinned_version == "1.2")


def held(quantization: str, stored_as: str, name: str) -> Published:
    return Published(quantization=quantization, stored_as=stored_as, name=name)


def test_the_file_that_an_engine_takes_best() -> None:
    files = held("q8", "pte", "a"), held("q8", "gguf", "b"), held("q8", "awq", "c"), held("q8", "awq", "d")
    model: Any = Named(published={"q8": files})
    for loads, name in {("awq", "gguf"): "c", ("gguf", "awq"): "b", ("gguf",): "b", ("mlx",): None, (): None}.items():
        found = published_file(model, "q8", ENGINE._replace(loads=loads))
        assert (found and found.name) == name
    assert published_file(model, "q4", ENGINE._replace(loads=("gguf",))) is None


@pytest.mark.parametrize(
    ("entry", "made_with", "here"),
    [({}, None, False), ({"from_original": True}, None, True), ({}, "convert", True)],
)
def test_what_an_engine_makes(entry: dict[str, Any], made_with: str | None, here: bool) -> None:
    engine = ENGINE._replace(quantizations=(QuantizationSupport(quantization="q8", **entry),), made_with=made_with)
    assert made_here("q8", engine) is here
    assert made_here("q4", engine) is False


OFFICIAL = OfficialBuild(quantization="q4", hf_repo="maker/q4", weights_bytes=1)


def test_the_makers_own_build() -> None:
    model: Any = Named(official_builds=(OFFICIAL._replace(quantization="q8"), OFFICIAL))
    assert official_build(model, Q4) is OFFICIAL
    assert official_build(model, Q16) is None


@pytest.mark.parametrize(
    ("targets", "kind_of_device", "home"),
    [
        (("server",), None, True),
        (("server",), "phone", True),
        (("phone",), None, False),
        (("phone",), "consumer-gpu", False),
        (("phone",), "phone", True),
        (("phone",), "browser", False),
        (("browser", "phone"), "browser", True),
        (("browser", "server"), "phone", True),
    ],
)
def test_where_an_engine_is_at_home(targets: tuple[Any, ...], kind_of_device: Any, home: bool) -> None:
    device = None if kind_of_device is None else CARD._replace(kind=kind_of_device)
    assert at_home(ENGINE._replace(targets=targets), device) is home


def engine(name: str, *kinds: str, **changes: Any) -> Engine:
    """An engine for any card that takes some quantizations."""
    taken = tuple(QuantizationSupport(quantization=item) for item in kinds)
    anywhere = (HardwareSupport(kinds=("consumer-gpu",)),)
    return ENGINE._replace(**{"id": name, "name": name, "quantizations": taken, "hardware": anywhere} | changes)


def base(*engines: Engine, kinds: tuple[Quantization, ...] = (Q4, Q16, Q8)) -> Any:
    """Knowledge of so many engines and quantizations."""
    return SimpleNamespace(
        engines={item.id: item for item in engines},
        quantizations={item.id: item for item in kinds},
    )


def tried(
    known: Any, *wanted: str, on: str | None = None, device: Device | None = CARD, model: Any = MODEL
) -> list[str]:
    return [f"{item.quantization.id} {item.engine.id}" for item in options(model, device, known, wanted, on)]


A, B = engine("a", "q16", "q4", maturity=50), engine("b", "q16", "q8", maturity=60)


@pytest.mark.parametrize(
    ("engines", "found"),
    [
        ((A, B), ["q16 b", "q8 b", "q4 a"]),  # the most bits first, on the more mature engine
        ((A._replace(maturity=60), B), ["q16 a", "q8 b", "q4 a"]),
        ((A, B._replace(targets=("phone",))), ["q16 a", "q4 a"]),
        ((A, engine("hosted", "q16", "q8", maturity=99)), ["q16 a", "q4 a"]),
        # what an old release alone runs comes after what works
        ((A, B._replace(architectures=(LLAMA._replace(until="1"),))), ["q16 a", "q4 a", "q8 b"]),
        ((A, B._replace(hardware=())), ["q16 a", "q4 a"]),
        ((A._replace(hardware=()), B._replace(hardware=())), ["q16 b", "q8 b", "q4 a"]),
    ],
)
def test_builds_are_tried_from_the_most_bits_on(engines: tuple[Engine, ...], found: list[str]) -> None:
    assert tried(base(*engines)) == found


def test_an_engine_is_sized_where_it_is_used_most_and_on_a_phone_there() -> None:
    server = engine("a", "q16", hardware=(HardwareSupport(kinds=("phone",)),), maturity=99)
    phone = server._replace(id="b", targets=("phone",), maturity=1)
    assert tried(base(server, phone), device=PHONE) == ["q16 b"]
    assert tried(base(server, phone), device=None) == ["q16 a"]
    assert tried(base(server, phone), "q16", device=None) == ["q16 a"]


@pytest.mark.parametrize(
    ("wanted", "on", "found"),
    [
        (("q16",), None, "q16 b"),
        (("q16",), "a", "q16 a"),
        (("q4", "q8"), None, "q4 a"),
        (("q4", "q8"), "b", "q8 b"),
        (("q8",), "a", "q8 a"),  # sized all the same
        (("q2",), None, "q2 b"),
    ],
)
def test_one_build_of_those_wanted(wanted: tuple[str, ...], on: str | None, found: str) -> None:
    assert tried(base(A, B, kinds=(Q4, Q16, Q8, Q2._replace(ladder=False))), *wanted, on=on) == [found]


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ((Q16, Q8._replace(ladder=False)), ["q16 b"]),
        ((Q16, Q8._replace(format="hosted")), ["q16 b"]),
        ((Q16, Q4._replace(official_only=True)), ["q16 b", "q4 a"]),
        ((Q16, Q8._replace(official_only=True)), ["q16 b"]),
        # of as many bits the more mature engine, then the more mature format, then the name
        ((kind("q4", 8), Q8), ["q8 b", "q4 a"]),
        ((kind("q16", 8), Q8), ["q16 b", "q8 b"]),
        ((kind("q16", 8, maturity=49), Q8), ["q8 b", "q16 b"]),
    ],
)
def test_which_quantizations_are_tried(kinds: tuple[Quantization, ...], found: list[str]) -> None:
    model: Any = Named(official_builds=(OFFICIAL,))
    assert tried(base(A, B, kinds=kinds), model=model) == found


def test_of_as_many_bits_what_runs_natively_comes_first() -> None:
    slow = QuantizationSupport(quantization="q8", architectures=("second",), weight_only=("first",))
    known = base(
        engine("a", "q4", quantizations=(slow, QuantizationSupport(quantization="q4"))), kinds=(Q8, kind("q4", 8))
    )
    assert tried(known) == ["q4 a", "q8 a"]


OBJECTED: list[tuple[dict[str, Any], Quantization, Device | None, Any, list[str]]] = [
    ({}, Q16, CARD, MODEL, []),
    ({}, Q16, None, MODEL, []),
    ({}, Q16._replace(official_only=True), CARD, MODEL, ["no q16 build of Model is published; sized all the same"]),
    ({}, Q4._replace(official_only=True), CARD, Named(official_builds=(OFFICIAL,)), []),
    ({}, Q16, CARD, VISION, ["no release of Own is known to run Model; sized all the same"]),
    ({"architectures": (LLAMA._replace(until="1.2"),)}, Q16, CARD, MODEL, ["only an old release runs Model: 1.2"]),
    ({}, Q16, PHONE, MODEL, ["Own is not known to run on Card; sized all the same"]),
    ({}, Q2, CARD, MODEL, ["Own does not load q2; sized all the same"]),
    ({}, Q2, None, MODEL, ["Own does not load q2; sized all the same"]),
    ({}, Q8, CARD._replace(architecture="fourth"), MODEL, ["Own does not load q8 on Card; sized all the same"]),
    ({}, Q4, None, VISION, ["no release of Own is known to run Model; sized all the same",
                            "Own does not load q4; sized all the same"]),
    ({}, Q8, CARD._replace(architecture="third"), MODEL,
     ["q8 saves memory and time per token there, but prompts are read in 16-bit arithmetic"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "quantization", "device", "model", "told"), OBJECTED)
def test_what_stands_against_a_build(
    changes: dict[str, Any], quantization: Quantization, device: Device | None, model: Any, told: list[str]
) -> None:
    own = ENGINE._replace(**changes)
    option = Option(quantization, own, support(own, model, quantization, device, "server"))
    assert [*objections(option, model, device)] == told
