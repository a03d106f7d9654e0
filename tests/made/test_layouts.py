"""How copies are laid over devices, on the made-up knowledge: parts of a machine, ways by name, what holds a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_questions import SHORT

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.figures import machine_used
from llama_advisor.sizing.layouts import ladder, laid_out, machine_parts, splits
from llama_advisor.sizing.request import EstimateRequest

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase


@pytest.mark.parametrize(
    ("engine", "hardware", "ways"),
    [
        ("paged", "card", ["1"]),
        ("paged", "4x card", ["1", "tp2", "tp4"]),
        (
            "paged",
            "3x card",
            ["1"],
        ),  # heads do not divide by 3, and this engine has no stages; two are no whole machine
        ("slots", "4x card", ["1", "layers2", "layers"]),
    ],
)
def test_ways_to_lay_a_copy_over_devices(engine: str, hardware: str, ways: list[str], made: RuleBase) -> None:
    machine = read_hardware(hardware, catalogue_of(made))
    assert {*splits(made.engines[engine], machine, made.models["middle"].architecture)} >= {*ways}
    assert "tp3" not in splits(made.engines[engine], machine, made.models["middle"].architecture)


# machine, split and what is said of it: the part that a copy takes, copies, words
LAID: list[tuple[dict[str, Any], str, int, list[tuple[Any, str]]]] = [
    ({"hardware": "2 nodes of 2x rack", "model": "large"}, "2 nodes of 2x Rack", 1,
     [("tensor", "each layer is divided over 2 devices, in 2 stages of whole layers")]),
    ({"hardware": "2 nodes of 3x rack", "model": "large"}, "2 nodes of 3x Rack", 1,
     [("layer", "whole layers lie on each of the 6 devices")]),
    ({"hardware": "4x card"}, "4x Card", 1, [("tensor", "each layer is divided over the 4 devices")]),
    ({"hardware": "5x card"}, "4x Card", 1,
     [("tensor", "each layer is divided over the 4 devices"),
      (1, "one copy takes 4 of 5 devices; the rest stay unused: heads do not divide by 5")]),
    ({"hardware": "5x card", "split": "tp2"}, "2x Card", 2,
     [("tensor", "each layer is divided over the 2 devices"),
      (2, "one copy takes 2 of 5 devices; 2 copies share the requests; the rest stay unused: heads do not divide by 5")]),
    ({"hardware": "4x card", "split": " TP 2"}, "2x Card", 2,
     [("tensor", "each layer is divided over the 2 devices"), (2, "one copy takes 2 of 4 devices; 2 copies share the requests")]),
    ({"hardware": "5x card", "engine": "slots", "split": "layers2"}, "2x Card", 2,
     [("layer", "whole layers lie on each of the 2 devices"),
      (2, "one copy takes 2 of 5 devices; 2 copies share the requests; the rest stay unused")]),
    ({"hardware": "2x card", "engine": "slots", "split": "layers"}, "2x Card", 1,
     [("layer", "whole layers lie on each of the 2 devices")]),
    ({"hardware": "2x card", "split": "1", "model": "small"}, "Card", 2,
     [(2, "one copy takes 1 of 2 devices; 2 copies share the requests")]),
    ({"hardware": "card", "split": "1", "model": "small"}, "Card", 1, []),
    ({"hardware": "card", "gpus": 2}, "2x Card", 1, [("tensor", "each layer is divided over the 2 devices")]),
    ({"hardware": "2x card", "gpus": 2}, "2x Card", 1, [("tensor", "each layer is divided over the 2 devices")]),
    ({"hardware": "rack", "gpus": 2, "nodes": 2, "model": "large"}, "2 nodes of 2x Rack", 1,
     [("tensor", "each layer is divided over 2 devices, in 2 stages of whole layers")]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "name", "copies", "told"), LAID)
def test_how_a_copy_is_laid_out_and_said(
    said: dict[str, Any], name: str, copies: int, told: list[tuple[Any, str]], sizer: Sizer
) -> None:
    asked = {"model": "middle", "engine": "paged", "quantization": "w16"} | SHORT | said
    found = sizer.estimate(EstimateRequest(**asked))
    assert found.machine is not None
    assert (found.machine.name, found.machine.replicas) == (name, copies)
    assert [(item.field, item.value, item.why) for item in found.assumptions] == [("hardware", *each) for each in told]


# engine, machine; every part with its copies and way, in the order of the ladder
PARTS: list[tuple[str, dict[str, Any], str, list[tuple[str, int, str]]]] = [
    ("paged", {}, "card", [("Card", 1, "none")]),
    ("paged", {}, "6x card", [("Card", 6, "none"), ("2x Card", 3, "tensor"), ("4x Card", 1, "tensor")]),
    ("paged", {}, "2 nodes of 2x rack",
     [("Rack", 4, "none"), ("2x Rack", 2, "tensor"), ("2 nodes of 2x Rack", 1, "tensor")]),
    ("paged", {}, "5 nodes of rack",
     [("Rack", 5, "none"), ("2 nodes of Rack", 2, "tensor"), ("4 nodes of Rack", 1, "tensor"),
      ("5 nodes of Rack", 1, "tensor")]),
    ("paged", {"multi_node": False}, "2 nodes of 2x rack", [("Rack", 4, "none"), ("2x Rack", 2, "tensor")]),
    ("paged", {"layer_split": True}, "3x card", [("Card", 3, "none"), ("2x Card", 1, "tensor"), ("3x Card", 1, "tensor")]),
    ("paged", {}, "rack + card", [("Rack", 1, "none")]),
    ("paged", {}, "2x rack + card", [("Rack", 2, "none"), ("2x Rack", 1, "tensor")]),
    ("paged", {"tensor_parallel": False}, "4x card", [("Card", 4, "none")]),
    ("slots", {}, "5x card",
     [("Card", 5, "none"), ("2x Card", 2, "layer"), ("4x Card", 1, "layer"), ("5x Card", 1, "layer")]),
    ("slots", {}, "2 nodes of 2x card", [("Card", 4, "none"), ("2x Card", 2, "layer")]),
    ("slots", {}, "rack + 2x card", [("Rack", 1, "none"), ("Rack + 2x Card", 1, "layer")]),
    ("slots", {}, "2x rack + card", [("Rack", 2, "none"), ("2x Rack", 1, "layer"), ("2x Rack + Card", 1, "layer")]),
]  # fmt: skip


def names_of(parts: list[Any]) -> list[tuple[str, int, str]]:
    return [(machine_used(part, copies).name, copies, way) for part, copies, way in parts]


@pytest.mark.parametrize(("engine", "changes", "hardware", "parts"), PARTS)
def test_parts_of_a_machine(
    engine: str, changes: dict[str, Any], hardware: str, parts: list[tuple[str, int, str]], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    assert names_of(machine_parts(made.engines[engine]._replace(**changes), machine, shape)) == parts
    slices = machine._replace(device=machine.device._replace(alone=True))
    assert len(machine_parts(made.engines[engine]._replace(**changes), slices, shape)) == 1


@pytest.mark.parametrize(
    ("engine", "changes", "hardware", "ways"),
    [
        ("paged", {}, "card", {"1": "Card"}),
        ("paged", {}, "4x card", {"1": "Card", "tp2": "2x Card", "tp4": "4x Card"}),
        ("paged", {"layer_split": True}, "4x card",
         {"1": "Card", "tp2": "2x Card", "tp4": "4x Card", "layers2": "2x Card", "layers": "4x Card"}),
        ("paged", {"layer_split": True}, "6x card",
         {"1": "Card", "tp2": "2x Card", "tp4": "4x Card", "tp2pp3": "6x Card", "layers2": "2x Card",
          "layers4": "4x Card", "layers": "6x Card"}),
        ("paged", {}, "2 nodes of 2x rack", {"1": "Rack", "tp2": "2x Rack", "tp2pp2": "2 nodes of 2x Rack"}),
        ("paged", {"layer_split": True}, "2 nodes of 2x rack",
         {"1": "Rack", "tp2": "2x Rack", "tp2pp2": "2 nodes of 2x Rack", "layers2": "2x Rack"}),
        ("slots", {}, "4x card", {"1": "Card", "layers2": "2x Card", "layers": "4x Card"}),
        ("slots", {}, "17x card",  # of 16 layers no more than 16 cards hold one
         {"1": "Card", "layers2": "2x Card", "layers4": "4x Card", "layers8": "8x Card", "layers16": "16x Card"}),
    ],
)  # fmt: skip
def test_ways_by_their_names(
    engine: str, changes: dict[str, Any], hardware: str, ways: dict[str, str], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    found = splits(made.engines[engine]._replace(**changes), machine, shape)
    assert {name: machine_used(part[0], 1).name for name, part in found.items()} == ways
    for name, part in found.items():
        assert part[2] == ("none" if name == "1" else "layer" if name.startswith("layers") else "tensor")


@pytest.mark.parametrize(
    ("engine", "changes", "hardware", "groups"),
    [
        ("paged", {}, "2x card", [["Card f16", "2x Card f16"]]),
        ("paged", {}, "2 nodes of rack", [["Rack f16"], ["2 nodes of Rack f16"]]),
        ("paged", {"kv_cache_types": ("f16", "fp8")}, "2 nodes of rack",
         [["Rack f16"], ["Rack fp8"], ["2 nodes of Rack f16"], ["2 nodes of Rack fp8"]]),
        ("paged", {"kv_cache_types": ("f16", "fp8"), "kv_cache_not_for": {"fp8": ("second",)}}, "rack", [["Rack f16"]]),
        ("slots", {}, "2x card", [["Card f16", "2x Card f16"], ["Card q8_0", "2x Card q8_0"]]),
        ("slots", {}, "2x card + 16GB RAM",
         [["Card f16", "2x Card f16"], ["Card q8_0", "2x Card q8_0"], ["2x Card f16 offload"]]),
        ("slots", {"offload": False}, "card + 16GB RAM", [["Card f16"], ["Card q8_0"]]),
        ("slots", {}, "mac", [["Mac f16"], ["Mac q8_0"]]),
    ],
)  # fmt: skip
def test_the_ladder(
    engine: str, changes: dict[str, Any], hardware: str, groups: list[list[str]], made: RuleBase
) -> None:
    machine, shape = read_hardware(hardware, catalogue_of(made)), made.models["middle"].architecture
    machine = machine._replace(ram_gib=16.0) if hardware == "mac" else machine
    found = ladder(made.engines[engine]._replace(**changes), machine, shape)
    told = [
        [f"{machine_used(part[0], 1).name} {cache}" + " offload" * offload for part, cache, offload in group]
        for group in found
    ]
    assert told == groups


# model, quantization, engine, machine, load; the layouts that stand for it, every one on the devices too
SIZED: list[tuple[str, str, dict[str, int], list[str], list[str]]] = [
    # 2 + 2 + 1 GiB on a card, or half of all but the last; two copies serve the four that are asked for
    ("middle w4 paged", "2x card", {}, ["Card", "2x Card"], ["Card", "2x Card"]),
    ("middle w16 paged", "2x card", {}, ["2x Card"], ["2x Card"]),
    # one copy has places for four, so do two nodes: where five wait the next group is looked at
    ("small w4 paged", "2 nodes of rack", {"concurrent_requests": 8}, ["Rack"], ["Rack", "2 nodes of Rack"]),
    ("small w4 paged", "2 nodes of rack", {"concurrent_requests": 9}, ["Rack", "2 nodes of Rack"],
     ["Rack", "2 nodes of Rack"]),
    # slots are not extended by a smaller cache; where nothing else fits they are
    ("middle w4 slots", "card", {"concurrent_requests": 9}, ["Card"], ["Card", "Card q8_0"]),
    ("middle w4 slots", "card", {"context_tokens": 24576}, ["Card q8_0"], ["Card q8_0"]),
    ("middle w4 slots", "card + 16GB RAM", {"context_tokens": 24576}, ["Card q8_0"], ["Card q8_0"]),
    ("middle w16 slots", "card + 16GB RAM", {}, ["Card offload"], ["Card offload"]),
    # what falls short by the least
    ("large w16 paged", "2x card", {}, ["2x Card"], ["2x Card"]),
    ("large w16 slots", "card", {}, ["Card q8_0"], ["Card q8_0"]),
]  # fmt: skip


@pytest.mark.parametrize(("build", "hardware", "load", "chosen", "every"), SIZED)
def test_layouts_that_hold_a_load(
    build: str, hardware: str, load: dict[str, int], chosen: list[str], every: list[str], made: RuleBase, sizer: Sizer
) -> None:
    model, quantization, engine = build.split()
    parts = made.models[model], made.quantizations[quantization], made.engines[engine]
    groups = sizer.sizes.groups(*parts, read_hardware(hardware, catalogue_of(made)), with_image=False)
    asked = Workload(8192, 512, 256)._replace(**load)
    for whole, names in ((False, chosen), (True, every)):
        found = [layout for layout, _ in laid_out(groups, asked, every=whole)]
        told = [
            machine_used(layout.machine, 1).name
            + f" {layout.kv_cache_type}" * (layout.kv_cache_type != "f16")
            + " offload" * layout.offload
            for layout in found
        ]
        assert told == names


def test_the_last_layout_whose_fit_is_not_known_stands_for_the_build(made: RuleBase, sizer: Sizer) -> None:
    machine = read_hardware("2x card", catalogue_of(made))
    unknown = machine._replace(device=machine.device._replace(memory_gib=None))
    parts = made.models["small"], made.quantizations["w4"], made.engines["paged"]
    found = laid_out(sizer.sizes.groups(*parts, unknown, with_image=False), Workload(8192, 512, 256))
    assert [layout.machine.count for layout, _ in found] == [2]


def test_what_reading_the_weights_once_allows(made: RuleBase, sizer: Sizer) -> None:
    def layouts(hardware: str, engine: str, *, offload: bool = False) -> dict[str, Any]:
        parts = made.models["small"], made.quantizations["w4"], made.engines[engine]
        groups = sizer.sizes.groups(*parts, read_hardware(hardware, catalogue_of(made)), with_image=False)
        found = (each for group in groups for each in group if each.offload is offload)
        return {machine_used(each.machine, 1).name: each for each in found}

    one = layouts("card", "paged")["Card"]
    assert one.read_gb == pytest.approx(2**29 / 1e9)  # of 512 MiB
    assert one.most_tokens_per_s == pytest.approx(200)  # at 100 GiB/s
    assert layouts("2x card", "paged")["2x Card"].most_tokens_per_s == pytest.approx(400)
    assert layouts("2x card", "slots")["2x Card"].most_tokens_per_s == pytest.approx(200)
    assert layouts("card + 16GB RAM", "slots", offload=True)["Card"].most_tokens_per_s is None
    assert one.measured_here is False
    # 8 GiB of layers at 100 and 32 at 400 GiB/s take as long as 64 at 400
    assert layouts("rack + card", "slots")["Rack + Card"].most_tokens_per_s == pytest.approx(500)
