"""Hardware as people write it: spellings, memory, counts, errors, detection."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.hardware import Catalogue, detect, read_hardware
from llama_advisor.knowledge.device import Device, Instance, Machine
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import validate
from llama_advisor.text.yaml_file import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]


def load(folder: Path, key: str) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.yaml"))
    return [item for file in files for item in parse(file.read_text("utf-8"), file.name).data.get(key) or []]


DEVICES = [validate(Device, item) for item in load(ROOT / "rules" / "hardware", "devices")]
INSTANCES = [validate(Instance, item) for item in load(ROOT / "rules" / "hardware", "instances")]


def catalogue(devices: Iterable[Device], instances: Iterable[Instance]) -> Catalogue:
    """A catalogue of what a rule base would hold, in any order."""
    base: Any = SimpleNamespace(
        devices={device.id: device for device in devices}, instances={instance.id: instance for instance in instances}
    )
    base.lasting = lambda make: make(base)
    return Catalogue(base)


CATALOGUE = catalogue(DEVICES, INSTANCES)
GROUPS = parse((ROOT / "tests" / "data" / "hardware_spellings.yaml").read_text("utf-8"), "spellings").data["groups"]
SPELLINGS = [(group, spelling) for group in GROUPS for spelling in group["spellings"]]


def machine(value: Any, target: Any = None) -> Machine:
    return read_hardware(value, CATALOGUE, target)


def read_or_refused(text: str) -> tuple[Machine | None, str]:
    try:
        return machine(text), ""
    except InputError as error:
        return None, str(error)


def key(found: Machine) -> tuple[Any, ...]:
    return found.device, found.count, found.nodes, found.ram_gib


@pytest.mark.parametrize(("group", "spelling"), SPELLINGS, ids=[str(s) for _, s in SPELLINGS])
def test_spelling(group: dict[str, Any], spelling: str | dict[str, Any]) -> None:
    found = machine(spelling)
    device = CATALOGUE.by_id[group["device"]]
    expected = {"count": 1, "nodes": 1, "memory_gib": device.memory_gib, "ram_gib": None, "others": [], **group}
    read = {"device": found.device.id, "count": found.count, "nodes": found.nodes, "ram_gib": found.ram_gib}
    read |= {"memory_gib": found.device.memory_gib, "others": [[card.id, count] for card, count in found.others]}
    assert read == {name: expected[name] for name in read}
    assert group.get("said", "") in " ".join(found.assumptions)
    assert found.device.cores == group.get("cores", found.device.cores)
    assert found.device.bandwidth_gb_s == group.get("bandwidth_gb_s", found.device.bandwidth_gb_s)


def test_respelling_changes_nothing() -> None:
    for text in (spelling for _, spelling in SPELLINGS if isinstance(spelling, str)):
        for other in (text.upper(), text.lower(), f" {text.replace(' ', '  ')}", text.replace("x ", "× ")):
            assert key(machine(other)) == key(machine(text)), other
        assert key(machine({"device": text})) == key(machine(text)), text


def test_ids_names_and_aliases_are_read_as_a_device_that_has_them() -> None:
    for device in DEVICES:
        for text in (device.name, *device.aliases):
            found = machine(text.replace("#", "1")).device
            known = (found.name, *found.aliases)
            assert text in known or found.id == device.id or device.id.startswith("generic"), text


def test_every_instance_is_read() -> None:
    for instance in INSTANCES:
        for text in (instance.id, *instance.aliases):
            found = machine(text.replace("#", "4"))
            shared = [other for other in INSTANCES if text in (other.id, *other.aliases)]
            assert found.device.id in {other.device for other in shared}, text
            if text == instance.id and found.device.kind != "cpu":
                assert (found.count, found.ram_gib) == (instance.count, instance.ram_gib)
            elif text == instance.id:
                assert (found.device.cores, found.device.memory_gib) == (instance.count, instance.ram_gib)


def test_a_number_in_the_name_of_an_instance_multiplies_it() -> None:
    small, large = machine("Standard_D2s_v5"), machine("Standard_D64s_v5")
    assert large.device.memory_gib == 32 * (small.device.memory_gib or 0)
    assert large.device.cores == 32 * (small.device.cores or 0)
    assert large.device.bandwidth_gb_s == pytest.approx(32 * (small.device.bandwidth_gb_s or 0), rel=0.01)


def test_answer_does_not_depend_on_the_order_of_entries() -> None:
    other = catalogue(sorted(DEVICES, key=lambda device: device.id[::-1]), reversed(INSTANCES))
    for text in ("A100", "Mac Studio 64GB", "RTX 6000", "MacBook", "Snapdragon 8 Elite", "H100"):
        assert key(read_hardware(text, other)) == key(machine(text))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("A100", "A100 SXM4 40 GB assumed; it could be A100 PCIe 40 GB"),
        ("RTX 3060", "RTX 3060 8 GB assumed; it could be RTX 3060 12 GB"),
        ("3x Mac Studio 192GB", "Apple M2 Ultra 192 GB assumed, going by its memory"),
        ("3x Mac Studio 192GB", "3 computers of one device each"),
        ("3090 and 4090", "engines that split by layers take them all, others the RTX 4090 alone"),
        ("2x 3090 + 3060 12GB", "engines that split by layers take them all, others the 2x RTX 3090 alone"),
        ("RTX 3090 4090", "the smaller of the named devices is meant (RTX 3090)"),
        ("RTX 3090 or 4090", "the smaller of the named devices is meant (RTX 3090)"),
        ("Foo 980 6GB", 'no entry for "Foo 980 6GB": taken as "GPU, model not stated"'),
        ("RTX 4090 Ti 24GB", 'no entry for "RTX 4090 Ti 24GB"'),
        ("RTX 3090 + 64GB", "64 GB taken as host memory"),
        ("T4 15GB", "15 GB of the 16 GB are there to use"),
        ("iPhone 15 Pro 256GB", "256 GB taken as storage"),
        ("i7-14700K 64GB", "stands in for it"),
        ("M2 Max 48GB", "no entry of Apple M2 Max 32 GB has 48 GB"),
        ("CUDA 12 RTX 3090", 'not read: "cuda 12"'),
        ("RunPod RTX 3090", 'not read: "runpod"'),
        ("g5.xlarge spot", 'not read: "spot"'),
        ("g5.xlarge 64GB", 'not read: "64 gb"'),
        ("2x RTX 3090 5 600", 'not read: "5 600"'),
        ("Colab A100 or so", 'not read: "so"'),
        ("Colab", "colab t4 assumed; it could be colab v100, colab l4, colab a100"),
        ("c7i.4xlarge", "8 cores with their share of the memory bandwidth assumed (43.9 GB/s)"),
        ("EPYC 7352 128GB DDR4-2666", "8-channel memory at 2666 MT/s has 170.6"),
        ("RTX 4000 Ada 12GB", "the laptop version of the GPU is meant"),
        ("GH200 480GB", "480 GB taken as host memory"),
        ("Steam Deck 512GB", "512 GB taken as storage"),
        ("8x B200 192GB", "180 GB of the 192 GB are there to use"),
        ("nvidia gpu", "its memory is not stated"),
        ("laptop 16GB", "the speed of a modest one is assumed"),
    ],
)
def test_what_is_taken_for_granted_is_said(text: str, part: str) -> None:
    assert any(part in said for said in machine(text).assumptions), machine(text).assumptions


@pytest.mark.parametrize("text", ["2x RTX 3090", "RTX 3060 12GB + 32GB RAM", "M2 Air 16GB", "g5.xlarge", "24GB VRAM"])
def test_a_full_statement_needs_no_assumption(text: str) -> None:
    assert machine(text).assumptions == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("RTX 309", 'hardware "RTX 309": unknown device; nearest: RTX 3090'),
        ("RTX 4090 Ti", 'hardware "RTX 4090 Ti": unknown device; nearest: RTX 4090'),
        ("xyzzy", 'hardware "xyzzy": unknown device; see: llama-advisor hardware list'),
        ("RTX 3090 48GB", 'hardware "RTX 3090 48GB": RTX 3090 has 24 GB, not 48 GB'),
        ("RTX 3060 16GB", 'hardware "RTX 3060 16GB": RTX 3060 8 GB has 8 or 12 GB, not 16 GB'),
        ("", "hardware: empty"),
        (
            "7x H100 over 2 nodes",
            'hardware "7x H100 over 2 nodes": 7 devices do not divide over 2 nodes',
        ),
        (
            "g5.xlarge with H100",
            'hardware "g5.xlarge with H100": g5.xlarge holds A10G, not the device named',
        ),
        ("0x RTX 3090", "hardware: 0 devices are out of range (1 to 100000)"),
        (
            {},
            "hardware: empty; known keys: device, count, nodes, memory_gb, bandwidth_gb_s, ram_gb",
        ),
        ({"counts": 2}, 'hardware: unknown key "counts"; nearest: count'),
        ({"count": 0}, "hardware: count: '0' is not a positive whole number"),
        ({"memory_gb": "much"}, "hardware: memory_gb: 'much' is not a positive number"),
        (
            {"device": "2x RTX 3090", "count": 2},
            'hardware "2x RTX 3090": the count is given twice (2 and 2)',
        ),
    ],
)
def test_error_is_one_line(value: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        machine(value)
    assert str(error.value) == message


def test_terminal_escapes_do_not_reach_the_message() -> None:
    with pytest.raises(InputError) as error:
        machine("\x1b[31mFoo\x1b[0m\x07\n\u202ebar")
    assert str(error.value).startswith('hardware "Foo bar": unknown device')
    assert str(error.value).isprintable()


@given(
    st.lists(
        st.sampled_from(
            [
                *"x,+()0149 ",
                "RTX",
                "3090",
                "ti",
                "GB",
                "8",
                "nodes",
                "of",
                "M2",
                "Max",
                "RAM",
                "g5",
                "total",
                "over",
                "\x1b[",
                "é",
            ]
        )
    ).map(" ".join)
)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    found, refused = read_or_refused(text)
    if found is None:
        assert refused.isprintable()
    else:
        assert found.devices >= 1
        assert found.device.memory_gib is None or found.device.memory_gib > 0


def test_endless_text_is_refused() -> None:
    with pytest.raises(InputError, match="longer than 400 characters"):
        machine("RTX 3090 " * 100)


@pytest.mark.parametrize(
    ("value", "target", "device", "memory_gib"),
    [
        ({"ram_gb": 8}, "phone", "generic-phone", 8),
        ({"ram_gb": 1.5}, "phone", "generic-phone", 1.5),
        ({"ram_gb": 8}, "laptop", "generic-laptop", 8),
        ({"ram_gb": 64}, "server", "generic-cpu-server", 64),
        ({"ram_gb": 8}, "edge", "generic-board", 8),
        ({"ram_gb": 16}, "browser", "browser-webgpu", 4),
        ({"ram_gb": 64}, None, "generic-pc", 64),
        ({"memory_gb": 24, "count": 1}, None, "generic-gpu", 24),
        ({"memory_gb": 24, "ram_gb": 64}, "server", "generic-gpu", 24),
        ({"count": 4}, "server", "generic-gpu", None),
        ({"device": "RTX 3060", "memory_gb": 12}, None, "rtx-3060-12gb", 12),
        ({"device": "Foo", "memory_gb": 10, "bandwidth_gb_s": 500}, None, "generic-gpu", 10),
        ({"device": "H100", "memory_gb": 40}, None, "h100-sxm-80gb", 40),
        ({"device": "M2 Max", "ram_gb": 64}, None, "m2-max-64gb", 64),
        ("RTX 4090", "laptop", "rtx-4090-laptop", 16),
        ("RTX 4090 24GB", "laptop", "rtx-4090", 24),
        ("16GB RAM", "laptop", "generic-laptop", 16),
        ("24GB", "server", "generic-gpu", 24),
    ],
)
def test_mapping_and_target(value: Any, target: Any, device: str, memory_gib: float | None) -> None:
    found = machine(value, target)
    assert (found.device.id, found.device.memory_gib) == (device, memory_gib)


def test_mapping_equals_text() -> None:
    assert key(machine({"device": "RTX 3090", "count": 2, "ram_gb": 64})) == key(machine("2x RTX 3090 + 64GB RAM"))
    assert key(machine({"device": "A40", "count": 4, "nodes": 4})) == key(machine("4 nodes of 4x A40"))


def test_a_year_and_a_radio_generation_are_no_part_of_the_name() -> None:
    assert key(machine("MacBook Pro M1 2020 8GB")) == key(machine("M1 8GB"))
    assert key(machine("Galaxy A54 5G 8GB")) == key(machine("Galaxy A54 8GB"))


def test_stated_bandwidth_wins_and_is_said() -> None:
    found = machine({"device": "RTX 3090", "bandwidth_gb_s": 800})
    assert found.device.bandwidth_gb_s == 800
    assert "936.2 GB/s listed for RTX 3090; the stated 800 are used" in found.assumptions


def test_instances_are_rented_with_their_price_and_other_hardware_is_owned() -> None:
    assert (machine("g5.xlarge").owned, machine("g5.xlarge").offer) == (False, "aws/g5.xlarge")
    assert (machine("DGX H100").owned, machine("DGX H100").count) == (True, 8)
    assert machine("RTX 3090").owned
    assert not machine("A100 80GB", "cloud").owned


def test_reference_machines_are_whole_and_match_their_offers() -> None:
    reference = parse((ROOT / "rules/hardware/reference.yaml").read_text("utf-8"), "reference").data["reference"]
    offers = {offer["id"]: offer for offer in load(ROOT / "rules/prices", "rentals")}
    for target, entries in reference.items():
        assert 1 <= len(entries) <= 12
        for entry in entries:
            found = machine(entry["hardware"], target)
            assert found.device.memory_gib, entry
            if offer := offers.get(entry.get("offer") or ""):
                assert (offer["device"], offer["count"]) == (found.device.id, found.count), entry
            else:
                assert not entry.get("offer"), entry


def test_detection_never_raises_and_describes_what_it_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(name: str) -> Any:
        raise OSError(name)

    gpu = detect.Found("gpu", "NVIDIA GeForce RTX 3090", 23.7, 20.0)
    host = detect.Found("cpu", "x86_64", 62.7, 30.0)
    assert key(machine(detect.describe([gpu, gpu, host]))) == key(machine("2x RTX 3090 + 64GB RAM"))
    assert detect.describe([]) is None
    assert all(item.total_gib is None or item.total_gib > 0 for item in detect.detect())
    monkeypatch.setattr(detect, "import_module", broken)
    monkeypatch.setattr(detect.ctypes, "CDLL", broken)
    monkeypatch.setattr(detect.platform, "machine", lambda: "")
    assert detect.detect() == []


def put(place: Any, data: bytes) -> int:
    """Answer a call of a C library: write into what it was given."""
    ctypes.memmove(place, data, len(data))
    return 0


@pytest.mark.parametrize(("code", "count"), [(0, 2), (3, 0)])
def test_gpus_are_found_through_the_driver_alone(code: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No package is needed: without one, a machine with GPUs was taken for its processor."""
    library = {
        "nvmlInit_v2": lambda: 0,
        "nvmlDeviceGetCount_v2": lambda place: put(place, bytes(ctypes.c_uint(2))),
        "nvmlDeviceGetHandleByIndex_v2": lambda index, place: put(place, bytes(ctypes.c_void_p(index + 1))),
        "nvmlDeviceGetName": lambda _handle, place, _size: put(place, b"NVIDIA H100 80GB HBM3\0"),
        "nvmlDeviceGetMemoryInfo": lambda _handle, place: (
            put(place, struct.pack("3Q", 81559 << 20, 81000 << 20, 0)) or code
        ),
        "nvmlShutdown": lambda: 0,
    }
    monkeypatch.setattr(detect.ctypes, "CDLL", lambda _name: library)
    gpus = [item for item in detect.detect() if item.kind == "gpu"]
    assert [item.name for item in gpus] == ["NVIDIA H100 80GB HBM3"] * count
    if gpus:
        found = machine(detect.describe([*gpus, detect.Found("cpu", "x86_64", 125.9, 125.0)]))
        assert (found.device.id, found.count, found.ram_gib) == ("h100-sxm-80gb", count, 126.0)
        assert not any("host memory" in said for said in found.assumptions)  # the driver's name says the card's own


CPUINFO = "processor\t: 0\nmodel name\t: AMD Ryzen 9 7950X 16-Core Processor\nflags\t\t: fpu {flag}\n"


@pytest.mark.parametrize(("flag", "named"), [("avx2", True), ("hypervisor", False)])
def test_a_processor_is_named_where_all_of_it_is_there(
    flag: str, *, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(flag=flag), encoding="utf-8")
    monkeypatch.setattr(detect, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(detect, "_BOARD", tmp_path / "none")
    monkeypatch.setattr(detect.platform, "system", lambda: "Linux")
    monkeypatch.setattr(detect.platform, "processor", lambda: "x86_64")
    told = detect.describe(detect.detect())
    assert told is not None
    assert ("Ryzen 9 7950X" in machine(told).device.name) is named


def test_hardware_that_was_found_is_told_to_be() -> None:
    found = machine("this computer: 2x RTX 3090 24GB + 64GB RAM")
    stated = machine("2x RTX 3090 24GB + 64GB RAM")
    assert found == stated._replace(assumptions=("found on this computer", *stated.assumptions))
