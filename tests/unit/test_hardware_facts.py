"""Facts of devices that decide: what is free, what computes, what a part or a slice of a device has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.hardware import catalogue_of, read_hardware

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Device

SLICE = re.compile(r"(.+)-mig-(\d)g-\d+gb")
MEMORY_EIGHTHS = {"1g": 1, "2g": 2, "3g": 4, "4g": 4, "7g": 8}
NPU_ENGINES = {"genie", "openvino", "ryzen-ai", "rkllm", "hailo", "neuron", "vllm-tpu"}


def usable_gib(device: Device) -> float:
    assert device.memory_gib is not None
    return round(device.memory_gib * device.usable_share - device.reserved_gib, 2)


@pytest.mark.parametrize(
    ("text", "gib"),
    [
        ("MacBook Air M1 8GB", 5.33),
        ("M2 16GB", 10.67),
        ("M1 Max 32GB", 21.33),
        ("M3 Max 36GB", 27),
        ("M2 Max 96GB", 72),
        ("MacBook Neo", 5.33),
        ("Jetson Orin Nano 8GB", 5.2),
        ("Jetson Orin Nano Super", 5.2),
        ("iPhone 15 Pro", 4),
    ],
)
def test_memory_that_the_system_leaves(base: RuleBase, text: str, gib: float) -> None:
    assert usable_gib(read_hardware(text, catalogue_of(base)).device) == gib


@pytest.mark.parametrize(
    ("text", "cores", "bandwidth_gb_s"),
    [
        ("server with 16GB RAM", 4, 25),
        ("VM with 16GB RAM", 4, 25),
        ("4 vCPU VM 16GB RAM", 4, 25),
        ("2 vCPU VM, 8GB RAM", 2, 12.5),
        ("16 vCPUs, cloud VM, 64GB RAM", 16, 100),
        ("server with 128 cores and 512GB RAM", 128, 200),
        ("16GB RAM laptop, 8 cores, no GPU", 8, 51.2),
        ("a modest CPU with 16GB RAM", 4, 25),
    ],
)
def test_a_server_is_small_unless_its_cores_are_said(
    base: RuleBase, text: str, cores: int, bandwidth_gb_s: float
) -> None:
    device = read_hardware(text, catalogue_of(base)).device
    assert (device.cores, device.bandwidth_gb_s) == (cores, bandwidth_gb_s)


def test_cores_of_a_named_processor_stay_as_listed(base: RuleBase) -> None:
    device = read_hardware("Ryzen 9 7950X, 16 cores, 64GB RAM", catalogue_of(base)).device
    assert device == base.devices["ryzen-9-7950x"]._replace(memory_gib=64)


def test_iphones_and_ipads_read_prompts_on_their_gpu(base: RuleBase) -> None:
    phones = [d for d in base.devices.values() if d.vendor == "Apple" and d.kind == "phone" and "cpu" in d.parts]
    assert len(phones) > 10
    assert all(phone.fp16_tflops and phone.cores is None for phone in phones)


def test_matrix_units_of_the_m5_are_counted(base: RuleBase) -> None:
    older, newer = base.devices["m4-16gb"].fp16_tflops, base.devices["m5-16gb"].fp16_tflops
    assert older is not None
    assert newer is not None
    assert 2.5 < newer / older < 4.1


def test_parts_are_listed_devices_of_their_kind(base: RuleBase) -> None:
    for device in base.devices.values():
        for what, name in device.parts.items():
            assert what in {"cpu", "npu"}
            assert base.devices[name].kind in {"cpu": {"cpu", "phone"}, "npu": {"npu"}}[what], device.id


@pytest.mark.parametrize(
    ("text", "accelerator", "device", "bandwidth_gb_s"),
    [
        ("Core Ultra 7 258V", "cpu", "lunar-lake-cpu", 68),
        ("Snapdragon X Elite 32GB", "cpu", "snapdragon-x-cpu", 135),
        ("MacBook Pro M1 16GB", "cpu", "m1-cpu", 68.2),
        ("Snapdragon X Elite 32GB", "npu", "hexagon-x-elite", 71),
        ("Galaxy S25", "npu", "hexagon-phone", 84.8),
        ("Rock 5B", "npu", "rockchip-npu", 34.1),
    ],
)
def test_a_part_has_the_memory_of_its_chip(
    base: RuleBase, text: str, accelerator: str, device: str, bandwidth_gb_s: float
) -> None:
    catalogue = catalogue_of(base)
    whole = read_hardware(text, catalogue)
    part = catalogue.part(whole, accelerator)
    assert part is not None
    assert (part.device.id, part.device.memory_gib) == (device, whole.device.memory_gib)
    assert part.device.bandwidth_gb_s == bandwidth_gb_s
    assert part.label == f"{accelerator.upper()} of {text}"


def test_a_chip_without_a_listed_part_has_none(base: RuleBase) -> None:
    catalogue = catalogue_of(base)
    assert catalogue.part(read_hardware("RTX 3090", catalogue), "npu") is None
    assert catalogue.part(read_hardware("Galaxy S24", catalogue), "any") is None


def test_slices_of_a_gpu_are_its_shares(base: RuleBase) -> None:
    cards = {"a100-40gb": "a100-40gb-sxm", "a100-80gb": "a100-80gb-sxm"}
    cards |= {"h100-80gb": "h100-sxm-80gb", "h200-141gb": "h200-sxm-141gb", "b200-180gb": "b200-180gb"}
    slices = [(device, found) for device in base.devices.values() if (found := SLICE.fullmatch(device.id))]
    slices = [(device, found) for device, found in slices if found[1] in cards]
    assert len(slices) > 15
    for device, found in slices:
        card, sevenths = base.devices[cards[found[1]]], int(found[2])
        assert card.memory_gib
        assert card.bandwidth_gb_s
        assert card.fp16_tflops
        assert device.memory_gib
        eighths = {round(device.memory_gib / card.memory_gib * 8)}
        assert eighths <= {MEMORY_EIGHTHS[f"{sevenths}g"], 2}, device.id
        assert device.bandwidth_gb_s == pytest.approx(card.bandwidth_gb_s * eighths.pop() / 8, rel=1e-3), device.id
        assert device.fp16_tflops == pytest.approx(card.fp16_tflops * sevenths / 7, rel=1e-3), device.id
        assert device.compute_capability == card.compute_capability


@pytest.mark.parametrize(
    ("hardware", "engine"),
    [
        ("Galaxy S25 Ultra", "executorch"),
        ("Core Ultra 7 258V", "openvino"),
        ("laptop with Ryzen AI 9 HX 370, 32GB RAM", "ryzen-ai"),
        ("Orange Pi 5 16GB", "rkllm"),
    ],
)
def test_an_npu_is_answered_with_the_way_of_its_vendor(
    advise: Callable[..., Advice], hardware: str, engine: str
) -> None:
    advice = advise(use_cases=["chat"], hardware=hardware, accelerator="npu", context_tokens=4096)
    assert advice.recommendation is not None
    assert advice.recommendation.engine == engine


def test_the_context_of_compiled_files_is_kept(advise: Callable[..., Advice]) -> None:
    advice = advise(use_cases=["chat"], hardware="Snapdragon X Elite 32GB", accelerator="npu", context_tokens=8192)
    assert advice.verdict == "change_requirement"
    assert advice.recommendation is not None
    assert advice.recommendation.engine == "genie"
    assert [change.field for change in advice.changes] == ["context_tokens"]


@pytest.mark.parametrize("hardware", ["npu", "Pixel 9", "MacBook Air M2 16GB", "laptop with 16GB RAM"])
def test_what_is_not_listed_for_an_npu_is_not_known(advise: Callable[..., Advice], hardware: str) -> None:
    advice = advise(use_cases=["chat"], hardware=hardware, accelerator="npu")
    said = " ".join(item.excuse.text for item in advice.excluded)
    beside = [] if hardware == "npu" else [("accelerator", None)]  # what stands beside it is not known there
    assert [(change.field, change.to) for change in advice.changes] == beside
    assert "known here" in said
    assert "engine-runs-on-machine" not in {item.excuse.rule for item in advice.excluded}


@pytest.mark.parametrize("hardware", ["Galaxy S24", "Core Ultra 7 258V", "Raspberry Pi 5 8GB", "RTX 4090", "M4 16GB"])
def test_ways_onto_npus_compete_only_there(advise: Callable[..., Advice], hardware: str) -> None:
    advice = advise(use_cases=["chat"], hardware=hardware)
    assert not NPU_ENGINES & {build.engine for build in advice.ranking}


@pytest.mark.parametrize(
    ("hardware", "engine"), [("inf2.48xlarge", "neuron"), ("trn2.48xlarge", "neuron"), ("TPU v6e-8", "vllm-tpu")]
)
def test_accelerators_of_clouds_have_their_servers(advise: Callable[..., Any], hardware: str, engine: str) -> None:
    advice = advise(use_cases=["chat"], hardware=hardware)
    assert advice.verdict == "recommended"
    assert advice.recommendation.engine == engine


def test_number_formats_hang_on_the_architecture(base: RuleBase) -> None:
    formats: dict[str, set[tuple[str, ...]]] = {}
    for device in base.devices.values():
        if device.kind in {"consumer-gpu", "workstation-gpu", "datacentre-gpu", "jetson", "unified-pc"}:
            assert device.id.startswith("generic") or device.architecture != "unknown"
            if device.architecture not in {"unknown", "cpu"}:
                formats.setdefault(device.architecture, set()).add(device.dtypes)
            assert device.vendor != "NVIDIA" or device.compute_capability, device.id
    assert {name: dtypes for name, dtypes in formats.items() if len(dtypes) > 1} == {}
