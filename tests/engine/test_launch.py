"""Templates filled in, and commands for copies and containers, on stand-ins for a candidate: written out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from launch_builds import COMMON, NAMED, TWO, build, engine, machine

from llama_advisor.engine import launch
from llama_advisor.engine.advice import Artifact
from llama_advisor.engine.launch import (
    Flags,
    _hardware,
    filled,
    told,
    weights,
)
from llama_advisor.knowledge.engine import Image, Step


@pytest.mark.parametrize(
    ("template", "named", "language", "text"),
    [
        ("run {model}", {"model": "m"}, "sh", "run m"),
        ("run {model}", {"model": "a b"}, "sh", "run 'a b'"),
        ("run {model}", {"model": Flags("-a -b")}, "sh", "run -a -b"),
        ("run {model}", {"model": 5}, "sh", "run 5"),
        ("run {model}", {"model": 'a "b"'}, "swift", 'run "a \\"b\\""'),
        ("run {model}", {"model": None}, "sh", None),
        ("run {model}", {}, "sh", None),
        ("run [[--m {model} ]]now", {"model": "m"}, "sh", "run --m m now"),
        ("run [[--m {model}]] now", {"model": None}, "sh", "run now"),
        ("run [[--m {model} {other}]] now", {"model": "m"}, "sh", "run now"),
        ("run [[--m {model}]] [[--o\n{other}]] now", {"model": "m"}, "sh", "run --m m now"),
        ("run [[plainly]]", {}, "sh", "run plainly"),
        ("a  b\n\n  c [[{no}]]\n[[{no}]]\nd", {}, "sh", "a b\nc\nd"),  # no blank lines, single blanks
        ("a  b\n  c", {}, "swift", "a  b\n  c"),
        ("a\n\nb", {}, "swift", "a\nb"),
        ("run {model}", {"model": "{other} [[x]]", "other": "no"}, "sh", "run '{other} [[x]]'"),  # is no template
        ("run {model}", {"model": Flags("a  b")}, "sh", "run a  b"),
        ("", {}, "sh", ""),
    ],
)
def test_templates(template: str, named: dict[str, Any], language: str, text: str | None) -> None:
    assert filled(template, named, language) == text


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (Artifact(hf_repo="made/small-gguf", stored_as="gguf"), "made/small-gguf:Q4_K"),
        (Artifact(hf_repo="made/small", stored_as="safetensors"), "made/small"),
        (Artifact(ollama_tag="small:1b", stored_as="gguf"), "small:1b"),
        (Artifact(hf_repo="made/small", ollama_tag="small:1b", stored_as="ollama"), "small:1b"),
        (Artifact(), None),
    ],
)
def test_the_name_of_the_weights(files: Artifact, name: str | None) -> None:
    assert weights(files, "q4_k") == name


VENDOR = SimpleNamespace(kinds=("consumer-gpu",), visible_devices="DEVICES", container_options="--gpus all")
BASE: Any = SimpleNamespace(vendors={"maker": VENDOR}, deploying=COMMON)
START = Step(step="start", run="serve {model} [[--port {own_port}]] [[--host {host}]]")
OPTIONS = '-v "$HOME/.cache/huggingface:/root/.cache/huggingface"'
ONLY = Image(image="made/own:{version}", folder="/bin/", only=True)


@pytest.mark.parametrize(
    ("candidate", "step", "run"),
    [
        (build(), START, "serve m"),
        (build(machine()), START, "serve m"),
        (build(machine(), machine(3), replicas=3), START,
         "for d in 0 1 2; do DEVICES=$d serve m --port $((8000+${d%%,*}/1)) & done; wait"),
        (build(machine(2), machine(4), TWO, 2), START,
         "for d in 0,1 2,3; do DEVICES=$d serve m --port $((8000+${d%%,*}/2)) & done; wait"),
        # two parts of each device
        (build(machine(), machine(2), replicas=2, engine=engine(ranks={"first": 2})), START,
         "for d in 0,1 2,3; do DEVICES=$d serve m --port $((8000+${d%%,*}/2)) & done; wait"),
        # an engine that shares its copies itself
        (build(machine(), machine(3), replicas=3), START._replace(run="serve {model} [[--all {copies}]]"), "serve m"),
        (build(machine(), machine(1, 3), replicas=3), START, "serve m"),  # one in each node
        (build(machine(), machine(2, 3), replicas=6), START,
         "for d in 0 1; do DEVICES=$d serve m --port $((8000+${d%%,*}/1)) & done; wait"),
        (build(machine(), engine=engine(images=(ONLY,))), START,
         "docker run --rm --gpus all --ipc=host -p 8000:8000 -e HF_TOKEN " + OPTIONS
         + " --entrypoint /bin/serve made/own:1.0 m --host 0.0.0.0"),
        (build(machine(), engine=engine(images=(ONLY,))), START._replace(run="A=1 B_C=2 serve {model}"),
         "docker run --rm --gpus all --ipc=host -e A=1 -e B_C=2 -p 8000:8000 -e HF_TOKEN " + OPTIONS
         + " --entrypoint /bin/serve made/own:1.0 m"),
        (build(machine(), machine(2), replicas=2, engine=engine(images=(ONLY,))), START,
         "for d in 0 1; do docker run --rm --gpus all --ipc=host -p $((8000+${d%%,*}/1)):8000 -e HF_TOKEN "
         "-e DEVICES=$d " + OPTIONS + " --entrypoint /bin/serve made/own:1.0 m --host 0.0.0.0 & done; wait"),
        (build(machine(), engine=engine(images=(ONLY._replace(only=False),))), START, "serve m"),
        (build(machine(), engine=engine(images=(ONLY._replace(image="made/own:{other}"),))), START, None),
        (build(machine()), START._replace(run="serve {other}"), None),
        (build(machine(), machine(3), replicas=3), START._replace(run="serve {other}"), None),
        (build(machine(), machine(3), replicas=3), Step(step="request", run="ask {model}"), "ask m"),
        (build(machine()), Step(step="request", run="ask({model})", language="swift"), 'ask("m")'),
        (build(machine()), Step(step="start", run="serve({model})", language="swift"), 'serve("m")'),
    ],
)  # fmt: skip
def test_what_to_type(candidate: Any, step: Step, run: str | None) -> None:
    assert told(step, candidate, BASE, NAMED) == run


@pytest.mark.parametrize("changes", [{"visible_devices": ""}, {"kinds": ("npu",)}])
def test_copies_where_no_variable_limits_a_process_to_devices(changes: dict[str, Any]) -> None:
    base: Any = SimpleNamespace(vendors={"maker": SimpleNamespace(**vars(VENDOR) | changes)}, deploying=COMMON)
    run = told(START, build(machine(), machine(2), replicas=2), base, NAMED)
    assert run == "for d in 0 1; do serve m --port $((8000+${d%%,*}/1)) & done; wait"


def test_a_container_of_an_unknown_maker() -> None:
    base: Any = SimpleNamespace(vendors={}, deploying=COMMON)
    run = told(START, build(machine(), engine=engine(images=(ONLY,))), base, NAMED)
    ends = f"{OPTIONS} --entrypoint /bin/serve made/own:1.0 m --host 0.0.0.0"
    assert run == f"docker run --rm --ipc=host -p 8000:8000 -e HF_TOKEN {ends}"


@pytest.mark.parametrize(
    ("images", "taken"),
    [
        ((), None),
        ((Image(image="a"), Image(image="b")), "a"),
        ((Image(image="a", vendors=("stranger",)), Image(image="b", vendors=("maker",))), "b"),
        ((Image(image="a", kinds=("npu",)), Image(image="b", kinds=("consumer-gpu",))), "b"),
        ((Image(image="a", vendors=("stranger",)),), None),
        ((Image(image="a", vendors=("maker",), kinds=("npu",)),), None),
    ],
)
def test_the_first_image_for_the_device(images: tuple[Image, ...], taken: str | None) -> None:
    found = launch.image_of(build(machine(), engine=engine(images=images)))
    assert (found and found.image) == taken
    assert launch.image_of(build(engine=engine(images=images))) is None


@pytest.mark.parametrize(
    ("part", "whole", "replicas", "copies", "nodes", "hardware"),
    [
        (None, None, 1, 1, 1, None),
        (None, machine(2, 3), 1, 1, 1, "cards"),
        (machine(), machine(), 1, 1, 1, "cards"),
        (machine(), machine(label=""), 1, 1, 1, None),
        (machine(), machine(4), 4, 4, 1, "cards"),
        (machine(2), machine(4), 2, 2, 1, "cards"),
        (machine(), machine(2, 3), 6, 2, 3, "2x Card"),  # on each of three nodes by itself
        (machine(), machine(1, 3), 3, 1, 3, "Card"),
        (machine(2, 2), machine(2, 4), 2, 1, 1, "cards"),  # over two of four
    ],
)
def test_copies_and_nodes(part: Any, whole: Any, replicas: int, copies: int, nodes: int, hardware: str | None) -> None:
    candidate = build(part, whole, replicas=replicas)
    assert (launch.copies_here(candidate), launch.nodes_alike(candidate)) == (copies, nodes)
    assert _hardware(candidate) == hardware
