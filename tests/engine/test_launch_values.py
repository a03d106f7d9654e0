"""What stands in the templates, and which steps there are, on stand-ins for a candidate: written out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from launch_builds import COMMON, DEVICE, NAMED, TWO, build, engine, machine

from llama_advisor.engine import launch
from llama_advisor.engine.advice import Artifact
from llama_advisor.engine.launch import (
    _engine,
    _placement,
    _requests,
    _share,
    _tuning,
)
from llama_advisor.knowledge.engine import QuantizationSupport, Step
from llama_advisor.scenario.scenario import Tuning
from llama_advisor.sizing.memory import ONE_DEVICE, Placement


@pytest.mark.parametrize(
    ("engine_id", "memory", "reserved", "share"),
    [("own", 8.0, 0.0, 0.9), ("own", 8.0, 1.0, 0.775), ("own", 3.0, 1.0, 0.567), ("own", None, 0.0, None),
     ("other", 8.0, 0.0, None)],
)  # fmt: skip
def test_the_share_that_an_engine_may_take(
    engine_id: str, memory: float | None, reserved: float, share: float | None
) -> None:
    constants = SimpleNamespace(memory=SimpleNamespace(engines={"own": SimpleNamespace(usable_share=0.9)}))
    base: Any = SimpleNamespace(constants=constants)
    where = machine()
    where.device = SimpleNamespace(**vars(DEVICE) | {"memory_gib": memory})
    candidate = build(where, engine=engine(id=engine_id), need=SimpleNamespace(reserved_gib=reserved))
    assert _share(candidate, base) == share
    assert _share(build(engine=engine(id=engine_id), need=SimpleNamespace(reserved_gib=reserved)), base) is None


FILES = Artifact(hf_repo="made/small", stored_as="safetensors")
ENTRY = QuantizationSupport(
    quantization="q", flags="--four", packages="extra", architecture_flags={"first": "--first", "second": "--second"}
)
SHAPE = SimpleNamespace(until="0.9")
PLAIN_ENGINE = {"version": "1.0", "packages": None, "quantization_flags": None, "kv_cache": None,
                "kv_cache_flags": None, "tool_flags": None}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "files", "cache", "support", "tools", "otherwise"),
    [
        ({}, FILES, "f16", None, None, {}),
        ({"version": ""}, FILES, "f16", None, None, {"version": None}),
        ({"by_quantization": {"q": ENTRY}}, FILES, "f16", None, None,
         {"packages": "extra", "quantization_flags": "--four --first"}),
        # files in that form already
        ({"by_quantization": {"q": ENTRY}}, FILES._replace(hf_repo="made/small-q"), "f16", None, None,
         {"packages": "extra", "quantization_flags": "--first"}),
        ({"by_quantization": {"q": ENTRY._replace(architecture_flags={}, packages="")}}, FILES, "f16", None, None,
         {"quantization_flags": "--four"}),
        ({"by_quantization": {"q": ENTRY._replace(architecture_flags={}, flags="")}}, FILES, "f16", None, None,
         {"packages": "extra"}),
        ({"kv_cache_flags": {"q8_0": "--kv 8", "f16": ""}}, FILES, "q8_0", None, None,
         {"kv_cache": "q8_0", "kv_cache_flags": "--kv 8"}),
        ({"by_architecture": {"llama": SHAPE}}, FILES, "f16", True, None, {"version": "0.9"}),
        ({"by_architecture": {"llama": SHAPE}}, FILES, "f16", False, None, {}),
        ({"by_architecture": {"llama": SHAPE}}, FILES, "f16", None, None, {}),
        ({"by_architecture": {"mllama": SHAPE}}, FILES, "f16", True, None, {}),
        ({"tool_flags": {"tag": "--tag", "pythonic": "--py", "json": "--json"}}, FILES, "f16", None, "single",
         {"tool_flags": "--py"}),
        ({"tool_flags": {"tag": "--t", "json": "--json"}}, FILES, "f16", None, "multi_step", {"tool_flags": "--json"}),
        ({"tool_flags": {"json": "--json"}}, FILES, "f16", None, "none", {}),
        ({"tool_flags": {"json": "--json"}}, FILES, "f16", None, None, {}),
        ({"tool_flags": {"tag": "--tag"}}, FILES, "f16", None, "single", {}),
    ],
)  # fmt: skip
def test_options_of_an_engine(
    changes: dict[str, Any], files: Artifact, cache: str, support: bool | None, tools: str | None,
    otherwise: dict[str, Any],
) -> None:  # fmt: skip
    model = SimpleNamespace(
        architecture=SimpleNamespace(kind="llama"),
        artifacts=SimpleNamespace(hf_repo="made/small"),
        tools=SimpleNamespace(formats=("json", "pythonic")),
    )
    candidate = build(
        machine(), engine=engine(**changes), model=model, quantization=SimpleNamespace(id="q"),
        need=SimpleNamespace(scenario=SimpleNamespace(tool_calling=tools)),
    )  # fmt: skip
    candidate.layout.kv_cache_type = cache
    candidate.place.support = None if support is None else SimpleNamespace(needs_pin=support)
    assert _engine(candidate, files) == PLAIN_ENGINE | otherwise


LORA = SimpleNamespace(optimizer="plain", sharded=True)
TRAINER = SimpleNamespace(
    full=LORA, lora=LORA, qlora=SimpleNamespace(optimizer="eight", sharded=False),
    optimizer_flags={"plain": "adamw", "eight": "adamw_8bit"},
)  # fmt: skip
TUNED: dict[str, Any] = {
    "sample_tokens": 2048, "batch": 3, "accumulation": 1, "checkpointing": True, "checkpointed": "", "adapters": "",
    "only_lora": "", "four_bits": None, "tuned_from": "made/small", "tuned_as": "lora", "optimizer": "adamw",
    "sharded_over": None, "tuned_nodes": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "tuning", "where", "otherwise"),
    [
        ("lora", {}, machine(), {}),
        ("lora", {}, None, {}),
        ("full", {}, machine(), {"adapters": None, "only_lora": None, "tuned_as": "full"}),
        (
            "qlora",
            {},
            machine(4),
            {"only_lora": None, "four_bits": "", "tuned_from": "model", "optimizer": "adamw_8bit"},
        ),
        (
            "lora",
            {"accumulation": 4, "checkpointing": False},
            machine(),
            {"accumulation": 4, "checkpointing": False, "checkpointed": None},
        ),
        ("lora", {"optimizer": "eight"}, machine(), {"optimizer": "adamw_8bit"}),
        ("lora", {"optimizer": "other"}, machine(), {"optimizer": None}),
        ("lora", {}, machine(4), {"sharded_over": 4}),
        ("lora", {}, machine(4, 2), {"sharded_over": 8, "tuned_nodes": 2}),
    ],
)
def test_steps_of_a_trainer(method: str, tuning: dict[str, Any], where: Any, otherwise: dict[str, Any]) -> None:
    candidate = build(
        whole=where, model=SimpleNamespace(artifacts=SimpleNamespace(hf_repo="made/small")),
        training=SimpleNamespace(trainer="own", method=method, sample_tokens=2048, batch=3),
        need=SimpleNamespace(tuning=Tuning(**tuning)),
    )  # fmt: skip
    base: Any = SimpleNamespace(trainers={"own": TRAINER})
    assert _tuning(candidate, base) == TUNED | otherwise


PROVIDER = SimpleNamespace(base_url="https://first", key_variable="KEY", request="curl {base_url}/{path} {body}")
HELLO = '"messages": [{"role": "user", "content": "Say hello."}]'
PICTURE = (
    '"messages": [{"role": "user", "content": [{"type": "text", "text": "What is in this picture?"}, '
    '{"type": "image_url", "image_url": {"url": "http://picture"}}]}]'
)


def asked(
    *, kind: str = "instruct", images: int = 0, steps: tuple[Step, ...] = (), offer: Any = None, standing: Any = None
) -> dict[str, Any]:
    """What is named of a request to small in q4."""
    model = SimpleNamespace(
        kind=kind,
        architecture=SimpleNamespace(kind="llama"),
        artifacts=SimpleNamespace(hf_repo="made/small", gated=False),
        published={},
    )
    candidate = build(
        machine(), model=model, quantization=SimpleNamespace(id="q4"), need=SimpleNamespace(images_per_prompt=images),
        engine=engine(steps=steps, loads=(), made_with=None),
    )  # fmt: skip
    candidate.place.offer, candidate.place.standing = offer, standing
    base: Any = SimpleNamespace(deploying=COMMON, providers={"first": PROVIDER})
    return _requests(FILES, candidate, base)


@pytest.mark.parametrize(
    ("said", "path", "served", "more"),
    [
        ({}, "chat/completions", "made/small", HELLO),
        ({"kind": "base"}, "completions", "made/small", '"prompt": "Once upon a time"'),
        ({"images": 1}, "chat/completions", "made/small", PICTURE),
        ({"steps": (Step(step="make", run="convert"),)}, "chat/completions", "model", HELLO),
    ],
)
def test_a_request_to_try_it_with(said: dict[str, Any], path: str, served: str, more: str) -> None:
    assert asked(**said) == {
        "path": path,
        "body": f'{{"model": "{served}",\n {more},\n "max_tokens": 64}}',
        "served": served,
        "named": f'{{"model": "{served}"}}',
    }


@pytest.mark.parametrize(
    ("own", "standing", "sent", "region", "address", "run"),
    [
        ("", None, "small-1", None, "https://first", "curl https://first/chat/completions '{body}'"),
        ("", SimpleNamespace(profile=None, region="us-1"), "small-1", "us-1", "https://first",
         "curl https://first/chat/completions '{body}'"),
        ("", SimpleNamespace(profile=SimpleNamespace(id="eu.small"), region="eu-1"), "eu.small", "eu-1",
         "https://first", "curl https://first/chat/completions '{body}'"),
        ("ask {region} {served}", SimpleNamespace(profile=None, region="us-1"), "small-1", "us-1", None,
         "ask us-1 small-1"),
        ("ask {region} {served}", None, "small-1", None, None, None),
    ],
)  # fmt: skip
def test_a_request_to_a_service(
    own: str, standing: Any, sent: str, region: str | None, address: str | None, run: str | None
) -> None:
    offer = SimpleNamespace(provider="first", sent="small-1", request=own)
    found = asked(offer=offer, standing=standing)
    body = f'{{"model": "{sent}",\n {HELLO},\n "max_tokens": 64}}'
    assert found == {
        "path": "chat/completions",
        "body": body,
        "served": sent,
        "named": f'{{"model": "{sent}"}}',
        "base_url": address,
        "key_variable": "KEY",
        "region": region,
        "picture": "http://picture",
        "asked": run and run.replace("{body}", body),
    }


ALONE: dict[str, Any] = {
    "tensor": None, "stages": None, "nodes": None, "over_nodes": None, "node_flags": None, "copies": None,
    "last_copy": None, "requests": 3, "slot_tokens": 3 * 8192, "in_flight": 7, "rounds": 28, "share": None,
    "layers": None, "port": 8000, "asked_port": 8000, "shared_port": 8080, "reading": "--url http://localhost:8000",
}  # fmt: skip
START_ONE, MEASURE = Step(step="start", run="serve {model}"), Step(step="measure", run="measure {model}")
PROXIED = {"asked_port": 8080, "reading": "--url http://localhost:8080"}
NOWHERE_TO_ASK = {"port": None, "asked_port": None, "reading": None}
STAGES = Placement(1 / 6, 1 / 6, 2, 3, 1, possible=True)
NODES = Placement(1 / 4, 1 / 4, 2, 2, 2, possible=True)


@pytest.mark.parametrize(
    ("where", "steps", "changes", "otherwise"),
    [
        ((machine(),), (START_ONE,), {}, {}),
        ((machine(),), (START_ONE, MEASURE), {}, {"reading": "reading"}),
        ((machine(),), (START_ONE, MEASURE._replace(language="swift")), {}, {}),
        ((machine(),), (START_ONE._replace(language="swift"),), {}, NOWHERE_TO_ASK),
        ((machine(),), (), {}, NOWHERE_TO_ASK),
        ((machine(),), (START_ONE,), {"port": None}, NOWHERE_TO_ASK),
        ((machine(), machine(3), ONE_DEVICE, 3), (START_ONE,), {}, {"copies": 3, "last_copy": 2} | PROXIED),
        ((machine(), machine(3), ONE_DEVICE, 3), (Step(step="start", run="serve {copies}"),), {}, {"copies": 3}),
        ((machine(), machine(2, 3), ONE_DEVICE, 6), (START_ONE,), {},
         {"copies": 2, "last_copy": 1, "in_flight": 3, "rounds": 12} | PROXIED),  # 7 on three nodes
        ((machine(2), machine(2), TWO), (START_ONE,), {}, {"tensor": 2}),
        ((machine(2), machine(2), TWO), (START_ONE,), {"ranks": {"first": 2}}, {"tensor": 4}),
        ((machine(),), (START_ONE,), {"ranks": {"first": 2}}, {"tensor": 2}),
        ((machine(6), machine(6), STAGES), (START_ONE,), {}, {"tensor": 2, "stages": 3}),
        ((machine(2, 2), machine(2, 2), NODES), (START_ONE,),
         {"node_flags": {"first": "--nodes {nodes}", "others": "no"}},
         {"tensor": 2, "stages": 2, "nodes": 2, "over_nodes": "", "node_flags": "--nodes 2"}),
        ((machine(2, 2), machine(2, 2), NODES), (START_ONE,), {},
         {"tensor": 2, "stages": 2, "nodes": 2, "over_nodes": "", "node_flags": ""}),
        ((machine(),), (START_ONE,), {"id": "known"}, {"share": 0.9}),
    ],
)  # fmt: skip
def test_where_a_build_lies_and_listens(
    where: tuple[Any, ...], steps: tuple[Step, ...], changes: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    assert _placement(seated(where, steps, changes), KNOWN) == ALONE | otherwise


KNOWN: Any = SimpleNamespace(
    vendors={}, deploying=COMMON,
    constants=SimpleNamespace(memory=SimpleNamespace(engines={"known": SimpleNamespace(usable_share=0.9)})),
)  # fmt: skip


def seated(
    where: tuple[Any, ...], steps: tuple[Step, ...] = (), changes: dict[str, Any] | None = None, **more: Any
) -> Any:
    """A candidate with places for three, of which seven are in flight."""
    model = SimpleNamespace(
        id="small", family="llama-3.1", architecture=SimpleNamespace(kind="llama", layers=10), published={},
        artifacts=SimpleNamespace(hf_repo="made/small", gated=False), kind="instruct",
        tools=SimpleNamespace(formats=()),
    )  # fmt: skip
    need = SimpleNamespace(
        context_tokens=8192, prompt_tokens=512, output_tokens=256, reserved_gib=0.0, images_per_prompt=0,
        concurrent_requests=5, scenario=SimpleNamespace(tool_calling=None), tuning=Tuning(),
    )  # fmt: skip
    plain = {
        "model": model, "need": need, "quantization": SimpleNamespace(id="q4"),
        "engine": engine(steps=steps, loads=(), made_with=None, **(changes or {})),
        "capacity": SimpleNamespace(limit=3, in_flight=7),
    }  # fmt: skip
    return build(*where, **(plain | more))


def test_where_nothing_is_laid_out_the_requests_stated_are_served() -> None:
    found = _placement(seated((), (START_ONE,), capacity=None), KNOWN)
    assert found == ALONE | {"requests": 5, "slot_tokens": 5 * 8192, "in_flight": 5, "rounds": 20}


def test_layers_on_the_device_are_told_where_others_are_not() -> None:
    memory = SimpleNamespace(offloaded_gib=1.0, weights_gib=4.0)
    assert _placement(seated((machine(),), (START_ONE,), memory=memory), KNOWN)["layers"] == 8  # 3/4 of 11


@pytest.mark.parametrize(("gated", "tuned"), [(False, False), (True, False), (False, True)])
def test_what_a_template_may_name(gated: bool, tuned: bool) -> None:
    entry = QuantizationSupport(quantization="q4", from_original=True)
    candidate = seated((machine(),), (START_ONE,), {"by_quantization": {"q4": entry}})
    candidate.model.artifacts.gated = gated
    base: Any = SimpleNamespace(**vars(KNOWN), trainers={"own": SimpleNamespace(**vars(TRAINER), steps=(MEASURE,))})
    if tuned:
        candidate.training = SimpleNamespace(trainer="own", method="lora", sample_tokens=2048, batch=3)
    found = launch.values(candidate, base)
    asks = gated or tuned
    plain = {
        "weights": "made/small", "short_name": "small", "repository": "made/small", "file": None,
        "original": "made/small", "gated": "made/small" if asks else None, "only_gated": "" if asks else None,
        "model": "small", "model_class": "llama3_1", "quantization": "q4", "gguf_type": "Q4",
        "engine": "own", "hardware": "cards", "context_tokens": 8192, "prompt_tokens": 512, "output_tokens": 256,
    }  # fmt: skip
    assert {name: found[name] for name in plain} == plain
    more = _tuning(candidate, base) if tuned else _requests(FILES, candidate, base)
    rest = {**_engine(candidate, FILES), **_placement(candidate, base), **more}
    assert found == plain | rest


OWN_STEPS = (
    Step(step="request", run="own request"),
    Step(step="start", run="for a phone", kinds=("phone",)),
    Step(step="start", run="for a stranger", vendors=("stranger",)),
    Step(step="start", run="for pictures", models=("mllama",)),
    Step(step="start", run="for a file", stored_as=("gguf",)),
    Step(step="start", run="for these", kinds=("consumer-gpu",), vendors=("maker",), models=("llama",)),
    Step(step="start", run="for all"),
)
COMMON_STEPS = (
    Step(step="install", run="install {version}"),
    Step(step="request", run="common request"),
    Step(step="fetch", run="fetch {no_such}"),
)


def test_steps_are_the_first_that_fit_in_order() -> None:
    base: Any = SimpleNamespace(
        **vars(KNOWN) | {"deploying": SimpleNamespace(**vars(COMMON) | {"steps": COMMON_STEPS})}
    )
    here = seated((machine(),), OWN_STEPS)
    assert [step.run for step in launch.steps(here, base)] == [
        "install {version}", "fetch {no_such}", "for these", "own request"
    ]  # fmt: skip
    nowhere = seated((), OWN_STEPS)
    assert [step.run for step in launch.steps(nowhere, base)][2:] == ["for all", "own request"]
    # what names a thing that is not known is left out
    shown = launch.commands(here, base, NAMED)
    assert [(item.step, item.run, item.language) for item in shown] == [
        ("install", "install 1.0", "sh"), ("start", "for these", "sh"), ("request", "own request", "sh"),
    ]  # fmt: skip
    assert launch.commands(here, base) == shown


def test_steps_of_a_trainer_come_before_those_for_all() -> None:
    common = SimpleNamespace(**vars(COMMON) | {"steps": COMMON_STEPS})
    trainers = {"own": SimpleNamespace(steps=(Step(step="tune", run="tune"),))}
    base: Any = SimpleNamespace(**vars(KNOWN) | {"deploying": common, "trainers": trainers})
    tuned = seated((machine(),), OWN_STEPS, training=SimpleNamespace(trainer="own"))
    assert [step.run for step in launch.steps(tuned, base)] == [
        "install {version}", "fetch {no_such}", "tune", "common request"
    ]  # fmt: skip
